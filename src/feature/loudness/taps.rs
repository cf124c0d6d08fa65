//! The interpolator of ITU-R BS.1770-5 Annex 2, and how far its output can rise.

use crate::units::Hertz;

/// Taps of a phase.
pub(super) const TAPS: usize = 2 * HALF;

/// Half of the taps of a phase.
pub(super) const HALF: usize = 6;

/// Phase 0 of the table in BS.1770-5 Annex 2; phase 3 is its mirror image.
pub(super) const OUTER: [f32; TAPS] = [
    0.0017089843750,
    0.0109863281250,
    -0.0196533203125,
    0.0332031250000,
    -0.0594482421875,
    0.1373291015625,
    0.9721679687500,
    -0.1022949218750,
    0.0476074218750,
    -0.0266113281250,
    0.0148925781250,
    -0.0083007812500,
];

/// Phase 1 of the table in BS.1770-5 Annex 2; phase 2 is its mirror image.
pub(super) const INNER: [f32; TAPS] = [
    -0.0291748046875,
    0.0292968750000,
    -0.0517578125000,
    0.0891113281250,
    -0.1665039062500,
    0.4650878906250,
    0.7797851562500,
    -0.2003173828125,
    0.1015625000000,
    -0.0582275390625,
    0.0330810546875,
    -0.0189208984375,
];

/// A phase split into the parts that are even and odd under time reversal.
#[derive(Clone, Copy, Debug)]
pub(super) struct Phases {
    pub(super) even: [f32; HALF],
    pub(super) odd: [f32; HALF],
}

impl Phases {
    const fn of(taps: &[f32; TAPS]) -> Self {
        let (mut even, mut odd) = ([0.0; HALF], [0.0; HALF]);
        let mut k = 0;
        while k < HALF {
            even[k] = f32::midpoint(taps[k], taps[TAPS - 1 - k]);
            odd[k] = f32::midpoint(taps[k], -taps[TAPS - 1 - k]);
            k += 1;
        }
        Self { even, odd }
    }
}

pub(super) const OUTER_PHASES: Phases = Phases::of(&OUTER);
pub(super) const INNER_PHASES: Phases = Phases::of(&INNER);

/// How finely a rate is interpolated (BS.1770-5 Annex 2 asks for 192 kHz or more).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Oversampling {
    /// At 192 kHz and above: the samples themselves.
    None,
    /// From 96 kHz: the samples, and the two inner phases (3/8 and 5/8 of the way).
    Inner,
    /// Below 96 kHz: the samples and all four phases.
    Full,
}

impl Oversampling {
    /// What a rate needs.
    pub(super) fn at(rate: Hertz) -> Self {
        match rate.get() {
            192_000.. => Self::None,
            96_000.. => Self::Inner,
            _ => Self::Full,
        }
    }

    fn phases(self) -> &'static [&'static [f32; TAPS]] {
        match self {
            Self::None => &[],
            Self::Inner => &[&INNER],
            Self::Full => &[&INNER, &OUTER],
        }
    }

    /// What no interpolated value can exceed.
    pub(super) fn bounds(self) -> Bounds {
        let largest = |gain: fn(&[f32; TAPS]) -> f64| {
            self.phases().iter().map(|h| gain(h)).fold(0.0, f64::max) as f32 * ROUNDING
        };
        Bounds {
            constant: largest(|h| sum(h, 0).abs()),
            any: largest(|h| h.iter().map(|&tap| f64::from(tap.abs())).sum()),
            straight: largest(|h| straight(h).iter().map(|part| part.abs()).sum()),
            bent: largest(bent),
        }
    }
}

/// Bound of the relative rounding error of twelve products and their sum, generously.
const ROUNDING: f32 = 1.0 + 1e-5;

/// Largest gains of a set of phases, with room for rounding.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// For a constant signal.
    constant: f32,
    /// For any signal within ±1.
    any: f32,
    /// For a straight line within ±1.
    straight: f32,
    /// For what is left over a straight line when second differences are within ±1.
    bent: f32,
}

impl Bounds {
    /// Of a signal that lies within `low..=high`.
    ///
    /// A phase h of x = c + r, c the middle of the range, gives |h·x| <= |c| |sum h| + max|r| sum|h|.
    #[inline(always)]
    pub(super) fn of_range(&self, low: f32, high: f32) -> f32 {
        let (middle, reach) = ((high + low) * 0.5, (high - low) * 0.5);
        roomy(middle.abs() * self.constant + reach * self.any)
    }

    /// Of a signal within ±`magnitude` whose second differences lie within ±`bend`: much the lower
    /// bound where the treble is weak.
    #[inline(always)]
    pub(super) fn of_bend(&self, magnitude: f32, bend: f32) -> f32 {
        roomy(magnitude * self.straight + bend * self.bent)
    }
}

#[inline(always)]
fn roomy(bound: f32) -> f32 {
    bound * ROUNDING + f32::MIN_POSITIVE
}

/// Sum of k^power times tap k.
fn sum(h: &[f32; TAPS], power: i32) -> f64 {
    h.iter().enumerate().map(|(k, &tap)| f64::from(tap) * (k as f64).powi(power)).sum()
}

/// Weights of the two middle samples with which a straight line is interpolated as by `h`.
fn straight(h: &[f32; TAPS]) -> [f64; 2] {
    let (total, moment) = (sum(h, 0), sum(h, 1));
    let later = moment - (HALF - 1) as f64 * total;
    [total - later, later]
}

/// Sum of magnitudes of the weights of the second differences in what `h` does beyond
/// [`straight`]: summed by parts twice, `sum h[k] x[k] = sum g[k] (x[k] - 2 x[k+1] + x[k+2])`.
fn bent(h: &[f32; TAPS]) -> f64 {
    let mut rest = h.map(f64::from);
    rest[HALF - 1] -= straight(h)[0];
    rest[HALF] -= straight(h)[1];
    let (mut once, mut twice, mut total) = (0.0, 0.0, 0.0_f64);
    for tap in rest {
        once += tap;
        twice += once;
        total += twice.abs();
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_reached_and_not_exceeded() {
        let bounds = Oversampling::Full.bounds();
        assert!((bounds.of_range(1.0, 1.0) - 1.0016).abs() < 1e-3, "{bounds:?}");
        assert!((1.9..2.3).contains(&bounds.of_range(-1.0, 1.0)), "{bounds:?}");
        assert!((1.0..1.1).contains(&bounds.of_bend(1.0, 0.0)), "{bounds:?}");
        let mut state = 1_u32;
        for round in 0..20_000 {
            let x: [f32; TAPS] = std::array::from_fn(|k| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let noise = (state >> 8) as f32 / 8_388_608.0 - 1.0;
                let smooth = (0.3 * k as f32 + round as f32).sin();
                noise * (round % 7) as f32 / 6.0 + smooth
            });
            let low = x.iter().copied().fold(f32::MAX, f32::min);
            let high = x.iter().copied().fold(f32::MIN, f32::max);
            let bend = x.windows(3).map(|w| (w[0] - 2.0 * w[1] + w[2]).abs()).fold(0.0, f32::max);
            for h in [&INNER, &OUTER] {
                let value = h.iter().zip(&x).map(|(h, x)| h * x).sum::<f32>().abs();
                assert!(value <= bounds.of_range(low, high));
                assert!(value <= bounds.of_bend(high.max(-low), bend));
            }
        }
    }
}
