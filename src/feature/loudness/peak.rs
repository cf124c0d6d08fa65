//! Sample peak and true peak of one channel.
//!
//! The true peak is that of ITU-R BS.1770-5 Annex 2: the 48-tap interpolator in four phases of
//! twelve taps. Phases 0 and 3 are each other's mirror image, so are 1 and 2. Of a mirrored pair only
//! the larger magnitude matters, and with the even and odd parts e and o of a phase,
//! max(|e + o|, |e - o|) = |e| + |o|: half the multiplications.
//!
//! A block that can neither raise the maximum nor exceed full scale is not interpolated; that is
//! decided by upper bounds (`taps::Bounds`), so nothing is ever missed.

use super::taps::{Bounds, HALF, INNER_PHASES, OUTER_PHASES, Oversampling, Phases, TAPS};
use super::weighting::sound;
use crate::dsp::simd::{larger, largest};

/// Frames tested, and interpolated or skipped, together.
const BLOCK: usize = 64;

/// Frames kept from before; 11 are needed, 16 keep the lanes aligned.
const PAST: usize = 16;

/// Vector lanes the kernels are written for.
const LANES: usize = 16;

/// Magnitude above which the signal is over: 0 dBTP.
const FULL_SCALE: f32 = 1.0;

/// Follows one channel.
#[derive(Clone, Debug)]
pub(super) struct Peak {
    oversampling: Oversampling,
    bounds: Bounds,
    skipping: bool,
    recent: [f32; PAST + BLOCK],
    sample: f32,
    interpolated: f32,
    /// True while the signal is over full scale.
    is_over: bool,
    overs: u64,
}

impl Peak {
    /// A channel at a rate.
    pub(super) fn new(oversampling: Oversampling) -> Self {
        Self {
            oversampling,
            bounds: oversampling.bounds(),
            skipping: true,
            recent: [0.0; PAST + BLOCK],
            sample: 0.0,
            interpolated: 0.0,
            is_over: false,
            overs: 0,
        }
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
        let magnitude = larger(high, -low);
        self.sample = larger(self.sample, magnitude);
        if !self.skipping || magnitude > FULL_SCALE || self.matters(low, high) {
            self.take_peaks(block.len(), magnitude);
        } else {
            self.is_over = false;
        }
        self.recent.copy_within(block.len()..block.len() + PAST, 0);
    }

    /// True unless no interpolated value of a block within `low..=high` can exceed what was found,
    /// or full scale.
    #[inline(always)]
    fn matters(&self, low: f32, high: f32) -> bool {
        let found = larger(self.interpolated, self.sample);
        let limit = if found < FULL_SCALE { found } else { FULL_SCALE };
        self.bounds.of_range(low, high) > limit
            && self.bounds.of_bend(larger(high, -low), bend(&self.recent)) > limit
    }

    /// Interpolates the block, of which the first `length` samples are there; `magnitude` is the
    /// largest of its samples.
    #[inline(always)]
    fn take_peaks(&mut self, length: usize, magnitude: f32) {
        let mut peaks = self.interpolate();
        peaks[length..].fill(0.0); // they would read samples that are still to come
        let mut lanes = [0.0; LANES];
        for group in peaks.as_chunks::<LANES>().0 {
            for j in 0..LANES {
                lanes[j] = larger(group[j], lanes[j]);
            }
        }
        let top = largest(&lanes);
        self.interpolated = larger(self.interpolated, top);
        if larger(top, magnitude) > FULL_SCALE {
            self.count_overs(&peaks[..length]);
        } else {
            self.is_over = false;
        }
    }

    fn count_overs(&mut self, peaks: &[f32]) {
        // The interpolated values lie between the samples six and five frames back.
        for (peak, sample) in peaks.iter().zip(&self.recent[PAST - HALF..]) {
            let is_over = larger(*peak, sample.abs()) > FULL_SCALE;
            self.overs += u64::from(is_over && !self.is_over);
            self.is_over = is_over;
        }
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

    /// Largest magnitude of the interpolated signal, zeros following, and of the samples; and how
    /// often the signal went over full scale.
    pub(super) fn finish(mut self) -> (f32, u64) {
        self.push(&[0.0; TAPS - 1]);
        (self.interpolated.max(self.sample), self.overs)
    }
}

/// Smallest and largest value.
#[inline(always)]
fn extremes(samples: &[f32; PAST + BLOCK]) -> (f32, f32) {
    let (mut fallen, mut high) = ([-f32::MAX; LANES], [-f32::MAX; LANES]);
    for group in samples.as_chunks::<LANES>().0 {
        for j in 0..LANES {
            fallen[j] = larger(-group[j], fallen[j]);
        }
        for j in 0..LANES {
            high[j] = larger(group[j], high[j]);
        }
    }
    (-largest(&fallen), largest(&high))
}

/// Largest magnitude of a second difference.
#[inline(always)]
fn bend(x: &[f32; PAST + BLOCK]) -> f32 {
    let mut bend = [0.0_f32; LANES];
    // The last group overlaps the one before: there are two differences less than samples.
    for start in [0, LANES, 2 * LANES, 3 * LANES, PAST + BLOCK - 2 - LANES] {
        let [before, at, after] = [0, 1, 2].map(|by| &x[start + by..][..LANES]);
        for j in 0..LANES {
            bend[j] = larger((before[j] - at[j] + (after[j] - at[j])).abs(), bend[j]);
        }
    }
    largest(&bend)
}

/// Largest magnitude of the given phases and their mirror images, after each of the last [`BLOCK`]
/// samples.
#[inline(always)]
fn magnitudes<const P: usize>(x: &[f32; PAST + BLOCK], pairs: &[Phases; P]) -> [f32; BLOCK] {
    let mut out = [0.0; BLOCK];
    for (group, out) in out.as_chunks_mut::<LANES>().0.iter_mut().enumerate() {
        let newest = PAST + group * LANES;
        let oldest = newest + 1 - TAPS;
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
    use super::super::taps::{INNER, OUTER};
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
            let (ours, theirs) = (f64::from(peak.finish().0), plain(&samples).max(sample));
            assert!((ours / theirs - 1.0).abs() < 1e-6, "{ours} {theirs}");
        }
    }

    #[test]
    fn skipping_changes_no_bit() {
        for oversampling in [Oversampling::Inner, Oversampling::Full] {
            for seed in 1..50 {
                for scale in [1.0, 0.77, 1e-20, 1e-40] {
                    let samples: Vec<f32> = noise(9000, seed).iter().map(|x| x * scale).collect();
                    let (mut a, mut b) = (Peak::new(oversampling), Peak::new(oversampling));
                    b = b.without_skipping();
                    a.push(&samples);
                    b.push(&samples);
                    let bits = |(peak, overs): (f32, u64)| (peak.to_bits(), overs);
                    assert_eq!(bits(a.finish()), bits(b.finish()), "seed {seed} x {scale}");
                }
            }
        }
    }

    /// Peaks of a tone of a quarter of the rate, 45 degrees off the samples, lie half-way between
    /// them and 3 dB above.
    #[test]
    fn overs_between_samples_are_counted() {
        let tone = |i: usize, peak: f64| {
            let fade = (i.min(2000 - i) as f64 / 200.0).min(1.0);
            (fade * peak * (std::f64::consts::FRAC_PI_2 * (i as f64 + 0.5)).sin()) as f32
        };
        let count = |peak: f64| {
            let mut follower = Peak::new(Oversampling::Full);
            follower.push(&(0..2000).map(|i| tone(i, peak)).collect::<Vec<_>>());
            assert!(follower.sample_peak() < 1.0);
            follower.finish().1
        };
        assert_eq!(count(0.97), 0);
        // Two half waves of every four frames, where the fade has passed 1 / 1.35.
        let expected = 2 * (2000 - 2 * 148) / 4;
        let found = count(1.35);
        assert!(found.abs_diff(expected) < 12, "{found} for {expected}");
    }

    #[test]
    fn samples_over_full_scale_are_runs() {
        let mut samples = vec![0.5_f32; 600];
        samples[100..140].fill(1.5);
        samples[300] = -2.0;
        for oversampling in [Oversampling::None, Oversampling::Inner, Oversampling::Full] {
            let mut peak = Peak::new(oversampling);
            peak.push(&samples);
            assert_eq!(peak.finish().1, 2, "{oversampling:?}");
        }
    }

    #[test]
    fn the_cut_does_not_show() {
        let samples = noise(5000, 7);
        let mut whole = Peak::new(Oversampling::Full);
        whole.push(&samples);
        let whole = whole.finish();
        assert!(whole.1 > 10, "{whole:?}");
        for cut in [1, 2, 7, 31, 33, 1000] {
            let mut peak = Peak::new(Oversampling::Full);
            samples.chunks(cut).for_each(|part| peak.push(part));
            assert_eq!(peak.finish(), whole, "cut {cut}");
        }
    }
}
