//! Queries, corrections and playlists as their user meets them: over the samples, by the program.

mod common;

use assert_cmd::Command;
use common::Library;
use std::path::{Path, PathBuf};

const SAMPLES: &[&str] = &[
    "dnb_175.ogg",
    "jazz_swing_132.mp3",
    "jig_117.m4a",
    "ballad_68.flac",
    "prog_five_four_128.opus",
    "sorohanro_solo_trumpet_06.ogg",
];

fn phonolite(library: &Library, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::cargo_bin("phonolite").expect("built");
    command.env_clear().env("HOME", library.database().parent().expect("in a folder"));
    let output = command.arg("--db").arg(library.database()).args(arguments).output().expect("ran");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

fn analysed() -> Library {
    let library = Library::with(SAMPLES);
    library.run();
    library
}

fn path(library: &Library, name: &str) -> String {
    library.music().join(name).to_str().expect("UTF-8").to_owned()
}

#[test]
fn a_query_finds_what_its_labels_say() {
    let library = analysed();
    let names = |query: &str| {
        let (_, out, err) =
            phonolite(&library, &["query", query, "--columns", "path", "--sort", "path"]);
        assert_eq!(err, "", "{query}");
        out.lines()
            .filter_map(|line| Some(Path::new(line).file_name()?.to_str()?.to_owned()))
            .collect::<Vec<_>>()
    };
    // Names and tempi are those of samples/expected.toml.
    assert_eq!(names("bpm:174..176"), ["dnb_175.ogg"]);
    assert_eq!(names("bpm~87.5 duration>10"), ["dnb_175.ogg"]);
    assert_eq!(names("bpm<70 or path:jig"), ["ballad_68.flac", "jig_117.m4a"]);
    assert_eq!(names("codec:flac not bpm>100"), ["ballad_68.flac"]);
    let (code, out, _) = phonolite(&library, &["query", "bpm>999"]);
    assert_eq!((code, out.as_str()), (Some(1), ""), "an empty result");
    let (code, _, err) = phonolite(&library, &["query", "bmp:3"]);
    assert_eq!(code, Some(2));
    assert!(err.contains("did you mean `bpm`") && err.contains("^^^"), "{err}");
}

#[test]
fn what_the_user_sets_counts_and_can_be_taken_back() {
    let library = analysed();
    let file = path(&library, "jazz_swing_132.mp3");
    let (code, ..) = phonolite(&library, &["set", &file, "bpm=66", "key=12B"]);
    assert_eq!(code, Some(0));
    let set = || phonolite(&library, &["query", "bpm:66 key:12B", "--count"]).1;
    assert_eq!(set(), "1\n");
    let (_, shown, _) = phonolite(&library, &["show", "--json", &file]);
    let row: serde_json::Value = serde_json::from_str(&shown).expect("JSON");
    assert_eq!((row["bpm"].as_f64(), row["key_camelot"].as_str()), (Some(66.0), Some("12B")));
    phonolite(&library, &["retempo", "--where", "bpm:66", "--times", "2"]);
    assert_eq!(phonolite(&library, &["query", "bpm:132 key:12B", "--count"]).1, "1\n");
    phonolite(&library, &["set", &file, "bpm=none", "key=none"]);
    assert_eq!(set(), "0\n");
    for (arguments, part) in [
        (vec!["set", &file], "nothing to set"),
        (vec!["set", "bpm=3"], "no tempo"),
        (vec!["set", "bpm=120"], "no files"),
        (vec!["set", "nowhere.mp3", "bpm=120"], "not in the library"),
        (vec!["set", &file, "genre=x"], "cannot be set"),
    ] {
        let (code, _, err) = phonolite(&library, &arguments);
        assert!(code == Some(2) && err.contains(part), "{arguments:?}: {err}");
    }
}

#[test]
fn the_json_of_a_playlist_keeps_its_contract() {
    let library = analysed();
    let seed = path(&library, "dnb_175.ogg");
    let line = [
        "playlist",
        "--like",
        &seed,
        "-n",
        "3",
        "--artist-gap",
        "0",
        "--album-gap",
        "0",
        "--format",
        "json",
    ];
    let (code, out, err) = phonolite(&library, &line);
    assert_eq!(code, Some(0), "{err}");
    let list: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    let names = |value: &serde_json::Value| {
        value.as_object().expect("an object").keys().cloned().collect::<Vec<_>>()
    };
    assert_eq!(names(&list), ["tracks", "constraints", "duration_s", "seed"]);
    let wanted = [
        "path",
        "artist",
        "title",
        "duration_s",
        "bpm",
        "key_camelot",
        "energy",
        "distance",
        "why",
    ];
    assert_eq!(names(&list["tracks"][0]), wanted);
    assert_eq!(names(&list["constraints"][0]), ["name", "asked", "held", "detail"]);
    assert_eq!(list["tracks"].as_array().map(Vec::len), Some(3));
    let again = phonolite(&library, &line).1;
    assert_eq!(out, again, "the same wish, the same list");
}

#[test]
fn lists_are_written_extended_reordered_saved_and_made_anew() {
    let library = analysed();
    let place = |name: &str| library.database().with_file_name(name).to_str().unwrap().to_owned();
    let (list, saved) = (place("a.m3u8"), place("b.xspf"));
    let make = [
        "playlist",
        "--where",
        "duration>5",
        "-n",
        "3",
        "--artist-gap",
        "0",
        "--album-gap",
        "0",
        "-o",
        &list,
    ];
    assert_eq!(phonolite(&library, &make).0, Some(0));
    let lines = |path: &str| {
        let text = std::fs::read_to_string(path).expect("written");
        text.lines().filter(|line| !line.starts_with('#')).map(PathBuf::from).collect::<Vec<_>>()
    };
    let first = lines(&list);
    assert_eq!(first.len(), 3);
    assert!(first.iter().all(|path| path.is_file()), "{first:?}");
    let longer = place("c.m3u8");
    let extend = [
        "playlist",
        "--extend",
        &list,
        "-n",
        "1",
        "--artist-gap",
        "0",
        "--album-gap",
        "0",
        "-o",
        &longer,
    ];
    assert_eq!(phonolite(&library, &extend).0, Some(0));
    assert_eq!(lines(&longer)[..3], first[..], "what was there stays in front");
    assert_eq!(lines(&longer).len(), 4);
    let (code, out, _) =
        phonolite(&library, &["playlist", "--reorder", &longer, "--artist-gap", "0"]);
    assert_eq!(code, Some(0));
    let mut reordered: Vec<_> =
        out.lines().filter(|line| !line.starts_with('#')).map(PathBuf::from).collect();
    let mut whole = lines(&longer);
    reordered.sort();
    whole.sort();
    assert_eq!(reordered, whole, "the same tracks");
    let save = [
        "playlist",
        "save",
        "evening",
        "--where",
        "duration>5",
        "-n",
        "2",
        "--artist-gap",
        "0",
        "--album-gap",
        "0",
        "-o",
        &saved,
    ];
    assert_eq!(phonolite(&library, &save).0, Some(0));
    std::fs::remove_file(&saved).expect("was written");
    assert_eq!(phonolite(&library, &["playlist", "refresh"]).0, Some(0));
    assert!(std::fs::read_to_string(&saved).expect("anew").contains("<trackList>"));
    assert_eq!(phonolite(&library, &["playlist", "forget", "evening"]).0, Some(0));
    assert_eq!(phonolite(&library, &["playlist", "list"]).0, Some(1), "none is left");
}

#[test]
fn a_track_that_lies_in_two_files_is_named_as_it_was_given() {
    let library = Library::with(&["dnb_175.ogg"]);
    let copy = library.music().join("0 copy.ogg");
    std::fs::copy(library.music().join("dnb_175.ogg"), &copy).expect("copied");
    library.run();
    for file in ["dnb_175.ogg", "0 copy.ogg"] {
        let seed = path(&library, file);
        let (_, out, _) = phonolite(&library, &["playlist", "--from", &seed, "-n", "1"]);
        assert_eq!(out.lines().last(), Some(seed.as_str()));
    }
}

#[test]
fn what_was_chosen_lately_can_be_left_out() {
    let library = analysed();
    let make = [
        "playlist",
        "--where",
        "duration>5",
        "-n",
        "2",
        "--artist-gap",
        "0",
        "--album-gap",
        "0",
        "--avoid-recent",
        "1d",
        "--format",
        "csv",
    ];
    let paths = || {
        let (_, out, _) = phonolite(&library, &make);
        out.lines().skip(1).map(str::to_owned).collect::<Vec<_>>()
    };
    let (first, second) = (paths(), paths());
    assert_eq!((first.len(), second.len()), (2, 2));
    assert!(first.iter().all(|path| !second.contains(path)), "{first:?} {second:?}");
}

#[test]
fn impossible_wishes_are_told() {
    let library = analysed();
    let strict = ["playlist", "-n", "500", "--strict"];
    let (code, _, err) = phonolite(&library, &strict);
    assert!(code == Some(1) && err.contains("count does not hold"), "{err}");
    let outside = library.database().with_file_name("list.m3u8");
    std::fs::write(&outside, "\u{FEFF}nowhere.mp3\r\n").expect("written");
    let (unknown, nowhere) = (path(&library, "it's new.ogg"), path(&library, "nowhere.ogg"));
    std::fs::copy(path(&library, "dnb_175.ogg"), &unknown).expect("copied");
    for (arguments, code, part) in [
        (vec!["playlist", "--like", &unknown], 2, "it'\\''s new.ogg'` takes it in"),
        (vec!["playlist", "--like", &nowhere], 2, "no such file"),
        (vec!["playlist", "--curve", "up"], 2, "warmup"),
        (vec!["playlist", "--where", "bpm>>1"], 2, "not a number"),
        (vec!["playlist", "--where", "bpm>999"], 1, "no track passes"),
        (vec!["playlist", "--duration", "soon"], 2, "2h"),
        (vec!["playlist", "--extend", outside.to_str().unwrap()], 2, "none of its tracks"),
        (vec!["playlist", "--reorder", "list.docx"], 2, "suffix"),
        (vec!["playlist", "save", "x", "-n", "2"], 2, "-o FILE"),
    ] {
        let (found, _, err) = phonolite(&library, &arguments);
        assert!(found == Some(code) && err.contains(part), "{arguments:?}: {found:?} {err}");
    }
}
