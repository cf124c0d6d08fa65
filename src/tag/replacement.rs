//! A file with other tags in the place of the one that was there.

use super::error::TagError;
use super::patch::{Hashes, Patch};
use crate::audio::{self, Limits, Opened, PayloadHash, Tags};
use crate::files::Part;
use crate::store::Stamp;
use std::fs::{self, File, FileTimes, Metadata};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What may be done to files.
#[derive(Clone, Copy, Debug, Default)]
pub struct WriteOptions {
    /// The time of the last modification stays.
    pub keep_mtime: bool,
    /// A file with several names (hard links) is written all the same: the name that was asked for
    /// gets a file of its own.
    pub split_links: bool,
}

/// A regular file that may be replaced, its links followed.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) path: PathBuf,
    metadata: Metadata,
}

impl Target {
    /// Looks at the file that `path` leads to, and whether it may be written.
    pub(super) fn find(path: &Path, options: WriteOptions) -> Result<Self, TagError> {
        let target = fs::canonicalize(path).map_err(|error| TagError::read(path, error))?;
        let metadata = fs::metadata(&target).map_err(|error| TagError::read(&target, error))?;
        if !metadata.is_file() {
            return Err(TagError::NotAFile { path: target });
        }
        let names = names(&metadata);
        if names > 1 && !options.split_links {
            return Err(TagError::HardLinks { path: target, names });
        }
        // A file that is locked against changes could be replaced all the same, as its folder is
        // what changes; and the super-user may do anything. Neither is what its owner meant.
        let folder = target.parent().unwrap_or(&target).to_path_buf();
        let of_folder = fs::metadata(&folder).map_err(|error| TagError::read(&folder, error))?;
        for (path, metadata) in [(&target, &metadata), (&folder, &of_folder)] {
            if metadata.permissions().readonly() {
                return Err(TagError::ReadOnly { path: path.clone() });
            }
        }
        Ok(Self { path: target, metadata })
    }

    pub(super) fn stamp(&self) -> Stamp {
        Stamp::of(&self.metadata)
    }

    pub(super) fn open(&self) -> Result<File, TagError> {
        File::open(&self.path).map_err(|error| TagError::read(&self.path, error))
    }
}

#[cfg(unix)]
fn names(metadata: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::nlink(metadata)
}

#[cfg(not(unix))]
fn names(_: &Metadata) -> u64 {
    1
}

/// A written and proven copy that waits to take the place of its original; removed when dropped.
#[derive(Debug)]
pub(super) struct Replacement {
    part: Part,
    target: Target,
    /// Both files as a whole.
    pub(super) hashes: Hashes,
    /// The way back.
    pub(super) back: Patch,
    /// The tags of the copy.
    pub(super) tags: Tags,
}

impl Replacement {
    /// Writes a copy with the changes of `patch` beside the file, and proves that its sound is
    /// `payload`, which is that of the file when it was analysed.
    pub(super) fn prepare(
        target: Target,
        patch: &Patch,
        payload: PayloadHash,
    ) -> Result<Self, TagError> {
        let writing = |error| TagError::write(&target.path, error);
        let source = target.open()?;
        let back = patch.inverse(&source).map_err(|error| TagError::read(&target.path, error))?;
        let part = Part::create(&target.path).map_err(writing)?;
        let mut out = part.file();
        let hashes = patch.apply(&source, &mut out).map_err(writing)?;
        take_after(part.file(), &target.metadata).map_err(writing)?;
        let (found, tags) = sound(part.path())?;
        if found != payload {
            return Err(if sound(&target.path)?.0 == payload {
                TagError::Proof { path: target.path, what: "the sound" }
            } else {
                TagError::Changed { path: target.path, since: "it was analysed" }
            });
        }
        Ok(Self { part, target, hashes, back, tags })
    }

    /// The copy.
    pub(super) fn path(&self) -> &Path {
        self.part.path()
    }

    /// The file that is replaced.
    pub(super) fn target(&self) -> &Path {
        &self.target.path
    }

    /// Its time of modification, in nanoseconds since 1970.
    pub(super) fn mtime_ns(&self) -> i64 {
        self.target.stamp().mtime_ns
    }

    /// Puts the copy in its place, with a time of modification of its own unless one is given;
    /// returns its stamp.
    pub(super) fn commit(self, mtime_ns: Option<i64>) -> Result<Stamp, TagError> {
        let path = self.target.path.clone();
        let now = fs::metadata(&path).map_err(|error| TagError::read(&path, error))?;
        if Stamp::of(&now) != self.target.stamp() {
            return Err(TagError::Changed { path, since: "it was read" });
        }
        if let Some(mtime) = mtime_ns.and_then(time) {
            let times = FileTimes::new().set_modified(mtime);
            self.part.file().set_times(times).map_err(|error| TagError::write(&path, error))?;
        }
        self.part.commit().map_err(|error| TagError::write(&path, error))?;
        let metadata = fs::metadata(&path).map_err(|error| TagError::read(&path, error))?;
        Ok(Stamp::of(&metadata))
    }
}

fn time(ns: i64) -> Option<SystemTime> {
    let span = Duration::from_nanos(ns.unsigned_abs());
    if ns < 0 { UNIX_EPOCH.checked_sub(span) } else { UNIX_EPOCH.checked_add(span) }
}

/// Permissions, and owner and group as far as we may give them.
fn take_after(file: &File, original: &Metadata) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt as _, fchown};
        let own = file.metadata()?;
        if (own.uid(), own.gid()) != (original.uid(), original.gid()) {
            // Only the super-user may give files away; then it belongs to who wrote it.
            let _ = fchown(file, Some(original.uid()), Some(original.gid()));
        }
    }
    file.set_permissions(original.permissions())
}

/// Name of the sound of a file, and its tags.
pub(super) fn sound(path: &Path) -> Result<(PayloadHash, Tags), TagError> {
    let failed = |source| TagError::Sound { path: path.to_path_buf(), source };
    let mut opened = Opened::open(path, &Limits::default()).map_err(failed)?;
    let identity: audio::Identity = opened.identify().map_err(failed)?;
    Ok((identity.payload, opened.tags().clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_death_before_the_rename_leaves_the_original() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.mp3");
        let fixture = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/lame.mp3");
        let bytes = fs::read(fixture).unwrap();
        fs::write(&path, &bytes).unwrap();
        let payload = sound(&path).unwrap().0;
        let mut patch = Patch::default();
        patch.replace(0..0, b"ID3\x04\0\0\0\0\0\0".to_vec());
        let prepare = || {
            let target = Target::find(&path, WriteOptions::default()).unwrap();
            Replacement::prepare(target, &patch, payload)
        };
        let dead = prepare().unwrap();
        let left_behind = dead.path().to_path_buf();
        std::mem::forget(dead);
        assert_eq!(fs::read(&path).unwrap(), bytes);
        assert_eq!(left_behind.extension(), Some("part".as_ref()), "no scan takes it for music");
        // Whoever comes next is not hindered, and leaves nothing.
        drop(prepare().unwrap());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert_eq!(fs::read(&path).unwrap(), bytes);
        prepare().unwrap().commit(None).unwrap();
        assert_eq!(fs::read(&path).unwrap(), [b"ID3\x04\0\0\0\0\0\0".as_slice(), &bytes].concat());
    }

    #[test]
    fn a_copy_with_other_sound_and_a_file_that_changes_meanwhile_are_thrown_away() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.mp3");
        let fixture = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/plain.mp3");
        let bytes = fs::read(fixture).unwrap();
        fs::write(&path, &bytes).unwrap();
        let payload = sound(&path).unwrap().0;
        let target = || Target::find(&path, WriteOptions::default()).unwrap();
        let mut worse = Patch::default();
        worse.replace(5000..5001, vec![bytes[5000] ^ 1]);
        let error = Replacement::prepare(target(), &worse, payload).unwrap_err();
        assert!(matches!(error, TagError::Proof { what: "the sound", .. }), "{error}");
        let error = Replacement::prepare(target(), &Patch::default(), PayloadHash([0; 32]));
        assert!(matches!(error, Err(TagError::Changed { .. })));
        let copy = Replacement::prepare(target(), &Patch::default(), payload).unwrap();
        fs::write(&path, b"somebody else").unwrap();
        assert!(matches!(copy.commit(None), Err(TagError::Changed { since: "it was read", .. })));
        assert_eq!(fs::read(&path).unwrap(), b"somebody else");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
