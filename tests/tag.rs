//! Tags are written where they were asked for, nothing else changes, and all of it can be taken back.

#![allow(clippy::panic, reason = "a test ends so")]

mod common;

use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use common::{Library, sine};
use phonolite::audio::{Limits, payload_hash};
use serde_json::Value;

/// One file of each way of holding tags.
const FILES: [&str; 6] =
    ["lame.mp3", "flac.flac", "vorbis.ogg", "opus.opus", "aac.m4a", "flac.oga"];

fn phonolite(library: &Library) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_phonolite"));
    let database = library.database();
    command.env_clear().env("HOME", library.music()).env("PHONOLITE_DB", database);
    command
}

/// A library of fixtures and a tone, analysed, each at 128 beats per minute in A minor.
fn library(names: &[&str]) -> Library {
    let library = Library::new();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    for name in names {
        let bytes = fs::read(fixtures.join(name)).expect("a fixture");
        fs::write(library.music().join(name), bytes).expect("copied");
    }
    fs::write(library.music().join("tone.wav"), sine(440.0, 1.0)).expect("written");
    library.run();
    let set = ["set", "--where", "", "bpm=128", "key=Am"];
    phonolite(&library).args(set).assert().code(0);
    library
}

fn path(library: &Library, name: &str) -> PathBuf {
    library.music().join(name)
}

/// Runs `tag` with `--json`, and returns the lines of the files and the counts.
fn tag(library: &Library, arguments: &[&str], code: i32) -> (Vec<Value>, Value) {
    let mut command = phonolite(library);
    command.arg("tag").args(arguments).arg("--json");
    let output = command.assert().code(code).get_output().stdout.clone();
    let text = String::from_utf8(output).expect("UTF-8");
    let mut lines: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let summary = lines.pop().expect("a summary")["summary"].clone();
    (lines, summary)
}

fn of<'a>(lines: &'a [Value], name: &str) -> &'a Value {
    let named = |line: &&Value| line["path"].as_str().is_some_and(|path| path.ends_with(name));
    lines.iter().find(named).unwrap_or_else(|| panic!("{name} is not in {lines:?}"))
}

fn contents(library: &Library) -> Vec<(PathBuf, Vec<u8>, i64)> {
    let mut files: Vec<_> = fs::read_dir(library.music())
        .expect("readable")
        .map(|entry| entry.expect("an entry").path())
        .map(|path| {
            let time = fs::metadata(&path).expect("there");
            let time = time.mtime() * 1_000_000_000 + time.mtime_nsec();
            (path.clone(), fs::read(path).expect("readable"), time)
        })
        .collect();
    files.sort();
    files
}

fn set_value(library: &Library, name: &str, assignment: &str) {
    phonolite(library).arg("set").arg(path(library, name)).arg(assignment).assert().code(0);
}

#[test]
fn a_dry_run_writes_nothing_and_a_run_does_what_it_said() {
    let library = library(&FILES);
    let before = contents(&library);
    let (proposed, summary) = tag(&library, &["--where", ""], 0);
    assert_eq!(summary["changed"], 7);
    assert_eq!(contents(&library), before);
    let sound = |name: &str| payload_hash(&path(&library, name), &Limits::default()).unwrap();
    let sounds = FILES.map(sound);
    let (written, summary) = tag(&library, &["--where", "", "--apply"], 0);
    assert_eq!((summary["changed"].as_u64(), summary["run"].as_u64()), (Some(7), Some(1)));
    for name in FILES {
        assert_eq!(of(&written, name)["changes"], of(&proposed, name)["changes"]);
        assert_eq!(of(&written, name)["outcome"], "written");
    }
    assert_eq!(FILES.map(sound), sounds);
    let names = fs::read_dir(library.music()).unwrap().count();
    assert_eq!(names, FILES.len() + 1, "nothing is left beside the files");
    let (again, summary) = tag(&library, &["--where", "", "--apply"], 0);
    assert_eq!(summary["changed"], 0, "{again:?}");
    let counts = library.run().counts;
    assert_eq!((counts.unchanged, counts.scanned), (7, 7), "the library knows what was written");
    let row = library.rows().into_iter().find(|row| row.contains("lame.mp3")).expect("there");
    assert!(row.contains(r#""tag_bpm":128.0"#) && row.contains(r#""tag_key":"Am""#), "{row}");
}

#[test]
fn undo_gives_back_bytes_and_times_and_can_be_undone() {
    let library = library(&FILES);
    let before = contents(&library);
    tag(&library, &["--where", "", "--apply", "--write", "all"], 0);
    let tagged: Vec<Vec<u8>> = contents(&library).into_iter().map(|(_, bytes, _)| bytes).collect();
    let (_, summary) = tag(&library, &["--undo", "last"], 0);
    assert_eq!((summary["changed"].as_u64(), summary["applied"].as_bool()), (Some(7), Some(false)));
    tag(&library, &["--undo", "1", "--apply"], 0);
    assert_eq!(contents(&library), before);
    assert_eq!(library.run().counts.unchanged, 7);
    phonolite(&library).args(["tag", "--undo", "last"]).assert().code(2);
    phonolite(&library).args(["tag", "--undo", "77"]).assert().code(2);
    tag(&library, &["--undo", "2", "--apply"], 0);
    let again: Vec<Vec<u8>> = contents(&library).into_iter().map(|(_, bytes, _)| bytes).collect();
    assert_eq!(again, tagged);
    let history = phonolite(&library).args(["tag", "--history"]).assert().code(0);
    let history = String::from_utf8(history.get_output().stdout.clone()).expect("UTF-8");
    assert_eq!(history.lines().count(), 3);
    assert!(history.contains("takes back 1"), "{history}");
}

#[test]
fn what_a_run_wrote_before_it_died_can_be_taken_back_as_the_last() {
    let library = library(&["lame.mp3"]);
    let before = contents(&library);
    tag(&library, &["--where", "", "--apply"], 0);
    // Killed between the rename and the note of it.
    let journal = rusqlite::Connection::open(library.database()).expect("a database");
    journal.execute("UPDATE tag_edit SET written_at = NULL", []).expect("changed");
    drop(journal);
    let (_, summary) = tag(&library, &["--undo", "last", "--apply"], 0);
    assert_eq!(summary["changed"], 2);
    assert_eq!(contents(&library), before);
    phonolite(&library).args(["tag", "--undo", "last"]).assert().code(2);
}

#[test]
fn what_changed_since_is_refused_and_the_others_go_on() {
    let library = library(&["lame.mp3"]);
    fs::write(path(&library, "tone.wav"), sine(880.0, 1.0)).expect("written");
    for apply in [&["--where", ""][..], &["--where", "", "--apply"]] {
        let (lines, summary) = tag(&library, apply, 3);
        assert_eq!(of(&lines, "tone.wav")["error"]["kind"], "changed");
        assert_eq!((summary["changed"].as_u64(), summary["refused"].as_u64()), (Some(1), Some(1)));
    }
    assert_eq!(fs::read(path(&library, "tone.wav")).unwrap(), sine(880.0, 1.0));
    // A file that was touched is no other file.
    let bytes = fs::read(path(&library, "lame.mp3")).unwrap();
    fs::write(path(&library, "lame.mp3"), &bytes).expect("touched");
    set_value(&library, "lame.mp3", "bpm=64");
    let (lines, _) = tag(&library, &["--where", "", "--apply"], 3);
    assert_eq!(of(&lines, "lame.mp3")["outcome"], "written");
    // What somebody changed after us is not taken back.
    let mut bytes = fs::read(path(&library, "lame.mp3")).unwrap();
    let at = bytes.windows(4).position(|bytes| bytes == b"TKEY").unwrap();
    bytes[at + 11..at + 13].copy_from_slice(b"Bm");
    fs::write(path(&library, "lame.mp3"), &bytes).expect("edited");
    let (lines, _) = tag(&library, &["--undo", "last", "--apply"], 3);
    assert_eq!(of(&lines, "lame.mp3")["error"]["kind"], "changed");
    assert_eq!(fs::read(path(&library, "lame.mp3")).unwrap(), bytes);
}

#[test]
fn what_others_set_is_kept_without_force() {
    let library = library(&["vorbis.ogg"]);
    tag(&library, &["--where", "", "--apply", "--write", "bpm,key"], 0);
    // A library that has no journal of it takes it for somebody else's.
    fs::remove_file(library.database()).expect("removed");
    library.run();
    let all = ["--where", ""];
    phonolite(&library).args(["set", "--where", "", "bpm=90", "key=8A"]).assert().code(0);
    let apply = |more: &[&str]| {
        tag(&library, &[&all[..], &["--apply", "--write", "bpm,key"], more].concat(), 0)
    };
    let (lines, summary) = apply(&["--key-format", "camelot"]);
    let changes = &of(&lines, "vorbis.ogg")["changes"];
    assert_eq!(changes[0]["action"], "keep");
    assert_eq!((&changes[1]["action"], &changes[1]["old"]), (&"same".into(), &"Am".into()));
    assert_eq!((summary["changed"].as_u64(), summary["kept"].as_u64()), (Some(0), Some(2)));
    let (lines, _) = apply(&["--key-format", "camelot", "--force"]);
    assert_eq!(of(&lines, "vorbis.ogg")["changes"][1]["new"], "8A");
    // Now it is ours, and may follow what we know.
    phonolite(&library).args(["set", "--where", "", "bpm=91.5"]).assert().code(0);
    let (lines, _) = apply(&["--bpm-format", "decimal"]);
    assert_eq!(of(&lines, "vorbis.ogg")["changes"][0]["new"], "91.50");
    let (lines, _) = tag(&library, &["--where", "", "--remove", "bpm", "--apply"], 0);
    assert_eq!(of(&lines, "vorbis.ogg")["changes"][0]["action"], "remove");
}

#[test]
fn opus_has_gains_of_its_own() {
    let library = library(&["opus.opus"]);
    let tags = |gain: &str| {
        let (lines, _) =
            tag(&library, &["--where", "", "--opus-gain", gain, "--write", "replaygain"], 0);
        let changes = of(&lines, "opus.opus")["changes"].as_array().expect("a list").clone();
        changes.iter().map(|c| c["tag"].as_str().expect("text").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(tags("r128"), ["r128_track_gain", "r128_album_gain"]);
    assert_eq!(tags("replaygain").len(), 4);
    assert_eq!(tags("both").len(), 6);
    let (lines, _) = tag(&library, &["--where", "", "--write", "replaygain"], 0);
    let loudness = library.rows().into_iter().find(|row| row.contains("opus.opus")).unwrap();
    let loudness: Value = serde_json::from_str(&loudness).unwrap();
    let expected = (256.0 * (-23.0 - loudness["loudness_lufs"].as_f64().unwrap())).round();
    assert_eq!(of(&lines, "opus.opus")["changes"][0]["new"], format!("{expected}"));
    assert!(of(&lines, "tone.wav")["changes"][0]["new"].as_str().unwrap().ends_with(" dB"));
}

#[test]
fn read_only_files_and_folders_are_left_and_told() {
    let library = library(&["lame.mp3", "vorbis.ogg"]);
    let mode = |path: &Path, mode: u32| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("set");
    };
    mode(&path(&library, "lame.mp3"), 0o444);
    let (lines, summary) = tag(&library, &["--where", "", "--apply"], 3);
    let message = of(&lines, "lame.mp3")["error"]["message"].as_str().unwrap().to_owned();
    assert!(message.ends_with("lame.mp3 is read-only"), "{message}");
    assert_eq!(summary["changed"], 2);
    mode(&path(&library, "lame.mp3"), 0o640);
    mode(&library.music(), 0o555);
    let before = contents(&library);
    let (_, summary) = tag(&library, &["--where", "", "--apply"], 3);
    assert_eq!(summary["refused"], 3);
    assert_eq!(contents(&library), before);
    mode(&library.music(), 0o755);
    tag(&library, &["--where", "", "--apply"], 0);
    let kept = fs::metadata(path(&library, "lame.mp3")).unwrap().permissions().mode() & 0o777;
    assert_eq!(kept, 0o640);
}

#[test]
fn links_are_followed_and_names_are_not_parted_unasked() {
    let library = library(&["lame.mp3"]);
    let outside = tempfile::tempdir().unwrap();
    let (real, link) = (outside.path().join("real.mp3"), path(&library, "lame.mp3"));
    fs::rename(&link, &real).unwrap();
    symlink(&real, &link).unwrap();
    let file = link.to_str().unwrap();
    tag(&library, &[file, "--apply"], 0);
    assert!(link.is_symlink());
    assert!(fs::read(&real).unwrap().windows(4).any(|bytes| bytes == b"TKEY"));
    let other = outside.path().join("other.mp3");
    fs::hard_link(&real, &other).unwrap();
    let (lines, _) = tag(&library, &[file, "--apply", "--write", "comment"], 3);
    let message = lines[0]["error"]["message"].as_str().unwrap();
    assert!(message.contains("2 names") && message.contains("--split-links"), "{message}");
    let before = fs::read(&other).unwrap();
    tag(&library, &[file, "--apply", "--write", "comment", "--split-links"], 0);
    assert_eq!(fs::read(&other).unwrap(), before);
    assert_ne!(fs::read(&real).unwrap(), before);
}

#[test]
fn names_may_have_any_bytes_and_times_may_stay() {
    let library = library(&[]);
    let name = std::ffi::OsStr::from_bytes(b"no \xff utf-8 \n.wav");
    let path = library.music().join(name);
    fs::rename(library.music().join("tone.wav"), &path).unwrap();
    library.run();
    let time = fs::metadata(&path).unwrap().modified().unwrap();
    let run = |more: &str| {
        phonolite(&library).arg("tag").arg(&path).args(["--apply", more]).assert().code(0)
    };
    run("--keep-mtime");
    assert!(fs::read(&path).unwrap().windows(4).any(|bytes| bytes == b"TKEY"));
    assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), time);
    assert_eq!(library.run().counts.unchanged, 1);
    // Undo finds a file that was moved meanwhile.
    fs::rename(&path, library.music().join("moved.wav")).unwrap();
    library.run();
    tag(&library, &["--undo", "last", "--apply"], 0);
    assert_eq!(fs::read(library.music().join("moved.wav")).unwrap(), sine(440.0, 1.0));
}

#[test]
fn mistakes_in_the_command_line_are_told() {
    let library = library(&[]);
    let told = |arguments: &[&str], expected: &str| {
        let output = phonolite(&library).arg("tag").args(arguments).assert().code(2);
        let text = String::from_utf8_lossy(&output.get_output().stderr).into_owned();
        assert!(text.contains(expected), "{text}");
    };
    told(&["--where", "", "--write", "bmp"], "there is no tag `bmp`: bpm, key");
    told(&["--where", "", "--remove", "title"], "there is no tag `title`");
    told(&["--where", "bmp>3"], "bmp");
    told(&[], "no files");
    told(&["/no/such/file.mp3"], "is not in the library");
    told(&["--undo", "last"], "there is no run `last`");
    phonolite(&library).args(["tag", "--history"]).assert().code(1);
    phonolite(&library).args(["tag", "--where", "genre:none"]).assert().code(1);
}
