//! Mel-frequency cepstral coefficients.

use crate::dsp::log::ln;
use crate::dsp::mel::MEL_BANDS;
use crate::dsp::simd::{LANES, Lanes, add_product, kernel};
use std::f64::consts::PI;
use std::sync::LazyLock;

/// Number of coefficients, the zeroth (level) included.
pub(super) const COEFFICIENTS: usize = 20;

/// Added to each band before the logarithm: -80 dBFS, so that silence is finite and noise quiet.
const OFFSET: f32 = 1e-4;

/// Blocks that hold the coefficients.
const BLOCKS: usize = COEFFICIENTS.div_ceil(LANES);

/// Discrete cosine transform of the logarithm of 40 mel bands.
///
/// `c[i] = s[i] Σ_b ln(M[b] + 1e-4) cos(π i (b + 1/2) / 40)`, `s[0] = sqrt(1/40)`, else `sqrt(2/40)`:
/// the orthonormal DCT-II. Davis & Mermelstein, IEEE Trans. ASSP 28, 1980.
#[derive(Clone, Debug)]
pub(super) struct Cosines(Box<[[Lanes; BLOCKS]; MEL_BANDS]>);

impl Cosines {
    /// One table for all tracks.
    pub(super) fn shared() -> &'static Self {
        static TABLE: LazyLock<Cosines> = LazyLock::new(Cosines::new);
        &TABLE
    }

    fn new() -> Self {
        Self(Box::new(std::array::from_fn(|band| {
            std::array::from_fn(|block| {
                std::array::from_fn(|lane| cosine(block * LANES + lane, band))
            })
        })))
    }

    /// Coefficients of one frame of linear mel magnitudes.
    pub(super) fn transform(&self, mel: &[f32; MEL_BANDS]) -> [f32; COEFFICIENTS] {
        transform(self, mel)
    }
}

/// Row `coefficient`, column `band` of the transform.
fn cosine(coefficient: usize, band: usize) -> f32 {
    let bands = MEL_BANDS as f64;
    let scale = if coefficient == 0 { 1.0 } else { 2.0 };
    let angle = PI * coefficient as f64 * (band as f64 + 0.5) / bands;
    ((scale / bands).sqrt() * angle.cos()) as f32
}

kernel! {
    fn transform(cosines: &Cosines, mel: &[f32; MEL_BANDS]) -> [f32; COEFFICIENTS] {
        let mut logs = *mel;
        for log in &mut logs {
            *log += OFFSET;
        }
        ln(&mut logs);
        let mut sums = [[0.0; LANES]; BLOCKS];
        for (log, row) in logs.iter().zip(cosines.0.iter()) {
            for (sums, cosines) in sums.iter_mut().zip(row) {
                add_product(sums, &[*log; LANES], cosines);
            }
        }
        std::array::from_fn(|i| sums[i / LANES][i % LANES])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flat_spectrum_has_the_zeroth_coefficient_only() {
        let c = Cosines::new().transform(&[0.5; MEL_BANDS]);
        let expected = 0.5001_f32.ln() * 40.0_f32.sqrt();
        assert!((c[0] - expected).abs() < 1e-5);
        assert!(c[1..].iter().all(|c| c.abs() < 1e-5), "{c:?}");
    }

    #[test]
    fn the_transform_is_orthonormal() {
        for i in 0..COEFFICIENTS {
            for j in 0..COEFFICIENTS {
                let dot: f32 = (0..MEL_BANDS).map(|b| cosine(i, b) * cosine(j, b)).sum();
                assert!((dot - f32::from(u8::from(i == j))).abs() < 1e-6, "{i} {j}");
            }
        }
    }
}
