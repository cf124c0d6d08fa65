//! Rhythm of sounds whose answer is known from how they were made.

use super::*;
use realfft::RealFftPlanner;
use std::f64::consts::TAU;

const RATE: f64 = 22_050.0;
const WINDOW: usize = 2048;
const HOP_SAMPLES: usize = 441;

/// The front end, written plainly: log-mel frames of mono samples at 22 050 Hz.
fn log_mel(samples: &[f32]) -> Vec<[f32; MEL_BANDS]> {
    let fft = RealFftPlanner::<f32>::new().plan_fft_forward(WINDOW);
    let bank = mel_bank();
    let window: Vec<f32> =
        (0..WINDOW).map(|n| (0.5 - 0.5 * (TAU * n as f64 / WINDOW as f64).cos()) as f32).collect();
    let mut input = vec![0.0; WINDOW];
    let mut spectrum = fft.make_output_vec();
    let frame = |k: usize| {
        for (n, (x, w)) in input.iter_mut().zip(&window).enumerate() {
            let at = (k * HOP_SAMPLES + n).checked_sub(WINDOW / 2);
            *x = at.and_then(|at| samples.get(at)).map_or(0.0, |sample| sample * w);
        }
        fft.process(&mut input, &mut spectrum).unwrap();
        let mut frame = [0.0; MEL_BANDS];
        for (value, (first, weights)) in frame.iter_mut().zip(&bank) {
            let sum: f32 =
                weights.iter().zip(&spectrum[*first..]).map(|(w, bin)| w * bin.norm()).sum();
            *value = (1.0 + 1000.0 * sum * 2.0 / (WINDOW as f32 / 2.0)).ln();
        }
        frame
    };
    (0..samples.len().div_ceil(HOP_SAMPLES)).map(frame).collect()
}

/// First bin and weights of each of 40 triangles, 30 to 8000 Hz on the HTK mel scale.
fn mel_bank() -> Vec<(usize, Vec<f32>)> {
    let mel = |hz: f64| 2595.0 * (1.0 + hz / 700.0).log10();
    let step = (mel(8000.0) - mel(30.0)) / (MEL_BANDS + 1) as f64;
    let edge = |b: usize| 700.0 * (10_f64.powf((mel(30.0) + step * b as f64) / 2595.0) - 1.0);
    let triangle = |b: usize| {
        let (low, centre, high) = (edge(b), edge(b + 1), edge(b + 2));
        let weight = |bin: usize| {
            let hz = bin as f64 * RATE / WINDOW as f64;
            ((hz - low) / (centre - low)).min((high - hz) / (high - centre)).max(0.0) as f32
        };
        let first = (low * WINDOW as f64 / RATE) as usize;
        let last = (high * WINDOW as f64 / RATE) as usize;
        (first, (first..=last).map(weight).collect())
    };
    (0..MEL_BANDS).map(triangle).collect()
}

fn analyse(samples: &[f32]) -> Rhythm {
    let mut tracker = Tracker::new();
    for frame in log_mel(samples) {
        tracker.push(&frame);
    }
    tracker.finish(samples.len() as f64 / RATE)
}

/// Adds a decaying 1 kHz burst of 30 ms at `at_s`.
fn click(samples: &mut [f32], at_s: f64, amplitude: f32) {
    let first = (at_s * RATE).round() as usize;
    for (n, sample) in samples.iter_mut().skip(first).take(661).enumerate() {
        let t = n as f64 / RATE;
        *sample += amplitude * ((-t / 0.01).exp() * (TAU * 1000.0 * t).sin()) as f32;
    }
}

fn seconds(duration_s: f64) -> Vec<f32> {
    vec![0.0; (duration_s * RATE) as usize]
}

/// Times of clicks every 60 / `bpm` s from 0.3 s, and their sound.
fn clicks(bpm: f64, duration_s: f64, amplitude: f32) -> (Vec<f64>, Vec<f32>) {
    let mut samples = seconds(duration_s);
    let count = ((duration_s - 0.4) * bpm / 60.0) as usize;
    let times: Vec<f64> = (0..count).map(|i| 0.3 + i as f64 * 60.0 / bpm).collect();
    for &time in &times {
        click(&mut samples, time, amplitude);
    }
    (times, samples)
}

struct Noise(u64);

impl Noise {
    /// Uniform within -1..1.
    fn next(&mut self) -> f32 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f32 / 8_388_608.0 - 1.0
    }
}

fn noise(duration_s: f64, amplitude: f32) -> Vec<f32> {
    let mut noise = Noise(7);
    seconds(duration_s).iter().map(|_| amplitude * noise.next()).collect()
}

/// Median of the signed distances of `found` to the nearest of `truth`, in seconds.
fn median_error(found: &[f64], truth: &[f64]) -> f64 {
    let nearest = |time: &f64| {
        let distances = truth.iter().map(|t| time - t);
        distances.min_by(|a, b| a.abs().total_cmp(&b.abs())).unwrap()
    };
    let mut errors: Vec<f64> = found.iter().map(nearest).collect();
    errors.sort_by(f64::total_cmp);
    errors[errors.len() / 2]
}

/// Share of `truth` with a time of `found` within 25 ms.
fn recall(found: &[f64], truth: &[f64]) -> f64 {
    let hit = |t: &&f64| found.iter().any(|f| (f - *t).abs() < 0.025);
    truth.iter().filter(hit).count() as f64 / truth.len() as f64
}

#[test]
fn clicks_give_their_tempo_and_their_times() {
    for bpm in [40.0, 60.0, 90.0, 97.3, 120.0, 133.33, 174.0, 250.0] {
        for amplitude in [0.9, 0.3] {
            let (times, samples) = clicks(bpm, 60.0, amplitude);
            let rhythm = analyse(&samples);
            let found = rhythm.bpm.unwrap();
            // 40 and 250 BPM stand alone in their family; the prior may choose an octave of them.
            let octaves = (found / bpm).log2().round() as i32;
            assert!(octaves == 0 || !(60.0..200.0).contains(&bpm), "{found} for {bpm}");
            let octave = f64::from(octaves).exp2();
            let error = (found / bpm / octave - 1.0).abs();
            assert!(error <= 3e-4, "{found} for {bpm}: {error}");
            let beats = rhythm.beats.unwrap();
            let on_clicks: Vec<f64> = beats
                .iter()
                .copied()
                .filter(|b| times.iter().any(|t| (t - b).abs() < 0.05))
                .collect();
            let error = median_error(&on_clicks, &times);
            assert!(error.abs() <= 0.005, "{bpm} BPM at {amplitude}: beats off by {error} s");
            if octaves >= 0 {
                assert!(recall(&beats, &times) > 0.95, "{bpm}: {} beats", beats.len());
            }
            assert!(recall(&rhythm.onsets, &times) > 0.98, "{bpm}: {} onsets", rhythm.onsets.len());
            assert!(
                rhythm.onsets.len() <= times.len() + 2,
                "{bpm}: {} onsets",
                rhythm.onsets.len()
            );
            assert_eq!(rhythm.tempo_kind, Some("constant"));
            assert!(rhythm.tempo_stability.unwrap() > 0.999);
        }
    }
}

#[test]
fn a_change_of_tempo_is_followed_and_named() {
    let mut samples = seconds(90.0);
    let first: Vec<f64> = (0..75).map(|i| 0.3 + f64::from(i) * 0.6).collect();
    let second: Vec<f64> = (0..90).map(|i| 45.3 + f64::from(i) * 0.48).collect();
    let times = [first, second].concat();
    for &time in &times {
        click(&mut samples, time, 0.5);
    }
    let rhythm = analyse(&samples);
    assert_eq!(rhythm.tempo_kind, Some("variable"));
    assert!(rhythm.tempo_stability.unwrap() < 0.95);
    // Bare clicks have no octave: every beat is on a click, and the distances change as theirs do.
    let beats = rhythm.beats.unwrap();
    assert!(recall(&times, &beats) > 0.9 && beats.len() >= times.len() / 3, "{beats:?}");
    let gaps: Vec<f64> = beats.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let ratio = gaps[gaps.len() - 3] / gaps[3];
    assert!((ratio / 0.8 - 1.0).abs() < 0.02, "{ratio}");
}

#[test]
fn swung_eighths_keep_the_beat() {
    let mut samples = noise(60.0, 0.002);
    let beats: Vec<f64> = (0..140).map(|i| 0.3 + f64::from(i) * 60.0 / 144.0).collect();
    for &beat in &beats {
        click(&mut samples, beat, 0.8);
        click(&mut samples, beat + 2.0 / 3.0 * 60.0 / 144.0, 0.25);
    }
    let rhythm = analyse(&samples);
    assert!((rhythm.bpm.unwrap() / 144.0 - 1.0).abs() < 1e-3, "{:?}", rhythm.bpm);
    assert!(recall(&rhythm.beats.unwrap(), &beats) > 0.95);
}

#[test]
fn sound_without_pulse_has_no_tempo() {
    let sine = |duration_s: f64| -> Vec<f32> {
        let at = |n: usize| (0.5 * (TAU * 440.0 * n as f64 / RATE).sin()) as f32;
        (0..seconds(duration_s).len()).map(at).collect()
    };
    let mut one = seconds(20.0);
    click(&mut one, 10.0, 0.9);
    let mut random = seconds(30.0);
    let mut chance = Noise(3);
    (0..90).for_each(|_| click(&mut random, 14.5 + 14.0 * f64::from(chance.next()), 0.5));
    let beating: Vec<f32> = (0..seconds(30.0).len())
        .map(|n| n as f64 / RATE)
        .map(|t| (0.2 * (TAU * 220.0 * t).sin() + 0.2 * (TAU * 221.3 * t).sin()) as f32)
        .collect();
    let sounds = [
        ("empty", Vec::new()),
        ("one sample", vec![0.5]),
        ("silence", seconds(30.0)),
        ("noise", noise(30.0, 0.3)),
        ("faint noise", noise(30.0, 3e-5)),
        ("short noise", noise(6.0, 0.3)),
        ("sine", sine(30.0)),
        ("beating sines", beating),
        ("one click", one),
        ("random clicks", random),
    ];
    for (name, samples) in sounds {
        let rhythm = analyse(&samples);
        assert_eq!(rhythm.bpm, None, "{name}");
        assert_eq!((rhythm.beats, rhythm.bpm_confidence), (None, None), "{name}");
        assert!(rhythm.bpm_candidates.is_empty(), "{name}");
    }
}

#[test]
fn three_seconds_of_clicks_are_enough() {
    let (times, samples) = clicks(120.0, 3.0, 0.9);
    let rhythm = analyse(&samples);
    assert!((rhythm.bpm.unwrap() / 120.0 - 1.0).abs() < 0.01, "{:?}", rhythm.bpm);
    assert!(recall(&rhythm.beats.unwrap(), &times) > 0.7);
}

#[test]
fn gain_changes_little() {
    let (times, loud) = clicks(128.0, 40.0, 0.9);
    let floor = noise(40.0, 1e-4);
    let at =
        |gain: f32| -> Vec<f32> { loud.iter().zip(&floor).map(|(x, n)| gain * (x + n)).collect() };
    for gain in [1.0, 0.1, 0.01] {
        let rhythm = analyse(&at(gain));
        assert!((rhythm.bpm.unwrap() / 128.0 - 1.0).abs() < 3e-4, "{gain}: {:?}", rhythm.bpm);
        assert!(median_error(&rhythm.beats.unwrap(), &times).abs() < 0.015);
    }
}

#[test]
fn values_fit_the_catalogue_and_stay_in_range() {
    let (_, samples) = clicks(100.0, 30.0, 0.5);
    for samples in [samples, seconds(2.0), noise(12.0, 0.9)] {
        let duration_s = samples.len() as f64 / RATE;
        let rhythm = analyse(&samples);
        let values = rhythm.values();
        assert_eq!(values.len(), FIELDS.len());
        assert!(values.iter().zip(FIELDS).all(|(value, field)| value.kind() == field.kind));
        let ascending = |times: &[f64]| times.windows(2).all(|pair| pair[0] < pair[1]);
        let times = rhythm.beats.iter().flatten().chain(&rhythm.onsets);
        assert!(times.clone().all(|t| (0.0..=duration_s).contains(t)));
        assert!(
            ascending(&rhythm.onsets) && ascending(rhythm.beats.as_deref().unwrap_or_default())
        );
        assert!(rhythm.bpm_confidence.is_none_or(|c| (0.0..=1.0).contains(&c)));
        let shares: f64 = rhythm.bpm_candidates.iter().map(|c| c.share).sum();
        assert!(rhythm.bpm.is_none() || (0.8..1.0 + 1e-9).contains(&shares), "{shares}");
        assert_eq!(rhythm.bpm, rhythm.bpm_candidates.first().map(|c| c.bpm));
        assert!(rhythm.bpm_candidates.iter().all(|c| (25.0..350.0).contains(&c.bpm)));
    }
}

#[test]
fn the_same_frames_give_the_same_rhythm() {
    let (_, mut samples) = clicks(111.1, 30.0, 0.5);
    samples.iter_mut().zip(noise(30.0, 0.01)).for_each(|(x, n)| *x += n);
    assert_eq!(analyse(&samples), analyse(&samples));
}

#[test]
fn frames_that_are_not_finite_do_no_harm() {
    let mut tracker = Tracker::new();
    for k in 0..2_000 {
        let value = [f32::NAN, f32::INFINITY, -1e30, 1e30, 3.0][k % 5];
        tracker.push(&[value; MEL_BANDS]);
    }
    let rhythm = tracker.finish(40.0);
    assert!(rhythm.onsets.iter().all(|t| t.is_finite()));
    assert!(rhythm.bpm.is_none_or(f64::is_finite));
}

/// Frames of a drum-like pattern with a few percent of noise, without going through audio.
fn push_synthetic(tracker: &mut Tracker, frames: u64) {
    let mut noise = Noise(11);
    for k in 0..frames {
        let mut frame = [1.0; MEL_BANDS];
        for value in &mut frame {
            *value += 0.05 * noise.next();
        }
        let phase = k % 24;
        let (low, high) =
            (if phase == 0 { 3.0 } else { 0.0 }, if phase % 6 == 0 { 2.0 } else { 0.0 });
        frame[..10].iter_mut().for_each(|value| *value += low);
        frame[30..].iter_mut().for_each(|value| *value += high);
        tracker.push(&frame);
    }
}

#[test]
fn what_is_kept_stays_within_the_footprint_told() {
    // 4 MB an hour, what does not grow included.
    let ten_hours = Tracker::footprint(10 * 3600 * 50);
    assert!(ten_hours < 40_000_000, "{ten_hours}");
    let frames = 1200 * 50;
    let mut tracker = Tracker::new();
    push_synthetic(&mut tracker, frames);
    assert!(tracker.kept.heap_bytes() <= Kept::footprint(frames));
    let rhythm = tracker.finish(1200.0);
    assert!((rhythm.bpm.unwrap() / 125.0 - 1.0).abs() < 1e-5, "{:?}", rhythm.bpm);
    let times = rhythm.beats.unwrap().capacity() + rhythm.onsets.capacity();
    assert!(
        (times * size_of::<f64>()) as u64 <= Tracker::footprint(frames) - Kept::footprint(frames)
    );
}
