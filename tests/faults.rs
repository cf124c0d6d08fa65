//! Every boundary fails in turn, and each failure ends as it should. What needs the program from outside is
//! tested here; the rest where the boundary is:
//!
//! | boundary | fault | ends as | test |
//! |---|---|---|---|
//! | scan | folder without permission, root that is gone | told, run goes on, exit 3 | `library::scan_tests` |
//! | plan → open | file vanishes, becomes a pipe or a folder | failed: io | `pipeline::fault_tests` |
//! | plan → open | emptied, cut, longer, replaced | failed: changed, read again | `pipeline::fault_tests` |
//! | open | pipe, device, folder (`O_NONBLOCK`) | failed: io (open) | `audio::faults` |
//! | open | `/proc/self/mem`: nothing in it by its size | failed: `no_audio` | here |
//! | read | `EIO` at a sector, every container | failed: io | `audio::faults` |
//! | read | `EINTR`, one byte at a time | the same samples | `audio::faults` |
//! | during the read | emptied, cut, longer, replaced, vanished | failed: changed | `pipeline::fault_tests` |
//! | demuxer, decoder | panic in symphonia or nanomp3 | damage of the file | `audio::contain`, `tests/mutants` |
//! | decode thread | panic, error, slow, at any chunk | failed: internal or io, joined | `pipeline::fault_tests` |
//! | channel | the listener gives up or panics while the decoder waits | joined | `pipeline::fault_tests` |
//! | lane | panic in turn and in the pool | failed: internal | `pipeline::fault_tests` |
//! | governor | far above the budget; stopped while waiting | failed: `out_of_budget`; cancelled | `tests/bad_input.rs`, `memory::governor` |
//! | hash | `EIO` while the payload is hashed before it is decoded | failed: io | `audio::faults` |
//! | model | missing, damaged, altered, too large, panics | told once, exit 3 | `tests/models.rs`, `model::slot::tests` |
//! | pool | no connection in time, database locked | typed error | `store::tests::opening` |
//! | writer, commit | disk full, at many sizes | exit 4, what is committed stays | here, `store::tests::writing` |
//! | output | nobody reads standard output | run goes on | here |
//! | clock | times in the future, before 1970, set back | kept exactly | `pipeline::fault_tests` |
//! | process | killed | next run goes on | `tests/resume.rs` |

#![cfg(target_os = "linux")]
#![allow(clippy::panic, reason = "a test ends so")]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use common::{Library, Outcomes, run_observed, sine};
use phonolite::error::FailureKind;
use phonolite::pipeline::{Cancel, Options, Outcome};

fn library(files: u32) -> Library {
    let library = Library::new();
    for number in 0..files {
        let file = library.music().join(format!("{number:02}.wav"));
        fs::write(file, sine(150.0 + 7.0 * f64::from(number), 0.5)).expect("written");
    }
    library
}

/// Runs `analyze` behind some lines of shell that set its limits.
fn limited(library: &Library, limits: &str) -> Output {
    Command::new("sh")
        .env_clear()
        .arg("-c")
        .arg(format!("{limits}; exec \"$@\""))
        .args(["sh", env!("CARGO_BIN_EXE_phonolite"), "analyze", "--quiet", "--jobs", "2", "--db"])
        .arg(library.database())
        .arg(library.music())
        .stdin(Stdio::null())
        .output()
        .expect("sh runs")
}

#[test]
fn a_full_disk_stops_the_run_and_keeps_what_is_committed() {
    let undisturbed = library(40);
    undisturbed.run();
    let library = library(40);
    let mut codes = BTreeSet::new();
    // In units of 512 bytes: before the tables are there, in the log, in the database, nowhere.
    for blocks in [1, 60, 200, 300, 500, 700, 900, 1_200, 2_000] {
        let output = limited(&library, &format!("trap '' XFSZ; ulimit -f {blocks}"));
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        codes.insert(output.status.code());
        if !output.status.success() {
            assert_eq!(output.status.code(), Some(4), "{blocks}: {told}");
            assert!(told.contains("library.db"), "{blocks}: {told}");
        }
        if library.database().exists() {
            let database = rusqlite::Connection::open(library.database()).expect("opens");
            let sound: String = database
                .query_row("PRAGMA integrity_check", [], |row| row.get(0))
                .expect("answers");
            assert_eq!(sound, "ok", "{blocks}");
        }
    }
    assert!(codes.contains(&Some(4)), "{codes:?}");
    let last = library.run_with(&Options { retry_failed: true, ..library.options() });
    assert_eq!(last.counts.failed, 0);
    assert_eq!(library.rows(), undisturbed.rows());
}

#[test]
fn a_file_that_is_no_file_inside_is_told() {
    let library = library(1);
    symlink("/proc/self/mem", library.music().join("mem.wav")).expect("linked");
    let mut options = library.options();
    options.scan.follow_symlinks = true;
    let outcomes = Outcomes::default();
    run_observed(&library.database(), &options, &Cancel::default(), &outcomes);
    let Outcome::Failed(failure) = outcomes.of("mem.wav") else { panic!("it was read") };
    assert_eq!(failure.kind, FailureKind::NoAudio);
}

#[test]
fn nobody_reading_the_output_stops_nothing() {
    let library = library(10);
    let script = "\"$@\" | true; exit \"${PIPESTATUS[0]}\"";
    let status = Command::new("bash")
        .env_clear()
        .args(["-c", script, "bash", env!("CARGO_BIN_EXE_phonolite"), "analyze", "--json", "--db"])
        .arg(library.database())
        .arg(library.music())
        .status();
    assert_eq!(status.expect("bash runs").code(), Some(0));
    assert_eq!(library.rows().len(), 10);
}

/// Names of the threads of this process that runs start.
fn threads() -> Vec<String> {
    let tasks = fs::read_dir("/proc/self/task").expect("Linux").flatten();
    let names = tasks.map(|task| fs::read_to_string(task.path().join("comm")).unwrap_or_default());
    let ours = ["file-", "decode", "lane-", "store-writer"];
    names.filter(|name| ours.iter().any(|ours| name.starts_with(ours))).collect()
}

#[test]
fn no_thread_outlives_a_run() {
    let library = library(12);
    for name in ["broken.flac", "truncated.m4a"] {
        fs::copy(common::samples().join(name), library.music().join(name)).expect("copied");
    }
    let budgets = [0, phonolite::memory::SMALLEST_BUDGET, 512 << 20];
    for budget in budgets {
        let elsewhere: PathBuf = library.database().with_extension(budget.to_string());
        common::run(&elsewhere, &Options { budget, ..library.options() });
    }
    // The other tests of this file start their runs as processes, but for one that reads two files.
    let begun = std::time::Instant::now();
    while !threads().is_empty() && begun.elapsed().as_secs() < 20 {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert_eq!(threads(), Vec::<String>::new());
}
