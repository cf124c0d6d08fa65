//! Storing and looking up: analysed files with records of every family, in batches as in a run.
//!
//! `cargo bench --bench store`; the rate to hold is 5 000 records a second.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use phonolite::audio::{HeadHash, PayloadHash, Tags};
use phonolite::feature::catalogue::{Families, Family, Field, Kind, Record, Value};
use phonolite::library::{Planner, Policy, Scan, ScanOptions, Walked};
use phonolite::store::{FileFacts, Op, Options, Stamp, Store, TrackFacts};
use std::path::{Path, PathBuf};

/// Files stored in one round.
const FILES: u64 = 500;

/// Files of the unchanged library.
const UNCHANGED: u64 = 10_000;

/// Values of the size they have for a song of four minutes.
fn value(field: &Field, seed: u64) -> Value {
    let x = seed as f64 / 8.0;
    match field.kind {
        Kind::Real => Value::Real(Some(x)),
        Kind::Integer => Value::Integer(Some(seed as i64)),
        Kind::Text => Value::Text(Some("A minor".into())),
        Kind::Times => Value::Times(Some((0..480).map(|beat| f64::from(beat) / 2.0).collect())),
        Kind::Vector => Value::Vector(Some(vec![x as f32; 200])),
        Kind::Json => Value::Json(Some(serde_json::json!([{"value": x, "share": 0.5}]))),
        Kind::Bytes => Value::Bytes(Some(vec![seed as u8; 400])),
    }
}

fn analysed(path: PathBuf, stamp: Stamp, seed: u64) -> Op {
    let tags = Tags { title: Some(format!("title {seed}")), ..Tags::default() };
    let track = TrackFacts {
        payload: PayloadHash(*blake3::hash(&seed.to_le_bytes()).as_bytes()),
        head: Some(HeadHash([seed as u8; 16])),
        codec: "mp3".into(),
        lossless: false,
        bits_per_sample: None,
        sample_rate_hz: 44_100,
        channels: 2,
        frames: 44_100 * 240,
        duration_s: 240.0,
        bitrate_bps: Some(192_000),
        damaged_packets: 0,
        depth: phonolite::feature::Depth::Full,
    };
    let record = |family: Family| {
        let values = family.fields().iter().map(|field| value(field, seed)).collect();
        Record { family, values }
    };
    let records = Families::all().iter().map(record).collect();
    Op::Analysed {
        file: FileFacts { path, stamp, container: Some("mp3".into()), tags },
        track,
        records,
    }
}

fn open(dir: &Path) -> Store {
    Store::open(&dir.join("library.db"), &Options::default()).expect("a new database")
}

fn storing(c: &mut Criterion) {
    let mut group = c.benchmark_group("store");
    group.sample_size(20).throughput(Throughput::Elements(FILES * Family::ALL.len() as u64));
    let dir = tempfile::tempdir().expect("a directory");
    let store = open(dir.path());
    let mut seed = 0;
    group.bench_function("records", |b| {
        b.iter_batched(
            || {
                seed += FILES;
                let path = |n| PathBuf::from(format!("/music/artist/album/{n:012}.mp3"));
                let stamp = |n| Stamp { size: n, mtime_ns: 1, device: 1, inode: n };
                (seed..seed + FILES).map(|n| analysed(path(n), stamp(n), n)).collect::<Vec<_>>()
            },
            |ops| {
                for op in ops {
                    store.writer().send(op).expect("it is open");
                }
                store.writer().call(Op::Flush).expect("it is open")
            },
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

fn planning(c: &mut Criterion) {
    let dir = tempfile::tempdir().expect("a directory");
    let store = open(dir.path());
    let root = dir.path().join("music");
    for n in 0..UNCHANGED {
        let path = root.join(format!("{:03}/{n}.mp3", n % 100));
        std::fs::create_dir_all(root.join(format!("{:03}", n % 100))).expect("room");
        std::fs::write(&path, n.to_string()).expect("room");
        let stamp = Stamp::of(&path.metadata().expect("it was written"));
        store.writer().send(analysed(path, stamp, n)).expect("it is open");
    }
    store.writer().call(Op::Flush).expect("it is open");
    let mut group = c.benchmark_group("library");
    group.sample_size(10).throughput(Throughput::Elements(UNCHANGED));
    group.bench_function("unchanged", |b| {
        b.iter(|| {
            let options = ScanOptions { roots: vec![root.clone()], ..ScanOptions::default() };
            let mut planner = Planner::new(store.readers(), Policy::default());
            let files =
                Scan::new(&options).expect("no patterns").map(|file| file.expect("readable"));
            let jobs = files.map(|file| planner.plan(&file).expect("it is open").job);
            let unchanged = jobs.filter(|job| *job == phonolite::library::Job::Unchanged).count();
            let walked = Walked { root: root.clone(), below: root.clone() };
            let missing = planner.missing(&walked, |_| {}).expect("it is open");
            assert_eq!((unchanged as u64, missing), (UNCHANGED, 0));
        });
    });
    group.finish();
}

criterion_group!(benches, storing, planning);
criterion_main!(benches);
