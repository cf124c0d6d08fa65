//! Smallest, largest and mean square sample of every 20 ms, over all channels.

use super::columns::{Columns, Merge};
use crate::audio::Chunk;
use crate::dsp::simd::{LANES, Lanes, kernel, larger, largest, smaller};
use crate::units::{Hertz, StreamSpec};

/// Steps a second.
pub(super) const STEPS_PER_SECOND: u64 = 50;
/// Samples whose squares are summed in `f32`.
const SPAN: usize = 1024;
/// Larger samples are damage, not sound (+96 dBFS); with NaN and infinities they count as zero.
const LARGEST: f32 = 65_536.0;

/// What a stretch of samples spans.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Extent {
    pub(super) min: f32,
    pub(super) max: f32,
    pub(super) squares: f64,
    pub(super) samples: f64,
}

impl Merge for Extent {
    const NOTHING: Self =
        Self { min: f32::INFINITY, max: f32::NEG_INFINITY, squares: 0.0, samples: 0.0 };

    fn merge(&mut self, next: &Self) {
        self.min = self.min.min(next.min);
        self.max = self.max.max(next.max);
        self.squares += next.squares;
        self.samples += next.samples;
    }
}

/// Listens to the samples of a track.
#[derive(Clone, Debug)]
pub struct Tracker {
    rate: Hertz,
    /// A step that the chunks have cut in two waits here, channel by channel.
    waiting: Vec<Vec<f32>>,
    steps: u64,
    columns: Columns<Extent>,
}

impl Tracker {
    /// A tracker that has heard nothing.
    pub fn new(spec: &StreamSpec) -> Self {
        let longest = longest_step(spec.rate);
        let waiting = spec.channels.roles().iter().map(|_| Vec::with_capacity(longest)).collect();
        Self { rate: spec.rate, waiting, steps: 0, columns: Columns::new() }
    }

    /// Takes the next chunk; where the chunks are cut does not change a bit of the result.
    pub fn push(&mut self, chunk: &Chunk) {
        let mut from = 0;
        while from < chunk.frames() {
            let held = self.waiting.first().map_or(0, Vec::len);
            let wanted = self.step_frames();
            let length = (wanted - held).min(chunk.frames() - from);
            let part = |plane| part(chunk, plane, from, length);
            if length == wanted {
                let mut extent = Extent::NOTHING;
                (0..self.waiting.len()).for_each(|plane| extent.merge(&extent_of(part(plane))));
                self.take(&extent);
            } else {
                for (plane, waiting) in self.waiting.iter_mut().enumerate() {
                    waiting.extend_from_slice(part(plane));
                    waiting.resize(held + length, 0.0);
                }
                if held + length == wanted {
                    self.take_waiting();
                }
            }
            from += length;
        }
    }

    /// Frames of the step that is being heard: 20 ms, on the whole.
    fn step_frames(&self) -> usize {
        let edge = |step: u64| step * u64::from(self.rate.get()) / STEPS_PER_SECOND;
        (edge(self.steps + 1) - edge(self.steps)) as usize
    }

    fn take(&mut self, extent: &Extent) {
        self.columns.push(extent);
        self.steps += 1;
    }

    fn take_waiting(&mut self) {
        let mut extent = Extent::NOTHING;
        self.waiting.iter().for_each(|samples| extent.merge(&extent_of(samples)));
        self.waiting.iter_mut().for_each(Vec::clear);
        self.take(&extent);
    }

    /// Columns and their level; the length in seconds.
    pub(super) fn end(mut self) -> (Vec<Extent>, u32, f64) {
        let held = self.waiting.first().map_or(0, Vec::len) as u64;
        let frames = self.steps * u64::from(self.rate.get()) / STEPS_PER_SECOND + held;
        if held > 0 {
            self.take_waiting();
        }
        let (columns, level) = self.columns.finish();
        (columns, level, self.rate.seconds(frames))
    }

    /// Upper bound of the heap bytes held, whatever the length.
    pub fn footprint(spec: &StreamSpec, _frames: u64) -> u64 {
        let channel = longest_step(spec.rate) * size_of::<f32>() + size_of::<Vec<f32>>();
        // Short vectors are given room for four.
        Columns::<Extent>::BYTES + (spec.channels.count().max(4) * channel) as u64
    }
}

fn longest_step(rate: Hertz) -> usize {
    u64::from(rate.get()).div_ceil(STEPS_PER_SECOND) as usize
}

fn part(chunk: &Chunk, plane: usize, from: usize, length: usize) -> &[f32] {
    chunk.plane(plane).get(from..from + length).unwrap_or(&[])
}

kernel! {
    fn extent_of(samples: &[f32]) -> Extent {
        let first = sound(samples.first().copied().unwrap_or(0.0));
        let (mut min, mut max) = ([first; LANES], [first; LANES]);
        let mut squares = 0.0;
        for span in samples.chunks(SPAN) {
            let mut sums = [0.0_f32; LANES];
            let (blocks, rest) = span.as_chunks::<LANES>();
            for block in blocks {
                add_block(block, &mut min, &mut max, &mut sums);
            }
            // The rest is filled up with what changes neither extremes nor sums.
            let (mut known, mut last) = ([first; LANES], [0.0; LANES]);
            known[..rest.len()].copy_from_slice(rest);
            last[..rest.len()].copy_from_slice(rest);
            add_block(&known, &mut min, &mut max, &mut [0.0; LANES]);
            add_squares(&last, &mut sums);
            squares = add_up(squares, &sums);
        }
        let (min, max) = (smallest(&min), largest(&max));
        Extent { min, max, squares, samples: samples.len() as f64 }
    }
}

#[inline(always)]
fn add_block(block: &Lanes, min: &mut Lanes, max: &mut Lanes, sums: &mut Lanes) {
    let mut x = [0.0; LANES];
    for i in 0..LANES {
        x[i] = sound(block[i]);
    }
    for i in 0..LANES {
        min[i] = smaller(x[i], min[i]);
    }
    for i in 0..LANES {
        max[i] = larger(x[i], max[i]);
    }
    for i in 0..LANES {
        sums[i] += x[i] * x[i];
    }
}

#[inline(always)]
fn add_squares(block: &Lanes, sums: &mut Lanes) {
    for i in 0..LANES {
        let x = sound(block[i]);
        sums[i] += x * x;
    }
}

/// `total` and the lanes, one after the other. Never inlined on purpose, as `simd::sums`.
#[inline(never)]
fn add_up(total: f64, lanes: &Lanes) -> f64 {
    lanes.iter().fold(total, |total, &lane| total + f64::from(lane))
}

/// Never inlined on purpose, as `simd::sums`.
#[inline(never)]
fn smallest(lanes: &Lanes) -> f32 {
    lanes.iter().fold(f32::INFINITY, |least, &lane| smaller(lane, least))
}

#[inline(always)]
fn sound(x: f32) -> f32 {
    if x.abs() <= LARGEST { x } else { 0.0 }
}
