//! Structure: sections, intro and outro, fades, where to mix, an excerpt.

use super::catalogue::{Field, Value};
use super::rhythm::Rhythm;
use super::tonal::Tonal;
use crate::dsp::mel::MEL_BANDS;

/// Version of the stored numbers of this family.
pub const VERSION: u32 = 1;

/// The descriptors, in storage order.
pub const FIELDS: &[Field] = &[];

/// Structure of one track.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Structure {}

impl Structure {
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

    /// Takes one frame of the short transform: its 40 linear mel bands.
    pub fn push(&mut self, _mel: &[f32; MEL_BANDS]) {}

    /// The structure of all that was pushed, on the beats of `rhythm` and the harmony of `tonal`.
    pub fn finish(self, _duration_s: f64, _rhythm: &Rhythm, _tonal: &Tonal) -> Structure {
        Structure {}
    }

    /// Upper bound of the heap bytes held.
    pub fn footprint(_frames: u64) -> u64 {
        0
    }
}
