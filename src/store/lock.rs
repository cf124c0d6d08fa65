//! One analysing run a database: an advisory lock on a file beside it.

use super::error::StoreError;
use super::facts::unix_ms;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Longest text of a holder that is read.
const HOLDER_BYTES: u64 = 256;

/// The lock; given back when dropped, or by the system when the process dies.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of the database at `database`.
    pub(super) fn take(database: &Path) -> Result<Self, StoreError> {
        let file = open(&beside(database)).map_err(|error| refused(database, error))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: sign(file) }),
            Err(TryLockError::WouldBlock) => {
                Err(StoreError::InUse { path: database.to_path_buf(), holder: holder(file) })
            }
            // Some network file systems have no locks; SQLite's own still protect the data.
            Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Unsupported => {
                Ok(Self { _file: file })
            }
            Err(TryLockError::Error(error)) => Err(refused(database, error)),
        }
    }
}

/// `library.db` → `library.db.lock`. The file stays: removing it would race with its next holder.
fn beside(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".lock");
    name.into()
}

fn open(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)
}

/// Writes down who holds it; without room on the disk the lock holds all the same.
fn sign(mut file: File) -> File {
    let text = format!("{} {}\n", std::process::id(), unix_ms() / 1000);
    let _ = file.set_len(0).and_then(|()| file.write_all(text.as_bytes()));
    file
}

/// Who holds it, in words.
fn holder(mut file: File) -> String {
    let mut text = String::new();
    let read = file.rewind().and_then(|()| file.take(HOLDER_BYTES).read_to_string(&mut text));
    let mut words = text.split_whitespace();
    match (read, words.next(), words.next().and_then(|s| s.parse().ok())) {
        (Ok(_), Some(pid), Some(seconds)) => match jiff::Timestamp::from_second(seconds) {
            Ok(since) => format!("process {pid}, since {since}"),
            Err(_) => format!("process {pid}"),
        },
        _ => "unknown process".to_owned(),
    }
}

fn refused(database: &Path, error: std::io::Error) -> StoreError {
    let path = database.to_path_buf();
    match error.kind() {
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            StoreError::ReadOnly { path }
        }
        ErrorKind::StorageFull => StoreError::DiskFull { path },
        _ => StoreError::Open { path, source: Arc::new(error) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_told_who_holds_it() {
        let dir = tempfile::tempdir().unwrap();
        let database = dir.path().join("x.db");
        let first = Lock::take(&database).unwrap();
        let told = match Lock::take(&database) {
            Err(StoreError::InUse { holder, .. }) => holder,
            other => panic!("{other:?}"),
        };
        assert!(told.contains(&format!("process {}, since 20", std::process::id())), "{told}");
        drop(first);
        assert!(Lock::take(&database).is_ok(), "given back");
    }

    #[test]
    fn a_directory_that_does_not_exist_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let error = Lock::take(&dir.path().join("no/x.db")).unwrap_err();
        assert!(matches!(error, StoreError::Open { .. }), "{error}");
    }
}
