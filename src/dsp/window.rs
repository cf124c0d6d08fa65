//! Window functions.

use std::f64::consts::TAU;

/// Periodic Hann window, `0.5 - 0.5 cos(2πn/N)`, n = 0..N; its sum is N/2.
///
/// Harris, "On the use of windows for harmonic analysis with the DFT", Proc. IEEE 66, 1978.
pub fn hann(size: usize) -> Vec<f64> {
    (0..size).map(|n| 0.5 - 0.5 * (TAU * n as f64 / size as f64).cos()).collect()
}

/// Kaiser window at `position` of its half length, -1..=1; 1 in the centre, 0 outside.
///
/// Kaiser, "Nonrecursive digital filter design using the I0-sinh window function", ISCAS 1974.
pub(crate) fn kaiser(position: f64, beta: f64) -> f64 {
    let inside = 1.0 - position * position;
    if inside < 0.0 { 0.0 } else { bessel_i0(beta * inside.sqrt()) / bessel_i0(beta) }
}

/// The `beta` for which a Kaiser window of any length keeps `attenuation_db` (above 50 dB).
pub(crate) fn kaiser_beta(attenuation_db: f64) -> f64 {
    0.1102 * (attenuation_db - 8.7)
}

/// Length of the Kaiser-windowed filter that falls by `attenuation_db` within `transition`, a share
/// of the sample rate; Kaiser 1974.
pub(crate) fn kaiser_length(attenuation_db: f64, transition: f64) -> f64 {
    (attenuation_db - 7.95) / (14.36 * transition) + 1.0
}

/// Modified Bessel function of the first kind, order 0, by its power series.
pub(crate) fn bessel_i0(x: f64) -> f64 {
    let quarter = x * x / 4.0;
    let (mut sum, mut term) = (1.0, 1.0);
    let mut k = 1.0;
    while term > sum * 1e-17 {
        term *= quarter / (k * k);
        sum += term;
        k += 1.0;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hann_sums_to_half_its_length() {
        assert!((hann(2048).iter().sum::<f64>() - 1024.0).abs() < 1e-9);
        assert_eq!(hann(8).first(), Some(&0.0));
    }

    #[test]
    fn bessel_matches_abramowitz_and_stegun() {
        assert!((bessel_i0(1.0) - 1.2660658777520082).abs() < 1e-14);
        assert!((bessel_i0(10.0) - 2815.716628466254).abs() < 1e-9);
    }

    #[test]
    fn kaiser_is_one_in_the_centre_and_nothing_outside() {
        assert!((kaiser(0.0, 8.0) - 1.0).abs() < 1e-15);
        assert!((kaiser(1.0, 8.0) - 1.0 / bessel_i0(8.0)).abs() < 1e-15);
        assert!(kaiser(1.01, 8.0).abs() < 1e-300);
    }
}
