//! The signal as such: length, silence at both ends, clipping, level, stereo image.
//!
//! Everything is taken at the native rate, from the samples as decoded, without weighting.

// Kernels must be compiled with the vector features of the function that dispatches to them.
#![allow(clippy::inline_always)]

mod clipping;
mod inspector;
mod kernel;

pub use inspector::Inspector;

use super::catalogue::{Field, Kind, Value};

/// Version of the stored numbers of this family.
pub const VERSION: u32 = 1;

/// Mean square of the loudest channel up to which a 20 ms block is silent: -60 dBFS.
const SILENCE_POWER: f64 = 1e-6;

/// A count in the catalogue.
const fn count(name: &'static str, unit: &'static str, reference: &'static str) -> Field {
    Field { name, kind: Kind::Integer, unit, range: "0 and more", reference }
}

/// The descriptors, in storage order.
pub const FIELDS: &[Field] = &[
    Field::real("duration_s", "s", "0 and more", "frames decoded / sample rate"),
    count("frames", "frames", "frames decoded, encoder delay and padding trimmed"),
    Field::real(
        "silence_start_s",
        "s",
        "0 .. duration_s; the whole duration for silence",
        "time before the first 20 ms block in which the RMS of a channel exceeds -60 dBFS",
    ),
    Field::real(
        "silence_end_s",
        "s",
        "0 .. duration_s; the whole duration for silence",
        "time after the last 20 ms block in which the RMS of a channel exceeds -60 dBFS",
    ),
    count(
        "clipping_runs",
        "runs",
        "runs of at least 3 samples of a channel with a magnitude of 0.999 or more, all channels",
    ),
    count("clipped_samples", "samples", "samples in the runs of clipping_runs"),
    Field::real(
        "dc_offset",
        "full scale",
        "0 .. 1; null without a frame",
        "magnitude of the mean of a channel, the largest of the channels",
    ),
    Field::real(
        "zero_crossing_rate",
        "crossings per frame",
        "0 .. 1, at the native rate: times sample rate for crossings a second; null below 2 frames",
        "share of neighbours of different sign in the mean of the non-LFE channels, zero positive, below 1e-10 zero: librosa zero_crossing_rate at sr=None",
    ),
    Field::real(
        "rms_dbfs",
        "dBFS",
        "up to 0 (a full-scale sine is -3.01); null in digital silence",
        "root mean square over all channels, unweighted, re a full-scale square wave",
    ),
    Field::real(
        "crest_db",
        "dB",
        "0 and more (a sine is 3.01); null in digital silence",
        "sample peak over rms_dbfs",
    ),
    Field::real(
        "stereo_correlation",
        "",
        "-1 (out of phase) .. 1 (mono); null unless two channels that both vary",
        "Pearson correlation of left and right at lag 0",
    ),
    Field::real(
        "stereo_width",
        "",
        "0 (mono) .. 0.5 (unrelated) .. 1 (out of phase); null unless two channels, and in digital silence",
        "share of the side signal (L-R)/2 in the energy of mid (L+R)/2 and side",
    ),
];

/// What an [`Inspector`] saw.
///
/// `None` where the quantity is undefined: see [`FIELDS`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Signal {
    /// Length, in seconds.
    pub duration_s: f64,
    /// Length, in frames.
    pub frames: u64,
    /// Silence before the first sound, in seconds; the whole duration when there is no sound.
    pub silence_start_s: f64,
    /// Silence after the last sound, in seconds; the whole duration when there is no sound.
    pub silence_end_s: f64,
    /// Runs of at least three samples at full scale, all channels.
    pub clipping_runs: u64,
    /// Samples in these runs.
    pub clipped_samples: u64,
    /// Largest magnitude of a channel's mean, full scale 1.
    pub dc_offset: Option<f64>,
    /// Sign changes per pair of neighbouring frames of the mono mix, 0..=1, at the native rate.
    pub zero_crossing_rate: Option<f64>,
    /// Root mean square over all channels, in dB re full scale (square wave).
    pub rms_dbfs: Option<f64>,
    /// Sample peak over root mean square, in dB.
    pub crest_db: Option<f64>,
    /// Correlation of left and right, -1..=1; `None` unless there are two channels.
    pub stereo_correlation: Option<f64>,
    /// Share of the side signal in the energy, 0..=1; `None` unless there are two channels.
    pub stereo_width: Option<f64>,
}

impl Signal {
    /// The values in the order of [`FIELDS`].
    pub fn values(&self) -> Vec<Value> {
        let count = |n: u64| Value::Integer(i64::try_from(n).ok());
        vec![
            Value::Real(Some(self.duration_s)),
            count(self.frames),
            Value::Real(Some(self.silence_start_s)),
            Value::Real(Some(self.silence_end_s)),
            count(self.clipping_runs),
            count(self.clipped_samples),
            Value::Real(self.dc_offset),
            Value::Real(self.zero_crossing_rate),
            Value::Real(self.rms_dbfs),
            Value::Real(self.crest_db),
            Value::Real(self.stereo_correlation),
            Value::Real(self.stereo_width),
        ]
    }
}

#[cfg(test)]
mod tests;
