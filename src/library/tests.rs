//! Directories made for the purpose, so that the answer is known.

use super::*;
use crate::audio::PayloadHash;
use crate::error::{FailureKind, Stage};
use crate::feature::Depth;
use crate::feature::catalogue::{Families, Family, Record, Value};
use crate::store::{
    Failure, FileFacts, FileId, Op, Options, Reply, RunId, RunStart, Stamp, Status, Store,
    TrackFacts,
};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

struct World {
    dir: TempDir,
    store: Store,
    run: RunId,
}

impl World {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("m")).unwrap();
        let store = Store::open(&dir.path().join("x.db"), &Options::default()).unwrap();
        let run = begin(&store);
        Self { dir, store, run }
    }

    fn root(&self) -> PathBuf {
        self.dir.path().canonicalize().unwrap().join("m")
    }

    fn write(&self, name: &str, bytes: &str) -> PathBuf {
        let path = self.root().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    fn planner(&self, policy: Policy) -> Planner {
        Planner::new(self.store.readers(), policy)
    }

    fn plan(&self, path: &Path) -> Planned {
        self.planner(Policy::default()).plan(&candidate(path)).unwrap()
    }

    /// Stores a file as if it had been analysed; its bytes are its payload.
    fn analyse(&self, path: &Path) -> FileId {
        let track = TrackFacts {
            payload: hash(path),
            head: None,
            codec: "pcm_s16le".into(),
            lossless: true,
            bits_per_sample: Some(16),
            sample_rate_hz: 44_100,
            channels: 1,
            frames: 1,
            duration_s: 1.0,
            bitrate_bps: None,
            damaged_packets: 0,
            depth: crate::feature::Depth::Full,
        };
        let undefined = |family: Family| Record {
            family,
            values: family.fields().iter().map(|field| Value::undefined(field.kind)).collect(),
        };
        let file = FileFacts { path: path.into(), stamp: stamp(path), ..FileFacts::default() };
        let records = Family::ALL.map(undefined).into();
        match self.store.writer().call(Op::Analysed { file, track, records }).unwrap() {
            Reply::Stored { file, .. } => file,
            other => panic!("{other:?}"),
        }
    }

    fn fail(&self, path: &Path, kind: FailureKind) {
        let (run, stamp) = (self.run, Some(stamp(path)));
        let (path, stage, message) = (path.into(), Stage::Decode, "no".into());
        let failure = Failure { run, path, stamp, stage, kind, message };
        self.store.writer().call(Op::Failed(failure)).unwrap();
    }

    fn attempt_and_die(&self, path: &Path) {
        let (run, stamp) = (begin(&self.store), stamp(path));
        self.store.writer().call(Op::Attempt { run, path: path.into(), stamp }).unwrap();
        begin(&self.store);
    }

    fn missing(planner: &Planner, root: &Path) -> Vec<FileId> {
        let mut gone = Vec::new();
        let walked = Walked { root: root.into(), below: root.into() };
        let count = planner.missing(&walked, |file| gone.push(file)).unwrap();
        assert_eq!(count, gone.len() as u64);
        gone
    }
}

fn begin(store: &Store) -> RunId {
    match store.writer().call(Op::BeginRun(RunStart::default())).unwrap() {
        Reply::Run(run) => run,
        other => panic!("{other:?}"),
    }
}

fn stamp(path: &Path) -> Stamp {
    Stamp::of(&path.metadata().unwrap())
}

fn hash(path: &Path) -> PayloadHash {
    PayloadHash(*blake3::hash(&fs::read(path).unwrap()).as_bytes())
}

fn candidate(path: &Path) -> Candidate {
    Candidate { path: path.into(), stamp: stamp(path), named: false }
}

/// A plan of the whole root: each file with its job.
fn plan_all(world: &World, planner: &mut Planner) -> Vec<(PathBuf, Job)> {
    let options = ScanOptions { roots: vec![world.root()], ..ScanOptions::default() };
    let files = Scan::new(&options).unwrap().map(Result::unwrap);
    files
        .map(|file| {
            let job = planner.plan(&file).unwrap().job;
            (file.path, job)
        })
        .collect()
}

#[test]
fn a_new_file_is_checked_and_then_unchanged() {
    let world = World::new();
    let path = world.write("a.wav", "one");
    let new = Planned { job: Job::Check, file: None, track: None, deaths: 0 };
    assert_eq!(world.plan(&path), new);
    let id = world.analyse(&path);
    let planned = world.plan(&path);
    assert_eq!((planned.job, planned.file), (Job::Unchanged, Some(id)));
}

#[test]
fn a_changed_file_is_checked() {
    let world = World::new();
    let path = world.write("a.wav", "one");
    let id = world.analyse(&path);
    world.write("a.wav", "three");
    let planned = world.plan(&path);
    assert_eq!((planned.job, planned.file), (Job::Check, Some(id)));
}

#[test]
fn force_and_stale_families_recompute_what_they_must() {
    let world = World::new();
    let path = world.write("a.wav", "one");
    world.analyse(&path);
    let force = Policy { force: true, ..Policy::default() };
    let planned = world.planner(force).plan(&candidate(&path)).unwrap();
    assert_eq!(planned.job, Job::Analyse(Families::all()));
    let db = rusqlite::Connection::open(world.dir.path().join("x.db")).unwrap();
    db.execute("DELETE FROM rhythm", []).unwrap();
    let rhythm = Families::NONE.with(Family::Rhythm).with_derived();
    assert_eq!(world.plan(&path).job, Job::Analyse(rhythm));
    let tonal = Policy { families: Families::NONE.with(Family::Tonal), ..Policy::default() };
    assert_eq!(world.planner(tonal).plan(&candidate(&path)).unwrap().job, Job::Unchanged);
}

#[test]
fn a_renamed_file_is_recognised_without_being_opened() {
    let world = World::new();
    let old = world.write("a.wav", "one");
    let id = world.analyse(&old);
    let new = world.root().join("deep/b.wav");
    fs::create_dir(world.root().join("deep")).unwrap();
    fs::rename(&old, &new).unwrap();
    let mut planner = world.planner(Policy::default());
    let planned = planner.plan(&candidate(&new)).unwrap();
    assert_eq!(planned.job, Job::Moved(id));
    world
        .store
        .writer()
        .call(Op::Moved { file: id, path: new.clone(), stamp: stamp(&new) })
        .unwrap();
    assert_eq!(World::missing(&planner, &world.root()), [], "it was met");
    assert_eq!(world.plan(&new).job, Job::Unchanged);
}

#[cfg(unix)]
#[test]
fn a_hard_link_is_no_move() {
    let world = World::new();
    let old = world.write("a.wav", "one");
    world.analyse(&old);
    fs::hard_link(&old, world.root().join("b.wav")).unwrap();
    assert_eq!(world.plan(&world.root().join("b.wav")).job, Job::Check, "the old path is there");
}

#[test]
fn a_file_that_took_over_an_inode_is_no_move() {
    let world = World::new();
    let old = world.write("a.wav", "one");
    world.analyse(&old);
    let new = world.root().join("b.wav");
    fs::rename(&old, &new).unwrap();
    fs::write(&new, "another").unwrap();
    assert_eq!(world.plan(&new).job, Job::Check);
}

#[test]
fn a_payload_tells_copies_moves_and_news_apart() {
    let world = World::new();
    let a = world.write("a.wav", "one");
    let id = world.analyse(&a);
    let readers = world.store.readers();
    let of = |path: &Path| settle(readers, &hash(path), Depth::Full).unwrap();
    let Identity::Known { track, stale, vacated } = of(&a) else { panic!("known") };
    assert!(stale.is_empty() && vacated.is_none());
    let b = world.write("b.wav", "one");
    assert_eq!(of(&b), Identity::Known { track, stale, vacated: None }, "a copy");
    fs::remove_file(&a).unwrap();
    assert_eq!(of(&b), Identity::Known { track, stale, vacated: Some(id) }, "a move");
    assert_eq!(of(&world.write("c.wav", "new")), Identity::New);
}

#[test]
fn a_failed_file_is_tried_again_when_it_changed_or_when_asked() {
    let world = World::new();
    let path = world.write("a.wav", "broken");
    world.fail(&path, FailureKind::Damaged);
    assert_eq!(world.plan(&path).job, Job::SkippedFailed);
    let retry = Policy { retry_failed: true, ..Policy::default() };
    assert_eq!(world.planner(retry).plan(&candidate(&path)).unwrap().job, Job::Check);
    let force = Policy { force: true, ..Policy::default() };
    assert_eq!(world.planner(force).plan(&candidate(&path)).unwrap().job, Job::Check);
    world.write("a.wav", "repaired");
    assert_eq!(world.plan(&path).job, Job::Check);
}

#[test]
fn what_was_wrong_with_the_moment_is_tried_again_by_itself() {
    let world = World::new();
    let path = world.write("a.wav", "on a disk that was away");
    for kind in [FailureKind::Io, FailureKind::Changed, FailureKind::OutOfBudget] {
        world.fail(&path, kind);
        assert_eq!(world.plan(&path).job, Job::Check, "{kind}");
    }
    // A file that was known before is not taken for whole because its track is.
    world.analyse(&path);
    world.fail(&path, FailureKind::Io);
    assert_eq!(world.plan(&path).job, Job::Check);
}

#[test]
fn two_dead_runs_quarantine_a_file() {
    let world = World::new();
    let path = world.write("a.wav", "killer");
    world.attempt_and_die(&path);
    let planned = world.plan(&path);
    assert_eq!((planned.job, planned.deaths), (Job::Check, 1), "once may be chance");
    world.attempt_and_die(&path);
    assert_eq!(world.plan(&path).job, Job::Quarantined);
    let force = Policy { force: true, ..Policy::default() };
    let forced = world.planner(force).plan(&candidate(&path)).unwrap();
    assert_eq!(forced.job, Job::Quarantined, "force is no consent to a third death");
    world.fail(&path, FailureKind::Quarantined);
    assert_eq!(world.plan(&path).job, Job::SkippedFailed, "it was noted");
    let retry = Policy { retry_failed: true, ..Policy::default() };
    assert_eq!(world.planner(retry).plan(&candidate(&path)).unwrap().job, Job::Check);
    world.write("a.wav", "harmless");
    let planned = world.plan(&path);
    assert_eq!((planned.job, planned.deaths), (Job::Check, 0), "another content");
}

#[test]
fn what_is_gone_is_found_below_the_root_only() {
    let world = World::new();
    let [a, b, c] = ["a.wav", "sub/b.wav", "c.wav"].map(|name| world.write(name, name));
    let [_, id, _] = [&a, &b, &c].map(|path| world.analyse(path));
    fs::remove_dir_all(world.root().join("sub")).unwrap();
    let mut planner = world.planner(Policy::default());
    plan_all(&world, &mut planner);
    assert_eq!(World::missing(&planner, &world.root()), [id]);
    assert_eq!(World::missing(&planner, Path::new("/nowhere")), []);
    world.store.writer().call(Op::Missing(vec![id])).unwrap();
    assert_eq!(World::missing(&planner, &world.root()), [], "once");
    let b = world.write("sub/b.wav", "sub/b.wav");
    assert_eq!(world.plan(&b).job, Job::Check, "its time differs");
}

#[test]
fn a_file_left_out_of_the_scan_is_not_gone() {
    let world = World::new();
    let path = world.write("a.wav", "one");
    world.analyse(&path);
    world.write("b.wav", "two");
    world.write(".phonoliteignore", "a.wav\n");
    let mut planner = world.planner(Policy::default());
    assert_eq!(plan_all(&world, &mut planner).len(), 1);
    assert_eq!(World::missing(&planner, &world.root()), []);
}

#[test]
fn a_disk_that_is_not_mounted_loses_nothing() {
    let world = World::new();
    let path = world.write("a.wav", "one");
    world.analyse(&path);
    let aside = world.dir.path().join("aside");
    fs::rename(world.root(), &aside).unwrap();
    let planner = world.planner(Policy::default());
    let root = world.dir.path().canonicalize().unwrap().join("m");
    assert_eq!(World::missing(&planner, &root), [], "absent");
    fs::create_dir(&root).unwrap();
    assert_eq!(World::missing(&planner, &root), [], "an empty mount point");
}

#[test]
fn a_missing_file_that_returns_is_taken_back_unopened() {
    let world = World::new();
    let path = world.write("a.wav", "one");
    let bad = world.write("b.wav", "two");
    let id = world.analyse(&path);
    world.fail(&bad, FailureKind::Damaged);
    let readers = world.store.readers();
    let (bad_id, ..) = readers.file_state(&bad).unwrap().file.unwrap();
    world.store.writer().call(Op::Missing(vec![id, bad_id])).unwrap();
    assert_eq!(world.plan(&path).job, Job::Moved(id));
    assert_eq!(world.plan(&bad).job, Job::Moved(bad_id));
    for (file, path) in [(id, path), (bad_id, bad.clone())] {
        let stamp = stamp(&path);
        world.store.writer().call(Op::Moved { file, path, stamp }).unwrap();
    }
    assert_eq!(readers.file_state(&bad).unwrap().file.unwrap().2, Status::Failed);
    assert_eq!(world.plan(&bad).job, Job::SkippedFailed);
}

#[test]
fn ten_thousand_unchanged_files_take_well_under_a_second() {
    let world = World::new();
    for n in 0..10_000 {
        let path = world.root().join(format!("{}/{n}.wav", n % 100));
        if n < 100 {
            fs::create_dir(path.parent().unwrap()).unwrap();
        }
        fs::write(&path, "").unwrap();
        let stamp = Stamp { mtime_ns: stamp(&path).mtime_ns, ..stamp(&path) };
        let file = FileFacts { path, stamp, ..FileFacts::default() };
        let track = crate::store::TrackId(1);
        if n == 0 {
            world.analyse(&file.path);
        } else {
            world.store.writer().send(Op::Link { file, track, replaces: None }).unwrap();
        }
    }
    world.store.writer().call(Op::Flush).unwrap();
    let started = std::time::Instant::now();
    let mut planner = world.planner(Policy::default());
    let jobs = plan_all(&world, &mut planner);
    let took = started.elapsed();
    assert_eq!(jobs.len(), 10_000);
    assert!(jobs.iter().all(|(_, job)| *job == Job::Unchanged));
    assert_eq!(World::missing(&planner, &world.root()), []);
    println!("10 000 files planned in {took:?}, with missing in {:?}", started.elapsed());
    // A fifth of a second on a quiet machine.
    assert!(took.as_secs_f64() < 5.0, "{took:?}");
}

#[test]
fn a_scan_and_its_plan_may_have_a_thread_of_their_own() {
    fn movable<T: Send>() {}
    movable::<Scan>();
    movable::<Planner>();
}
