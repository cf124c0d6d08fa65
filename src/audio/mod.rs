//! From a file to chunks of samples.

mod chunk;

pub use chunk::{CHUNK_FRAMES, Chunk};
