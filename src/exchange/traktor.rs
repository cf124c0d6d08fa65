//! Traktor's NML, version 19: what Traktor Pro 3 writes.

use super::facts::Facts;
use super::grid::grid;
use super::place::{Map, drive};
use super::xml::tag;
use super::{Export, List};
use crate::store::Row;
use std::io::{self, Write};
use std::path::Path;

/// Types of `CUE_V2`.
const FADE_IN: u8 = 1;
const FADE_OUT: u8 = 2;
const GRID: u8 = 4;

/// Writes a collection with a grid anchor and the points to fade in and out, and a playlist.
#[derive(Debug, Default)]
pub struct Traktor {
    /// Where the files lie for the machine that runs Traktor.
    pub map: Map,
}

/// A path in the three parts that Traktor takes it into.
struct Location {
    volume: String,
    dir: String,
    file: String,
}

impl Traktor {
    /// `None` for a path that is not UTF-8.
    fn place(&self, path: &Path) -> Option<Location> {
        let slashed = self.map.slashed(path);
        let (volume, rest) = drive(&slashed);
        let (dir, file) = std::str::from_utf8(rest).ok()?.rsplit_once('/')?;
        let dir = dir.split('/').filter(|part| !part.is_empty());
        let dir = dir.fold("/:".to_owned(), |dir, part| dir + part + "/:");
        Some(Location { volume: volume.to_owned(), dir, file: file.to_owned() })
    }
}

impl Export for Traktor {
    fn takes(&self, row: &Row) -> bool {
        self.place(&row.path).is_some()
    }

    fn begin(&mut self, entries: usize, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, r#"<?xml version="1.0" encoding="UTF-8" standalone="no" ?>"#)?;
        writeln!(out, r#"<NML VERSION="19">"#)?;
        let head = [
            ("COMPANY", Some("www.native-instruments.com".into())),
            ("PROGRAM", Some("Traktor".into())),
        ];
        tag(out, "HEAD", &head, "></HEAD>\n")?;
        tag(out, "COLLECTION", &[("ENTRIES", Some(entries.to_string()))], ">\n")
    }

    fn row(&mut self, row: &Row, out: &mut dyn Write) -> io::Result<()> {
        let Some(place) = self.place(&row.path) else { return Ok(()) };
        let facts = Facts(row);
        let text = |name: &str| facts.text(name).map(str::to_owned);
        let whole = |name: &str| facts.whole(name).map(|number| number.to_string());
        let real = |name: &str| facts.real(name).map(|number| format!("{number:.6}"));
        tag(out, "ENTRY", &[("TITLE", Some(facts.title())), ("ARTIST", text("artist"))], ">")?;
        let location =
            [("DIR", Some(place.dir)), ("FILE", Some(place.file)), ("VOLUME", Some(place.volume))];
        tag(out, "LOCATION", &location, "></LOCATION>\n")?;
        if facts.text("album").is_some() {
            let album = [("TRACK", whole("track_number")), ("TITLE", text("album"))];
            tag(out, "ALBUM", &album, "></ALBUM>\n")?;
        }
        let info = [
            ("BITRATE", whole("bitrate_bps")),
            ("GENRE", text("genre")),
            ("LABEL", text("label")),
            ("COMMENT", text("comment")),
            ("KEY", text("key_openkey")),
            ("PLAYTIME", facts.real("duration_s").map(|seconds| format!("{seconds:.0}"))),
            ("PLAYTIME_FLOAT", real("duration_s")),
            ("RELEASE_DATE", facts.whole("year").map(|year| format!("{year}/1/1"))),
            ("FILESIZE", facts.whole("size_bytes").map(|bytes| (bytes / 1024).to_string())),
        ];
        tag(out, "INFO", &info, "></INFO>\n")?;
        if let Some(bpm) = real("bpm") {
            let tempo = [("BPM", Some(bpm)), ("BPM_QUALITY", Some("100.000000".to_owned()))];
            tag(out, "TEMPO", &tempo, "></TEMPO>\n")?;
        }
        let loudness = [
            ("PEAK_DB", real("true_peak_dbtp")),
            ("PERCEIVED_DB", real("loudness_lufs")),
            ("ANALYZED_DB", real("loudness_lufs")),
        ];
        if loudness.iter().all(|(_, value)| value.is_some()) {
            tag(out, "LOUDNESS", &loudness, "></LOUDNESS>\n")?;
        }
        if let Some(key) = facts.key() {
            // 0 to 11 are C to B major, 12 to 23 C to B minor.
            tag(
                out,
                "MUSICAL_KEY",
                &[("VALUE", Some(key.index().to_string()))],
                "></MUSICAL_KEY>\n",
            )?;
        }
        // Traktor's grid has one tempo: the first mark is its anchor.
        if let Some(mark) = grid(facts).first() {
            let grid = format!("<GRID BPM=\"{:.6}\"></GRID>", mark.bpm);
            cue(out, "AutoGrid", GRID, mark.start_s, &grid)?;
        }
        for (name, kind, column) in
            [("Mix in", FADE_IN, "mix_in_s"), ("Mix out", FADE_OUT, "mix_out_s")]
        {
            if let Some(time) = facts.real(column) {
                cue(out, name, kind, time, "")?;
            }
        }
        writeln!(out, "</ENTRY>")
    }

    fn end(&mut self, list: Option<&List>, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "</COLLECTION>\n<SETS ENTRIES=\"0\"></SETS>\n<PLAYLISTS>")?;
        let root = [("TYPE", Some("FOLDER".into())), ("NAME", Some("$ROOT".into()))];
        tag(out, "NODE", &root, ">")?;
        let count = usize::from(list.is_some()).to_string();
        tag(out, "SUBNODES", &[("COUNT", Some(count))], ">\n")?;
        if let Some(list) = list {
            let node = [("TYPE", Some("PLAYLIST".into())), ("NAME", Some(list.name.clone()))];
            tag(out, "NODE", &node, ">")?;
            let keys: Vec<String> = list
                .files
                .iter()
                .filter_map(|(_, path)| self.place(path))
                .map(|place| place.volume + &place.dir + &place.file)
                .collect();
            let attributes = [
                ("ENTRIES", Some(keys.len().to_string())),
                ("TYPE", Some("LIST".to_owned())),
                ("UUID", Some(uuid(&list.name))),
            ];
            tag(out, "PLAYLIST", &attributes, ">\n")?;
            for key in keys {
                let key = [("TYPE", Some("TRACK".to_owned())), ("KEY", Some(key))];
                tag(out, "ENTRY", &[], ">")?;
                tag(out, "PRIMARYKEY", &key, "></PRIMARYKEY></ENTRY>\n")?;
            }
            writeln!(out, "</PLAYLIST></NODE>")?;
        }
        writeln!(out, "</SUBNODES></NODE></PLAYLISTS>\n</NML>")
    }
}

fn cue(out: &mut dyn Write, name: &str, kind: u8, time_s: f64, inside: &str) -> io::Result<()> {
    let attributes = [
        ("NAME", Some(name.to_owned())),
        ("DISPL_ORDER", Some("0".to_owned())),
        ("TYPE", Some(kind.to_string())),
        ("START", Some(format!("{:.6}", time_s * 1000.0))),
        ("LEN", Some("0.000000".to_owned())),
        ("REPEATS", Some("-1".to_owned())),
        ("HOTCUE", Some("-1".to_owned())),
    ];
    tag(out, "CUE_V2", &attributes, &format!(">{inside}</CUE_V2>\n"))
}

/// 32 hexadecimal digits that stay the same for a name: Traktor then replaces the list it knows.
fn uuid(name: &str) -> String {
    let hash = blake3::hash(name.as_bytes());
    hash.to_hex().chars().take(32).collect()
}
