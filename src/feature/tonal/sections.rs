//! Keys that change on the way.

use super::estimate::KeyEstimate;
use super::key::Key;
use super::key_model::{Heard, KeyScores};
use super::template;
use super::tracker::FRAMES_PER_SECOND;

/// Frames in a cell: the resolution of changes, 3 s.
pub(super) const CELL_FRAMES: usize = 15;

/// Cells on either side that are heard together: windows of 15 s.
const REACH: usize = 2;

/// How much each window counts: they overlap fivefold.
const WEIGHT: f64 = 0.2;

/// A key may be missing from a window by no more than this, lest one odd bar decides.
const FLOOR: f64 = -8.0;

/// Price of a change of key, in log probability.
const CHANGE: f64 = 8.0;

/// A stretch of music in one key.
#[derive(Clone, Debug, PartialEq)]
pub struct KeySection {
    /// Start in seconds.
    pub start_s: f64,
    /// End in seconds: the start of the next section.
    pub end_s: f64,
    /// Its key; of the whole track if that is all there is.
    pub key: Key,
    /// Probability that the key is right, 0..=1.
    pub confidence: f64,
}

/// Divides a track by keys; `whole` is the estimate for all of it. Never empty.
///
/// Method: Viterbi over the 24 keys, one step every 3 s, observing windows of 15 s.
pub(super) fn divide(
    cells: &[Box<Heard>],
    whole: &KeyEstimate,
    duration_s: f64,
) -> Vec<KeySection> {
    let path = decode(cells);
    let runs: Vec<&[usize]> = path.chunk_by(|a, b| a == b).collect();
    if runs.len() < 2 {
        let (key, confidence) = (whole.key(), whole.confidence);
        return vec![KeySection { start_s: 0.0, end_s: duration_s, key, confidence }];
    }
    let mut sections = Vec::with_capacity(runs.len());
    let mut first = 0;
    for run in runs {
        let last = first + run.len();
        let time = |cell: usize| (cell * CELL_FRAMES) as f64 / FRAMES_PER_SECOND;
        let end_s = if last == path.len() { duration_s } else { time(last) };
        let heard = together(&cells[first..last]);
        let key = Key::from_index(run[0]);
        let confidence = confidence_of(&heard, key);
        sections.push(KeySection { start_s: time(first), end_s, key, confidence });
        first = last;
    }
    sections
}

/// Share of the time in `key`, 0..=1.
pub(super) fn stability(sections: &[KeySection], key: Key) -> f64 {
    let length = |s: &KeySection| s.end_s - s.start_s;
    let all: f64 = sections.iter().map(length).sum();
    let same: f64 = sections.iter().filter(|s| s.key == key).map(length).sum();
    if all > 0.0 { same / all } else { 1.0 }
}

/// The cells as one; the last one stands for the end.
fn together(cells: &[Box<Heard>]) -> Heard {
    let mut sum = Heard::default();
    for cell in cells {
        sum.merge(cell);
        sum.last = cell.melody;
    }
    sum
}

/// Calibrated probability of a key that need not be the best of its section.
fn confidence_of(heard: &Heard, key: Key) -> f64 {
    let scores = heard.scores();
    let correlations = heard.wide.mean().map_or([0.0; Key::COUNT], |c| template::correlations(&c));
    let estimate = KeyEstimate::new(&scores, &correlations);
    estimate.confidence.min(if estimate.key() == key { 1.0 } else { scores[key.index()].exp() })
}

/// The most probable key of each cell, changes being dear.
fn decode(cells: &[Box<Heard>]) -> Vec<usize> {
    let mut best: KeyScores = [0.0; Key::COUNT];
    let mut back: Vec<[u8; Key::COUNT]> = Vec::with_capacity(cells.len());
    for cell in 0..cells.len() {
        let window = &cells[cell.saturating_sub(REACH)..(cell + REACH + 1).min(cells.len())];
        let seen = together(window).scores();
        let source = argmax(&best);
        let mut came = [source as u8; Key::COUNT];
        let changed = best[source] - CHANGE;
        for key in 0..Key::COUNT {
            if best[key] >= changed {
                came[key] = key as u8;
            }
            best[key] = best[key].max(changed) + WEIGHT * seen[key].max(FLOOR);
        }
        back.push(came);
    }
    let mut key = argmax(&best);
    let mut path: Vec<usize> = Vec::with_capacity(back.len());
    for came in back.iter().rev() {
        path.push(key);
        key = usize::from(came[key]);
    }
    path.reverse();
    path
}

fn argmax(scores: &KeyScores) -> usize {
    let mut best = 0;
    for (key, score) in scores.iter().enumerate() {
        if *score > scores[best] {
            best = key;
        }
    }
    best
}
