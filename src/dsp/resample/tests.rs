use super::*;
use crate::units::{ChannelLayout, ChannelRole};
use std::f64::consts::{PI, TAU};

const RATES: [u32; 24] = [
    2_000, 8_000, 11_025, 11_127, 12_000, 12_345, 16_000, 18_900, 22_050, 22_255, 24_000, 32_000,
    37_800, 44_056, 44_100, 47_952, 48_000, 50_000, 64_000, 88_200, 96_000, 176_400, 192_000,
    384_000,
];

fn spec(rate: u32, channels: usize) -> StreamSpec {
    StreamSpec {
        rate: Hertz::new(rate).expect("a rate in range"),
        channels: ChannelLayout::front(channels).expect("a count in range"),
    }
}

fn resample_in(spec: &StreamSpec, planes: &[Vec<f32>], cut: usize) -> Vec<f32> {
    let mut resampler = Resampler::new(spec);
    let mut out = Vec::new();
    let frames = planes.iter().map(Vec::len).max().unwrap_or(0);
    for start in (0..frames).step_by(cut) {
        let end = (start + cut).min(frames);
        let part = planes.iter().map(|plane| plane[start..end].to_vec()).collect();
        resampler.push(&Chunk::from_planes(part), &mut out);
    }
    resampler.finish(&mut out);
    out
}

fn resample(rate: u32, mono: &[f32]) -> Vec<f32> {
    resample_in(&spec(rate, 1), &[mono.to_vec()], 16_384)
}

fn sine(rate: u32, hz: f64, seconds: f64) -> Vec<f32> {
    let frames = (f64::from(rate) * seconds) as usize;
    (0..frames).map(|n| (TAU * hz * n as f64 / f64::from(rate)).sin() as f32).collect()
}

/// Amplitude and phase of the sine of `hz` in the middle of `samples`, by least squares.
fn measure(samples: &[f32], hz: f64) -> (f64, f64) {
    let margin = samples.len() / 4;
    let (mut in_phase, mut quadrature, mut weight) = (0.0, 0.0, 0.0);
    for (n, &x) in samples.iter().enumerate().skip(margin).take(2 * margin) {
        let angle = TAU * hz * n as f64 / f64::from(ANALYSIS_RATE_HZ);
        let taper = (PI * (n - margin) as f64 / (2 * margin) as f64).sin().powi(4);
        in_phase += taper * f64::from(x) * angle.sin();
        quadrature += taper * f64::from(x) * angle.cos();
        weight += taper / 2.0;
    }
    (in_phase.hypot(quadrature) / weight, quadrature.atan2(in_phase))
}

fn rms_of_the_middle(samples: &[f32]) -> f64 {
    let margin = samples.len() / 4;
    let middle = &samples[margin..samples.len() - margin];
    (middle.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>() / middle.len() as f64).sqrt()
}

#[test]
fn sines_keep_amplitude_and_phase() {
    for rate in RATES {
        let top = (0.45 * f64::from(rate)).min(PASS_HZ);
        for hz in [0.01 * top, 0.1 * top, 0.5 * top, 0.9 * top, top] {
            let out = resample(rate, &sine(rate, hz, 0.5));
            let (amplitude, phase) = measure(&out, hz);
            let db = 20.0 * amplitude.log10();
            assert!(db.abs() < 0.05, "{rate} Hz: {hz} Hz changed by {db} dB");
            let delay = phase / TAU / hz * f64::from(ANALYSIS_RATE_HZ);
            assert!(delay.abs() < 0.01, "{rate} Hz: {hz} Hz moved by {delay} samples");
        }
    }
}

#[test]
fn nothing_else_comes_with_a_sine() {
    for rate in RATES {
        for share in [0.013, 0.27, 0.83] {
            let hz = share * (0.45 * f64::from(rate)).min(PASS_HZ);
            let out = resample(rate, &sine(rate, hz, 0.5));
            let (amplitude, phase) = measure(&out, hz);
            let rest: Vec<f32> = out
                .iter()
                .enumerate()
                .map(|(n, &x)| {
                    let angle = TAU * hz * n as f64 / f64::from(ANALYSIS_RATE_HZ);
                    (f64::from(x) - amplitude * (angle + phase).sin()) as f32
                })
                .collect();
            let db = 20.0 * (rms_of_the_middle(&rest) * 2.0_f64.sqrt()).log10();
            assert!(db < -80.0, "{rate} Hz: {hz} Hz brings {db} dB of something else");
        }
    }
}

#[test]
fn what_would_fold_below_ten_kilohertz_is_gone() {
    for rate in RATES.into_iter().filter(|&rate| rate >= 32_000) {
        let nyquist = f64::from(rate) / 2.0;
        for hz in (0..16).map(|i| STOP_HZ + f64::from(i) / 15.0 * (nyquist - STOP_HZ - 1.0)) {
            let folded = (hz + 11_025.0).rem_euclid(22_050.0) - 11_025.0;
            if folded.abs() <= PASS_HZ {
                let out = resample(rate, &sine(rate, hz, 0.1));
                let db = 20.0 * (rms_of_the_middle(&out) * 2.0_f64.sqrt()).log10();
                assert!(db < -80.0, "{rate} Hz: {hz} Hz folds to {folded} Hz at {db} dB");
            }
        }
    }
}

#[test]
fn a_click_lands_where_it_was() {
    for rate in RATES {
        let width_s = (1.5 / f64::from(rate)).max(1e-4);
        for at_s in [0.01, 0.1234567, 0.2] {
            let click = |n: usize| {
                let distance = (n as f64 / f64::from(rate) - at_s) / width_s;
                (-0.5 * distance * distance).exp() as f32
            };
            let input: Vec<f32> = (0..rate as usize / 4).map(click).collect();
            let out = resample(rate, &input);
            let weight: f64 = out.iter().map(|&x| f64::from(x)).sum();
            let moment: f64 = out.iter().enumerate().map(|(n, &x)| n as f64 * f64::from(x)).sum();
            let moved = moment / weight - at_s * f64::from(ANALYSIS_RATE_HZ);
            assert!(moved.abs() < 0.02, "{rate} Hz: a click at {at_s} s moved {moved} samples");
        }
    }
}

#[test]
fn the_cut_does_not_show() {
    for rate in RATES {
        let spec = spec(rate, 2);
        let frames = rate as usize / 4 + 7_777;
        let planes: Vec<Vec<f32>> = (1..=2_usize)
            .map(|c| (0..frames).map(|n| ((n * n * c) % 1009) as f32 / 1009.0 - 0.5).collect())
            .collect();
        let whole = resample_in(&spec, &planes, frames);
        for cut in [1, 2, 7, 333, 1000, 4096, 16_384] {
            assert!(resample_in(&spec, &planes, cut) == whole, "{rate} Hz in pieces of {cut}");
        }
    }
}

#[test]
fn every_instant_inside_the_signal_has_a_sample() {
    for rate in RATES {
        for frames in [0, 1, 2, 3, 100, 2047, 2048, 2049, 10_007] {
            let out = resample(rate, &vec![0.5; frames]);
            let expected = (frames as f64 * 22_050.0 / f64::from(rate)).ceil() as usize;
            assert_eq!(out.len(), expected, "{frames} frames at {rate} Hz");
        }
    }
}

#[test]
fn the_analysis_rate_passes_unchanged() {
    let input = sine(ANALYSIS_RATE_HZ, 10_900.0, 0.3);
    assert!(resample(ANALYSIS_RATE_HZ, &input) == input);
}

#[test]
fn channels_are_averaged_without_the_low_frequency_effects() {
    use ChannelRole::{Front, LowFrequency, Surround};
    let mixed = |roles: &[ChannelRole]| {
        let spec = StreamSpec {
            rate: Hertz::new(ANALYSIS_RATE_HZ).expect("a rate in range"),
            channels: ChannelLayout::new(roles.to_vec()).expect("a count in range"),
        };
        let planes: Vec<_> = (0..roles.len()).map(|c| vec![(1 << c) as f32; 3]).collect();
        resample_in(&spec, &planes, 2)
    };
    assert_eq!(mixed(&[Front]), [1.0; 3]);
    assert_eq!(mixed(&[Front, Front]), [1.5; 3]);
    assert_eq!(mixed(&[Front, Front, Front, LowFrequency, Surround, Surround]), [11.0; 3]);
    assert_eq!(mixed(&[LowFrequency, Front]), [2.0; 3]);
    assert_eq!(mixed(&[LowFrequency, LowFrequency]), [1.5; 3]);
    assert_eq!(mixed(&[Front; 8]), [255.0 / 8.0; 3]);
}

#[test]
fn what_is_no_sample_is_silence() {
    for rate in [8_000, 22_050, 44_056, 44_100, 48_000] {
        let mut input = sine(rate, 440.0, 0.1);
        (input[100], input[200], input[300]) = (f32::NAN, f32::INFINITY, f32::MIN);
        let out = resample(rate, &input);
        assert!(out.iter().all(|x| x.abs() < 2.0), "{rate} Hz");
    }
}

#[test]
fn memory_stays_within_the_footprint() {
    for rate in RATES {
        let spec = spec(rate, 2);
        let mut resampler = Resampler::new(&spec);
        let mut out = Vec::new();
        let chunk = Chunk::from_planes(vec![vec![0.1; 16_384]; 2]);
        for _ in 0..50 {
            out.clear();
            resampler.push(&chunk, &mut out);
        }
        let held = resampler.held();
        let bound = Resampler::footprint(&spec);
        assert!(held <= bound, "{rate} Hz holds {held}, more than {bound}");
        assert!(bound < 1 << 20, "{rate} Hz may hold {bound}");
    }
}
