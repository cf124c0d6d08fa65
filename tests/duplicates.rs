//! Duplicates: copies are found whatever was done to them, strangers and parts are not proposed.

mod common;

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use common::{Library, samples, wave};
use phonolite::audio::{self, CHUNK_FRAMES, Chunk, Limits};
use phonolite::duplicates::{Group, Kind, Options, Report, find};
use serde_json::Value;

/// A sample in mono as 16-bit numbers, and its rate.
fn decoded(name: &str) -> (Vec<i16>, u32) {
    let mut source = audio::open(&samples().join(name), &Limits::default()).expect("opens");
    let spec = source.spec().clone();
    let mut chunk = Chunk::with_capacity(spec.channels.count(), CHUNK_FRAMES);
    let mut all = Vec::new();
    loop {
        chunk.reset(spec.channels.count());
        if source.fill(&mut chunk, CHUNK_FRAMES).expect("decodes") == 0 {
            return (all, spec.rate.get());
        }
        let right = chunk.planes().last().unwrap_or(&[]);
        let mixed = chunk.plane(0).iter().zip(right).map(|(left, right)| (left + right) / 2.0);
        all.extend(mixed.map(|sample| (sample * 32_767.0) as i16));
    }
}

fn noise(seed: u32, count: u32) -> Vec<i16> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 18) as i16
    };
    (0..count).map(|_| next()).collect()
}

fn put(library: &Library, name: &str, rate: u32, samples: &[i16]) {
    fs::write(library.music().join(name), wave(rate, 1, samples)).expect("written");
}

fn found(library: &Library) -> Report {
    find(&library.readers(), &Options::default()).expect("reads")
}

fn name(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).expect("a name")
}

fn others(group: &Group) -> Vec<&str> {
    let mut names: Vec<&str> = group.others.iter().map(|other| name(&other.copy.path)).collect();
    names.sort_unstable();
    names
}

/// A sample, its copies, a part of it, and strangers.
fn library() -> Library {
    let library = Library::with(&["jazz_swing_132.mp3"]);
    let (jazz, rate) = decoded("jazz_swing_132.mp3");
    let seconds = |count: u32| (rate * count) as usize;
    let soft: Vec<i16> = jazz[seconds(3)..].iter().map(|sample| sample / 2).collect();
    put(&library, "soft.wav", rate, &soft);
    put(&library, "part.wav", rate, &jazz[seconds(5)..seconds(20)]);
    let folder = library.music().join("again");
    fs::create_dir(&folder).expect("made");
    fs::copy(samples().join("jazz_swing_132.mp3"), folder.join("jazz.mp3")).expect("copied");
    let (ballad, rate) = decoded("ballad_68.flac");
    put(&library, "ballad.wav", rate, &ballad[..(rate * 20) as usize]);
    for (name, seconds) in [("silence_10.wav", 10), ("silence_11.wav", 11)] {
        put(&library, name, 22_050, &vec![0; 22_050 * seconds]);
    }
    for seed in [1, 2] {
        put(&library, &format!("noise_{seed}.wav"), 22_050, &noise(seed, 22_050 * 10));
        put(&library, &format!("short_{seed}.wav"), 22_050, &noise(seed, 22_050));
    }
    library.run();
    library
}

#[test]
fn copies_are_found_and_strangers_are_not() {
    let library = library();
    let report = found(&library);
    let [group] = report.groups.as_slice() else { unreachable!("{:?}", report.groups) };
    assert_eq!(group.kind, Kind::Same);
    assert_eq!(name(&group.keep.path), "soft.wav", "lossless over lossy");
    assert_eq!(others(group), ["jazz.mp3", "jazz_swing_132.mp3"]);
    for other in &group.others {
        assert!(other.similarity > 0.85 && !other.exact, "{other:?}");
        assert!((other.offset_s + 3.0).abs() < 0.2, "it begins 3 s earlier: {}", other.offset_s);
        assert!(other.reasons[0].starts_with("lossy (mp3) against lossless"), "{other:?}");
    }
    let parts: Vec<_> = report
        .partial
        .iter()
        .map(|part| (name(&part.first.path), name(&part.second.path)))
        .collect();
    assert_eq!(parts.len(), 1, "{parts:?}");
    assert!([parts[0].0, parts[0].1].contains(&"part.wav"), "{parts:?}");
    // Two short files and one that is silent have no payload in common with anything.
    assert_eq!((report.recordings, report.without_fingerprint), (10, 2));
    the_command_says_the_same(&library);
}

fn phonolite(library: &Library) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_phonolite"));
    command.env_clear().env("HOME", library.music()).env("PHONOLITE_DB", library.database());
    command.arg("duplicates");
    command
}

fn the_command_says_the_same(library: &Library) {
    let output = phonolite(library).arg("--json").assert().code(0).get_output().clone();
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let group = &report["groups"][0];
    assert_eq!(group["kind"], "same");
    assert!(group["keep"]["path"].as_str().is_some_and(|path| path.ends_with("soft.wav")));
    assert_eq!(group["others"].as_array().map(Vec::len), Some(2));
    let text = phonolite(library).assert().code(0).get_output().stdout.clone();
    let text = String::from_utf8_lossy(&text).into_owned();
    assert!(text.contains("keep") && text.contains("soft.wav"), "{text}");
    let below = library.music().join("again");
    phonolite(library).arg("--where-path").arg(below).assert().code(1);
    phonolite(library).args(["--min-similarity", "0.2"]).assert().code(2);
    assert!(library.music().join("jazz_swing_132.mp3").exists(), "nothing is deleted");
}

#[test]
fn files_with_equal_payload_are_a_class_of_their_own() {
    let library = Library::with(&["half_a_second.wav"]);
    let folder = library.music().join("a much longer name of a folder");
    fs::create_dir(&folder).expect("made");
    fs::copy(samples().join("half_a_second.wav"), folder.join("copy.wav")).expect("copied");
    library.run();
    let report = found(&library);
    let [group] = report.groups.as_slice() else { unreachable!("{:?}", report.groups) };
    assert_eq!((group.kind, others(group)), (Kind::Exact, vec!["copy.wav"]));
    assert!(group.others[0].exact && group.others[0].reasons.is_empty());
    assert_eq!(group.others_bytes, group.others[0].copy.size_bytes);
}

#[test]
fn an_empty_library_has_no_duplicates() {
    let library = Library::new();
    phonolite(&library).assert().code(2);
    library.run();
    assert!(found(&library).is_empty());
    phonolite(&library).assert().code(1);
}

#[test]
fn the_fingerprint_of_a_file_is_printed_as_fpcalc_does() {
    let library = Library::new();
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_phonolite"));
        command.env_clear().env("HOME", library.music()).arg("fingerprint").args(arguments);
        command.output().expect("runs")
    };
    let file = samples().join("sorohanro_solo_trumpet_06.ogg");
    let file = file.to_str().expect("UTF-8");
    let text = run(&[file]);
    let text = String::from_utf8(text.stdout).expect("UTF-8");
    assert!(text.starts_with("DURATION=") && text.contains("\nFINGERPRINT=AQ"), "{text}");
    let json: Value =
        serde_json::from_slice(&run(&["--json", "--raw", file]).stdout).expect("JSON");
    assert!(json["fingerprint"].as_array().is_some_and(|hashes| !hashes.is_empty()));
    assert!(json["duration"].as_f64().is_some_and(|seconds| seconds > 2.0));
    let short = samples().join("half_a_second.wav");
    assert_eq!(run(&[short.to_str().expect("UTF-8")]).status.code(), Some(1));
    assert_eq!(run(&["no-such-file.mp3"]).status.code(), Some(4));
    assert_eq!(run(&[]).status.code(), Some(2));
}
