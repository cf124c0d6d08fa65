//! What the search for duplicates asks the database.

use super::error::StoreError;
use super::facts::{FileId, TrackId};
use super::path::{bounds, from_bytes};
use super::pool::Readers;
use super::sql;
use rusqlite::{Result, Row as SqlRow, params};
use serde::{Serialize, Serializer};
use std::path::{Path, PathBuf};

/// Tracks in a page: four kilobytes each.
const PAGE: usize = 256;

/// A track and its raw fingerprint.
#[derive(Clone, Debug, PartialEq)]
pub struct FingerprintRow {
    /// Its row.
    pub track: TrackId,
    /// Its length, in seconds.
    pub length_s: f64,
    /// Its hashes, `u32` little-endian.
    pub chromaprint: Vec<u8>,
}

/// A file, and what speaks for keeping it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Copy {
    /// Its row.
    #[serde(skip)]
    pub file: FileId,
    /// The track it holds.
    #[serde(skip)]
    pub track: TrackId,
    /// Where it lies.
    #[serde(serialize_with = "lossy")]
    pub path: PathBuf,
    /// Size in bytes.
    pub size_bytes: u64,
    /// Codec.
    pub codec: String,
    /// The samples are those that were encoded.
    pub lossless: bool,
    /// Bits of a sample before coding, where the codec has them.
    pub bits_per_sample: Option<u32>,
    /// Sample rate, in hertz.
    pub sample_rate_hz: u32,
    /// Number of channels.
    pub channels: u32,
    /// Length, in seconds.
    pub duration_s: f64,
    /// Mean bit rate, in bit/s.
    pub bitrate_bps: Option<u64>,
    /// Packets that could not be decoded.
    pub damaged_packets: u64,
    /// Tags that are filled.
    pub tags: u32,
}

fn lossy<S: Serializer>(path: &Path, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.serialize_str(&path.to_string_lossy())
}

impl Readers {
    /// Gives every track that has a fingerprint and a sound file below `root`, in the order of their
    /// rows. Holds 256 at once.
    pub fn each_fingerprint(
        &self,
        root: Option<&Path>,
        mut give: impl FnMut(FingerprintRow),
    ) -> std::result::Result<(), StoreError> {
        let (low, high) = bounds(root);
        let mut after = i64::MIN;
        loop {
            let key = params![after, low, high, PAGE as i64];
            let page = self.all("reading fingerprints", sql::FINGERPRINTS, key, fingerprint_row)?;
            let Some(last) = page.last() else { return Ok(()) };
            after = last.track.0;
            page.into_iter().for_each(&mut give);
        }
    }

    /// The raw fingerprint of a track; empty if it has none.
    pub fn fingerprint(&self, track: TrackId) -> std::result::Result<Vec<u8>, StoreError> {
        let read = |row: &SqlRow<'_>| row.get(0);
        let found: Vec<Vec<u8>> =
            self.all("reading a fingerprint", sql::FINGERPRINT, [track.0], read)?;
        Ok(found.into_iter().next().unwrap_or_default())
    }

    /// Tracks that several sound files below `root` hold, and the number of all that any holds.
    pub fn shared_tracks(
        &self,
        root: Option<&Path>,
    ) -> std::result::Result<(Vec<TrackId>, u64), StoreError> {
        let (low, high) = bounds(root);
        let key = params![low, high];
        let read = |row: &SqlRow<'_>| Ok(TrackId(row.get(0)?));
        let shared = self.all("looking for equal files", sql::SHARED_TRACKS, key, read)?;
        let key = params![low, high];
        let count: Vec<i64> =
            self.all("counting tracks", sql::PRESENT_TRACKS, key, |row| row.get(0))?;
        Ok((shared, count.first().map_or(0, |&count| count as u64)))
    }

    /// The sound files below `root` that hold a track, in the order of their rows.
    pub fn copies(
        &self,
        track: TrackId,
        root: Option<&Path>,
    ) -> std::result::Result<Vec<Copy>, StoreError> {
        let (low, high) = bounds(root);
        self.all("reading copies", &sql::COPIES, params![track.0, low, high], copy)
    }
}

fn fingerprint_row(row: &SqlRow<'_>) -> Result<FingerprintRow> {
    Ok(FingerprintRow {
        track: TrackId(row.get(0)?),
        length_s: row.get(1)?,
        chromaprint: row.get(2)?,
    })
}

fn copy(row: &SqlRow<'_>) -> Result<Copy> {
    let whole = |column| row.get::<_, i64>(column).map(|n| u64::try_from(n).unwrap_or(0));
    let small = |column| whole(column).map(|n| u32::try_from(n).unwrap_or(u32::MAX));
    Ok(Copy {
        file: FileId(row.get(0)?),
        track: TrackId(row.get(1)?),
        path: from_bytes(row.get_ref(2)?.as_blob()?),
        size_bytes: whole(3)?,
        codec: row.get(4)?,
        lossless: row.get(5)?,
        bits_per_sample: row.get(6)?,
        sample_rate_hz: small(7)?,
        channels: small(8)?,
        duration_s: row.get(9)?,
        bitrate_bps: row.get::<_, Option<i64>>(10)?.and_then(|n| u64::try_from(n).ok()),
        damaged_packets: whole(11)?,
        tags: small(12)?,
    })
}
