//! The envelope of a track, to draw.

use super::catalogue::{Field, Value};
use crate::audio::Chunk;
use crate::dsp::mel::MEL_BANDS;
use crate::units::StreamSpec;

/// Version of the stored numbers of this family.
pub const VERSION: u32 = 1;

/// The descriptors, in storage order.
pub const FIELDS: &[Field] = &[];

/// Envelope of one track.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Waveform {}

impl Waveform {
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

    /// The envelope, coloured by `bands`.
    pub fn finish(self, _bands: &Bands) -> Waveform {
        Waveform {}
    }

    /// Upper bound of the heap bytes held.
    pub fn footprint(_spec: &StreamSpec, _frames: u64) -> u64 {
        0
    }
}

/// Low, middle and high bands over time: the colours.
#[derive(Clone, Debug)]
pub struct Bands {}

impl Bands {
    /// Bands of a track of which nothing was heard yet.
    pub fn new() -> Self {
        Self {}
    }

    /// Takes one frame of the short transform (20 ms): its 40 linear mel bands.
    pub fn push(&mut self, _mel: &[f32; MEL_BANDS]) {}

    /// Upper bound of the heap bytes held.
    pub fn footprint(_frames: u64) -> u64 {
        0
    }
}
