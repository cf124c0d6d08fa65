//! JSON in the shape of AcousticBrainz: what Essentia's music extractor wrote, and the classifiers.
//!
//! Names and nesting are those of acousticbrainz-server (`db/test_data`). Only what is measured the same
//! way has a place; `highlevel` are scores of formulas, not of AcousticBrainz' models, and says so.

use super::facts::Facts;
use super::{Export, List};
use crate::store::Row;
use serde_json::{Map, Value, json};
use std::io::{self, Write};

/// Writes one object a line.
#[derive(Debug, Default)]
pub struct AcousticBrainz;

impl AcousticBrainz {
    /// A name for the file of a row: the MusicBrainz recording, else the hash of the audio.
    pub fn name(row: &Row) -> String {
        let facts = Facts(row);
        let sound =
            |id: &&str| id.len() == 36 && id.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
        let id = facts.text("musicbrainz_recording_id").filter(sound);
        let name = id.or(facts.text("audio_hash")).map(str::to_owned);
        name.unwrap_or_else(|| row.file.0.to_string())
    }

    /// The object of a row.
    pub fn document(row: &Row) -> Value {
        let facts = Facts(row);
        json!({
            "metadata": metadata(facts),
            "lowlevel": low_level(facts),
            "rhythm": rhythm(facts),
            "tonal": tonal(facts),
            "highlevel": high_level(facts),
        })
    }
}

impl Export for AcousticBrainz {
    fn begin(&mut self, _: usize, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    fn row(&mut self, row: &Row, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}", Self::document(row))
    }

    fn end(&mut self, _: Option<&List>, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}

/// An object of what is defined.
fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    let known = members.into_iter().filter(|(_, value)| !value.is_null());
    Value::Object(known.map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>())
}

fn metadata(facts: Facts<'_>) -> Value {
    let list = |name: &str| facts.text(name).map_or(Value::Null, |text| json!([text]));
    let number = |name: &str| facts.whole(name).map_or(Value::Null, |n| json!([n.to_string()]));
    let path = &facts.0.path;
    object([
        (
            "tags",
            object([
                ("title", list("title")),
                ("artist", list("artist")),
                ("album", list("album")),
                ("albumartist", list("album_artist")),
                ("genre", list("genre")),
                ("date", number("year")),
                ("tracknumber", number("track_number")),
                ("discnumber", number("disc_number")),
                ("musicbrainz_recordingid", list("musicbrainz_recording_id")),
                ("musicbrainz_albumid", list("musicbrainz_release_id")),
                ("musicbrainz_artistid", list("musicbrainz_artist_id")),
                ("file_name", json!(path.file_name().map(|name| name.to_string_lossy()))),
            ]),
        ),
        (
            "audio_properties",
            object([
                ("length", json!(facts.real("duration_s"))),
                ("sample_rate", json!(facts.whole("sample_rate_hz"))),
                ("analysis_sample_rate", json!(22_050)),
                ("number_channels", json!(facts.whole("channels"))),
                ("bit_rate", json!(facts.whole("bitrate_bps"))),
                ("codec", json!(facts.text("codec"))),
                ("lossless", json!(facts.whole("lossless"))),
                ("replay_gain", json!(facts.real("replaygain_track_db"))),
            ]),
        ),
        ("version", version()),
    ])
}

fn version() -> Value {
    json!({"software": "phonolite", "phonolite": env!("CARGO_PKG_VERSION")})
}

fn mean(value: Option<f64>) -> Value {
    value.map_or(Value::Null, |mean| json!({ "mean": mean }))
}

/// Mean and variance of what is stored with its standard deviation.
fn spread(facts: Facts<'_>, name: &str, deviation: &str) -> Value {
    match (facts.real(name), facts.real(deviation)) {
        (Some(mean), Some(sd)) => json!({"mean": mean, "var": sd * sd}),
        (value, _) => mean(value),
    }
}

fn low_level(facts: Facts<'_>) -> Value {
    let vector =
        |name: &str| facts.vector(name).map_or(Value::Null, |means| json!({ "mean": means }));
    object([
        ("spectral_centroid", spread(facts, "spectral_centroid_hz", "spectral_centroid_sd_hz")),
        ("spectral_rolloff", spread(facts, "spectral_rolloff_hz", "spectral_rolloff_sd_hz")),
        ("zerocrossingrate", mean(facts.real("zero_crossing_rate"))),
        ("mfcc", vector("mfcc_mean")),
        (
            "loudness_ebu128",
            object([
                ("integrated", json!(facts.real("loudness_lufs"))),
                ("loudness_range", json!(facts.real("loudness_range_lu"))),
            ]),
        ),
    ])
}

fn rhythm(facts: Facts<'_>) -> Value {
    let beats = facts.times("beats");
    object([
        ("bpm", json!(facts.real("bpm"))),
        ("beats_count", json!(beats.len())),
        ("beats_position", json!(beats)),
        ("danceability", json!(facts.real("danceability_dfa"))),
        ("onset_rate", json!(facts.real("onset_rate_hz"))),
    ])
}

fn tonal(facts: Facts<'_>) -> Value {
    let key = facts.key();
    // "A:min" is the chord A minor; Essentia's chords are major or minor.
    let chord = facts.text("chord_most_common").and_then(|chord| chord.split_once(':'));
    let scale = |quality: &str| if quality.starts_with("min") { "minor" } else { "major" };
    object([
        ("key_key", json!(key.map(crate::feature::tonal::Key::tonic_name))),
        ("key_scale", json!(key.map(|key| key.mode().as_str()))),
        ("key_strength", json!(facts.real("key_strength"))),
        ("chords_key", json!(chord.map(|(root, _)| root))),
        ("chords_scale", json!(chord.map(|(_, quality)| scale(quality)))),
        ("tuning_frequency", json!(facts.real("tuning_hz"))),
    ])
}

fn high_level(facts: Facts<'_>) -> Value {
    let classes = |score: &str, yes: &str, no: &str| {
        let Some(score) = facts.real(score).map(|score| score.clamp(0.0, 1.0)) else {
            return Value::Null;
        };
        let (value, probability) = if score >= 0.5 { (yes, score) } else { (no, 1.0 - score) };
        json!({
            "all": {yes: score, no: 1.0 - score},
            "value": value,
            "probability": probability,
            "version": version(),
        })
    };
    object([
        ("danceability", classes("danceability", "danceable", "not_danceable")),
        ("mood_acoustic", classes("acousticness", "acoustic", "not_acoustic")),
        ("voice_instrumental", classes("instrumentalness", "instrumental", "voice")),
    ])
}
