//! The same numbers as the reference implementation (`tests/fixtures/beat/make.py`).

use super::decision::Beats;
use super::drift::Course;
use super::grid::Grid;
use super::periodicity::period;
use super::refine::LongLags;
use super::*;
use serde_json::Value;

const EXPECTED: &str = include_str!("../../../tests/fixtures/beat/expected.json");
const CASES: [(&str, &[u8]); 4] = [
    ("rock", include_bytes!("../../../tests/fixtures/beat/rock.frames")),
    ("waltz", include_bytes!("../../../tests/fixtures/beat/waltz.frames")),
    ("swing", include_bytes!("../../../tests/fixtures/beat/swing.frames")),
    ("speech", include_bytes!("../../../tests/fixtures/beat/speech.frames")),
];

fn tracker(frames: &[u8]) -> Tracker {
    let mut tracker = Tracker::new();
    for row in frames.as_chunks::<MEL_BANDS>().0 {
        tracker.push(&row.map(|byte| f32::from(byte) / 25.0));
    }
    tracker
}

fn evidence(frames: &[u8]) -> Evidence {
    let Tracker { net, mut kept, .. } = tracker(frames);
    net.unwrap().finish(|activation| kept.activate(activation));
    Evidence::gather(Levelled::new(kept))
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

#[track_caller]
fn near(what: &str, found: &[f64], expected: &Value, tolerance: f64) {
    let expected = numbers(expected);
    assert_eq!(found.len(), expected.len(), "{what}: {found:?} for {expected:?}");
    for (i, (found, expected)) in found.iter().zip(&expected).enumerate() {
        assert!((found - expected).abs() <= tolerance, "{what} {i}: {found} for {expected}");
    }
}

fn cases() -> impl Iterator<Item = (&'static str, &'static [u8], Value)> {
    let all: Value = serde_json::from_str(EXPECTED).unwrap();
    CASES.into_iter().map(move |(name, frames)| (name, frames, all[name].clone()))
}

#[test]
fn functions_of_time_and_tempo() {
    for (name, frames, expected) in cases() {
        let evidence = evidence(frames);
        let every = |step| (0..evidence.frames()).step_by(step);
        let onsets: Vec<f64> = every(25).map(|k| f64::from(evidence.track.onset(k))).collect();
        near(&format!("{name} onsets"), &onsets, &expected["onsets"], 2e-3);
        let strength: Vec<f64> = every(25).map(|k| evidence.strength(k)).collect();
        near(&format!("{name} strength"), &strength, &expected["strength"], 2e-3);
        let scores = |scores: &[f64]| scores.iter().step_by(10).copied().collect::<Vec<_>>();
        let onset_scores = scores(&evidence.periodicity.onset_scores);
        near(&format!("{name} onset scores"), &onset_scores, &expected["onset_scores"], 2e-3);
        let activation_scores = scores(&evidence.periodicity.activation_scores);
        let wanted = &expected["activation_scores"];
        near(&format!("{name} activation scores"), &activation_scores, wanted, 2e-3);
    }
}

#[test]
fn tempi() {
    for (name, frames, expected) in cases() {
        let evidence = evidence(frames);
        let tempi = super::tempi::candidates(&evidence.periodicity);
        near(&format!("{name} tempi"), &tempi, &expected["tempi"], 1e-6);
        for (bpm, row) in tempi.iter().zip(expected["features"].as_array().unwrap()) {
            let found = tempo_features::of(&evidence, *bpm);
            near(&format!("{name} features of {bpm}"), &found, row, 0.01);
        }
        let chosen = super::tempi::choose(&evidence, beat_rules().unwrap());
        let bpm: Vec<f64> = chosen.iter().map(|c| c.bpm).collect();
        let share: Vec<f64> = chosen.iter().map(|c| c.share).collect();
        near(&format!("{name} shares"), &share, &expected["share"], 0.01);
        near(
            &format!("{name} first"),
            &bpm[..1],
            &Value::from(vec![expected["ordered"][0].clone()]),
            1e-6,
        );
    }
}

#[test]
fn beats() {
    for (name, frames, expected) in cases() {
        let evidence = evidence(frames);
        let wanted = expected["period"].as_f64().unwrap();
        let bpm = expected["ordered"][0].as_f64().unwrap();
        let found = LongLags::of(&evidence).refine(period(bpm));
        assert!((found / wanted - 1.0).abs() < 1e-4, "{name}: {found} for {wanted}");
        let loose = track::track(&evidence, &Course::follow(&evidence, found));
        let loose: Vec<f64> = loose.into_iter().map(f64::from).collect();
        near(&format!("{name} loose"), &loose, &expected["loose"], 0.0);
        let grid = Grid::find(&evidence, found);
        near(&format!("{name} grid"), &[grid.period, grid.first], &expected["grid"], 0.02);
        let mut beats = Beats::find(&evidence, found);
        near(&format!("{name} beats"), &beats.frames, &expected["beat_frames"], 0.05);
        assert_eq!(Value::from(beats.steady), expected["steady"], "{name}");
        let features = beats.pulse_features(&evidence);
        near(&format!("{name} pulse"), &features, &expected["pulse_features"], 0.01);
        let bars = bars::scores(&evidence, &beats.frames);
        near(&format!("{name} bars"), &bars, &expected["bar_scores"], 0.05);
        beats.trim(&evidence);
    }
}

#[test]
fn results() {
    for (name, frames, expected) in cases() {
        let rhythm = tracker(frames).finish(24.0);
        let bpm = expected["bpm"].as_f64();
        assert_eq!(rhythm.bpm.is_some(), bpm.is_some(), "{name}");
        let beats = rhythm.beats.unwrap_or_default();
        near(&format!("{name} beats"), &beats, &expected["beats"], 1e-3);
        near(
            &format!("{name} downbeats"),
            &rhythm.downbeats.unwrap_or_default(),
            &expected["downbeats"],
            1e-3,
        );
        if let (Some(found), Some(bpm)) = (rhythm.bpm, bpm) {
            assert!((found / bpm - 1.0).abs() < 1e-4, "{name}: {found} for {bpm}");
            assert_eq!(rhythm.metre.map(u64::from), expected["metre"].as_u64(), "{name}");
            let confidences = [rhythm.bpm_confidence.unwrap(), rhythm.beat_confidence.unwrap()];
            let wanted = ["tempo_confidence", "beat_confidence"].map(|key| expected[key].clone());
            near(&format!("{name} confidences"), &confidences, &Value::from(wanted.to_vec()), 0.01);
        }
    }
}
