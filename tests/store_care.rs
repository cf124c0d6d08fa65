//! A database is copied while it is written to, put back, and never lost on the way.

#![cfg(unix)]

mod common;

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use assert_cmd::Command;
use common::{Library, sine};
use phonolite::store::{Options, Store, StoreError, care};

fn phonolite(library: &Library) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_phonolite"));
    command.env_clear().env("HOME", library.music()).env("PHONOLITE_DB", library.database());
    command
}

fn told(command: &mut Command, code: i32) -> String {
    let output = command.assert().code(code).get_output().clone();
    String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
}

fn beside(library: &Library, name: &str) -> std::path::PathBuf {
    library.database().with_file_name(name)
}

/// Everything in the folder of the database, but music and what SQLite keeps for those who read.
fn names(library: &Library) -> Vec<String> {
    let entries = library.database().parent().expect("has one").read_dir().expect("readable");
    let names = entries.map(|entry| entry.expect("there").file_name().to_string_lossy().into());
    let mut names: Vec<String> = names
        .filter(|name: &String| {
            name != "music" && !name.ends_with("-wal") && !name.ends_with("-shm")
        })
        .collect();
    names.sort();
    names
}

#[test]
fn copies_made_while_analysing_are_whole_and_of_one_moment() {
    let library = Library::of_sines(40, 3.0);
    let done = AtomicBool::new(false);
    let copy = beside(&library, "copy.db");
    Store::open(&library.database(), &Options::default()).expect("opens").close().expect("closes");
    let copies = std::thread::scope(|scope| {
        let run = scope.spawn(|| {
            library.run();
            done.store(true, Ordering::SeqCst);
        });
        let mut copies = 0;
        while !done.load(Ordering::SeqCst) || copies == 0 {
            let held = care::backup(&library.database(), &copy, &|| false).expect("copied");
            assert_eq!(held.files, held.tracks, "a file and its recording come together");
            copies += 1;
        }
        run.join().expect("the run ends");
        copies
    });
    let held = care::backup(&library.database(), &copy, &|| false).expect("copied");
    assert_eq!((held.files, held.tracks), (40, 40), "after {copies} copies");
    assert!(!beside(&library, "copy.db-wal").exists(), "one file");
    let before = library.rows();
    fs::remove_file(library.database()).expect("gone");
    care::restore(&copy, &library.database(), false).expect("restored");
    assert_eq!(library.rows(), before);
}

#[test]
fn a_copy_that_is_broken_off_leaves_the_old_copy() {
    let library = Library::of_sines(1, 1.0);
    library.run();
    let copy = beside(&library, "copy.db");
    fs::write(&copy, "the old copy").expect("written");
    let error = care::backup(&library.database(), &copy, &|| true).expect_err("stopped");
    assert!(matches!(error, StoreError::Cancelled { .. }), "{error}");
    assert_eq!(fs::read(&copy).expect("there"), b"the old copy");
    assert_eq!(names(&library), ["copy.db", "library.db", "library.db.lock"], "and no part of it");
}

#[test]
fn backup_and_restore_by_the_program() {
    let library = Library::of_sines(2, 1.0);
    phonolite(&library).arg("analyze").arg(library.music()).assert().code(0);
    let copy = beside(&library, "copy.db");
    let made = told(phonolite(&library).arg("backup").arg(&copy).arg("--json"), 0);
    let made: serde_json::Value = serde_json::from_str(&made).expect("JSON");
    assert_eq!((made["files"].as_u64(), made["recordings"].as_u64()), (Some(2), Some(2)));
    let before = library.rows();
    fs::write(library.music().join("new.wav"), sine(700.0, 1.0)).expect("written");
    phonolite(&library).arg("analyze").arg(library.music()).assert().code(0);
    let now = fs::read(library.database()).expect("there");
    let dry = told(phonolite(&library).arg("restore").arg(&copy).arg("--dry-run"), 0);
    assert!(dry.contains("is sound: 2 files") && dry.contains("3 files"), "{dry}");
    assert_eq!(fs::read(library.database()).expect("there"), now, "nothing was done");
    told(phonolite(&library).arg("restore").arg(&copy).arg("--keep-old"), 0);
    assert_eq!(library.rows(), before);
    let old = care::examine(&beside(&library, "library.db.before-restore")).expect("kept");
    assert_eq!(old.files, 3);
    told(phonolite(&library).arg("restore").arg(&copy), 0);
    assert!(!beside(&library, "library.db.before-restore").exists(), "done: no longer needed");
    phonolite(&library).arg("analyze").arg(library.music()).assert().code(0);
    assert_eq!(library.rows().len(), 3, "it can be gone on with");
}

#[test]
fn nothing_is_restored_or_vacuumed_under_a_run() {
    let library = Library::of_sines(1, 1.0);
    library.run();
    let copy = beside(&library, "copy.db");
    told(phonolite(&library).arg("backup").arg(&copy), 0);
    let store = Store::open(&library.database(), &Options::default()).expect("opens");
    for arguments in [vec!["restore", copy.to_str().expect("UTF-8")], vec!["vacuum"]] {
        let text = told(phonolite(&library).args(&arguments), 4);
        assert!(text.contains(&format!("process {}", std::process::id())), "{text}");
    }
    told(phonolite(&library).arg("backup").arg(&copy), 0);
    store.close().expect("closes");
    // No run, but somebody who reads.
    let reader = library.readers();
    assert_eq!(reader.files_under(None).count(), 1);
    let text = told(phonolite(&library).arg("restore").arg(&copy), 4);
    assert!(text.contains("locked"), "{text}");
    drop(reader);
    told(phonolite(&library).arg("restore").arg(&copy), 0);
}

#[test]
fn an_unfit_copy_is_refused_and_the_database_untouched() {
    let library = Library::of_sines(30, 1.0);
    library.run();
    let copy = beside(&library, "copy.db");
    let refused = |part: &str, what: &str| {
        let before = fs::read(library.database()).expect("there");
        let text = told(phonolite(&library).arg("restore").arg(&copy), 4);
        assert!(text.contains(part), "{what}: {text}");
        assert_eq!(fs::read(library.database()).expect("there"), before, "{what}");
        assert_eq!(names(&library), ["copy.db", "library.db", "library.db.lock"], "{what}");
    };
    let make = || care::backup(&library.database(), &copy, &|| false).expect("copied");
    let set = |path: &Path, sql: &str| {
        rusqlite::Connection::open(path).expect("opens").execute_batch(sql).expect("done");
    };
    fs::write(&copy, "a letter to my aunt ".repeat(500)).expect("written");
    refused("not a database", "a letter");
    make();
    let whole = fs::read(&copy).expect("there");
    fs::write(&copy, &whole[..whole.len() / 2]).expect("written");
    refused("copy.db", "half a copy");
    let mut torn = whole.clone();
    let middle = torn.len() / 2;
    torn[middle..middle + 40_960].fill(0x5A);
    fs::write(&copy, torn).expect("written");
    refused("not sound", "ten pages of rubbish");
    fs::write(&copy, &whole).expect("written");
    set(&copy, "PRAGMA user_version = 999");
    refused("newer version", "a downgrade");
    fs::write(&copy, &whole).expect("written");
    set(&copy, "PRAGMA foreign_keys = 0; DELETE FROM recording");
    refused("rows refer to rows", "rows that lead nowhere");
    fs::remove_file(&copy).expect("removed");
    set(&copy, "CREATE TABLE shopping (item TEXT)");
    refused("another program", "a shopping list");
    fs::remove_file(&copy).expect("removed");
    told(phonolite(&library).arg("restore").arg(&copy), 2);
}

#[test]
fn a_damaged_database_is_replaced_and_kept() {
    let library = Library::of_sines(3, 1.0);
    library.run();
    let (rows, copy) = (library.rows(), beside(&library, "copy.db"));
    told(phonolite(&library).arg("backup").arg(&copy), 0);
    for rubbish in ["rubbish from the first byte on ".repeat(900), String::new()] {
        fs::write(library.database(), &rubbish).expect("written");
        // A log of its life before: put under the new database it would ruin it.
        fs::write(beside(&library, "library.db-wal"), "old log").expect("written");
        let text = told(phonolite(&library).arg("restore").arg(&copy), 0);
        assert_eq!(library.rows(), rows);
        let old = beside(&library, "library.db.before-restore");
        assert_eq!(text.contains("is kept as"), !rubbish.is_empty(), "{text}");
        if !rubbish.is_empty() {
            assert_eq!(fs::read_to_string(old).expect("kept"), rubbish);
        }
    }
}

#[test]
fn vacuum_gives_room_back_and_keeps_everything() {
    let library = Library::of_sines(30, 1.0);
    library.run();
    let rows = library.rows();
    let conn = rusqlite::Connection::open(library.database()).expect("opens");
    conn.execute_batch(
        "CREATE TABLE ballast (x BLOB); INSERT INTO ballast SELECT randomblob(100000) FROM file; \
         DROP TABLE ballast;",
    )
    .expect("done");
    drop(conn);
    let text = told(phonolite(&library).args(["vacuum", "--json"]), 0);
    let done: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let (before, after) = (done["before_bytes"].as_u64(), done["after_bytes"].as_u64());
    assert!(before.expect("told") > after.expect("told") + 2_000_000, "{text}");
    assert_eq!(library.rows(), rows);
}

#[test]
fn the_doctor_tells_by_its_exit_code() {
    let library = Library::of_sines(1, 1.0);
    assert!(told(phonolite(&library).arg("doctor"), 3).contains("no database"));
    library.run();
    assert!(told(phonolite(&library).arg("doctor"), 0).contains("nothing is wrong"));
    fs::remove_file(library.music().join("00.wav")).expect("removed");
    let text = told(phonolite(&library).args(["doctor", "--json"]), 0);
    let found: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(found["findings"][0]["kind"], "missing_files");
    assert_eq!(found["worst"], "low");
    fs::write(library.database(), "rubbish".repeat(1_000)).expect("written");
    assert!(told(phonolite(&library).arg("doctor"), 3).starts_with("critical"));
}
