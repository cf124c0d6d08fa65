//! What can go wrong with the database, one clear line each.

use crate::error::Severity;
use rusqlite::ErrorCode;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// An error of the store. Data that was committed before stays as it is.
///
/// It is cheap to clone: the writer thread tells the same error to everybody who waits.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// There is no database yet.
    #[error("there is no database at {}", path.display())]
    NotFound {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The operating system does not let us at it.
    #[error("cannot open the database {}", path.display())]
    Open {
        /// The database.
        path: PathBuf,
        /// What the system said.
        source: Arc<dyn std::error::Error + Send + Sync>,
    },
    /// The file is something else.
    #[error("{} is not a database", path.display())]
    NotADatabase {
        /// The file.
        path: PathBuf,
    },
    /// The file is a database of another program.
    #[error("{} is a database of another program", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// Its `application_id`.
        application_id: i32,
    },
    /// A newer version of this program wrote it.
    #[error("{} was written by a newer version of phonolite (schema {found}, this one knows {known}): upgrade phonolite", path.display())]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// The newest schema of this program.
        known: i64,
    },
    /// Another connection keeps it locked.
    #[error("the database {} is locked by another program; tried for {waited_s:.1} s", path.display())]
    Locked {
        /// The database.
        path: PathBuf,
        /// How long it was tried, in seconds.
        waited_s: f64,
    },
    /// Another run of this program analyses into it.
    #[error("another phonolite is analysing into {}: {holder}", path.display())]
    InUse {
        /// The database.
        path: PathBuf,
        /// Who and since when.
        holder: String,
    },
    /// It cannot be written.
    #[error("the database {} cannot be written: it or its directory is read-only", path.display())]
    ReadOnly {
        /// The database.
        path: PathBuf,
    },
    /// No room on the disk.
    #[error("the disk of {} is full; everything committed before is kept", path.display())]
    DiskFull {
        /// The database.
        path: PathBuf,
    },
    /// The database contradicts itself.
    #[error("the database {} is damaged: restore it, or delete it and analyse again", path.display())]
    Damaged {
        /// The database.
        path: PathBuf,
        /// What SQLite said.
        source: Arc<rusqlite::Error>,
    },
    /// Reading or writing the disk failed.
    #[error("the disk of the database {} fails", path.display())]
    Disk {
        /// The database.
        path: PathBuf,
        /// What SQLite said.
        source: Arc<rusqlite::Error>,
    },
    /// No read connection became free.
    #[error("no connection to {} became free in time", path.display())]
    Busy {
        /// The database.
        path: PathBuf,
    },
    /// SQLite refused a statement.
    #[error("the database {} refused an operation ({doing})", path.display())]
    Sql {
        /// The database.
        path: PathBuf,
        /// What was being done.
        doing: &'static str,
        /// What SQLite said.
        source: Arc<rusqlite::Error>,
    },
    /// A record does not fit the catalogue.
    #[error("a record of family {family} does not fit the catalogue: {reason}")]
    Record {
        /// Name of the family.
        family: &'static str,
        /// What does not fit.
        reason: &'static str,
    },
    /// A copy of a database, or the database to be copied, is not sound.
    #[error("the database {} is not sound: {problem}", path.display())]
    Unsound {
        /// The file.
        path: PathBuf,
        /// The first thing that is wrong.
        problem: String,
    },
    /// A file beside the database, or a copy of it, cannot be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: Arc<std::io::Error>,
    },
    /// Somebody asked to stop.
    #[error("stopped while copying {}; nothing was written", path.display())]
    Cancelled {
        /// The database.
        path: PathBuf,
    },
    /// The writer is closed.
    #[error("the database {} is closed", path.display())]
    Closed {
        /// The database.
        path: PathBuf,
    },
}

impl StoreError {
    /// A record that does not fit costs its file; everything else ends the run.
    pub fn severity(&self) -> Severity {
        match self {
            Self::Record { .. } => Severity::FailFile,
            _ => Severity::StopRun,
        }
    }

    /// Puts an error of SQLite into the words of this module.
    pub(super) fn from_sql(path: &Path, doing: &'static str, error: rusqlite::Error) -> Self {
        let path = path.to_path_buf();
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => Self::NotADatabase { path },
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                Self::Locked { path, waited_s: 0.0 }
            }
            Some(ErrorCode::ReadOnly) => Self::ReadOnly { path },
            Some(ErrorCode::DiskFull) => Self::DiskFull { path },
            Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
                Self::Open { path, source: Arc::new(error) }
            }
            Some(ErrorCode::DatabaseCorrupt) => Self::Damaged { path, source: Arc::new(error) },
            Some(ErrorCode::SystemIoFailure) => Self::Disk { path, source: Arc::new(error) },
            _ => Self::Sql { path, doing, source: Arc::new(error) },
        }
    }

    /// True when trying again may help.
    pub(super) fn is_busy(error: &rusqlite::Error) -> bool {
        matches!(
            error.sqlite_error_code(),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_of_sqlite_has_its_error() {
        let with = |code: i32| {
            let error = rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None);
            StoreError::from_sql(Path::new("x.db"), "testing", error)
        };
        assert!(matches!(with(rusqlite::ffi::SQLITE_FULL), StoreError::DiskFull { .. }));
        assert!(matches!(with(rusqlite::ffi::SQLITE_BUSY), StoreError::Locked { .. }));
        assert!(matches!(with(rusqlite::ffi::SQLITE_NOTADB), StoreError::NotADatabase { .. }));
        assert!(matches!(with(rusqlite::ffi::SQLITE_READONLY), StoreError::ReadOnly { .. }));
        assert!(matches!(with(rusqlite::ffi::SQLITE_CORRUPT), StoreError::Damaged { .. }));
        assert!(matches!(with(rusqlite::ffi::SQLITE_IOERR), StoreError::Disk { .. }));
        assert!(matches!(with(rusqlite::ffi::SQLITE_CANTOPEN), StoreError::Open { .. }));
        assert_eq!(with(rusqlite::ffi::SQLITE_ERROR).severity(), Severity::StopRun);
    }
}
