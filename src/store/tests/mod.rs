//! The store as a whole.

mod opening;
mod queries;
mod questions;
mod stored;
mod writing;

use super::*;
use crate::audio::{HeadHash, PayloadHash, Tags};
use crate::error::{FailureKind, Stage};
use crate::feature::catalogue::{Family, Field, Kind, Record, Value};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A directory with the path of a database in it.
pub(super) fn place() -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("library.db");
    (dir, path)
}

pub(super) fn open(path: &Path) -> Store {
    Store::open(path, &Options::default()).unwrap()
}

pub(super) fn run(store: &Store) -> RunId {
    match store.writer().call(Op::BeginRun(RunStart::default())).unwrap() {
        Reply::Run(run) => run,
        other => panic!("{other:?}"),
    }
}

pub(super) fn stamp(seed: u64) -> Stamp {
    Stamp { size: 1_000 + seed, mtime_ns: seed as i64, device: u64::MAX, inode: seed }
}

pub(super) fn file(path: impl Into<PathBuf>, seed: u64) -> FileFacts {
    let tags = Tags {
        title: Some(format!("title {seed}")),
        artist: Some("Änne \0 '".into()),
        year: Some(1969),
        bpm: Some(120.5),
        compilation: Some(true),
        ..Tags::default()
    };
    FileFacts { path: path.into(), stamp: stamp(seed), container: Some("ogg".into()), tags }
}

pub(super) fn payload(seed: u64) -> PayloadHash {
    PayloadHash(*blake3::hash(&seed.to_le_bytes()).as_bytes())
}

pub(super) fn track(seed: u64) -> TrackFacts {
    TrackFacts {
        payload: payload(seed),
        head: Some(HeadHash([seed as u8; 16])),
        codec: "vorbis".into(),
        lossless: false,
        bits_per_sample: None,
        sample_rate_hz: 44_100,
        channels: 2,
        frames: 44_100 * 180,
        duration_s: 180.0,
        bitrate_bps: Some(192_000),
        damaged_packets: 1,
        depth: crate::feature::Depth::Full,
    }
}

/// A value that fits a field.
fn value(field: &Field, seed: u64) -> Value {
    let x = seed as f64 / 8.0;
    match field.kind {
        Kind::Real => Value::Real(Some(x)),
        Kind::Integer => Value::Integer(Some(seed as i64)),
        Kind::Text => Value::Text(Some(format!("{} {}", field.name, seed % 5))),
        Kind::Times => Value::Times(Some((0..300).map(|beat| f64::from(beat) / 2.0).collect())),
        Kind::Vector => Value::Vector(Some(vec![x as f32; 100])),
        Kind::Bytes => Value::Bytes(Some(seed.to_le_bytes().to_vec())),
        Kind::Json => Value::Json(Some(serde_json::json!([{"value": x, "share": 0.5}]))),
    }
}

pub(super) fn record(family: Family, seed: u64) -> Record {
    Record { family, values: family.fields().iter().map(|field| value(field, seed)).collect() }
}

pub(super) fn records(seed: u64) -> Vec<Record> {
    Family::ALL.map(|family| record(family, seed)).into()
}

pub(super) fn analysed(path: impl Into<PathBuf>, seed: u64) -> Op {
    Op::Analysed { file: file(path, seed), track: track(seed), records: records(seed) }
}

pub(super) fn failure(run: RunId, path: &str, seed: u64, kind: FailureKind) -> Op {
    let (stamp, message) = (Some(stamp(seed)), "no".to_owned());
    Op::Failed(Failure { run, path: path.into(), stamp, stage: Stage::Decode, kind, message })
}

pub(super) fn stored(store: &Store, op: Op) -> (FileId, TrackId) {
    match store.writer().call(op).unwrap() {
        Reply::Stored { file, track } => (file, track),
        other => panic!("{other:?}"),
    }
}
