//! The command line: one test a verb, exit codes, and the contract of field names.

mod common;

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use common::{Library, sine};
use serde_json::Value;

/// Field names of `show --json` and `export` that scripts rely on.
const CONTRACT: &[&str] = &[
    "path",
    "title",
    "artist",
    "album",
    "genre",
    "year",
    "duration_s",
    "codec",
    "sample_rate_hz",
    "channels",
    "bpm",
    "bpm_confidence",
    "bpm_candidates",
    "beats",
    "downbeats",
    "key",
    "key_camelot",
    "key_openkey",
    "key_confidence",
    "key_candidates",
    "tuning_hz",
    "loudness_lufs",
    "loudness_range_lu",
    "true_peak_dbtp",
    "sample_peak_dbfs",
    "replaygain_track_db",
    "replaygain_album_db",
    "replaygain_album_peak_dbtp",
    "r128_album_gain_db",
    "spectral_centroid_hz",
    "mfcc_mean",
    "silence_start_s",
    "silence_end_s",
    "clipping_runs",
];

/// The program with a database of its own and no settings of the user.
fn phonolite(library: &Library) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_phonolite"));
    isolate(&mut command, library);
    command
}

fn isolate(command: &mut Command, library: &Library) {
    command.env_clear().env("HOME", library.music()).env("PHONOLITE_DB", library.database());
}

fn analysed() -> Library {
    let library = Library::with(&["kevin_macleod_vibe_ace.ogg", "half_a_second.wav"]);
    phonolite(&library).arg("analyze").arg(library.music()).assert().code(0);
    library
}

fn json(command: &mut Command) -> Value {
    let output = command.assert().code(0).get_output().stdout.clone();
    serde_json::from_slice(&output).expect("JSON")
}

#[test]
fn show_json_keeps_the_contract() {
    let library = analysed();
    let file = library.music().join("kevin_macleod_vibe_ace.ogg");
    let row = json(phonolite(&library).arg("show").arg(&file).arg("--json"));
    for name in CONTRACT {
        assert!(row.get(name).is_some(), "{name} is missing");
    }
    assert_eq!(row["path"].as_str(), file.to_str());
    assert_eq!(row["codec"], "vorbis");
    assert_eq!(row["genre"], "Jazz");
    assert!(row["beats"].as_array().is_some_and(|beats| beats.len() > 50), "{}", row["beats"]);
    let text = phonolite(&library).arg("show").arg(&file).assert().code(0).get_output().clone();
    assert!(String::from_utf8_lossy(&text.stdout).contains("loudness_lufs"));
    phonolite(&library).args(["show", "no-such-file.mp3"]).assert().code(1);
}

#[test]
fn export_writes_every_file_in_both_formats() {
    let library = analysed();
    let lines = phonolite(&library).arg("export").assert().code(0).get_output().stdout.clone();
    let lines = String::from_utf8(lines).expect("UTF-8");
    let rows: Vec<Value> =
        lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(rows.len(), 2);
    assert!(rows.iter().all(|row| CONTRACT.iter().all(|name| row.get(name).is_some())));
    let csv = library.music().join("all.csv");
    phonolite(&library).args(["export", "--format", "csv", "-o"]).arg(&csv).assert().code(0);
    let csv = fs::read_to_string(csv).expect("written");
    // A comment in the tags has several lines: records begin with their path.
    let folder = library.music().to_string_lossy().into_owned();
    assert_eq!(csv.lines().filter(|line| line.starts_with(&folder)).count(), 2);
    let columns = csv.lines().next().expect("a heading").split(',').collect::<Vec<_>>();
    assert!(CONTRACT.iter().all(|name| columns.contains(name)));
}

#[test]
fn albums_have_the_gain_that_show_tells() {
    let library = analysed();
    let lines =
        phonolite(&library).args(["albums", "--json"]).assert().code(0).get_output().clone();
    let lines = String::from_utf8(lines.stdout).expect("UTF-8");
    let albums: Vec<Value> =
        lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let file = library.music().join("kevin_macleod_vibe_ace.ogg");
    let row = json(phonolite(&library).arg("show").arg(&file).arg("--json"));
    let gain = row["replaygain_album_db"].as_f64().expect("a number");
    assert!(albums.iter().any(|album| album["replaygain_album_db"].as_f64() == Some(gain)));
    assert!(albums.iter().all(|album| album["tracks"] == album["tracks_measured"]));
    let text = phonolite(&library).arg("albums").assert().code(0).get_output().clone();
    assert_eq!(String::from_utf8_lossy(&text.stdout).lines().count(), albums.len());
    let empty = Library::new();
    phonolite(&empty).arg("analyze").arg(empty.music()).assert().code(0);
    phonolite(&empty).arg("albums").assert().code(1);
}

#[test]
fn events_are_json_lines_and_end_with_the_summary() {
    let library = Library::with(&["half_a_second.wav", "broken.flac"]);
    let mut command = phonolite(&library);
    let output = command.arg("analyze").arg(library.music()).arg("--json").assert().code(3);
    let output = String::from_utf8(output.get_output().stdout.clone()).expect("UTF-8");
    let events: Vec<Value> =
        output.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let last = events.last().expect("some");
    assert_eq!(last["event"], "finished");
    assert_eq!(last["files"]["analysed"], 1);
    assert_eq!(last["files"]["failed"], 1);
    assert!(last["store"]["writer"]["commits"].as_u64().is_some_and(|commits| commits > 0));
    let failed = events.iter().find(|event| event["outcome"] == "failed").expect("one failed");
    assert_eq!((&failed["kind"], &failed["stage"]), (&"damaged".into(), &"probe".into()));
}

#[test]
fn errors_are_listed_with_what_to_do() {
    let library = Library::with(&["broken.flac"]);
    phonolite(&library).arg("analyze").arg(library.music()).assert().code(3);
    let row = json(phonolite(&library).args(["errors", "--json"]));
    assert_eq!(row["kind"], "damaged");
    assert!(row["hint"].as_str().is_some_and(|hint| !hint.is_empty()));
    assert!(printed(phonolite(&library).arg("errors")).contains("broken.flac"));
}

/// What a command printed to standard output; it must end with code 0.
fn printed(command: &mut Command) -> String {
    let output = command.assert().code(0).get_output().stdout.clone();
    String::from_utf8(output).expect("UTF-8")
}

#[test]
fn stats_counts_the_library() {
    let library = analysed();
    let glance = json(phonolite(&library).args(["stats", "--json"]));
    assert_eq!((glance["files"].as_u64(), glance["ok"].as_u64()), (Some(2), Some(2)));
    assert!(glance["audio_s"].as_f64().is_some_and(|seconds| (61.0..63.0).contains(&seconds)));
    phonolite(&library).arg("stats").assert().code(0);
}

#[test]
fn config_tells_where_each_value_comes_from() {
    let library = Library::new();
    let settings = library.music().join(".config/phonolite");
    fs::create_dir_all(&settings).expect("made");
    fs::write(settings.join("config.toml"), "jobs = 3\n").expect("written");
    let config = json(phonolite(&library).args(["config", "--json"]));
    assert_eq!(config["jobs"]["value"], "3");
    assert!(config["jobs"]["origin"].as_str().is_some_and(|from| from.contains("config.toml")));
    assert_eq!(config["db"]["origin"], "environment PHONOLITE_DB");
    fs::write(settings.join("config.toml"), "jbos = 3\n").expect("written");
    let wrong = phonolite(&library).arg("stats").assert().code(2).get_output().stderr.clone();
    let wrong = String::from_utf8_lossy(&wrong).into_owned();
    assert!(wrong.contains("jbos") && wrong.contains("`jobs`"), "{wrong}");
}

#[test]
fn dry_run_says_what_it_would_do_and_does_nothing() {
    let library = Library::with(&["half_a_second.wav"]);
    let mut command = phonolite(&library);
    command.arg("analyze").arg(library.music()).arg("--dry-run");
    let output = command.assert().code(0).get_output().stdout.clone();
    assert!(String::from_utf8_lossy(&output).contains("half_a_second.wav"));
    assert!(!library.database().exists(), "no database is made");
}

#[test]
fn completions_and_the_manual_are_printed() {
    let library = Library::new();
    for shell in ["bash", "zsh", "fish"] {
        let completions = printed(phonolite(&library).args(["completions", shell]));
        assert!(completions.contains("phonolite"));
    }
    assert!(printed(phonolite(&library).arg("man")).contains(".TH phonolite"));
}

#[test]
fn the_second_program_is_the_main_verb() {
    let library = Library::with(&["half_a_second.wav"]);
    let mut command = Command::new(env!("CARGO_BIN_EXE_analyze"));
    isolate(&mut command, &library);
    command.arg("--dir").arg(library.music()).assert().code(0);
    assert_eq!(library.rows().len(), 1);
}

#[test]
fn wrong_usage_is_told_in_one_line_with_code_two() {
    let library = Library::new();
    let told = |arguments: &[&str], part: &str| {
        let output = phonolite(&library).args(arguments).assert().code(2).get_output().clone();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(text.contains(part), "{arguments:?}: {text}");
    };
    told(&["analyze"], "name a folder");
    told(&["analyze", "--dir", "no-such-folder"], "no-such-folder");
    told(&["analyze", ".", "--jobs", "0"], "1 to 1024");
    told(&["analyze", ".", "--memory", "tiny"], "512M");
    told(&["analyze", ".", "--include", "[a"], "[a");
    told(&["stats"], "phonolite analyze");
    told(&["analyse-all"], "analyse-all");
}

/// Runs `analyze` over one good file with something wrong with the database.
fn with_database(prepare: impl FnOnce(&Path)) -> (Option<i32>, String) {
    let library = Library::new();
    fs::write(library.music().join("good.wav"), sine(440.0, 1.0)).expect("written");
    prepare(&library.database());
    let output = phonolite(&library).arg("analyze").arg(library.music()).output().expect("runs");
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn a_database_that_is_none_is_refused_untouched() {
    let garbage = b"this is a letter to my aunt, not a database at all".repeat(100);
    let (code, text) = with_database(|path| fs::write(path, &garbage).expect("written"));
    assert_eq!(code, Some(4), "{text}");
    assert!(text.contains("not a database") && text.lines().count() == 1, "{text}");
    let (code, text) = with_database(|path| fs::create_dir(path).expect("made"));
    assert_eq!(code, Some(4), "{text}");
    let (code, text) = with_database(|path| {
        let foreign = rusqlite::Connection::open(path).expect("opens");
        foreign.execute_batch("CREATE TABLE shopping (item TEXT)").expect("made");
    });
    assert_eq!((code, text.lines().count()), (Some(4), 1), "{text}");
}

#[test]
fn a_database_of_a_newer_program_is_refused_untouched() {
    let library = analysed();
    let database = rusqlite::Connection::open(library.database()).expect("opens");
    database.execute_batch("PRAGMA user_version = 9999").expect("set");
    drop(database);
    let before = fs::read(library.database()).expect("readable");
    let mut command = phonolite(&library);
    let output = command.arg("analyze").arg(library.music()).assert().code(4).get_output().clone();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(text.contains("newer") && text.contains("9999"), "{text}");
    assert_eq!(fs::read(library.database()).expect("readable"), before);
}

#[test]
fn a_second_run_is_told_who_holds_the_database() {
    let library = analysed();
    let store =
        phonolite::store::Store::open(&library.database(), &phonolite::store::Options::default());
    let store = store.expect("opens");
    let mut command = phonolite(&library);
    let output = command.arg("analyze").arg(library.music()).assert().code(4).get_output().clone();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(text.contains(&std::process::id().to_string()), "{text}");
    store.close().expect("closes");
}

#[test]
fn every_verb_that_chooses_files_takes_the_same_queries() {
    let library = Library::with(&["dnb_175.ogg", "jig_117.m4a", "broken.flac"]);
    let copy = |name: &str| library.music().join(name);
    fs::copy(copy("dnb_175.ogg"), copy("copy_of_dnb.ogg")).expect("copied");
    phonolite(&library).arg("analyze").arg(library.music()).arg("--quiet").assert().code(3);
    let asked = |arguments: &[&str]| {
        let output = phonolite(&library).args(arguments).output().expect("ran");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        let json = text.lines().map(serde_json::from_str::<Value>).collect::<Result<Vec<_>, _>>();
        let json = json.or_else(|_| serde_json::from_str(&text).map(|whole: Value| vec![whole]));
        (output.status.code(), json.expect("JSON"))
    };
    let groups = |query: &str| asked(&["duplicates", "--json", "--where", query]);
    let (code, found) = groups("path:dnb bpm:170..180");
    assert_eq!((code, found[0]["groups"].as_array().map(Vec::len)), (Some(0), Some(1)));
    assert_eq!(found[0]["recordings"], 1, "only what passes is looked at");
    for query in ["path:copy", "bpm<170"] {
        let (code, found) = groups(query);
        assert_eq!((code, found[0]["groups"].as_array().map(Vec::len)), (Some(1), Some(0)));
    }
    let (code, albums) = asked(&["albums", "--json", "--where", "path:copy"]);
    assert_eq!((code, albums.len()), (Some(0), 1));
    let files = asked(&["albums", "--json"]).1.iter().map(|a| a["files"].as_u64()).max();
    assert_eq!(albums[0]["files"].as_u64(), files.flatten(), "an album is told as a whole");
    let (code, stats) = asked(&["stats", "--json", "--where", "path:dnb"]);
    assert_eq!((code, &stats[0]["files"], &stats[0]["tracks"]), (Some(0), &2.into(), &1.into()));
    assert_eq!(stats[0]["failed"], 0);
    assert_eq!(asked(&["stats", "--json", "--where", "bpm>999"]).0, Some(1));
    let failed = |query: &str| asked(&["errors", "--json", "--where", query]).1.len();
    assert_eq!((failed("path:broken added<1d"), failed("path:dnb")), (1, 0));
    // Two that are given must both be passed, whatever stands in them.
    let both = ["query", "--where", "path:dnb or path:jig", "--where", "bpm<150", "--json"];
    assert_eq!(asked(&both).1.len(), 1);
    let file = copy("dnb_175.ogg");
    let file = file.to_str().expect("UTF-8");
    for verb in [
        &["duplicates"][..],
        &["albums"],
        &["stats"],
        &["errors"],
        &["export"],
        &["query"],
        &["playlist"],
        &["similar", file],
        &["set", "bpm=100"],
        &["retempo", "--times", "2"],
        &["tag"],
    ] {
        let output = phonolite(&library).args(verb).args(["--where", "bmp:3"]).output();
        let output = output.expect("ran");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(told.contains("did you mean `bpm`") && told.contains("^^^"), "{verb:?}: {told}");
        assert_eq!(output.status.code(), Some(2), "{verb:?}");
    }
}
