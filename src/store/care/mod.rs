//! Care of a database: looking for damage, copying it while it is in use, putting a copy back,
//! giving room back to the disk.

mod copy;
mod inspect;
mod restore;
pub(super) mod sql;
mod vacuum;

pub use copy::{Holdings, backup, examine};
pub use inspect::{Contents, Inspection, inspect};
pub use restore::{Restored, restore};
pub use vacuum::{Vacuumed, optimise, vacuum};

use std::path::{Path, PathBuf};

/// `library.db` → `library.db-wal`, and the like.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn length(path: &Path) -> u64 {
    path.metadata().map_or(0, |metadata| metadata.len())
}

/// Bytes of a database on the disk, its log included.
fn bytes(path: &Path) -> u64 {
    length(path) + length(&beside(path, "-wal"))
}
