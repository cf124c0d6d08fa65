//! A copy put in the place of a database.

use super::super::error::StoreError;
use super::super::lock::Lock;
use super::super::open;
use super::copy::{CopyError, Holdings, copy, examine};
use super::{beside, length};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// What `restore` has done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// What the database holds now.
    pub holdings: Holdings,
    /// Where the old database is kept; `None` when there was none, or when it was sound and was not
    /// to be kept.
    pub kept: Option<PathBuf>,
}

/// Puts a copy of the database file `from` in the place of the database at `path`.
///
/// The copy is made and checked beside it first; then it takes its place in one step. Until the new
/// one has been opened the old one stands beside it as `….before-restore`, and stays there if it was
/// damaged, or is to be kept.
///
/// # Errors
/// What is wrong with `from`; [`StoreError::InUse`] while a run holds the database,
/// [`StoreError::Locked`] while another program has it open; [`StoreError::Foreign`] when `path` is
/// the database of another program. The database is as it was then.
pub fn restore(from: &Path, path: &Path, keep: bool) -> Result<Restored, StoreError> {
    let file = |error: std::io::Error| CopyError::File(error).at(path);
    if let Some(home) = path.parent() {
        fs::create_dir_all(home).map_err(file)?;
    }
    let _lock = Lock::take(path)?;
    // Behind a symbolic link, the file it points to is replaced, not the link.
    let behind = path.canonicalize();
    let path = behind.as_deref().unwrap_or(path);
    let part = beside(path, &format!(".{}.part", std::process::id()));
    let made = copy(from, &part, &|| false).map_err(|error| error.at(path));
    let placed = made.and_then(|_| place(&part, path));
    if placed.is_err() {
        let _ = fs::remove_file(&part); // it may have been moved already
    }
    let (old, sound) = placed?;
    let holdings = examine(path)?;
    let kept = old.filter(|_| keep || !sound);
    if kept.is_none() {
        let _ = forget(&beside(path, OLD)); // the new one is in place and sound
    }
    Ok(Restored { holdings, kept })
}

const OLD: &str = ".before-restore";

/// Moves `part` to `path`; tells where the old database stands, if there was one, and whether it was
/// sound.
fn place(part: &Path, path: &Path) -> Result<(Option<PathBuf>, bool), StoreError> {
    let file = |error: std::io::Error| CopyError::File(error).at(path);
    let old = beside(path, OLD);
    let sound = quiesce(path)?;
    let there = path.symlink_metadata().is_ok();
    if there {
        forget(&old).map_err(file)?;
        // The name `path` always stands for a whole database: a second name, then a replacement.
        fs::hard_link(path, &old).or_else(|_| fs::copy(path, &old).map(|_| ())).map_err(file)?;
    }
    // A log that could not be folded in belongs to the old one.
    for suffix in ["-wal", "-shm"] {
        let log = beside(path, suffix);
        if length(&log) > 0 {
            fs::rename(&log, beside(&old, suffix)).map_err(file)?;
        } else {
            remove(&log).map_err(file)?;
        }
    }
    fs::File::open(part).and_then(|part| part.sync_all()).map_err(file)?;
    fs::rename(part, path).map_err(file)?;
    Ok((there.then_some(old), sound))
}

/// Folds the log of a database into it and sees that nobody else has it open; false when it is too
/// damaged for that.
fn quiesce(path: &Path) -> Result<bool, StoreError> {
    if length(path) == 0 {
        return Ok(true);
    }
    let quiet = open::to_look(path).map(drop).and_then(|()| open::alone(path));
    match quiet {
        Ok(()) => Ok(true),
        Err(
            StoreError::Damaged { .. } | StoreError::NotADatabase { .. } | StoreError::Disk { .. },
        ) => Ok(false),
        // Going back from a newer version of the program is a reason to restore.
        Err(StoreError::Newer { .. }) => open::alone(path).map(|()| true),
        Err(error) => Err(error),
    }
}

/// Removes a database with its log.
fn forget(path: &Path) -> std::io::Result<()> {
    ["-wal", "-shm"].iter().try_for_each(|suffix| remove(&beside(path, suffix)))?;
    remove(path)
}

fn remove(path: &Path) -> std::io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
