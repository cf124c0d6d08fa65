//! Where the harmony changes: evidence for the beginning of bars.

use super::chroma::{CLASSES, Chroma};
use super::frames::{Frame, Frames};
use super::tracker::FRAMES_PER_SECOND;

/// Beats on either side of a change that are compared.
const SIDE_BEATS: usize = 2;

/// Standardised change beyond which there is no more to be said.
const MOST: f64 = 3.0;

/// Below this many beats there is nothing to compare.
const LEAST_BEATS: usize = 4;

/// Harmonic change at each of the beats at `times_s` (seconds, ascending).
///
/// Output: one number a beat, standardised over the track, −3..=3, the mean of wide and bass chroma;
/// zeros below four beats. Method: cosine distance between the chroma of the two beats before and
/// of the two beats from this one on.
pub(super) fn change(frames: &Frames, times_s: &[f64]) -> Vec<f64> {
    if times_s.len() < LEAST_BEATS {
        return vec![0.0; times_s.len()];
    }
    let wide = standardised(&novelty(&beat_chromas(frames, times_s, Frame::wide)));
    let bass = standardised(&novelty(&beat_chromas(frames, times_s, Frame::bass)));
    wide.iter().zip(&bass).map(|(wide, bass)| f64::midpoint(*wide, *bass)).collect()
}

/// Summed chroma from each beat to the next.
fn beat_chromas(frames: &Frames, times_s: &[f64], of: impl Fn(&Frame) -> Chroma) -> Vec<Chroma> {
    let last = times_s.windows(2).last().map_or(0.5, |pair| pair[1] - pair[0]);
    let ends = times_s.iter().skip(1).copied().chain(times_s.last().map(|time| time + last));
    let between = |(&start, end): (&f64, f64)| {
        let mut sum = [0.0; CLASSES];
        for frame in frames.range(frames_between(start, end)) {
            for (sum, class) in sum.iter_mut().zip(of(frame)) {
                *sum += class;
            }
        }
        sum
    };
    times_s.iter().zip(ends).map(between).collect()
}

/// Frames whose centre lies in a span of time; the nearest one when there is none.
fn frames_between(start_s: f64, end_s: f64) -> std::ops::Range<usize> {
    let first = (start_s * FRAMES_PER_SECOND).ceil().max(0.0) as usize;
    let end = (end_s * FRAMES_PER_SECOND).ceil().max(0.0) as usize;
    if end > first {
        return first..end;
    }
    let nearest = (f64::midpoint(start_s, end_s) * FRAMES_PER_SECOND).round().max(0.0) as usize;
    nearest..nearest + 1
}

/// Cosine distance between what lies before and behind each beat; 0 at the first.
fn novelty(beats: &[Chroma]) -> Vec<f64> {
    let sum = |part: &[Chroma]| {
        let mut sum = [0.0_f64; CLASSES];
        for beat in part {
            for (sum, class) in sum.iter_mut().zip(beat) {
                *sum += f64::from(*class);
            }
        }
        sum
    };
    let at = |beat: usize| {
        let before = beats.get(beat.saturating_sub(SIDE_BEATS)..beat).unwrap_or(&[]);
        let after = beats.get(beat..(beat + SIDE_BEATS).min(beats.len())).unwrap_or(&[]);
        if before.is_empty() { 0.0 } else { distance(&sum(before), &sum(after)) }
    };
    (0..beats.len()).map(at).collect()
}

fn distance(a: &[f64; CLASSES], b: &[f64; CLASSES]) -> f64 {
    let dot = |a: &[f64; CLASSES], b: &[f64; CLASSES]| -> f64 {
        a.iter().zip(b).map(|(a, b)| a * b).sum()
    };
    1.0 - dot(a, b) / ((dot(a, a) * dot(b, b)).sqrt() + 1e-9)
}

fn standardised(values: &[f64]) -> Vec<f64> {
    let count = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count;
    let scale = variance.sqrt() + 1e-6;
    values.iter().map(|value| ((value - mean) / scale).clamp(-MOST, MOST)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chord(notes: [usize; 3]) -> Chroma {
        let mut chroma = [0.0; CLASSES];
        notes.iter().for_each(|&note| chroma[note] = 1.0);
        chroma
    }

    #[test]
    fn changes_stand_out_where_the_chord_changes() {
        // Four beats of C, four of F, four of G.
        let chords = [chord([0, 4, 7]), chord([5, 9, 0]), chord([7, 11, 2])];
        let beats: Vec<Chroma> = (0..12).map(|beat| chords[beat / 4]).collect();
        let change = standardised(&novelty(&beats));
        for (beat, value) in change.iter().enumerate() {
            assert_eq!(*value > 1.0, beat == 4 || beat == 8, "beat {beat}: {change:?}");
        }
    }

    #[test]
    fn a_drone_and_silence_change_nothing() {
        let still = novelty(&[chord([0, 4, 7]); 8]);
        assert!(standardised(&still).iter().all(|value| value.abs() < 1e-3));
        assert!(change(&Frames::default(), &[0.5; 3]).iter().all(|value| value.abs() < 1e-12));
        let nothing = change(&Frames::default(), &[0.0, 0.5, 1.0, 1.5, 2.0]);
        assert!(nothing.iter().all(|value| value.is_finite()), "{nothing:?}");
    }
}
