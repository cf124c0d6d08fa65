//! Roots that come and go.

use std::path::{Path, PathBuf};

use crate::store::Stamp;

/// A root and which directory stood there when it was last looked at.
#[derive(Debug)]
struct Root {
    path: PathBuf,
    /// Device and inode: an unmounted disk leaves another directory behind.
    seen: Option<(u64, u64)>,
}

/// What happened to a root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// It is there, or another directory is.
    Came(PathBuf),
    /// It is not there any more.
    Went(PathBuf),
}

/// The directories that are watched.
#[derive(Debug)]
pub struct Roots(Vec<Root>);

impl Roots {
    /// Roots of which nothing is known yet; those that are no directories are left out by nobody.
    pub fn new(paths: &[PathBuf]) -> Self {
        let root = |path: &PathBuf| Root {
            path: std::path::absolute(path).unwrap_or_else(|_| path.clone()),
            seen: None,
        };
        Self(paths.iter().map(root).collect())
    }

    /// True when one of them is there.
    pub(super) fn any(&self) -> bool {
        self.0.iter().any(|root| root.seen.is_some())
    }

    /// What has changed since the last look. An empty directory in the place of one that was watched
    /// is a disk that was unmounted.
    pub(super) fn look(&mut self) -> Vec<Change> {
        let mut changes = Vec::new();
        for root in &mut self.0 {
            let now = identity(&root.path);
            if now == root.seen {
                continue;
            }
            if root.seen.is_some() {
                changes.push(Change::Went(root.path.clone()));
            }
            if now.is_some() {
                changes.push(Change::Came(root.path.clone()));
            }
            root.seen = now;
        }
        changes
    }
}

fn identity(path: &Path) -> Option<(u64, u64)> {
    let metadata = path.metadata().ok().filter(std::fs::Metadata::is_dir)?;
    let stamp = Stamp::of(&metadata);
    Some((stamp.device, stamp.inode))
}
