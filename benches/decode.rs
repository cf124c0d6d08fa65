//! What a [`Source`](phonolite::audio::Source) costs over a bare symphonia decode loop.
//!
//! The files named in `PHONOLITE_BENCH_FILES` (separated by `:`) are decoded, the fixtures of the
//! tests without it. The bare loop reads, decodes and throws the samples away; "hashed" also feeds
//! every packet to BLAKE3, as identity needs; "source" is the whole of ours, samples in chunks.
//!
//! What is measured is the CPU time of the thread, so that other work on the machine counts less.

#![allow(missing_docs, clippy::unwrap_used)] // a failure is to be loud here

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use criterion::measurement::{Measurement, ValueFormatter, WallTime};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use phonolite::audio::{self, CHUNK_FRAMES, Chunk, Limits};
use symphonia::core::codecs::audio::AudioDecoderOptions;
use symphonia::core::formats::FormatOptions;
use symphonia::core::formats::TrackType;
use symphonia::core::formats::probe::Hint;
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::MetadataOptions;

/// CPU time of the calling thread, as Linux accounts for it.
struct CpuTime;

fn cpu_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(stat.split(' ').next().unwrap().parse().unwrap())
}

impl Measurement for CpuTime {
    type Intermediate = Duration;
    type Value = Duration;

    fn start(&self) -> Duration {
        cpu_time()
    }

    fn end(&self, start: Duration) -> Duration {
        cpu_time().saturating_sub(start)
    }

    fn add(&self, one: &Duration, other: &Duration) -> Duration {
        *one + *other
    }

    fn zero(&self) -> Duration {
        Duration::ZERO
    }

    fn to_f64(&self, value: &Duration) -> f64 {
        value.as_nanos() as f64
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        WallTime.formatter()
    }
}

fn files() -> Vec<PathBuf> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    match std::env::var_os("PHONOLITE_BENCH_FILES") {
        Some(list) => std::env::split_paths(&list).collect(),
        None => ["lame.mp3", "flac.flac", "vorbis.ogg"].map(|name| fixtures.join(name)).to_vec(),
    }
}

fn bare(path: &Path, mut hasher: Option<blake3::Hasher>) -> u64 {
    let stream = MediaSourceStream::new(
        Box::new(File::open(path).unwrap()),
        MediaSourceStreamOptions::default(),
    );
    let mut reader = symphonia::default::get_probe()
        .probe(&Hint::new(), stream, FormatOptions::default(), MetadataOptions::default())
        .unwrap();
    let track = reader.default_track(TrackType::Audio).unwrap();
    let params = track.codec_params.as_ref().unwrap().audio().unwrap();
    let mut decoder = symphonia::default::get_codecs()
        .make_audio_decoder(params, &AudioDecoderOptions::default())
        .unwrap();
    let mut frames = 0;
    while let Ok(Some(packet)) = reader.next_packet() {
        if let Some(hasher) = &mut hasher {
            hasher.update(&packet.data);
        }
        frames += decoder.decode(&packet).map_or(0, |decoded| decoded.frames() as u64);
    }
    std::hint::black_box(hasher.map(|hasher| hasher.finalize()));
    frames
}

fn source(path: &Path) -> u64 {
    let mut source = audio::open(path, &Limits::default()).unwrap();
    let channels = source.spec().channels.count();
    let mut chunk = Chunk::with_capacity(channels, CHUNK_FRAMES);
    while source.fill(&mut chunk, CHUNK_FRAMES).unwrap() > 0 {
        std::hint::black_box(chunk.plane(0));
        chunk.reset(channels);
    }
    source.finish().unwrap().frames
}

fn decode(criterion: &mut Criterion<CpuTime>) {
    for path in files() {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let mut group = criterion.benchmark_group("decode");
        group.sample_size(20).throughput(Throughput::Elements(source(&path)));
        group.bench_function(BenchmarkId::new("bare", &name), |b| b.iter(|| bare(&path, None)));
        group.bench_function(BenchmarkId::new("hashed", &name), |b| {
            b.iter(|| bare(&path, Some(blake3::Hasher::new())));
        });
        group.bench_function(BenchmarkId::new("source", &name), |b| b.iter(|| source(&path)));
        group.finish();
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(CpuTime);
    targets = decode
}
criterion_main!(benches);
