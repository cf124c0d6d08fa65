//! Loudness and peaks: ITU-R BS.1770-5, EBU R 128 with Tech 3341 and Tech 3342.
//!
//! Conventions: a mono file is one channel of weight 1 (not two), the low-frequency channel counts
//! for peaks and not for loudness, an incomplete last 100 ms sub-block is dropped from loudness, and
//! momentary loudness is looked at every 20 ms, short-term loudness every 100 ms.

// Kernels must be compiled with the vector features of the function that dispatches to them.
#![allow(clippy::inline_always)]

mod gating;
mod meter;
mod peak;
mod weighting;

pub use meter::Meter;

use super::catalogue::{Field, Kind, Value};

/// Version of the stored numbers of this family.
pub const VERSION: u32 = 1;

/// Loudness that ReplayGain 2.0 plays everything at, in LUFS.
const REPLAYGAIN_TARGET_LUFS: f64 = -18.0;

/// Loudness that `R128_TRACK_GAIN` refers to, in LUFS (RFC 7845, section 5.2.1).
const R128_TARGET_LUFS: f64 = -23.0;

/// The descriptors, in storage order.
pub const FIELDS: &[Field] = &[
    Field::real(
        "loudness_lufs",
        "LUFS",
        "-70 .. about +5; null in silence and below 0.4 s",
        "integrated loudness, both gates: ITU-R BS.1770-5 Annex 1, EBU R 128",
    ),
    Field::real(
        "loudness_range_lu",
        "LU",
        "0 .. about 60; null below 3 s and in silence",
        "loudness range, short-term values every 100 ms, nearest rank: EBU Tech 3342",
    ),
    Field::real(
        "loudness_momentary_max_lufs",
        "LUFS",
        "up to about +5; null in digital silence and below 0.4 s",
        "largest loudness of 400 ms, looked at every 20 ms: EBU Tech 3341",
    ),
    Field::real(
        "loudness_short_term_max_lufs",
        "LUFS",
        "up to about +5; null in digital silence and below 3 s",
        "largest loudness of 3 s, looked at every 100 ms: EBU Tech 3341",
    ),
    Field::real(
        "true_peak_dbtp",
        "dBTP",
        "at least sample_peak_dbfs; null in digital silence",
        "largest magnitude between the samples, all channels: ITU-R BS.1770-5 Annex 2 (4x below 96 kHz, 2x below 192 kHz)",
    ),
    Field::real(
        "sample_peak_dbfs",
        "dBFS",
        "up to 0, above in files of floating-point samples and lossy codecs; null in digital silence",
        "largest magnitude of a sample, all channels",
    ),
    Field::real(
        "replaygain_track_db",
        "dB",
        "about -23 .. +52; null where loudness_lufs is",
        "gain to -18 LUFS: ReplayGain 2.0",
    ),
    Field {
        name: "r128_track_gain_db",
        kind: Kind::Real,
        unit: "dB",
        range: "multiples of 1/256 within -128 .. 128; null where loudness_lufs is",
        reference: "gain to -23 LUFS as R128_TRACK_GAIN holds it (times 256): RFC 7845 section 5.2.1",
    },
    Field::real(
        "plr_db",
        "dB",
        "about 3 .. 30; null where loudness_lufs is",
        "peak to loudness ratio: true_peak_dbtp - loudness_lufs (AES TD1004)",
    ),
    Field {
        name: "loudness_histogram",
        kind: Kind::Vector,
        unit: "LUFS, then blocks",
        range: "lower edge of the first bin, then 1 .. 381 counts, one a bin of 0.2 LU; null where loudness_lufs is",
        reference: "400 ms blocks every 100 ms above -70 LUFS, for gating over several tracks: ITU-R BS.1770-5 Annex 1",
    },
];

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
    /// Lower edge of the first bin in LUFS, then the number of 400 ms blocks in each bin of 0.2 LU.
    ///
    /// The gates of an album are closed over the sum of its tracks' histograms. Bins blur a track's
    /// loudness by up to 0.1 LU; scaling each histogram so that it alone gives `loudness_lufs` takes
    /// that away.
    pub loudness_histogram: Option<Vec<f32>>,
}

impl Loudness {
    /// Gain that ReplayGain 2.0 applies, in dB.
    pub fn replaygain_track_db(&self) -> Option<f64> {
        self.loudness_lufs.map(|loudness| REPLAYGAIN_TARGET_LUFS - loudness)
    }

    /// Gain that the tag `R128_TRACK_GAIN` holds (Q7.8), in dB.
    pub fn r128_track_gain_db(&self) -> Option<f64> {
        let q7_8 = |gain: f64| (gain * 256.0).round().clamp(-32768.0, 32767.0) / 256.0;
        self.loudness_lufs.map(|loudness| q7_8(R128_TARGET_LUFS - loudness))
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
            Value::Vector(self.loudness_histogram.clone()),
        ]
    }
}

#[cfg(test)]
mod tests;
