//! The period to a few hundredths of a percent, from long lags of the whole track.

use super::evidence::Evidence;
use crate::dsp::autocorrelation::BlockAutocorrelation;
use crate::dsp::peaks::{argmax, refined_offset};

/// Longest lag, frames: 32 beats at 30 BPM and some.
const LAGS: usize = 4096;
const MULTIPLES: [f64; 6] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0];
/// Lags beyond this share of the track have too little overlap.
const LONGEST_SHARE: f64 = 0.7;
/// The peak is sought within this share of the period, and at least [`RADIUS`] frames.
const SHARE: f64 = 0.018;
const RADIUS: f64 = 1.5;

/// Autocorrelation of a whole track, mean removed.
pub(super) struct LongLags {
    acf: Vec<f64>,
    frames: usize,
}

impl LongLags {
    /// One pass over the strength, O(log lags) a frame.
    pub(super) fn of(evidence: &Evidence) -> Self {
        let read = |first, out: &mut [f32]| evidence.read_strength(first, out);
        Self::of_function(evidence.frames(), evidence.mean_strength(), read)
    }

    fn of_function(frames: usize, mean: f64, read: impl Fn(isize, &mut [f32])) -> Self {
        let mut acf = BlockAutocorrelation::new(LAGS);
        let mut block = vec![0.0; 2 * LAGS];
        for first in (0..frames).step_by(acf.block_len()) {
            read(first as isize, &mut block);
            let inside = (frames - first).min(block.len());
            block[..inside].iter_mut().for_each(|x| *x -= mean as f32);
            acf.add(&block);
        }
        Self { acf: acf.finish(), frames }
    }

    /// Sharpens a period in frames with the peaks near T, 2T, 4T ... 32T.
    pub(super) fn refine(&self, period: f64) -> f64 {
        let mut period = period;
        for multiple in MULTIPLES {
            let radius = (SHARE * period * if multiple < 2.0 { 2.0 } else { 1.0 }).max(RADIUS);
            let low = (multiple * period - radius).max(0.0) as usize;
            let high = (multiple * period + radius).ceil() as usize;
            if (high + 2) as f64 >= LONGEST_SHARE * self.frames as f64 {
                break;
            }
            let Some(peak) = self.peak(low, high) else { continue };
            period = peak / multiple;
        }
        period
    }

    /// Lag of the highest value within `low..=high`, unless it stands at an end.
    fn peak(&self, low: usize, high: usize) -> Option<f64> {
        let found = argmax(self.acf.get(low..=high)?)?;
        let inside = found > 0 && found < high - low;
        inside.then(|| (low + found) as f64 + refined_offset(&self.acf, low + found))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Long lags of unit pulses at multiples of a fractional period, spread linearly over two frames.
    fn pulses(period: f64) -> LongLags {
        LongLags::of_function(3_000, 1.0 / period, |first, out| {
            for (i, value) in out.iter_mut().enumerate() {
                let k = (first + i as isize) as f64;
                let distance = (k - (k / period).round() * period).abs();
                let inside = (0.0..3_000.0).contains(&k);
                *value = if inside { (1.0 - distance).max(0.0) as f32 } else { 0.0 };
            }
        })
    }

    #[test]
    fn the_period_is_found_to_two_hundredths_of_a_percent() {
        for bpm in [61.3, 97.77, 120.0, 173.21] {
            let period = 3000.0 / bpm;
            let found = pulses(period).refine(period * 1.006);
            assert!((found / period - 1.0).abs() < 2e-4, "{found} for {bpm}");
        }
    }
}
