//! Signals and helpers for the tests of the meter.

mod edges;
mod reference;
mod standard;

use super::{FIELDS, Loudness, Meter};
use crate::audio::Chunk;
use crate::units::{ChannelLayout, ChannelRole, Hertz, StreamSpec};

/// A stream of front channels.
fn front(rate: u32, channels: usize) -> StreamSpec {
    stream(rate, &vec![ChannelRole::Front; channels])
}

fn stream(rate: u32, roles: &[ChannelRole]) -> StreamSpec {
    StreamSpec {
        rate: Hertz::new(rate).expect("a rate in range"),
        channels: ChannelLayout::new(roles.to_vec()).expect("a layout in range"),
    }
}

/// Measures planes that arrive `cut` frames at a time.
fn measure_cut(spec: &StreamSpec, planes: &[Vec<f32>], cut: usize) -> Loudness {
    let mut meter = Meter::new(spec);
    let frames = planes.first().map_or(0, Vec::len);
    for from in (0..frames).step_by(cut) {
        let part = |plane: &Vec<f32>| plane[from..(from + cut).min(frames)].to_vec();
        meter.push(&Chunk::from_planes(planes.iter().map(part).collect()));
    }
    meter.finish()
}

fn measure(spec: &StreamSpec, planes: &[Vec<f32>]) -> Loudness {
    measure_cut(spec, planes, 16_384)
}

/// A tone without interruption whose level follows `(dBFS of the peak, seconds)`.
fn tone(rate: u32, hz: f64, levels: &[(f64, f64)]) -> Vec<f32> {
    let step = std::f64::consts::TAU * hz / f64::from(rate);
    let mut samples = Vec::new();
    let mut end = 0.0;
    for &(level, seconds) in levels {
        end += seconds * f64::from(rate);
        let amplitude = 10.0_f64.powf(level / 20.0);
        let from = samples.len();
        let range = from..(end.round() as usize).max(from);
        samples.extend(range.map(|i| (amplitude * (step * i as f64).sin()) as f32));
    }
    samples
}

/// White noise within ±1, the same for the same seed.
fn noise(length: usize, seed: u64) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / 8_388_608.0 - 1.0
    };
    (0..length).map(|_| next()).collect()
}

/// Asserts that a value is defined and near.
#[track_caller]
fn near(value: Option<f64>, expected: f64, tolerance: f64) {
    let value = value.expect("defined");
    assert!((value - expected).abs() <= tolerance, "{value} is not {expected} within {tolerance}");
}

#[test]
fn values_fit_the_catalogue() {
    let values = Loudness::default().values();
    assert_eq!(values.len(), FIELDS.len());
    assert!(values.iter().zip(FIELDS).all(|(value, field)| value.kind() == field.kind));
}

#[test]
fn gains_follow_from_loudness() {
    let loudness =
        Loudness { loudness_lufs: Some(-10.0), true_peak_dbtp: Some(-1.0), ..Loudness::default() };
    assert_eq!(loudness.replaygain_track_db(), Some(-8.0));
    assert_eq!(loudness.r128_track_gain_db(), Some(-13.0));
    assert_eq!(loudness.plr_db(), Some(9.0));
}
