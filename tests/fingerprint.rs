//! Fingerprints equal those of `fpcalc`, and the text form is the one `AcoustID` takes.
//!
//! `tests/fixtures/fingerprint/make.py` asked fpcalc; nothing here needs it.

use std::path::Path;

use phonolite::audio::{self, CHUNK_FRAMES, Chunk, Limits};
use phonolite::feature::fingerprint::{Tracker, from_text, to_text};
use phonolite::units::ChannelRole::{Front, LowFrequency, Surround};
use phonolite::units::{ChannelLayout, Hertz, StreamSpec};

const GOLDEN: &str = include_str!("fixtures/fingerprint/golden.txt");

/// Share of bits that may differ where the decoders are not the same: lossy ones differ in the last
/// place of 16 bits. What was measured is 0 to 0.0006.
const LOSSY: f64 = 0.002;

/// Samples that other decoders read otherwise on purpose: one ends in damage.
const DAMAGED: [&str; 2] = ["broken.flac", "truncated.m4a"];

fn lines(kind: &str) -> impl Iterator<Item = Vec<&'static str>> {
    let fields = GOLDEN.lines().map(|line| line.split(' ').collect::<Vec<_>>());
    fields.filter(move |fields| fields[0] == kind)
}

fn heard(path: &Path) -> Vec<u32> {
    let mut source = audio::open(path, &Limits::default()).expect("opens");
    let spec = source.spec().clone();
    let mut tracker = Tracker::new(&spec);
    let mut chunk = Chunk::with_capacity(spec.channels.count(), CHUNK_FRAMES);
    loop {
        chunk.reset(spec.channels.count());
        if source.fill(&mut chunk, CHUNK_FRAMES).expect("decodes") == 0 {
            return tracker.finish().hashes;
        }
        tracker.push(&chunk);
    }
}

fn differing(a: &[u32], b: &[u32]) -> f64 {
    let bits: u32 = a.iter().zip(b).map(|(a, b)| (a ^ b).count_ones()).sum();
    f64::from(bits) / (32.0 * a.len().max(1) as f64)
}

#[test]
fn samples_sound_as_they_do_to_fpcalc() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    let mut compared = 0;
    for line in lines("sample") {
        let [_, name, text] = line[..] else { continue };
        if DAMAGED.contains(&name) {
            continue;
        }
        let (theirs, ours) = (from_text(text).expect("a fingerprint"), heard(&samples.join(name)));
        let lossless = Path::new(name).extension().is_some_and(|suffix| suffix == "flac");
        if lossless {
            assert_eq!(to_text(&ours), text, "{name}");
        }
        assert!(ours.len().abs_diff(theirs.len()) <= 1, "{name}: {} {}", ours.len(), theirs.len());
        let share = differing(&ours, &theirs);
        assert!(share <= LOSSY, "{name}: {share}");
        compared += 1;
    }
    assert!(compared >= 8, "{compared}");
}

/// -8192 .. 8191 for a phase of 32 bits.
fn triangle(phase: u32) -> i32 {
    let ramp = (phase >> 17) as i32;
    (if ramp < 16_384 { ramp } else { 32_767 - ramp }) - 8192
}

/// The signal of `make.py`.
fn made(rate: u32, number: u32) -> Vec<f32> {
    const NOTES: [u32; 7] = [0, 7, 4, 9, 2, 5, 11];
    const HZ: [u64; 12] = [220, 233, 247, 262, 277, 294, 311, 330, 349, 370, 392, 415];
    let mut state = number + 1;
    let mut phases = [0_u32; 3];
    let sample = |n: u32| {
        let note = NOTES[(n * 3 / rate + number) as usize % NOTES.len()];
        let mut total = 0;
        for (phase, interval) in phases.iter_mut().zip([0, 4, 7]) {
            let step = (HZ[(note + interval) as usize % 12] << 32) / u64::from(rate);
            *phase = phase.wrapping_add(step as u32);
            total += triangle(*phase);
        }
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (total.div_euclid(2) + (state >> 23) as i32 - 256) as f32 / 32_768.0
    };
    (0..rate * 6).map(sample).collect()
}

#[test]
fn every_rate_and_layout_equals_fpcalc_bit_by_bit() {
    let layouts: [&[_]; 8] = [
        &[Front],
        &[Front; 2],
        &[Front; 3],
        &[Front, Front, Surround, Surround],
        &[Front, Front, Front, Surround, Surround],
        &[Front, Front, Front, LowFrequency, Surround, Surround],
        &[Front, Front, Front, LowFrequency, Surround, Surround, Surround],
        &[Front, Front, Front, LowFrequency, Surround, Surround, Surround, Surround],
    ];
    let mut compared = 0;
    for line in lines("made") {
        let [_, rate, channels, text] = line[..] else { continue };
        let (rate, channels): (u32, usize) =
            (rate.parse().expect("a rate"), channels.parse().expect("a count"));
        let layout = ChannelLayout::new(layouts[channels - 1].to_vec()).expect("sound");
        let spec = StreamSpec { rate: Hertz::new(rate).expect("sound"), channels: layout };
        let mut tracker = Tracker::new(&spec);
        let planes = (0..channels as u32).map(|number| made(rate, number)).collect();
        tracker.push(&Chunk::from_planes(planes));
        assert_eq!(to_text(&tracker.finish().hashes), text, "{rate} Hz, {channels} channels");
        compared += 1;
    }
    assert_eq!(compared, 23);
}
