//! Rekordbox XML, after the format list of AlphaTheta ("rekordbox XML format list", version 1.0.0).

use super::facts::Facts;
use super::grid::{grid, metre};
use super::place::Map;
use super::xml::tag;
use super::{Export, List};
use crate::feature::tonal::{Key, Mode};
use crate::store::Row;
use std::io::{self, Write};

/// Writes a collection with beat grids and memory cues where to mix in and out, and a playlist.
#[derive(Debug, Default)]
pub struct Rekordbox {
    /// Where the files lie for the machine that runs rekordbox.
    pub map: Map,
}

impl Export for Rekordbox {
    fn begin(&mut self, entries: usize, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
        writeln!(out, r#"<DJ_PLAYLISTS Version="1.0.0">"#)?;
        let version = Some(env!("CARGO_PKG_VERSION").to_owned());
        let product = [
            ("Name", Some("phonolite".into())),
            ("Version", version),
            ("Company", Some(String::new())),
        ];
        tag(out, "PRODUCT", &product, "/>\n")?;
        tag(out, "COLLECTION", &[("Entries", Some(entries.to_string()))], ">\n")
    }

    fn row(&mut self, row: &Row, out: &mut dyn Write) -> io::Result<()> {
        let facts = Facts(row);
        let text = |name: &str| facts.text(name).map(str::to_owned);
        let whole = |name: &str| facts.whole(name).map(|number| number.to_string());
        let kilobits = facts.whole("bitrate_bps").map(|bits| ((bits + 500) / 1000).to_string());
        let attributes = [
            ("TrackID", Some(row.file.0.to_string())),
            ("Name", Some(facts.title())),
            ("Artist", text("artist")),
            ("Composer", text("composer")),
            ("Album", text("album")),
            ("Grouping", text("grouping")),
            ("Genre", text("genre")),
            ("Kind", Some(kind(facts))),
            ("Size", whole("size_bytes")),
            ("TotalTime", facts.real("duration_s").map(|seconds| format!("{seconds:.0}"))),
            ("DiscNumber", whole("disc_number")),
            ("TrackNumber", whole("track_number")),
            ("Year", whole("year")),
            ("AverageBpm", facts.real("bpm").map(|bpm| format!("{bpm:.2}"))),
            ("BitRate", kilobits),
            ("SampleRate", whole("sample_rate_hz")),
            ("Comments", text("comment")),
            ("Location", Some(self.map.location(&row.path))),
            ("Tonality", facts.key().map(short_key)),
            ("Label", text("label")),
        ];
        tag(out, "TRACK", &attributes, ">\n")?;
        for mark in grid(facts) {
            let attributes = [
                ("Inizio", Some(format!("{:.3}", mark.start_s))),
                ("Bpm", Some(format!("{:.2}", mark.bpm))),
                ("Metro", Some(format!("{}/4", metre(facts)))),
                ("Battito", Some(mark.beat.to_string())),
            ];
            tag(out, "TEMPO", &attributes, "/>\n")?;
        }
        for (name, column) in [("Mix in", "mix_in_s"), ("Mix out", "mix_out_s")] {
            let Some(time) = facts.real(column) else { continue };
            let attributes = [
                ("Name", Some(name.to_owned())),
                ("Type", Some("0".to_owned())), // a cue
                ("Start", Some(format!("{time:.3}"))),
                ("Num", Some("-1".to_owned())), // a memory cue, so no hot cue of the user is taken
            ];
            tag(out, "POSITION_MARK", &attributes, "/>\n")?;
        }
        writeln!(out, "</TRACK>")
    }

    fn end(&mut self, list: Option<&List>, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "</COLLECTION>\n<PLAYLISTS>")?;
        let count = usize::from(list.is_some()).to_string();
        let root =
            [("Type", Some("0".into())), ("Name", Some("ROOT".into())), ("Count", Some(count))];
        tag(out, "NODE", &root, ">\n")?;
        if let Some(list) = list {
            let node = [
                ("Name", Some(list.name.clone())),
                ("Type", Some("1".to_owned())),
                ("KeyType", Some("0".to_owned())), // entries name a TrackID
                ("Entries", Some(list.files.len().to_string())),
            ];
            tag(out, "NODE", &node, ">\n")?;
            for (file, _) in &list.files {
                tag(out, "TRACK", &[("Key", Some(file.0.to_string()))], "/>\n")?;
            }
            writeln!(out, "</NODE>")?;
        }
        writeln!(out, "</NODE>\n</PLAYLISTS>\n</DJ_PLAYLISTS>")
    }
}

/// As rekordbox shows keys: `Am`, `F#`.
fn short_key(key: Key) -> String {
    format!("{}{}", key.tonic_name(), if key.mode() == Mode::Minor { "m" } else { "" })
}

fn kind(facts: Facts<'_>) -> String {
    let name = match (facts.text("container"), facts.text("codec")) {
        (_, Some("mp3")) => "MP3",
        (Some("mp4"), _) => "M4A",
        (Some(container), _) => return format!("{} File", container.to_uppercase()),
        (None, codec) => return format!("{} File", codec.unwrap_or("Unknown").to_uppercase()),
    };
    format!("{name} File")
}
