//! Predictions for labelled music, to be scored by a program outside.

use super::*;
use std::fs;
use std::io::Write as _;

/// Frames of a file of raw little-endian `f32`, 40 a frame.
fn frames(bytes: &[u8]) -> impl Iterator<Item = [f32; MEL_BANDS]> + '_ {
    bytes.chunks_exact(4 * MEL_BANDS).map(|row| {
        let mut frame = [0.0; MEL_BANDS];
        for (value, bytes) in frame.iter_mut().zip(row.chunks_exact(4)) {
            *value = f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        }
        frame
    })
}

/// Reads every file of the folder `PHONOLITE_FRAMES` and writes one JSON object a line to
/// `PHONOLITE_PREDICTIONS`: `path` (the file's stem), `bpm`, `beats`, confidence and alternatives.
#[test]
#[ignore = "needs labelled frames outside of the repository"]
fn write_predictions() {
    let folder = std::env::var("PHONOLITE_FRAMES").expect("a folder of frames");
    let target = std::env::var("PHONOLITE_PREDICTIONS").expect("a file to write");
    let mut out = fs::File::create(target).unwrap();
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        let bytes = fs::read(&path).unwrap();
        let mut tracker = Tracker::new();
        frames(&bytes).for_each(|frame| tracker.push(&frame));
        let clarity = tracker.tempo().map(|t| t.clarity);
        let rhythm = tracker.finish(bytes.len() as f64 / 160.0 / FRAMES_PER_SECOND);
        let row = json!({
            "path": path.file_stem().unwrap().to_string_lossy(),
            "bpm": rhythm.bpm, "beats": rhythm.beats.clone().unwrap_or_default(),
            "confidence": rhythm.bpm_confidence, "stability": rhythm.tempo_stability,
            "kind": rhythm.tempo_kind, "onsets": rhythm.onsets.len(),
            "candidates": rhythm.candidates_json(), "clarity": format!("{clarity:?}"),
        });
        writeln!(out, "{row}").unwrap();
    }
}
