//! Pulse trains laid over the onset function: which metrical family explains it.

use super::comb::{Candidate, HOP, WINDOW, period};
use super::strength::{Strength, for_each_window};

const PULSES: usize = 4;
/// (multiple of the beat period between pulses, weight); Percival & Tzanetakis, TASLP 2014.
const SPACINGS: [(f64, f32); 3] = [(1.0, 1.0), (2.0, 0.5), (1.5, 0.5)];
/// A pulse may miss its onset by one frame, at this cost.
const NEIGHBOUR: f32 = 0.7;

/// How well each candidate explains the windows of `strength`, 0..=3 each.
///
/// Every window gives each tempo its share of the largest train and of the spread over phases, and
/// one more vote to the best tempo; the mean over windows is returned.
pub(super) fn votes(strength: &mut dyn Strength, candidates: &[Candidate]) -> Vec<f64> {
    let periods: Vec<f64> = candidates.iter().map(|c| period(c.bpm)).collect();
    let mut votes = vec![0.0; periods.len()];
    let mut windows = 0_u64;
    let mut blurred = vec![0.0; WINDOW];
    let mut energy = Vec::new();
    let mut fits = vec![Fit::default(); periods.len()];
    for_each_window(strength, WINDOW, HOP, |window| {
        blur(window, &mut blurred);
        for (fit, &period) in fits.iter_mut().zip(&periods) {
            *fit = Fit::of(&blurred, period, &mut energy);
        }
        if add_shares(&fits, &mut votes) {
            windows += 1;
        }
    });
    for vote in &mut votes {
        *vote /= windows.max(1) as f64;
    }
    votes
}

/// How a train of one period fits a window.
#[derive(Clone, Copy, Debug, Default)]
struct Fit {
    /// Energy of the best phase.
    largest: f64,
    /// Standard deviation over phases.
    spread: f64,
}

impl Fit {
    /// Lays trains of `period` over `window`, one per phase.
    fn of(window: &[f32], period: f64, energy: &mut Vec<f32>) -> Self {
        energy.clear();
        energy.resize((period as usize).max(1), 0.0);
        for (spacing, weight) in SPACINGS {
            for pulse in 0..PULSES {
                let first = (pulse as f64 * spacing * period) as usize;
                let under = window.get(first..).unwrap_or_default();
                for (energy, &value) in energy.iter_mut().zip(under) {
                    *energy += weight * value;
                }
            }
        }
        let largest = energy.iter().copied().fold(0.0, f32::max);
        Self { largest: f64::from(largest), spread: spread(energy) }
    }
}

fn spread(values: &[f32]) -> f64 {
    let count = values.len().max(1) as f64;
    let mean = values.iter().map(|&v| f64::from(v)).sum::<f64>() / count;
    let squares: f64 = values.iter().map(|&v| (f64::from(v) - mean).powi(2)).sum();
    (squares / count).sqrt()
}

fn blur(window: &[f32], blurred: &mut [f32]) {
    let before = std::iter::once(0.0).chain(window.iter().copied());
    let after = window.iter().skip(1).copied().chain(std::iter::once(0.0));
    for ((out, &here), (before, after)) in blurred.iter_mut().zip(window).zip(before.zip(after)) {
        *out = here.max(NEIGHBOUR * before.max(after));
    }
}

/// Adds the shares of one window; false for a silent one, which has no say.
fn add_shares(fits: &[Fit], votes: &mut [f64]) -> bool {
    let largest: f64 = fits.iter().map(|fit| fit.largest).sum();
    let spread: f64 = fits.iter().map(|fit| fit.spread).sum();
    if largest <= 0.0 || spread <= 0.0 {
        return false;
    }
    let mut winner = (0, 0.0);
    for (index, (fit, vote)) in fits.iter().zip(votes.iter_mut()).enumerate() {
        let share = fit.largest / largest + fit.spread / spread;
        *vote += share;
        if share > winner.1 {
            winner = (index, share);
        }
    }
    if let Some(vote) = votes.get_mut(winner.0) {
        *vote += 1.0;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Train(usize);

    impl Strength for Train {
        fn frames(&self) -> usize {
            3_000
        }
        fn read(&mut self, first: isize, out: &mut [f32]) {
            for (i, value) in out.iter_mut().enumerate() {
                *value =
                    if (first + i as isize).rem_euclid(self.0 as isize) == 3 { 1.0 } else { 0.0 };
            }
        }
    }

    #[test]
    fn the_right_family_wins() {
        let tempi = [120.0, 80.0, 90.0, 160.0];
        let candidates = tempi.map(|bpm| Candidate { bpm, score: 1.0 });
        let votes = votes(&mut Train(25), &candidates);
        assert!(votes[1..].iter().all(|&vote| vote < votes[0]), "{votes:?}");
    }
}
