//! Timbre against librosa 0.11 and Essentia 2.1 on the same samples (`tests/fixtures/timbre/make.py`
//! and `essentia_values.py`, which say what the two define otherwise).
//!
//! `cargo test --test timbre_against_others -- --nocapture` prints the differences as a table.

#![allow(clippy::print_stdout, reason = "the table of differences")]

use phonolite::dsp::mel::{MEL_BANDS, MelBank};
use phonolite::dsp::stft::Stft;
use phonolite::feature::timbre::{Spread, Timbre, Tracker};
use std::f64::consts::TAU;

const RATE: u32 = 22_050;
const SAMPLES: u32 = 5 * RATE;

fn noise() -> Vec<f32> {
    let mut state = 1_u32;
    (0..SAMPLES)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            ((f64::from(state >> 8) / f64::from(1 << 23) - 1.0) * 0.2) as f32
        })
        .collect()
}

fn melody() -> Vec<f32> {
    const SEMITONES: [f64; 11] = [0.0, 4.0, 7.0, 12.0, 16.0, 19.0, 24.0, 7.0, 4.0, 0.0, 0.0];
    let value = |n: u32| {
        let since = f64::from(n % (RATE / 2)) / f64::from(RATE);
        let hz = 110.0 * 2.0_f64.powf(SEMITONES[(n / (RATE / 2)) as usize] / 12.0);
        let partial = |p: u32| {
            let p = f64::from(p);
            0.3 / p * (-since * (2.0 + p)).exp() * (TAU * hz * p * since).sin()
        };
        (1..=8).map(partial).sum::<f64>() as f32
    };
    (0..SAMPLES).map(value).collect()
}

fn timbre(samples: &[f32]) -> Timbre {
    let mut stft = Stft::new(Stft::SHORT.0, Stft::SHORT.1);
    let bank = MelBank::new(Stft::SHORT.0, f64::from(RATE));
    let mut tracker = Tracker::new();
    let mut each = |magnitudes: &[f32]| {
        let mut mel = [0.0; MEL_BANDS];
        bank.apply(magnitudes, &mut mel);
        tracker.push(magnitudes, &mel);
    };
    stft.push(samples, &mut each);
    stft.finish(&mut each);
    tracker.finish()
}

/// Golden numbers and what was found of them.
struct Golden {
    tool: &'static str,
    signal: &'static str,
    numbers: std::vec::IntoIter<f64>,
}

impl Golden {
    fn read(tool: &'static str, bytes: &[u8]) -> Self {
        let numbers = bytes.as_chunks().0.iter().map(|&v| f64::from(f32::from_le_bytes(v)));
        Self { tool, signal: "", numbers: numbers.collect::<Vec<_>>().into_iter() }
    }

    /// Takes as many numbers as there are of ours, compares them and prints a row of the table.
    fn compare(&mut self, what: &str, ours: &[f64], tolerance: f64) {
        let theirs: Vec<f64> = self.numbers.by_ref().take(ours.len()).collect();
        assert_eq!(theirs.len(), ours.len(), "the fixture is too short");
        let largest = ours.iter().zip(&theirs).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        let (tool, signal, first, other) = (self.tool, self.signal, ours[0], theirs[0]);
        println!(
            "| {what} | {signal} | {tool} | {first:.4} | {other:.4} | {largest:.1e} | {tolerance:.0e} |"
        );
        assert!(largest < tolerance, "{what}, {signal}, {tool}: {ours:?} {theirs:?}");
    }
}

fn pair(spread: Option<Spread>) -> [f64; 2] {
    spread.map_or([f64::NAN; 2], |spread| [spread.mean, spread.sd])
}

/// Single precision against double is all that differs, so the tolerances are tight: they are far
/// below what is audible or what separates two recordings.
fn compare_shape(ours: &Timbre, golden: &mut Golden) {
    golden.compare("centroid, Hz", &pair(ours.centroid_hz), 0.1);
    golden.compare("bandwidth, Hz", &pair(ours.bandwidth_hz), 0.1);
    // One bin in one frame of 250 may fall on the other side of the threshold.
    golden.compare("roll-off, Hz", &pair(ours.rolloff_hz), 0.5);
    golden.compare("flatness", &pair(ours.flatness), 1e-4);
}

#[test]
fn timbre_is_that_of_librosa() {
    let mut golden = Golden::read("librosa", include_bytes!("fixtures/timbre/timbre.bin"));
    for (name, samples) in [("noise", noise()), ("melody", melody())] {
        golden.signal = name;
        let ours = timbre(&samples);
        compare_shape(&ours, &mut golden);
        golden.compare("contrast, dB", &ours.contrast_db.expect("sound"), 0.05);
        golden.compare("MFCC", &ours.mfcc_mean.expect("sound"), 1e-3);
        golden.compare("MFCC covariance", &ours.mfcc_covariance.expect("sound"), 5e-3);
        golden.compare("MFCC difference", &ours.mfcc_delta_mean.expect("sound"), 1e-3);
    }
    assert_eq!(golden.numbers.next(), None, "the fixture is used up");
}

#[test]
fn timbre_is_that_of_essentia() {
    let mut golden = Golden::read("Essentia", include_bytes!("fixtures/timbre/essentia.bin"));
    for (name, samples) in [("noise", noise()), ("melody", melody())] {
        golden.signal = name;
        let ours = timbre(&samples);
        compare_shape(&ours, &mut golden);
        golden.compare("flux", &pair(ours.flux), 1e-4);
        // Essentia's mel bands are summed in single precision.
        golden.compare("MFCC", &ours.mfcc_mean.expect("sound"), 0.01);
    }
    assert_eq!(golden.numbers.next(), None, "the fixture is used up");
}
