//! Bars: metre and first beats.

use super::evidence::Evidence;
use super::tempi::softmax;

/// (beats a bar, logarithm of the prior)
const METRES: [(usize, f64); 6] = [(2, -6.0), (3, -1.0), (4, 0.0), (5, -5.0), (6, -5.0), (7, -5.0)];
const MOST: usize = 7;
/// From the logit of the downbeat activation to a logarithmic likelihood ratio.
const SLOPE: f64 = 0.5;
const BIAS: f64 = 0.75;
/// Weight of the harmonic change.
const HARMONY_WEIGHT: f64 = 0.5;
/// Frames around a beat in which the activation is looked for.
const REACH: usize = 2;
/// Cost of a bar of another length.
const JUMP_COST: f64 = 10.0;
/// Evidence of more beats is not independent.
const INDEPENDENT_BEATS: f64 = 30.0;
const LEAST_BEATS: usize = 4;

/// Division of beats into bars.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Bars {
    /// Beats a bar.
    pub(super) metre: usize,
    /// Position of each beat in its bar, from 0.
    pub(super) positions: Vec<u8>,
    /// Probability of the metre.
    pub(super) share: f64,
}

/// Logarithmic likelihood ratio of each beat (in frames) to begin a bar.
pub(super) fn scores(evidence: &Evidence, beats: &[f64]) -> Vec<f64> {
    let score = |&beat: &f64| {
        let p = evidence.peak(beat, REACH, |k| evidence.track.downbeat(k));
        SLOPE * (logit(p) - BIAS)
    };
    beats.iter().map(score).collect()
}

/// `scores` and the harmonic change at the same beats, in standard deviations, if it is known.
pub(super) fn with_harmony(mut scores: Vec<f64>, change: &[f64]) -> Vec<f64> {
    for (score, change) in scores.iter_mut().zip(change) {
        *score += HARMONY_WEIGHT * change;
    }
    scores
}

/// ln(p / (1 - p)), p kept away from 0 and 1.
pub(super) fn logit(p: f64) -> f64 {
    let p = p.clamp(1e-4, 1.0 - 1e-4);
    (p / (1.0 - p)).ln()
}

impl Bars {
    /// The best division over all metres; `None` below four beats.
    pub(super) fn choose(scores: &[f64]) -> Option<Self> {
        if scores.len() < LEAST_BEATS {
            return None;
        }
        let scale = (INDEPENDENT_BEATS / scores.len() as f64).min(1.0);
        let totals = METRES.map(|(metre, prior)| scale * divide(scores, metre).0 + prior);
        let shares = softmax(&totals);
        let mut best = 0;
        for (i, share) in shares.iter().enumerate() {
            if *share > shares[best] {
                best = i;
            }
        }
        let metre = METRES[best].0;
        Some(Self { metre, positions: divide(scores, metre).1, share: shares[best] })
    }
}

/// (score, positions) of the best division into bars of `metre` beats; a bar may begin early or late
/// at a cost.
fn divide(scores: &[f64], metre: usize) -> (f64, Vec<u8>) {
    let mut totals = [0.0; MOST];
    let mut sources = Vec::with_capacity(scores.len());
    for (i, score) in scores.iter().enumerate() {
        let best = highest(&totals[..metre]);
        let jump = totals[best] - JUMP_COST;
        let mut first = (totals[metre - 1], metre - 1);
        if i > 0 && jump > first.0 {
            first = (jump, best);
        }
        totals.copy_within(..metre - 1, 1);
        totals[0] = first.0 + score;
        sources.push(first.1 as u8);
    }
    let mut position = highest(&totals[..metre]) as u8;
    let total = totals[usize::from(position)];
    let mut positions = Vec::with_capacity(scores.len());
    for &source in sources.iter().rev() {
        positions.push(position);
        position = if position == 0 { source } else { position - 1 };
    }
    positions.reverse();
    (total, positions)
}

fn highest(totals: &[f64]) -> usize {
    crate::dsp::peaks::argmax(totals).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn regular(metre: usize, upbeat: usize, beats: usize) -> Vec<f64> {
        let score = |i: usize| if (i + metre - upbeat).is_multiple_of(metre) { 1.5 } else { -1.5 };
        (0..beats).map(score).collect()
    }

    #[test]
    fn every_metre_is_recognised() {
        for metre in [3, 4, 5, 6, 7] {
            let bars = Bars::choose(&regular(metre, 2, 80)).unwrap();
            assert_eq!(
                (bars.metre, bars.positions[2], bars.positions[1]),
                (metre, 0, metre as u8 - 1)
            );
            assert!(bars.share > 0.8, "{metre}: {}", bars.share);
        }
        assert_eq!(Bars::choose(&[1.0; 3]), None);
    }

    #[test]
    fn one_odd_bar_does_not_shift_the_rest() {
        let mut scores = regular(4, 0, 40);
        scores.extend(regular(4, 2, 40));
        let bars = Bars::choose(&scores).unwrap();
        assert_eq!((bars.metre, bars.positions[4], bars.positions[42]), (4, 0, 0));
    }
}
