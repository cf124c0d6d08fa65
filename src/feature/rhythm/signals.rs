//! Rhythm of sounds that are made here, from samples to records as `analyze` makes them.

use super::sounds::{Chance, Sound, hz, steady};
use super::*;
use crate::audio::Chunk;
use crate::feature::catalogue::{Families, Family, Value};
use crate::feature::{Extractor, Lanes};
use crate::units::{ChannelLayout, Hertz, StreamSpec};

const RATE: u32 = 44_100;

#[derive(Debug, Default)]
pub(super) struct Heard {
    pub(super) bpm: Option<f64>,
    pub(super) kind: Option<String>,
    pub(super) beats: Vec<f64>,
    pub(super) downbeats: Vec<f64>,
    pub(super) metre: Option<i64>,
    pub(super) curve: Vec<f32>,
}

pub(super) fn hear(sound: &Sound) -> Heard {
    let rate = Hertz::new(sound.rate_hz).unwrap();
    let spec = StreamSpec { rate, channels: ChannelLayout::front(1).unwrap() };
    let mut extractor = Extractor::new(&spec, Families::NONE.with(Family::Rhythm));
    for part in sound.samples.chunks(16_384) {
        extractor.push(&Chunk::from_planes(vec![part.to_vec()]), Lanes::InTurn);
    }
    let records = extractor.finish(Lanes::InTurn);
    let rhythm = records.iter().find(|record| record.family == Family::Rhythm).unwrap();
    let mut heard = Heard::default();
    for (field, value) in FIELDS.iter().zip(&rhythm.values) {
        match (field.name, value) {
            ("bpm", Value::Real(bpm)) => heard.bpm = *bpm,
            ("tempo_kind", Value::Text(kind)) => heard.kind.clone_from(kind),
            ("metre", Value::Integer(metre)) => heard.metre = *metre,
            ("tempo_curve", Value::Vector(curve)) => {
                heard.curve = curve.clone().unwrap_or_default();
            }
            ("beats", Value::Times(times)) => heard.beats = times.clone().unwrap_or_default(),
            ("downbeats", Value::Times(times)) => {
                heard.downbeats = times.clone().unwrap_or_default();
            }
            _ => {}
        }
    }
    heard
}

/// Signed distances of `found` to the nearest of `truth`, ascending, seconds.
fn errors(found: &[f64], truth: &[f64]) -> Vec<f64> {
    let nearest = |time: &f64| {
        let distances = truth.iter().map(|t| time - t);
        distances.min_by(|a, b| a.abs().total_cmp(&b.abs())).unwrap()
    };
    let mut errors: Vec<f64> = found.iter().map(nearest).collect();
    errors.sort_by(f64::total_cmp);
    errors
}

fn median_error(found: &[f64], truth: &[f64]) -> f64 {
    let errors = errors(found, truth);
    errors[errors.len() / 2]
}

/// Share of `found` within 70 ms of `truth`.
pub(super) fn precision(found: &[f64], truth: &[f64]) -> f64 {
    let near = errors(found, truth).iter().filter(|error| error.abs() < 0.07).count();
    near as f64 / found.len().max(1) as f64
}

#[test]
fn beats_lie_on_clicks_at_every_sample_rate() {
    for rate_hz in [8_000, 22_050, 44_100, 48_000, 96_000] {
        for (bpm, click_hz, amplitude) in [(97.3, 1000.0, 0.5), (120.0, 3000.0, 0.05)] {
            let mut sound = Sound::silence(rate_hz, 24.0);
            let times = steady(0.137, 60.0 / bpm, 23.8);
            for &time in &times {
                sound.click(time, click_hz, amplitude);
            }
            let heard = hear(&sound);
            assert!((heard.bpm.unwrap() / bpm - 1.0).abs() < 5e-4, "{rate_hz}: {:?}", heard.bpm);
            let error = median_error(&heard.beats, &times);
            assert!(error.abs() <= 0.005, "{rate_hz} Hz, {bpm} BPM: {error} s");
        }
    }
}

/// Slow and fast clicks may be heard an octave nearer to what people tap; beats lie on clicks then
/// too, or half-way between two of them.
#[test]
fn extreme_tempi_are_right_up_to_an_octave() {
    for bpm in [40.0, 250.0] {
        for drums in [false, true] {
            let mut sound = Sound::silence(22_050, 45.0);
            let beats = steady(0.2, 60.0 / bpm, 44.6);
            for (i, &beat) in beats.iter().enumerate() {
                match (drums, i % 2) {
                    (false, _) => sound.click(beat, 1000.0, 0.5),
                    (true, 0) => sound.kick(beat, 0.8),
                    (true, _) => sound.snare(beat, 0.6),
                }
            }
            let heard = hear(&sound);
            let octaves = (heard.bpm.unwrap() / bpm).log2();
            assert!((octaves - octaves.round()).abs() < 1e-3, "{bpm}: {:?}", heard.bpm);
            assert!(
                octaves.abs() < 1.5 && (60.0..=262.0).contains(&(bpm * octaves.exp2()))
                    || octaves.abs() < 0.5,
                "{bpm}: {octaves}"
            );
            let half = steady(0.2, 30.0 / bpm, 44.6);
            assert!(precision(&heard.beats, &half) > 0.95, "{bpm}: {:?}", heard.beats);
        }
    }
}

fn modulated_noise(seed: u64) -> Sound {
    let mut sound = Sound::silence(RATE, 25.0);
    sound.pink_noise(seed, 0.8);
    let (mut chance, mut level, mut target) = (Chance::new(seed + 90), 0.0_f64, 0.0_f64);
    for (n, sample) in sound.samples.iter_mut().enumerate() {
        if n % 4_410 == 0 {
            target = 0.5 + 0.5 * chance.next();
        }
        level += (target - level) / 2_000.0;
        *sample *= level as f32;
    }
    sound
}

fn babble(seed: u64) -> Sound {
    let mut sound = Sound::silence(22_050, 25.0);
    let (mut chance, mut time) = (Chance::new(seed), 0.2);
    while time < 24.0 {
        let length = 0.17 + 0.08 * chance.next();
        sound.voice(time, length, 120.0 * (1.0 + 0.25 * chance.next()), 0.3);
        let pause = if chance.next() > 0.7 { 0.5 + 0.3 * chance.next() } else { 0.03 };
        time += length + 0.02 + pause;
    }
    sound
}

#[test]
fn what_has_no_pulse_has_no_tempo() {
    let noise = |seconds: f64, amplitude: f64| {
        let mut sound = Sound::silence(RATE, seconds);
        sound.noise(3, amplitude);
        sound
    };
    let mut pink = Sound::silence(RATE, 25.0);
    pink.pink_noise(4, 0.8);
    let mut drone = Sound::silence(22_050, 25.0);
    for hz in [55.0, 110.7, 164.0] {
        drone.tone(0.0, 25.0, hz, 0.2);
    }
    let sounds = [
        ("silence", Sound::silence(RATE, 25.0)),
        ("white noise", noise(25.0, 0.3)),
        ("faint noise", noise(25.0, 1e-4)),
        ("3 s of noise", noise(3.0, 0.3)),
        ("3 s of silence", Sound::silence(RATE, 3.0)),
        ("pink noise", pink),
        ("drone", drone),
        ("noise that comes and goes", modulated_noise(1)),
        ("another", modulated_noise(2)),
        ("babble", babble(5)),
        ("more babble", babble(6)),
    ];
    for (name, sound) in &sounds {
        let heard = hear(sound);
        assert!(heard.bpm.is_none() && heard.beats.is_empty(), "{name}: {:?}", heard.bpm);
    }
}

#[test]
fn a_choir_without_drums_has_its_beat() {
    let mut chance = Chance::new(41);
    let mut sound = Sound::silence(22_050, 30.0);
    let beats = steady(0.3, 60.0 / 90.0, 29.0);
    for (i, &beat) in beats.iter().enumerate() {
        let note = [0, 4, 7, 5, 4, 2, 0, -1][i % 8];
        for part in [50, 57, 62] {
            sound.voice(beat + 0.012 * chance.normal(), 0.61, hz(part + note), 0.15);
        }
    }
    let heard = hear(&sound);
    let octaves = (heard.bpm.unwrap() / 90.0).log2();
    assert!((octaves - octaves.round()).abs() < 0.01, "{:?}", heard.bpm);
    assert!(precision(&heard.beats, &beats) > 0.45 * octaves.exp2().recip().min(2.0));
}

/// Drums on beats that a player keeps to within `jitter_s`, whose tempo walks at random by `drift`
/// (standard deviation over the piece).
fn drummer(drift: f64, jitter_s: f64, seed: u64) -> (Vec<f64>, Sound) {
    let mut chance = Chance::new(seed);
    let (mut time, mut walk, mut beats) = (0.3, 0.0, Vec::new());
    while time < 44.0 {
        beats.push(time + jitter_s * chance.normal());
        walk = 0.97 * walk + 0.24 * chance.normal();
        time += 0.5 * (1.0 + drift * walk);
    }
    let mut sound = Sound::silence(22_050, 45.0);
    for (i, &beat) in beats.iter().enumerate() {
        if i % 2 == 0 {
            sound.kick(beat, 0.7);
        } else {
            sound.snare(beat, 0.4);
        }
        sound.hat(beat, 0.15);
        sound.hat(beat + 0.25, 0.15);
    }
    (beats, sound)
}

#[test]
fn a_drummer_who_drifts_is_followed_and_called_variable() {
    for seed in 1..=3 {
        let (beats, sound) = drummer(0.02, 0.008, seed);
        let heard = hear(&sound);
        assert_eq!(heard.kind.as_deref(), Some("variable"), "{seed}");
        assert!(precision(&heard.beats, &beats) > 0.9, "{seed}");
        let (beats, sound) = drummer(0.0, 0.010, seed);
        let heard = hear(&sound);
        assert_eq!(heard.kind.as_deref(), Some("constant"), "{seed}");
        assert!(precision(&heard.beats, &beats) > 0.95, "{seed}");
    }
}
