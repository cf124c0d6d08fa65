//! The signal as such: length, silence, clipping, level, dynamics, stereo image.
//!
//! Everything is taken at the native rate, from the samples as decoded, without weighting.

// Kernels must be compiled with the vector features of the function that dispatches to them.
#![allow(clippy::inline_always)]

mod clipping;
mod dynamics;
mod fields;
mod inspector;
mod kernel;
mod stereo;

pub use fields::FIELDS;
pub use inspector::Inspector;

use super::catalogue::Value;

/// Version of the stored numbers of this family.
pub const VERSION: u32 = 3;

/// Mean square of the loudest channel up to which a 20 ms block is silent: -60 dBFS.
const SILENCE_POWER: f64 = 1e-6;

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
    /// Longest silence between two sounds, in seconds.
    pub silence_longest_s: f64,
    /// Dynamic range of the TT meter (DR14), before rounding, in dB; `None` below 3 s.
    pub dynamic_range_db: Option<f64>,
    /// Share of the time in which left and right are negatively correlated, 0..=1.
    pub out_of_phase_share: Option<f64>,
    /// Level that the mono mix loses, in dB, 0..=40.
    pub mono_loss_db: Option<f64>,
    /// The same in the worst 3 s.
    pub mono_loss_max_db: Option<f64>,
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
            Value::Real(Some(self.silence_longest_s)),
            Value::Real(self.dynamic_range_db),
            Value::Real(self.out_of_phase_share),
            Value::Real(self.mono_loss_db),
            Value::Real(self.mono_loss_max_db),
        ]
    }
}

#[cfg(test)]
mod tests;
