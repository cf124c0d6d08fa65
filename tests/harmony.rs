//! Tuning, key and chords of signals whose harmony is known because they were made so: from samples
//! through every lane to the stored values.

#![allow(clippy::panic, reason = "a test ends so")]

use std::f64::consts::TAU;

use phonolite::audio::Chunk;
use phonolite::feature::{Extractor, Families, Family, Lanes, Value};
use phonolite::units::{ChannelLayout, Hertz, StreamSpec};
use serde_json::Value as Json;

const RATE: u32 = 22_050;
const NAMES: [&str; 12] = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"];

/// The stored tonal values of a mono signal.
struct Heard(Vec<Value>);

impl Heard {
    fn of(samples: &[f32]) -> Self {
        let spec = StreamSpec {
            rate: Hertz::new(RATE).expect("a rate"),
            channels: ChannelLayout::front(1).expect("mono"),
        };
        let mut extractor = Extractor::new(&spec, Families::default().with(Family::Tonal));
        for part in samples.chunks(16_384) {
            extractor.push(&Chunk::from_planes(vec![part.to_vec()]), Lanes::InTurn);
        }
        let records = extractor.finish(Lanes::InTurn);
        let tonal = records.into_iter().find(|record| record.family == Family::Tonal);
        Self(tonal.expect("it was wanted").values)
    }

    fn value(&self, name: &str) -> &Value {
        let at = Family::Tonal.fields().iter().position(|field| field.name == name);
        &self.0[at.expect("a descriptor")]
    }

    fn text(&self, name: &str) -> Option<String> {
        match self.value(name) {
            Value::Text(text) => text.clone(),
            other => panic!("{name}: {other:?}"),
        }
    }

    fn real(&self, name: &str) -> Option<f64> {
        match self.value(name) {
            Value::Real(number) => *number,
            other => panic!("{name}: {other:?}"),
        }
    }

    /// Rows of [start, end, label, ...].
    fn spans(&self, name: &str) -> Vec<(f64, f64, String)> {
        let Value::Json(json) = self.value(name) else { panic!("{name} is no JSON") };
        let rows = json.as_ref().and_then(Json::as_array).cloned().unwrap_or_default();
        let number = |row: &Json, at: usize| row[at].as_f64().expect("a time");
        let label = |row: &Json| row[2].as_str().expect("a label").to_owned();
        rows.iter().map(|row| (number(row, 0), number(row, 1), label(row))).collect()
    }

    fn key(&self) -> Option<String> {
        self.text("key")
    }

    /// The label that holds longest within a stretch.
    fn chord(&self, start_s: f64, end_s: f64) -> String {
        let mut best = (0.0, String::from("nothing"));
        for (from, to, label) in self.spans("chords") {
            let shared = to.min(end_s) - from.max(start_s);
            if shared > best.0 {
                best = (shared, label);
            }
        }
        best.1
    }
}

/// Adds decaying tones with six harmonics to the stretch; pitches are MIDI note numbers.
fn play(samples: &mut [f32], pitches: &[f64]) {
    for &pitch in pitches {
        let hz = 440.0 * ((pitch - 69.0) / 12.0).exp2();
        for harmonic in 1..=6 {
            let amplitude = 0.05 * 0.6_f64.powi(harmonic - 1);
            let step = TAU * hz * f64::from(harmonic) / f64::from(RATE);
            for (n, sample) in samples.iter_mut().enumerate() {
                let envelope = (-1.2 * n as f64 / f64::from(RATE)).exp();
                *sample += (amplitude * envelope * (step * n as f64).sin()) as f32;
            }
        }
    }
}

/// One chord: semitones of its notes above C, the first is also played in the bass.
type Notes = &'static [u8];

/// Chords of `seconds` each, over and over until `total_s`, `shift` semitones higher.
fn song(chords: &[Notes], seconds: f64, total_s: f64, shift: f64) -> Vec<f32> {
    let length = (seconds * f64::from(RATE)) as usize;
    let mut samples = vec![0.0; (total_s * f64::from(RATE)) as usize];
    for (part, notes) in samples.chunks_mut(length).zip(chords.iter().cycle()) {
        let mut pitches: Vec<f64> = notes.iter().map(|&n| 60.0 + f64::from(n) + shift).collect();
        pitches.push(36.0 + f64::from(notes[0] % 12) + shift);
        play(part, &pitches);
    }
    samples
}

/// C F G7 C Am Dm G7 C.
const MAJOR: [Notes; 8] = [
    &[0, 4, 7],
    &[5, 9, 12],
    &[7, 11, 14, 17],
    &[0, 4, 7],
    &[9, 12, 16],
    &[2, 5, 9],
    &[7, 11, 14, 17],
    &[0, 4, 7],
];

/// Am Dm E7 Am F Dm E7 Am.
const MINOR: [Notes; 8] = [
    &[9, 12, 16],
    &[2, 5, 9],
    &[4, 8, 11, 14],
    &[9, 12, 16],
    &[5, 9, 12],
    &[2, 5, 9],
    &[4, 8, 11, 14],
    &[9, 12, 16],
];

fn name(tonic: usize, mode: &str) -> String {
    format!("{} {mode}", NAMES[tonic % 12])
}

/// Repeatable white noise, −1..1.
fn noise(seed: u64) -> impl FnMut() -> f32 {
    let mut state = seed;
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    }
}

/// Kick, snare and hi-hat, all of noise but the kick, at 120 BPM.
fn drums(seconds: usize) -> Vec<f32> {
    let mut next = noise(9);
    let sample = |n: usize| {
        let time = n as f64 / f64::from(RATE);
        let (t, beat) = (time % 0.5, (time / 0.5) as usize);
        let fall = 55.0 * t + 6.0 * (1.0 - (-t * 30.0).exp());
        let kick = (-t * 18.0).exp() * (TAU * fall).sin();
        let hiss = f64::from(next());
        let snare = if beat % 2 == 1 { 0.6 * (-t * 20.0).exp() * hiss } else { 0.0 };
        let hat = 0.2 * (-(t % 0.25) * 60.0).exp() * hiss;
        (0.5 * (kick + snare + hat)) as f32
    };
    (0..seconds * RATE as usize).map(sample).collect()
}

#[test]
fn relative_keys_are_told_apart_on_every_tonic() {
    for shift in 0..12 {
        let major = Heard::of(&song(&MAJOR, 1.0, 16.0, f64::from(shift) - 6.0));
        assert_eq!(major.key(), Some(name(6 + shift as usize, "major")));
        let minor = Heard::of(&song(&MINOR, 1.0, 16.0, f64::from(shift) - 6.0));
        assert_eq!(minor.key(), Some(name(3 + shift as usize, "minor")));
    }
}

#[test]
fn detuning_is_measured_and_changes_no_key() {
    let a432 = 1200.0 * (432.0_f64 / 440.0).log2();
    for cents in [a432, -35.0, 20.0, 45.0] {
        for (chords, key) in [(MAJOR, "C major"), (MINOR, "A minor")] {
            let heard = Heard::of(&song(&chords, 1.0, 16.0, cents / 100.0));
            assert_eq!(heard.key().as_deref(), Some(key), "{cents} cents");
            let found = heard.real("tuning_cents").expect("tones have a tuning");
            assert!((found - cents).abs() < 2.0, "{found} for {cents} cents");
        }
    }
    let hz = Heard::of(&song(&MAJOR, 1.0, 16.0, a432 / 100.0)).real("tuning_hz");
    assert!(hz.is_some_and(|hz| (hz - 432.0).abs() < 0.5), "{hz:?}");
}

#[test]
fn what_has_no_key_gets_none() {
    let mut next = noise(3);
    let hiss: Vec<f32> = (0..20 * RATE).map(|_| 0.3 * next()).collect();
    let one_note: Notes = &[9];
    let fifth: Notes = &[2, 9];
    let steady = |hz: &[f64]| -> Vec<f32> {
        let at = |n: u32| {
            hz.iter().map(move |hz| 0.2 * (TAU * hz * f64::from(n) / f64::from(RATE)).sin())
        };
        (0..20 * RATE).map(|n| at(n).sum::<f64>() as f32).collect()
    };
    for (what, samples) in [
        ("silence", vec![0.0; 20 * RATE as usize]),
        ("noise", hiss),
        ("drums", drums(20)),
        ("one tone", steady(&[220.0])),
        ("a drone with its octave", steady(&[110.0, 220.0, 440.0])),
        ("a drone with its fifth", steady(&[110.0, 165.0])),
        ("one note again and again", song(&[one_note], 1.0, 20.0, 0.0)),
        ("a fifth again and again", song(&[fifth], 1.0, 20.0, 0.0)),
    ] {
        let heard = Heard::of(&samples);
        assert_eq!(heard.key(), None, "{what}");
        assert!(heard.real("key_confidence").is_none(), "{what}");
        assert!(heard.spans("chords").iter().all(|c| c.2 == "N"), "{what}");
    }
}

#[test]
fn a_piece_that_modulates_has_two_sections() {
    // C major, then A major (three sharps more); and a step up, as pop songs do.
    for (change, second) in [(9.0, "A major"), (2.0, "D major")] {
        let mut samples = song(&MAJOR, 1.0, 64.0, 0.0);
        samples.extend(song(&MAJOR, 1.0, 64.0, change - 12.0 * f64::from(change > 6.0)));
        let sections = Heard::of(&samples).spans("key_sections");
        let keys: Vec<&str> = sections.iter().map(|s| s.2.as_str()).collect();
        assert_eq!(keys, ["C major", second]);
        assert!((sections[0].1 - 64.0).abs() <= 5.0, "{sections:?}");
        assert!((sections[1].1 - 128.0).abs() < 0.01, "{sections:?}");
    }
}

#[test]
fn silence_and_drums_in_a_song_are_no_chord() {
    let mut samples = song(&MAJOR, 1.0, 16.0, 0.0);
    samples.extend(vec![0.0; 8 * RATE as usize]);
    samples.extend(song(&MAJOR, 1.0, 16.0, 0.0));
    samples.extend(drums(8));
    let heard = Heard::of(&samples);
    assert_eq!(heard.chord(17.0, 23.0), "N", "silence");
    assert_eq!(heard.chord(41.0, 47.0), "N", "drums");
    assert_eq!(heard.key().as_deref(), Some("C major"));
}

#[test]
fn three_seconds_are_heard() {
    let heard = Heard::of(&song(&[&[0, 4, 7], &[7, 11, 14], &[0, 4, 7]], 1.0, 3.0, 0.0));
    let key = heard.key().expect("two chords");
    assert!(["C major", "G major"].contains(&key.as_str()), "{key}");
    assert_eq!(heard.chord(0.0, 1.0), "C:maj");
    assert_eq!(heard.spans("chords").last().map(|c| c.1), Some(3.0));
}

/// Of the chords that is so with given beats only (`feature::tonal::tests`, `models/key/README.md`).
#[test]
fn neither_gain_nor_transposition_changes_the_key() {
    let original = song(&MAJOR, 1.0, 16.0, 0.0);
    for gain in [0.003, 3.0] {
        let other = Heard::of(&original.iter().map(|s| s * gain).collect::<Vec<_>>());
        assert_eq!(other.key(), Some(name(0, "major")), "gain {gain}");
    }
    for shift in [1, 6, 11] {
        let heard = Heard::of(&song(&MAJOR, 1.0, 16.0, shift as f64));
        assert_eq!(heard.key(), Some(name(shift, "major")));
    }
}
