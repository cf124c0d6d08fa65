//! Periodicity of the onset functions, and how well each tempo explains it.

use super::FRAMES_PER_SECOND;
use super::strength::{Strength, for_each_window};
use crate::dsp::autocorrelation::GeneralisedAutocorrelation;
use crate::dsp::peaks::{argmax, local_maxima};

/// Window of tempo analysis, frames: 6 s, long enough for four beats at 40 BPM.
pub(super) const WINDOW: usize = 300;
/// Distance of windows, frames: 1.5 s.
pub(super) const HOP: usize = 75;
const TAPER_GAIN_LIMIT: f64 = 2.5;
const LOWEST_BPM: f64 = 30.0;
/// Tempi that are sought, BPM.
pub(super) const TEMPI: std::ops::RangeInclusive<f64> = LOWEST_BPM..=300.0;
const STEPS_PER_OCTAVE: f64 = 72.0;
/// 30 to 300 BPM.
const STEPS: usize = 240;
/// (multiple of the beat period, weight)
const COMB: [(f64, f64); 4] = [(1.0, 1.0), (2.0, 0.8), (4.0, 0.6), (0.5, 0.3)];
const CANDIDATES: usize = 12;

/// A tempo and its comb score.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Candidate {
    /// Beats per minute.
    pub(super) bpm: f64,
    /// Comb score, >= 0.
    pub(super) score: f64,
}

/// Period of a tempo, in frames.
pub(super) fn period(bpm: f64) -> f64 {
    60.0 * FRAMES_PER_SECOND / bpm
}

/// Mean generalised autocorrelation over all windows of all `strengths`, lags 0..[`WINDOW`]; `None`
/// for silence.
pub(super) fn periodicity(strengths: &mut [&mut dyn Strength]) -> Option<Vec<f64>> {
    let mut acf = GeneralisedAutocorrelation::new(WINDOW);
    for strength in strengths {
        for_each_window(&mut **strength, WINDOW, HOP, |window| acf.add(window));
    }
    let mut lags = acf.finish()?;
    untaper(&mut lags);
    Some(lags)
}

/// Compensates the lack of overlap at long lags, by no more than [`TAPER_GAIN_LIMIT`].
pub(super) fn untaper(acf: &mut [f64]) {
    let len = acf.len() as f64;
    for (lag, value) in acf.iter_mut().enumerate() {
        *value *= (len / (len - lag as f64)).min(TAPER_GAIN_LIMIT);
    }
}

/// Tempo of a step of the grid, in BPM.
fn grid_bpm(step: usize) -> f64 {
    LOWEST_BPM * (step as f64 / STEPS_PER_OCTAVE).exp2()
}

/// Linear interpolation of `acf` at a fractional lag; 0 beyond its end.
pub(super) fn at_lag(acf: &[f64], lag: f64) -> f64 {
    let index = lag as usize;
    let share = lag - index as f64;
    match (acf.get(index), acf.get(index + 1)) {
        (Some(low), Some(high)) => low + share * (high - low),
        (Some(&last), None) if share <= 0.0 => last,
        _ => 0.0,
    }
}

/// Highest value of `acf` within a frame of a lag; 0 beyond its end.
pub(super) fn highest_near(acf: &[f64], lag: f64) -> f64 {
    let middle = lag.round() as usize;
    let near = acf.get(middle.saturating_sub(1)..(middle + 2).min(acf.len())).unwrap_or_default();
    near.iter().copied().fold(0.0, f64::max)
}

/// Score of every tempo of the grid, >= 0: weighted sum of the autocorrelation at multiples of the
/// period, less the tenth percentile.
fn scores(acf: &[f64]) -> Vec<f64> {
    let mut scores: Vec<f64> = (0..STEPS)
        .map(|step| {
            let period = period(grid_bpm(step));
            COMB.iter().map(|(multiple, weight)| weight * at_lag(acf, multiple * period)).sum()
        })
        .collect();
    let mut sorted = scores.clone();
    sorted.sort_by(f64::total_cmp);
    let floor = sorted.get(STEPS / 10).copied().unwrap_or_default();
    for score in &mut scores {
        *score = (*score - floor).max(0.0);
    }
    scores
}

/// The highest local maxima of the comb score, best first; never empty.
pub(super) fn candidates(acf: &[f64]) -> Vec<Candidate> {
    let scores = scores(acf);
    let at = |step: usize| Candidate { bpm: grid_bpm(step), score: scores[step] };
    let mut found: Vec<Candidate> = local_maxima(&scores).map(at).collect();
    if found.is_empty() {
        found.extend(argmax(&scores).map(at));
    }
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    found.truncate(CANDIDATES);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comb_scores_best_at_its_period() {
        let pulse =
            |lag: usize| if lag.is_multiple_of(25) { 1.0 - lag as f64 / 400.0 } else { 0.0 };
        let acf: Vec<f64> = (0..WINDOW).map(pulse).collect();
        let best = candidates(&acf)[0];
        assert!((best.bpm / 120.0 - 1.0).abs() < 0.01, "{}", best.bpm);
    }

    #[test]
    fn lags_are_interpolated_and_end() {
        let acf = [1.0, 0.0, 4.0];
        assert!((at_lag(&acf, 1.25) - 1.0).abs() < 1e-12);
        assert!((at_lag(&acf, 2.0) - 4.0).abs() < 1e-12);
        assert!(at_lag(&acf, 2.5).abs() < 1e-12);
    }

    #[test]
    fn a_flat_function_still_has_a_candidate() {
        assert!(!candidates(&[1.0; WINDOW]).is_empty());
    }
}
