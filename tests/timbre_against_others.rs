//! Timbre against librosa 0.11 on the same samples (`tests/fixtures/timbre/make.py`).

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

/// Takes as many numbers of the fixture as there are of ours and compares them.
fn compare(what: &str, ours: &[f64], golden: &mut impl Iterator<Item = f64>, tolerance: f64) {
    for (index, (ours, theirs)) in ours.iter().zip(golden.by_ref()).enumerate() {
        assert!((ours - theirs).abs() < tolerance, "{what} {index}: {ours}, librosa {theirs}");
    }
}

fn pair(spread: Option<Spread>) -> [f64; 2] {
    spread.map_or([f64::NAN; 2], |spread| [spread.mean, spread.sd])
}

/// Single precision against double is all that differs, so the tolerances are tight: they are far
/// below what is audible or what separates two recordings.
fn compare_all(name: &str, ours: &Timbre, golden: &mut impl Iterator<Item = f64>) {
    let of = |what: &str| format!("{name}: {what}");
    compare(&of("centroid"), &pair(ours.centroid_hz), golden, 0.1);
    compare(&of("bandwidth"), &pair(ours.bandwidth_hz), golden, 0.1);
    // One bin in one frame of 250 may fall on the other side of the threshold.
    compare(&of("roll-off"), &pair(ours.rolloff_hz), golden, 0.5);
    compare(&of("flatness"), &pair(ours.flatness), golden, 1e-4);
    compare(&of("contrast"), &ours.contrast_db.expect("sound"), golden, 0.05);
    compare(&of("MFCC"), &ours.mfcc_mean.expect("sound"), golden, 1e-3);
    compare(&of("covariance"), &ours.mfcc_covariance.expect("sound"), golden, 5e-3);
    compare(&of("difference"), &ours.mfcc_delta_mean.expect("sound"), golden, 1e-3);
}

#[test]
fn timbre_is_that_of_librosa() {
    let bytes = include_bytes!("fixtures/timbre/timbre.bin");
    let mut golden = bytes.as_chunks().0.iter().map(|&v| f64::from(f32::from_le_bytes(v)));
    for (name, samples) in [("noise", noise()), ("melody", melody())] {
        compare_all(name, &timbre(&samples), &mut golden);
    }
    assert_eq!(golden.next(), None, "the fixture is used up");
}
