//! Trees made for the purpose.

use super::*;
use std::fs;
use tempfile::TempDir;

struct Tree(TempDir);

impl Tree {
    fn new(files: &[&str]) -> Self {
        let tree = Self(tempfile::tempdir().unwrap());
        for name in files {
            tree.write(name, "");
        }
        tree
    }

    fn base(&self) -> PathBuf {
        self.0.path().canonicalize().unwrap()
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.base().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn options(&self, roots: &[&str]) -> ScanOptions {
        let roots = roots.iter().map(|root| self.base().join(root)).collect();
        ScanOptions { roots, ..ScanOptions::default() }
    }

    /// Names found, errors, counts.
    fn scan(&self, options: &ScanOptions) -> (Vec<String>, Vec<ScanError>, ScanCounts) {
        let (mut names, mut errors) = (Vec::new(), Vec::new());
        let mut scan = Scan::new(options).unwrap();
        for item in &mut scan {
            match item {
                Ok(file) => {
                    let name = file.path.strip_prefix(self.base()).unwrap();
                    names.push(name.to_str().unwrap().to_owned());
                }
                Err(error) => errors.push(error),
            }
        }
        assert_eq!(scan.counts().files, names.len() as u64);
        assert_eq!(scan.counts().errors, errors.len() as u64);
        (names, errors, scan.counts())
    }

    fn names(&self, options: &ScanOptions) -> Vec<String> {
        let (names, errors, _) = self.scan(options);
        assert!(errors.is_empty(), "{errors:?}");
        names
    }
}

#[test]
fn sound_is_taken_and_the_rest_counted() {
    let tree = Tree::new(&[
        "a.mp3",
        "b/c.FLAC",
        "b/cover.jpg",
        "b/x.cue",
        ".hidden.mp3",
        ".trash/d.mp3",
        "._a.mp3",
        "readme",
    ]);
    tree.write("unnamed", "OggS\0\x02");
    let (names, errors, counts) = tree.scan(&tree.options(&["."]));
    assert!(errors.is_empty());
    assert_eq!(names, ["a.mp3", "b/c.FLAC", "unnamed"]);
    assert_eq!((counts.not_audio, counts.hidden, counts.directories), (3, 3, 2));
}

#[test]
fn the_order_is_that_of_names() {
    let tree = Tree::new(&["b.mp3", "a/z.mp3", "c/a.mp3", "a.mp3", "a/a.mp3"]);
    assert_eq!(
        tree.names(&tree.options(&["."])),
        ["a/a.mp3", "a/z.mp3", "a.mp3", "b.mp3", "c/a.mp3"]
    );
}

#[test]
fn overlapping_roots_give_each_file_once() {
    let tree = Tree::new(&["m/a.mp3", "m/n/b.mp3", "m/n/o/c.mp3", "m/.hid/d.mp3"]);
    let roots = ["m/n", "m", "m/n/../n", "m/a.mp3", "m/n/o", "m/.hid"];
    let mut names = tree.names(&tree.options(&roots));
    names.sort();
    assert_eq!(names, ["m/.hid/d.mp3", "m/a.mp3", "m/n/b.mp3", "m/n/o/c.mp3"]);
}

#[test]
fn a_named_file_is_taken_whatever_it_is_called() {
    let tree = Tree::new(&["m/list.txt", ".a.mp3", "m/b.mp3"]);
    assert_eq!(tree.names(&tree.options(&["m/list.txt", ".a.mp3"])), [".a.mp3", "m/list.txt"]);
}

#[test]
fn globs_and_ignore_files_leave_out() {
    let tree = Tree::new(&["a.mp3", "b.ogg", "live/c.mp3", "live/d.ogg", "demo/e.mp3", "x/f.mp3"]);
    tree.write("x/.phonoliteignore", "*.mp3\n");
    tree.write(".gitignore", "*.mp3\n");
    let with = |include: &[&str], exclude: &[&str]| {
        let [include, exclude] =
            [include, exclude].map(|globs| globs.iter().map(ToString::to_string).collect());
        tree.names(&ScanOptions { include, exclude, ..tree.options(&["."]) })
    };
    assert_eq!(with(&[], &[]), ["a.mp3", "b.ogg", "demo/e.mp3", "live/c.mp3", "live/d.ogg"]);
    assert_eq!(with(&["*.mp3"], &[]), ["a.mp3", "demo/e.mp3", "live/c.mp3", "x/f.mp3"]);
    assert_eq!(with(&[], &["live", "b.*"]), ["a.mp3", "demo/e.mp3"]);
    assert_eq!(with(&["*.mp3"], &["demo/**", "x"]), ["a.mp3", "live/c.mp3"]);
    let bad = ScanOptions { include: vec!["a{b".into()], ..tree.options(&["."]) };
    assert!(matches!(Scan::new(&bad), Err(ScanError::Pattern { pattern, .. }) if pattern == "a{b"));
}

#[test]
fn a_root_that_is_not_there_is_an_item() {
    let tree = Tree::new(&["m/a.mp3"]);
    let options = tree.options(&["no", "m"]);
    let (names, errors, _) = tree.scan(&options);
    assert_eq!(names, ["m/a.mp3"]);
    assert_eq!(errors.len(), 1);
    assert_eq!(errors[0].path(), tree.base().join("no"));
    assert_eq!(errors[0].kind(), FailureKind::Io);
    let mut scan = Scan::new(&options).unwrap();
    assert!(scan.finished().is_empty());
    scan.by_ref().for_each(drop);
    let walked = scan.finished().iter().map(|walked| walked.below.clone()).collect::<Vec<_>>();
    assert_eq!(walked, [tree.base().join("m")], "and is not looked at for missing files");
}

#[test]
fn no_root_no_file() {
    assert_eq!(Scan::new(&ScanOptions::default()).unwrap().count(), 0);
}

#[cfg(unix)]
mod unix {
    use super::*;
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::symlink;

    #[test]
    fn links_are_followed_only_when_asked_and_never_in_circles() {
        let tree = Tree::new(&["m/a.mp3", "far/b.mp3", "far/c.mp3"]);
        symlink(tree.base().join("far"), tree.base().join("m/link")).unwrap();
        symlink(tree.base().join("far/b.mp3"), tree.base().join("m/z.mp3")).unwrap();
        symlink(tree.base().join("m"), tree.base().join("m/loop")).unwrap();
        symlink("nowhere", tree.base().join("m/broken.mp3")).unwrap();
        let (names, errors, counts) = tree.scan(&tree.options(&["m"]));
        assert_eq!((names, errors.len(), counts.symlinks), (vec!["m/a.mp3".into()], 0, 4));
        let options = ScanOptions { follow_symlinks: true, ..tree.options(&["m"]) };
        let (names, errors, _) = tree.scan(&options);
        assert_eq!(names, ["m/a.mp3", "m/link/b.mp3", "m/link/c.mp3", "m/z.mp3"]);
        assert_eq!(errors.len(), 2, "{errors:?}");
        assert!(errors.iter().any(|error| matches!(error, ScanError::Loop { .. })));
    }

    #[test]
    fn a_root_may_be_a_link() {
        let tree = Tree::new(&["m/a.mp3"]);
        symlink(tree.base().join("m"), tree.base().join("link")).unwrap();
        assert_eq!(tree.names(&tree.options(&["link"])), ["link/a.mp3"]);
        assert_eq!(tree.names(&tree.options(&["link", "m"])).len(), 1, "one place");
    }

    #[test]
    fn names_of_any_bytes_and_the_longest_are_found() {
        let tree = Tree::new(&["a.mp3"]);
        let long = ["x".repeat(251).as_bytes(), b".mp3"].concat();
        let odd: [&[u8]; 3] = [b"\xFF\xFE.mp3", b"new\nline.mp3", &long];
        for name in odd {
            fs::write(tree.base().join(std::ffi::OsStr::from_bytes(name)), "").unwrap();
        }
        let found: Vec<_> = Scan::new(&tree.options(&["."]))
            .unwrap()
            .map(|file| file.unwrap().path.file_name().unwrap().as_bytes().to_vec())
            .collect();
        assert_eq!(found.len(), 4);
        assert!(odd.iter().all(|name| found.iter().any(|other| other == name)));
    }

    #[test]
    fn what_is_no_file_is_never_opened() {
        let tree = Tree::new(&["m/a.mp3"]);
        let fifo = tree.base().join("m/pipe.mp3");
        let made = std::process::Command::new("mkfifo").arg(&fifo).status();
        if !made.is_ok_and(|status| status.success()) {
            return;
        }
        let _socket = std::os::unix::net::UnixListener::bind(tree.base().join("m/sock")).unwrap();
        let (names, errors, counts) = tree.scan(&tree.options(&["m"]));
        assert_eq!((names.len(), errors.len(), counts.special), (1, 0, 2));
        let (_, errors, _) = tree.scan(&tree.options(&["m/pipe.mp3"]));
        assert!(matches!(&errors[..], [ScanError::Special { path }] if *path == fifo));
    }

    #[test]
    fn an_unreadable_directory_costs_only_itself() {
        use std::fs::{Permissions, set_permissions};
        use std::os::unix::fs::PermissionsExt;
        let tree = Tree::new(&["a.mp3", "closed/b.mp3", "z.mp3"]);
        let closed = tree.base().join("closed");
        set_permissions(&closed, Permissions::from_mode(0o000)).unwrap();
        let superuser = closed.read_dir().is_ok();
        let (names, errors, _) = tree.scan(&tree.options(&["."]));
        set_permissions(&closed, Permissions::from_mode(0o755)).unwrap();
        if superuser {
            assert_eq!((names.len(), errors.len()), (3, 0));
        } else {
            assert_eq!(names, ["a.mp3", "z.mp3"]);
            assert!(matches!(&errors[..], [ScanError::Read { path, .. }] if *path == closed));
        }
    }
}
