//! Sample peak and true peak of one channel.
//!
//! The true peak is that of ITU-R BS.1770-5 Annex 2: the 48-tap interpolator in four phases of
//! twelve taps. Phases 0 and 3 are each other's mirror image, so are 1 and 2. Of a mirrored pair only
//! the larger magnitude matters, and with the even and odd parts e and o of a phase,
//! max(|e + o|, |e - o|) = |e| + |o|: half the multiplications.

use super::weighting::sound;
use crate::units::Hertz;

/// Frames tested, and interpolated or skipped, together.
const BLOCK: usize = 64;

/// Frames kept from before; 11 are needed, 16 keep the lanes aligned.
const PAST: usize = 16;

/// Half of the taps of a phase.
const HALF: usize = 6;

/// Vector lanes the kernels are written for.
const LANES: usize = 16;

/// Phase 0 of the table in BS.1770-5 Annex 2; phase 3 is its mirror image.
const OUTER: [f32; 2 * HALF] = [
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
const INNER: [f32; 2 * HALF] = [
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
struct Phases {
    even: [f32; HALF],
    odd: [f32; HALF],
}

impl Phases {
    const fn of(taps: &[f32; 2 * HALF]) -> Self {
        let (mut even, mut odd) = ([0.0; HALF], [0.0; HALF]);
        let mut k = 0;
        while k < HALF {
            even[k] = f32::midpoint(taps[k], taps[2 * HALF - 1 - k]);
            odd[k] = f32::midpoint(taps[k], -taps[2 * HALF - 1 - k]);
            k += 1;
        }
        Self { even, odd }
    }
}

const OUTER_PHASES: Phases = Phases::of(&OUTER);
const INNER_PHASES: Phases = Phases::of(&INNER);

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

    /// Largest gain of any phase for a constant signal, and for any signal within ±1, with room for
    /// rounding.
    fn gains(self) -> (f32, f32) {
        let phases: &[&[f32]] = match self {
            Self::None => &[],
            Self::Inner => &[&INNER],
            Self::Full => &[&INNER, &OUTER],
        };
        let largest = |sum: fn(&[f32]) -> f32| phases.iter().map(|h| sum(h)).fold(0.0, f32::max);
        let constant = largest(|h| h.iter().sum::<f32>().abs());
        (constant * ROUNDING, largest(|h| h.iter().map(|tap| tap.abs()).sum()) * ROUNDING)
    }
}

/// Bound of the relative rounding error of twelve products and their sum, generously.
const ROUNDING: f32 = 1.0 + 1e-5;

/// Follows one channel.
#[derive(Clone, Debug)]
pub(super) struct Peak {
    oversampling: Oversampling,
    constant_gain: f32,
    any_gain: f32,
    skipping: bool,
    recent: [f32; PAST + BLOCK],
    sample: f32,
    interpolated: f32,
}

impl Peak {
    /// A channel at a rate.
    pub(super) fn new(oversampling: Oversampling) -> Self {
        let (constant_gain, any_gain) = oversampling.gains();
        let recent = [0.0; PAST + BLOCK];
        let (skipping, sample, interpolated) = (true, 0.0, 0.0);
        Self { oversampling, constant_gain, any_gain, skipping, recent, sample, interpolated }
    }

    /// Interpolates every block, for the proof that skipping changes nothing.
    #[cfg(test)]
    fn without_skipping(mut self) -> Self {
        self.skipping = false;
        self
    }

    /// Takes any number of samples.
    #[inline(always)]
    pub(super) fn push(&mut self, samples: &[f32]) {
        for block in samples.chunks(BLOCK) {
            self.push_block(block);
        }
    }

    #[inline(always)]
    fn push_block(&mut self, block: &[f32]) {
        let fresh = &mut self.recent[PAST..];
        if block.len() < BLOCK {
            fresh.fill(0.0);
        }
        for (to, &from) in fresh.iter_mut().zip(block) {
            *to = sound(from);
        }
        let (low, high) = extremes(&self.recent);
        self.sample = larger(self.sample, larger(high, -low));
        if !self.skipping || self.may_rise(low, high) {
            let mut peaks = self.interpolate();
            peaks[block.len()..].fill(0.0); // they would read samples that are still to come
            for group in peaks.as_chunks::<LANES>().0 {
                self.interpolated = larger(self.interpolated, largest(*group));
            }
        }
        self.recent.copy_within(block.len()..block.len() + PAST, 0);
    }

    /// True unless no interpolated value of a block within `low..=high` can exceed what was found.
    ///
    /// A phase h of x = c + r, c the middle of the range, gives |h·x| <= |c| |sum h| + max|r| sum|h|.
    #[inline(always)]
    fn may_rise(&self, low: f32, high: f32) -> bool {
        let (middle, reach) = ((high + low) * 0.5, (high - low) * 0.5);
        let bound = middle.abs() * self.constant_gain + reach * self.any_gain;
        bound * ROUNDING + f32::MIN_POSITIVE > larger(self.interpolated, self.sample)
    }

    #[inline(always)]
    fn interpolate(&self) -> [f32; BLOCK] {
        match self.oversampling {
            Oversampling::None => [0.0; BLOCK],
            Oversampling::Inner => magnitudes(&self.recent, &[INNER_PHASES]),
            Oversampling::Full => magnitudes(&self.recent, &[OUTER_PHASES, INNER_PHASES]),
        }
    }

    /// Largest magnitude of a sample.
    pub(super) fn sample_peak(&self) -> f32 {
        self.sample
    }

    /// Largest magnitude of the interpolated signal, zeros following, and of the samples.
    pub(super) fn finish(mut self) -> f32 {
        self.push(&[0.0; 2 * HALF - 1]);
        self.interpolated.max(self.sample)
    }
}

/// The larger one; unlike `f32::max` one instruction, as nothing here is NaN.
#[inline(always)]
fn larger(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

/// Largest of the lanes, by halves: one after the other they would wait for each other.
#[inline(always)]
fn largest(mut lanes: [f32; LANES]) -> f32 {
    let mut half = LANES / 2;
    while half > 0 {
        for j in 0..half {
            lanes[j] = larger(lanes[j], lanes[j + half]);
        }
        half /= 2;
    }
    lanes[0]
}

/// Smallest and largest value.
#[inline(always)]
fn extremes(samples: &[f32; PAST + BLOCK]) -> (f32, f32) {
    let (mut fallen, mut high) = ([-f32::MAX; LANES], [-f32::MAX; LANES]);
    for group in samples.as_chunks::<LANES>().0 {
        for j in 0..LANES {
            fallen[j] = larger(-group[j], fallen[j]);
            high[j] = larger(group[j], high[j]);
        }
    }
    (-largest(fallen), largest(high))
}

/// Largest magnitude of the given phases and their mirror images, after each of the last [`BLOCK`]
/// samples.
#[inline(always)]
fn magnitudes<const P: usize>(x: &[f32; PAST + BLOCK], pairs: &[Phases; P]) -> [f32; BLOCK] {
    let mut out = [0.0; BLOCK];
    for (group, out) in out.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
        let newest = PAST + group * LANES;
        let oldest = newest + 1 - 2 * HALF;
        let (mut even, mut odd) = ([[0.0; LANES]; P], [[0.0; LANES]; P]);
        for k in 0..HALF {
            let (late, early) = (&x[newest - k..][..LANES], &x[oldest + k..][..LANES]);
            for j in 0..LANES {
                let (sum, difference) = (late[j] + early[j], late[j] - early[j]);
                for p in 0..P {
                    even[p][j] += pairs[p].even[k] * sum;
                    odd[p][j] += pairs[p].odd[k] * difference;
                }
            }
        }
        for p in 0..P {
            for j in 0..LANES {
                let magnitude = even[p][j].abs() + odd[p][j].abs();
                out[j] = larger(magnitude, out[j]);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Noise whose level wanders, so that blocks are skipped and not skipped.
    fn noise(length: usize, seed: u32) -> Vec<f32> {
        let mut state = seed;
        let mut next = move || {
            state = state.wrapping_mul(1664525).wrapping_add(1013904223);
            (state >> 8) as f32 / 8_388_608.0 - 1.0
        };
        let level = |i: usize| 0.2 + 0.8 * (i as f32 / 3000.0).sin().powi(8);
        (0..length).map(|i| next() * level(i) + 0.3 * (i as f32 * 0.003).sin()).collect()
    }

    /// The table read as printed: four phases, no symmetry used.
    fn plain(samples: &[f32]) -> f64 {
        let mirrored = |h: &[f32; 12]| {
            let mut m = *h;
            m.reverse();
            m
        };
        let phases = [OUTER, INNER, mirrored(&INNER), mirrored(&OUTER)];
        let padded: Vec<f32> = [&[0.0; 11], samples, &[0.0; 11]].concat();
        let at = |w: &[f32], h: &[f32; 12]| -> f64 {
            w.iter().rev().zip(h).map(|(&x, &h)| f64::from(x) * f64::from(h)).sum()
        };
        padded.windows(12).flat_map(|w| phases.map(|h| at(w, &h).abs())).fold(0.0, f64::max)
    }

    #[test]
    fn phases_equal_the_table() {
        for seed in 1..20 {
            let samples = noise(3000, seed);
            let mut peak = Peak::new(Oversampling::Full);
            peak.push(&samples);
            let sample = f64::from(peak.sample_peak());
            let (ours, theirs) = (f64::from(peak.finish()), plain(&samples).max(sample));
            assert!((ours / theirs - 1.0).abs() < 1e-6, "{ours} {theirs}");
        }
    }

    #[test]
    fn skipping_changes_no_bit() {
        for oversampling in [Oversampling::Inner, Oversampling::Full] {
            for seed in 1..50 {
                for scale in [1.0, 1e-20, 1e-40] {
                    let samples: Vec<f32> = noise(9000, seed).iter().map(|x| x * scale).collect();
                    let (mut a, mut b) = (Peak::new(oversampling), Peak::new(oversampling));
                    b = b.without_skipping();
                    a.push(&samples);
                    b.push(&samples);
                    assert_eq!(a.finish().to_bits(), b.finish().to_bits(), "seed {seed} x {scale}");
                }
            }
        }
    }

    #[test]
    fn the_cut_does_not_show() {
        let samples = noise(5000, 7);
        let mut whole = Peak::new(Oversampling::Full);
        whole.push(&samples);
        let whole = whole.finish().to_bits();
        for cut in [1, 2, 7, 31, 33, 1000] {
            let mut peak = Peak::new(Oversampling::Full);
            samples.chunks(cut).for_each(|part| peak.push(part));
            assert_eq!(peak.finish().to_bits(), whole, "cut {cut}");
        }
    }
}
