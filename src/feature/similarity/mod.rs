//! What similarity is computed from: a vector of fixed length.

use super::catalogue::{Field, Value};
use super::extractor::Heard;
use crate::dsp::mel::MEL_BANDS;

/// Version of the stored numbers of this family.
pub const VERSION: u32 = 1;

/// The descriptors, in storage order.
pub const FIELDS: &[Field] = &[];

/// Similarity vector of one track.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Similarity {}

impl Similarity {
    /// The values, in the order of [`FIELDS`].
    pub fn values(&self) -> Vec<Value> {
        Vec::new()
    }
}

/// Listens to a track.
#[derive(Clone, Debug)]
pub struct Tracker {}

impl Tracker {
    /// A tracker that has heard nothing.
    pub fn new() -> Self {
        Self {}
    }

    /// Takes one frame of the short transform: its 1025 linear magnitudes and their 40 linear mel
    /// bands.
    pub fn push(&mut self, _magnitudes: &[f32], _mel: &[f32; MEL_BANDS]) {}

    /// The vector.
    pub fn finish(self, _heard: &Heard<'_>) -> Similarity {
        Similarity {}
    }

    /// Upper bound of the heap bytes held.
    pub fn footprint(_frames: u64) -> u64 {
        0
    }
}
