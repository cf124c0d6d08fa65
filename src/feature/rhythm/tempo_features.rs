//! How well a tempo explains a track: what the rule of the tempo sees.

use super::drift::Course;
use super::evidence::Evidence;
use super::periodicity::{nearest_tempo, period};
use super::track::track;
use crate::model::beat_rules::TEMPO_FEATURES;

/// Fewer beats are replaced by a plain grid.
const LEAST_BEATS: usize = 3;
/// A beat explains this many frames to either side.
const EXPLAINED_REACH: u32 = 2;

/// Features of a tempo, in the order of the rule.
pub(super) fn of(evidence: &Evidence, bpm: f64) -> [f64; TEMPO_FEATURES] {
    let beats = beats(evidence, period(bpm));
    let activation = Profile::measure(evidence, &beats, evidence.activation_peaks[1] + 1e-3, |k| {
        evidence.track.activation(k)
    });
    let onsets =
        Profile::measure(evidence, &beats, evidence.onset_peak + 1e-3, |k| evidence.track.onset(k));
    let at_beats = |value: &dyn Fn(usize) -> f32| {
        Pairs::of(beats.iter().map(|&beat| evidence.peak(f64::from(beat), 1, value))).alternation()
    };
    let index = nearest_tempo(bpm);
    let share = |scores: &[f64]| {
        let highest = scores.iter().copied().fold(0.0, f64::max);
        scores.get(index).copied().unwrap_or_default() / (highest + 1e-6)
    };
    let octaves = (bpm / 120.0).log2();
    [
        octaves,
        octaves * octaves,
        share(&evidence.periodicity.activation_scores),
        share(&evidence.periodicity.onset_scores),
        activation.on,
        activation.between,
        activation.thirds,
        activation.alternation,
        onsets.on,
        onsets.between,
        onsets.thirds,
        onsets.alternation,
        explained(evidence, &beats),
        (evidence.onset_rate_hz / 5.0 + 0.05).log2() * octaves,
        at_beats(&|k| evidence.track.band(0, k)),
        at_beats(&|k| evidence.track.downbeat(k)),
    ]
}

fn beats(evidence: &Evidence, period: f64) -> Vec<u32> {
    let found = track(evidence, &Course::constant(period));
    if found.len() >= LEAST_BEATS {
        return found;
    }
    let step = period.round_ties_even().max(1.0) as usize;
    (0..evidence.frames()).step_by(step).map(|frame| frame as u32).collect()
}

/// Means of a function on beats, halfway between and at the thirds, relative to its peak.
struct Profile {
    on: f64,
    between: f64,
    thirds: f64,
    alternation: f64,
}

impl Profile {
    fn measure(
        evidence: &Evidence,
        beats: &[u32],
        unit: f64,
        value: impl Fn(usize) -> f32 + Copy,
    ) -> Self {
        let level = |position: f64| evidence.peak(position, 1, value) / unit;
        let on = Pairs::of(beats.iter().map(|&beat| level(f64::from(beat))));
        let gaps = beats.windows(2);
        let (mut between, mut thirds) = (0.0, 0.0);
        for pair in gaps {
            let (start, gap) = (f64::from(pair[0]), f64::from(pair[1] - pair[0]));
            between += level(start + gap / 2.0);
            thirds += level(start + gap / 3.0) + level(start + 2.0 * gap / 3.0);
        }
        let gaps = beats.len().saturating_sub(1).max(1) as f64;
        Self {
            on: on.mean(),
            between: between / gaps,
            thirds: thirds / (2.0 * gaps),
            alternation: on.alternation(),
        }
    }
}

/// Sums of even and odd entries.
struct Pairs {
    sums: [f64; 2],
    counts: [usize; 2],
}

impl Pairs {
    fn of(values: impl Iterator<Item = f64>) -> Self {
        let mut pairs = Self { sums: [0.0; 2], counts: [0; 2] };
        for (i, value) in values.enumerate() {
            pairs.sums[i % 2] += value;
            pairs.counts[i % 2] += 1;
        }
        pairs
    }

    fn mean(&self) -> f64 {
        (self.sums[0] + self.sums[1]) / (self.counts[0] + self.counts[1]).max(1) as f64
    }

    /// How unequal even and odd entries are, 0..=1.
    fn alternation(&self) -> f64 {
        if self.counts[0] + self.counts[1] < 4 {
            return 0.0;
        }
        let [even, odd] = [0, 1].map(|i| self.sums[i] / self.counts[i] as f64);
        (even - odd).abs() / (even + odd + 1e-6)
    }
}

/// Share of the activation that lies near beats.
fn explained(evidence: &Evidence, beats: &[u32]) -> f64 {
    let frames = evidence.frames() as u32;
    let (mut sum, mut next) = (0.0, 0);
    for &beat in beats {
        let end = (beat + EXPLAINED_REACH + 1).min(frames);
        for frame in next.max(beat.saturating_sub(EXPLAINED_REACH))..end {
            sum += f64::from(evidence.track.activation(frame as usize));
        }
        next = next.max(end);
    }
    sum / (evidence.activation_sum + 1e-6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alternation_is_the_difference_of_even_and_odd() {
        let pairs = Pairs::of([3.0, 1.0, 3.0, 1.0, 3.0].into_iter());
        assert!((pairs.alternation() - 0.5).abs() < 1e-6 && (pairs.mean() - 2.2).abs() < 1e-12);
        assert!(Pairs::of([3.0, 1.0, 3.0].into_iter()).alternation().abs() < 1e-12);
        assert!(Pairs::of(std::iter::empty()).mean().abs() < 1e-12);
    }
}
