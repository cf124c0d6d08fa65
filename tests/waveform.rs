//! `phonolite waveform`: from the database and from the file, pictures and numbers, and what can be wrong.

mod common;

use std::fs;

use assert_cmd::Command;
use common::{Library, sine};
use serde_json::Value;

const SONG: &str = "dnb_175.ogg";

fn phonolite(library: &Library) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_phonolite"));
    command.env_clear().env("HOME", library.music()).env("PHONOLITE_DB", library.database());
    command.current_dir(library.music());
    command
}

fn printed(command: &mut Command) -> Vec<u8> {
    command.assert().code(0).get_output().stdout.clone()
}

fn numbers(library: &Library, arguments: &[&str]) -> Value {
    let output = printed(phonolite(library).arg("waveform").args(arguments).arg("--json"));
    serde_json::from_slice(&output).expect("JSON")
}

#[test]
fn the_database_and_the_file_give_the_same() {
    let library = Library::with(&[SONG]);
    let fresh = numbers(&library, &[SONG, "--structure"]);
    assert!(!library.database().exists(), "nothing is stored");
    phonolite(&library).args(["analyze", "--quiet", "."]).assert().code(0);
    let mut stored = numbers(&library, &[SONG, "--structure"]);
    let by_number = numbers(&library, &["1", "--structure"]);
    assert_eq!(stored, by_number);
    // A vector is kept in single precision, a path as it was scanned.
    stored["path"] = fresh["path"].clone();
    assert_eq!(stored, fresh);
    let count = fresh["min"].as_array().map_or(0, Vec::len);
    assert!((320..=640).contains(&count));
    for name in ["max", "rms", "low", "mid", "high"] {
        assert_eq!(fresh[name].as_array().map(Vec::len), Some(count), "{name}");
    }
    assert!(fresh["sections"].is_array() && numbers(&library, &[SONG]).get("sections").is_none());
}

#[test]
fn a_file_that_changed_is_read_again() {
    let library = Library::new();
    let file = library.music().join("a.wav");
    fs::write(&file, sine(440.0, 2.0)).expect("written");
    phonolite(&library).args(["analyze", "--quiet", "."]).assert().code(0);
    fs::write(&file, sine(440.0, 5.0)).expect("written");
    assert_eq!(numbers(&library, &["a.wav"])["duration_s"], 5.0);
}

#[test]
fn pictures_are_what_their_ending_says() {
    let library = Library::with(&[SONG]);
    let made = |name: &str, arguments: &[&str]| {
        let mut command = phonolite(&library);
        command.args(["waveform", SONG, "-o", name]).args(arguments);
        assert!(printed(&mut command).is_empty());
        fs::read(library.music().join(name)).expect("written")
    };
    let svg = String::from_utf8(made("a.svg", &["--structure"])).expect("text");
    assert!(svg.starts_with("<svg ") && svg.contains("mix out") && svg.ends_with("</svg>\n"));
    let png = made("b.PNG", &["--width", "300", "--height", "50", "--mono"]);
    assert_eq!(png[..8], *b"\x89PNG\r\n\x1a\n");
    assert_eq!(png[16..24], [0, 0, 1, 44, 0, 0, 0, 50]);
    let plain = printed(phonolite(&library).args(["waveform", SONG]));
    assert!(plain.starts_with(b"<svg ") && plain.len() < 200_000);
}

#[test]
fn odd_files_and_odd_wishes_are_told_with_their_code() {
    let library = Library::with(&["broken.flac", "half_a_second.wav"]);
    let told = |arguments: &[&str], code: i32, part: &str| {
        let mut command = phonolite(&library);
        let output = command.arg("waveform").args(arguments).assert().code(code);
        let text = String::from_utf8_lossy(&output.get_output().stderr).into_owned();
        assert!(text.contains(part), "{arguments:?}: {text}");
    };
    told(&["no-such-file.mp3"], 1, "neither a file nor in the database");
    told(&["7"], 1, "7");
    told(&["broken.flac"], 3, "damaged");
    told(&["half_a_second.wav", "-o", "a.jpg"], 2, ".svg or .png");
    told(&["half_a_second.wav", "-o", "no-such-folder/a.svg"], 4, "no-such-folder");
    told(&["half_a_second.wav", "--width", "0"], 2, "16");
    told(&["half_a_second.wav", "--mono", "--colour"], 2, "cannot be used with");
    let half = numbers(&library, &["half_a_second.wav", "--structure"]);
    assert_eq!(half["mix_in_s"], Value::Null);
    fs::write(library.music().join("silence.wav"), common::wave(44_100, 1, &vec![0; 44_100]))
        .expect("written");
    let silence = numbers(&library, &["silence.wav", "--structure"]);
    assert_eq!((&silence["sections"], silence["rms"][3].as_f64()), (&Value::Null, Some(0.0)));
}
