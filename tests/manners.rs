//! A run stands back, keeps to its share, stops at its time, and stands still when asked; whatever it
//! waits for, Ctrl-C ends it.

#![cfg(target_os = "linux")]

mod common;

use std::fs;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use common::Library;
use phonolite::manners::{Manners, Senses};
use phonolite::pipeline::{self, Cancel, Options, Reason};
use phonolite::store::{self, Store};

fn start(library: &Library, arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_phonolite"))
        .env_clear()
        .env("HOME", library.music())
        .env("PATH", "/usr/bin:/bin")
        .arg("analyze")
        .arg(library.music())
        .arg("--db")
        .arg(library.database())
        .args(arguments)
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts")
}

/// What `ready` finds once it finds something, within a minute.
fn awaited<T>(mut ready: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = ready() {
            return found;
        }
        assert!(start.elapsed() < Duration::from_mins(1), "it does not come");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Nice levels of all threads: field 19 of `proc_pid_stat(5)`, the names in parentheses aside.
fn nice_levels(process: u32) -> Vec<i32> {
    let tasks = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    let stats = tasks.filter_map(|task| fs::read_to_string(task.path().join("stat")).ok());
    let level = |stat: String| stat.rsplit(") ").next()?.split(' ').nth(16)?.parse().ok();
    stats.filter_map(level).collect()
}

#[test]
fn every_thread_stands_back_and_a_throttled_run_ends_at_once_when_asked() {
    let library = Library::of_sines(8, 30.0);
    let mut child = start(&library, &["--nice", "--max-cpu", "1%"]);
    // Main, signals, writer, two workers and a decoder at least.
    let levels = awaited(|| Some(nice_levels(child.id())).filter(|levels| levels.len() > 5));
    assert!(levels.iter().all(|level| *level == 19), "{levels:?}");
    if let Ok(told) = Command::new("ionice").arg("-p").arg(child.id().to_string()).output() {
        assert!(String::from_utf8_lossy(&told.stdout).contains("idle"), "{told:?}");
    }
    let asked = Instant::now();
    let killed = Command::new("kill").arg("-INT").arg(child.id().to_string()).status();
    assert!(killed.expect("kill runs").success());
    assert_eq!(child.wait().expect("ends").code(), Some(130));
    // Owed at 1 %: minutes.
    assert!(asked.elapsed() < Duration::from_secs(20), "{:?}", asked.elapsed());
}

#[test]
fn a_run_that_stops_at_its_time_is_no_failure_and_loses_nothing() {
    let library = Library::of_sines(6, 10.0);
    let child = start(&library, &["--max-duration", "1s", "--max-cpu", "1%"]);
    let ended = child.wait_with_output().expect("ends");
    let text = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert_eq!(ended.status.code(), Some(0), "{text}");
    assert!(text.contains("stopped: it has worked as long as it was to"), "{text}");
    let rest = library.run();
    assert!(rest.counts.analysed > 0, "there was more to do");
    assert_eq!(rest.counts.analysed + rest.counts.unchanged, 6);
}

/// A machine on its battery, whose clock stands at noon.
#[derive(Debug)]
struct Unplugged;

impl Senses for Unplugged {
    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }

    fn cpu(&self) -> Option<Duration> {
        None
    }

    fn unix_ms(&self) -> i64 {
        1_000
    }

    fn on_battery(&self) -> bool {
        true
    }

    fn load(&self) -> Option<f64> {
        None
    }

    fn rest(&self, time: Duration) {
        std::thread::sleep(time);
    }
}

#[test]
fn on_battery_no_file_is_begun_and_a_signal_still_ends_the_run() {
    let library = Library::of_sines(3, 1.0);
    let senses: Arc<dyn Senses> = Arc::new(Unplugged);
    let manners = Manners { pause_on_battery: true, senses, ..Manners::default() };
    let options = Options { manners, ..library.options() };
    let cancel = Cancel::default();
    let store = Store::open(&library.database(), &store::Options::default()).expect("opens");
    let summary = std::thread::scope(|scope| {
        let run = scope.spawn(|| pipeline::run(&store, &options, &cancel, &pipeline::Silent));
        std::thread::sleep(Duration::from_millis(300));
        assert!(!run.is_finished(), "it waits");
        cancel.request(Reason::Signal(2));
        run.join().expect("no panic").expect("ends")
    });
    assert_eq!((summary.counts.analysed, summary.counts.failed), (0, 0));
    assert_eq!(summary.counts.cancelled, summary.counts.scanned);
    store.close().expect("closes");
    let database = rusqlite::Connection::open(library.database()).expect("opens");
    let begun: i64 =
        database.query_row("SELECT count(*) FROM attempt", [], |row| row.get(0)).expect("counted");
    assert_eq!(begun, 0, "a machine switched off now has lost no file");
}

#[test]
fn the_time_of_day_stops_a_run() {
    let library = Library::of_sines(3, 1.0);
    let senses: Arc<dyn Senses> = Arc::new(Unplugged);
    let manners = Manners { until_ms: Some(1_000), senses, ..Manners::default() };
    let options = Options { manners, ..library.options() };
    let summary = library.run_with(&options);
    assert_eq!(summary.stopped.map(Reason::name), Some("until"));
    assert_eq!(summary.counts.analysed, 0);
}
