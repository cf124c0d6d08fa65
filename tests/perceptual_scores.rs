//! Perceptual scores move the way their names say, when one thing about a song is changed.
//!
//! The songs are synthesised, so that only that one thing changes.

#![allow(clippy::panic, reason = "a test ends so")]

use phonolite::audio::Chunk;
use phonolite::feature::catalogue::{Families, Family, Value};
use phonolite::feature::{Extractor, Lanes};
use phonolite::units::{ChannelLayout, Hertz, StreamSpec};
use std::f64::consts::TAU;

const RATE: u32 = 22_050;
const SECONDS: f64 = 16.0;

/// What can be changed about a song.
#[derive(Clone, Copy)]
struct Song {
    gain: f64,
    bpm: f64,
    /// Melody notes a beat.
    notes: f64,
    minor: bool,
    /// Amplitude of bass drum and snare.
    drums: f64,
    /// Amplitude of noise above 4 kHz.
    air: f64,
    /// Largest displacement of a beat, in beats.
    jitter: f64,
    /// Gain before a soft clipper; 0 leaves the tones as they are.
    drive: f64,
}

const SONG: Song = Song {
    gain: 0.3,
    bpm: 110.0,
    notes: 1.0,
    minor: false,
    drums: 0.6,
    air: 0.02,
    jitter: 0.0,
    drive: 0.0,
};

/// Root and third of four chords, in semitones over the tonic: I IV vi V and i iv VI v.
const MAJOR: [(f64, f64); 4] = [(0.0, 4.0), (5.0, 4.0), (-3.0, 3.0), (7.0, 4.0)];
const MINOR: [(f64, f64); 4] = [(0.0, 3.0), (5.0, 3.0), (-4.0, 4.0), (7.0, 3.0)];

/// Noise in -1..1 that is the same every time.
fn noise(n: usize) -> f64 {
    let mut x = (n as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(0x1234_5678);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((x ^ (x >> 31)) >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
}

/// Adds `wave(seconds since the start)` at `start_s`.
fn strike(to: &mut [f64], start_s: f64, length_s: f64, wave: impl Fn(f64, usize) -> f64) {
    let start = (start_s.max(0.0) * f64::from(RATE)) as usize;
    let length = (length_s * f64::from(RATE)) as usize;
    for (n, x) in to.iter_mut().enumerate().skip(start).take(length) {
        *x += wave((n - start) as f64 / f64::from(RATE), n);
    }
}

fn tone(hz: f64, t: f64) -> f64 {
    (1..=5).map(|p| (TAU * hz * f64::from(p) * t).sin() / f64::from(p * p)).sum::<f64>()
        * (-3.0 * t).exp()
}

impl Song {
    fn samples(&self) -> Vec<f64> {
        let frames = (SECONDS * f64::from(RATE)) as usize;
        let (mut tones, mut drums) = (vec![0.0; frames], vec![0.0; frames]);
        let beat = 60.0 / self.bpm;
        let chords = if self.minor { MINOR } else { MAJOR };
        let hz = |semitones: f64| 220.0 * 2.0_f64.powf(semitones / 12.0);
        for k in 0..(SECONDS / beat) as usize {
            let start = (k as f64 + self.jitter * noise(k)) * beat;
            let (root, third) = chords[k / 4 % 4];
            for interval in [0.0, third, 7.0] {
                strike(&mut tones, start, 1.5 * beat, |t, _| 0.12 * tone(hz(root + interval), t));
            }
            strike(&mut tones, start, beat, |t, _| 0.3 * tone(hz(root - 24.0), t));
            for note in 0..self.notes as usize {
                let at = start + note as f64 / self.notes * beat;
                let step = [0.0, third, 7.0, 12.0][(note + k) % 4];
                strike(&mut tones, at, 0.5, |t, _| 0.3 * tone(hz(12.0 + root + step), t));
            }
            let kick = |t: f64, _| (TAU * 55.0 * t).sin() * (-25.0 * t).exp();
            strike(&mut drums, start, 0.2, |t, n| self.drums * kick(t, n));
            if k % 2 == 1 {
                strike(&mut drums, start, 0.15, |t, n| {
                    self.drums * 0.7 * noise(n) * (-30.0 * t).exp()
                });
            }
        }
        let drive = |x: f64| if self.drive > 0.0 { (x * self.drive).tanh() * 0.5 } else { x };
        let air = |n: usize| noise(n) - noise(n.wrapping_sub(1));
        let mix =
            |(n, (t, d)): (usize, (&f64, &f64))| self.gain * (drive(*t) + d + self.air * air(n));
        tones.iter().zip(&drums).enumerate().map(mix).collect()
    }
}

/// A voice that speaks, or sings on one pitch, four syllables a second; `pause` of every second is
/// silent.
fn voice(pause: f64) -> Vec<f64> {
    let frames = (SECONDS * f64::from(RATE)) as usize;
    let mut phase = 0.0;
    let sample = |n: usize| {
        let t = n as f64 / f64::from(RATE);
        let syllable = (t * 4.3).floor();
        let within = t * 4.3 - syllable;
        let hz = 120.0 + 25.0 * noise(syllable as usize + 7) - 20.0 * within;
        phase += hz / f64::from(RATE);
        let formant = 500.0 + 300.0 * noise(syllable as usize + 99);
        let upper = 1500.0 + 600.0 * noise(syllable as usize + 199);
        let harmonics = (1..=25).map(|p| {
            let f = hz * f64::from(p);
            let gain = (-((f - formant) / 200.0).powi(2)).exp()
                + 0.6 * (-((f - upper) / 250.0).powi(2)).exp();
            gain * (TAU * phase * f64::from(p)).sin()
        });
        let spoken = u8::from(t.fract() >= pause);
        let envelope = (std::f64::consts::PI * within).sin().powi(2);
        f64::from(spoken) * envelope * 0.3 * harmonics.sum::<f64>()
    };
    (0..frames).map(sample).collect()
}

fn mixed(a: &[f64], b: &[f64], gain: f64) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a + gain * b).collect()
}

fn heard(samples: &[f64]) -> Vec<Value> {
    let rate = Hertz::new(RATE).expect("a rate");
    let spec = StreamSpec { rate, channels: ChannelLayout::front(1).expect("mono") };
    let mut extractor = Extractor::new(&spec, Families::NONE.with(Family::Perceptual));
    for part in samples.chunks(16_384) {
        let plane = part.iter().map(|&x| x as f32).collect();
        extractor.push(&Chunk::from_planes(vec![plane]), Lanes::InTurn);
    }
    extractor.finish(Lanes::InTurn).remove(0).values
}

fn score(samples: &[f64], name: &str) -> Option<f64> {
    let at = Family::Perceptual.fields().iter().position(|field| field.name == name);
    match heard(samples).remove(at.expect("a score")) {
        Value::Real(value) => value,
        other => panic!("{name} is {other:?}"),
    }
}

/// Fails unless each sound has more of the score than the one before.
fn rises(name: &str, sounds: &[Vec<f64>]) {
    let scores: Vec<f64> =
        sounds.iter().map(|samples| score(samples, name).expect("a score")).collect();
    assert!(scores.windows(2).all(|pair| pair[1] > pair[0]), "{name}: {scores:?}");
}

fn songs<const N: usize>(change: impl Fn(f64) -> Song, values: [f64; N]) -> Vec<Vec<f64>> {
    values.into_iter().map(|value| change(value).samples()).collect()
}

#[test]
fn energy_rises_with_level_density_and_brightness() {
    rises("energy", &songs(|gain| Song { gain, ..SONG }, [0.01, 0.05, 0.2, 0.8]));
    rises("energy", &songs(|notes| Song { notes, ..SONG }, [1.0, 2.0, 4.0]));
    rises("energy", &songs(|air| Song { air, ..SONG }, [0.0, 0.05, 0.2]));
}

#[test]
fn danceability_rises_with_the_beat_and_falls_with_its_jitter() {
    rises("danceability", &songs(|drums| Song { drums, notes: 3.0, ..SONG }, [0.02, 0.2, 0.8]));
    rises("danceability", &songs(|jitter| Song { jitter, ..SONG }, [0.15, 0.06, 0.0]));
    let speech = score(&voice(0.3), "danceability");
    assert_eq!(speech.map(|x| x > 0.05), Some(false), "{speech:?}");
}

#[test]
fn valence_rises_with_the_major_key_and_the_tempo() {
    rises("valence", &[Song { minor: true, ..SONG }.samples(), SONG.samples()]);
    rises("valence", &songs(|bpm| Song { bpm, notes: 2.0, ..SONG }, [75.0, 125.0, 140.0]));
}

#[test]
fn acousticness_falls_with_distortion_and_air() {
    rises("acousticness", &songs(|drive| Song { drive, drums: 0.1, ..SONG }, [30.0, 5.0, 0.0]));
    rises("acousticness", &songs(|air| Song { air, ..SONG }, [0.2, 0.05, 0.0]));
}

#[test]
fn a_voice_takes_from_instrumentalness() {
    let (song, voice) = (SONG.samples(), voice(0.0));
    let with = |gain| mixed(&song, &voice, gain);
    rises("instrumentalness", &[with(0.8), with(0.3), with(0.1), with(0.0)]);
}

#[test]
fn speech_over_music_is_more_speech_the_louder_it_is() {
    let (song, voice) = (SONG.samples(), voice(0.3));
    let with = |gain| mixed(&song, &voice, gain);
    rises("speechiness", &[with(0.0), with(1.0), with(4.0), voice.clone()]);
    assert!(score(&voice, "speechiness") > Some(0.7));
    assert!(score(&song, "speechiness") < Some(0.3));
}

#[test]
fn an_audience_makes_it_live() {
    let song = SONG.samples();
    let audience: Vec<f64> = (0..song.len()).map(noise).collect();
    let with = |gain| mixed(&song, &audience, gain);
    rises("liveness", &[with(0.0), with(0.002), with(0.01), with(0.05)]);
}

#[test]
fn drums_are_percussive_and_air_is_bright() {
    rises("percussiveness", &songs(|drums| Song { drums, ..SONG }, [0.0, 0.1, 0.6]));
    rises("brightness", &songs(|air| Song { air, ..SONG }, [0.0, 0.02, 0.1]));
}

#[test]
fn silence_and_very_short_sounds_have_no_score() {
    let short: Vec<f64> = SONG.samples()[..(2.9 * f64::from(RATE)) as usize].to_vec();
    let quiet: Vec<f64> = SONG.samples().iter().map(|x| x * 1e-6).collect();
    for samples in [vec![], vec![0.0; 200_000], vec![0.5; 200_000], short, quiet] {
        let seconds = samples.len() / RATE as usize;
        for (field, value) in Family::Perceptual.fields().iter().zip(heard(&samples)) {
            assert_eq!(value, Value::undefined(field.kind), "{} of {seconds} s", field.name);
        }
    }
}

#[test]
fn odd_sounds_stay_within_the_range() {
    let frames = 10 * RATE as usize;
    let clicks = |n: usize| if n.is_multiple_of(11_025) { 1.0 } else { 0.0 };
    let square = |n: usize| if (n / 25).is_multiple_of(2) { 1.0 } else { -1.0 };
    let sine = |n: usize| (TAU * 1000.0 * n as f64 / f64::from(RATE)).sin();
    let sounds: [&dyn Fn(usize) -> f64; 4] = [&noise, &clicks, &square, &sine];
    for (index, sound) in sounds.into_iter().enumerate() {
        let samples: Vec<f64> = (0..frames).map(sound).collect();
        for (field, value) in Family::Perceptual.fields().iter().zip(heard(&samples)) {
            let Value::Real(Some(value)) = value else { continue };
            let largest = if field.name == "danceability_dfa" { f64::MAX } else { 1.0 };
            assert!((0.0..=largest).contains(&value), "{} of sound {index}: {value}", field.name);
        }
    }
}
