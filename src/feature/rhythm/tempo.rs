//! Tempo: metrical family, octave, refinement, alternatives.

use super::clarity::Clarity;
use super::comb::{self, Candidate};
use super::octave::{self, prior};
use super::pulses;
use super::refine::LongLags;
use super::strength::Strength;

/// Prior of the metrical family: centre in BPM, standard deviation in octaves.
const FAMILY_PRIOR: (f64, f64) = (110.0, 1.2);
/// Tempi closer than this are one.
const SAME: f64 = 0.02;
/// Alternatives that are reported at most.
const REPORTED: usize = 6;

/// A tempo and its share of the evidence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TempoCandidate {
    /// Beats per minute.
    pub bpm: f64,
    /// Share of the evidence, 0..=1; the shares of a track's candidates sum to 1.
    pub share: f64,
}

/// What is known of the tempo of a track with a pulse.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tempo {
    /// Beats per minute.
    pub(super) bpm: f64,
    /// 0..=1.
    pub(super) confidence: f64,
    /// The chosen tempo first, the others by descending share.
    pub(super) candidates: Vec<TempoCandidate>,
    /// How clear the pulse is.
    pub(super) clarity: Clarity,
}

/// Estimates the tempo from `whole`, the strength function of the full band, and `parts`, those
/// whose periodicities are averaged; `None` for silence.
pub(super) fn estimate(whole: &mut dyn Strength, parts: &mut [&mut dyn Strength]) -> Option<Tempo> {
    let acf = comb::periodicity(parts)?;
    let candidates = comb::candidates(&acf);
    let votes = pulses::votes(whole, &candidates);
    let families = weigh_families(&candidates, &votes);
    let family = families.iter().max_by(|a, b| a.score.total_cmp(&b.score))?;
    let family = *candidates.iter().find(|c| (c.bpm / family.bpm - 1.0).abs() < 1e-9)?;
    let chosen = octave::choose(octave::octaves(family, &candidates, &acf));
    let lags = LongLags::of(whole);
    let bpm = lags.refine(chosen.bpm);
    let shares = shares(chosen, &families, &candidates, &acf);
    let share = shares.first().map_or(0.0, |chosen| chosen.share);
    let clarity = Clarity::measure(&acf, &lags, bpm);
    let refined = |c: &TempoCandidate| TempoCandidate { bpm: lags.refine(c.bpm), ..*c };
    Some(Tempo {
        bpm,
        confidence: clarity.confidence(share),
        candidates: shares.iter().map(refined).collect(),
        clarity,
    })
}

/// Each candidate with score × √votes × prior in place of its score.
fn weigh_families(candidates: &[Candidate], votes: &[f64]) -> Vec<Candidate> {
    let weigh = |(c, vote): (&Candidate, &f64)| Candidate {
        score: c.score * vote.sqrt() * prior(c.bpm, FAMILY_PRIOR),
        ..*c
    };
    candidates.iter().zip(votes).map(weigh).collect()
}

/// Shares of the chosen tempo, first, and of its best alternatives.
///
/// Each family's weight is divided among its octaves by the octave weights; tempi that turn up in
/// several families add up.
fn shares(
    chosen: Candidate,
    families: &[Candidate],
    all: &[Candidate],
    acf: &[f64],
) -> Vec<TempoCandidate> {
    let mut found = vec![TempoCandidate { bpm: chosen.bpm, share: 0.0 }];
    for family in families {
        let Some(own) = all.iter().find(|c| (c.bpm / family.bpm - 1.0).abs() < 1e-9) else {
            continue;
        };
        let octaves = octave::octaves(*own, all, acf);
        let total: f64 = octaves.iter().map(|o| o.score).sum();
        let sought = |octave: &&Candidate| total > 0.0 && comb::TEMPI.contains(&octave.bpm);
        for octave in octaves.iter().filter(sought) {
            add(&mut found, octave.bpm, family.score * octave.score / total);
        }
    }
    let (first, rest) = found.split_at_mut(1);
    rest.sort_by(|a, b| b.share.total_cmp(&a.share));
    let mut kept: Vec<TempoCandidate> = first.to_vec();
    kept.extend(rest.iter().take(REPORTED - 1).filter(|c| c.share > 0.0));
    let total: f64 = kept.iter().map(|c| c.share).sum();
    if total > 0.0 {
        for candidate in &mut kept {
            candidate.share /= total;
        }
    } else {
        kept.truncate(1);
        for candidate in &mut kept {
            candidate.share = 1.0;
        }
    }
    kept
}

fn add(found: &mut Vec<TempoCandidate>, bpm: f64, share: f64) {
    match found.iter_mut().find(|c| (c.bpm / bpm - 1.0).abs() < SAME) {
        Some(same) => same.share += share,
        None => found.push(TempoCandidate { bpm, share }),
    }
}
