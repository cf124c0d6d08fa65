//! Onset functions relative to what is usual around them.

use super::kept::{Kept, compress, fill, weigh};
use super::onset_function::BANDS;
use super::pieces::Pieces;
use crate::dsp::simd::{LANES, Lanes, add, kernel, mul};

/// Half width of the local mean, frames: 0.4 s.
const HALF_WIDTH: usize = 20;
/// Share of the track's mean level below which an onset is weighed down.
const FLOOR: f64 = 0.3;
/// Frames handled at once, a multiple of the lanes.
const BLOCK: usize = 2048;
const CONTEXT: usize = 2 * HALF_WIDTH;
/// A single onset is √20 = 4.5 times its local level; more does not occur.
const FULL_SCALE: f32 = 6.0;
/// Weights of the bands for beats, the lowest first: bass and drum tell the beat from the off-beat.
const BEAT_WEIGHTS: [f32; BANDS] = [0.5, 0.25, 0.125, 0.125];

/// What is kept of each frame, the onset functions levelled in their place.
///
/// Levelled: max(0, o - w*o) / (0.3 mean(s) + s), s = √(w*o²), w a Hann kernel of 0.8 s.
#[derive(Debug)]
pub(super) struct Levelled {
    bands: Pieces<[u16; BANDS]>,
    activations: Pieces<[u16; 2]>,
    /// Rise of the magnitudes, companded.
    pub(super) rises: Pieces<u8>,
}

impl Levelled {
    /// Levels each band in turn.
    pub(super) fn new(kept: Kept) -> Self {
        let Kept { mut bands, activations, rises } = kept;
        let mut leveller = Leveller::new();
        for band in 0..BANDS {
            let mut sum = 0.0;
            let frames = bands.len();
            leveller.pass(&mut bands, band, |_, level, _| sum += f64::from(level));
            let floor = (FLOOR * sum / frames.max(1) as f64) as f32 + 1e-6;
            leveller.pass(&mut bands, band, |rise, level, out| {
                *out = compress(rise.max(0.0) / (floor + level), FULL_SCALE);
            });
        }
        Self { bands, activations, rises }
    }

    /// Number of frames.
    pub(super) fn frames(&self) -> usize {
        self.bands.len()
    }

    /// Levelled onset function of one band; 0 outside.
    pub(super) fn band(&self, band: usize, frame: usize) -> f32 {
        self.bands.get(frame).map_or(0.0, |bands| weigh(*bands, only(band), FULL_SCALE))
    }

    /// Levelled onset function of one band in frames `first..`; 0 outside.
    pub(super) fn read_band(&self, band: usize, first: isize, out: &mut [f32]) {
        let weights = only(band);
        fill(&self.bands, first, out, [0; BANDS], |bands| weigh(bands, weights, FULL_SCALE));
    }

    /// Weighted mean of the levelled bands; 0 outside.
    #[inline]
    pub(super) fn onset(&self, frame: usize) -> f32 {
        self.bands.get(frame).map_or(0.0, |bands| weigh(*bands, BEAT_WEIGHTS, FULL_SCALE))
    }

    /// [`Self::onset`] of frames `first..`.
    pub(super) fn read_onsets(&self, first: isize, out: &mut [f32]) {
        fill(&self.bands, first, out, [0; BANDS], |b| weigh(b, BEAT_WEIGHTS, FULL_SCALE));
    }

    /// Beat activation, 0..=1; 0 outside.
    #[inline]
    pub(super) fn activation(&self, frame: usize) -> f32 {
        self.activations.get(frame).map_or(0.0, |a| probability(a[0]))
    }

    /// [`Self::activation`] of frames `first..`.
    pub(super) fn read_activations(&self, first: isize, out: &mut [f32]) {
        fill(&self.activations, first, out, [0; 2], |a| probability(a[0]));
    }

    /// Downbeat activation, 0..=1; 0 outside.
    pub(super) fn downbeat(&self, frame: usize) -> f32 {
        self.activations.get(frame).map_or(0.0, |a| probability(a[1]))
    }
}

fn probability(steps: u16) -> f32 {
    f32::from(steps) / f32::from(u16::MAX)
}

fn only(band: usize) -> [f32; BANDS] {
    std::array::from_fn(|other| if other == band { 1.0 } else { 0.0 })
}

/// Moves over one band with the context of the local mean.
struct Leveller {
    kernel: Vec<f32>,
    raw: Vec<f32>,
    squares: Vec<f32>,
    mean: Vec<f32>,
    level: Vec<f32>,
}

impl Leveller {
    fn new() -> Self {
        Self {
            kernel: hann(HALF_WIDTH),
            raw: vec![0.0; BLOCK + CONTEXT],
            squares: vec![0.0; BLOCK + CONTEXT],
            mean: vec![0.0; BLOCK],
            level: vec![0.0; BLOCK],
        }
    }

    /// Calls `each` with o - w*o, s and the place of every frame. What is read runs ahead of what is
    /// written, so the place may be overwritten.
    fn pass(
        &mut self,
        bands: &mut Pieces<[u16; BANDS]>,
        band: usize,
        mut each: impl FnMut(f32, f32, &mut u16),
    ) {
        /// Full scale of [`Kept`].
        const RAW_SCALE: f32 = 16.0;
        let (frames, weights) = (bands.len(), only(band));
        let raw = |b| weigh(b, weights, RAW_SCALE);
        self.raw[..HALF_WIDTH].fill(0.0);
        fill(bands, 0, &mut self.raw[HALF_WIDTH..CONTEXT], [0; BANDS], raw);
        for first in (0..frames).step_by(BLOCK) {
            let ahead = (first + HALF_WIDTH) as isize;
            fill(bands, ahead, &mut self.raw[CONTEXT..], [0; BANDS], raw);
            self.smooth();
            let places = bands.iter_mut_from(first).take(BLOCK);
            for (i, place) in places.enumerate() {
                let rise = self.raw[i + HALF_WIDTH] - self.mean[i];
                each(rise, self.level[i], &mut place[band]);
            }
            self.raw.copy_within(BLOCK.., 0);
        }
    }

    fn smooth(&mut self) {
        for (square, o) in self.squares.iter_mut().zip(&self.raw) {
            *square = o * o;
        }
        smooth(&self.kernel, &self.raw, &mut self.mean);
        smooth(&self.kernel, &self.squares, &mut self.level);
        for level in &mut self.level {
            *level = level.sqrt();
        }
    }
}

/// Symmetric Hann kernel of `2 half + 1` taps with sum 1.
fn hann(half: usize) -> Vec<f32> {
    let step = std::f64::consts::PI / half as f64;
    let taps: Vec<f64> = (0..=2 * half).map(|n| 1.0 - (step * n as f64).cos()).collect();
    let sum: f64 = taps.iter().sum();
    taps.iter().map(|tap| (tap / sum) as f32).collect()
}

kernel! {
    /// `out[n]` = Σ `kernel[k] x[n + k]`; `out` holds whole blocks of 32.
    fn smooth(taps: &[f32], x: &[f32], out: &mut [f32]) {
        for (at, block) in out.as_chunks_mut::<{ 4 * LANES }>().0.iter_mut().enumerate() {
            let mut sums = [[0.0; LANES]; 4];
            for (k, &tap) in taps.iter().enumerate() {
                let from = at * 4 * LANES + k;
                let x: &[Lanes] = x[from..from + 4 * LANES].as_chunks().0;
                for part in 0..4 {
                    sums[part] = add(&sums[part], &mul(&[tap; LANES], &x[part]));
                }
            }
            block.copy_from_slice(sums.as_flattened());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pulses(frames: usize, period: usize, strength: f32) -> Levelled {
        let mut kept = Kept::default();
        for k in 0..frames {
            kept.push(if k % period == 7 { [strength; BANDS] } else { [0.0; BANDS] });
        }
        Levelled::new(kept)
    }

    #[test]
    fn blocks_do_not_show_and_gain_hardly() {
        let (loud, soft) = (pulses(5_000, 25, 4.0), pulses(5_000, 25, 0.04));
        let beat = loud.onset(1007);
        assert!(beat > 1.0, "{beat}");
        for k in (107..4_900).step_by(25) {
            assert!((loud.onset(k) - beat).abs() < 1e-3, "{k}: {}", loud.onset(k));
            assert!((soft.onset(k) - beat).abs() < 0.01, "{k}: {}", soft.onset(k));
            assert!(loud.onset(k + 3) <= 0.0);
        }
    }

    #[test]
    fn it_is_what_the_definition_says() {
        let mut kept = Kept::default();
        let value = |k: usize| ((k * k * 7919) % 1013) as f32 / 300.0;
        (0..3_000).for_each(|k| kept.push([0.0, value(k), 0.0, 0.0]));
        let levelled = Levelled::new(kept);
        let mean = |k: usize, f: &dyn Fn(f32) -> f32| -> f64 {
            let weight =
                |d: isize| 0.05 * (0.5 + 0.5 * (std::f64::consts::PI * d as f64 / 20.0).cos());
            let at = |d: isize| usize::try_from(k as isize + d).ok().filter(|&k| k < 3_000);
            let part = |d: isize| at(d).map_or(0.0, |k| weight(d) * f64::from(f(value(k))));
            (-20..=20).map(part).sum()
        };
        let level = |k| mean(k, &|o| o * o).sqrt();
        let floor = 0.3 * (0..3_000).map(level).sum::<f64>() / 3_000.0;
        for k in [0, 5, 19, 20, 2_047, 2_048, 2_049, 2_999] {
            let rise = f64::from(value(k)) - mean(k, &|o| o);
            let exact = rise.max(0.0) / (floor + level(k));
            let found = f64::from(levelled.band(1, k));
            assert!((found - exact).abs() < 2e-3, "{k}: {found} for {exact}");
        }
    }
}
