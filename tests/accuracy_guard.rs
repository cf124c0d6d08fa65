//! Beats and bars of the labelled samples stay as good as they were.

mod common;

use common::{Library, samples};
use phonolite::feature::Value;
use std::fs;

/// Tolerance of a hit, seconds.
const TOLERANCE_S: f64 = 0.070;

/// (sample, least F-measure of beats, of downbeats), a little below what was measured.
const PIECES: [(&str, f64, f64); 5] = [
    ("ballad_68.flac", 0.96, 0.93),
    ("dnb_175.ogg", 0.97, 0.96),
    ("jazz_swing_132.mp3", 0.97, 0.96),
    ("jig_117.m4a", 0.97, 0.64),
    ("prog_five_four_128.opus", 0.97, 0.95),
];

/// F-measure of ascending times: each is matched once at most.
fn f_measure(found: &[f64], truth: &[f64]) -> f64 {
    let (mut i, mut j, mut hits) = (0, 0, 0);
    while let (Some(a), Some(b)) = (found.get(i), truth.get(j)) {
        if (a - b).abs() <= TOLERANCE_S {
            (i, j, hits) = (i + 1, j + 1, hits + 1);
        } else if a < b {
            i += 1;
        } else {
            j += 1;
        }
    }
    2.0 * f64::from(hits) / (found.len() + truth.len()).max(1) as f64
}

fn annotation(sample: &str, kind: &str) -> Vec<f64> {
    let (stem, _) = sample.split_once('.').expect("a suffix");
    let path = samples().join("annotations").join(format!("{stem}.{kind}"));
    let text = fs::read_to_string(path).expect("readable");
    text.split_whitespace().map(|number| number.parse().expect("a number")).collect()
}

#[test]
fn beats_and_downbeats_of_the_samples() {
    let names: Vec<&str> = PIECES.iter().map(|(name, ..)| *name).collect();
    let library = Library::with(&names);
    library.run();
    let mut wrong = Vec::new();
    for (name, beats, downbeats) in PIECES {
        let row = library.readers().row_by_path(&library.music().join(name)).expect("readable");
        let row = row.expect("analysed");
        for (kind, least) in [("beats", beats), ("downbeats", downbeats)] {
            let Some(Value::Times(found)) = row.get(kind) else { panic!("{name} has no {kind}") };
            let f = f_measure(&found.clone().unwrap_or_default(), &annotation(name, kind));
            if f < least {
                wrong.push(format!("{name}: F of {kind} is {f:.3}, not {least}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_measure_is_what_it_should_be() {
    assert!((f_measure(&[0.0, 1.0, 2.0], &[0.05, 1.08, 2.0, 3.0]) - 4.0 / 7.0).abs() < 1e-12);
    assert!(f_measure(&[], &[1.0]).abs() < 1e-12);
}
