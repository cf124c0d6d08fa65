//! The file system a path lies on.

use std::path::{Path, PathBuf};

/// File systems behind a network, as the kernel names them.
const NETWORK: &[&str] = &[
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "smbfs",
    "afs",
    "ceph",
    "glusterfs",
    "ncpfs",
    "9p",
    "davfs",
    "fuse.sshfs",
    "fuse.rclone",
    "fuse.davfs2",
    "fuse.glusterfs",
    "fuse.s3fs",
    "fuse.smbnetfs",
];

/// A mounted file system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// Where it is mounted.
    pub point: PathBuf,
    /// Its kind, such as `ext4` or `nfs4`.
    pub kind: String,
    /// True when nothing can be written to it.
    pub read_only: bool,
}

impl Mount {
    /// True when it lies on another machine.
    pub fn is_network(&self) -> bool {
        NETWORK.contains(&self.kind.as_str())
    }
}

/// The mount that `path` lies on, as `proc/self/mounts` below `root` has it; `root` is `/` but in
/// tests. `None` where there is no such list.
pub fn mount_of(path: &Path, root: &Path) -> Option<Mount> {
    let list = std::fs::read_to_string(root.join("proc/self/mounts")).ok()?;
    let path = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    // Of two mounts at one point the later one hides the earlier.
    list.lines().filter_map(mount).filter(|mount| path.starts_with(&mount.point)).fold(
        None,
        |best: Option<Mount>, mount| match best {
            Some(best) if best.point.as_os_str().len() > mount.point.as_os_str().len() => {
                Some(best)
            }
            _ => Some(mount),
        },
    )
}

/// One line: device, point, kind, options, two numbers (`fstab(5)`).
fn mount(line: &str) -> Option<Mount> {
    let mut words = line.split(' ');
    let (_, point, kind, options) = (words.next()?, words.next()?, words.next()?, words.next()?);
    Some(Mount {
        point: unescaped(point).into(),
        kind: kind.to_owned(),
        read_only: options.split(',').any(|option| option == "ro"),
    })
}

/// Blanks and the like are written as a backslash and three octal digits.
fn unescaped(text: &str) -> String {
    let mut pieces = text.split('\\');
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let code =
            piece.split_at_checked(3).map(|(code, rest)| (u8::from_str_radix(code, 8), rest));
        if let Some((Ok(code), rest)) = code {
            out.push(char::from(code));
            out.push_str(rest);
        } else {
            out.push('\\');
            out.push_str(piece);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(list: &str, path: &str) -> Option<Mount> {
        let root = tempfile::tempdir().expect("made");
        std::fs::create_dir_all(root.path().join("proc/self")).expect("made");
        std::fs::write(root.path().join("proc/self/mounts"), list).expect("written");
        mount_of(Path::new(path), root.path())
    }

    const LIST: &str = "/dev/sda1 / ext4 rw,relatime 0 0\n\
        nas:/music /no-such/nas nfs4 ro,vers=4.2 0 0\n\
        //box/a\\040b /no-such/nas/my\\040music cifs rw 0 0\n";

    #[test]
    fn the_deepest_mount_counts_and_blanks_are_read() {
        let nas = with(LIST, "/no-such/nas/a.flac").expect("found");
        assert!(nas.is_network() && nas.read_only, "{nas:?}");
        let share = with(LIST, "/no-such/nas/my music/x.db").expect("found");
        assert_eq!((share.kind.as_str(), share.read_only), ("cifs", false));
        let root = with(LIST, "/no-such/nasty").expect("found");
        assert!(!root.is_network() && root.point == Path::new("/"), "names are whole parts");
    }

    #[test]
    fn a_mount_over_a_mount_hides_it() {
        let list = "a /no-such ext4 rw 0 0\nb /no-such nfs rw 0 0\n";
        assert!(with(list, "/no-such/x").expect("found").is_network());
        assert_eq!(with("", "/x"), None);
        assert_eq!(mount_of(Path::new("/"), Path::new("/no-such-root")), None);
    }
}
