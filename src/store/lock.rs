//! One analysing run a database: an advisory lock on a file beside it.

use super::error::StoreError;
use super::facts::unix_ms;
use crate::system;
use std::fmt::Write as _;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Longest text of a holder that is read.
const HOLDER_BYTES: u64 = 256;

/// The lock; given back when dropped, or by the system when the process dies.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
}

impl Drop for Lock {
    /// Who gives it back takes his name off: a name on a free lock is that of a dead process.
    fn drop(&mut self) {
        let _ = self.file.set_len(0); // it is only said less well then
    }
}

/// Whether a run holds a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LockState {
    /// Nobody.
    Free,
    /// Who, and since when, in words.
    Held(String),
    /// Nobody any more: who held it died. The next run takes it over.
    Stale(String),
}

/// Whether a run holds the database at `database`; makes no file.
pub(super) fn state(database: &Path) -> LockState {
    let Ok(mut file) = File::open(beside(database)) else { return LockState::Free };
    let Some(holder) = holder(&mut file) else { return LockState::Free };
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => LockState::Held(holder),
        _ => LockState::Stale(holder),
    }
}

impl Lock {
    /// Takes the lock of the database at `database`.
    pub(super) fn take(database: &Path) -> Result<Self, StoreError> {
        let mut file = open(&beside(database)).map_err(|error| refused(database, error))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { file: sign(file, database) }),
            Err(TryLockError::WouldBlock) => {
                let holder = holder(&mut file).unwrap_or_else(|| "unknown process".to_owned());
                Err(StoreError::InUse { path: database.to_path_buf(), holder })
            }
            // Some network file systems have no locks; SQLite's own still protect the data.
            Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Unsupported => {
                Ok(Self { file })
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
fn sign(mut file: File, database: &Path) -> File {
    if let Some(dead) = holder(&mut file) {
        tracing::info!("{} was left locked by {dead}, which died", database.display());
    }
    let (pid, since, host) = (std::process::id(), unix_ms() / 1000, system::host_name());
    let text = format!("{pid} {since} {host}\n");
    let _ =
        file.set_len(0).and_then(|()| file.rewind()).and_then(|()| file.write_all(text.as_bytes()));
    file
}

/// Who has signed it, in words; `None` when nobody has.
fn holder(file: &mut File) -> Option<String> {
    let mut text = String::new();
    let read = file.rewind().and_then(|()| file.take(HOLDER_BYTES).read_to_string(&mut text));
    read.ok()?;
    let mut words = text.split_whitespace();
    let mut told = format!("process {}", words.next()?);
    let since = words.next().and_then(|seconds| seconds.parse().ok());
    if let Some(host) = words.next() {
        let _ = write!(told, " on {host}");
    }
    if let Some(since) = since.and_then(|seconds| jiff::Timestamp::from_second(seconds).ok()) {
        let age = (unix_ms() / 1000).saturating_sub(since.as_second());
        let _ = write!(told, ", since {since} ({})", span(age));
    }
    Some(told)
}

/// An age in seconds, as people say it.
fn span(seconds: i64) -> String {
    match seconds.max(0) {
        s @ ..120 => format!("{s} s"),
        s @ ..7_200 => format!("{} min", s / 60),
        s @ ..172_800 => format!("{} h", s / 3_600),
        s => format!("{} days", s / 86_400),
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
        let (pid, host) = (std::process::id(), system::host_name());
        assert!(told.starts_with(&format!("process {pid} on {host}, since 20")), "{told}");
        assert!(told.ends_with(" s)"), "with its age: {told}");
        assert!(matches!(state(&database), LockState::Held(_)));
        drop(first);
        assert_eq!(state(&database), LockState::Free, "given back");
        assert!(Lock::take(&database).is_ok());
    }

    #[test]
    fn a_lock_of_a_dead_process_is_seen_and_taken_over() {
        let dir = tempfile::tempdir().unwrap();
        let database = dir.path().join("x.db");
        // What a process leaves that was killed: its name, and no lock. The second is of a version
        // that did not write the host.
        for left in ["4242 1700000000 nas\n", "4242 1700000000\n"] {
            std::fs::write(beside(&database), left).unwrap();
            let LockState::Stale(told) = state(&database) else { panic!("not stale") };
            assert!(told.contains("process 4242") && told.contains("days"), "{told}");
            let lock = Lock::take(&database).expect("taken over");
            assert!(matches!(state(&database), LockState::Held(who) if !who.contains("4242")));
            drop(lock);
            assert_eq!(state(&database), LockState::Free);
        }
    }

    #[test]
    fn ages_are_said_in_one_unit() {
        assert_eq!([5, 600, 10_000, 200_000].map(span), ["5 s", "10 min", "2 h", "2 days"]);
        assert_eq!(span(-5), "0 s", "a clock that was set back");
    }

    #[test]
    fn a_directory_that_does_not_exist_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let error = Lock::take(&dir.path().join("no/x.db")).unwrap_err();
        assert!(matches!(error, StoreError::Open { .. }), "{error}");
    }
}
