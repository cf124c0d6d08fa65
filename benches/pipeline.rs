//! Whole runs, from the scan to the closed database: songs in one thread of files and in as many as there are
//! cores, many tiny files, a library that is known already.
//!
//! `cargo bench --bench pipeline`. What is measured is the CPU time of the process, all threads together, so that
//! other work on the machine counts less. Songs: the pieces in `samples/`, or the files named in
//! `PHONOLITE_BENCH_FILES` (separated by `:`).

#![allow(missing_docs, clippy::unwrap_used)] // a failure is to be loud here

use std::path::{Path, PathBuf};
use std::time::Duration;

use criterion::{
    BenchmarkId, Criterion, SamplingMode, Throughput, criterion_group, criterion_main,
};
use phonolite::pipeline::{self, Cancel, Options};
use phonolite::store::{self, Store};
use phonolite::system::cpu_time;

/// Memory budget of a run, bytes.
const BUDGET: u64 = 512 << 20;

/// Tiny files: a tenth of a second each.
const TINY: u64 = 200;

/// One run over `root` into `database`, CPU time of the process.
fn run(database: &Path, options: &Options) -> Duration {
    let begin = cpu_time().unwrap();
    let store = Store::open(database, &store::Options::default()).unwrap();
    pipeline::run(&store, options, &Cancel::default(), &pipeline::Silent).unwrap();
    store.close().unwrap();
    cpu_time().unwrap().saturating_sub(begin)
}

/// CPU time of so many runs, each into a database of its own.
fn fresh_runs(count: u64, options: &Options) -> Duration {
    let one = |_| {
        let folder = tempfile::tempdir().unwrap();
        run(&folder.path().join("library.db"), options)
    };
    (0..count).map(one).sum()
}

fn songs() -> Vec<PathBuf> {
    match std::env::var_os("PHONOLITE_BENCH_FILES") {
        Some(files) => std::env::split_paths(&files).collect(),
        None => ["jazz_swing_132.mp3", "ballad_68.flac", "dnb_175.ogg", "jig_117.m4a"]
            .iter()
            .map(|name| Path::new(env!("CARGO_MANIFEST_DIR")).join("samples").join(name))
            .collect(),
    }
}

/// Noise, each file another: what is known by its sound is not analysed again.
fn tiny_files(folder: &Path) {
    for number in 0..TINY {
        let mut state = number as u32 + 1;
        let mut noise = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 16) as i16
        };
        let samples: Vec<u8> = (0..2205).flat_map(|_| noise().to_le_bytes()).collect();
        let mut wav = b"RIFF".to_vec();
        wav.extend((36 + samples.len() as u32).to_le_bytes());
        wav.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
        wav.extend(22_050_u32.to_le_bytes());
        wav.extend(44_100_u32.to_le_bytes());
        wav.extend(b"\x02\0\x10\0data");
        wav.extend((samples.len() as u32).to_le_bytes());
        wav.extend(samples);
        std::fs::write(folder.join(format!("{number:03}.wav")), wav).unwrap();
    }
}

fn runs(c: &mut Criterion) {
    let mut group = c.benchmark_group("pipeline");
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    let songs = songs();
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    group.throughput(Throughput::Elements(songs.len() as u64));
    for jobs in [1, cores] {
        let options = Options { jobs, ..Options::over(songs.clone(), BUDGET) };
        group.bench_with_input(BenchmarkId::new("songs, jobs", jobs), &options, |b, options| {
            b.iter_custom(|count| fresh_runs(count, options));
        });
    }
    let folder = tempfile::tempdir().unwrap();
    tiny_files(folder.path());
    let options = Options::over(vec![folder.path().into()], BUDGET);
    group.throughput(Throughput::Elements(TINY));
    group.bench_function("tiny files", |b| b.iter_custom(|count| fresh_runs(count, &options)));
    let kept = tempfile::tempdir().unwrap();
    let database = kept.path().join("library.db");
    run(&database, &options);
    group.bench_function("unchanged files", |b| {
        b.iter_custom(|count| (0..count).map(|_| run(&database, &options)).sum());
    });
    group.finish();
}

criterion_group!(benches, runs);
criterion_main!(benches);
