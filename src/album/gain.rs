//! The gain of an album from the stored loudness of its tracks.

use crate::feature::Value;
use crate::feature::loudness::{AlbumGate, BlockHistogram, r128_gain_db, replaygain_db};
use crate::store::{AlbumFile, Readers, Row, StoreError, TrackId, TrackLoudness};
use std::collections::BTreeSet;

/// Names of the columns that a row gains, with their units.
pub const COLUMNS: [(&str, &str); 3] = [
    ("replaygain_album_db", "dB"),
    ("replaygain_album_peak_dbtp", "dBTP"),
    ("r128_album_gain_db", "dB"),
];

/// How loud an album is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Gain {
    /// Different recordings.
    pub tracks: u64,
    /// Those that were measured; the others (never analysed, or by an older version) do not count.
    pub measured: u64,
    /// Integrated loudness over all tracks, in LUFS; `None` when all are silent or unmeasured.
    pub loudness_lufs: Option<f64>,
    /// Largest true peak of a track, in dB below full scale.
    pub true_peak_dbtp: Option<f64>,
}

impl Gain {
    /// The gain of these files.
    pub(super) fn of(readers: &Readers, files: &[AlbumFile]) -> Result<Self, StoreError> {
        let tracks: BTreeSet<TrackId> = files.iter().map(|file| file.track).collect();
        let (mut gain, mut gate) = (Self::default(), AlbumGate::new());
        gain.tracks = tracks.len() as u64;
        for track in tracks {
            if let Some(loudness) = readers.track_loudness(track)? {
                gain.add(&loudness, &mut gate);
            }
        }
        gain.loudness_lufs = gate.lufs();
        Ok(gain)
    }

    fn add(&mut self, track: &TrackLoudness, gate: &mut AlbumGate) {
        self.measured += 1;
        let peaks = [self.true_peak_dbtp, track.true_peak_dbtp];
        self.true_peak_dbtp = peaks.into_iter().flatten().reduce(f64::max);
        let histogram = track.histogram.as_deref().and_then(BlockHistogram::from_bytes);
        if let (Some(histogram), Some(loudness)) = (histogram, track.loudness_lufs) {
            gate.add(&histogram, loudness);
        }
    }

    /// Gain of the whole album to -18 LUFS (ReplayGain 2.0), in dB.
    pub fn replaygain_album_db(&self) -> Option<f64> {
        self.loudness_lufs.map(replaygain_db)
    }

    /// Gain of the whole album as `R128_ALBUM_GAIN` holds it (RFC 7845, section 5.2.1), in dB.
    pub fn r128_album_gain_db(&self) -> Option<f64> {
        self.loudness_lufs.map(r128_gain_db)
    }

    /// The values of [`COLUMNS`].
    pub fn values(&self) -> [(&'static str, Value); COLUMNS.len()] {
        let [gain, peak, r128] = COLUMNS.map(|(name, _)| name);
        [
            (gain, Value::Real(self.replaygain_album_db())),
            (peak, Value::Real(self.true_peak_dbtp)),
            (r128, Value::Real(self.r128_album_gain_db())),
        ]
    }

    /// Adds the columns to a row.
    pub fn add_to(&self, row: &mut Row) {
        row.columns.extend(self.values());
    }
}
