//! The one step after the end: what needs several families, and the records of all.

use super::mono::{Mono, Waiting};
use super::native::Native;
use crate::feature::catalogue::{Families, Family, Record, Value};
use crate::feature::loudness::Loudness;
use crate::feature::rhythm::Rhythm;
use crate::feature::signal::Signal;
use crate::feature::timbre::Timbre;
use crate::feature::tonal::Tonal;

/// What was measured of a track, for families derived from several others.
#[derive(Clone, Copy, Debug)]
pub struct Heard<'a> {
    /// Length in seconds.
    pub duration_s: f64,
    /// Loudness and peaks.
    pub loudness: &'a Loudness,
    /// The signal as such.
    pub signal: &'a Signal,
    /// Onsets, tempo, beats.
    pub rhythm: &'a Rhythm,
    /// Tuning, chroma, key, chords.
    pub tonal: &'a Tonal,
    /// Spectral shape and MFCC.
    pub timbre: &'a Timbre,
}

/// The records of the wanted families, in storage order.
pub(super) fn records(native: Native, mono: Mono, wanted: Families) -> Vec<Record> {
    let Native { loudness, signal, waveform, fingerprint } = native;
    let Mono { duration_s, rhythm, tonal, timbre, waiting } = mono;
    let Waiting { structure, perceptual, similarity, bands } = waiting;
    let heard = match (&loudness, &signal, &rhythm, &tonal, &timbre) {
        (Some(loudness), Some(signal), Some(rhythm), Some(tonal), Some(timbre)) => {
            Some(Heard { duration_s, loudness, signal, rhythm, tonal, timbre })
        }
        _ => None,
    };
    let structure = structure
        .zip(rhythm.as_ref().zip(tonal.as_ref()))
        .map(|(tracker, (rhythm, tonal))| tracker.finish(duration_s, rhythm, tonal).values());
    let perceptual = perceptual.zip(heard).map(|(tracker, heard)| tracker.finish(&heard).values());
    let similarity = similarity.zip(heard).map(|(tracker, heard)| tracker.finish(&heard).values());
    let waveform = waveform.zip(bands).map(|(tracker, bands)| tracker.finish(&bands).values());
    let values: [(Family, Option<Vec<Value>>); Family::ALL.len()] = [
        (Family::Loudness, loudness.map(|loudness| loudness.values())),
        (Family::Signal, signal.map(|signal| signal.values())),
        (Family::Rhythm, rhythm.map(|rhythm| rhythm.values())),
        (Family::Tonal, tonal.map(|tonal| tonal.values())),
        (Family::Timbre, timbre.map(|timbre| timbre.values())),
        (Family::Structure, structure),
        (Family::Perceptual, perceptual),
        (Family::Waveform, waveform),
        (Family::Similarity, similarity),
        (Family::Fingerprint, fingerprint.map(|fingerprint| fingerprint.values())),
    ];
    let record = |(family, values): (Family, Option<Vec<Value>>)| {
        let values = values.filter(|_| wanted.contains(family))?;
        Some(Record { family, values })
    };
    values.into_iter().filter_map(record).collect()
}
