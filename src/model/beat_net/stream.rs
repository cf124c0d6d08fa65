//! Runs the network over a stream of frames.

use super::kernel::{self, Input, Row};
use super::{Activation, BeatNet, CONTEXT_FRAMES, INPUT_LANES, MEL_BANDS, STEM_TAPS};
use crate::dsp::simd::LANES;

/// Frames that go through the layers together: the weights of a layer are loaded once for them.
const BATCH: usize = 128;
/// Log-mel values beyond this are no sound: full scale is below 10.
const LOUDEST: f32 = 20.0;

/// One track on its way through the network.
///
/// Input: 40 log-mel values ln(1 + 1000 M) a frame. Output: one [`Activation`] a frame, in order,
/// about 650 frames later. Outside the track every layer sees zeros.
#[derive(Debug)]
pub struct BeatStream {
    net: &'static BeatNet,
    before: Option<[f32; MEL_BANDS]>,
    inputs: Vec<Input>,
    /// Rows before each block, and before the head.
    rows: Vec<Vec<Row>>,
    made: Vec<Activation>,
}

impl BeatStream {
    /// A stream that has seen nothing.
    pub fn new(net: &'static BeatNet) -> Self {
        let mut inputs = Vec::with_capacity(BATCH + STEM_TAPS);
        inputs.resize(STEM_TAPS / 2, Input::default());
        let silent = |reach: usize| {
            let mut rows = Vec::with_capacity(BATCH + 2 * reach + CONTEXT_FRAMES);
            rows.resize(reach, Row::default());
            rows
        };
        let mut rows: Vec<_> = net.blocks.iter().map(|block| silent(block.reach())).collect();
        rows.push(silent(0));
        Self { net, before: None, inputs, rows, made: Vec::with_capacity(BATCH + CONTEXT_FRAMES) }
    }

    /// Upper bound of the heap bytes held: 0.8 MB, whatever the length.
    pub fn footprint(net: &BeatNet) -> u64 {
        let context = |reach: usize| 2 * (BATCH + 2 * reach + CONTEXT_FRAMES) * size_of::<Row>();
        let rows: usize = net.blocks.iter().map(|block| context(block.reach())).sum();
        let rest = 2 * (BATCH + STEM_TAPS) * size_of::<Input>() + 64 * (BATCH + CONTEXT_FRAMES);
        (rows + context(0) + rest) as u64
    }

    /// Adds the next frame and passes on what is ready. Values that are not finite count as 0.
    pub fn push(&mut self, log_mel: &[f32; MEL_BANDS], each: impl FnMut(Activation)) {
        let level = log_mel.map(|x| if x.is_finite() { x.clamp(0.0, LOUDEST) } else { 0.0 });
        let before = self.before.replace(level).unwrap_or(level);
        self.inputs.push(input(&level, &before));
        if self.inputs.len() >= BATCH {
            self.run(each);
        }
    }

    /// Ends the track and passes on the remaining activations.
    pub fn finish(mut self, mut each: impl FnMut(Activation)) {
        self.inputs.resize(self.inputs.len() + STEM_TAPS / 2, Input::default());
        self.run(&mut each);
        for block in 0..self.net.blocks.len() {
            let behind = self.net.blocks[block].reach();
            let rows = &mut self.rows[block];
            rows.resize(rows.len() + behind, Row::default());
            self.run(&mut each);
        }
    }

    /// Moves everything as far as it can go.
    fn run(&mut self, mut each: impl FnMut(Activation)) {
        let Self { net, inputs, rows, made, .. } = self;
        if let Some(first) = rows.first_mut() {
            let count = inputs.len().saturating_sub(STEM_TAPS - 1);
            kernel::stem(&net.stem, inputs, grown(first, count));
            inputs.drain(..count);
        }
        for (block, at) in net.blocks.iter().zip(0..) {
            let [from, to, ..] = &mut rows[at..] else { continue };
            let count = from.len().saturating_sub(2 * block.reach());
            kernel::block(block, from, grown(to, count));
            from.drain(..count);
        }
        if let Some(last) = rows.last_mut() {
            made.clear();
            made.resize(last.len(), Activation::default());
            kernel::head(net, last, made);
            last.clear();
        }
        made.iter().copied().for_each(&mut each);
    }
}

#[cfg(test)]
impl BeatStream {
    pub(super) fn held(&self) -> u64 {
        let rows: usize = self.rows.iter().map(Vec::capacity).sum();
        let ends = self.inputs.capacity() * size_of::<Input>()
            + self.made.capacity() * size_of::<Activation>();
        (rows * size_of::<Row>() + ends) as u64
    }
}

/// Appends `count` rows and returns them.
fn grown(rows: &mut Vec<Row>, count: usize) -> &mut [Row] {
    let len = rows.len();
    rows.resize(len + count, Row::default());
    &mut rows[len..]
}

/// What the network hears: level and rise, scaled.
fn input(level: &[f32; MEL_BANDS], before: &[f32; MEL_BANDS]) -> Input {
    let mut input = [[0.0; LANES]; INPUT_LANES];
    let (levels, rises) = input.as_flattened_mut().split_at_mut(MEL_BANDS);
    for (band, (level, before)) in level.iter().zip(before).enumerate() {
        levels[band] = level / 7.0 - 0.4;
        rises[band] = (level - before).max(0.0) / 3.0;
    }
    input
}
