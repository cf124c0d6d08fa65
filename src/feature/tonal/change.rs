//! Where the harmony changes: evidence for the beginning of bars.

use super::chroma::{CLASSES, Chroma};
use super::frames::{Frame, Frames};
use super::tracker::FRAMES_PER_SECOND;

/// Beats before and behind that are compared.
const BEATS: usize = 2;
/// Standardised changes beyond this are cut.
const LIMIT: f32 = 3.0;
/// Chromas that are compared: whole and bass.
const PARTS: usize = 2;

/// Chromas of one beat.
type Parts = [Chroma; PARTS];

/// Harmonic change at each of `beats` (seconds, ascending), within -3..=3; empty below four beats.
///
/// Cosine distance of the chroma of the two beats before and the two behind, of the whole and of the
/// bass, each standardised over the track; their mean.
pub(super) fn at_beats(frames: &Frames, beats: &[f64]) -> Vec<f64> {
    if beats.len() < 4 || frames.len() == 0 {
        return Vec::new();
    }
    let ends = beats.iter().skip(1).copied();
    let [.., before, last] = beats else { return Vec::new() };
    let ends = ends.chain(std::iter::once(2.0 * last - before));
    let mut chromas = beats.iter().zip(ends).map(|(&start, end)| of_beat(frames, start, end));
    let mut near = [Parts::default(); 2 * BEATS];
    near[2 * BEATS - 1] = chromas.next().unwrap_or_default();
    let mut changes = Vec::with_capacity(beats.len());
    for _ in beats {
        near.rotate_left(1);
        near[2 * BEATS - 1] = chromas.next().unwrap_or_default();
        changes.push([0, 1].map(|part| distance(&near, part)));
    }
    if let Some(first) = changes.first_mut() {
        *first = [0.0; PARTS];
    }
    let scales = [0, 1].map(|part| moments(&changes, part));
    let standard = |change: [f32; PARTS]| {
        let part = |i: usize| ((change[i] - scales[i].0) / scales[i].1).clamp(-LIMIT, LIMIT);
        f64::from(part(0) + part(1)) / 2.0
    };
    changes.into_iter().map(standard).collect()
}

/// Whole and bass chroma between neighbours of `edges` (seconds, ascending).
pub(super) fn between(frames: &Frames, edges: &[f64]) -> Vec<[f32; PARTS * CLASSES]> {
    if frames.len() == 0 {
        return vec![[0.0; PARTS * CLASSES]; edges.len().saturating_sub(1)];
    }
    let one = |&[start, end]: &[f64; 2]| {
        let parts = of_beat(frames, start, end);
        std::array::from_fn(|i| parts[i / CLASSES][i % CLASSES])
    };
    edges.array_windows().map(one).collect()
}

/// Sum of the chromas from one beat to the next, weighted by level; of the nearest frame if none lies
/// between.
fn of_beat(frames: &Frames, start: f64, end: f64) -> Parts {
    let frame = |time: f64| (time * FRAMES_PER_SECOND).ceil().max(0.0) as usize;
    let (mut first, mut behind) = (frame(start), frame(end));
    if behind <= first {
        first = (0.5 * (start + end) * FRAMES_PER_SECOND).round_ties_even().max(0.0) as usize;
        behind = first + 1;
    }
    first = first.min(frames.len() - 1);
    let mut sums = Parts::default();
    let count = behind.saturating_sub(first).max(1);
    for frame in frames.range(first..first + count) {
        let weight = loudness(frame) / count as f32;
        for (sum, chroma) in sums.iter_mut().zip([frame.wide(), frame.bass()]) {
            sum.iter_mut().zip(chroma).for_each(|(sum, x)| *sum += weight * x);
        }
    }
    sums
}

/// ln(1 + 1000 A) of the loudest bin.
fn loudness(frame: &Frame) -> f32 {
    frame.level_db().map_or(0.0, |db| (1000.0 * 10_f32.powf(db / 20.0)).ln_1p())
}

fn distance(near: &[Parts; 2 * BEATS], part: usize) -> f32 {
    let sum = |beats: &[Parts]| -> Chroma {
        std::array::from_fn(|class| beats.iter().map(|beat| beat[part][class]).sum())
    };
    let (before, behind) = near.split_at(BEATS);
    let (before, behind) = (sum(before), sum(behind));
    let product = |a: &Chroma, b: &Chroma| -> f32 { (0..CLASSES).map(|i| a[i] * b[i]).sum() };
    let norm = (product(&before, &before) * product(&behind, &behind)).sqrt();
    1.0 - product(&before, &behind) / (norm + 1e-9)
}

/// Mean and standard deviation of one part.
fn moments(changes: &[[f32; PARTS]], part: usize) -> (f32, f32) {
    let count = changes.len().max(1) as f64;
    let values = || changes.iter().map(|change| f64::from(change[part]));
    let mean = values().sum::<f64>() / count;
    let variance = values().map(|value| (value - mean) * (value - mean)).sum::<f64>() / count;
    (mean as f32, variance.sqrt() as f32 + 1e-6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_change_is_where_the_chord_changes() {
        let chord = |notes: [usize; 3]| {
            let mut chroma = Chroma::default();
            for note in notes {
                chroma[note] = 1.0;
            }
            [chroma; PARTS]
        };
        let (c, f) = (chord([0, 4, 7]), chord([5, 9, 0]));
        assert!(distance(&[c, c, c, c], 0) < 1e-6);
        let (at, beside) = (distance(&[c, c, f, f], 0), distance(&[c, c, c, f], 0));
        assert!(at > 0.6 && beside < at / 2.0, "{at} {beside}");
    }

    #[test]
    fn without_frames_or_beats_there_is_nothing_to_say() {
        assert!(at_beats(&Frames::default(), &[0.0, 0.5, 1.0, 1.5, 2.0]).is_empty());
        assert!(at_beats(&Frames::default(), &[0.5; 3]).is_empty());
    }
}
