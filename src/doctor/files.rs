//! The files that the database knows.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::{Findings, number};
use crate::error::Gravity::{Low, Medium};
use crate::store::{Readers, Status, StoreError};

/// What the disk says of the files.
#[derive(Debug, Default)]
struct Seen {
    /// Known to be gone.
    missing: u64,
    /// Gone from a folder that is there.
    gone: u64,
    /// The system does not tell.
    refused: u64,
    /// Folders that are not there, with the files they had.
    folders: BTreeMap<PathBuf, u64>,
}

/// Asks the disk for every file that counts as present.
pub(super) fn look(database: &Path, found: &mut Findings) {
    match ask(database) {
        Ok(seen) => tell(&seen, found),
        Err(error) => found.add(Medium, "unreadable", error.to_string(), "look again"),
    }
}

fn ask(database: &Path) -> Result<Seen, StoreError> {
    let mut seen = Seen::default();
    for file in Readers::open(database, 1)?.files_under(None) {
        let file = file?;
        if file.status == Status::Missing {
            seen.missing += 1;
            continue;
        }
        let Err(error) = file.path.symlink_metadata() else { continue };
        let gone = matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory);
        match topmost_missing(&file.path).filter(|_| gone) {
            Some(folder) => *seen.folders.entry(folder).or_insert(0) += 1,
            None if gone => seen.gone += 1,
            None => seen.refused += 1,
        }
    }
    Ok(seen)
}

/// The topmost folder of a path that is not there; `None` when only the file is gone.
fn topmost_missing(file: &Path) -> Option<PathBuf> {
    let folders = file.ancestors().skip(1).take_while(|folder| !folder.exists());
    folders.last().map(Path::to_path_buf)
}

fn tell(seen: &Seen, found: &mut Findings) {
    for (folder, files) in &seen.folders {
        let files = number(*files, "file");
        let message =
            format!("{} is not there; {files} of the database lie in it", folder.display());
        let remedy = "mount its disk, or `phonolite analyze --prune` if it is gone for good";
        found.add(Medium, "missing_folder", message, remedy);
    }
    if seen.gone > 0 {
        let message = format!("{} gone since the last run", number(seen.gone, "file"));
        found.add(Low, "missing_files", message, "the next `phonolite analyze` notes it");
    }
    if seen.missing > 0 {
        let message = format!("{} known to be gone", number(seen.missing, "file"));
        found.add(Low, "missing_files", message, "`phonolite analyze --prune` forgets them");
    }
    if seen.refused > 0 {
        let message = format!("{} cannot be looked at", number(seen.refused, "file"));
        let remedy = "check the permissions of their folders";
        found.add(Medium, "unreadable_files", message, remedy);
    }
}
