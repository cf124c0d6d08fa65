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
    let part = Part::create(path)?;
    let mut out = BufWriter::new(part.file.try_clone()?);
    let answer = write(&mut out)?;
    out.flush()?;
    part.commit()?;
    Ok(answer)
}

/// A file that is being written beside the one it is to replace; removed when it is dropped before.
#[derive(Debug)]
pub struct Part {
    file: File,
    path: PathBuf,
    target: PathBuf,
    done: bool,
}

impl Part {
    /// Begins a file beside `target`.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn create(target: &Path) -> io::Result<Self> {
        let mut name = target.as_os_str().to_owned();
        name.push(format!(".{}.part", std::process::id()));
        let path = PathBuf::from(name);
        let mut options = File::options();
        let file = options.read(true).write(true).create(true).truncate(true).open(&path)?;
        Ok(Self { file, path, target: target.to_path_buf(), done: false })
    }

    /// The file, for writing and reading.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Where it lies for the time being.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Puts it in the place of the other.
    ///
    /// # Errors
    /// Those of the file system; the other is as it was then.
    pub fn commit(mut self) -> io::Result<()> {
        // The new name must not reach the disk before what it names.
        self.file.sync_all()?;
        fs::rename(&self.path, &self.target)?;
        self.done = true;
        // Nor may the old one come back after a power cut; some file systems cannot promise that.
        let folder = self.target.parent().filter(|folder| !folder.as_os_str().is_empty());
        let _ = File::open(folder.unwrap_or(Path::new("."))).and_then(|folder| folder.sync_all());
        Ok(())
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.done {
            let _ = fs::remove_file(&self.path); // nothing better can be done with it
        }
    }
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
