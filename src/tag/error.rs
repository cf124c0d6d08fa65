//! Why the tags of a file were not written.

use std::io;
use std::path::{Path, PathBuf};

use crate::audio::SourceError;
use crate::error::FailureKind;
use crate::store::StoreError;

/// Why the tags of a file were not written; the file is as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TagError {
    /// The operating system did not let us read it.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The operating system did not let us write beside it, or put the new file in its place.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file, its folder or its disk is not to be written.
    #[error("{} is read-only", path.display())]
    ReadOnly {
        /// The file or folder.
        path: PathBuf,
    },
    /// No room for the copy.
    #[error("the disk of {} is full", path.display())]
    DiskFull {
        /// The file.
        path: PathBuf,
    },
    /// A folder, a device, a socket.
    #[error("{} is not a regular file", path.display())]
    NotAFile {
        /// What it is.
        path: PathBuf,
    },
    /// Replacing one of its names would part it from the others.
    #[error("{} is one file under {names} names (hard links): --split-links writes this one and leaves the others as they are", path.display())]
    HardLinks {
        /// The file.
        path: PathBuf,
        /// How many names it has.
        names: u64,
    },
    /// No tags are written in this container, or not in this variant of it.
    #[error("{}: tags are not written in {what}", path.display())]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// The container or variant.
        what: &'static str,
    },
    /// The tags or what surrounds them cannot be understood, so they could not be kept.
    #[error("{}: {what} cannot be understood, and could not be kept", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The part.
        what: &'static str,
    },
    /// The file is not the one that was analysed, or that was written.
    #[error("{} changed since {since}", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
        /// The event.
        since: &'static str,
    },
    /// The copy with the new tags was not what it should be; it was thrown away.
    #[error("{}: {what} of the copy is not what it should be", path.display())]
    Proof {
        /// The file.
        path: PathBuf,
        /// What was compared.
        what: &'static str,
    },
    /// The file cannot be read as sound any more.
    #[error("cannot read {} as sound", path.display())]
    Sound {
        /// The file.
        path: PathBuf,
        /// Why.
        source: SourceError,
    },
    /// The database refused: the run ends.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl TagError {
    /// The stable name of the reason.
    pub fn kind(&self) -> FailureKind {
        match self {
            Self::Unsupported { .. } | Self::HardLinks { .. } => FailureKind::UnsupportedFormat,
            Self::Damaged { .. } => FailureKind::Damaged,
            Self::Changed { .. } => FailureKind::Changed,
            Self::Proof { .. } => FailureKind::Internal,
            Self::Sound { source, .. } => source.kind(),
            _ => FailureKind::Io,
        }
    }

    /// An error while writing, by what the system said.
    pub(super) fn write(path: &Path, source: io::Error) -> Self {
        let path = path.to_path_buf();
        match source.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Self::ReadOnly { path }
            }
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull { path },
            _ => Self::Write { path, source },
        }
    }

    /// An error while reading.
    pub(super) fn read(path: &Path, source: io::Error) -> Self {
        Self::Read { path: path.to_path_buf(), source }
    }

    /// An error of the format of the file at `path`.
    pub(super) fn unfit(path: &Path, unfit: Unfit) -> Self {
        let path = path.to_path_buf();
        match unfit {
            Unfit::Io(source) => Self::Read { path, source },
            Unfit::Unsupported(what) => Self::Unsupported { path, what },
            Unfit::Damaged(what) => Self::Damaged { path, what },
        }
    }
}

/// Why the tags of a file cannot be edited; the path is added by who knows it.
#[derive(Debug)]
pub(super) enum Unfit {
    /// The system refused.
    Io(io::Error),
    /// A container or variant that is not written.
    Unsupported(&'static str),
    /// Bytes against the format.
    Damaged(&'static str),
}

impl From<io::Error> for Unfit {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_and_a_read_only_one_are_told_apart() {
        let of = |kind: io::ErrorKind| TagError::write(Path::new("a.mp3"), kind.into()).to_string();
        assert_eq!(of(io::ErrorKind::StorageFull), "the disk of a.mp3 is full");
        assert_eq!(of(io::ErrorKind::ReadOnlyFilesystem), "a.mp3 is read-only");
        assert_eq!(of(io::ErrorKind::PermissionDenied), "a.mp3 is read-only");
        assert_eq!(of(io::ErrorKind::BrokenPipe), "cannot write a.mp3");
    }
}
