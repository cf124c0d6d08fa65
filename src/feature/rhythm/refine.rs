//! The period to a few hundredths of a percent, from long lags of the whole track.

use super::comb::period;
use super::strength::Strength;
use crate::dsp::autocorrelation::BlockAutocorrelation;
use crate::dsp::peaks::refined_offset;

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
    /// One pass over `strength`, O(log lags) a frame.
    pub(super) fn of(strength: &mut dyn Strength) -> Self {
        let frames = strength.frames();
        let mut acf = BlockAutocorrelation::new(LAGS);
        let mut block = vec![0.0; 2 * LAGS];
        let mut sum = 0.0;
        for first in (0..frames).step_by(acf.block_len()) {
            strength.read(first as isize, &mut block);
            sum += block[..LAGS].iter().map(|&x| f64::from(x)).sum::<f64>();
            acf.add(&block);
        }
        let mean = sum / frames.max(1) as f64;
        let mut acf = acf.finish();
        for (lag, value) in acf.iter_mut().enumerate() {
            *value -= frames.saturating_sub(lag) as f64 * mean * mean;
        }
        Self { acf, frames }
    }

    /// Sharpens `bpm` with the peaks near T, 2T, 4T ... 32T.
    pub(super) fn refine(&self, bpm: f64) -> f64 {
        let mut frames = period(bpm);
        for multiple in MULTIPLES {
            let radius = (SHARE * frames * if multiple < 2.0 { 2.0 } else { 1.0 }).max(RADIUS);
            let low = (multiple * frames - radius).floor() as usize;
            let high = (multiple * frames + radius).ceil() as usize;
            if (high + 2) as f64 >= LONGEST_SHARE * self.frames as f64 {
                break;
            }
            let Some(peak) = self.peak(low, high) else { continue };
            frames = peak / multiple;
        }
        60.0 * super::FRAMES_PER_SECOND / frames
    }

    /// Lag of the highest value within `low..=high`, unless it stands at an end.
    fn peak(&self, low: usize, high: usize) -> Option<f64> {
        let found = crate::dsp::peaks::argmax(self.acf.get(low..=high)?)?;
        let inside = found > 0 && found < high - low;
        inside.then(|| (low + found) as f64 + refined_offset(&self.acf, low + found))
    }

    /// Largest correlation within a frame of `lag`, relative to lag 0 and to the overlap, -1..=1;
    /// `None` where less than 0.3 of the track overlaps.
    pub(super) fn correlation(&self, lag: f64) -> Option<f64> {
        let frames = self.frames as f64;
        let power = self.acf.first().copied().unwrap_or_default() / frames;
        let middle = lag.round() as usize;
        if middle as f64 + 1.0 > LONGEST_SHARE * frames || power <= 0.0 {
            return None;
        }
        let near = self.acf.get(middle.saturating_sub(1)..=middle + 1)?;
        let first = middle.saturating_sub(1);
        let at = |(i, value): (usize, &f64)| value / (frames - (first + i) as f64) / power;
        near.iter().enumerate().map(at).reduce(f64::max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Unit pulses at multiples of a fractional period, spread linearly over two frames.
    struct Pulses(f64);

    impl Strength for Pulses {
        fn frames(&self) -> usize {
            3_000
        }
        fn read(&mut self, first: isize, out: &mut [f32]) {
            for (i, value) in out.iter_mut().enumerate() {
                let k = (first + i as isize) as f64;
                let distance = (k - (k / self.0).round() * self.0).abs();
                let inside = (0.0..3_000.0).contains(&k);
                *value = if inside { (1.0 - distance).max(0.0) as f32 } else { 0.0 };
            }
        }
    }

    #[test]
    fn the_period_is_found_to_two_hundredths_of_a_percent() {
        for bpm in [61.3, 97.77, 120.0, 173.21] {
            let lags = LongLags::of(&mut Pulses(period(bpm)));
            let found = lags.refine(bpm * 1.006);
            assert!((found / bpm - 1.0).abs() < 2e-4, "{found} for {bpm}");
            assert!(lags.correlation(8.0 * period(bpm)).is_some_and(|r| r > 0.6));
        }
    }

    #[test]
    fn long_lags_of_short_tracks_are_undefined() {
        let lags = LongLags::of(&mut Pulses(25.0));
        assert_eq!(lags.correlation(2_500.0), None);
    }
}
