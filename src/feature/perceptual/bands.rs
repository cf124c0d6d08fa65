//! Where the mel bands lie.

use std::ops::Range;

use crate::dsp::mel::MEL_BANDS;

/// Centres of the 40 bands between 30 and 8000 Hz, equidistant in HTK mel.
pub(super) fn centres_hz() -> [f32; MEL_BANDS] {
    let mel = |hz: f64| 2595.0 * (1.0 + hz / 700.0).log10();
    let (low, high) = (mel(30.0), mel(8000.0));
    std::array::from_fn(|band| {
        let at = low + (high - low) * (band + 1) as f64 / (MEL_BANDS + 1) as f64;
        (700.0 * (10.0_f64.powf(at / 2595.0) - 1.0)) as f32
    })
}

/// Centres below 200 Hz: bass and bass drum.
pub(super) const BASS: Range<usize> = 0..3;
/// Centres in 300..3400 Hz, the band of a telephone: speech can be understood from it.
pub(super) const VOICE: Range<usize> = 5..28;
/// Centres in 1000..6500 Hz, where an audience claps and rooms ring.
pub(super) const AIR: Range<usize> = 13..37;
/// Centres above 4500 Hz: cymbals and hats.
pub(super) const TREBLE: Range<usize> = 32..MEL_BANDS;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ranges_are_what_they_are_called() {
        let centres = centres_hz();
        let inside = |range: Range<usize>, low: f32, high: f32| {
            for (band, hz) in centres.iter().enumerate() {
                assert_eq!(range.contains(&band), (low..high).contains(hz), "{band}: {hz} Hz");
            }
        };
        inside(BASS, 0.0, 200.0);
        inside(VOICE, 300.0, 3400.0);
        inside(AIR, 1000.0, 6500.0);
        inside(TREBLE, 4500.0, 8000.0);
    }
}
