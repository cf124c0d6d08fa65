//! The time-domain lane against the `ebur128` crate, on the same samples.
//!
//! `cargo bench --bench loudness`; `PHONOLITE_BENCH_AUDIO=FILE` takes real stereo music instead of the
//! synthetic piece. Throughput is in seconds of audio per second; the table in front is CPU time per
//! hour of audio, the contestants taking turns.
#![allow(missing_docs, clippy::print_stdout, clippy::unwrap_used)]

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use ebur128::{EbuR128, Mode};
use phonolite::audio::{CHUNK_FRAMES, Chunk};
use phonolite::feature::{loudness, signal};
use phonolite::units::{ChannelLayout, Hertz, StreamSpec};
use std::hint::black_box;

/// Stereo samples in chunks.
struct Piece {
    spec: StreamSpec,
    chunks: Vec<Chunk>,
    seconds: f64,
}

impl Piece {
    fn new(rate: u32, planes: &[Vec<f32>; 2]) -> Self {
        let frames = planes[0].len();
        let cut = |from: usize| {
            let part = |plane: &Vec<f32>| plane[from..(from + CHUNK_FRAMES).min(frames)].to_vec();
            Chunk::from_planes(planes.iter().map(part).collect())
        };
        let spec = StreamSpec {
            rate: Hertz::new(rate).unwrap(),
            channels: ChannelLayout::front(2).unwrap(),
        };
        let chunks = (0..frames).step_by(CHUNK_FRAMES).map(cut).collect();
        Self { spec, chunks, seconds: frames as f64 / f64::from(rate) }
    }

    fn load() -> Self {
        let path = std::env::var_os("PHONOLITE_BENCH_AUDIO");
        path.map_or_else(|| Self::new(44_100, &synthetic(60)), |path| decoded(&path))
    }
}

/// A dense loud mix: chords with vibrato, a bass, hits every half second, clipped softly.
fn synthetic(seconds: usize) -> [Vec<f32>; 2] {
    let mut state = 1_u32;
    let mut noise = move || {
        state = state.wrapping_mul(1664525).wrapping_add(1013904223);
        (state >> 8) as f32 / 8_388_608.0 - 1.0
    };
    let mut planes = [Vec::new(), Vec::new()];
    for i in 0..seconds * 44_100 {
        let t = i as f32 / 44_100.0;
        let chord: f32 = [220.0, 277.2, 329.6, 440.0, 659.3]
            .iter()
            .map(|hz| (std::f32::consts::TAU * hz * t + 3.0 * (5.0 * t).sin()).sin())
            .sum();
        let bass = (std::f32::consts::TAU * 55.0 * t).sin();
        let hit = (-(t % 0.5) * 20.0).exp();
        for plane in &mut planes {
            let x = 0.2 * chord + 0.6 * bass + (0.1 + 1.2 * hit) * noise();
            plane.push((1.2 * x).tanh());
        }
    }
    planes
}

/// Decodes a stereo file.
fn decoded(path: &std::ffi::OsStr) -> Piece {
    use symphonia::core::codecs::audio::AudioDecoderOptions;
    use symphonia::core::formats::{FormatOptions, TrackType, probe::Hint};
    use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
    use symphonia::core::meta::MetadataOptions;
    let file = Box::new(std::fs::File::open(path).unwrap());
    let stream = MediaSourceStream::new(file, MediaSourceStreamOptions::default());
    let mut format = symphonia::default::get_probe()
        .probe(&Hint::new(), stream, FormatOptions::default(), MetadataOptions::default())
        .unwrap();
    let track = format.default_track(TrackType::Audio).unwrap();
    let parameters = track.codec_params.as_ref().unwrap().audio().unwrap().clone();
    let mut decoder = symphonia::default::get_codecs()
        .make_audio_decoder(&parameters, &AudioDecoderOptions::default())
        .unwrap();
    let mut planes = [Vec::new(), Vec::new()];
    let mut rate = 0;
    while let Ok(Some(packet)) = format.next_packet() {
        let Ok(buffer) = decoder.decode(&packet) else { continue };
        rate = buffer.spec().rate();
        let mut samples: Vec<Vec<f32>> = Vec::new();
        buffer.copy_to_vecs_planar(&mut samples);
        planes.iter_mut().zip(&samples).for_each(|(plane, part)| plane.extend(part));
    }
    Piece::new(rate, &planes)
}

fn ours(piece: &Piece) {
    let mut meter = loudness::Meter::new(&piece.spec);
    piece.chunks.iter().for_each(|chunk| meter.push(chunk));
    black_box(meter.finish());
}

fn inspector(piece: &Piece) {
    let mut inspector = signal::Inspector::new(&piece.spec);
    piece.chunks.iter().for_each(|chunk| inspector.push(chunk));
    black_box(inspector.finish());
}

/// Both, chunk by chunk, as the lane runs them.
fn lane(piece: &Piece) {
    let mut meter = loudness::Meter::new(&piece.spec);
    let mut inspector = signal::Inspector::new(&piece.spec);
    for chunk in &piece.chunks {
        meter.push(chunk);
        inspector.push(chunk);
    }
    black_box((meter.finish(), inspector.finish()));
}

fn reference(piece: &Piece) {
    let mode = Mode::I | Mode::S | Mode::LRA | Mode::SAMPLE_PEAK | Mode::TRUE_PEAK;
    let mut meter = EbuR128::new(2, piece.spec.rate.get(), mode).unwrap();
    for chunk in &piece.chunks {
        meter.add_frames_planar_f32(&[chunk.plane(0), chunk.plane(1)]).unwrap();
    }
    black_box((meter.loudness_global().unwrap(), meter.loudness_range().unwrap()));
}

/// A way to run over a piece, with its name.
type Contestant = (&'static str, fn(&Piece));

const CONTESTANTS: [Contestant; 4] =
    [("meter", ours), ("inspector", inspector), ("both", lane), ("ebur128", reference)];

/// CPU time of this thread, in seconds (Linux); wall time elsewhere.
fn cpu_seconds(start: std::time::Instant) -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = text.and_then(|text| text.split(' ').next()?.parse::<f64>().ok());
    nanoseconds.map_or_else(|| start.elapsed().as_secs_f64(), |ns| ns * 1e-9)
}

/// Runs between two looks at the clock, which the kernel moves on by milliseconds.
const REPEATS: usize = 5;

fn table(piece: &Piece) {
    let start = std::time::Instant::now();
    let mut best = [f64::INFINITY; CONTESTANTS.len()];
    for _ in 0..7 {
        for ((_, run), best) in CONTESTANTS.iter().zip(&mut best) {
            let before = cpu_seconds(start);
            (0..REPEATS).for_each(|_| run(piece));
            *best = best.min((cpu_seconds(start) - before) / REPEATS as f64);
        }
    }
    println!("CPU seconds per hour of stereo at {} Hz, best of 7 turns:", piece.spec.rate.get());
    for ((name, _), best) in CONTESTANTS.iter().zip(best) {
        println!("  {name:<10} {:6.3}", best / piece.seconds * 3600.0);
    }
}

fn bench(criterion: &mut Criterion) {
    let piece = Piece::load();
    table(&piece);
    let mut group = criterion.benchmark_group("loudness");
    group.throughput(Throughput::Elements(piece.seconds as u64)).sample_size(10);
    for (name, run) in CONTESTANTS {
        group.bench_function(name, |b| {
            b.iter_batched(|| (), |()| run(&piece), BatchSize::PerIteration);
        });
    }
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
