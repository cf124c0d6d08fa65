//! A perfectly steady grid of beats.

use super::evidence::Evidence;
use crate::dsp::peaks::parabola_offset;
use crate::dsp::simd::{LANES, add, kernel};

const PHASES: usize = 32;
/// Window of one vote, frames: 20 s, half overlapping.
const WINDOW: usize = 1000;
/// Periods sought: this share to either side.
const RANGE: f64 = 0.004;
/// Frames to either side in which a grid looks for its peak, and how far that may be away.
const REACH: usize = 2;
const NEAR: f64 = 2.2;
const FITS: usize = 3;
const BLOCK: usize = 4096;

/// Beats at `first + n period`, in frames, inside a track.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Grid {
    /// Distance of beats, frames.
    pub(super) period: f64,
    /// The first beat, 0..period.
    pub(super) first: f64,
}

impl Grid {
    /// The best steady grid near `period`.
    ///
    /// A Hough transform: every window votes for its phases, and a line phase = a + b time collects
    /// the votes, so that windows which prefer the off-beat are outvoted. Then least squares on the
    /// peaks; of the grid and its off-beat the stronger one.
    pub(super) fn find(evidence: &Evidence, period: f64) -> Self {
        let votes = Votes::cast(evidence, period);
        let (slope, phase) = votes.best_line(evidence.frames(), period);
        let period = 1.0 / (1.0 / period - slope);
        let first = phase as f64 / PHASES as f64 * period;
        let [on, off] =
            [0.0, 0.5].map(|shift| Self { period, first: first + shift * period }.fitted(evidence));
        if off.merit(evidence) > on.merit(evidence) { off } else { on }
    }

    /// Beats inside the track, in frames.
    pub(super) fn places(self, frames: usize) -> impl Iterator<Item = f64> {
        let count = self.number(frames).map_or(0, |last| last + 1);
        (0..count).map(move |number| self.first + self.period * number as f64)
    }

    /// Number of the last beat inside the track.
    fn number(self, frames: usize) -> Option<i64> {
        let last = frames as f64 - 1.0 - self.first;
        (last >= 0.0).then(|| (last / self.period) as i64)
    }

    /// Mean strength on the beats.
    pub(super) fn merit(self, evidence: &Evidence) -> f64 {
        let (mut sum, mut count) = (0.0, 0);
        for place in self.places(evidence.frames()) {
            sum += evidence.strength_at(place);
            count += 1;
        }
        sum / f64::from(count.max(1))
    }

    /// Least squares on the peaks of the strength near the grid.
    fn fitted(mut self, evidence: &Evidence) -> Self {
        for _ in 0..FITS {
            let Some((slope, shift, centre)) = self.correction(evidence) else { break };
            self.period += slope;
            self.first += shift - slope * centre;
        }
        Self { first: self.first.rem_euclid(self.period), ..self }
    }

    /// (change of the period, mean shift, mean number), weighted by strength.
    fn correction(self, evidence: &Evidence) -> Option<(f64, f64, f64)> {
        let from = (-self.first / self.period).ceil() as i64;
        let last = ((evidence.frames() as f64 - 1.0 - self.first) / self.period) as i64;
        let mut sums = Sums::default();
        for number in from..=last {
            let place = self.first + number as f64 * self.period;
            let (exact, strength) = peak_near(evidence, place);
            if (exact - place).abs() < NEAR {
                sums.add(strength.max(0.0), number as f64, exact - place);
            }
        }
        sums.line()
    }
}

/// (exact frame, strength) of the highest strength near a place.
fn peak_near(evidence: &Evidence, place: f64) -> (f64, f64) {
    /// One more to either side than is sought, for the parabola.
    const NEIGHBOURS: usize = 2 * REACH + 3;
    let middle = place.round_ties_even().max(0.0) as usize;
    let near: [f64; NEIGHBOURS] = evidence.strength_near(middle);
    let mut best = 1;
    for i in 2..NEIGHBOURS - 1 {
        if near[i] > near[best] {
            best = i;
        }
    }
    let frame = (middle + best) as f64 - (REACH + 1) as f64;
    (frame + parabola_offset(near[best - 1], near[best], near[best + 1]), near[best])
}

/// Sums of a weighted line.
#[derive(Default)]
struct Sums {
    used: usize,
    weight: f64,
    n: f64,
    nn: f64,
    d: f64,
    nd: f64,
}

impl Sums {
    fn add(&mut self, weight: f64, n: f64, d: f64) {
        self.used += usize::from(weight > 0.0);
        self.weight += weight;
        self.n += weight * n;
        self.nn += weight * n * n;
        self.d += weight * d;
        self.nd += weight * n * d;
    }

    /// (slope, mean of d, mean of n); `None` below four points.
    fn line(&self) -> Option<(f64, f64, f64)> {
        if self.weight < 1e-6 || self.used < 4 {
            return None;
        }
        let [n, nn, d, nd] = [self.n, self.nn, self.d, self.nd].map(|sum| sum / self.weight);
        Some(((nd - n * d) / (nn - n * n + 1e-9), d, n))
    }
}

/// Strength per phase in each window, twice over so that any turn of it lies in one piece.
struct Votes {
    windows: Vec<([f32; 2 * PHASES], f32)>,
}

impl Votes {
    fn cast(evidence: &Evidence, period: f64) -> Self {
        const HOP: usize = WINDOW / 2;
        let frames = evidence.frames();
        let count = frames.saturating_sub(HOP).div_ceil(HOP).max(1);
        let mut windows = vec![([0.0_f32; 2 * PHASES], 0.0_f32); count];
        for (i, (_, centre)) in windows.iter_mut().enumerate() {
            *centre = (i * HOP) as f32 + 0.5 * WINDOW.min(frames - (i * HOP).min(frames)) as f32;
        }
        let mut block = vec![0.0; BLOCK];
        for first in (0..frames).step_by(BLOCK) {
            let block = &mut block[..BLOCK.min(frames - first)];
            evidence.read_strength(first as isize, block);
            for (frame, &value) in (first..).zip(block.iter()) {
                let phase = (frame as f64 / period).fract() * PHASES as f64;
                let part = phase.fract() as f32;
                let half = frame / HOP;
                let near = half.saturating_sub(1)..(half + 1).min(count);
                for (profile, _) in windows.get_mut(near).unwrap_or_default() {
                    profile[phase as usize % PHASES] += value * (1.0 - part);
                    profile[(phase as usize + 1) % PHASES] += value * part;
                }
            }
        }
        for (profile, _) in &mut windows {
            profile.copy_within(..PHASES, PHASES);
        }
        Self { windows }
    }

    /// (slope in turns a frame, phase) of the line with most votes.
    fn best_line(&self, frames: usize, period: f64) -> (f64, usize) {
        let per_frame = 1.0 / (PHASES * frames.max(1)) as f64;
        let reach = (RANGE / period / per_frame).ceil() as i64;
        let mut best = (f32::NEG_INFINITY, 0.0, 0);
        for step in -reach..=reach {
            let slope = step as f64 * per_frame;
            let votes = collect(&self.windows, slope * PHASES as f64);
            let votes = votes.as_flattened();
            for (phase, &votes) in votes.iter().enumerate() {
                if votes > best.0 {
                    best = (votes, slope, phase);
                }
            }
        }
        (best.1, best.2)
    }
}

kernel! {
    /// Votes per phase along lines of a slope in phases a frame.
    fn collect(windows: &[([f32; 2 * PHASES], f32)], slope: f64) -> [[f32; LANES]; PHASES / LANES] {
        let mut votes = [[0.0; LANES]; PHASES / LANES];
        for (profile, centre) in windows {
            let drift = (slope * f64::from(*centre)).round_ties_even() as i64;
            let turn = drift.rem_euclid(PHASES as i64) as usize;
            let turned = profile[turn..turn + PHASES].as_chunks::<LANES>().0;
            for part in 0..PHASES / LANES {
                votes[part] = add(&votes[part], &turned[part]);
            }
        }
        votes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_fitted_exactly() {
        let mut sums = Sums::default();
        (0..50).for_each(|n| {
            sums.add(1.0 + f64::from(n % 3), f64::from(n), 0.01 * f64::from(n) - 0.2);
        });
        let (slope, shift, centre) = sums.line().unwrap();
        assert!((slope - 0.01).abs() < 1e-9 && (shift - slope * centre + 0.2).abs() < 1e-9);
        assert_eq!(Sums::default().line(), None);
    }

    #[test]
    fn a_grid_stays_inside() {
        let grid = Grid { period: 25.0, first: 10.0 };
        let places: Vec<f64> = grid.places(100).collect();
        assert_eq!(places.len(), 4);
        assert!((places[3] - 85.0).abs() < 1e-12);
        assert_eq!(grid.places(5).count(), 0);
    }
}
