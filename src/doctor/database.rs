//! The database itself.

use std::path::Path;

use super::{Findings, number};
use crate::error::Gravity::{Critical, High, Low, Medium};
use crate::store::care::{Contents, Inspection, inspect};
use crate::store::{LockState, StoreError};

/// Share of empty pages from which a vacuum is worth its while, and their least size in bytes.
const WASTE: (f64, u64) = (0.25, 16 << 20);

/// A log of more bytes was not folded in for a long time.
const LONG_LOG: u64 = 256 << 20;

const RESTORE: &str = "restore it from a backup: `phonolite restore FILE`";

/// Looks at the database; true when its rows can be asked for.
pub(super) fn look(path: &Path, found: &mut Findings) -> bool {
    match inspect(path) {
        Ok(inspection) => {
            whole(&inspection, found);
            inspection.contents.is_some()
        }
        Err(error) => {
            refused(&error, found);
            false
        }
    }
}

fn refused(error: &StoreError, found: &mut Findings) {
    let (severity, kind, suggestion) = match error {
        StoreError::NotFound { .. } => {
            (High, "no_database", "`phonolite analyze --dir …` makes one; or name it with --db")
        }
        StoreError::Newer { .. } => (High, "newer_schema", "upgrade phonolite"),
        StoreError::Foreign { .. } => (High, "foreign_database", "name another file with --db"),
        StoreError::Locked { .. } => {
            (High, "locked", "end the program that keeps it locked, then look again")
        }
        StoreError::NotADatabase { .. } | StoreError::Damaged { .. } => {
            (Critical, "damaged", RESTORE)
        }
        StoreError::Disk { .. } => (Critical, "disk_fails", "check the disk, then restore"),
        _ => (High, "unreadable", "check that the file and its folder may be read"),
    };
    found.add(severity, kind, chain(error), suggestion);
}

/// An error and its causes in one line.
fn chain(error: &StoreError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

fn whole(seen: &Inspection, found: &mut Findings) {
    if let Some(first) = seen.damage.first() {
        found.add(Critical, "damaged", format!("the database is damaged: {first}"), RESTORE);
    }
    if seen.broken_references > 0 {
        let message =
            format!("{} to rows that are not there", number(seen.broken_references, "reference"));
        found.add(High, "broken_references", message, RESTORE);
    }
    let (schema, known) = seen.schema;
    if schema < known {
        let message = format!("the database has schema {schema}, this program {known}");
        let remedy = "any other command brings it up to date; `phonolite backup FILE` first";
        found.add(Low, "older_schema", message, remedy);
    }
    pages(seen, found);
    match &seen.lock {
        LockState::Stale(who) => {
            let message = format!("a run died without giving back its lock: {who}");
            found.add(Low, "stale_lock", message, "nothing: the next run takes it over");
        }
        LockState::Held(who) => {
            found.add(Low, "in_use", format!("a run is at work: {who}"), "nothing");
        }
        LockState::Free => {}
    }
    if let Some(contents) = &seen.contents {
        rows(contents, matches!(seen.lock, LockState::Held(_)), found);
    }
}

fn pages(seen: &Inspection, found: &mut Findings) {
    let (bytes, free) = seen.bytes;
    if free > WASTE.1 && free as f64 > WASTE.0 * bytes as f64 {
        let message =
            format!("{} MB of {} MB of the database hold nothing", free >> 20, bytes >> 20);
        found.add(Low, "empty_pages", message, "`phonolite vacuum` gives them back to the disk");
    }
    if seen.log_bytes > LONG_LOG {
        let message = format!("the log of the database has {} MB", seen.log_bytes >> 20);
        let remedy = "end programs that keep it open; `phonolite vacuum` folds it in";
        found.add(Low, "long_log", message, remedy);
    }
}

fn rows(seen: &Contents, at_work: bool, found: &mut Findings) {
    if seen.unlinked > 0 {
        let message = format!("{} analysed and without results", number(seen.unlinked, "file"));
        found.add(
            Medium,
            "unlinked_files",
            message,
            "`phonolite analyze --force` reads them again",
        );
    }
    if seen.quarantined > 0 {
        let message =
            format!("{} in quarantine: runs died over them", number(seen.quarantined, "file"));
        let remedy = "`phonolite errors` names them; --retry-failed tries them again";
        found.add(Medium, "quarantined", message, remedy);
    }
    let left = if at_work { seen.dead_attempts } else { seen.dead_attempts + seen.open_attempts };
    if left > 0 {
        let message = format!("{} being read when a run died", number(left, "file"));
        found.add(Low, "leftover_attempts", message, "nothing: the next run reads them again");
    }
    let failed = seen.failed.saturating_sub(seen.quarantined);
    if failed > 0 {
        let message = format!("{} could not be read", number(failed, "file"));
        found.add(Low, "failed_files", message, "`phonolite errors` says why and what to do");
    }
    if seen.orphans > 0 {
        let message = format!("{} without a file", number(seen.orphans, "recording"));
        found.add(Low, "orphans", message, "`phonolite analyze --prune` forgets them");
    }
    if seen.behind > 0 {
        let each = |(name, count): &(_, _)| format!("{name} {count}");
        let families: Vec<String> = seen.behind_by_family.iter().map(each).collect();
        let (behind, tracks, families) = (seen.behind, seen.tracks, families.join(", "));
        let message =
            format!("{behind} of {tracks} recordings are behind this version ({families})");
        let remedy = "the next `phonolite analyze` computes what is outdated, and only that";
        found.add(Low, "version_skew", message, remedy);
    }
}
