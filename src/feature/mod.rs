//! Descriptors: from chunks to records.

pub mod catalogue;
pub mod loudness;
pub mod rhythm;
pub mod signal;
pub mod timbre;
pub mod tonal;
