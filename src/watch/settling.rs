//! Files that change until they stand still.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::store::Stamp;

/// Time for which size and time of a file must not change.
pub(super) const STILL: Duration = Duration::from_secs(2);

/// Changing files that are followed one by one; beyond, the whole library is looked at.
const MOST: usize = 4_096;

/// Longest time that a library that never stands still is waited for.
const PATIENCE: Duration = Duration::from_mins(1);

/// What is to be done now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Due {
    /// Nothing.
    Nothing,
    /// These folders.
    Folders(BTreeSet<PathBuf>),
    /// All roots.
    Everything,
}

/// When a file was last seen to change, and how it was then.
#[derive(Clone, Copy, Debug)]
struct Pending {
    stamp: Option<Stamp>,
    since: Duration,
}

/// The files that are changing. Times are counted from any moment, the same for all calls.
#[derive(Debug, Default)]
pub struct Settling {
    pending: BTreeMap<PathBuf, Pending>,
    /// Folders that are due and could not be done.
    put_back: BTreeSet<PathBuf>,
    /// Since when everything is to be looked at, and when a hint last came.
    all: Option<(Duration, Duration)>,
}

impl Settling {
    /// Something was done to `path`; `stamp` tells how it stands.
    pub fn touched(
        &mut self,
        path: PathBuf,
        now: Duration,
        stamp: impl Fn(&Path) -> Option<Stamp>,
    ) {
        if let Some((_, last)) = &mut self.all {
            *last = now;
            return;
        }
        let pending = Pending { stamp: stamp(&path), since: now };
        self.pending.insert(path, pending);
        if self.pending.len() > MOST {
            self.everything(now);
        }
    }

    /// Everything is to be looked at, once it stands still.
    pub fn everything(&mut self, now: Duration) {
        self.pending.clear();
        self.put_back.clear();
        let since = self.all.map_or(now, |(since, _)| since);
        self.all = Some((since, now));
    }

    /// Takes what has settled.
    pub fn due(&mut self, now: Duration, stamp: impl Fn(&Path) -> Option<Stamp>) -> Due {
        if let Some((since, last)) = self.all {
            if now < last + STILL && now < since + PATIENCE {
                return Due::Nothing;
            }
            self.all = None;
            return Due::Everything;
        }
        let mut folders = std::mem::take(&mut self.put_back);
        self.pending.retain(|path, pending| {
            let seen = stamp(path);
            if seen != pending.stamp {
                *pending = Pending { stamp: seen, since: now };
            }
            let settled = now >= pending.since + STILL;
            if settled {
                folders.extend(folder(path));
            }
            !settled
        });
        if folders.is_empty() { Due::Nothing } else { Due::Folders(folders) }
    }

    /// Gives back what could not be done.
    pub fn put_back(&mut self, due: Due, now: Duration) {
        match due {
            Due::Nothing => {}
            Due::Folders(folders) => self.put_back.extend(folders),
            Due::Everything => self.everything(now),
        }
    }
}

/// What has to be scanned for a path: a folder itself, for a file the folder it lies, or lay, in.
fn folder(path: &Path) -> Option<PathBuf> {
    if path.is_dir() { Some(path.into()) } else { path.parent().map(Path::to_path_buf) }
}
