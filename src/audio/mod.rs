//! From a file to chunks of samples.
//!
//! [`Opened`] recognises a file by its content and reads its tags; [`Opened::identify`] names its
//! audio without decoding; [`Opened::decode`] gives a [`Source`] of planar `f32` chunks. One open
//! file serves all of it. [`open`] is the short way to the samples.
//!
//! Containers: MPEG audio, ADTS, FLAC, Ogg, MP4, WAVE (BWF, RF64), AIFF, CAF, Matroska. Codecs:
//! MP1/2/3, AAC-LC (mono and stereo), Vorbis, Opus (mono and stereo), FLAC, ALAC, PCM, ADPCM.

mod chunk;
mod codec;
mod contain;
mod convert;
mod demux;
mod error;
mod excerpt;
#[cfg(test)]
mod faults;
mod fence;
mod format;
mod identity;
mod limits;
mod magic;
mod mp3;
mod mp4;
mod opened;
mod plan;
mod repair;
mod riff_tags;
mod sanity;
mod source;
mod tags;
mod tally;
mod trailer;
mod trim;
mod vorbis;

use std::fs::File;
use std::path::Path;

pub use chunk::{CHUNK_FRAMES, Chunk};
pub use demux::Ended;
pub use error::SourceError;
pub use excerpt::Excerpts;
pub use format::Format;
pub use identity::{HeadHash, Identity, PayloadHash};
pub use limits::Limits;
pub use opened::Opened;
pub use source::{Source, Summary};
pub use tags::Tags;

/// Opens the file at `path` and goes straight to its samples.
pub fn open(path: &Path, limits: &Limits) -> Result<Source, SourceError> {
    Opened::open(path, limits)?.decode()
}

/// The same with a file that is open already.
pub fn from_file(file: File, limits: &Limits) -> Result<Source, SourceError> {
    Opened::from_file(file, limits)?.decode()
}

/// Names the audio of the file at `path` without decoding it.
pub fn payload_hash(path: &Path, limits: &Limits) -> Result<Identity, SourceError> {
    Opened::open(path, limits)?.identify()
}
