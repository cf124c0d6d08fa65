//! What the program asks the database.

use super::error::StoreError;
use super::facts::{FileId, RunId, Stamp, Status, TrackId};
use super::path::{bounds, from_bytes, to_bytes};
use super::pool::Readers;
use super::row::Row;
use super::sql;
use crate::audio::{HeadHash, PayloadHash};
use crate::error::FailureKind;
use crate::feature::Depth;
use crate::feature::catalogue::{Families, Family};
use rusqlite::{OptionalExtension, Params, Result, Row as SqlRow, params};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Rows in a page of a listing, and of full rows: a full row may hold tens of kilobytes.
const LIST_PAGE: usize = 512;
const ROW_PAGE: usize = 32;

/// A file in a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRow {
    /// Its row.
    pub id: FileId,
    /// Where it lies, or lay.
    pub path: PathBuf,
    /// Its `stat` when it was last looked at.
    pub stamp: Stamp,
    /// How it stands.
    pub status: Status,
    /// What it holds.
    pub track: Option<TrackId>,
}

/// A track, with what is not up to date of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownTrack {
    /// Its row.
    pub track: TrackId,
    /// Families that were never computed, or by an older version.
    pub stale: Families,
    /// How much of it was heard.
    pub depth: Depth,
}

impl KnownTrack {
    /// What is to be computed in a run of `depth`: what is stale, or all with `anew`. What was heard in
    /// excerpts is heard again as a whole; what was heard as a whole is left alone by a quick run.
    pub fn due(self, depth: Depth, anew: bool) -> Families {
        match (self.depth, depth) {
            (Depth::Full, Depth::Quick) => Families::NONE,
            (Depth::Quick, Depth::Full) => depth.families(),
            _ if anew => depth.families(),
            _ => self.stale.iter().filter(|&family| depth.families().contains(family)).collect(),
        }
    }
}

/// The last failure of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastFailure {
    /// Why, as stored; see [`FailureKind`].
    pub kind: String,
    /// Size and time of the file then; device and inode are not kept.
    pub stamp: Option<Stamp>,
}

impl PastFailure {
    /// True when it says that runs died over the file.
    pub fn is_quarantine(&self) -> bool {
        self.kind == FailureKind::Quarantined.as_str()
    }

    /// True when it tells of the moment and not of the file: a disk that was away, a writer in between, a budget
    /// that was small.
    pub fn may_have_passed(&self) -> bool {
        use FailureKind::{Changed, Io, OutOfBudget};
        [Io, Changed, OutOfBudget].iter().any(|kind| self.kind == kind.as_str())
    }
}

/// What is known of a path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileState {
    /// Its file and how it was, if it has one.
    pub file: Option<(FileId, Stamp, Status)>,
    /// Its track.
    pub track: Option<KnownTrack>,
    /// Its last failure.
    pub failure: Option<PastFailure>,
    /// Runs that died while they read it, and its size and time then.
    pub deaths: Option<(u32, Stamp)>,
}

/// A failure in a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailureRow {
    /// The file or directory.
    pub path: PathBuf,
    /// Where it failed.
    pub stage: String,
    /// Why, as a name.
    pub kind: String,
    /// Why, in words.
    pub message: String,
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// In which run.
    pub run: RunId,
}

/// A run in a listing.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RunRow {
    /// Its number.
    pub id: i64,
    /// When it began, in milliseconds since 1970.
    pub started_at: i64,
    /// When it ended; `None` if it runs or died.
    pub finished_at: Option<i64>,
    /// Version of the program.
    pub version: String,
    /// Command line.
    pub args: String,
    /// Files found.
    pub scanned: i64,
    /// Files analysed.
    pub analysed: i64,
    /// Files that did not need it.
    pub unchanged: i64,
    /// Files linked to a known track.
    pub linked: i64,
    /// Files that failed.
    pub failed: i64,
    /// Files left out by a cancelled run.
    pub cancelled: i64,
    /// Files found to be gone.
    pub missing: i64,
    /// Sound analysed, in seconds.
    pub audio_s: f64,
    /// How it ended; `None` while it runs.
    pub outcome: Option<String>,
}

impl Readers {
    /// What is known of a path: all that the plan needs, in one look-up.
    pub fn file_state(&self, path: &Path) -> Result<FileState, StoreError> {
        self.one("looking up a file", &sql::FILE_STATE, [to_bytes(path)], file_state)
            .map(Option::unwrap_or_default)
    }

    /// The track with this payload.
    pub fn track_by_payload(
        &self,
        payload: &PayloadHash,
    ) -> Result<Option<KnownTrack>, StoreError> {
        self.one("looking up a payload", &sql::TRACK_BY_PAYLOAD, [payload.0], |row| {
            known_track(row, 0, 1)
        })
        .map(Option::flatten)
    }

    /// A track by its row.
    pub fn track(&self, track: TrackId) -> Result<Option<KnownTrack>, StoreError> {
        self.one("looking up a track", &sql::TRACK_BY_ID, [track.0], |row| known_track(row, 0, 1))
            .map(Option::flatten)
    }

    /// False when no track begins with this head: then the payload is certainly new.
    pub fn head_is_known(&self, head: &HeadHash) -> Result<bool, StoreError> {
        self.one("looking up a head", sql::HEAD_IS_KNOWN, [head.0], |row| row.get(0))
            .map(|known| known.unwrap_or(false))
    }

    /// The files that hold a track.
    pub fn files_of_track(&self, track: TrackId) -> Result<Vec<FileRow>, StoreError> {
        self.all("listing the files of a track", sql::FILES_OF_TRACK, [track.0], file_row)
    }

    /// Files last seen at this device and inode, at most 16.
    pub fn files_by_inode(&self, stamp: Stamp) -> Result<Vec<FileRow>, StoreError> {
        let key = params![stamp.inode as i64, stamp.device as i64];
        self.all("looking up an inode", sql::FILES_BY_INODE, key, file_row)
    }

    /// A file with everything known of it.
    pub fn row_by_path(&self, path: &Path) -> Result<Option<Row>, StoreError> {
        let row = self.one("reading a row", &sql::ROW_BY_PATH, [to_bytes(path)], Row::read)?;
        Ok(self.with_answers(Vec::from_iter(row))?.pop())
    }

    /// A file with everything known of it.
    pub fn row_by_id(&self, file: FileId) -> Result<Option<Row>, StoreError> {
        let row = self.one("reading a row", &sql::ROW_BY_ID, [file.0], Row::read)?;
        Ok(self.with_answers(Vec::from_iter(row))?.pop())
    }

    /// Every analysed file that is not missing, in the order of path bytes. Holds 32 rows.
    pub fn rows(&self) -> impl Iterator<Item = Result<Row, StoreError>> + use<> {
        let readers = self.clone();
        pages(
            ROW_PAGE,
            |row: &Row| &row.path,
            move |after| {
                let key = params![to_bytes(after), ROW_PAGE as i64];
                readers.with_answers(readers.all("reading rows", &sql::ROWS, key, Row::read)?)
            },
        )
    }

    /// Every file below `root`, or of the whole database, in the order of path bytes. Holds 512.
    pub fn files_under(
        &self,
        root: Option<&Path>,
    ) -> impl Iterator<Item = Result<FileRow, StoreError>> + use<> {
        let readers = self.clone();
        let (low, high) = bounds(root);
        pages(
            LIST_PAGE,
            |file: &FileRow| &file.path,
            move |after| {
                let after = low.as_slice().max(&to_bytes(after)).to_vec();
                let key = params![after, high, LIST_PAGE as i64];
                readers.all("listing files", sql::FILES_UNDER, key, file_row)
            },
        )
    }

    /// Every failure that stands, in the order of path bytes. Holds 512.
    pub fn failures(&self) -> impl Iterator<Item = Result<FailureRow, StoreError>> + use<> {
        let readers = self.clone();
        pages(
            LIST_PAGE,
            |failure: &FailureRow| &failure.path,
            move |after| {
                let key = params![to_bytes(after), LIST_PAGE as i64];
                readers.all("listing failures", sql::FAILURES, key, failure_row)
            },
        )
    }

    /// The last `limit` runs, the newest first.
    pub fn runs(&self, limit: u32) -> Result<Vec<RunRow>, StoreError> {
        self.all("listing runs", sql::RUNS, [limit], run_row)
    }

    fn one<T>(
        &self,
        doing: &'static str,
        sql: &str,
        key: impl Params,
        read: impl FnOnce(&SqlRow<'_>) -> Result<T>,
    ) -> Result<Option<T>, StoreError> {
        self.with(doing, |conn| conn.prepare_cached(sql)?.query_row(key, read).optional())
    }

    pub(super) fn all<T>(
        &self,
        doing: &'static str,
        sql: &str,
        key: impl Params,
        read: impl FnMut(&SqlRow<'_>) -> Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        self.with(doing, |conn| conn.prepare_cached(sql)?.query_map(key, read)?.collect())
    }
}

/// A listing as pages: `fetch` gives the page behind a path, at most `length` items. No
/// transaction is open between two pages, so a slow reader does not make the log grow.
pub(super) fn pages<T, F>(
    length: usize,
    path: fn(&T) -> &PathBuf,
    mut fetch: F,
) -> impl Iterator<Item = Result<T, StoreError>> + use<T, F>
where
    F: FnMut(&Path) -> Result<Vec<T>, StoreError>,
{
    let mut page = Vec::new().into_iter();
    let mut after = Some(PathBuf::new());
    std::iter::from_fn(move || {
        if page.len() == 0 {
            match fetch(&after.take()?) {
                Ok(items) => {
                    after = items.last().filter(|_| items.len() == length).map(path).cloned();
                    page = items.into_iter();
                }
                Err(error) => return Some(Err(error)),
            }
        }
        page.next().map(Ok)
    })
}

/// Reads id, depth and, behind it, the versions of a track; `None` when the id is NULL.
fn known_track(row: &SqlRow<'_>, id: usize, depth: usize) -> Result<Option<KnownTrack>> {
    let versions = depth + 1;
    let Some(track) = row.get::<_, Option<i64>>(id)? else { return Ok(None) };
    // The schema allows two names.
    let depth = row.get_ref(depth)?.as_str().ok().and_then(Depth::from_name).unwrap_or_default();
    let mut stale = Families::NONE;
    for (place, family) in Family::ALL.into_iter().enumerate() {
        let stored: Option<i64> = row.get(versions + place)?;
        if stored.is_none_or(|version| version < i64::from(family.version())) {
            stale = stale.with(family);
        }
    }
    Ok(Some(KnownTrack { track: TrackId(track), stale: stale.with_derived(), depth }))
}

fn file_state(row: &SqlRow<'_>) -> Result<FileState> {
    let file = match row.get::<_, Option<i64>>(0)? {
        Some(id) => Some((FileId(id), stamp(row, 1)?, status(row, 5)?)),
        None => None,
    };
    let failure = match row.get::<_, Option<String>>(7)? {
        Some(kind) => Some(PastFailure { kind, stamp: short_stamp(row, 8)? }),
        None => None,
    };
    let deaths: Option<u32> = row.get(10)?;
    let deaths = deaths.zip(short_stamp(row, 11)?);
    Ok(FileState { file, track: known_track(row, 6, 13)?, failure, deaths })
}

fn stamp(row: &SqlRow<'_>, at: usize) -> Result<Stamp> {
    let unsigned = |column| row.get::<_, i64>(column).map(|n| n as u64);
    Ok(Stamp {
        size: unsigned(at)?,
        mtime_ns: row.get(at + 1)?,
        device: unsigned(at + 2)?,
        inode: unsigned(at + 3)?,
    })
}

/// A stamp of which only size and time were kept.
fn short_stamp(row: &SqlRow<'_>, at: usize) -> Result<Option<Stamp>> {
    let size = row.get::<_, Option<i64>>(at)?.map(|n| n as u64);
    let mtime_ns: Option<i64> = row.get(at + 1)?;
    Ok(size.zip(mtime_ns).map(|(size, mtime_ns)| Stamp { size, mtime_ns, ..Stamp::default() }))
}

/// The schema allows three names.
fn status(row: &SqlRow<'_>, at: usize) -> Result<Status> {
    row.get_ref(at)?
        .as_str()
        .map_err(Into::into)
        .map(|name| Status::from_name(name).unwrap_or(Status::Failed))
}

fn file_row(row: &SqlRow<'_>) -> Result<FileRow> {
    Ok(FileRow {
        id: FileId(row.get(0)?),
        path: from_bytes(row.get_ref(1)?.as_blob()?),
        stamp: stamp(row, 2)?,
        status: status(row, 6)?,
        track: row.get::<_, Option<i64>>(7)?.map(TrackId),
    })
}

fn failure_row(row: &SqlRow<'_>) -> Result<FailureRow> {
    Ok(FailureRow {
        path: from_bytes(row.get_ref(0)?.as_blob()?),
        stage: row.get(1)?,
        kind: row.get(2)?,
        message: row.get(3)?,
        at: row.get(4)?,
        run: RunId(row.get(7)?),
    })
}

fn run_row(row: &SqlRow<'_>) -> Result<RunRow> {
    Ok(RunRow {
        id: row.get(0)?,
        started_at: row.get(1)?,
        finished_at: row.get(2)?,
        version: row.get(3)?,
        args: row.get(4)?,
        scanned: row.get(5)?,
        analysed: row.get(6)?,
        unchanged: row.get(7)?,
        linked: row.get(8)?,
        failed: row.get(9)?,
        cancelled: row.get(10)?,
        missing: row.get(11)?,
        audio_s: row.get(12)?,
        outcome: row.get(13)?,
    })
}
