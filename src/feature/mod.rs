//! Descriptors: from chunks to records.

pub mod catalogue;
mod extractor;
pub mod loudness;
pub mod rhythm;
pub mod signal;
pub mod timbre;
pub mod tonal;

pub use catalogue::{Families, Family, Field, Kind, Record, Value};
pub use extractor::{Extractor, Lanes};
