//! The disk the database lies on.

use std::path::Path;

use super::{Findings, Subject};
use crate::error::Gravity::{High, Low, Medium};
use crate::system::{Space, may_write, mount_of, space};

/// Below so many bytes nothing works for long.
const LEAST_FREE: u64 = 64 << 20;

pub(super) fn look(subject: &Subject<'_>, found: &mut Findings) {
    let database = subject.database;
    let home = match database.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
        None => database,
    };
    let there = database.exists();
    mount(if there { database } else { home }, subject.root, found);
    let size = database.metadata().map_or(0, |metadata| metadata.len());
    if let Some(space) = space(home) {
        room(space, size, found);
    }
    if there {
        permissions(database, home, found);
    }
}

fn mount(path: &Path, root: &Path, found: &mut Findings) {
    let Some(mount) = mount_of(path, root) else { return };
    let place = format!("{} at {}", mount.kind, mount.point.display());
    if mount.is_network() {
        let message = format!("the database lies on a network file system ({place})");
        let remedy = "keep it on a disk of this machine (--db): its log needs memory that processes \
                      share; music may lie anywhere";
        found.add(Medium, "network_mount", message, remedy);
    }
    if mount.read_only {
        let message = format!("the file system of the database is read-only ({place})");
        let remedy = "mount it for writing; until then results can only be read";
        found.add(High, "read_only_mount", message, remedy);
    }
}

fn room(space: Space, database: u64, found: &mut Findings) {
    let (free, size) = (space.free >> 20, database >> 20);
    if space.free < LEAST_FREE {
        let message = format!("{free} MB are free on the disk of the database");
        found.add(High, "disk_full", message, "make room: a run stops when the disk is full");
    } else if space.free < database {
        let message = format!("{free} MB are free beside a database of {size} MB");
        let remedy = "make room: vacuum, backup and upgrades need as much again";
        found.add(Medium, "little_space", message, remedy);
    }
}

fn permissions(database: &Path, home: &Path, found: &mut Findings) {
    for (path, kind) in [(database, "database_not_writable"), (home, "folder_not_writable")] {
        if !may_write(path) {
            let message = format!("{} may not be written by this user", path.display());
            let remedy = "give database and folder to the user that analyses";
            found.add(High, kind, message, remedy);
        }
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let open = database.metadata().is_ok_and(|data| data.permissions().mode() & 0o002 != 0);
        if open {
            let message = format!("everybody may write to {}", database.display());
            let remedy = format!("chmod o-w {}", database.display());
            found.add(Low, "world_writable", message, remedy);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_measured_by_the_database() {
        let kinds = |free, size| {
            let mut found = Findings::default();
            room(Space { free, total: 1 << 40 }, size, &mut found);
            found.0.into_iter().map(|finding| finding.kind).collect::<Vec<_>>()
        };
        assert_eq!(kinds(10 << 20, 0), ["disk_full"]);
        assert_eq!(kinds(100 << 20, 200 << 20), ["little_space"]);
        assert_eq!(kinds(300 << 20, 200 << 20), [""; 0]);
    }
}
