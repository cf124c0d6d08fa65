//! The beat network: probabilities of a beat and of a downbeat, 50 frames a second.
//!
//! A stack of dilated convolutions over 40 log-mel bands and their rise (`models/beat/CARD.md`). It
//! runs layer by layer over a stream: every layer keeps the rows its kernel still has to see, so
//! that nothing is computed twice and the result does not depend on how the stream is cut.

mod kernel;
mod stream;
#[cfg(test)]
mod tests;
mod weights;

use super::ModelError;
use crate::dsp::simd::Lanes;
use kernel::{Input, Row};
pub use stream::BeatStream;

/// Log-mel bands of a frame.
pub const MEL_BANDS: usize = 40;
/// Frames before and behind that an activation depends on.
pub const CONTEXT_FRAMES: usize = 511;

/// Taps of the stem and of the blocks.
const STEM_TAPS: usize = 3;
const BLOCK_TAPS: usize = 5;

/// Probabilities of one frame of 20 ms, 0..=1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Activation {
    /// Of a beat.
    pub beat: f32,
    /// Of the first beat of a bar.
    pub downbeat: f32,
}

/// Weights, laid out for the kernels.
#[derive(Debug)]
pub struct BeatNet {
    stem: Layer,
    blocks: Vec<Block>,
    /// Kernel and bias of the two outputs.
    head: [(Row, f32); 2],
}

/// A convolution: one row of output weights per tap and input channel.
#[derive(Debug)]
struct Layer {
    kernel: Vec<Row>,
    bias: Row,
}

/// A residual block.
#[derive(Debug)]
struct Block {
    dilation: usize,
    wide: Layer,
    point: Layer,
}

impl Block {
    /// Frames that the kernel reaches to either side.
    fn reach(&self) -> usize {
        self.dilation * (BLOCK_TAPS / 2)
    }
}

/// Blocks of lanes of the input: 40 levels and 40 rises.
const INPUT_LANES: usize = 2 * MEL_BANDS / crate::dsp::simd::LANES;

const _: () = assert!(size_of::<Input>() == INPUT_LANES * size_of::<Lanes>());
