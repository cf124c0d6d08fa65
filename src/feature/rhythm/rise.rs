//! The rise of the magnitudes, one byte a frame.

use super::onset_function::MEL_BANDS;
use crate::dsp::exp::exp_of_negative;
use crate::dsp::simd::{kernel, smaller};

/// Faintest rise that counts; a full-scale sine is 1.
const LEAST: f32 = 1e-5;
/// Steps per power of e, 6 % each; the loudest rise kept is 76.
const STEPS: f32 = 16.0;
/// Louder frames do not occur; e^20 still has room for sums.
const LOUDEST: f32 = 20.0;
/// The log-mel frames are ln(1 + 1000 M).
const COMPRESSION: f32 = 1000.0;

/// Sum of the rises of all bands, in magnitude, not in its logarithm: what an attack adds does not
/// depend on how faint its surroundings are.
#[derive(Debug, Default)]
pub(super) struct Rise {
    before: Option<[f32; MEL_BANDS]>,
}

impl Rise {
    /// Companded rise from the frame before; 0 for the first frame. A value that is not finite
    /// counts as silent.
    pub(super) fn push(&mut self, log_mel: &[f32; MEL_BANDS]) -> u8 {
        let now = magnitudes(log_mel);
        let before = self.before.replace(now).unwrap_or(now);
        let mut sum = 0.0;
        for (now, before) in now.iter().zip(&before) {
            sum += (now - before).max(0.0);
        }
        compress(sum / COMPRESSION)
    }
}

kernel! {
    /// 1000 M of ln(1 + 1000 M), within 2e-7 of 1 + 1000 M.
    fn magnitudes(log_mel: &[f32; MEL_BANDS]) -> [f32; MEL_BANDS] {
        let mut magnitudes = [0.0; MEL_BANDS];
        for (magnitude, &x) in magnitudes.iter_mut().zip(log_mel) {
            let x = if x.is_finite() { x } else { 0.0 };
            *magnitude = 1.0 / exp_of_negative(-smaller(x, LOUDEST)) - 1.0;
        }
        magnitudes
    }
}

/// Compands logarithmically; 0 below [`LEAST`].
pub(super) fn compress(rise: f32) -> u8 {
    if rise < LEAST { 0 } else { (1.0 + (STEPS * (rise / LEAST).ln()).round()).min(255.0) as u8 }
}

/// Inverse of [`compress`].
pub(super) fn expand(code: u8) -> f64 {
    let steps = f64::from(code) - 1.0;
    if code == 0 { 0.0 } else { f64::from(LEAST) * (steps / f64::from(STEPS)).exp() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rises_come_back_within_four_percent() {
        for rise in [1e-5, 3e-4, 0.02, 1.0, 70.0] {
            let error = expand(compress(rise)) / f64::from(rise) - 1.0;
            assert!(error.abs() < 0.04, "{rise}: {error}");
        }
        assert_eq!((compress(0.0), compress(9e-6), compress(1e9)), (0, 0, 255));
        assert!(expand(0) <= 0.0);
    }

    #[test]
    fn a_rise_is_that_of_magnitudes() {
        let frame = |magnitude: f32| [(1.0 + 1000.0 * magnitude).ln(); MEL_BANDS];
        let mut rise = Rise::default();
        let seen = [0.5, 0.1, 0.4, 0.4].map(|magnitude| expand(rise.push(&frame(magnitude))));
        assert!((seen[2] / (40.0 * 0.3) - 1.0).abs() < 0.04, "{seen:?}");
        assert!(seen[0] + seen[1] + seen[3] < 0.001, "{seen:?}");
        assert_eq!(rise.push(&[f32::NAN; MEL_BANDS]), 0);
    }
}
