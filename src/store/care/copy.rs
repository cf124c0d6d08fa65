//! A copy of a database that is in use.

use super::super::error::StoreError;

use super::inspect::{damage, look};
use super::{beside, length, sql};
use crate::files::Part;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Pages copied between two looks at whether to go on: 4 MB.
const STEP: i32 = 1_024;

/// Pause when the source is locked for a moment.
const PAUSE: Duration = Duration::from_millis(5);

/// What a sound database holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holdings {
    /// Its schema.
    pub schema: i64,
    /// Paths.
    pub files: u64,
    /// Recordings.
    pub tracks: u64,
    /// When the last run began, in milliseconds since 1970.
    pub last_run: Option<i64>,
    /// Bytes of its file.
    pub bytes: u64,
}

/// Copies the database at `from`, which may be written to meanwhile, to the file `to`: the state of
/// one moment, checked page by page, in one file without a log. `to` is whole at any moment, be it
/// what stood there before or the copy. Nobody has to wait; the log of a busy database grows until
/// the copy is made. `cancelled` is looked at every 4 MB.
///
/// # Errors
/// Those of opening; [`StoreError::Unsound`] for a database that is damaged;
/// [`StoreError::Write`]; [`StoreError::Cancelled`].
pub fn backup(
    from: &Path,
    to: &Path,
    cancelled: &dyn Fn() -> bool,
) -> Result<Holdings, StoreError> {
    let same =
        from.canonicalize().ok().filter(|from| to.canonicalize().ok().as_ref() == Some(from));
    if same.is_some() {
        let source = Arc::new(std::io::Error::other("it is the database itself"));
        return Err(StoreError::Write { path: to.to_path_buf(), source });
    }
    let copied = || -> Result<Holdings, CopyError> {
        let part = Part::create(to)?;
        let holdings = copy(from, part.path(), cancelled)?;
        part.commit()?;
        Ok(holdings)
    };
    copied().map_err(|error| error.at(to))
}

/// What a database file holds, once it is known to be ours and sound: reads every page of it.
///
/// # Errors
/// Those of opening; [`StoreError::Unsound`].
pub fn examine(path: &Path) -> Result<Holdings, StoreError> {
    let (conn, (schema, _)) = look(path)?;
    holdings(&conn, path, schema)
}

/// An error of the copy, or of the files around it, which do not know their name.
pub(super) enum CopyError {
    Store(StoreError),
    File(std::io::Error),
}

impl From<std::io::Error> for CopyError {
    fn from(error: std::io::Error) -> Self {
        Self::File(error)
    }
}

impl From<StoreError> for CopyError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl CopyError {
    pub(super) fn at(self, path: &Path) -> StoreError {
        match self {
            Self::Store(error) => error,
            Self::File(error) if error.kind() == std::io::ErrorKind::StorageFull => {
                StoreError::DiskFull { path: path.to_path_buf() }
            }
            Self::File(error) => {
                StoreError::Write { path: path.to_path_buf(), source: Arc::new(error) }
            }
        }
    }
}

/// Copies to an empty file that nobody else knows, and checks it.
pub(super) fn copy(
    from: &Path,
    part: &Path,
    cancelled: &dyn Fn() -> bool,
) -> Result<Holdings, CopyError> {
    let (source, _) = look(from)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    // Where no file can be made, the system says it better than SQLite.
    std::fs::File::create(part)?;
    let opened = Connection::open_with_flags(part, flags);
    let mut target = opened.map_err(|e| StoreError::from_sql(part, "making a copy", e))?;
    let copied = pages(&source, &mut target, cancelled);
    copied
        .map_err(|error| StoreError::from_sql(from, "copying it", error))?
        .then_some(())
        .ok_or(StoreError::Cancelled { path: from.to_path_buf() })?;
    // One file: what is read-only or on a medium without locks can be opened like this.
    target
        .query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(()))
        .map_err(|error| StoreError::from_sql(part, "finishing a copy", error))?;
    drop(target);
    for suffix in ["-wal", "-shm", "-journal"] {
        let _ = std::fs::remove_file(beside(part, suffix)); // there are none
    }
    Ok(examine(part)?)
}

/// Copies the state of this moment; false when it was cancelled.
fn pages(
    source: &Connection,
    target: &mut Connection,
    cancelled: &dyn Fn() -> bool,
) -> rusqlite::Result<bool> {
    // With a transaction open the source stands still for us; without, every commit of another
    // connection would make the copy begin again.
    source.execute_batch("BEGIN")?;
    source.query_row(super::super::sql::COUNT_OBJECTS, [], |_| Ok(()))?;
    let backup = Backup::new(source, target)?;
    loop {
        if cancelled() {
            return Ok(false);
        }
        match backup.step(STEP)? {
            StepResult::Done => return Ok(true),
            StepResult::Busy | StepResult::Locked => std::thread::sleep(PAUSE),
            _ => {}
        }
    }
}

fn holdings(conn: &Connection, path: &Path, schema: i64) -> Result<Holdings, StoreError> {
    let sql_error = |error| StoreError::from_sql(path, "checking it", error);
    let damage = damage(conn).map_err(sql_error)?;
    let broken: i64 = match damage.first() {
        None => conn.query_row(sql::BROKEN_REFERENCES, [], |row| row.get(0)).map_err(sql_error)?,
        Some(_) => 0,
    };
    let problem = match damage.into_iter().next() {
        Some(first) => Some(first),
        None if broken > 0 => Some(format!("{broken} rows refer to rows that are not there")),
        None => None,
    };
    if let Some(problem) = problem {
        return Err(StoreError::Unsound { path: path.to_path_buf(), problem });
    }
    let counts = conn.query_row(sql::FILES_AND_TRACKS, [], |row| {
        Ok((row.get::<_, i64>(0)? as u64, row.get::<_, i64>(1)? as u64))
    });
    let (files, tracks) = counts.map_err(sql_error)?;
    let last_run = conn.query_row(sql::LAST_RUN, [], |row| row.get(0)).map_err(sql_error)?;
    Ok(Holdings { schema, files, tracks, last_run, bytes: length(path) })
}
