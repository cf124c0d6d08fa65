//! What the beets plug-in in `contrib/beets` takes in: a JSON object a line.
//!
//! `{"path": "/percent%20encoded", "fields": {"bpm": 175, …}}`. The path is percent-encoded, so any name
//! survives; fields are those of beets, in its units.

use super::facts::Facts;
use super::{Export, List};
use crate::feature::tonal::Mode;
use crate::playlist::formats::percent_encoded;
use crate::store::{Row, path_bytes};
use serde_json::{Map, Value, json};
use std::io::{self, Write};

/// Writes tempo, key and gains under the names that beets has for them.
#[derive(Debug, Default)]
pub struct Beets;

impl Export for Beets {
    fn begin(&mut self, _: usize, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    fn row(&mut self, row: &Row, out: &mut dyn Write) -> io::Result<()> {
        let path = percent_encoded(&path_bytes(&row.path));
        let line = json!({"path": path, "fields": fields(Facts(row))});
        writeln!(out, "{line}")
    }

    fn end(&mut self, _: Option<&List>, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}

fn fields(facts: Facts<'_>) -> Map<String, Value> {
    let key = facts.key().map(|key| {
        format!("{}{}", key.tonic_name(), if key.mode() == Mode::Minor { "m" } else { "" })
    });
    let real = |name: &str| facts.real(name);
    // Q7.8 as R128_TRACK_GAIN holds it.
    let r128 = |name: &str| real(name).map(|gain| (gain * 256.0).round() as i64);
    let rounded = |number: Option<f64>| number.map(|number| (number * 1e6).round() / 1e6);
    let values = [
        ("bpm", json!(real("bpm").map(|bpm| bpm.round() as i64))),
        ("initial_key", json!(key)),
        ("rg_track_gain", json!(rounded(real("replaygain_track_db")))),
        ("rg_track_peak", json!(rounded(facts.peak("true_peak_dbtp")))),
        ("rg_album_gain", json!(rounded(real("replaygain_album_db")))),
        ("rg_album_peak", json!(rounded(facts.peak("replaygain_album_peak_dbtp")))),
        ("r128_track_gain", json!(r128("r128_track_gain_db"))),
        ("r128_album_gain", json!(r128("r128_album_gain_db"))),
        ("danceable", json!(rounded(real("danceability")))),
        ("energy", json!(rounded(real("energy")))),
        ("valence", json!(rounded(real("valence")))),
    ];
    let known = values.into_iter().filter(|(_, value)| !value.is_null());
    known.map(|(name, value)| (name.to_owned(), value)).collect()
}
