//! What similarity is computed from: a few numbers an aspect, in the order of their tables.
//!
//! The timbre of a track is its MFCC Gaussian, which the timbre family stores; here are rhythm,
//! harmony, mood and loudness. All numbers are as measured: how much each of them varies over a
//! library is found out when it is searched (`search`), so that what is stored depends on the track
//! alone.

mod aspects;
mod modulation;
#[cfg(test)]
mod tests;

use super::catalogue::{Field, Kind, Value};
use super::extractor::Heard;
use crate::dsp::mel::MEL_BANDS;
use modulation::Modulation;

/// Version of the stored numbers of this family.
pub const VERSION: u32 = 4;

/// Numbers of the rhythm vector.
pub const RHYTHM: usize = 32;
/// Numbers of the harmony vector.
pub const HARMONY: usize = 16;
/// Numbers of the mood vector.
pub const MOOD: usize = 8;
/// Numbers of the loudness vector.
pub const LOUDNESS: usize = 5;

/// The descriptors, in storage order.
pub const FIELDS: &[Field] = &[
    vector(
        "similarity_rhythm",
        "32: ln of the modulation energy of 4 onset bands (low first) x 7 ranges from 0.5 to 16 Hz; \
         tempo on the circle of octaves (cosine, sine) times beat confidence; ln(onsets per s + 0.1); \
         beat confidence. Null for silence",
        "modulation spectrum of the onset function, after Pampalk, 2006 (fluctuation patterns)",
    ),
    vector(
        "similarity_harmony",
        "16: magnitudes 1-6 of the Fourier transform of chroma over its sum; shares of the time of \
         maj, min, 7, maj7, min7, dim, sus4 and no chord; ln(1 + chord changes per min); probability \
         of major less that of minor. The same in every key. Null without chroma",
        "Fourier transform of pitch-class profiles: Quinn 2006; Amiot 2016",
    ),
    vector(
        "similarity_mood",
        "8: ln(onsets per s + 0.1), ln tempo drawn to 110 by its doubt, ln centroid, ln(flatness + \
         1e-4), ln(flux + 1e-3), mean contrast (dB), probability of major less that of minor, its \
         share with sevenths and suspensions. Null for silence",
        "cues of arousal and valence: Gabrielsson & Lindstrom 2010; Eerola et al. 2013",
    ),
    vector(
        "similarity_loudness",
        "5: loudness_lufs, loudness_range_lu (0 below 3 s), plr_db, largest momentary and short-term \
         loudness above loudness_lufs (0 if unknown). Null where loudness_lufs is",
        "EBU R 128, Tech 3342",
    ),
];

const fn vector(name: &'static str, range: &'static str, reference: &'static str) -> Field {
    Field { name, kind: Kind::Vector, unit: "", range, reference }
}

/// Similarity vectors of one track; `None` where the aspect is undefined. All numbers are finite.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Similarity {
    /// Modulation of the onset function, tempo, density.
    pub rhythm: Option<[f32; RHYTHM]>,
    /// Intervals and chords, whatever the key.
    pub harmony: Option<[f32; HARMONY]>,
    /// Cues of arousal and valence.
    pub mood: Option<[f32; MOOD]>,
    /// Level and dynamics.
    pub loudness: Option<[f32; LOUDNESS]>,
}

impl Similarity {
    /// The values, in the order of [`FIELDS`].
    pub fn values(&self) -> Vec<Value> {
        vec![
            Value::Vector(self.rhythm.map(Vec::from)),
            Value::Vector(self.harmony.map(Vec::from)),
            Value::Vector(self.mood.map(Vec::from)),
            Value::Vector(self.loudness.map(Vec::from)),
        ]
    }
}

/// Listens to the modulation of a track; the rest is derived from other families.
#[derive(Debug)]
pub struct Tracker {
    modulation: Modulation,
}

impl Default for Tracker {
    fn default() -> Self {
        Self::new()
    }
}

impl Tracker {
    /// A tracker that has heard nothing.
    pub fn new() -> Self {
        Self { modulation: Modulation::new() }
    }

    /// Takes one frame of the short transform, 50 a second: its 40 mel bands as ln(1 + 1000 M).
    pub fn push(&mut self, compressed: &[f32; MEL_BANDS]) {
        self.modulation.push(compressed);
    }

    /// The vectors.
    pub fn finish(self, heard: &Heard<'_>) -> Similarity {
        let audible = heard.timbre.mfcc_mean.is_some();
        let modulation = self.modulation.finish().filter(|_| audible);
        Similarity {
            rhythm: modulation.map(|energies| aspects::rhythm(&energies, heard.rhythm)),
            harmony: aspects::harmony(heard.tonal),
            mood: aspects::mood(heard),
            loudness: aspects::loudness(heard.loudness),
        }
    }

    /// Upper bound of the heap bytes held, whatever the length of the track.
    pub fn footprint(_frames: u64) -> u64 {
        Modulation::footprint()
    }
}
