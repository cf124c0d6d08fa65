//! A run that is killed leaves a sound database, and the next one goes on from there.

#![cfg(unix)]

mod common;

use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use common::{Library, sine};

/// Moments at which the program is killed.
const KILLS: u32 = 12;

fn library() -> Library {
    let library = Library::new();
    for number in 0..40 {
        let file = library.music().join(format!("{number:02}.wav"));
        fs::write(file, sine(150.0 + 7.0 * f64::from(number), 5.0)).expect("written");
    }
    library
}

fn start(library: &Library) -> Child {
    Command::new(env!("CARGO_BIN_EXE_phonolite"))
        .env_clear()
        .env("HOME", library.music())
        .arg("analyze")
        .arg(library.music())
        .arg("--db")
        .arg(library.database())
        .stderr(Stdio::null())
        .spawn()
        .expect("starts")
}

fn signal(child: &Child, name: &str) {
    let status = Command::new("kill").arg(name).arg(child.id().to_string()).status();
    assert!(status.expect("kill runs").success());
}

fn integrity(library: &Library) -> String {
    if !library.database().exists() {
        return "ok".into(); // killed before it was made
    }
    let database = rusqlite::Connection::open(library.database()).expect("opens");
    database.query_row("PRAGMA integrity_check", [], |row| row.get(0)).expect("answers")
}

#[test]
fn killed_at_any_moment_the_library_ends_the_same() {
    let undisturbed = library();
    undisturbed.run();
    let disturbed = library();
    for kill in 0..KILLS {
        let mut child = start(&disturbed);
        std::thread::sleep(Duration::from_millis(u64::from(10 + kill * 25)));
        child.kill().expect("killed");
        child.wait().expect("gone");
        assert_eq!(integrity(&disturbed), "ok", "kill {kill}");
    }
    // Files that were in flight twice are in quarantine: asked for, they are analysed.
    let options = common::options(&[disturbed.music()]);
    let retry = phonolite::pipeline::Options { retry_failed: true, ..options };
    let last = disturbed.run_with(&retry);
    assert_eq!(last.counts.failed, 0);
    assert_eq!(disturbed.rows(), undisturbed.rows());
}

#[test]
fn a_signal_ends_the_run_with_its_code_and_keeps_what_is_done() {
    for (name, code) in [("-INT", 130), ("-TERM", 143)] {
        let library = library();
        let child = start(&library);
        std::thread::sleep(Duration::from_millis(150));
        signal(&child, name);
        let status = { child }.wait().expect("ends");
        // On a fast machine it may be done before the signal comes.
        assert!(status.code() == Some(code) || status.success(), "{name}: {status}");
        assert_eq!(integrity(&library), "ok");
        let rest = library.run();
        assert_eq!(rest.counts.analysed + rest.counts.unchanged, 40);
    }
}
