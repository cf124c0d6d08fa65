//! No text stops the program: playlists, queries, settings and manifests that are cut, spliced and full of
//! nonsense are read or refused, without a panic and soon.
//!
//! By default 3 000 mutants of each. `PHONOLITE_TEXTS=200000 cargo test --test hostile_text` makes a long run.

#[allow(dead_code, reason = "used in part")]
#[path = "mutants/dice.rs"]
mod dice;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use dice::Dice;
use phonolite::config::{Layers, Settings, Surroundings};
use phonolite::model::slot::{Entry, Manifest, Spec, presets};
use phonolite::playlist::Curve;
use phonolite::playlist::formats::{self, Format, Item, Writing};
use phonolite::query;

/// What parsers stumble over.
const NONSENSE: &[&[u8]] = &[
    b"\0",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\xed\xa0\x80",
    b"\r",
    b"\n\n",
    b"\"",
    b"'",
    b"\\",
    b"\\u",
    b"((((",
    b"))",
    b"[[[[",
    b"{",
    b"}",
    b"<!--",
    b"]]>",
    b"<![CDATA[",
    b"&#x110000;",
    b"&lt",
    b"<!DOCTYPE a [<!ENTITY b \"c\">]>",
    b"%",
    b"%zz",
    b"%00",
    b"file://",
    b"..",
    b"..=",
    b"-",
    b"-1",
    b"NaN",
    b"inf",
    b"1e999",
    b"-0.0",
    b"99999999999999999999999999",
    b"18446744073709551615",
    b"-9223372036854775808",
    b"0x",
    b"1__0",
    b"1979-99-99T99:99:99Z",
    b" or ",
    b" not ",
    b"~",
    b":",
    b",,,",
    b"=",
    b"has:",
    b"added<",
    b"9999999999y",
    b"\xf0\x9f\x8e\xb5",
    b"\xcc\x81\xcc\x81\xcc\x81",
];

/// Longest time that one text may take; they take microseconds.
const PATIENCE: Duration = Duration::from_secs(2);

fn texts() -> u64 {
    std::env::var("PHONOLITE_TEXTS").ok().and_then(|text| text.parse().ok()).unwrap_or(3_000)
}

fn mutant(seeds: &[Vec<u8>], dice: &mut Dice) -> Vec<u8> {
    let mut text = dice.pick(seeds).clone();
    for _ in 0..=dice.below(4) {
        let at = dice.below(text.len() + 1);
        let end = at + dice.length(text.len() - at).min(text.len() - at);
        match dice.below(8) {
            0 => text.truncate(at),
            1 => drop(text.drain(at..end)),
            2 => {
                let copy = text[at..end].to_vec();
                text.splice(at..at, copy.repeat(1 + dice.below(3)));
            }
            3 => {
                let other = dice.pick(seeds);
                let from = dice.below(other.len() + 1);
                text.truncate(at);
                text.extend(&other[from..]);
            }
            4 => text
                .iter_mut()
                .skip(at)
                .take(1 + dice.below(3))
                .for_each(|byte| *byte = dice.byte()),
            _ => drop(text.splice(at..at, dice.pick(NONSENSE).iter().copied())),
        }
    }
    text
}

/// Has `read` look at mutants of `seeds`, and at texts that are nothing but one piece of nonsense.
fn attack(what: &str, seeds: &[Vec<u8>], mut read: impl FnMut(&[u8])) {
    let mut timed = |text: &[u8]| {
        let begun = Instant::now();
        read(text);
        let shown = String::from_utf8_lossy(&text[..text.len().min(200)]);
        assert!(begun.elapsed() < PATIENCE, "{what}: {:?} for {shown:?}", begun.elapsed());
    };
    for nonsense in NONSENSE {
        timed(&nonsense.repeat(20_000 / nonsense.len()));
    }
    for number in 0..texts() {
        timed(&mutant(seeds, &mut Dice::new(7, number)));
    }
}

#[test]
fn no_playlist_stops_a_reader() {
    let item = |path: &str| Item {
        path: PathBuf::from(path),
        title: Some("A <title> & \"more\"".into()),
        artist: Some("Bé".into()),
        album: None,
        duration_s: Some(215.5),
    };
    let items = [item("/m/a b.flac"), item("/m/ü/c;d.mp3"), item("/n/e%20f.ogg")];
    for format in Format::ALL {
        let mut whole = Vec::new();
        formats::write(&items, format, &Writing::default(), &mut whole).expect("written");
        attack(format.as_str(), &[whole, Vec::new()], |text| {
            match formats::read(text, format, Path::new("/m")) {
                Ok(entries) => assert!(entries.len() <= text.len()),
                Err(error) => assert!(!error.to_string().is_empty()),
            }
        });
    }
}

#[test]
fn no_query_stops_its_reader() {
    let seeds = [
        "bpm:120..128 key~8A genre:house -artist:\"X, the\" added<30d",
        "(title:a or album=b) not (year>=1999 has:genre) duration:3:30",
        "bpm~87.5 key:Am,8A,1m size>10M modified:2024-05-17 word 'a ''quote'''",
    ];
    attack("query", &seeds.map(|seed| seed.as_bytes().to_vec()), |text| {
        let text = String::from_utf8_lossy(text);
        if let Err(error) = query::parse(&text, 1_700_000_000_000) {
            assert!(!error.to_string().is_empty());
        }
    });
}

#[test]
fn no_energy_curve_stops_its_reader() {
    let seeds =
        ["warmup", "0:0.2,0.5:0.9,1:0.4", "0.1 0.5 0.9"].map(|seed| seed.as_bytes().to_vec());
    attack("curve", &seeds, |text| {
        if let Err(error) = String::from_utf8_lossy(text).parse::<Curve>() {
            assert!(!error.to_string().is_empty());
        }
    });
}

#[test]
fn no_settings_stop_the_program() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("config.toml");
    let surroundings = Surroundings { variables: Vec::new(), system_file: file.clone() };
    let seeds = [
        "memory = \"256M\"\njobs = 2\nquiet = true\ndb = \"/x/library.db\"\n",
        "dir = [\"/a\", \"/b\"]\nexclude = ['*.tmp']\nlog-level = \"debug\"\n",
    ];
    attack("config", &seeds.map(|seed| seed.as_bytes().to_vec()), |text| {
        fs::write(&file, text).expect("written");
        let settings = Layers::read(&surroundings).and_then(|layers| Settings::resolve(&layers));
        if let Err(error) = settings {
            assert!(!error.to_string().is_empty());
        }
    });
    // The same values through the environment, which need be no text at all.
    for nonsense in NONSENSE {
        for key in phonolite::config::KEYS {
            let value = std::os::unix::ffi::OsStrExt::from_bytes(nonsense);
            let value: &std::ffi::OsStr = value;
            let variables = vec![(key.variable().into(), value.to_owned())];
            let surroundings = Surroundings { variables, system_file: "/nowhere".into() };
            let _ = Layers::read(&surroundings).and_then(|layers| Settings::resolve(&layers));
        }
    }
}

#[test]
fn no_manifest_stops_the_program() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let entry = Entry {
        name: "tags".into(),
        file: "musicnn.onnx".into(),
        blake3: "0a".repeat(32),
        licence: Some("none".into()),
        spec: presets::preset("musicnn").expect("built in"),
    };
    Manifest { models: vec![entry] }.write(folder.path()).expect("written");
    let whole = fs::read(folder.path().join("manifest.toml")).expect("readable");
    attack("manifest", &[whole], |text| {
        fs::write(folder.path().join("manifest.toml"), text).expect("written");
        match Manifest::read(folder.path()) {
            Ok(manifest) => manifest.models.iter().for_each(|entry| drop(entry.key())),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    });
    let presets: Vec<Vec<u8>> = presets::names()
        .iter()
        .map(|name| presets::text(name).expect("built in").as_bytes().to_vec())
        .collect();
    attack("spec", &presets, |text| {
        if let Err(error) = Spec::parse(&String::from_utf8_lossy(text)) {
            assert!(!error.to_string().is_empty());
        }
    });
}
