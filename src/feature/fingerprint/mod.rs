//! Chromaprint of the beginning of a track, as `AcoustID` knows it.
//!
//! Algorithm 2 of Chromaprint ("TEST2", the default of `fpcalc`): L. Lalinský, "How does Chromaprint
//! work?", 2011, and the 1.5 release. 16-bit samples, resampled channel by channel, mixed to mono at
//! 11 025 Hz; energies of 12 notes every 124 ms; 16 comparisons of areas in that image, two bits
//! each. The result is that of `fpcalc` bit by bit where the decoders agree
//! (`tests/fixtures/fingerprint`). Only the first 120 s are listened to.

mod chroma;
mod hash;
mod mix;
mod resample;
mod text;

pub use text::{TextError, from_text, to_text};

use super::catalogue::{Field, Kind, Value};
use crate::audio::Chunk;
use crate::units::StreamSpec;
use chroma::ChromaStream;
use hash::Hasher;
use mix::Downmix;
use resample::{Rates, Resampler};

/// Version of the stored numbers of this family.
pub const VERSION: u32 = 2;

/// Rate at which the fingerprint is computed, in hertz.
pub const RATE_HZ: u32 = 11_025;

/// Seconds between two hashes: 1365 samples.
pub const HOP_S: f64 = chroma::HOP as f64 / RATE_HZ as f64;

/// Samples that are listened to: 120 s.
const LIMIT: u64 = 120 * RATE_HZ as u64;

/// The descriptors, in storage order.
pub const FIELDS: &[Field] = &[
    Field::new(
        "chromaprint",
        Kind::Bytes,
        "",
        "0 .. 948 hashes of 32 bits, little-endian, one every 0.1238 s; null below 2.73 s",
        "raw fingerprint of the first 120 s, algorithm 2: Chromaprint 1.5, equal to `fpcalc -raw`",
    ),
    Field::real(
        "chromaprint_s",
        "s",
        "0 .. 120",
        "sound that chromaprint covers, from the beginning of the track",
    ),
];

/// Fingerprint of one track.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fingerprint {
    /// One hash every [`HOP_S`]; empty below 2.73 s of sound.
    pub hashes: Vec<u32>,
    /// Seconds that were listened to, 0 ..= 120.
    pub covered_s: f64,
}

impl Fingerprint {
    /// The values, in the order of [`FIELDS`].
    pub fn values(&self) -> Vec<Value> {
        let bytes = self.hashes.iter().flat_map(|hash| hash.to_le_bytes()).collect();
        let bytes = Some(bytes).filter(|_| !self.hashes.is_empty());
        vec![Value::Bytes(bytes), Value::Real(Some(self.covered_s))]
    }
}

/// The hashes of a stored fingerprint; `None` when the bytes are no whole hashes.
pub fn from_bytes(bytes: &[u8]) -> Option<Vec<u32>> {
    let (words, rest) = bytes.as_chunks::<4>();
    rest.is_empty().then(|| words.iter().map(|word| u32::from_le_bytes(*word)).collect())
}

/// Listens to a track.
#[derive(Debug)]
pub struct Tracker {
    resampler: Resampler,
    downmix: Downmix,
    mono: Vec<i16>,
    chroma: ChromaStream,
    hasher: Hasher,
    heard: u64,
}

impl Tracker {
    /// A tracker that has heard nothing.
    pub fn new(spec: &StreamSpec) -> Self {
        Self {
            resampler: Resampler::new(Rates::new(spec.rate.get()), spec.channels.count()),
            downmix: Downmix::new(&spec.channels),
            mono: Vec::new(),
            chroma: ChromaStream::new(),
            hasher: Hasher::new(),
            heard: 0,
        }
    }

    /// True when nothing that follows can change the fingerprint.
    pub fn is_full(&self) -> bool {
        self.heard >= LIMIT
    }

    /// Takes the next chunk.
    pub fn push(&mut self, chunk: &Chunk) {
        if !self.is_full() {
            self.resampler.push(chunk);
            self.pass_on();
        }
    }

    /// Mixes what the resampler holds, up to the limit.
    fn pass_on(&mut self) {
        self.downmix.mix(self.resampler.outputs(), &mut self.mono);
        let room = usize::try_from(LIMIT - self.heard).unwrap_or(usize::MAX);
        self.mono.truncate(room);
        self.heard += self.mono.len() as u64;
        let Self { chroma, hasher, mono, .. } = self;
        chroma.push(mono, |image_row| hasher.push(image_row));
    }

    /// The fingerprint.
    pub fn finish(mut self) -> Fingerprint {
        if !self.is_full() {
            self.resampler.finish();
            self.pass_on();
        }
        let covered_s = self.heard as f64 / f64::from(RATE_HZ);
        Fingerprint { hashes: self.hasher.finish(), covered_s }
    }

    /// Upper bound of the heap bytes held.
    pub fn footprint(spec: &StreamSpec, frames: u64) -> u64 {
        let rates = Rates::new(spec.rate.get());
        let chunk = frames.min(crate::audio::CHUNK_FRAMES as u64);
        let made = rates.outputs(chunk) + rates.outputs(rates.taps() as u64);
        // The mix and its sums: vectors double when they grow.
        let mix = 2 * made * (size_of::<i16>() + size_of::<i32>()) as u64;
        Resampler::footprint(rates, spec.channels.count(), chunk)
            + mix
            + ChromaStream::footprint(made)
            + Hasher::footprint()
    }
}

#[cfg(test)]
mod tests;
