//! Exponentials of many numbers at once.

use super::simd::{larger, smaller};
use std::f32::consts::LOG2_E;

/// e^x for -87 <= x <= 0; beyond, that of the nearer end; NaN counts as -87.
///
/// Within 2e-7 of the exact value relative to it, the same on every machine.
///
/// Method: x = n ln 2 + r, |r| <= ln 2 / 2, and the polynomial for e^r of the Cephes library
/// (`expf`, Moshier 1992).
#[inline(always)]
pub(crate) fn exp_of_negative(x: f32) -> f32 {
    /// 1.5 · 2^23: adding it rounds to a whole number, which is then in the low bits.
    const ROUND: f32 = 12_582_912.0;
    /// ln 2 in two parts, the first with few bits.
    const LN_2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];
    let x = smaller(larger(x, -87.0), 0.0);
    let shifted = x * LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = (x - n * LN_2[0]) - n * LN_2[1];
    let mut p = 1.987_569_1e-4;
    p = p * r + 1.398_199_9e-3;
    p = p * r + 8.333_452e-3;
    p = p * r + 4.166_579_6e-2;
    p = p * r + 1.666_666_5e-1;
    p = p * r + 5.000_000_1e-1;
    let mantissa = (p * (r * r) + r) + 1.0;
    // 2^n: the low bits of the shifted number are n, the exponent field begins at bit 23.
    let power = f32::from_bits((shifted.to_bits() << 23).wrapping_add(0x3f80_0000));
    mantissa * power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_is_small_over_the_whole_range() {
        let mut x = -86.9_f32;
        while x <= 0.0 {
            let (found, exact) = (f64::from(exp_of_negative(x)), f64::from(x).exp());
            assert!((found / exact - 1.0).abs() < 2e-7, "exp({x}) = {found}");
            x += 1.3e-3;
        }
    }

    #[test]
    fn ends_hold() {
        assert!((exp_of_negative(0.0) - 1.0).abs() <= 0.0);
        assert!((exp_of_negative(3.0) - 1.0).abs() <= 0.0);
        for x in [-1e30, f32::NEG_INFINITY, f32::NAN] {
            assert!((0.0..1e-37).contains(&exp_of_negative(x)), "{x}");
        }
    }
}
