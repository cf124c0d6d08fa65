//! The writer under pressure: locks, full disks, many hands.

use super::*;
use rusqlite::Connection;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

#[test]
fn a_busy_database_is_tried_again() {
    let (_dir, path) = place();
    let store = open(&path);
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let pending = store.writer().submit(analysed("/a", 1)).unwrap();
    std::thread::sleep(Duration::from_millis(50));
    other.execute_batch("COMMIT").unwrap();
    assert!(pending.wait().is_ok());
    assert!(store.stats().writer.retries > 0);
}

#[test]
fn patience_ends() {
    let (_dir, path) = place();
    let options = Options { patience: Duration::from_millis(60), ..Options::default() };
    let store = Store::open(&path, &options).unwrap();
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = store.writer().call(analysed("/a", 1)).unwrap_err();
    assert!(matches!(error, StoreError::Locked { waited_s, .. } if waited_s >= 0.06), "{error}");
    let next = store.writer().send(Op::Flush).and_then(|()| store.writer().call(Op::Flush));
    assert!(matches!(next, Err(StoreError::Locked { .. })), "and everybody is told why");
    other.execute_batch("COMMIT").unwrap();
    assert!(matches!(store.close(), Err(StoreError::Locked { .. })));
    assert_eq!(open(&path).readers().files_under(None).count(), 0);
}

#[test]
fn a_full_disk_stops_the_writer_and_keeps_what_was_committed() {
    let (_dir, path) = place();
    drop(open(&path));
    let options = Options { max_pages: 120, ..Options::default() };
    let store = Store::open(&path, &options).unwrap();
    let mut committed = 0;
    let error = (0..5_000)
        .find_map(|seed| {
            let name = format!("/{}/{seed:04}", "x".repeat(200));
            let outcome = store.writer().call(analysed(name, seed));
            committed += u64::from(outcome.is_ok());
            outcome.err()
        })
        .expect("480 kB are not enough");
    assert!(matches!(error, StoreError::DiskFull { .. }), "{error}");
    assert!(committed > 10, "{committed}");
    assert!(matches!(store.writer().call(Op::Flush), Err(StoreError::DiskFull { .. })));
    drop(store);
    let store = open(&path);
    assert_eq!(store.readers().rows().map(Result::unwrap).count() as u64, committed);
    stored(&store, analysed("/after", 9_999));
}

#[test]
fn a_batch_that_dies_tells_everyone_in_it() {
    let (_dir, path) = place();
    drop(open(&path));
    let options = Options { max_pages: 60, ..Options::default() };
    let store = Store::open(&path, &options).unwrap();
    let pending: Vec<_> = (0..2_000)
        .map_while(|seed| {
            store.writer().submit(analysed(format!("/{}/{seed}", "x".repeat(3_000)), seed)).ok()
        })
        .collect();
    let outcomes: Vec<_> = pending.into_iter().map(Pending::wait).collect();
    let done = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    let full = |outcome: &Result<_, _>| matches!(outcome, Err(StoreError::DiskFull { .. }));
    assert_eq!(outcomes.iter().filter(|outcome| full(outcome)).count(), outcomes.len() - done);
    assert!(done < outcomes.len());
    drop(store);
    assert_eq!(open(&path).readers().files_under(None).count(), done);
}

#[test]
fn a_batch_is_committed_in_time_without_anybody_waiting() {
    let (_dir, path) = place();
    let options = Options { batch_time: Duration::from_millis(30), ..Options::default() };
    let store = Store::open(&path, &options).unwrap();
    store.writer().send(analysed("/a", 1)).unwrap();
    let started = Instant::now();
    while store.readers().files_under(None).count() == 0 {
        assert!(started.elapsed() < Duration::from_secs(10));
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_batch_is_committed_by_count() {
    let (_dir, path) = place();
    let batch_time = Duration::from_hours(1);
    let options = Options { batch_ops: 10, batch_time, ..Options::default() };
    let store = Store::open(&path, &options).unwrap();
    let pending: Vec<_> = (0..20)
        .map(|seed| store.writer().submit(analysed(format!("/{seed}"), seed)).unwrap())
        .collect();
    assert!(pending.into_iter().all(|pending| pending.wait().is_ok()));
    let stats = store.stats().writer;
    assert_eq!((stats.operations, stats.commits), (20, 2));
    assert!(stats.rows >= 40 && stats.queue_max >= 1 && stats.commit_p95_ms >= stats.commit_p50_ms);
}

#[test]
fn readers_see_whole_operations_while_the_writer_works() {
    let (_dir, path) = place();
    let store = open(&path);
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let mut most = 0;
                while !stop.load(Ordering::Relaxed) {
                    let rows: Vec<_> = store.readers().rows().map(Result::unwrap).collect();
                    assert!(rows.len() >= most, "rows do not vanish");
                    most = rows.len();
                    assert!(rows.iter().all(|row| row.track.is_some()));
                }
            });
        }
        for seed in 0..300 {
            store.writer().send(analysed(format!("/{seed}"), seed)).unwrap();
        }
        store.writer().call(Op::Flush).unwrap();
        stop.store(true, Ordering::Relaxed);
    });
    assert_eq!(store.readers().rows().count(), 300);
}

#[test]
fn more_readers_than_connections_wait_their_turn() {
    let (_dir, path) = place();
    let store = Store::open(&path, &Options { readers: 1, ..Options::default() }).unwrap();
    let held = store.readers().get().unwrap();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| store.readers().file_state(Path::new("/a")).unwrap());
        while store.stats().readers.waits == 0 {
            std::thread::yield_now();
        }
        assert_eq!(store.stats().readers.in_use, 1);
        drop(held);
        waiting.join().unwrap();
    });
    assert_eq!(store.stats().readers.in_use, 0);
}

#[test]
fn many_threads_share_one_writer() {
    let (_dir, path) = place();
    let store = open(&path);
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let writer = store.writer().clone();
            scope.spawn(move || {
                for n in 0..25 {
                    let seed = thread * 25 + n;
                    writer.call(analysed(format!("/{seed}"), seed)).unwrap();
                }
            });
        }
    });
    assert_eq!(store.readers().rows().count(), 200);
    let stats = store.close().unwrap();
    assert!(stats.writer.queue_max <= 32);
}

#[test]
fn what_was_queued_is_committed_on_close() {
    let (_dir, path) = place();
    let store = open(&path);
    (0..40).for_each(|seed| store.writer().send(analysed(format!("/{seed}"), seed)).unwrap());
    let writer = store.writer().clone();
    drop(store);
    assert!(matches!(writer.send(Op::Flush), Err(StoreError::Closed { .. })));
    drop(writer);
    assert_eq!(open(&path).readers().rows().count(), 40);
}

/// Names the database to the child of the test below.
const CHILD: &str = "PHONOLITE_TEST_DATABASE";

#[test]
#[ignore = "the child of `a_kill_at_any_moment_leaves_a_valid_database`"]
fn a_child_that_writes_until_it_is_killed() {
    let Some(path) = std::env::var_os(CHILD) else { return };
    let store = open(Path::new(&path));
    let run = run(&store);
    for seed in (0..).map(|n| n % 5_000) {
        let path = PathBuf::from(format!("/{seed}"));
        let stamp = stamp(seed);
        store.writer().call(Op::Attempt { run, path: path.clone(), stamp }).unwrap();
        store.writer().send(analysed(path, seed)).unwrap();
    }
}

#[test]
fn a_kill_at_any_moment_leaves_a_valid_database() {
    let (_dir, path) = place();
    for wait_ms in [150, 230, 370] {
        let mut child = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["store::tests::writing::a_child_that_writes_until_it_is_killed", "--exact"])
            .arg("--ignored")
            .env(CHILD, &path)
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let started = Instant::now();
        let rows =
            || Readers::open(&path, 1).map_or(0, |readers| readers.files_under(None).count());
        while rows() < 5 && started.elapsed() < Duration::from_secs(20) {
            std::thread::sleep(Duration::from_millis(10));
        }
        std::thread::sleep(Duration::from_millis(wait_ms));
        child.kill().unwrap();
        child.wait().unwrap();
        let readers = Readers::open(&path, 1).unwrap();
        assert!(readers.rows().flatten().count() > 4);
        let check = Connection::open(&path).unwrap();
        let verdict = check.query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0));
        assert_eq!(verdict.unwrap(), "ok");
        let strays = check.prepare("PRAGMA foreign_key_check").unwrap().exists([]).unwrap();
        assert!(!strays);
    }
    let store = open(&path);
    run(&store);
    let dead = store.readers().runs(9).unwrap();
    assert!(dead.iter().skip(1).all(|run| run.outcome.as_deref() == Some("died")));
}

#[test]
fn handles_go_wherever_they_are_needed() {
    fn everywhere<T: Send + Sync>() {}
    everywhere::<Store>();
    everywhere::<Writer>();
    everywhere::<Readers>();
}
