//! How loud it is, from cell to cell.

use super::cells::{CELLS_PER_SECOND, Cells};

/// Values of the curve at most.
const MAX_VALUES: usize = 1024;
/// Seconds between two values of the curve, while they are few enough.
const STEP_S: usize = 1;
/// Decibels below the loud parts that are no energy at all.
const RANGE_DB: f64 = 24.0;
/// Share of the sounding cells that are less loud than the loud parts.
const LOUD: f64 = 0.95;
/// Level of silence, in decibels.
const SILENCE_DB: f64 = -80.0;

/// Powers of the cells, and how loud the loud parts are.
#[derive(Clone, Debug, Default)]
pub(super) struct Energy {
    /// Running sum of the powers: one more than there are cells.
    sums: Vec<f64>,
    loud_db: Option<f64>,
}

impl Energy {
    pub(super) fn of(cells: &Cells) -> Self {
        let mut sums = Vec::with_capacity(cells.len() + 1);
        sums.push(0.0);
        let mut total = 0.0;
        let mut levels = Vec::with_capacity(cells.len());
        for cell in cells.iter() {
            let power = cell.power();
            total += power;
            sums.push(total);
            if decibels(power) > SILENCE_DB {
                levels.push(decibels(power) as f32);
            }
        }
        let place = (LOUD * levels.len() as f64) as usize;
        let loud_db = (place < levels.len())
            .then(|| f64::from(*levels.select_nth_unstable_by(place, f32::total_cmp).1));
        Self { sums, loud_db }
    }

    /// Level of the loud parts in decibels; `None` in silence.
    pub(super) fn loud_db(&self) -> Option<f64> {
        self.loud_db
    }

    /// Number of cells.
    pub(super) fn cells(&self) -> usize {
        self.sums.len().saturating_sub(1)
    }

    /// Mean level between two cells in decibels.
    pub(super) fn level_db(&self, first: usize, behind: usize) -> f64 {
        let behind = behind.min(self.cells());
        let first = first.min(behind.saturating_sub(1));
        let at = |cell: usize| self.sums.get(cell).copied().unwrap_or(0.0);
        // Rounding may leave less than nothing behind a loud part.
        decibels((at(behind) - at(first)).max(0.0) / behind.saturating_sub(first).max(1) as f64)
    }

    /// Energy between two times, 0..=1: 1 is as loud as the loud parts of the track, 0 is 24 dB below
    /// them or less.
    pub(super) fn between(&self, start_s: f64, end_s: f64) -> f64 {
        let cell = |time: f64| (time * CELLS_PER_SECOND).round().max(0.0) as usize;
        let Some(loud_db) = self.loud_db else { return 0.0 };
        let level = self.level_db(cell(start_s), cell(end_s).max(cell(start_s) + 1));
        (1.0 + (level - loud_db) / RANGE_DB).clamp(0.0, 1.0)
    }

    /// Energy of every second, or of every 2, 4 … s of a track of more than 17 min; and the step.
    pub(super) fn curve(&self) -> (Vec<f32>, f64) {
        let mut step = STEP_S;
        let cells_per_step = |step: usize| step * CELLS_PER_SECOND as usize;
        while self.cells().div_ceil(cells_per_step(step)) > MAX_VALUES {
            step *= 2;
        }
        let count = self.cells().div_ceil(cells_per_step(step));
        let value = |at: usize| self.between((at * step) as f64, ((at + 1) * step) as f64) as f32;
        ((0..count).map(value).collect(), step as f64)
    }

    /// Upper bound of the heap bytes for so many cells, while they are sorted.
    pub(super) fn footprint(cells: u64) -> u64 {
        (cells + 1) * 12
    }
}

fn decibels(power: f64) -> f64 {
    10.0 * power.max(1e-12).log10()
}
