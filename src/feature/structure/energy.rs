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
    powers: Vec<f32>,
    loud_db: Option<f64>,
}

impl Energy {
    pub(super) fn of(cells: &Cells) -> Self {
        let powers: Vec<f32> = cells.iter().map(|cell| cell.power() as f32).collect();
        let mut sounding = Vec::with_capacity(powers.len());
        let is_sound = |power: &f32| decibels(f64::from(*power)) > SILENCE_DB;
        sounding.extend(powers.iter().copied().filter(is_sound));
        let place = (LOUD * sounding.len() as f64) as usize;
        let loud_db = (place < sounding.len()).then(|| {
            decibels(f64::from(*sounding.select_nth_unstable_by(place, f32::total_cmp).1))
        });
        Self { powers, loud_db }
    }

    /// Level of the loud parts in decibels; `None` in silence.
    pub(super) fn loud_db(&self) -> Option<f64> {
        self.loud_db
    }

    /// Number of cells.
    pub(super) fn cells(&self) -> usize {
        self.powers.len()
    }

    /// Mean level between two cells in decibels.
    pub(super) fn level_db(&self, first: usize, behind: usize) -> f64 {
        let behind = behind.min(self.cells());
        let first = first.min(behind.saturating_sub(1));
        let powers = self.powers.get(first..behind).unwrap_or(&[]);
        let sum: f64 = powers.iter().map(|&power| f64::from(power)).sum();
        decibels(sum / powers.len().max(1) as f64)
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
        cells * 2 * size_of::<f32>() as u64
    }
}

fn decibels(power: f64) -> f64 {
    10.0 * power.max(1e-12).log10()
}
