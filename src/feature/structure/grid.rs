//! The rows that are compared: bars, or plain steps of time where there is no pulse.

/// Rows at most, whatever the length.
pub(super) const MAX_ROWS: usize = 512;
/// Parts of a row that are heard one by one.
pub(super) const SLOTS: usize = 4;
/// Downbeats below which there is no grid of bars.
const LEAST_BARS: usize = 8;
/// Seconds a row without a pulse.
const STEP_S: f64 = 1.0;
/// Share of a bar below which a remainder is no row of its own.
const REMAINDER: f64 = 0.25;

/// Edges of the rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Grid {
    /// Seconds, ascending from 0 to the end of the track; one more than there are rows.
    pub(super) edges: Vec<f64>,
    /// Bars a row; `None` without a pulse.
    pub(super) bars_per_row: Option<usize>,
}

impl Grid {
    /// Rows for a track of `duration_s` seconds with these downbeats (ascending).
    pub(super) fn new(downbeats: &[f64], duration_s: f64) -> Self {
        if duration_s.is_nan() || duration_s <= 0.0 {
            return Self::default();
        }
        match bars(downbeats, duration_s) {
            Some(bars) => Self::of_bars(&bars, duration_s),
            None => Self::of_steps(duration_s),
        }
    }

    fn of_bars(bars: &[f64], duration_s: f64) -> Self {
        let group = bars.len().div_ceil(MAX_ROWS - 2).next_power_of_two();
        let starts: Vec<f64> = bars.iter().copied().step_by(group).collect();
        let edges = whole(&starts, duration_s);
        Self { edges, bars_per_row: Some(group) }
    }

    fn of_steps(duration_s: f64) -> Self {
        let mut step = STEP_S;
        while duration_s / step > (MAX_ROWS - 2) as f64 {
            step *= 2.0;
        }
        let count = (duration_s / step).ceil() as usize;
        let starts: Vec<f64> = (0..count).map(|row| row as f64 * step).collect();
        Self { edges: whole(&starts, duration_s), bars_per_row: None }
    }

    /// Number of rows.
    pub(super) fn rows(&self) -> usize {
        self.edges.len().saturating_sub(1)
    }

    /// Start of a row, or the end of the track, in seconds.
    pub(super) fn time(&self, row: usize) -> f64 {
        self.edges.get(row).or(self.edges.last()).copied().unwrap_or(0.0)
    }

    /// Edges of the parts of all rows.
    pub(super) fn slots(&self) -> Vec<f64> {
        let parts = |&[start, end]: &[f64; 2]| {
            (0..SLOTS).map(move |slot| start + (end - start) * slot as f64 / SLOTS as f64)
        };
        self.edges.array_windows().flat_map(parts).chain(self.edges.last().copied()).collect()
    }
}

/// The starts of bars, continued to both ends of the track.
fn bars(downbeats: &[f64], duration_s: f64) -> Option<Vec<f64>> {
    let (&first, &last) = (downbeats.first()?, downbeats.last()?);
    let bar = median_interval(downbeats)?;
    // A grid that spans a small part of the track says nothing of the rest.
    if downbeats.len() < LEAST_BARS || last - first < 0.25 * duration_s {
        return None;
    }
    let before = (first / bar).floor() as usize;
    let behind = ((duration_s - last) / bar).floor().max(0.0) as usize;
    let head = (1..=before).rev().map(|n| first - n as f64 * bar);
    let tail = (1..=behind).map(|n| last + n as f64 * bar);
    let inside = |time: &f64| (0.0..duration_s).contains(time);
    Some(head.chain(downbeats.iter().copied()).chain(tail).filter(inside).collect())
}

fn median_interval(times: &[f64]) -> Option<f64> {
    let mut steps: Vec<f64> = times.array_windows().map(|[a, b]| b - a).collect();
    let middle = steps.len() / 2;
    let (_, median, _) =
        (!steps.is_empty()).then(|| steps.select_nth_unstable_by(middle, f64::total_cmp))?;
    (*median > 0.1).then_some(*median)
}

/// Adds both ends; a remainder that is no row joins its neighbour.
fn whole(starts: &[f64], duration_s: f64) -> Vec<f64> {
    let typical = median_interval(starts).unwrap_or(duration_s);
    let mut edges = Vec::with_capacity(starts.len() + 2);
    edges.push(0.0);
    let least = REMAINDER * typical;
    edges.extend(starts.iter().copied().filter(|&s| s > least && s < duration_s - least));
    edges.push(duration_s);
    edges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_reach_both_ends_and_keep_the_downbeats() {
        let downbeats: Vec<f64> = (0..20).map(|n| 5.1 + 2.0 * f64::from(n)).collect();
        let grid = Grid::new(&downbeats, 50.0);
        assert_eq!(grid.bars_per_row, Some(1));
        assert!(grid.edges.array_windows().all(|[a, b]| b - a > 0.49), "{:?}", grid.edges);
        assert!(downbeats.iter().all(|beat| grid.edges.contains(beat)));
        assert!(grid.edges[0].abs() < 1e-9 && (grid.time(999) - 50.0).abs() < 1e-9);
        assert_eq!(grid.slots().len(), SLOTS * grid.rows() + 1);
    }

    #[test]
    fn rows_are_bounded_whatever_the_length() {
        let downbeats: Vec<f64> = (0..72_000).map(|n| 0.5 * f64::from(n)).collect();
        for (beats, duration) in [(&downbeats[..], 36_000.0), (&[], 36_000.0), (&[], 511.7)] {
            let grid = Grid::new(beats, duration);
            assert!(grid.rows() <= MAX_ROWS && grid.rows() > MAX_ROWS / 4, "{}", grid.rows());
        }
    }

    #[test]
    fn the_shortest_track_has_a_row_and_none_has_none() {
        assert_eq!(Grid::new(&[], 0.1).edges, [0.0, 0.1]);
        assert_eq!(Grid::new(&[], 0.0).rows(), 0);
        assert_eq!(Grid::new(&[], f64::NAN).rows(), 0);
        assert_eq!(Grid::new(&[0.0, 0.0], 0.1).edges, [0.0, 0.1]);
    }
}
