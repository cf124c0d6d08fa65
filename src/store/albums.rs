//! Which files belong together as an album, and how loud their tracks are.

use super::error::StoreError;
use super::facts::{FileId, TrackId};
use super::path::{bounds, from_bytes, to_bytes};
use super::pool::Readers;
use super::read::pages;
use super::sql;
use crate::feature::catalogue::Family;
use rusqlite::{OptionalExtension, Result, Row as SqlRow, params};
use std::path::{Path, PathBuf};

/// Rows in a page of a listing.
const PAGE: usize = 512;

/// What the tags say of the album of a file, ready to be compared: ASCII letters in lower case,
/// no spaces at the ends.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AlbumKey {
    /// Title of the album; not empty.
    pub album: String,
    /// The album's artist; without one, nobody for a compilation, else the track's artist.
    pub artist: String,
}

/// A file of an album.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlbumFile {
    /// Its row.
    pub id: FileId,
    /// Where it lies.
    pub path: PathBuf,
    /// What it holds.
    pub track: TrackId,
    /// Its album; `None` when the tags do not name one.
    pub key: Option<AlbumKey>,
    /// Title of the album, as written in the tags.
    pub album: Option<String>,
    /// The album's artist or else the track's, as written in the tags.
    pub artist: Option<String>,
}

/// What the gates of an album need of a track.
#[derive(Clone, Debug, PartialEq)]
pub struct TrackLoudness {
    /// Integrated loudness, in LUFS; `None` in silence.
    pub loudness_lufs: Option<f64>,
    /// True peak, in dB below full scale; `None` in digital silence.
    pub true_peak_dbtp: Option<f64>,
    /// Blocks by loudness, as stored.
    pub histogram: Option<Vec<u8>>,
}

impl Readers {
    /// The album that the tags of a file name; `None` when they name none, or without such a file.
    pub fn album_key(&self, file: FileId) -> Result<Option<AlbumKey>, StoreError> {
        self.with("looking up an album", |conn| {
            let mut statement = conn.prepare_cached(&sql::ALBUM_KEY)?;
            statement.query_row([file.0], |row| key(row, 0)).optional().map(Option::flatten)
        })
    }

    /// The analysed files of an album that are not missing.
    pub fn files_of_album(&self, key: &AlbumKey) -> Result<Vec<AlbumFile>, StoreError> {
        let key = params![key.album, key.artist];
        self.all("listing an album", &sql::FILES_OF_ALBUM, key, album_file)
    }

    /// The analysed files below `root` (of the whole database for `None`) that are not missing and
    /// whose tags name no album, in the order of path bytes. Holds 512.
    pub fn files_without_album(
        &self,
        root: Option<&Path>,
    ) -> impl Iterator<Item = Result<AlbumFile, StoreError>> + use<> {
        let readers = self.clone();
        let (low, high) = bounds(root);
        pages(
            PAGE,
            |file: &AlbumFile| &file.path,
            move |after| {
                let after = low.as_slice().max(&to_bytes(after)).to_vec();
                let key = params![after, high, PAGE as i64];
                readers.all(
                    "listing files without album",
                    &sql::FILES_WITHOUT_ALBUM,
                    key,
                    album_file,
                )
            },
        )
    }

    /// The album behind `after` in the order of titles and artists, or the first; `None` at the end.
    pub fn next_album(&self, after: Option<&AlbumKey>) -> Result<Option<AlbumKey>, StoreError> {
        let after = after.map_or(("", ""), |key| (&key.album, &key.artist));
        self.with("listing albums", |conn| {
            let mut statement = conn.prepare_cached(&sql::NEXT_ALBUM)?;
            let found = statement.query_row([after.0, after.1], |row| key(row, 0));
            found.optional().map(Option::flatten)
        })
    }

    /// The loudness of a track; `None` when it was not measured by this version.
    pub fn track_loudness(&self, track: TrackId) -> Result<Option<TrackLoudness>, StoreError> {
        let key = params![track.0, Family::Loudness.version()];
        self.with("reading a loudness", |conn| {
            let mut statement = conn.prepare_cached(sql::TRACK_LOUDNESS)?;
            let loudness = |row: &SqlRow<'_>| {
                Ok(TrackLoudness {
                    loudness_lufs: row.get(0)?,
                    true_peak_dbtp: row.get(1)?,
                    histogram: row.get(2)?,
                })
            };
            statement.query_row(key, loudness).optional()
        })
    }
}

fn key(row: &SqlRow<'_>, at: usize) -> Result<Option<AlbumKey>> {
    let (album, artist) =
        (row.get::<_, Option<String>>(at)?, row.get::<_, Option<String>>(at + 1)?);
    let album = album.filter(|album| !album.is_empty());
    Ok(album.map(|album| AlbumKey { album, artist: artist.unwrap_or_default() }))
}

fn album_file(row: &SqlRow<'_>) -> Result<AlbumFile> {
    Ok(AlbumFile {
        id: FileId(row.get(0)?),
        path: from_bytes(row.get_ref(1)?.as_blob()?),
        track: TrackId(row.get(2)?),
        key: key(row, 3)?,
        album: row.get(5)?,
        artist: row.get(6)?,
    })
}
