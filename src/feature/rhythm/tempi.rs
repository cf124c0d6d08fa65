//! Candidate tempi and the choice among them.

use super::evidence::Evidence;
use super::periodicity::{Periodicity, TEMPI, tempo};
use super::tempo_features;
use crate::dsp::peaks::local_maxima;
use crate::model::beat_rules::BeatRules;

/// Peaks of the scores that are taken, and those whose simple ratios are tried too.
const PEAKS: usize = 8;
const EXPANDED: usize = 4;
const RATIOS: [f64; 6] = [0.5, 2.0, 2.0 / 3.0, 1.5, 1.0 / 3.0, 3.0];
/// Answers, in beats per minute.
const ANSWERS: std::ops::RangeInclusive<f64> = 38.0..=262.0;
/// Tempi closer than this are one.
const SAME: f64 = 0.03;
/// Where nothing comes back at all.
const USUAL_BPM: f64 = 120.0;

/// A tempo and its share of the evidence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TempoCandidate {
    /// Beats per minute.
    pub bpm: f64,
    /// Probability that a listener would tap it, 0..=1.
    pub share: f64,
}

/// Candidate tempi in BPM: the highest peaks of the scores, and simple ratios of the best few.
pub(super) fn candidates(periodicity: &Periodicity) -> Vec<f64> {
    let scores = sum_of_units(&periodicity.activation_scores, &periodicity.onset_scores);
    let mut peaks: Vec<usize> = local_maxima(&scores).collect();
    peaks.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
    peaks.truncate(PEAKS);
    let found = peaks.iter().map(|&peak| tempo(peak));
    let best = peaks.iter().take(EXPANDED);
    let related = best.flat_map(|&peak| RATIOS.map(|ratio| tempo(peak) * ratio));
    let mut kept: Vec<f64> = Vec::new();
    for bpm in found.chain(related) {
        let near = kept.iter().any(|other| (bpm / other - 1.0).abs() < SAME);
        if ANSWERS.contains(&bpm) && !near {
            kept.push(bpm);
        }
    }
    if kept.is_empty() {
        kept.push(USUAL_BPM);
    }
    kept
}

fn sum_of_units(a: &[f64], b: &[f64]) -> Vec<f64> {
    let highest = |x: &[f64]| x.iter().copied().fold(0.0, f64::max) + 1e-6;
    let (unit_a, unit_b) = (1.0 / highest(a), 1.0 / highest(b));
    (0..TEMPI).map(|i| a[i] * unit_a + b[i] * unit_b).collect()
}

/// Candidates by descending share: a conditional logit over their features.
pub(super) fn choose(evidence: &Evidence, rules: &BeatRules) -> Vec<TempoCandidate> {
    let utility =
        |bpm: &f64| rules.tempo.sharpness * rules.tempo.value(&tempo_features::of(evidence, *bpm));
    let tempi = candidates(&evidence.periodicity);
    let utilities: Vec<f64> = tempi.iter().map(utility).collect();
    let shares = softmax(&utilities);
    let row = |(bpm, share)| TempoCandidate { bpm, share };
    let mut found: Vec<_> = tempi.into_iter().zip(shares).map(row).collect();
    found.sort_by(|a, b| b.share.total_cmp(&a.share));
    found
}

/// e^x over their sum.
pub(super) fn softmax(x: &[f64]) -> Vec<f64> {
    let highest = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let powers: Vec<f64> = x.iter().map(|x| (x - highest).exp()).collect();
    let sum: f64 = powers.iter().sum();
    powers.into_iter().map(|power| power / sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_sum_to_one() {
        let shares = softmax(&[1000.0, 1000.0, -1e9]);
        assert!((shares[0] - 0.5).abs() < 1e-12 && shares[2].abs() < 1e-12, "{shares:?}");
    }
}
