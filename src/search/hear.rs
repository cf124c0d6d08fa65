//! A file that is in no library.

use std::path::Path;

use super::error::SearchError;
use super::traits::Traits;
use crate::audio::{CHUNK_FRAMES, Chunk, Limits, Opened};
use crate::feature::{Extractor, Families, Family, Lanes};

/// Analyses a file: what is compared of it, and its artist. `None` for silence and files without
/// sound.
///
/// # Errors
/// What is wrong with the file.
pub fn hear(path: &Path, limits: &Limits) -> Result<Option<(Traits, Option<String>)>, SearchError> {
    let mut source = Opened::open(path, limits)?.decode()?;
    let wanted: Families = [Family::Timbre, Family::Similarity].into_iter().collect();
    let spec = source.spec().clone();
    let channels = spec.channels.count();
    let mut extractor = Extractor::new(&spec, wanted);
    let mut chunk = Chunk::with_capacity(channels, CHUNK_FRAMES);
    loop {
        chunk.reset(channels);
        source.fill(&mut chunk, CHUNK_FRAMES)?;
        if chunk.is_empty() {
            break;
        }
        extractor.push(&chunk, Lanes::InTurn);
    }
    let artist = source.tags().artist.clone();
    let traits = Traits::of_records(&extractor.finish(Lanes::InTurn));
    Ok(traits.map(|traits| (traits, artist)))
}
