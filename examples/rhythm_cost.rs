//! What rhythm and harmony cost of music that is made here: CPU time and memory, decoding excluded.
//!
//! ```text
//! cargo run --release --example rhythm_cost -- HOURS
//! ```
//!
//! 44.1 kHz stereo goes through the lanes as `phonolite analyze` has it, resampled, as short and long
//! spectra, to the values that are stored. Run it for two lengths: what the peaks differ by is what
//! an hour takes.

use std::f64::consts::TAU;
use std::fs;
use std::io::Write;

use anyhow::{Context, Result};
use phonolite::audio::{CHUNK_FRAMES, Chunk};
use phonolite::feature::{Extractor, Families, Family, Lanes};
use phonolite::units::{ChannelLayout, Hertz, StreamSpec};

const RATE: u32 = 44_100;
/// Chunks of the piece that is played again and again: 95 s.
const CHUNKS: usize = 256;
const BEAT_S: f64 = 60.0 / 124.0;
/// Roots of the chords, a bar each, and whether they are minor.
const CHORDS: [(i32, bool); 8] = [
    (48, false),
    (57, true),
    (53, false),
    (55, false),
    (52, true),
    (57, true),
    (50, true),
    (55, false),
];

fn main() -> Result<()> {
    let hours: f64 = std::env::args().nth(1).context("the number of hours")?.parse()?;
    let rate = Hertz::new(RATE).context("a rate")?;
    let spec = StreamSpec { rate, channels: ChannelLayout::front(2).context("stereo")? };
    let frames = (hours * 3600.0 * f64::from(RATE)) as u64;
    let piece = piece();
    let wanted: Families = [Family::Rhythm, Family::Tonal].into_iter().collect();
    let (resident_kb, begin_s) = (status_kb("VmHWM:")?, cpu_s()?);
    let mut extractor = Extractor::new(&spec, wanted);
    for chunk in piece.iter().cycle().take((frames / CHUNK_FRAMES as u64) as usize) {
        extractor.push(chunk, Lanes::InTurn);
    }
    let records = extractor.finish(Lanes::InTurn);
    let (peak_kb, spent_s) = (status_kb("VmHWM:")? - resident_kb, cpu_s()? - begin_s);
    let mut out = std::io::stdout().lock();
    for (field, value) in records.iter().flat_map(|r| r.family.fields().iter().zip(&r.values)) {
        if ["bpm", "key", "metre", "onset_count"].contains(&field.name) {
            writeln!(out, "{} {}", field.name, serde_json::to_value(value)?)?;
        }
    }
    let declared_kb = Extractor::footprint(&spec, frames, wanted) >> 10;
    writeln!(out, "{hours} h: peak {peak_kb} kB above the start, declared {declared_kb} kB")?;
    let ratio = hours * 3600.0 / spent_s;
    writeln!(out, "{:.3} CPU s per hour, {ratio:.0} x real time", spent_s / hours)?;
    Ok(())
}

/// Drums, bass and chords.
fn piece() -> Vec<Chunk> {
    let mut state = 1_u64;
    let mut noise = move || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f64 / 8_388_608.0 - 1.0
    };
    let mut sample = |n: usize| {
        let time = n as f64 / f64::from(RATE);
        let beat = time / BEAT_S;
        let (of_beat, of_eighth) = (beat.fract() * BEAT_S, (2.0 * beat).fract() * BEAT_S / 2.0);
        let (root, minor) = CHORDS[beat as usize / 4 % CHORDS.len()];
        let third = if minor { 3 } else { 4 };
        let chord: f64 = [0, third, 7].map(|step| tone(root + 12 + step, time)).iter().sum();
        let bass = 2.0 * tone(root - 12, time) * (-3.0 * of_beat).exp();
        let kick = (-of_beat / 0.06).exp() * (TAU * (50.0 * of_beat)).sin();
        let snare = if beat as usize % 2 == 1 { (-of_beat / 0.05).exp() * noise() } else { 0.0 };
        let hat = (-of_eighth / 0.02).exp() * noise();
        (0.05 * chord + 0.08 * bass + 0.4 * kick + 0.15 * snare + 0.06 * hat) as f32
    };
    let mut chunk = |at: usize| {
        let plane: Vec<f32> = (0..CHUNK_FRAMES).map(|n| sample(at * CHUNK_FRAMES + n)).collect();
        Chunk::from_planes(vec![plane.clone(), plane])
    };
    (0..CHUNKS).map(&mut chunk).collect()
}

/// A tone of five partials; `note` is a MIDI number.
fn tone(note: i32, time: f64) -> f64 {
    let hz = 440.0 * (f64::from(note - 69) / 12.0).exp2();
    (1..=5).map(|k| (TAU * hz * f64::from(k) * time).sin() / f64::from(k * k)).sum()
}

/// A line of /proc/self/status, in kB.
fn status_kb(name: &str) -> Result<u64> {
    let text = fs::read_to_string("/proc/self/status").context("Linux")?;
    let line = text.lines().find_map(|line| line.strip_prefix(name)).context("the line")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

/// CPU time of this thread.
fn cpu_s() -> Result<f64> {
    let text = fs::read_to_string("/proc/thread-self/schedstat").context("Linux")?;
    let nanoseconds: u64 = text.split(' ').next().context("a number")?.parse()?;
    Ok(nanoseconds as f64 * 1e-9)
}
