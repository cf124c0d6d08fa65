//! Files that are whole or not there.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

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

/// A part that nobody has written to for so long is that of a process that died.
const FORGOTTEN: Duration = Duration::from_hours(1);

/// Removes from a folder what processes that died had begun beside its files.
///
/// # Errors
/// Those of reading the folder; a part that cannot be removed stays.
pub fn sweep(folder: &Path) -> io::Result<()> {
    for entry in folder.read_dir()? {
        let path = entry?.path();
        let stem = path.file_stem().filter(|_| path.extension() == Some("part".as_ref()));
        let Some(stem) = stem.map(Path::new) else { continue };
        let number = stem.extension().and_then(OsStr::to_str).unwrap_or_default();
        let ours = !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit());
        if !ours || !path.with_file_name(stem).with_extension("").is_file() {
            continue;
        }
        let age = fs::metadata(&path).and_then(|metadata| metadata.modified());
        if age.is_ok_and(|time| time.elapsed().is_ok_and(|age| age > FORGOTTEN)) {
            let _ = fs::remove_file(&path); // it is litter, and no reason to stop
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_dead_processes_began_is_swept() {
        let dir = tempfile::tempdir().expect("a directory");
        let old = std::time::SystemTime::now() - 2 * FORGOTTEN;
        let names = ["a.mp3", "a.mp3.77.part", "b.mp3.77.part", "a.part", "a.mp3.x.part"];
        for name in names {
            let file = File::create(dir.path().join(name)).expect("made");
            file.set_modified(old).expect("set");
        }
        File::create(dir.path().join("a.mp3.78.part")).expect("made");
        sweep(dir.path()).expect("readable");
        let gone = |name: &&str| !dir.path().join(name).exists();
        let names = names.iter().chain(&["a.mp3.78.part"]).copied();
        assert_eq!(names.filter(gone).collect::<Vec<_>>(), ["a.mp3.77.part"]);
    }

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
