//! Settling and roots, with clocks turned by hand and hints made up.

use super::roots::Change;
use super::settling::STILL;
use super::*;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::PathBuf;

fn at(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn folders(names: &[&str]) -> Due {
    Due::Folders(names.iter().map(PathBuf::from).collect::<BTreeSet<_>>())
}

/// Sizes of files by path: what `stat` would say.
#[derive(Default)]
struct Disk(RefCell<BTreeMap<PathBuf, u64>>);

impl Disk {
    fn put(&self, path: &str, size: u64) {
        self.0.borrow_mut().insert(path.into(), size);
    }

    fn stamp(&self) -> impl Fn(&Path) -> Option<Stamp> + Copy {
        |path| self.0.borrow().get(path).map(|size| Stamp { size: *size, ..Stamp::default() })
    }
}

#[test]
fn a_file_is_due_when_it_stood_still_for_two_seconds() {
    let (disk, mut settling) = (Disk::default(), Settling::default());
    disk.put("/m/a.flac", 1);
    settling.touched("/m/a.flac".into(), at(0), disk.stamp());
    // A slow copy whose hints were lost: the size alone tells that it goes on.
    for second in 1..10 {
        disk.put("/m/a.flac", 1 + second);
        assert_eq!(settling.due(at(second * 1_000), disk.stamp()), Due::Nothing, "{second} s");
    }
    assert_eq!(settling.due(at(10_900), disk.stamp()), Due::Nothing);
    assert_eq!(settling.due(at(11_000), disk.stamp()), folders(&["/m"]));
    assert_eq!(settling.due(at(20_000), disk.stamp()), Due::Nothing, "once");
}

#[test]
fn a_hint_begins_the_wait_anew_and_what_is_gone_settles_too() {
    let (disk, mut settling) = (Disk::default(), Settling::default());
    disk.put("/m/a/1.flac", 1);
    settling.touched("/m/a/1.flac".into(), at(0), disk.stamp());
    settling.touched("/m/b/gone.flac".into(), at(0), disk.stamp());
    settling.touched("/m/a/1.flac".into(), at(1_500), disk.stamp());
    assert_eq!(settling.due(at(2_000), disk.stamp()), folders(&["/m/b"]));
    assert_eq!(settling.due(at(3_500), disk.stamp()), folders(&["/m/a"]));
}

#[test]
fn what_could_not_be_done_is_due_again() {
    let (disk, mut settling) = (Disk::default(), Settling::default());
    settling.touched("/m/a/1.flac".into(), at(0), disk.stamp());
    let due = settling.due(at(2_000), disk.stamp());
    settling.put_back(due, at(2_000));
    assert_eq!(settling.due(at(2_001), disk.stamp()), folders(&["/m/a"]));
    settling.put_back(Due::Everything, at(3_000));
    assert_eq!(settling.due(at(5_000), disk.stamp()), Due::Everything);
}

#[test]
fn mass_changes_become_one_look_at_everything() {
    let (disk, mut settling) = (Disk::default(), Settling::default());
    for number in 0..10_000 {
        settling.touched(format!("/m/{number}.flac").into(), at(number / 10), disk.stamp());
    }
    assert_eq!(settling.due(at(2_900), disk.stamp()), Due::Nothing, "hints came until 1 s");
    assert_eq!(settling.due(at(3_000), disk.stamp()), Due::Everything);
    // A library that never stands still is not waited for without end.
    settling.everything(at(10_000));
    for tick in 100..=700 {
        settling.touched("/m/log.flac".into(), at(tick * 100), disk.stamp());
    }
    assert_eq!(settling.due(at(70_000), disk.stamp()), Due::Everything);
}

#[test]
fn roots_come_and_go_and_are_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("usb");
    let mut roots = Roots::new(std::slice::from_ref(&root));
    assert_eq!(roots.look(), []);
    assert!(!roots.any());
    std::fs::create_dir(&root).unwrap();
    assert_eq!(roots.look(), [Change::Came(root.clone())]);
    assert_eq!(roots.look(), []);
    // Another directory of the same name, as after an unmount.
    std::fs::rename(&root, dir.path().join("disk")).unwrap();
    std::fs::create_dir(&root).unwrap();
    assert_eq!(roots.look(), [Change::Went(root.clone()), Change::Came(root.clone())]);
    std::fs::remove_dir(&root).unwrap();
    assert_eq!(roots.look(), [Change::Went(root)]);
}

/// Gives the hints it was given, then none.
#[derive(Default)]
struct Script {
    hints: VecDeque<Vec<Hint>>,
    watched: Vec<PathBuf>,
}

impl Source for Script {
    fn watch(&mut self, root: &Path) -> Result<(), WatchError> {
        self.watched.push(root.into());
        Ok(())
    }

    fn forget(&mut self, root: &Path) {
        self.watched.retain(|watched| watched != root);
    }

    fn wait(&mut self, _: Duration) -> Vec<Hint> {
        self.hints.pop_front().unwrap_or_default()
    }
}

#[test]
fn everything_is_looked_at_first_and_an_error_of_the_work_ends_the_watch() {
    let dir = tempfile::tempdir().unwrap();
    let mut roots = Roots::new(&[dir.path().to_path_buf()]);
    let mut source = Script::default();
    let begun = Instant::now();
    let mut seen = Vec::new();
    let ended: Result<(), WatchError> = watch(
        &mut roots,
        &mut source,
        &|| begun.elapsed() > 5 * STILL,
        |due| {
            seen.push(due.clone());
            Err(WatchError::TooMany { path: "x".into() })
        },
        |_| {},
    );
    assert!(matches!(ended, Err(WatchError::TooMany { .. })));
    assert_eq!(seen, [Due::Everything]);
    assert_eq!(source.watched, [dir.path()]);
}
