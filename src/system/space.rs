//! Room on a disk, and leave to write.

use std::path::Path;

/// Room on the file system of a path, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    /// Free for this user.
    pub free: u64,
    /// In all.
    pub total: u64,
}

/// Room on the file system that holds `path`; `None` when it cannot be told.
#[cfg(unix)]
pub fn space(path: &Path) -> Option<Space> {
    let told = rustix::fs::statvfs(path).ok()?;
    let bytes = |blocks: u64| blocks.saturating_mul(told.f_frsize);
    Some(Space { free: bytes(told.f_bavail), total: bytes(told.f_blocks) })
}

/// Room on the file system that holds `path`; `None` when it cannot be told.
#[cfg(not(unix))]
pub fn space(_: &Path) -> Option<Space> {
    None
}

/// False when the system says that this process may not write to `path`.
#[cfg(unix)]
pub fn may_write(path: &Path) -> bool {
    rustix::fs::access(path, rustix::fs::Access::WRITE_OK).is_ok()
}

/// False when the system says that this process may not write to `path`.
#[cfg(not(unix))]
pub fn may_write(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| !metadata.permissions().readonly())
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_has_room_and_nothing_has_none() {
        let space = space(Path::new("/")).expect("told");
        assert!(space.free <= space.total && space.total > 1 << 20, "{space:?}");
        assert_eq!(super::space(Path::new("/no/such/place")), None);
        let dir = tempfile::tempdir().expect("made");
        assert!(may_write(dir.path()) && !may_write(Path::new("/no/such/place")));
    }
}
