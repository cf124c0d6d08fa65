//! Files that are whole or not there.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Writes a file beside `path` and renames it: what stands at `path` is whole at any moment, be it
/// the old or the new. What was begun is removed when it fails.
///
/// # Errors
/// Those of `write` and of the file system; they do not name the file.
pub fn replace<T, E: From<io::Error>>(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> Result<T, E>,
) -> Result<T, E> {
    replace_by(path, |part| write_part(part, write))
}

/// As [`replace`], for what writes files by their name: `make` is given the name of the part and
/// leaves the whole content under it, on the disk.
///
/// # Errors
/// Those of `make` and of the file system; they do not name the file.
pub fn replace_by<T, E: From<io::Error>>(
    path: &Path,
    make: impl FnOnce(&Path) -> Result<T, E>,
) -> Result<T, E> {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    let part = PathBuf::from(name);
    let written = make(&part).and_then(|answer| {
        fs::rename(&part, path)?;
        Ok(answer)
    });
    if written.is_err() {
        let _ = fs::remove_file(&part); // it may never have been made
    }
    written
}

fn write_part<T, E: From<io::Error>>(
    part: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> Result<T, E>,
) -> Result<T, E> {
    let mut out = BufWriter::new(File::create(part)?);
    let answer = write(&mut out)?;
    out.flush()?;
    // The new name must not reach the disk before what it names.
    out.get_ref().sync_all()?;
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_leaves_the_old_file_and_nothing_else() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("list");
        replace(&path, |out| out.write_all(b"old")).expect("written");
        let failed: io::Result<()> = replace(&path, |out| {
            out.write_all(b"half")?;
            Err(io::Error::other("full"))
        });
        assert!(failed.is_err());
        assert_eq!(fs::read(&path).expect("there"), b"old");
        assert_eq!(dir.path().read_dir().expect("readable").count(), 1, "no part is left");
        replace(&path, |out| out.write_all(b"new")).expect("written");
        assert_eq!(fs::read(&path).expect("there"), b"new");
    }
}
