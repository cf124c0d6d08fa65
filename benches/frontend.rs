//! CPU time of the front end, per part: `cargo bench --bench frontend`.
//!
//! The time is that of the thread, not of the clock on the wall, so that it holds on a busy machine.
//! After the usual report each part prints CPU seconds per hour of audio.

use criterion::measurement::{Measurement, ValueFormatter};
use criterion::{Criterion, Throughput};
use phonolite::audio::{CHUNK_FRAMES, Chunk};
use phonolite::dsp::mel::{MEL_BANDS, MelBank, compress};
use phonolite::dsp::resample::Resampler;
use phonolite::dsp::stft::Stft;
use phonolite::feature::perceptual;
use phonolite::feature::timbre::Tracker;
use phonolite::units::{ChannelLayout, Hertz, StreamSpec};
use std::hint::black_box;
use std::time::{Duration, Instant};

/// CPU time of this thread as Linux counts it, in nanoseconds; the wall clock elsewhere.
struct CpuTime {
    start: Instant,
}

impl Measurement for CpuTime {
    type Intermediate = u64;
    type Value = u64;

    fn start(&self) -> u64 {
        std::fs::read_to_string("/proc/thread-self/schedstat")
            .ok()
            .and_then(|text| text.split(' ').next()?.parse().ok())
            .unwrap_or_else(|| self.start.elapsed().as_nanos() as u64)
    }

    fn end(&self, start: u64) -> u64 {
        self.start() - start
    }

    fn add(&self, a: &u64, b: &u64) -> u64 {
        a + b
    }

    fn zero(&self) -> u64 {
        0
    }

    fn to_f64(&self, value: &u64) -> f64 {
        *value as f64
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        &PerHour
    }
}

/// Elements are milliseconds of audio.
struct PerHour;

impl ValueFormatter for PerHour {
    fn scale_values(&self, _: f64, values: &mut [f64]) -> &'static str {
        for value in values {
            *value /= 1e6;
        }
        "ms CPU"
    }

    fn scale_throughputs(&self, _: f64, per: &Throughput, values: &mut [f64]) -> &'static str {
        if let Throughput::Elements(milliseconds) = per {
            for ns in values {
                *ns = *ns * 1e-9 * 3.6e6 / *milliseconds as f64;
            }
        }
        "CPU s per hour"
    }

    fn scale_for_machines(&self, _: &mut [f64]) -> &'static str {
        "ns"
    }
}

/// Length of the material, in seconds.
const SECONDS: u32 = 30;

fn noise(frames: u32, seed: u32) -> Vec<f32> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..frames).map(|_| 0.3 * next()).collect()
}

fn resampler(criterion: &mut Criterion<CpuTime>, rate: u32, channels: usize) {
    let spec = StreamSpec {
        rate: Hertz::new(rate).expect("a rate in range"),
        channels: ChannelLayout::front(channels).expect("a count in range"),
    };
    let chunks: Vec<Chunk> = (0..SECONDS * rate / CHUNK_FRAMES as u32)
        .map(|i| {
            let plane = |c: usize| noise(CHUNK_FRAMES as u32, i * 8 + c as u32);
            Chunk::from_planes((0..channels).map(plane).collect())
        })
        .collect();
    let frames: usize = chunks.iter().map(Chunk::frames).sum();
    let mut group = criterion.benchmark_group("resample");
    group.throughput(Throughput::Elements(frames as u64 * 1000 / u64::from(rate)));
    group.bench_function(format!("{rate} Hz, {channels} channels"), |bencher| {
        let mut resampler = Resampler::new(&spec);
        let mut out = Vec::new();
        bencher.iter(|| {
            for chunk in &chunks {
                out.clear();
                resampler.push(chunk, &mut out);
                black_box(&out);
            }
        });
    });
}

fn spectra(criterion: &mut Criterion<CpuTime>) {
    let signal = noise(SECONDS * 22_050, 1);
    let mut group = criterion.benchmark_group("spectrum");
    group.throughput(Throughput::Elements(u64::from(SECONDS) * 1000));
    for (name, (window, hop)) in [("short", Stft::SHORT), ("long", Stft::LONG)] {
        let mut stft = Stft::new(window, hop);
        group.bench_function(name, |bencher| {
            bencher.iter(|| stft.push(&signal, |m| _ = black_box(m.len())));
        });
    }
    let mut stft = Stft::new(Stft::SHORT.0, Stft::SHORT.1);
    let bank = MelBank::new(Stft::SHORT.0, 22_050.0);
    let mut mel = [0.0; MEL_BANDS];
    group.bench_function("short, mel, logarithm", |bencher| {
        bencher.iter(|| {
            stft.push(&signal, |magnitudes| {
                bank.apply(magnitudes, &mut mel);
                black_box(compress(&mel));
            });
        });
    });
}

fn timbre(criterion: &mut Criterion<CpuTime>) {
    let mut stft = Stft::new(Stft::SHORT.0, Stft::SHORT.1);
    let bank = MelBank::new(Stft::SHORT.0, 22_050.0);
    let mut frames = Vec::new();
    stft.push(&noise(SECONDS * 22_050, 1), |magnitudes| {
        let mut mel = [0.0; MEL_BANDS];
        bank.apply(magnitudes, &mut mel);
        frames.push((magnitudes.to_vec(), mel));
    });
    let mut group = criterion.benchmark_group("timbre");
    group.throughput(Throughput::Elements(frames.len() as u64 * 20));
    let mut tracker = Tracker::new();
    group.bench_function("all", |bencher| {
        bencher.iter(|| frames.iter().for_each(|(magnitudes, mel)| tracker.push(magnitudes, mel)));
    });
    black_box(tracker.finish());
}

fn scores(criterion: &mut Criterion<CpuTime>) {
    let signal = noise(SECONDS * 22_050, 1);
    let mut stft = Stft::new(Stft::SHORT.0, Stft::SHORT.1);
    let bank = MelBank::new(Stft::SHORT.0, 22_050.0);
    let mut frames = Vec::new();
    stft.push(&signal, |magnitudes| {
        let mut mel = [0.0; MEL_BANDS];
        bank.apply(magnitudes, &mut mel);
        frames.push((mel, compress(&mel)));
    });
    let mut group = criterion.benchmark_group("perceptual");
    group.throughput(Throughput::Elements(frames.len() as u64 * 20));
    let mut tracker = perceptual::Tracker::new();
    group.bench_function("frames", |bencher| {
        bencher.iter(|| frames.iter().for_each(|(mel, compressed)| tracker.push(mel, compressed)));
    });
    group.bench_function("samples", |bencher| {
        bencher.iter(|| tracker.push_samples(black_box(&signal)));
    });
    black_box(tracker);
}

fn main() {
    let mut criterion = Criterion::default()
        .with_measurement(CpuTime { start: Instant::now() })
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(2))
        .sample_size(10)
        .without_plots()
        .configure_from_args();
    for (rate, channels) in [(44_100, 2), (48_000, 2), (96_000, 2), (44_056, 2), (8_000, 1)] {
        resampler(&mut criterion, rate, channels);
    }
    spectra(&mut criterion);
    timbre(&mut criterion);
    scores(&mut criterion);
    criterion.final_summary();
}
