//! The two front ends against their definition in float64 (`tests/fixtures/frontend/make.py`).

use phonolite::dsp::mel::{MEL_BANDS, MelBank, compress};
use phonolite::dsp::stft::Stft;
use std::f64::consts::TAU;

const RATE: u32 = 22_050;
const SECONDS: f64 = 5.0;
const SAMPLES: u32 = 5 * RATE;

/// Largest error of a logarithmic feature: single precision against double.
const TOLERANCE: f32 = 1e-4;

fn signal(value: impl FnMut(u32) -> f64) -> Vec<f32> {
    (0..SAMPLES).map(value).map(|x| x as f32).collect()
}

fn sine() -> Vec<f32> {
    let amplitude = 10.0_f64.powf(-6.0 / 20.0);
    signal(|n| amplitude * (TAU * 440.0 * (f64::from(n) / f64::from(RATE))).sin())
}

fn clicks() -> Vec<f32> {
    signal(|n| {
        let since = f64::from(n % (RATE / 2)) / f64::from(RATE);
        (TAU * 1000.0 * since).cos() * (-since / 0.002).exp()
    })
}

fn chirp() -> Vec<f32> {
    let growth = (10_000.0_f64 / 20.0).ln();
    signal(|n| {
        let t = f64::from(n) / f64::from(RATE);
        0.5 * (TAU * 20.0 * SECONDS / growth * (t / SECONDS * growth).exp_m1()).sin()
    })
}

fn noise() -> Vec<f32> {
    let mut state = 1_u32;
    signal(|_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (f64::from(state >> 8) / f64::from(1 << 23) - 1.0) * 0.2
    })
}

fn rhythm(samples: &[f32]) -> Vec<Vec<f32>> {
    let mut stft = Stft::new(Stft::SHORT.0, Stft::SHORT.1);
    let bank = MelBank::new(Stft::SHORT.0, f64::from(RATE));
    let mut frames = Vec::new();
    let mut each = |magnitudes: &[f32]| {
        let mut mel = [0.0; MEL_BANDS];
        bank.apply(magnitudes, &mut mel);
        frames.push(compress(&mel).to_vec());
    };
    stft.push(samples, &mut each);
    stft.finish(&mut each);
    frames
}

fn tonal(samples: &[f32]) -> Vec<Vec<f32>> {
    let mut stft = Stft::new(Stft::LONG.0, Stft::LONG.1);
    let mut frames = Vec::new();
    let mut each = |magnitudes: &[f32]| {
        frames.push(magnitudes[18..782].iter().map(|m| (1000.0 * m).ln_1p()).collect());
    };
    stft.push(samples, &mut each);
    stft.finish(&mut each);
    frames
}

fn compare(name: &str, frames: &[Vec<f32>], step: usize, golden: &mut impl Iterator<Item = f32>) {
    let last = frames.len() - 1;
    for k in (0..last).step_by(step).chain([last]) {
        for (band, (&ours, exact)) in frames[k].iter().zip(&mut *golden).enumerate() {
            assert!((ours - exact).abs() < TOLERANCE, "{name} {k}/{band}: {ours}, not {exact}");
        }
    }
}

#[test]
fn both_front_ends_follow_their_definition() {
    let bytes = include_bytes!("fixtures/frontend/frontend.bin");
    let mut golden = bytes.as_chunks().0.iter().map(|&value| f32::from_le_bytes(value));
    for (name, samples) in
        [("sine", sine()), ("clicks", clicks()), ("chirp", chirp()), ("noise", noise())]
    {
        let (rhythm, tonal) = (rhythm(&samples), tonal(&samples));
        assert_eq!((rhythm.len(), tonal.len()), (250, 25), "{name}");
        compare(name, &rhythm, 10, &mut golden);
        compare(name, &tonal, 5, &mut golden);
    }
    assert_eq!(golden.next(), None, "the fixture is used up");
}
