//! Low, middle and high over time: the colours.

use super::columns::{Columns, Merge};
use crate::dsp::mel::MEL_BANDS;

/// Bands that are told apart.
pub(super) const BANDS: usize = 3;
/// First mel band of the middle (its centre lies at 287 Hz) and of the high (2.4 kHz).
const EDGES: [usize; BANDS - 1] = [4, 23];

/// Power of the bands, summed over frames.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Power {
    pub(super) sums: [f64; BANDS],
    pub(super) frames: f64,
}

impl Merge for Power {
    const NOTHING: Self = Self { sums: [0.0; BANDS], frames: 0.0 };

    fn merge(&mut self, next: &Self) {
        self.sums.iter_mut().zip(next.sums).for_each(|(sum, x)| *sum += x);
        self.frames += next.frames;
    }
}

/// Low, middle and high bands over time.
#[derive(Clone, Debug)]
pub struct Bands {
    columns: Columns<Power>,
}

impl Default for Bands {
    fn default() -> Self {
        Self::new()
    }
}

impl Bands {
    /// Bands of a track of which nothing was heard yet.
    pub fn new() -> Self {
        Self { columns: Columns::new() }
    }

    /// Takes one frame of the short transform (20 ms): its 40 linear mel bands.
    pub fn push(&mut self, mel: &[f32; MEL_BANDS]) {
        let (low, rest) = mel.split_at(EDGES[0]);
        let (middle, high) = rest.split_at(EDGES[1] - EDGES[0]);
        let power = |bands: &[f32]| f64::from(bands.iter().map(|m| m * m).sum::<f32>());
        self.columns.push(&Power { sums: [low, middle, high].map(power), frames: 1.0 });
    }

    /// Columns and their level.
    pub(super) fn end(self) -> (Vec<Power>, u32) {
        self.columns.finish()
    }

    /// Upper bound of the heap bytes held, whatever the length.
    pub fn footprint(_frames: u64) -> u64 {
        Columns::<Power>::BYTES
    }
}
