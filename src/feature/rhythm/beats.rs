//! Beats by dynamic programming.

use super::curve::Curve;
use super::strength::Strength;
use crate::dsp::peaks::parabola_offset;

/// λ of Ellis 2007: cost of a beat interval that differs from the period.
const TIGHTNESS: f64 = 800.0;
/// Gaussian of one frame (20 ms) standard deviation, over five taps.
const SMOOTHING: [f32; 5] = [0.135_335_28, 0.606_530_66, 1.0, 0.606_530_66, 0.135_335_28];
/// The last beat is sought within this many periods of the end.
const TAIL_PERIODS: f64 = 1.2;
/// Frames handled at once.
const BLOCK: usize = 4096;
/// A back-pointer is one byte: no beat interval is longer, 5.1 s.
const LONGEST_STEP: usize = u8::MAX as usize;

/// Reads a strength function smoothed by [`SMOOTHING`] and with standard deviation 1.
struct Smoothed<'a> {
    strength: &'a mut dyn Strength,
    raw: Vec<f32>,
    scale: f32,
}

impl<'a> Smoothed<'a> {
    fn new(strength: &'a mut dyn Strength) -> Self {
        let mut smoothed = Self { strength, raw: Vec::new(), scale: 1.0 };
        let deviation = smoothed.deviation();
        smoothed.scale = if deviation > 0.0 { (1.0 / deviation) as f32 } else { 0.0 };
        smoothed
    }

    fn deviation(&mut self) -> f64 {
        let frames = self.strength.frames();
        let (mut sum, mut squares) = (0.0, 0.0);
        let mut block = vec![0.0; BLOCK];
        for first in (0..frames).step_by(BLOCK) {
            let block = &mut block[..BLOCK.min(frames - first)];
            self.read(first as isize, block);
            for &value in block.iter() {
                sum += f64::from(value);
                squares += f64::from(value) * f64::from(value);
            }
        }
        let count = frames.max(1) as f64;
        (squares / count - (sum / count).powi(2)).max(0.0).sqrt()
    }

    fn read(&mut self, first: isize, out: &mut [f32]) {
        let reach = SMOOTHING.len() / 2;
        self.raw.resize(out.len() + 2 * reach, 0.0);
        self.strength.read(first - reach as isize, &mut self.raw);
        for (value, near) in out.iter_mut().zip(self.raw.windows(SMOOTHING.len())) {
            let sum: f32 = near.iter().zip(SMOOTHING).map(|(x, tap)| x * tap).sum();
            *value = sum * self.scale;
        }
    }
}

/// Times of the beats, in frames (fractional), ascending; empty for silence.
///
/// Method: Ellis, "Beat tracking by dynamic programming", JNMR 2007:
/// `C(k) = s(k) + max(0, max_j C(j) - λ ln²((k-j)/T))`, T/2 <= k-j <= 2T, traced back from the best of
/// the last 1.2 T; each beat is then moved to the top of the parabola through it. Holds one byte a
/// frame.
pub(super) fn track(strength: &mut dyn Strength, tempo: &Curve) -> Vec<f64> {
    let mut smoothed = Smoothed::new(strength);
    if smoothed.scale <= 0.0 {
        return Vec::new();
    }
    let path = Path::search(&mut smoothed, tempo);
    let frames = path.trace();
    trim_and_sharpen(&mut smoothed, &frames, tempo)
}

/// Best predecessors of all frames.
struct Path {
    /// Distance to the best beat before, in frames; 0 for none.
    steps: Vec<u8>,
    last: usize,
}

/// Costs of the allowed steps, the longest first, as they lie in memory before a frame.
struct Penalties {
    longest: usize,
    costs: Vec<f64>,
}

impl Penalties {
    fn new(period: f64) -> Self {
        let longest = ((2.0 * period) as usize).clamp(2, LONGEST_STEP);
        let shortest = ((0.5 * period) as usize).clamp(1, longest);
        let cost = |step: usize| TIGHTNESS * (step as f64 / period).ln().powi(2);
        Self { longest, costs: (shortest..=longest).rev().map(cost).collect() }
    }

    /// Best (value, step) over `before`, the totals of the last `longest` frames.
    fn best(&self, before: &[f64], values: &mut Vec<f64>) -> (f64, usize) {
        values.clear();
        values.extend(before.iter().zip(&self.costs).map(|(total, cost)| total - cost));
        let highest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let index = values.iter().position(|&value| value >= highest).unwrap_or_default();
        (highest, self.longest - index)
    }
}

impl Path {
    fn search(smoothed: &mut Smoothed<'_>, tempo: &Curve) -> Self {
        let frames = smoothed.strength.frames();
        let penalties: Vec<Penalties> =
            tempo.periods().iter().map(|&p| Penalties::new(p)).collect();
        let longest = penalties.iter().map(|p| p.longest).max().unwrap_or(1);
        let mut steps = Vec::with_capacity(frames);
        let mut last = (0, f64::NEG_INFINITY);
        let tail = frames.saturating_sub((TAIL_PERIODS * tempo.period(frames)) as usize + 1);
        let mut block = vec![0.0; BLOCK];
        let mut values = Vec::new();
        let mut totals = vec![f64::NEG_INFINITY; longest];
        for first in (0..frames).step_by(BLOCK) {
            let block = &mut block[..BLOCK.min(frames - first)];
            smoothed.read(first as isize, block);
            totals.drain(..totals.len() - longest);
            for (i, &value) in block.iter().enumerate() {
                let penalties = &penalties[tempo.state(first + i)];
                let before = &totals[i + longest - penalties.longest..];
                let (best, step) = penalties.best(before, &mut values);
                let follows = best >= 0.0;
                let total = f64::from(value) + if follows { best } else { 0.0 };
                steps.push(if follows { step as u8 } else { 0 });
                totals.push(total);
                if first + i >= tail && total >= last.1 {
                    last = (first + i, total);
                }
            }
        }
        Self { steps, last: last.0 }
    }

    /// Frames of the beats, ascending.
    fn trace(&self) -> Vec<u32> {
        let mut frames = Vec::new();
        let mut frame = self.last;
        while let Some(&step) = self.steps.get(frame) {
            frames.push(frame as u32);
            if step == 0 {
                break;
            }
            frame -= usize::from(step);
        }
        frames.reverse();
        frames
    }
}

/// Drops beats of the silence at both ends and moves the others by less than a frame.
fn trim_and_sharpen(smoothed: &mut Smoothed<'_>, frames: &[u32], tempo: &Curve) -> Vec<f64> {
    let longest = tempo.periods().iter().copied().fold(2.0, f64::max);
    let reach = (longest / 2.0) as usize;
    let mut near = vec![0.0; 2 * reach + 3];
    let mut sounding = None;
    let mut beats = Vec::with_capacity(frames.len());
    for &frame in frames {
        smoothed.read(frame as isize - reach as isize - 1, &mut near);
        let heard = near.iter().any(|&value| value > 0.0);
        if !heard && sounding.is_none() {
            continue;
        }
        let at = |i: usize| f64::from(near[i]);
        beats.push(f64::from(frame) + parabola_offset(at(reach), at(reach + 1), at(reach + 2)));
        if heard {
            sounding = Some(beats.len());
        }
    }
    beats.truncate(sounding.unwrap_or_default());
    beats
}
