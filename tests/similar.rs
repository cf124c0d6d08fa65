//! Similar tracks, from files to answers: the matrix beside the database is used, renewed and never
//! trusted.

mod common;

use std::fs;
use std::path::Path;

use common::{Library, samples, sine};
use phonolite::search::{self, SearchError, cache_path};
use phonolite::store::Readers;

const SONGS: [&str; 4] =
    ["ballad_68.flac", "dnb_175.ogg", "jazz_swing_132.mp3", "prog_five_four_128.opus"];

fn similar(library: &Library, arguments: &[&str]) -> (i32, String, String) {
    let output = assert_cmd::Command::new(env!("CARGO_BIN_EXE_phonolite"))
        .env_clear()
        .env("HOME", library.music())
        .arg("similar")
        .args(arguments)
        .arg("--db")
        .arg(library.database())
        .output()
        .expect("runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().expect("no signal"), text(&output.stdout), text(&output.stderr))
}

fn song(library: &Library, name: &str) -> String {
    library.music().join(name).to_string_lossy().into_owned()
}

fn add(library: &Library, name: &str) {
    fs::copy(samples().join(name), library.music().join(name)).expect("copied");
    library.run();
}

#[test]
fn the_matrix_is_kept_renewed_and_never_trusted() {
    let library = Library::with(&SONGS);
    library.run();
    let cache = cache_path(&library.database());
    let open = || search::open(&library.readers(), &library.database()).expect("opens");
    assert_eq!(open().len(), 4);
    let first = fs::read(&cache).expect("kept");
    assert!(open().is_mapped(), "a file that is up to date is mapped");
    assert_eq!(fs::read(&cache).expect("kept"), first, "and left alone");

    for damage in [&first[..first.len() / 2], b"", b"rubbish", &[first.clone(), vec![1]].concat()] {
        fs::write(&cache, damage).expect("written");
        assert_eq!(open().len(), 4);
        assert_eq!(fs::read(&cache).expect("kept"), first, "made anew, byte for byte");
    }

    add(&library, "jig_117.m4a");
    assert_eq!(open().len(), 5, "a newer library makes the file stale");
    library.run();
    let second = fs::read(&cache).expect("kept");
    open();
    assert_eq!(fs::read(&cache).expect("kept"), second, "a run that changed nothing does not");
    let left: Vec<_> = fs::read_dir(cache.parent().expect("a folder")).expect("readable").collect();
    assert!(left.iter().flatten().all(|e| !e.path().to_string_lossy().ends_with(".part")));
}

#[test]
fn a_place_that_cannot_be_written_is_no_obstacle() {
    let library = Library::with(&SONGS[..2]);
    library.run();
    // A folder in the way stands for a disk that cannot be written to, also for a test run by root.
    fs::create_dir(cache_path(&library.database())).expect("made");
    let matrix = search::open(&library.readers(), &library.database()).expect("opens");
    assert!(matrix.len() == 2 && !matrix.is_mapped());
}

#[test]
fn an_empty_library_says_so() {
    let library = Library::new();
    library.run();
    let opened = search::open(&library.readers(), &library.database());
    assert!(matches!(opened, Err(SearchError::Empty)));
    let readers = Readers::empty().expect("in memory");
    assert!(matches!(search::open(&readers, Path::new("/nowhere/x")), Err(SearchError::Empty)));
}

#[test]
fn only_what_passes_a_query_answers() {
    let library = Library::with(&SONGS);
    library.run();
    let asked = |query: &str| similar(&library, &[&song(&library, SONGS[0]), "--where", query]);
    let name = SONGS[1].split('.').next().expect("a name");
    let (code, one, _) = asked(&format!("path:{name}"));
    assert_eq!((code, one.lines().count()), (0, 2), "a heading and the one that passes: {one}");
    assert!(one.contains(SONGS[1]), "{one}");
    let (code, ..) = asked("bpm:300..310");
    assert_eq!(code, 1, "nobody passes");
    let (code, _, error) = asked("nonsense:1");
    assert!(code == 2 && error.contains("nonsense"), "{error}");
}

#[test]
fn the_verb_answers_in_words_and_in_json() {
    let library = Library::with(&SONGS);
    library.run();
    let (code, table, _) = similar(&library, &[&song(&library, SONGS[0]), "--explain"]);
    assert_eq!(code, 0);
    assert_eq!(table.lines().count(), 4, "a heading and three others:\n{table}");
    assert!(table.contains("timbre") && table.contains(SONGS[1]) && !table.contains(SONGS[0]));

    let (code, json, _) = similar(&library, &[&song(&library, SONGS[0]), "-n", "2", "--json"]);
    let answer: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let found = answer["similar"].as_array().expect("a list");
    assert!(code == 0 && found.len() == 2);
    assert!(found[0]["distance"].as_f64() <= found[1]["distance"].as_f64());
    assert!(found[0]["aspects"]["rhythm"].as_f64().is_some_and(|d| d > 0.0));
}

#[test]
fn a_file_outside_the_library_is_heard_at_once() {
    let library = Library::with(&SONGS);
    library.run();
    let outside = library.database().with_file_name("outside.flac");
    fs::copy(samples().join(SONGS[0]), &outside).expect("copied");
    let (code, json, told) = similar(&library, &[&outside.to_string_lossy(), "--json"]);
    let answer: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let best = &answer["similar"][0];
    assert!(code == 0 && told.contains("not in the library"), "{told}");
    assert!(best["path"].as_str().is_some_and(|path| path.ends_with(SONGS[0])), "{json}");
    assert!(best["distance"].as_f64().is_some_and(|d| d <= 0.0), "the same sound: {json}");
}

#[test]
fn what_cannot_be_answered_says_why() {
    let library = Library::new();
    let (code, _, told) = similar(&library, &["x.flac"]);
    assert!(code == 2 && told.contains("analyze"), "no database: {told}");
    library.run();
    let (code, out, told) = similar(&library, &["x.flac"]);
    assert!(code == 1 && out.is_empty() && told.contains("no track"), "empty: {told}");

    let library = Library::with(&SONGS[..1]);
    fs::write(library.music().join("tone.wav"), sine(440.0, 2.0)).expect("written");
    library.run();
    let own = song(&library, SONGS[0]);
    let (code, _, told) = similar(&library, &["no-such-file.mp3"]);
    assert!(code == 2 && told.contains("neither in the library nor a file"), "{told}");
    for (weights, reason) in [("tone=1", "no aspect"), ("timbre=-1", "0 to 1000"), ("x", "form")] {
        let (code, _, told) = similar(&library, &[&own, "--weights", weights]);
        assert!(code == 2 && told.contains(reason), "{weights}: {told}");
    }
    let (code, _, told) = similar(&library, &[&own, "--same-artist"]);
    assert!(code == 1 && told.contains("no other track"), "{told}");
    let broken = samples().join("broken.flac").to_string_lossy().into_owned();
    let (code, _, told) = similar(&library, &[&broken]);
    assert!(code == 2 && told.contains("cannot be analysed"), "{told}");
    let silent = library.database().with_file_name("silent.wav");
    fs::write(&silent, common::wave(22_050, 1, &vec![0; 30_000])).expect("written");
    let (code, _, told) = similar(&library, &[&silent.to_string_lossy()]);
    assert!(code == 2 && told.contains("silent"), "{told}");
}
