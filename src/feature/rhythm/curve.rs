//! Tempo over time.

use super::comb::{HOP, WINDOW, at_lag, period, untaper};
use super::strength::{Strength, for_each_window};
use crate::dsp::autocorrelation::GeneralisedAutocorrelation;

/// Tempi on either side of the track's: 0.36 octaves, less than the 3:4 and 4:3 of a metrical family.
const SIDE: usize = 26;
const STATES: usize = 2 * SIDE + 1;
const STEPS_PER_OCTAVE: f64 = 72.0;
/// (multiple of the beat period, weight)
const COMB: [(f64, f64); 3] = [(1.0, 1.0), (2.0, 0.8), (4.0, 0.6)];
/// Cost of a step of tempo from one window to the next, and the most a change costs.
const STEP_COST: f64 = 0.1;
const JUMP_COST: f64 = 1.5;
/// A course within this many steps (2 %) is a constant tempo.
const CONSTANT_STEPS: u8 = 2;
/// A changing tempo must explain this share more than a constant one.
const GAIN: f64 = 0.15;

/// Beat period over time, in frames.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Curve {
    /// Periods that occur.
    periods: Vec<f64>,
    /// Index into `periods` per tempo window; empty for a constant tempo.
    states: Vec<u8>,
}

impl Curve {
    /// A constant period.
    pub(super) fn constant(period: f64) -> Self {
        Self { periods: vec![period], states: Vec::new() }
    }

    /// Follows the tempo of `strength` around `bpm`.
    ///
    /// Method: Viterbi over 53 tempi and windows of 6 s, scored by the comb of the window's
    /// generalised autocorrelation; a change costs up to [`JUMP_COST`] and must pay over the track.
    /// Holds one byte a frame.
    pub(super) fn follow(strength: &mut dyn Strength, bpm: f64) -> Self {
        let periods: Vec<f64> = (0..STATES).map(|state| state_period(bpm, state)).collect();
        let course = Course::find(strength, &periods);
        if course.is_constant() {
            return Self::constant(period(bpm));
        }
        Self { periods, states: course.states }
    }

    /// True for a constant tempo.
    pub(super) fn is_constant(&self) -> bool {
        self.states.is_empty()
    }

    /// The periods that occur, in frames; at least one.
    pub(super) fn periods(&self) -> &[f64] {
        &self.periods
    }

    /// Index into [`Self::periods`] at a frame.
    pub(super) fn state(&self, frame: usize) -> usize {
        let Some(last) = self.states.len().checked_sub(1) else { return 0 };
        let window = (frame + HOP / 2).saturating_sub(WINDOW / 2) / HOP;
        self.states.get(window.min(last)).map_or(0, |&state| usize::from(state))
    }

    /// Period at a frame, in frames.
    pub(super) fn period(&self, frame: usize) -> f64 {
        self.periods.get(self.state(frame)).copied().unwrap_or(1.0)
    }
}

fn state_period(bpm: f64, state: usize) -> f64 {
    period(bpm) * ((SIDE as f64 - state as f64) / STEPS_PER_OCTAVE).exp2()
}

/// The best course of tempo.
struct Course {
    states: Vec<u8>,
    score: f64,
    constant_score: f64,
}

impl Course {
    fn find(strength: &mut dyn Strength, periods: &[f64]) -> Self {
        let mut search = Search::default();
        let mut acf = GeneralisedAutocorrelation::new(WINDOW);
        for_each_window(strength, WINDOW, HOP, |window| {
            acf.add(window);
            search.add(&local_scores(acf.take(), periods));
        });
        search.finish()
    }

    fn is_constant(&self) -> bool {
        let lowest = self.states.iter().min().copied().unwrap_or_default();
        let highest = self.states.iter().max().copied().unwrap_or_default();
        highest - lowest <= CONSTANT_STEPS
            || self.score < (1.0 + GAIN) * self.constant_score.max(0.0)
    }
}

/// Comb score of each period in one window; zeros for silence.
fn local_scores(acf: Option<Vec<f64>>, periods: &[f64]) -> [f64; STATES] {
    let mut scores = [0.0; STATES];
    let Some(mut acf) = acf else { return scores };
    untaper(&mut acf);
    for (score, period) in scores.iter_mut().zip(periods) {
        *score =
            COMB.iter().map(|(multiple, weight)| weight * at_lag(&acf, multiple * period)).sum();
    }
    scores
}

/// Viterbi search, one window at a time.
struct Search {
    totals: [f64; STATES],
    constant: f64,
    before: Vec<[u8; STATES]>,
}

impl Default for Search {
    fn default() -> Self {
        Self { totals: [0.0; STATES], constant: 0.0, before: Vec::new() }
    }
}

impl Search {
    fn add(&mut self, scores: &[f64; STATES]) {
        let mut totals = [0.0; STATES];
        let mut before = [0; STATES];
        for (state, ((total, from), score)) in
            totals.iter_mut().zip(&mut before).zip(scores).enumerate()
        {
            let (best, source) = self.best_source(state);
            *total = best + score;
            *from = source;
        }
        self.totals = totals;
        self.before.push(before);
        self.constant += scores[SIDE];
    }

    fn best_source(&self, state: usize) -> (f64, u8) {
        let mut best = (f64::NEG_INFINITY, 0);
        for (source, total) in self.totals.iter().enumerate() {
            let value = total - (STEP_COST * source.abs_diff(state) as f64).min(JUMP_COST);
            if value > best.0 {
                best = (value, source as u8);
            }
        }
        best
    }

    fn finish(self) -> Course {
        let last = crate::dsp::peaks::argmax(&self.totals).unwrap_or(SIDE);
        let score = self.totals[last];
        let mut states = Vec::with_capacity(self.before.len());
        let mut state = last as u8;
        for before in self.before.iter().rev() {
            states.push(state);
            state = before.get(usize::from(state)).copied().unwrap_or(state);
        }
        states.reverse();
        Course { states, score, constant_score: self.constant }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Unit pulses whose period changes once.
    struct Change {
        frames: usize,
        periods: [f64; 2],
    }

    impl Strength for Change {
        fn frames(&self) -> usize {
            self.frames
        }
        fn read(&mut self, first: isize, out: &mut [f32]) {
            let middle = self.frames as f64 / 2.0;
            for (i, value) in out.iter_mut().enumerate() {
                let k = (first + i as isize) as f64;
                let period = self.periods[usize::from(k >= middle)];
                let phase = (k - middle).rem_euclid(period);
                let inside = (0.0..self.frames as f64).contains(&k);
                *value = if inside && phase < 1.0 { 1.0 } else { 0.0 };
            }
        }
    }

    #[test]
    fn a_change_is_followed() {
        let mut change = Change { frames: 6_000, periods: [30.0, 24.0] };
        let curve = Curve::follow(&mut change, 100.0);
        assert!(!curve.is_constant());
        assert!((curve.period(1_500) / 30.0 - 1.0).abs() < 0.02, "{}", curve.period(1_500));
        assert!((curve.period(4_500) / 24.0 - 1.0).abs() < 0.02, "{}", curve.period(4_500));
    }

    #[test]
    fn a_constant_tempo_stays_as_it_is() {
        let mut constant = Change { frames: 6_000, periods: [27.3, 27.3] };
        let curve = Curve::follow(&mut constant, 60.0 * 50.0 / 27.3);
        assert_eq!(curve, Curve::constant(27.3));
        assert_eq!(curve.state(5_000), 0);
    }
}
