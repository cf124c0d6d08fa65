//! Hints of the operating system that something has changed.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use notify::event::{EventKind, ModifyKind};
use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher as _};

use crate::library::may_be_sound;

/// Hints taken at a time at most.
const BATCH: usize = 1_024;

/// A hint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hint {
    /// Something was done to this path.
    Touched(PathBuf),
    /// There was more than could be told.
    Lost,
}

/// Why a folder cannot be watched.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WatchError {
    /// The system's limit of watches is reached.
    #[error(
        "the system watches no more folders (below {}): raise fs.inotify.max_user_watches, or run \
         `phonolite batch` now and then",
        path.display()
    )]
    TooMany {
        /// The root.
        path: PathBuf,
    },
    /// It refuses for another reason.
    #[error("cannot watch {}", path.display())]
    Refused {
        /// The root.
        path: PathBuf,
        /// Why.
        source: notify::Error,
    },
}

/// Who gives hints.
pub trait Source {
    /// Watches a directory and all below it.
    ///
    /// # Errors
    /// [`WatchError`].
    fn watch(&mut self, root: &Path) -> Result<(), WatchError>;

    /// Watches it no more.
    fn forget(&mut self, root: &Path);

    /// Hints, as soon as there are some, none after `patience`.
    fn wait(&mut self, patience: Duration) -> Vec<Hint>;
}

/// The hints of the operating system: inotify, `FSEvents`, …
#[derive(Debug)]
pub struct Notifications {
    watcher: RecommendedWatcher,
    events: Receiver<notify::Result<Event>>,
}

impl Notifications {
    /// Watches nothing yet.
    ///
    /// # Errors
    /// [`WatchError::Refused`] where the system has no such thing.
    pub fn new() -> Result<Self, WatchError> {
        let (sender, events) = channel();
        let watcher = notify::recommended_watcher(sender)
            .map_err(|source| WatchError::Refused { path: PathBuf::new(), source })?;
        Ok(Self { watcher, events })
    }
}

impl Source for Notifications {
    fn watch(&mut self, root: &Path) -> Result<(), WatchError> {
        let path = root.to_path_buf();
        self.watcher.watch(root, RecursiveMode::Recursive).map_err(|source| match source.kind {
            notify::ErrorKind::MaxFilesWatch => WatchError::TooMany { path },
            _ => WatchError::Refused { path, source },
        })
    }

    fn forget(&mut self, root: &Path) {
        let _ = self.watcher.unwatch(root); // it is gone, and its watches with it
    }

    fn wait(&mut self, patience: Duration) -> Vec<Hint> {
        let mut hints = Vec::new();
        match self.events.recv_timeout(patience) {
            Ok(event) => add(event, &mut hints),
            Err(RecvTimeoutError::Timeout) => {}
            // The thread of the watcher has died; nobody would tell otherwise.
            Err(RecvTimeoutError::Disconnected) => std::thread::sleep(patience),
        }
        while let Some(event) =
            Some(hints.len()).filter(|n| *n < BATCH).and_then(|_| self.events.try_recv().ok())
        {
            add(event, &mut hints);
        }
        hints
    }
}

/// Takes what may matter of an event.
fn add(event: notify::Result<Event>, hints: &mut Vec<Hint>) {
    let Ok(event) = event else {
        // An error of the watcher: what it has not told is not known.
        return hints.push(Hint::Lost);
    };
    if event.need_rescan() {
        return hints.push(Hint::Lost);
    }
    let whole = match event.kind {
        EventKind::Access(_) => return,
        // A folder is touched whenever something in it is, which is told by itself.
        EventKind::Modify(ModifyKind::Metadata(_) | ModifyKind::Data(_)) => false,
        _ => true,
    };
    let matters = event.paths.into_iter().filter(|path| may_matter(path, whole));
    hints.extend(matters.map(Hint::Touched));
}

/// True for what may be sound, for a path where nothing is any more, and, if `folders`, for a folder.
/// Hidden ones are passed over, as in a scan.
fn may_matter(path: &Path, folders: bool) -> bool {
    let name = path.file_name().unwrap_or_default().as_encoded_bytes();
    if name.starts_with(b".") {
        return false;
    }
    match path.symlink_metadata() {
        Ok(metadata) if metadata.is_dir() => folders,
        Ok(metadata) => metadata.is_file() && may_be_sound(path),
        // Gone: by its name. One without a suffix may have been a folder. Our own files come and go
        // with every run, and must not cause another.
        Err(_) => may_be_sound(path) || (folders && path.extension().is_none()),
    }
}
