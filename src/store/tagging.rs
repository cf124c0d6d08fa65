//! The journal of tags that were written into files.

use super::error::StoreError;
use super::facts::{FileFacts, TrackId, unix_ms};
use super::path::{from_bytes, to_bytes};
use super::pool::Readers;
use super::{apply, open, sql};
use crate::audio::PayloadHash;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use std::path::{Path, PathBuf};

/// Row of an edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TagEditId(pub i64);

/// What is done to the tags of one file, and what takes it back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagEdit {
    /// The file, as the library knows it.
    pub path: PathBuf,
    /// Its sound.
    pub payload: PayloadHash,
    /// BLAKE3 of the whole file before.
    pub before: [u8; 32],
    /// BLAKE3 of the whole file afterwards.
    pub after: [u8; 32],
    /// When the file was last modified before, in nanoseconds since 1970.
    pub mtime_ns: i64,
    /// The change that makes the old file of the new one.
    pub back: Vec<u8>,
    /// What changes, as JSON.
    pub changes: String,
}

/// A run that wrote tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagRun {
    /// Its number.
    pub id: i64,
    /// When it began, in milliseconds since 1970.
    pub started_at: i64,
    /// Version of the program.
    pub version: String,
    /// Command line.
    pub args: String,
    /// The run that it took back, if it did.
    pub undoes: Option<i64>,
    /// Files written.
    pub files: u64,
    /// Files taken back.
    pub undone: u64,
    /// Something of it may be taken back: also what a run that died had noted and not yet counted as written.
    pub stands: bool,
}

/// Writes the journal. It takes no lock: a library may be analysed meanwhile.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    conn: Connection,
    arguments: String,
    undoes: Option<i64>,
    run: Option<i64>,
}

impl Journal {
    /// Opens the journal of the database at `path` for a run, whose row is made with its first edit.
    ///
    /// # Errors
    /// Those of the store.
    pub fn open(path: &Path, arguments: &str, undoes: Option<i64>) -> Result<Self, StoreError> {
        let conn = open::for_a_moment(path)?;
        // An edit must be on the disk before its file is: nothing else can take it back.
        conn.execute_batch("PRAGMA synchronous = FULL")
            .map_err(|error| StoreError::from_sql(path, "opening the journal", error))?;
        let (path, arguments) = (path.to_path_buf(), arguments.to_owned());
        Ok(Self { path, conn, arguments, undoes, run: None })
    }

    /// Number of the run; `None` before its first edit.
    pub fn run(&self) -> Option<i64> {
        self.run
    }

    /// Notes what is about to be done.
    ///
    /// # Errors
    /// Those of the store: the file must not be written then.
    pub fn record(&mut self, edit: &TagEdit) -> Result<TagEditId, StoreError> {
        let (run, arguments, undoes) = (self.run, self.arguments.clone(), self.undoes);
        let (run, id) = self.change("noting an edit", |conn| {
            let run = if let Some(run) = run {
                run
            } else {
                let version = env!("CARGO_PKG_VERSION");
                conn.execute(sql::BEGIN_TAG_RUN, params![unix_ms(), version, arguments, undoes])?;
                conn.last_insert_rowid()
            };
            conn.prepare_cached(sql::RECORD_TAG_EDIT)?.execute(params![
                run,
                to_bytes(&edit.path),
                edit.payload.0,
                edit.before,
                edit.after,
                edit.mtime_ns,
                edit.back,
                edit.changes
            ])?;
            Ok((run, conn.last_insert_rowid()))
        })?;
        self.run = Some(run);
        Ok(TagEditId(id))
    }

    /// Notes that nothing came of it.
    ///
    /// # Errors
    /// Those of the store.
    pub fn withdraw(&mut self, edit: TagEditId) -> Result<(), StoreError> {
        self.change("forgetting an edit", |conn| {
            conn.prepare_cached(sql::WITHDRAW_TAG_EDIT)?.execute([edit.0]).map(|_| ())
        })
    }

    /// Notes that the file is in place: with its new stamp and tags it counts as unchanged from now
    /// on. `takes_back` is the edit that is undone by it.
    ///
    /// # Errors
    /// Those of the store.
    pub fn written(
        &mut self,
        edit: TagEditId,
        file: Option<(&FileFacts, TrackId)>,
        takes_back: Option<TagEditId>,
    ) -> Result<(), StoreError> {
        self.change("noting a written file", |conn| {
            let now = unix_ms();
            conn.prepare_cached(sql::TAG_EDIT_WRITTEN)?.execute(params![edit.0, now])?;
            if let Some(undone) = takes_back {
                conn.prepare_cached(sql::TAG_EDIT_UNDONE)?.execute(params![undone.0, now])?;
            }
            file.map_or(Ok(()), |(facts, track)| apply::upsert_file(conn, facts, track).map(|_| ()))
        })
    }

    /// Notes that an edit need not be taken back: its file is as it was before.
    ///
    /// # Errors
    /// Those of the store.
    pub fn undone(&mut self, edit: TagEditId) -> Result<(), StoreError> {
        self.change("noting an edit taken back", |conn| {
            let row = params![edit.0, unix_ms()];
            conn.prepare_cached(sql::TAG_EDIT_UNDONE)?.execute(row).map(|_| ())
        })
    }

    fn change<T>(
        &mut self,
        doing: &'static str,
        act: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let held = self.conn.transaction_with_behavior(TransactionBehavior::Immediate);
        let acted = held.and_then(|held| {
            let answer = act(&held)?;
            held.commit().map(|()| answer)
        });
        acted.map_err(|error| StoreError::from_sql(&self.path, doing, error))
    }
}

impl Readers {
    /// The runs that wrote tags, the newest first.
    ///
    /// # Errors
    /// Those of the store.
    pub fn tag_runs(&self) -> Result<Vec<TagRun>, StoreError> {
        self.all("listing runs", sql::TAG_RUNS, [], |row| {
            let count = |at| row.get::<_, i64>(at).map(|count| count.max(0) as u64);
            Ok(TagRun {
                id: row.get(0)?,
                started_at: row.get(1)?,
                version: row.get(2)?,
                args: row.get(3)?,
                undoes: row.get(4)?,
                files: count(5)?,
                undone: count(6)?,
                stands: row.get(7)?,
            })
        })
    }

    /// The edits of a run that still stand, the newest first.
    ///
    /// # Errors
    /// Those of the store.
    pub fn tag_edits(&self, run: i64) -> Result<Vec<TagEditId>, StoreError> {
        self.all("listing edits", sql::TAG_EDITS, [run], |row| row.get(0).map(TagEditId))
    }

    /// An edit.
    ///
    /// # Errors
    /// Those of the store.
    pub fn tag_edit(&self, edit: TagEditId) -> Result<Option<TagEdit>, StoreError> {
        self.with("reading an edit", |conn| {
            let mut statement = conn.prepare_cached(sql::TAG_EDIT)?;
            let read = |row: &rusqlite::Row<'_>| {
                Ok(TagEdit {
                    path: from_bytes(row.get_ref(0)?.as_blob()?),
                    payload: PayloadHash(row.get(1)?),
                    before: row.get(2)?,
                    after: row.get(3)?,
                    mtime_ns: row.get(4)?,
                    back: row.get(5)?,
                    changes: row.get(6)?,
                })
            };
            statement.query_row([edit.0], read).optional()
        })
    }

    /// What was ever written into files with this sound, as JSON.
    ///
    /// # Errors
    /// Those of the store.
    pub fn tag_changes(&self, payload: &PayloadHash) -> Result<Vec<String>, StoreError> {
        self.all("listing edits", sql::TAG_CHANGES, [payload.0], |row| row.get(0))
    }
}
