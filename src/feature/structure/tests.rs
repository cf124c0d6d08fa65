use super::*;
use crate::audio::Chunk;
use crate::feature::catalogue::{Families, Value};
use crate::feature::{Extractor, Family, Lanes};
use crate::units::{ChannelLayout, Hertz, StreamSpec};
use std::f64::consts::TAU;

const RATE: u32 = 22_050;
/// 120 beats a minute, four a bar.
const BEAT_S: f64 = 0.5;

/// Chords of a section, one a bar, as roots above A2 with their third; and its overtones.
type Theme = ([(i32, i32); 4], f64);

const VERSE: Theme = ([(3, 4), (10, 4), (0, 3), (8, 4)], 0.9);
const CHORUS: Theme = ([(5, 4), (1, 3), (6, 3), (11, 4)], 0.45);
const BRIDGE: Theme = ([(2, 3), (2, 3), (9, 4), (4, 4)], 0.7);

/// Eight bars of a theme: chords struck on every beat, a bass note, a noise on every beat, the first of
/// a bar the loudest.
fn section(theme: Theme, drums: bool) -> Vec<f32> {
    let beat = (BEAT_S * f64::from(RATE)) as usize;
    let mut noise = 1_u32;
    let mut samples = Vec::with_capacity(32 * beat);
    for number in 0..32 {
        let (root, third) = theme.0[number / 4 % 4];
        let pitches = [root - 12, root, root + third, root + 7];
        for n in 0..beat {
            let t = n as f64 / f64::from(RATE);
            let tone = |pitch: &i32| {
                let hz = 110.0 * 2f64.powf(f64::from(*pitch) / 12.0);
                (1..6).map(|h| theme.1.powi(h) * (TAU * hz * f64::from(h) * t).sin()).sum::<f64>()
            };
            let chord = (-2.0 * t).exp() * pitches.iter().map(tone).sum::<f64>();
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let white = f64::from(noise >> 8) / f64::from(1 << 23) - 1.0;
            let accent = if number % 4 == 0 { 1.0 } else { 0.4 };
            let drum = if drums { accent * (-40.0 * t).exp() * white } else { 0.0 };
            samples.push((0.05 * chord + 0.4 * drum) as f32);
        }
    }
    samples
}

fn song(themes: &[Theme]) -> Vec<f32> {
    themes.iter().flat_map(|&theme| section(theme, true)).collect()
}

fn heard(samples: &[f32]) -> Structure {
    let rate = Hertz::new(RATE).expect("in range");
    let spec = StreamSpec { rate, channels: ChannelLayout::front(1).expect("one") };
    let mut extractor = Extractor::new(&spec, Families::NONE.with(Family::Structure));
    for part in samples.chunks(16_384) {
        extractor.push(&Chunk::from_planes(vec![part.to_vec()]), Lanes::InTurn);
    }
    let [record] = &extractor.finish(Lanes::InTurn)[..] else { panic!("one record") };
    assert!(record.values.iter().all(is_finite), "{:?}", record.values);
    let place = |name: &str| FIELDS.iter().position(|field| field.name == name);
    Structure::from_values(|name| record.values.get(place(name)?))
}

fn is_finite(value: &Value) -> bool {
    match value {
        Value::Real(x) => x.is_none_or(f64::is_finite),
        Value::Vector(x) => x.as_ref().is_none_or(|x| x.iter().all(|x| x.is_finite())),
        Value::Json(json) => !json.as_ref().is_some_and(|json| json.to_string().contains("null")),
        _ => true,
    }
}

/// Sections follow each other from the start to the end.
fn covers(structure: &Structure, duration_s: f64) -> bool {
    let mut at = 0.0;
    structure.sections.iter().all(|section| {
        let follows = (section.start_s - at).abs() < 2e-3 && section.end_s > section.start_s;
        at = section.end_s;
        follows && (0.0..=1.0).contains(&section.energy)
    }) && (at - duration_s).abs() < 2e-3
}

#[test]
fn sections_begin_where_the_themes_do_and_repeats_have_one_name() {
    let structure = heard(&song(&[VERSE, CHORUS, VERSE, BRIDGE, CHORUS]));
    assert!(covers(&structure, 80.0), "{structure:?}");
    let starts: Vec<f64> = structure.sections.iter().map(|section| section.start_s).collect();
    assert_eq!(starts.len(), 5, "{starts:?}");
    for (found, start) in starts.iter().zip([0.0, 16.0, 32.0, 48.0, 64.0]) {
        assert!((found - start).abs() < 0.25, "{starts:?}");
    }
    let labels: Vec<&str> = structure.sections.iter().map(|s| s.label.as_str()).collect();
    assert_eq!(labels, ["A", "B", "A", "C", "B"]);
    assert_eq!((structure.fade_in_s, structure.fade_out_s), (None, None));
}

#[test]
fn mix_points_are_downbeats_in_phrases_and_say_why() {
    let structure = heard(&song(&[BRIDGE, VERSE, CHORUS, VERSE, CHORUS, VERSE]));
    assert!(structure.mix_in.is_some() && structure.mix_out.is_some(), "{structure:?}");
    // Its bars as they were played, not as they were heard: the tempo may be taken at half.
    let bars: Vec<f64> = (0..=48).map(|bar| 2.0 * f64::from(bar)).collect();
    let (mix_in, mix_out) = super::mix::points(&structure, &bars, |_, _| 1.0);
    let (mix_in, mix_out) = (mix_in.expect("bars"), mix_out.expect("bars"));
    assert!((mix_in.time_s - 0.0).abs() < 0.25, "{structure:?} {mix_in:?}");
    assert!((mix_out.time_s - 80.0).abs() < 0.25, "{structure:?} {mix_out:?}");
    assert!(!mix_in.reason.is_empty() && mix_out.reason.contains("bars"));
}

#[test]
fn fades_are_found_where_they_are_and_nowhere_else() {
    let mut samples = song(&[VERSE; 4]);
    let length = samples.len();
    for (at, sample) in samples.iter_mut().enumerate() {
        let (from_start, to_end) = (at as f32 / RATE as f32, (length - at) as f32 / RATE as f32);
        *sample *= (from_start / 6.0).min(1.0) * (to_end / 10.0).min(1.0);
    }
    let structure = heard(&samples);
    let near = |found: Option<f64>, at: f64| found.is_some_and(|found| (found - at).abs() < 1.5);
    assert!(near(structure.fade_in_s, 6.0), "{:?}", structure.fade_in_s);
    assert!(near(structure.fade_out_s, 54.0), "{:?}", structure.fade_out_s);
}

#[test]
fn the_excerpt_is_half_a_minute_of_the_loud_theme() {
    let mut samples = song(&[BRIDGE, VERSE, VERSE, BRIDGE, VERSE, VERSE]);
    for sample in samples.iter_mut().take(16 * RATE as usize) {
        *sample *= 0.2;
    }
    let structure = heard(&samples);
    let start = structure.excerpt_start_s.expect("sound");
    assert!((14.0..18.0).contains(&start) || (60.0..=66.5).contains(&start), "{start}");
    let curve = structure.energy_curve.expect("sound");
    assert_eq!(curve.len(), 96);
    assert!(curve[5] < 0.6 && curve[30] > 0.7, "{} {}", curve[5], curve[30]);
}

#[test]
fn nothing_and_next_to_nothing_are_no_danger() {
    assert_eq!(heard(&[]), Structure::default());
    assert_eq!(heard(&vec![0.0; 10 * RATE as usize]), Structure::default());
    for seconds in [0.001, 0.1, 1.0, 5.0] {
        let samples = &section(VERSE, true)[..(seconds * f64::from(RATE)) as usize];
        let structure = heard(samples);
        let duration_s = samples.len() as f64 / f64::from(RATE);
        assert!(covers(&structure, duration_s), "{seconds}: {structure:?}");
        assert!(structure.mix_in.is_none() && structure.excerpt_start_s == Some(0.0));
    }
}

#[test]
fn without_a_pulse_there_are_sections_but_no_points_to_mix() {
    let rate = f64::from(RATE);
    let drone = |hz: f64, overtones: i32| {
        (0..30 * RATE).map(move |n| {
            let phase = TAU * hz * f64::from(n) / rate;
            (1..=overtones).map(|h| 0.1 * (phase * f64::from(h)).sin() as f32).sum::<f32>()
        })
    };
    let samples: Vec<f32> = drone(110.0, 2).chain(drone(147.0, 8)).chain(drone(110.0, 2)).collect();
    let structure = heard(&samples);
    assert!(covers(&structure, 90.0) && structure.mix_in.is_none(), "{structure:?}");
    let labels: Vec<&str> = structure.sections.iter().map(|s| s.label.as_str()).collect();
    assert_eq!(labels, ["A", "B", "A"], "{structure:?}");
    for (section, change) in structure.sections.iter().skip(1).zip([30.0, 60.0]) {
        assert!((section.start_s - change).abs() < 1.5, "{structure:?}");
    }
}

#[test]
fn what_never_changes_is_one_section() {
    let mut seed = 1_u32;
    let mut noise = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        0.2 * ((seed >> 8) as f32 / (1 << 23) as f32 - 1.0)
    };
    let hiss: Vec<f32> = (0..150 * RATE).map(|_| noise()).collect();
    let tone = |n: u32| 0.2 * (TAU * 220.0 * f64::from(n) / f64::from(RATE)).sin() as f32;
    let drone: Vec<f32> = (0..150 * RATE).map(tone).collect();
    for samples in [hiss, drone] {
        let sections = heard(&samples).sections;
        assert_eq!(sections.len(), 1, "{sections:?}");
    }
}

#[test]
fn ten_hours_hold_no_more_than_is_declared() {
    let frames = 36_000 * 50;
    let mut cells = Cells::default();
    let mel = [0.01; MEL_BANDS];
    for _ in 0..frames {
        cells.push(&mel);
    }
    cells.finish();
    assert!(cells.held() <= Cells::footprint(frames));
    let downbeats: Vec<f64> = (0..18_000).map(|n| 2.0 * f64::from(n)).collect();
    let rhythm = Rhythm { downbeats: Some(downbeats), ..Rhythm::default() };
    let mut tracker = Tracker { cells, ..Tracker::default() };
    tracker.hear_harmony(36_000.0, &rhythm, |edges| vec![[0.5; 24]; edges.len() - 1]);
    let structure = tracker.finish(36_000.0, &rhythm, &Tonal::default());
    assert!(covers(&structure, 36_000.0) && structure.sections.len() < grid::MAX_ROWS);
    assert!(structure.energy_curve.is_some_and(|curve| curve.len() <= 1024));
    let per_hour = (Tracker::footprint(frames) - Tracker::footprint(frames / 2)) / 5;
    assert!(per_hour < 650_000, "{per_hour}");
}
