//! Chromaprint of the beginning of a track.

use super::catalogue::{Field, Value};
use crate::audio::Chunk;
use crate::units::StreamSpec;

/// Version of the stored numbers of this family.
pub const VERSION: u32 = 1;

/// The descriptors, in storage order.
pub const FIELDS: &[Field] = &[];

/// Fingerprint of one track.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fingerprint {}

impl Fingerprint {
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
    pub fn new(_spec: &StreamSpec) -> Self {
        Self {}
    }

    /// Takes the next chunk.
    pub fn push(&mut self, _chunk: &Chunk) {}

    /// The fingerprint.
    pub fn finish(self) -> Fingerprint {
        Fingerprint {}
    }

    /// Upper bound of the heap bytes held.
    pub fn footprint(_spec: &StreamSpec, _frames: u64) -> u64 {
        0
    }
}
