//! One kernel over ten seconds of made sound, for `benches/instructions.py` to count its instructions.
//!
//!     cargo run --release --example kernels -- NAME|list [FILE]
//!
//! `nothing` makes the sound and no more; `decode` takes a file.

#![allow(clippy::print_stdout, reason = "a program for the command line")]

use std::hint::black_box;

use anyhow::{Context, Result, bail};
use phonolite::audio::{CHUNK_FRAMES, Chunk, Limits, Opened};
use phonolite::dsp::mel::{MEL_BANDS, MelBank, compress};
use phonolite::dsp::resample::{ANALYSIS_RATE_HZ, Resampler};
use phonolite::dsp::stft::Stft;
use phonolite::feature::{fingerprint, loudness, rhythm, signal, timbre, tonal};
use phonolite::units::{ChannelLayout, Hertz, StreamSpec};

const NAMES: [&str; 12] = [
    "nothing",
    "loudness",
    "signal",
    "fingerprint",
    "resample",
    "short_spectra",
    "mel_bands",
    "long_spectra",
    "rhythm",
    "timbre",
    "tonal",
    "decode",
];

/// Length of the sound.
const SECONDS: usize = 10;

/// A stereo stream of a steady chord with a noise every half second, in chunks.
fn sound(spec: &StreamSpec) -> Vec<Chunk> {
    let rate = spec.rate.get() as usize;
    let mut noise = 1_u32;
    let sample = |n: usize| {
        // Marsaglia's xorshift, as everywhere where the same numbers are wanted again.
        noise ^= noise << 13;
        noise ^= noise >> 17;
        noise ^= noise << 5;
        let t = n as f32 / rate as f32;
        let hit = (-40.0 * (t % 0.5)).exp() * (noise as f32 / u32::MAX as f32 - 0.5);
        let chord = [220.0, 277.18, 329.63].map(|hz: f32| (hz * std::f32::consts::TAU * t).sin());
        0.1 * chord.iter().sum::<f32>() + 0.3 * hit
    };
    let mono: Vec<f32> = (0..SECONDS * rate).map(sample).collect();
    let quieter = |part: &[f32]| part.iter().map(|x| 0.7 * x).collect::<Vec<f32>>();
    let chunk = |part: &[f32]| Chunk::from_planes(vec![part.to_vec(), quieter(part)]);
    mono.chunks(CHUNK_FRAMES).map(chunk).collect()
}

/// Short or long spectra of the first channel.
fn spectra(chunks: &[Chunk], window: usize, hop: usize, mut each: impl FnMut(&[f32])) {
    let mut stft = Stft::new(window, hop);
    for chunk in chunks {
        stft.push(chunk.plane(0), &mut each);
    }
    stft.finish(each);
}

/// Mel bands of the short spectra, with their spectrum.
fn bands(chunks: &[Chunk], mut each: impl FnMut(&[f32], &[f32; MEL_BANDS])) {
    let mel = MelBank::new(2048, f64::from(ANALYSIS_RATE_HZ));
    spectra(chunks, 2048, 441, |magnitudes| {
        let mut bands = [0.0; MEL_BANDS];
        mel.apply(magnitudes, &mut bands);
        each(magnitudes, &bands);
    });
}

fn decode(path: &str) -> Result<()> {
    let mut source = Opened::open(path.as_ref(), &Limits::default())?.decode()?;
    let channels = source.spec().channels.count();
    let mut chunk = Chunk::with_capacity(channels, CHUNK_FRAMES);
    loop {
        chunk.reset(channels);
        if source.fill(&mut chunk, CHUNK_FRAMES)? == 0 {
            black_box(source.finish()?);
            return Ok(());
        }
    }
}

fn run(name: &str, chunks: &[Chunk], spec: &StreamSpec) -> Result<()> {
    match name {
        "nothing" => {}
        "loudness" => {
            let mut meter = loudness::Meter::new(spec);
            for chunk in chunks {
                meter.push(chunk);
            }
            black_box(meter.finish());
        }
        "signal" => {
            let mut inspector = signal::Inspector::new(spec);
            for chunk in chunks {
                inspector.push(chunk);
            }
            black_box(inspector.finish());
        }
        "fingerprint" => {
            let mut tracker = fingerprint::Tracker::new(spec);
            for chunk in chunks {
                tracker.push(chunk);
            }
            black_box(tracker.finish());
        }
        "resample" => {
            let (mut resampler, mut out) = (Resampler::new(spec), Vec::new());
            for chunk in chunks {
                resampler.push(chunk, &mut out);
            }
            resampler.finish(&mut out);
            black_box(out);
        }
        "short_spectra" => spectra(chunks, 2048, 441, |x| _ = black_box(x)),
        "mel_bands" => bands(chunks, |_, x| _ = black_box(compress(x))),
        "long_spectra" => spectra(chunks, 8192, 4410, |x| _ = black_box(x)),
        "rhythm" => {
            let mut tracker = rhythm::Tracker::new();
            bands(chunks, |_, bands| tracker.push(&compress(bands)));
            black_box(tracker.finish(SECONDS as f64));
        }
        "timbre" => {
            let mut tracker = timbre::Tracker::new();
            bands(chunks, |magnitudes, bands| tracker.push(magnitudes, bands));
            black_box(tracker.finish());
        }
        "tonal" => {
            let mut tracker = tonal::Tracker::new();
            spectra(chunks, 8192, 4410, |magnitudes| tracker.push(magnitudes));
            black_box(tracker.finish(SECONDS as f64));
        }
        other => bail!("there is no kernel {other:?}: {}", NAMES.join(" ")),
    }
    Ok(())
}

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().context("which kernel?")?;
    match name.as_str() {
        "list" => println!("{}", NAMES.join(" ")),
        "decode" => decode(&arguments.next().context("which file?")?)?,
        name => {
            // The analysis rate for what reads mono, that of most files for the rest.
            let native = ["loudness", "signal", "fingerprint", "resample"].contains(&name);
            let hz = if native { 44_100 } else { ANALYSIS_RATE_HZ };
            let rate = Hertz::new(hz).context("a rate")?;
            let spec =
                StreamSpec { rate, channels: ChannelLayout::front(2).context("two channels")? };
            run(name, &sound(&spec), &spec)?;
        }
    }
    Ok(())
}
