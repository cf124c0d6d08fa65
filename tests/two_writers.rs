//! Several processes write to one database, others read it: nothing is lost, nobody fails.

#![cfg(unix)]

mod common;

use std::fs;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicBool, Ordering};

use common::{Library, sine};

const FILES: u32 = 24;

fn phonolite(library: &Library) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_phonolite"));
    command.env_clear().env("HOME", library.music()).env("PHONOLITE_DB", library.database());
    command
}

fn well(output: &Output) {
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {text}", output.status);
}

fn write(library: &Library, name: &str, hz: f64) {
    fs::write(library.music().join(name), sine(hz, 3.0)).expect("written");
}

#[test]
fn corrections_made_while_analysing_and_reading_are_all_kept() {
    let library = Library::new();
    for number in 0..FILES {
        write(&library, &format!("known {number:02}.wav"), 150.0 + 7.0 * f64::from(number));
    }
    well(&phonolite(&library).arg("analyze").arg(library.music()).output().expect("runs"));
    for number in 0..FILES {
        write(&library, &format!("new {number:02}.wav"), 400.0 + 7.0 * f64::from(number));
    }
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let analysing = scope.spawn(|| {
            let mut command = phonolite(&library);
            command.args(["analyze", "--max-cpu", "50%", "--quiet"]).arg(library.music());
            let output = command.output().expect("runs");
            done.store(true, Ordering::SeqCst);
            output
        });
        let setters: Vec<_> = (0..3)
            .map(|setter| {
                let library = &library;
                scope.spawn(move || {
                    for number in (setter..FILES).step_by(3) {
                        let file = library.music().join(format!("known {number:02}.wav"));
                        let bpm = format!("bpm={}", 100 + number);
                        let mut command = phonolite(library);
                        well(&command.arg("set").arg(file).arg(bpm).output().expect("runs"));
                    }
                })
            })
            .collect();
        scope.spawn(|| {
            while !done.load(Ordering::SeqCst) {
                well(&phonolite(&library).args(["stats", "--json"]).output().expect("runs"));
            }
        });
        for setter in setters {
            setter.join().expect("all set");
        }
        well(&analysing.join().expect("analysed"));
    });
    let rows: Vec<serde_json::Value> =
        library.rows().iter().map(|row| serde_json::from_str(row).expect("JSON")).collect();
    assert_eq!(rows.len() as u32, 2 * FILES);
    let database = rusqlite::Connection::open(library.database()).expect("opens");
    let set: Vec<f64> = database
        .prepare("SELECT bpm FROM correction ORDER BY bpm")
        .and_then(|mut rows| rows.query_map([], |row| row.get(0))?.collect())
        .expect("read");
    assert_eq!(set, (0..FILES).map(|number| f64::from(100 + number)).collect::<Vec<_>>());
    let sound: String =
        database.query_row("PRAGMA integrity_check", [], |row| row.get(0)).expect("checked");
    assert_eq!(sound, "ok");
}
