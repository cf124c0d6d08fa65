//! Room given back to the disk.

use super::super::error::StoreError;
use super::super::lock::Lock;
use super::super::open;
use super::bytes;
use super::inspect::pages;
use std::path::Path;

/// What was gained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vacuumed {
    /// Bytes before, the log included.
    pub before: u64,
    /// Bytes after.
    pub after: u64,
}

/// Writes the database at `path` anew without the pages that hold nothing, and has SQLite look at
/// its statistics. Takes up to twice its size on the disk while it works.
///
/// # Errors
/// [`StoreError::InUse`] while a run holds it; [`StoreError::DiskFull`]; those of opening. The
/// database is as it was then.
pub fn vacuum(path: &Path) -> Result<Vacuumed, StoreError> {
    tidy(path, |_| true)
}

/// Has SQLite look at its statistics, and vacuums a database of which much is empty (a quarter, and
/// 16 MB at least): what is to be done now and then.
///
/// # Errors
/// Those of [`vacuum`].
pub fn optimise(path: &Path) -> Result<Vacuumed, StoreError> {
    tidy(path, |(bytes, free)| free > WASTE.1 && free as f64 > WASTE.0 * bytes as f64)
}

/// Share of empty pages from which a vacuum is worth its while, and their least size in bytes.
const WASTE: (f64, u64) = (0.25, 16 << 20);

fn tidy(path: &Path, worth: impl FnOnce((u64, u64)) -> bool) -> Result<Vacuumed, StoreError> {
    // One that has to be brought up to date takes the lock itself.
    drop(open::for_a_moment(path)?);
    let _lock = Lock::take(path)?;
    let before = bytes(path);
    let conn = open::for_a_moment(path)?;
    let tidied = pages(&conn).and_then(|pages| {
        conn.execute_batch(if worth(pages) {
            "PRAGMA optimize; VACUUM;"
        } else {
            "PRAGMA optimize;"
        })?;
        conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
    });
    tidied.map_err(|error| StoreError::from_sql(path, "tidying it up", error))?;
    drop(conn);
    Ok(Vacuumed { before, after: bytes(path) })
}
