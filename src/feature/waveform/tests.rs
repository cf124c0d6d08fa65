use super::*;
use crate::audio::Chunk;
use crate::feature::catalogue::Families;
use crate::feature::{Extractor, Family, Lanes};
use crate::units::{ChannelLayout, Hertz, StreamSpec};
use std::f64::consts::TAU;

fn spec(rate: u32, channels: usize) -> StreamSpec {
    StreamSpec {
        rate: Hertz::new(rate).expect("in range"),
        channels: ChannelLayout::front(channels).expect("in range"),
    }
}

/// The envelope as it is stored, of planes that are cut into chunks of `cut` frames.
fn measured(rate: u32, planes: &[Vec<f32>], cut: usize) -> Option<Waveform> {
    let spec = spec(rate, planes.len());
    let mut extractor = Extractor::new(&spec, Families::NONE.with(Family::Waveform));
    let frames = planes.iter().map(Vec::len).max().unwrap_or(0);
    for from in (0..frames).step_by(cut.max(1)) {
        let part = |plane: &Vec<f32>| plane[from..(from + cut).min(plane.len())].to_vec();
        extractor.push(&Chunk::from_planes(planes.iter().map(part).collect()), Lanes::InTurn);
    }
    let [record] = &extractor.finish(Lanes::InTurn)[..] else { panic!("one record") };
    let [Value::Bytes(bytes)] = &record.values[..] else { panic!("bytes") };
    bytes.as_ref().map(|bytes| Waveform::from_bytes(bytes).expect("readable"))
}

fn tone(rate: u32, hz: f64, seconds: f64) -> Vec<f32> {
    let frames = (seconds * f64::from(rate)) as usize;
    (0..frames).map(|n| (0.5 * (TAU * hz * n as f64 / f64::from(rate)).sin()) as f32).collect()
}

#[test]
fn minimum_maximum_and_rms_are_those_of_the_samples() {
    // Column k of 20 ms alternates between -k/40 and k/80, in both channels but the last frame.
    let frames = 882;
    let value = |n: usize| {
        let level = (n / frames + 1) as f32;
        if n.is_multiple_of(2) { -level / 40.0 } else { level / 80.0 }
    };
    let left: Vec<f32> = (0..30 * frames).map(value).collect();
    let right = vec![0.0; left.len()];
    let waveform = measured(44_100, &[left, right], 1000).expect("sound");
    assert_eq!((waveform.columns.len(), waveform.level), (30, 0));
    assert!((waveform.duration_s - 0.6).abs() < 1e-9);
    for (k, column) in (1..=30_u8).zip(&waveform.columns) {
        let level = f32::from(k);
        let near = |found: f32, true_value: f32| (found - true_value).abs() < 0.009;
        assert!(near(column.min, -level / 40.0), "{k} {column:?}");
        assert!(near(column.max, level / 80.0), "{k} {column:?}");
        // Mean of (k/40)² and (k/80)², and silence in the other channel.
        let rms = level * ((1.0 / 1600.0 + 1.0 / 6400.0_f32) / 4.0).sqrt();
        assert!(near(column.rms, rms), "{k} {column:?}");
    }
}

#[test]
fn a_tone_lights_its_own_band() {
    for (hz, band) in [(60.0, 0), (150.0, 0), (700.0, 1), (1500.0, 1), (3500.0, 2), (7000.0, 2)] {
        let waveform = measured(44_100, &[tone(44_100, hz, 3.0)], 4096).expect("sound");
        let middle = waveform.columns[waveform.columns.len() / 2];
        for (other, &value) in middle.bands.iter().enumerate() {
            assert_eq!(value > 0.5, other == band, "{hz} Hz: {:?}", middle.bands);
        }
    }
}

#[test]
fn colours_stay_with_their_time() {
    let mut samples = tone(48_000, 100.0, 20.0);
    samples.extend(tone(48_000, 5000.0, 20.0));
    let waveform = measured(48_000, &[samples], 5000).expect("sound");
    let half = waveform.columns.len() / 2;
    let low = |column: &Column| column.bands[0] > column.bands[2];
    assert!(waveform.columns[..half - 1].iter().all(low));
    assert!(!waveform.columns[half + 1..].iter().any(low));
}

#[test]
fn where_the_chunks_are_cut_does_not_show() {
    for (rate, channels) in [(44_100, 2), (11_025, 1), (8000, 8), (22_050, 3)] {
        let plane = |c: usize| {
            (0..rate as usize * 15).map(move |n| (((n * n + 7 * c) % 1013) as f32 - 500.0) / 600.0)
        };
        let planes: Vec<Vec<f32>> = (0..channels).map(|c| plane(c).collect()).collect();
        let whole = measured(rate, &planes, usize::MAX / 2).expect("sound");
        for cut in [997, 16_384, 220] {
            assert_eq!(measured(rate, &planes, cut), Some(whole.clone()), "{rate} {cut}");
        }
    }
}

#[test]
fn silence_and_very_short_files_have_an_envelope_and_empty_ones_none() {
    assert_eq!(measured(44_100, &[vec![]], 100), None);
    let one = measured(44_100, &[vec![0.25]], 100).expect("one sample");
    assert_eq!(one.columns.len(), 1);
    assert!((one.columns[0].max - 0.25).abs() < 0.01 && (one.columns[0].rms - 0.25).abs() < 0.01);
    let silence = measured(44_100, &[vec![0.0; 4410]], 100).expect("columns");
    assert_eq!(silence.columns, [Column::default(); 5]);
}

#[test]
fn damage_is_not_drawn() {
    let mut samples = tone(44_100, 440.0, 1.0);
    for (at, odd) in [(100, f32::NAN), (5000, f32::INFINITY), (9000, f32::NEG_INFINITY), (9, 1e30)]
    {
        samples[at] = odd;
    }
    let waveform = measured(44_100, &[samples], 3000).expect("sound");
    let sound = |c: &Column| c.max <= 0.52 && c.min >= -0.52 && c.rms < 0.4;
    assert!(waveform.columns.iter().all(sound), "{waveform:?}");
}

#[test]
fn ten_hours_take_no_more_than_ten_seconds() {
    let spec = spec(2000, 1);
    let mut tracker = Tracker::new(&spec);
    let chunk = Chunk::from_planes(vec![vec![0.5; 1 << 20]]);
    for _ in 0..=36_000 * 2000 / (1 << 20) {
        tracker.push(&chunk);
    }
    assert!(Tracker::footprint(&spec, u64::MAX) < 64 << 10);
    let (columns, level, seconds) = tracker.end();
    assert!(seconds > 36_000.0 && columns.len() <= 640 && columns.len() >= 320);
    assert_eq!(level, 12);
    assert!(columns.iter().all(|c| (c.min - 0.5).abs() < 1e-9
        && (c.max - 0.5).abs() < 1e-9
        && (c.squares / c.samples - 0.25).abs() < 1e-9));
}
