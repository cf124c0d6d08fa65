//! Beat period over time.

use super::evidence::Evidence;
use super::strength::for_each_window;
use crate::dsp::autocorrelation::WindowAutocorrelation;
use crate::dsp::peaks::{argmax, interpolate};

/// Window and hop, frames: 8 s and 2 s.
const WINDOW: (usize, usize) = (400, 100);
/// Periods on a logarithmic grid of ±0.45 octaves around that of the track.
const STATES: usize = 41;
const RANGE: f64 = 0.45;
/// Cost of a change from window to window and of being away from the track's period, per octave.
const CHANGE_COST: f64 = 12.0;
const AWAY_COST: f64 = 0.25;
/// Weight of twice the period.
const SECOND: f64 = 0.6;
/// Fewer windows cannot show a change.
const LEAST_WINDOWS: usize = 3;

/// Beat period over time, in frames.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Course {
    /// Period at the middle of each window; one for a constant tempo.
    periods: Vec<f32>,
    first: f64,
}

impl Course {
    /// A constant period.
    pub(super) fn constant(period: f64) -> Self {
        Self { periods: Vec::new(), first: period }
    }

    /// Follows the period around that of the track: a Viterbi path over the autocorrelation of
    /// windows of 8 s.
    pub(super) fn follow(evidence: &Evidence, period: f64) -> Self {
        let mut search = Search::default();
        let mut acf = WindowAutocorrelation::new(WINDOW.0, true);
        let read = |first, out: &mut [f32]| evidence.read_strength(first, out);
        for_each_window(evidence.frames(), WINDOW, read, |window| {
            search.add(&scores(acf.of(window), period));
        });
        if search.before.len() < LEAST_WINDOWS {
            return Self::constant(period);
        }
        let periods = search.path().into_iter().map(|state| (period * factor(state)) as f32);
        Self { periods: periods.collect(), first: period }
    }

    /// Period at a frame: linear between the middles of windows.
    pub(super) fn period(&self, frame: usize) -> f64 {
        let Some(last) = self.periods.len().checked_sub(1) else { return self.first };
        let position = (frame as f64 - WINDOW.0 as f64 / 2.0) / WINDOW.1 as f64;
        let position = position.clamp(0.0, last as f64);
        let at = |index: usize| f64::from(self.periods[index.min(last)]);
        let index = position as usize;
        at(index) + (position - index as f64) * (at(index + 1) - at(index))
    }

    /// Writes the periods of frames `first..first + out.len()`.
    pub(super) fn read(&self, first: usize, out: &mut [f64]) {
        if self.periods.is_empty() {
            out.fill(self.first);
            return;
        }
        for (frame, out) in (first..).zip(out) {
            *out = self.period(frame);
        }
    }
}

fn octaves(state: usize) -> f64 {
    RANGE * (2.0 * state as f64 / (STATES - 1) as f64 - 1.0)
}

fn factor(state: usize) -> f64 {
    octaves(state).exp2()
}

/// Score of each period in one window.
fn scores(acf: &[f64], period: f64) -> [f64; STATES] {
    let energy = acf.first().copied().unwrap_or_default() + 1e-6;
    std::array::from_fn(|state| {
        let lag = factor(state) * period;
        let seen = interpolate(acf, lag) + SECOND * interpolate(acf, 2.0 * lag);
        seen / energy - AWAY_COST * octaves(state).abs()
    })
}

/// Viterbi search, one window at a time.
struct Search {
    totals: [f64; STATES],
    before: Vec<[u8; STATES]>,
}

impl Default for Search {
    fn default() -> Self {
        Self { totals: [0.0; STATES], before: Vec::new() }
    }
}

impl Search {
    fn add(&mut self, scores: &[f64; STATES]) {
        let mut totals = [0.0; STATES];
        let mut before = [0; STATES];
        for state in 0..STATES {
            let (best, source) = self.best_source(state);
            totals[state] = best + scores[state];
            before[state] = source;
        }
        self.totals = totals;
        self.before.push(before);
    }

    fn best_source(&self, state: usize) -> (f64, u8) {
        const STEP: f64 = 2.0 * RANGE / (STATES - 1) as f64;
        let mut best = (f64::NEG_INFINITY, 0);
        for (source, total) in self.totals.iter().enumerate() {
            let value = total - CHANGE_COST * STEP * source.abs_diff(state) as f64;
            if value > best.0 {
                best = (value, source as u8);
            }
        }
        best
    }

    fn path(&self) -> Vec<usize> {
        let mut state = argmax(&self.totals).unwrap_or(STATES / 2);
        let mut path = Vec::with_capacity(self.before.len());
        for before in self.before.iter().rev() {
            path.push(state);
            state = usize::from(before[state]);
        }
        path.reverse();
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_lie_between_those_of_the_windows() {
        let course = Course { periods: vec![20.0, 30.0, 30.0], first: 25.0 };
        for (frame, period) in [(0, 20.0), (200, 20.0), (250, 25.0), (300, 30.0), (9_000, 30.0)] {
            assert!((course.period(frame) - period).abs() < 1e-9, "{frame}");
        }
        let mut out = [0.0; 3];
        course.read(249, &mut out);
        assert!((out[1] - 25.0).abs() < 1e-9);
    }

    #[test]
    fn a_lasting_change_is_followed_and_a_passing_one_is_not() {
        let window = |state: usize| std::array::from_fn(|s| if s == state { 1.0 } else { 0.0 });
        let mut search = Search::default();
        (0..40).for_each(|i| search.add(&window(if i < 20 { 20 } else { 28 })));
        let path = search.path();
        assert_eq!((path.len(), path[5], path[35]), (40, 20, 28));
        let mut search = Search::default();
        (0..40).for_each(|i| search.add(&window(if i == 20 { 28 } else { 20 })));
        assert!(search.path().iter().all(|&state| state == 20));
    }
}
