//! The nightly job: its parts, its accounts, and what it must not forget.

#![cfg(unix)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use common::{Library, sine};
use phonolite::store::{Op, Options, Reply, Store};
use serde_json::Value;

fn library(names: &[&str]) -> Library {
    let library = Library::new();
    for (number, name) in names.iter().enumerate() {
        let file = library.music().join(name);
        fs::create_dir_all(file.parent().expect("has one")).expect("made");
        fs::write(file, sine(200.0 + 30.0 * number as f64, 4.0)).expect("written");
    }
    library
}

fn beside(library: &Library, name: &str) -> PathBuf {
    library.database().with_file_name(name)
}

fn batch(library: &Library, arguments: &[&str], code: i32) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_phonolite"));
    command.env_clear().env("HOME", library.music()).env("PHONOLITE_DB", library.database());
    // On a machine that others keep busy it would stand back for ever.
    command.args(["batch", "--nice=0", "--dir"]).arg(library.music()).args(arguments);
    command.arg("--report").arg(beside(library, "out.json"));
    command.arg("--metrics-file").arg(beside(library, "x.prom"));
    let output = command.assert().code(code).get_output().clone();
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn report(library: &Library) -> Value {
    serde_json::from_slice(&fs::read(beside(library, "out.json")).expect("there")).expect("JSON")
}

/// The value of a metric by its name with labels.
fn metric(library: &Library, name: &str) -> Option<f64> {
    let text = fs::read_to_string(beside(library, "x.prom")).expect("there");
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?;
    line.parse().ok()
}

#[test]
fn a_night_is_done_and_told() {
    let library = library(&["a.wav", "b.wav"]);
    fs::write(library.music().join("bad.flac"), b"fLaC and then nonsense").expect("written");
    let list = beside(&library, "all.m3u8");
    batch(&library, &["--quiet"], 3);
    let saved = ["playlist", "save", "all", "-n", "2", "--where", "duration>1", "-o"];
    let mut command = Command::new(env!("CARGO_BIN_EXE_phonolite"));
    command.env_clear().env("HOME", library.music()).env("PHONOLITE_DB", library.database());
    command.args(saved).arg(&list).assert().code(0);
    fs::remove_file(&list).expect("removed");
    fs::write(library.music().join("c.wav"), sine(700.0, 4.0)).expect("written");
    let text = batch(&library, &["--retry-failed"], 3);
    assert!(text.contains("playlists (") && text.contains("1 made anew"), "{text}");
    assert!(list.exists(), "the saved playlist is made anew");
    let told = report(&library);
    assert_eq!((&told["outcome"], &told["exit_code"]), (&"some_failed".into(), &3.into()));
    assert_eq!(told["run"]["files"]["analysed"], 1);
    assert_eq!(told["run"]["files"]["unchanged"], 2);
    assert_eq!(
        told["failures"][0]["path"].as_str().map(|path| path.ends_with("bad.flac")),
        Some(true)
    );
    let kinds = told["failures_by_kind"].as_object().expect("an object");
    assert_eq!(kinds.values().filter_map(Value::as_u64).sum::<u64>(), 1, "{kinds:?}");
    let stages: Vec<_> =
        told["stages"].as_array().expect("a list").iter().map(|stage| &stage["name"]).collect();
    assert_eq!(stages, ["analyse", "prune", "playlists", "optimise"]);
    assert!(told["cpu_s"].as_f64().is_some_and(|seconds| seconds > 0.0));
    if cfg!(target_os = "linux") {
        assert!(told["peak_memory_bytes"].as_u64().is_some_and(|bytes| bytes > 5 << 20));
    }
    assert_eq!(metric(&library, "phonolite_last_run_files{outcome=\"analysed\"}"), Some(1.0));
    assert_eq!(metric(&library, "phonolite_last_run_exit_code"), Some(3.0));
    let success = metric(&library, "phonolite_last_success_timestamp_seconds");
    assert_eq!(success, metric(&library, "phonolite_last_run_timestamp_seconds"));
}

#[test]
fn a_report_for_people_is_markdown() {
    let library = library(&["a|b.wav"]);
    let report = beside(&library, "out.md");
    let mut command = Command::new(env!("CARGO_BIN_EXE_phonolite"));
    command.env_clear().env("HOME", library.music()).env("PHONOLITE_DB", library.database());
    fs::write(library.music().join("x|`y.flac"), b"fLaC and then nonsense").expect("written");
    command.arg("analyze").arg(library.music()).arg("--report").arg(&report).assert().code(3);
    let text = fs::read_to_string(report).expect("there");
    assert!(text.starts_with("# phonolite analyze of 20"), "{text}");
    assert!(text.contains("**some failed**") && text.contains("peak memory"), "{text}");
    assert!(text.contains("x\\|'y.flac`: "), "a name cannot break a table: {text}");
}

#[test]
fn a_second_batch_is_told_of_the_first_and_keeps_the_last_success() {
    let library = library(&["a.wav"]);
    batch(&library, &["--quiet"], 0);
    let success = metric(&library, "phonolite_last_success_timestamp_seconds");
    let store = Store::open(&library.database(), &Options::default()).expect("opens");
    let text = batch(&library, &["--quiet"], 4);
    let (pid, host) = (std::process::id(), phonolite::system::host_name());
    assert!(text.contains(&format!("process {pid} on {host}, since 20")), "{text}");
    assert_eq!(report(&library)["outcome"], "fault");
    assert!(report(&library)["error"].as_str().is_some_and(|error| error.contains("another")));
    assert_eq!(metric(&library, "phonolite_last_run_exit_code"), Some(4.0));
    assert_eq!(metric(&library, "phonolite_last_success_timestamp_seconds"), success);
    store.close().expect("closes");
}

fn sql(library: &Library, text: &str) {
    let database = rusqlite::Connection::open(library.database()).expect("opens");
    database.execute_batch(text).expect("done");
}

fn paths(library: &Library) -> Vec<String> {
    let readers = library.readers();
    let name = |path: &Path| path.file_name().expect("has one").to_string_lossy().into_owned();
    readers.files_under(None).map(|file| name(&file.expect("readable").path)).collect()
}

#[test]
fn files_gone_for_long_are_forgotten_and_only_those() {
    let library = library(&["stays.wav", "fresh.wav", "old.wav"]);
    batch(&library, &["--quiet"], 0);
    fs::remove_file(library.music().join("old.wav")).expect("removed");
    batch(&library, &["--quiet"], 0);
    fs::remove_file(library.music().join("fresh.wav")).expect("removed");
    sql(
        &library,
        "UPDATE file SET updated_at = updated_at - 31 * 86400000 WHERE status = 'missing'",
    );
    batch(&library, &["--quiet"], 0);
    assert_eq!(paths(&library), ["fresh.wav", "stays.wav"]);
    batch(&library, &["--quiet", "--prune-after", "0d"], 0);
    assert_eq!(paths(&library), ["stays.wav"]);
}

#[test]
fn what_is_not_mounted_is_not_forgotten() {
    let library = library(&["here/a.wav", "disk/b.wav", "disk/c.wav"]);
    batch(&library, &["--quiet"], 0);
    // `disk` was another file system; c.wav was removed from it long ago.
    sql(&library, "UPDATE file SET device = 77 WHERE path_text LIKE '%/disk/%'");
    fs::remove_file(library.music().join("disk/c.wav")).expect("removed");
    batch(&library, &["--quiet"], 0);
    let long_ago = "UPDATE file SET updated_at = 1 WHERE status = 'missing'";
    sql(&library, long_ago);
    // Now it is unmounted: an empty directory is left, and b.wav seems to be gone too.
    fs::remove_file(library.music().join("disk/b.wav")).expect("removed");
    batch(&library, &["--quiet"], 0);
    sql(&library, long_ago);
    batch(&library, &["--quiet"], 0);
    assert_eq!(paths(&library).len(), 3, "nothing of the disk is forgotten");
    // The whole root gone: told, nothing forgotten.
    fs::rename(library.music(), beside(&library, "elsewhere")).expect("renamed");
    fs::create_dir(library.music()).expect("made");
    batch(&library, &["--quiet"], 0);
    assert_eq!(paths(&library).len(), 3, "an empty root is a disk that is not mounted");
}

#[test]
fn only_roots_that_were_walked_are_asked() {
    let library = library(&["a.wav", "b.wav"]);
    library.run();
    fs::remove_file(library.music().join("b.wav")).expect("removed");
    library.run();
    let store = Store::open(&library.database(), &Options::default()).expect("opens");
    let prune = |roots: Vec<PathBuf>| {
        let op = Op::PruneOld { before_ms: i64::MAX, roots };
        store.writer().call(op).expect("done")
    };
    assert_eq!(prune(vec![]), Reply::Count(0));
    assert_eq!(prune(vec!["/somewhere/else".into()]), Reply::Count(0));
    assert_eq!(prune(vec![library.music()]), Reply::Count(1));
    store.close().expect("closes");
}
