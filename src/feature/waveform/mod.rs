//! The envelope of a track, to draw: smallest, largest and mean sample, and how much of it is low,
//! middle and high, in a few hundred columns.
//!
//! The length is not known in advance: columns begin with 20 ms, and whenever there are 640 of them
//! every two become one (`columns`). The samples are looked at as they are (`envelope`), the colours
//! come from the mel bands (`bands`); both end in one BLOB (`layout`).

mod bands;
mod columns;
mod envelope;
mod layout;
#[cfg(test)]
mod tests;

use super::catalogue::{Field, Kind, Value};
pub use bands::Bands;
use bands::Power;
pub use envelope::Tracker;
pub use layout::{Column, MAX_BYTES, Waveform};

/// Version of the stored numbers of this family.
pub const VERSION: u32 = 2;

/// The descriptors, in storage order.
pub const FIELDS: &[Field] = &[Field::new(
    "waveform",
    Kind::Bytes,
    "",
    "up to 3848 bytes; null for an empty file",
    "minimum, maximum, RMS, low, middle and high of up to 640 columns of 2^L x 20 ms; layout 1: version, \
     L, columns (u16), length in 0.1 ms (u32), then six planes of a byte a column, square law",
)];

impl Waveform {
    /// The values, in the order of [`FIELDS`].
    pub fn values(&self) -> Vec<Value> {
        vec![Value::Bytes(self.to_bytes())]
    }
}

impl Tracker {
    /// The envelope, coloured by `bands`.
    pub fn finish(self, bands: &Bands) -> Waveform {
        let (extents, level, duration_s) = self.end();
        let (powers, own_level) = bands.clone().end();
        let colours: Vec<[f64; 3]> =
            (0..extents.len()).map(|at| colour(&powers, own_level, at, level)).collect();
        let largest = colours.iter().flatten().copied().fold(0.0, f64::max).max(1e-20);
        let column = |(extent, colour): (&envelope::Extent, &[f64; 3])| Column {
            min: extent.min,
            max: extent.max,
            rms: (extent.squares / extent.samples.max(1.0)).sqrt() as f32,
            bands: colour.map(|power| (power / largest).sqrt() as f32),
        };
        let columns = extents.iter().zip(&colours).map(column).collect();
        Waveform { duration_s, level: level as u8, columns }
    }
}

/// Mean power of the bands within column `at` of level `level`. Their own columns may be of another
/// level, as there may be a frame more or less than there are steps.
fn colour(powers: &[Power], own_level: u32, at: usize, level: u32) -> [f64; 3] {
    let own = |step: usize| (step >> own_level).min(powers.len().saturating_sub(1));
    let (first, last) = (own(at << level), own(((at + 1) << level) - 1));
    let mut sums = [0.0; 3];
    let mut frames = 0.0;
    for power in powers.get(first..=last).unwrap_or(&[]) {
        sums.iter_mut().zip(power.sums).for_each(|(sum, x)| *sum += x);
        frames += power.frames;
    }
    sums.map(|sum| if frames > 0.0 { sum / frames } else { 0.0 })
}
