//! What is kept of the sound: the spectrum of every 200 ms in twenty bytes.

use crate::dsp::mel::MEL_BANDS;

/// Bands that are kept: pairs of mel bands.
pub(super) const BANDS: usize = MEL_BANDS / 2;
/// Cells a second.
pub(super) const CELLS_PER_SECOND: f64 = 5.0;
/// Short frames in a cell.
const FRAMES: u32 = 10;
/// Cells in a block of memory: growing must not copy hours.
const BLOCK: usize = 1024;
/// Level of the byte 0, decibels; below it is silence.
pub(super) const FLOOR_DB: f32 = -100.0;
/// Decibels a step: the byte 255 is +2 dB.
const STEP_DB: f32 = 0.4;

/// Mean power of the bands over 200 ms, a byte each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cell([u8; BANDS]);

impl Cell {
    fn of(power: &[f32; BANDS]) -> Self {
        // Conversion to a byte saturates; NaN becomes 0.
        Self(power.map(|power| ((10.0 * power.log10() - FLOOR_DB) / STEP_DB).round() as u8))
    }

    /// Levels of the bands in decibels, -100..=2.
    pub(super) fn levels_db(&self) -> [f32; BANDS] {
        self.0.map(|byte| FLOOR_DB + STEP_DB * f32::from(byte))
    }

    /// Sum of the powers of the bands; 0 in silence.
    pub(super) fn power(&self) -> f64 {
        let sounding = self.0.iter().filter(|&&byte| byte > 0);
        sounding.map(|&byte| power_of(FLOOR_DB + STEP_DB * f32::from(byte))).sum()
    }
}

fn power_of(level_db: f32) -> f64 {
    10f64.powf(f64::from(level_db) / 10.0)
}

/// The cells of a track, in order: cell k holds 0.2 k .. 0.2 (k + 1) s.
#[derive(Clone, Debug, Default)]
pub(super) struct Cells {
    blocks: Vec<Vec<Cell>>,
    open: [f32; BANDS],
    frames: u32,
}

impl Cells {
    /// Takes one short frame: its 40 linear mel bands.
    pub(super) fn push(&mut self, mel: &[f32; MEL_BANDS]) {
        for (sum, [low, high]) in self.open.iter_mut().zip(mel.as_chunks::<2>().0) {
            *sum += low * low + high * high;
        }
        self.frames += 1;
        if self.frames == FRAMES {
            self.close();
        }
    }

    /// Ends the last cell.
    pub(super) fn finish(&mut self) {
        if self.frames > 0 {
            self.close();
        }
    }

    fn close(&mut self) {
        let frames = self.frames as f32;
        let cell = Cell::of(&self.open.map(|sum| sum / frames));
        (self.open, self.frames) = ([0.0; BANDS], 0);
        match self.blocks.last_mut() {
            Some(block) if block.len() < BLOCK => block.push(cell),
            _ => {
                let mut block = Vec::with_capacity(BLOCK);
                block.push(cell);
                self.blocks.push(block);
            }
        }
    }

    /// Number of cells.
    pub(super) fn len(&self) -> usize {
        self.blocks.iter().map(Vec::len).sum()
    }

    /// All cells.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Cell> {
        self.blocks.iter().flatten()
    }

    /// The cell at a place, if there is one.
    pub(super) fn get(&self, at: usize) -> Option<&Cell> {
        self.blocks.get(at / BLOCK)?.get(at % BLOCK)
    }

    /// Upper bound of the heap bytes held for `frames` short frames.
    pub(super) fn footprint(frames: u64) -> u64 {
        let blocks = frames.div_ceil(u64::from(FRAMES)).div_ceil(BLOCK as u64);
        let table = blocks.next_power_of_two().max(4) * size_of::<Vec<Cell>>() as u64;
        // While the table grows, the old one (half as long) is still there.
        blocks * (BLOCK * size_of::<Cell>()) as u64 + table * 3 / 2
    }
}

#[cfg(test)]
impl Cells {
    pub(super) fn held(&self) -> u64 {
        let blocks: usize = self.blocks.iter().map(|b| b.capacity() * size_of::<Cell>()).sum();
        (blocks + self.blocks.capacity() * size_of::<Vec<Cell>>()) as u64
    }
}
