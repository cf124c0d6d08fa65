//! The envelope of a track as bytes.
//!
//! | bytes | what |
//! |---|---|
//! | 1 | version of the layout, 1 |
//! | 1 | level L: a column lasts 2^L · 20 ms |
//! | 2 | number of columns n, little-endian, at most 640 |
//! | 4 | length of the track in units of 0.1 ms, little-endian |
//! | n each | minimum, maximum (two's complement), root mean square, low, middle, high (unsigned) |
//!
//! Numbers are stored by a square law, fine where it is quiet: a signed byte b is sign(b) (b / 127)²
//! of full scale, an unsigned one (b / 255)². Bands are relative to the largest of all bands and
//! columns.

use super::bands::BANDS;
use super::columns::MAX_COLUMNS;
use super::envelope::STEPS_PER_SECOND;

/// Version of the layout.
const VERSION: u8 = 1;
/// Bytes before the columns.
const HEADER: usize = 8;
/// Bytes a column.
const PLANES: usize = 3 + BANDS;
/// Units of the length in a second.
const TICKS_PER_S: f64 = 10_000.0;

/// Bytes at most.
pub const MAX_BYTES: usize = HEADER + PLANES * MAX_COLUMNS;

/// One column of the envelope: 1 is full scale.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Column {
    /// Smallest sample of any channel, -1..=1.
    pub min: f32,
    /// Largest sample of any channel, -1..=1.
    pub max: f32,
    /// Root mean square over all channels, 0..=1.
    pub rms: f32,
    /// Low (below 290 Hz), middle and high (above 2.4 kHz), 0..=1 of the largest of all.
    pub bands: [f32; BANDS],
}

/// Envelope of one track.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Waveform {
    /// Length of the track in seconds.
    pub duration_s: f64,
    /// Binary logarithm of the 20 ms steps in a column.
    pub level: u8,
    /// In order of time; the last may be cut short by the end of the track.
    pub columns: Vec<Column>,
}

impl Waveform {
    /// Length of a column in seconds.
    pub fn column_s(&self) -> f64 {
        2f64.powi(i32::from(self.level)) / STEPS_PER_SECOND as f64
    }

    /// The layout above; `None` for no column.
    pub fn to_bytes(&self) -> Option<Vec<u8>> {
        let columns = self.columns.get(..self.columns.len().min(MAX_COLUMNS))?;
        if columns.is_empty() {
            return None;
        }
        let mut bytes = Vec::with_capacity(HEADER + PLANES * columns.len());
        bytes.extend([VERSION, self.level]);
        bytes.extend((columns.len() as u16).to_le_bytes());
        bytes.extend(((self.duration_s * TICKS_PER_S).round() as u32).to_le_bytes());
        bytes.extend(columns.iter().map(|c| to_signed(c.min)));
        bytes.extend(columns.iter().map(|c| to_signed(c.max)));
        bytes.extend(columns.iter().map(|c| to_unsigned(c.rms)));
        for band in 0..BANDS {
            bytes.extend(columns.iter().map(|c| to_unsigned(c.bands[band])));
        }
        Some(bytes)
    }

    /// Reads the layout above; `None` for anything else.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (&[version, level, c0, c1, d0, d1, d2, d3], planes) = bytes.split_first_chunk()?;
        let count = usize::from(u16::from_le_bytes([c0, c1]));
        let sound = version == VERSION && (1..=MAX_COLUMNS).contains(&count) && level < 32;
        if !sound || planes.len() != PLANES * count {
            return None;
        }
        let byte = |plane: usize, at: usize| planes.get(plane * count + at).copied().unwrap_or(0);
        let column = |at| Column {
            min: from_signed(byte(0, at)),
            max: from_signed(byte(1, at)),
            rms: from_unsigned(byte(2, at)),
            bands: std::array::from_fn(|band| from_unsigned(byte(3 + band, at))),
        };
        let duration_s = f64::from(u32::from_le_bytes([d0, d1, d2, d3])) / TICKS_PER_S;
        Some(Self { duration_s, level, columns: (0..count).map(column).collect() })
    }
}

// Conversions to integers saturate, and NaN becomes 0.

fn to_signed(x: f32) -> u8 {
    let byte = (127.0 * x.abs().min(1.0).sqrt()).round() as i8;
    (if x < 0.0 { -byte } else { byte }).cast_unsigned()
}

fn from_signed(byte: u8) -> f32 {
    let x = f32::from(byte.cast_signed().max(-127)) / 127.0;
    x * x.abs()
}

fn to_unsigned(x: f32) -> u8 {
    (255.0 * x.clamp(0.0, 1.0).sqrt()).round() as u8
}

fn from_unsigned(byte: u8) -> f32 {
    let x = f32::from(byte) / 255.0;
    x * x
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_round_trip_within_a_step() {
        let column = |x: f32| Column { min: -x, max: x / 2.0, rms: x / 3.0, bands: [x, 0.0, 1.0] };
        let columns = (0..640).map(|i| column(i as f32 / 639.0)).collect();
        let waveform = Waveform { duration_s: 123.4567, level: 4, columns };
        let bytes = waveform.to_bytes().expect("columns");
        assert!(bytes.len() == MAX_BYTES && MAX_BYTES <= 4096);
        let back = Waveform::from_bytes(&bytes).expect("sound");
        assert!((back.duration_s - 123.4567).abs() < 1e-6 && back.level == 4);
        assert!((back.column_s() - 0.32).abs() < 1e-12);
        for (a, b) in waveform.columns.iter().zip(&back.columns) {
            let near = |a: f32, b: f32| (a - b).abs() < 0.008 * a.abs().sqrt() + 2e-5;
            assert!(near(a.min, b.min) && near(a.max, b.max) && near(a.rms, b.rms), "{a:?} {b:?}");
        }
        assert_eq!(back.to_bytes(), Some(bytes), "reading and writing again changes nothing");
    }

    #[test]
    fn what_is_no_envelope_is_not_read() {
        let good = Waveform { columns: vec![Column::default(); 3], ..Waveform::default() };
        let good = good.to_bytes().expect("columns");
        for length in 0..good.len() {
            assert_eq!(Waveform::from_bytes(&good[..length]), None);
        }
        for (place, value) in [(0, 0), (0, 2), (1, 32), (2, 0), (2, 4), (3, 255)] {
            let mut bad = good.clone();
            bad[place] = value;
            assert_eq!(Waveform::from_bytes(&bad), None, "{place} {value}");
        }
        assert_eq!(Waveform::default().to_bytes(), None);
    }

    #[test]
    fn what_is_not_finite_or_too_large_stays_in_range() {
        let odd = [f32::NAN, f32::INFINITY, -7.0, 1.5];
        let column = |x| Column { min: x, max: x, rms: x, bands: [x; 3] };
        let columns = odd.map(column).to_vec();
        let bytes = Waveform { columns, ..Waveform::default() }.to_bytes().expect("columns");
        let back = Waveform::from_bytes(&bytes).expect("sound");
        assert!(back.columns.iter().all(|c| c.max.abs() <= 1.0 && (0.0..=1.0).contains(&c.rms)));
    }
}
