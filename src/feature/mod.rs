//! Descriptors: from chunks to records.

pub mod catalogue;
mod depth;
mod extractor;
pub mod fingerprint;
pub mod loudness;
pub mod perceptual;
pub mod rhythm;
pub mod signal;
pub mod similarity;
pub mod structure;
pub mod timbre;
pub mod tonal;
pub mod waveform;

pub use catalogue::{Families, Family, Field, Kind, Record, Value};
pub use depth::{Depth, of_excerpts};
pub use extractor::{Extractor, Heard, Lanes};
