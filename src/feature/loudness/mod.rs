//! Loudness and peaks: ITU-R BS.1770-5, EBU R 128 with Tech 3341 and Tech 3342.
//!
//! Conventions: a mono file is one channel of weight 1 (not two), the low-frequency channel counts
//! for peaks and not for loudness, an incomplete last 100 ms sub-block is dropped from loudness, and
//! momentary loudness is looked at every 20 ms, short-term loudness every 100 ms.

// Kernels must be compiled with the vector features of the function that dispatches to them.
#![allow(clippy::inline_always)]

mod album;
mod curve;
mod fields;
mod gating;
mod histogram;
mod meter;
mod peak;
mod taps;
mod weighting;

pub use album::AlbumGate;
pub use curve::LoudnessCurve;
pub use fields::FIELDS;
pub use histogram::BlockHistogram;
pub use meter::Meter;

use super::catalogue::Value;

/// Version of the stored numbers of this family.
pub const VERSION: u32 = 4;

/// Loudness that ReplayGain 2.0 plays everything at, in LUFS.
const REPLAYGAIN_TARGET_LUFS: f64 = -18.0;

/// Loudness that `R128_TRACK_GAIN` refers to, in LUFS (RFC 7845, section 5.2.1).
const R128_TARGET_LUFS: f64 = -23.0;

/// Gain to the loudness that ReplayGain 2.0 plays everything at (-18 LUFS), in dB.
pub fn replaygain_db(loudness_lufs: f64) -> f64 {
    REPLAYGAIN_TARGET_LUFS - loudness_lufs
}

/// Gain to -23 LUFS as `R128_TRACK_GAIN` and `R128_ALBUM_GAIN` hold it (Q7.8; RFC 7845, section
/// 5.2.1), in dB: a multiple of 1/256 within -128 .. 128.
pub fn r128_gain_db(loudness_lufs: f64) -> f64 {
    ((R128_TARGET_LUFS - loudness_lufs) * 256.0).round().clamp(-32768.0, 32767.0) / 256.0
}

/// What a [`Meter`] read.
///
/// `None` where the quantity is undefined: see [`FIELDS`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Loudness {
    /// Integrated loudness, in LUFS; `None` when no 400 ms are louder than -70 LUFS.
    pub loudness_lufs: Option<f64>,
    /// Loudness range, in LU; `None` when no 3 s reach -70 LUFS.
    pub loudness_range_lu: Option<f64>,
    /// Largest momentary loudness (400 ms), in LUFS.
    pub loudness_momentary_max_lufs: Option<f64>,
    /// Largest short-term loudness (3 s), in LUFS.
    pub loudness_short_term_max_lufs: Option<f64>,
    /// Largest magnitude between the samples of any channel, in dB below full scale.
    pub true_peak_dbtp: Option<f64>,
    /// Largest magnitude of a sample of any channel, in dB below full scale.
    pub sample_peak_dbfs: Option<f64>,
    /// How often a channel went above 0 dBTP, between samples or at them.
    pub true_peak_overs: u64,
    /// 400 ms blocks by loudness, for the gates of an album: see [`AlbumGate`].
    pub loudness_histogram: Option<BlockHistogram>,
    /// Loudness of each second.
    pub loudness_curve: Option<LoudnessCurve>,
}

impl Loudness {
    /// Gain that ReplayGain 2.0 applies, in dB.
    pub fn replaygain_track_db(&self) -> Option<f64> {
        self.loudness_lufs.map(replaygain_db)
    }

    /// Gain that the tag `R128_TRACK_GAIN` holds (Q7.8), in dB.
    pub fn r128_track_gain_db(&self) -> Option<f64> {
        self.loudness_lufs.map(r128_gain_db)
    }

    /// Peak to loudness ratio, in dB.
    pub fn plr_db(&self) -> Option<f64> {
        Some(self.true_peak_dbtp? - self.loudness_lufs?)
    }

    /// The values in the order of [`FIELDS`].
    pub fn values(&self) -> Vec<Value> {
        vec![
            Value::Real(self.loudness_lufs),
            Value::Real(self.loudness_range_lu),
            Value::Real(self.loudness_momentary_max_lufs),
            Value::Real(self.loudness_short_term_max_lufs),
            Value::Real(self.true_peak_dbtp),
            Value::Real(self.sample_peak_dbfs),
            Value::Real(self.replaygain_track_db()),
            Value::Real(self.r128_track_gain_db()),
            Value::Real(self.plr_db()),
            Value::Bytes(self.loudness_histogram.as_ref().map(BlockHistogram::to_bytes)),
            Value::Integer(i64::try_from(self.true_peak_overs).ok()),
            Value::Vector(self.loudness_curve.as_ref().map(|curve| curve.lufs.clone())),
            Value::Real(self.loudness_curve.as_ref().map(|curve| f64::from(curve.step_s))),
        ]
    }
}

#[cfg(test)]
mod tests;
