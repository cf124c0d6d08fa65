//! Every file of a labelled corpus behaves as its label says.
//!
//! The corpus is not part of the repository: `PHONOLITE_CORPUS` names a folder with a
//! `manifest.csv`, `../shared/corpus` is taken if it is there, and without either the tests pass
//! with a message.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, clippy::print_stderr)] // a failure is to be loud here

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use phonolite::audio::{CHUNK_FRAMES, Chunk, Format, Limits, Opened, SourceError, Summary};
use phonolite::error::FailureKind;

/// Durations in the manifest come from another decoder that leaves other delays in: MP3 without a
/// LAME record, AAC without an edit list and Opus in Matroska differ by up to two packets.
const DURATION_TOLERANCE_S: f64 = 0.060;

fn corpus() -> Option<PathBuf> {
    let named = std::env::var_os("PHONOLITE_CORPUS").map(PathBuf::from);
    let folder =
        named.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus"));
    let found = folder.join("manifest.csv").is_file().then_some(folder);
    if found.is_none() {
        eprintln!("skipped: no corpus (set PHONOLITE_CORPUS)");
    }
    found
}

fn cells(line: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut quoted = false;
    for letter in line.chars() {
        match letter {
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(String::new()),
            other => cells.last_mut().unwrap().push(other),
        }
    }
    cells
}

fn rows(folder: &Path) -> Vec<BTreeMap<String, String>> {
    let text = std::fs::read_to_string(folder.join("manifest.csv")).unwrap();
    let mut lines = text.lines();
    let head = cells(lines.next().unwrap());
    lines.map(|line| head.iter().cloned().zip(cells(line)).collect()).collect()
}

struct Decoded {
    summary: Summary,
    format: Format,
    seconds: f64,
    finite: bool,
}

fn decode(path: &Path) -> Result<Decoded, SourceError> {
    let limits = Limits::default();
    let identity = Opened::open(path, &limits)?.identify()?;
    let mut source = phonolite::audio::open(path, &limits)?;
    let channels = source.spec().channels.count();
    let mut chunk = Chunk::with_capacity(channels, CHUNK_FRAMES);
    let (mut frames, mut finite) = (0, true);
    while source.fill(&mut chunk, CHUNK_FRAMES)? > 0 {
        frames += chunk.frames() as u64;
        finite &= chunk.planes().all(|plane| plane.iter().all(|sample| sample.is_finite()));
        chunk.reset(channels);
    }
    let (format, seconds) = (source.format().clone(), source.spec().rate.seconds(frames));
    let summary = source.finish()?;
    assert_eq!(summary.frames, frames);
    assert_eq!((summary.payload, summary.head), (identity.payload, identity.head));
    Ok(Decoded { summary, format, seconds, finite })
}

fn describe(outcome: &Result<Decoded, SourceError>) -> String {
    match outcome {
        Ok(decoded) => format!(
            "{:.3} s, {}/{}, {} damaged, {:?}",
            decoded.seconds,
            decoded.format.container,
            decoded.format.codec,
            decoded.summary.damaged_packets,
            decoded.summary.ended
        ),
        Err(error) => format!("{}: {error}", error.kind()),
    }
}

fn as_expected(expect: &str, outcome: &Result<Decoded, SourceError>) -> bool {
    match (expect, outcome) {
        ("ok" | "ok-short", Ok(decoded)) => decoded.summary.damaged_packets == 0,
        ("unsupported-ok", Err(error)) => error.kind() == FailureKind::UnsupportedFormat,
        ("empty", Err(error)) => error.kind() == FailureKind::NoAudio,
        ("error", Err(error)) => error.kind() != FailureKind::Internal,
        ("ok-or-partial" | "any-no-panic", _) | ("unsupported-ok", Ok(_)) => true,
        _ => false,
    }
}

#[test]
fn every_file_behaves_as_its_label_says() {
    let Some(folder) = corpus() else { return };
    let mut failures = Vec::new();
    for row in rows(&folder) {
        let outcome = decode(&folder.join(&row["path"]));
        let line = format!("{}: {}", row["path"], describe(&outcome));
        println!("{line}");
        let expect = row["label"].split(';').find_map(|label| label.strip_prefix("expect="));
        let plain = row["set"] != "odd" && row["set"] != "conformance";
        let expect = expect.unwrap_or(if plain { "ok" } else { "any-no-panic" });
        if !as_expected(expect, &outcome) {
            failures.push(format!("{line} (expected {expect})"));
        }
        let Ok(decoded) = outcome else { continue };
        if !decoded.finite {
            failures.push(format!("{line} (bad samples)"));
        }
        let stated = row["duration_s"].parse::<f64>().ok().filter(|stated| *stated > 0.0);
        let compared = matches!(expect, "ok" | "unsupported-ok") || row["set"] == "conformance";
        let stated = stated.filter(|_| compared && row["decode_ok"] == "yes");
        if let Some(stated) = stated
            && (stated - decoded.seconds).abs() > DURATION_TOLERANCE_S
        {
            failures.push(format!("{line} (the manifest says {stated} s)"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn one_piece_in_many_codecs_has_one_length() {
    let Some(folder) = corpus() else { return };
    let lengths: Vec<(String, f64)> = rows(&folder)
        .iter()
        .filter(|row| row["set"] == "selfmade_codecs")
        .map(|row| (row["path"].clone(), decode(&folder.join(&row["path"])).unwrap().seconds))
        .collect();
    let of = |pick: fn(f64, f64) -> f64| lengths.iter().map(|(_, s)| *s).reduce(pick).unwrap();
    println!("{lengths:#?}");
    assert!(of(f64::max) - of(f64::min) < 0.005, "{lengths:#?}");
}
