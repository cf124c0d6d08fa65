//! The samples are heard as they are known to be (`samples/expected.toml`).

#![allow(clippy::panic, reason = "a test ends so")]

mod common;

use common::{Library, samples};
use phonolite::feature::Value;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Share by which a tempo may be off; of the label, its double, its half, and thirds of it.
const TEMPO_TOLERANCE: f64 = 0.01;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    duration_s: Option<f64>,
    codec: Option<String>,
    bpm: Option<f64>,
    key: Option<String>,
    #[serde(default)]
    no_tempo: bool,
    #[serde(default)]
    no_key: bool,
    #[serde(default)]
    fails: bool,
}

fn real(row: &phonolite::store::Row, name: &str) -> Option<f64> {
    match row.get(name) {
        Some(Value::Real(number)) => *number,
        other => panic!("{name}: {other:?}"),
    }
}

fn text(row: &phonolite::store::Row, name: &str) -> Option<String> {
    match row.get(name) {
        Some(Value::Text(text)) => text.clone(),
        other => panic!("{name}: {other:?}"),
    }
}

fn check(name: &str, expected: &Expected, row: &phonolite::store::Row, wrong: &mut Vec<String>) {
    let mut expect = |what: &str, right: bool| {
        if !right {
            wrong.push(format!("{name}: {what} is {:?}", row.get(what)));
        }
    };
    if let Some(duration) = expected.duration_s {
        // Lossy codecs pad to whole packets; a manifest gives three digits.
        let found = real(row, "duration_s").unwrap_or(0.0);
        expect("duration_s", (found - duration).abs() < 0.06);
    }
    if expected.codec.is_some() {
        expect("codec", text(row, "codec") == expected.codec);
    }
    if let Some(bpm) = expected.bpm {
        let found = real(row, "bpm").unwrap_or(0.0);
        let near = |factor: f64| (found / (bpm * factor) - 1.0).abs() < TEMPO_TOLERANCE;
        expect("bpm", [1.0, 2.0, 0.5, 3.0, 1.0 / 3.0].into_iter().any(near));
    }
    if expected.key.is_some() {
        expect("key", text(row, "key") == expected.key);
    }
    if expected.no_tempo {
        expect("bpm", real(row, "bpm").is_none());
    }
    if expected.no_key {
        expect("key", text(row, "key").is_none());
    }
}

#[test]
fn every_sample_is_heard_as_it_is_known() {
    let known = std::fs::read_to_string(samples().join("expected.toml")).expect("readable");
    let known: BTreeMap<String, Expected> = toml::from_str(&known).expect("valid");
    let library = Library::new();
    let summary = common::run(&library.database(), &common::options(&[samples()]));
    let failing = known.values().filter(|expected| expected.fails).count() as u64;
    assert_eq!(summary.counts.scanned, known.len() as u64, "every sample is in expected.toml");
    assert_eq!(summary.counts.failed, failing);
    let mut wrong = Vec::new();
    for (name, expected) in known.iter().filter(|(_, expected)| !expected.fails) {
        let row = library.readers().row_by_path(&samples().join(name)).expect("readable");
        check(name, expected, &row.unwrap_or_else(|| panic!("{name} is missing")), &mut wrong);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
