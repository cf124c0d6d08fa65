//! The power fails: what was not yet forced to the disk is there in part, or not at all.
//!
//! `SQLite` forces the log to the disk before it copies a frame of it into the database, so frames up to
//! the last that it tried to copy are whole ("Write-Ahead Logging", sqlite.org/wal.html; the count
//! lies in the index, `walformat.html`). All behind them may be cut, zero or old.

use std::fs;
use std::path::{Path, PathBuf};

use crate::dice::Dice;

/// Header of the log, of a frame in it, and a page, bytes.
const HEADER: usize = 32;
const FRAME: usize = 24 + 4096;
/// What a disk writes at once, bytes.
const SECTOR: usize = 512;
/// Place of `nBackfill` and of `nBackfillAttempted` in the index.
const COPIED: [usize; 2] = [96, 128];

/// Copies a database whose program died to the folder `into`, with damage to its log; tells which, if there
/// was anything to damage.
pub(crate) fn fail(database: &Path, into: &Path, dice: &mut Dice) -> Option<String> {
    let mut log = fs::read(beside(database, "-wal")).ok().filter(|log| log.len() > HEADER)?;
    let index = fs::read(beside(database, "-shm")).unwrap_or_default();
    let copied = COPIED.iter().map(|&at| word(&index, at)).max().unwrap_or(0);
    let forced = HEADER + copied * FRAME;
    let first = if copied == 0 { 0 } else { forced };
    if first >= log.len() {
        return None;
    }
    let at = first + dice.below(log.len() - first);
    let sector = (at - at % SECTOR).max(first);
    let how = match dice.below(4) {
        0 => {
            log.truncate(at);
            format!("log cut at {at}")
        }
        1 => {
            log[sector..].fill(0);
            format!("log zero from {sector}")
        }
        2 => {
            let end = log.len().min(sector + SECTOR);
            log[sector..end].fill_with(|| dice.byte());
            format!("log torn at {sector}")
        }
        _ => {
            // A write that came to the disk before those ahead of it.
            let end = log.len().min(sector + SECTOR * (1 + dice.below(64)));
            log[sector..end].fill(0);
            format!("log with a hole at {sector}")
        }
    };
    fs::create_dir(into).expect("made");
    let copy = into.join("library.db");
    fs::copy(database, &copy).expect("copied");
    fs::write(beside(&copy, "-wal"), log).expect("written");
    Some(how)
}

/// Copies a database, log and index as they are.
pub(crate) fn copy(database: &Path, to: &Path) {
    for suffix in ["", "-wal", "-shm"] {
        let part = beside(database, suffix);
        if part.exists() {
            fs::copy(part, beside(to, suffix)).expect("copied");
        }
    }
}

fn word(index: &[u8], at: usize) -> usize {
    index
        .get(at..at + 4)
        .map_or(0, |four| u32::from_ne_bytes([four[0], four[1], four[2], four[3]]) as usize)
}

fn beside(database: &Path, suffix: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
