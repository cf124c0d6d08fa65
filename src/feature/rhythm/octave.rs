//! Which octave of a metrical family is the tempo.

use super::comb::{Candidate, highest_near, period};

/// Share of the score that an octave without a candidate of its own gets.
const ABSENT: f64 = 0.25;
/// Tempi closer than this are the same.
const SAME: f64 = 0.04;
/// Centre in BPM and standard deviation in octaves. 125 would suit game music and cost older music.
const PRIOR: (f64, f64) = (115.0, 0.7);

/// A beat whose period correlates less than this share of what two periods do is no beat: every other
/// one is empty, as in a slow click track. No music of those measured comes below 0.24.
const EMPTY: f64 = 0.15;

/// Gaussian over log2(bpm), peak 1; `(centre [BPM], standard deviation [octaves])`.
pub(super) fn prior(bpm: f64, (centre, octaves): (f64, f64)) -> f64 {
    (-0.5 * ((bpm / centre).log2() / octaves).powi(2)).exp()
}

/// 1 for a tempo whose beats are there, down to 0 when every other one is missing in `acf`.
fn presence(acf: &[f64], bpm: f64) -> f64 {
    let (once, twice) = (highest_near(acf, period(bpm)), highest_near(acf, 2.0 * period(bpm)));
    if twice > 0.0 { (once / (EMPTY * twice)).clamp(0.0, 1.0) } else { 1.0 }
}

/// Half, same and double tempo of `family`, each with its weight (score × prior × presence), >= 0.
///
/// Pulse votes must stay out of here: they favour slow tempi.
pub(super) fn octaves(family: Candidate, candidates: &[Candidate], acf: &[f64]) -> [Candidate; 3] {
    [0.5, 1.0, 2.0].map(|factor| {
        let bpm = factor * family.bpm;
        let near = |c: &&Candidate| (c.bpm / bpm - 1.0).abs() < SAME;
        let found = candidates
            .iter()
            .filter(near)
            .min_by(|a, b| (a.bpm / bpm - 1.0).abs().total_cmp(&(b.bpm / bpm - 1.0).abs()));
        let octave = found.copied().unwrap_or(Candidate { bpm, score: ABSENT * family.score });
        let weight = prior(octave.bpm, PRIOR) * presence(acf, octave.bpm);
        Candidate { score: octave.score * weight, ..octave }
    })
}

/// The best of [`octaves`].
pub(super) fn choose(octaves: [Candidate; 3]) -> Candidate {
    octaves.into_iter().rev().max_by(|a, b| a.score.total_cmp(&b.score)).unwrap_or(octaves[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_scores_go_to_the_middle_of_the_prior() {
        let candidates = [50.0, 100.0, 200.0].map(|bpm| Candidate { bpm, score: 1.0 });
        for family in candidates {
            let chosen = choose(octaves(family, &candidates, &[1.0; 300]));
            assert!((chosen.bpm - 100.0).abs() < 1e-9);
        }
    }

    #[test]
    fn an_absent_octave_needs_a_far_better_prior() {
        let alone = [Candidate { bpm: 170.0, score: 1.0 }];
        assert!((choose(octaves(alone[0], &alone, &[1.0; 300])).bpm - 170.0).abs() < 1e-9);
    }

    #[test]
    fn empty_beats_are_halved() {
        let candidates = [60.0, 120.0].map(|bpm| Candidate { bpm, score: 1.0 });
        let mut acf = [0.0; 300];
        (0..300).step_by(50).for_each(|lag| acf[lag] = 0.5);
        assert!((choose(octaves(candidates[1], &candidates, &acf)).bpm - 60.0).abs() < 1e-9);
    }
}
