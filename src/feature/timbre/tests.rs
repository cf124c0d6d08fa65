use super::*;
use crate::dsp::mel::MelBank;
use crate::dsp::stft::Stft;
use crate::feature::catalogue::{Family, Kind};
use std::f64::consts::TAU;

fn timbre_in(samples: &[f32], cut: usize) -> Timbre {
    let mut stft = Stft::new(Stft::SHORT.0, Stft::SHORT.1);
    let bank = MelBank::new(Stft::SHORT.0, 22_050.0);
    let mut tracker = Tracker::new();
    let mut each = |magnitudes: &[f32]| {
        let mut mel = [0.0; MEL_BANDS];
        bank.apply(magnitudes, &mut mel);
        tracker.push(magnitudes, &mel);
    };
    samples.chunks(cut).for_each(|part| stft.push(part, &mut each));
    stft.finish(&mut each);
    tracker.finish()
}

fn timbre(samples: &[f32]) -> Timbre {
    timbre_in(samples, 10_000)
}

fn sine(hz: f64, seconds: f64) -> Vec<f32> {
    let samples = (22_050.0 * seconds) as u32;
    (0..samples).map(|n| 0.5 * (TAU * hz * f64::from(n) / 22_050.0).sin() as f32).collect()
}

fn noise(seconds: f64) -> Vec<f32> {
    let mut state = 7_u32;
    (0..(22_050.0 * seconds) as usize)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            ((state >> 8) as f32 / (1 << 23) as f32 - 1.0) * 0.3
        })
        .collect()
}

fn mean(spread: Option<Spread>) -> f64 {
    spread.expect("the signal is no silence").mean
}

#[test]
fn a_sine_is_narrow_and_noise_is_wide() {
    let tone = timbre(&sine(1000.0, 20.0));
    assert!((mean(tone.centroid_hz) - 1000.0).abs() < 5.0, "{:?}", tone.centroid_hz);
    assert!(mean(tone.bandwidth_hz) < 60.0 && mean(tone.flatness) < 1e-3, "{tone:?}");
    let white = timbre(&noise(20.0));
    assert!((mean(white.centroid_hz) - 5512.5).abs() < 50.0, "{:?}", white.centroid_hz);
    assert!((mean(white.bandwidth_hz) - 3183.0).abs() < 50.0, "{:?}", white.bandwidth_hz);
    // The power of a bin of noise is exponential: its geometric mean is e^-γ of its mean.
    assert!((mean(white.flatness) - 0.5615).abs() < 0.02, "{:?}", white.flatness);
    assert!(mean(white.flux) > 5.0 * mean(tone.flux));
}

#[test]
fn silence_has_no_timbre() {
    for silence in [vec![], vec![0.0; 50_000], vec![1e-5; 50_000]] {
        let timbre = timbre(&silence);
        assert_eq!(timbre, Timbre::default());
        assert!(timbre.values().iter().all(|v| *v == Value::undefined(v.kind())));
    }
}

#[test]
fn silence_around_the_sound_does_not_count() {
    let mut padded = vec![0.0; 100_000];
    padded.extend(noise(10.0));
    padded.extend(vec![0.0; 100_000]);
    let (bare, padded) = (timbre(&noise(10.0)), timbre(&padded));
    let (a, b) = (mean(bare.centroid_hz), mean(padded.centroid_hz));
    assert!((a - b).abs() < 20.0, "{a} {b}");
}

#[test]
fn gain_hardly_matters() {
    let loud: Vec<f32> = sine(500.0, 5.0).iter().zip(noise(5.0)).map(|(a, b)| a + b).collect();
    let soft: Vec<f32> = loud.iter().map(|x| 0.0625 * x).collect();
    let (loud, soft) = (timbre(&loud), timbre(&soft));
    for (a, b) in [
        (loud.centroid_hz, soft.centroid_hz),
        (loud.rolloff_hz, soft.rolloff_hz),
        (loud.flatness, soft.flatness),
        (loud.flux, soft.flux),
    ] {
        assert!((mean(a) / mean(b) - 1.0).abs() < 0.01, "{a:?} {b:?}");
    }
}

#[test]
fn the_cut_does_not_show() {
    let samples = noise(3.0);
    let whole = timbre_in(&samples, samples.len());
    for cut in [1, 441, 1000, 4097] {
        assert_eq!(timbre_in(&samples, cut), whole, "pieces of {cut}");
    }
}

#[test]
fn values_fit_the_catalogue() {
    for timbre in [timbre(&noise(1.0)), Timbre::default()] {
        let kinds: Vec<Kind> = timbre.values().iter().map(Value::kind).collect();
        let fields: Vec<Kind> = FIELDS.iter().map(|field| field.kind).collect();
        assert_eq!(kinds, fields);
    }
    let lengths: Vec<usize> = timbre(&noise(1.0))
        .values()
        .iter()
        .filter_map(|v| if let Value::Vector(Some(v)) = v { Some(v.len()) } else { None })
        .collect();
    assert_eq!(lengths, [7, 20, 210, 20]);
    assert_eq!(Family::Timbre.fields().len(), FIELDS.len());
}

#[test]
fn the_covariance_is_that_of_two_passes() {
    let cosines = Cosines::shared();
    let mut tracker = Tracker::new();
    let mut frames = Vec::new();
    for k in 0..200_usize {
        let mel: [f32; MEL_BANDS] = std::array::from_fn(|b| ((b * k * k + 7) % 101) as f32 / 300.0);
        tracker.push(&[0.01; BINS], &mel);
        frames.push(cosines.transform(&mel).map(f64::from));
    }
    let timbre = tracker.finish();
    let count = frames.len() as f64;
    let mean: [f64; 20] = std::array::from_fn(|i| frames.iter().map(|c| c[i]).sum::<f64>() / count);
    let covariance = timbre.mfcc_covariance.expect("there is sound");
    let mut index = 0;
    for i in 0..20 {
        assert!((timbre.mfcc_mean.expect("there is sound")[i] - mean[i]).abs() < 1e-9);
        for j in i..20 {
            let exact =
                frames.iter().map(|c| (c[i] - mean[i]) * (c[j] - mean[j])).sum::<f64>() / count;
            assert!((covariance[index] - exact).abs() < 1e-9, "{i} {j}");
            index += 1;
        }
    }
    let delta: f64 = frames.windows(2).map(|w| (w[1][3] - w[0][3]).abs()).sum::<f64>() / 199.0;
    assert!((timbre.mfcc_delta_mean.expect("there is sound")[3] - delta).abs() < 1e-9);
}

#[test]
fn a_spectrum_of_another_length_is_ignored() {
    let mut tracker = Tracker::new();
    tracker.push(&[1.0; 3], &[1.0; MEL_BANDS]);
    tracker.push(&[], &[1.0; MEL_BANDS]);
    assert_eq!(tracker.finish(), Timbre::default());
}

#[test]
fn memory_is_fixed_and_small() {
    assert!(Tracker::footprint() < 100_000, "{}", Tracker::footprint());
}
