//! `--depth quick`: excerpts in place of whole tracks, which never pass for more than they are.

mod common;

use std::fs;

use assert_cmd::Command;
use common::{Library, sine};
use phonolite::audio::{Chunk, Excerpts, Limits, Opened};
use phonolite::feature::{Depth, Value};
use phonolite::pipeline::Options;

/// All samples, plane by plane, with the frames of the whole and the name of its payload.
fn decoded(name: &str, excerpts: Option<Excerpts>) -> (Vec<Vec<f32>>, phonolite::audio::Summary) {
    let opened = Opened::open(&common::samples().join(name), &Limits::default()).expect("opens");
    let mut source = opened.decode().expect("decodes");
    if let Some(excerpts) = excerpts {
        let frames = source.keep_to(excerpts).expect("is long enough");
        assert!(frames > 0, "{name}");
    }
    let channels = source.spec().channels.count();
    let (mut planes, mut chunk) =
        (vec![Vec::new(); channels], Chunk::with_capacity(channels, 5000));
    loop {
        chunk.reset(channels);
        if source.fill(&mut chunk, 5000).expect("readable") == 0 {
            return (planes, source.finish().expect("sums up"));
        }
        for (all, plane) in planes.iter_mut().zip(chunk.planes()) {
            all.extend_from_slice(plane);
        }
    }
}

/// Largest difference of excerpts of `length` frames from what the whole has at the same place.
fn difference(whole: &[f32], excerpts: &[f32], count: usize, length: usize, total: u64) -> f32 {
    let mut worst = 0.0_f32;
    for (number, excerpt) in excerpts.chunks(length).enumerate() {
        let centre = (total as f64 * (number as f64 + 0.5) / count as f64) as usize;
        let place = &whole[centre - length / 2..][..excerpt.len()];
        let differences = place.iter().zip(excerpt).map(|(a, b)| (a - b).abs());
        worst = differences.fold(worst, f32::max);
    }
    worst
}

#[test]
fn excerpts_are_what_the_whole_has_there_in_every_codec() {
    let cases = [
        ("ballad_68.flac", 0.0),
        ("jazz_swing_132.mp3", 1e-6),
        ("dnb_175.ogg", 1e-6),
        // Noise that AAC only describes is other noise after a jump (perceptual noise substitution).
        ("jig_117.m4a", 5e-2),
        // What Opus predicts from fades, and does not end.
        ("prog_five_four_128.opus", 2e-2),
    ];
    for (name, tolerance) in cases {
        let (whole, summary) = decoded(name, None);
        let excerpts = Excerpts { count: 3, seconds: 1.5 };
        let (parts, quick) = decoded(name, Some(excerpts));
        assert_eq!(quick.payload, summary.payload, "{name}: the name is that of the whole");
        assert_eq!(quick.frames, summary.frames, "{name}: the length is that of the whole");
        assert_eq!((quick.packets, quick.damaged_packets), (summary.packets, 0), "{name}");
        let total = Opened::open(&common::samples().join(name), &Limits::default()).expect("opens");
        let total = total.format().expected_frames.expect("is told");
        let length = parts[0].len() / 3;
        let rate = summary.frames as f64 / (whole[0].len() as f64);
        assert!((rate - 1.0).abs() < 1e-9 && length > 60_000, "{name}: {length}");
        let worst = difference(&whole[0], &parts[0], 3, length, total);
        assert!(worst <= tolerance, "{name}: {worst}");
    }
}

fn library() -> Library {
    let library = Library::new();
    for (number, seconds) in [90.0, 70.0, 8.0].into_iter().enumerate() {
        let file = library.music().join(format!("{number}.wav"));
        fs::write(file, sine(200.0 + 40.0 * number as f64, seconds)).expect("written");
    }
    library
}

fn quick(library: &Library) -> Options {
    Options { depth: Depth::Quick, ..library.options() }
}

fn depths(library: &Library) -> Vec<String> {
    let depth = |row: phonolite::store::Row| match row.get("depth") {
        Some(Value::Text(Some(depth))) => depth.clone(),
        other => format!("{other:?}"),
    };
    library.readers().rows().map(|row| depth(row.expect("readable"))).collect()
}

#[test]
fn a_quick_run_is_not_repeated_and_a_full_one_deepens_it() {
    let library = library();
    assert_eq!(library.run_with(&quick(&library)).counts.analysed, 3);
    assert_eq!(depths(&library), ["quick", "quick", "full"], "eight seconds are heard as a whole");
    assert_eq!(library.run_with(&quick(&library)).counts.unchanged, 3, "once is enough");
    let deepened = library.run().counts;
    assert_eq!((deepened.analysed, deepened.unchanged), (2, 1), "what holds is not repeated");
    assert_eq!(depths(&library), ["full"; 3]);
    let rows = library.rows();
    fs::remove_file(library.database()).expect("removed");
    library.run();
    assert_eq!(library.rows(), rows, "as if there had been no quick run");
}

#[test]
fn a_quick_run_never_takes_the_place_of_a_full_one() {
    let library = library();
    library.run();
    let rows = library.rows();
    assert_eq!(library.run_with(&quick(&library)).counts.unchanged, 3);
    library.run_with(&Options { force: true, ..quick(&library) });
    assert_eq!(library.rows(), rows, "not even by force");
    // A copy under another name is the same track.
    fs::copy(library.music().join("0.wav"), library.music().join("copy.wav")).expect("copied");
    assert_eq!(library.run_with(&quick(&library)).counts.relinked, 1);
    assert_eq!(depths(&library), ["full"; 4]);
}

#[test]
fn the_length_is_known_and_places_are_not_told() {
    let library = library();
    library.run_with(&quick(&library));
    let row = library.readers().row_by_path(&library.music().join("0.wav")).expect("readable");
    let row = row.expect("is there");
    let number = |name: &str| match row.get(name) {
        Some(Value::Real(number)) => *number,
        other => panic!("{name}: {other:?}"),
    };
    assert!((number("duration_s").expect("known") - 90.0).abs() < 1e-9);
    // A sine with an amplitude of a quarter, wherever it is heard: -15.7 LUFS, less 0.3 LU for 200 Hz.
    let loudness = number("loudness_lufs").expect("estimated");
    assert!((loudness + 16.0).abs() < 0.3, "{loudness}");
    for name in ["beats", "chords", "sections", "waveform", "chromaprint", "silence_end_s"] {
        let value = serde_json::to_value(row.get(name).expect("a column")).expect("serialises");
        assert!(value.is_null(), "{name}: {value}");
    }
}

/// Counted, not timed: what is decoded is what most of the time goes to.
#[test]
fn a_song_is_decoded_in_part() {
    let library = Library::new();
    fs::write(library.music().join("a.wav"), sine(440.0, 200.0)).expect("written");
    let path = library.music().join("a.wav");
    let mut source =
        Opened::open(&path, &Limits::default()).expect("opens").decode().expect("decodes");
    let frames = source.keep_to(phonolite::pipeline::QUICK).expect("is long enough");
    assert!(frames * 5 <= 200 * 22_050, "{frames}");
}

#[test]
fn the_command_line_says_what_was_heard_quickly() {
    let library = library();
    let phonolite = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_phonolite"));
        command.env_clear().env("HOME", library.music()).env("PHONOLITE_DB", library.database());
        let output = command.args(arguments).assert().code(0).get_output().clone();
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let (music, file) = (library.music(), library.music().join("0.wav"));
    let (music, file) = (music.to_str().expect("text"), file.to_str().expect("text"));
    let events = phonolite(&["analyze", "--json", "--depth", "quick", music]);
    assert!(events.contains(r#""depth":"quick""#), "{events}");
    let shown = phonolite(&["show", file]);
    assert!(shown.contains("estimated from an excerpt") && !shown.contains("structure"), "{shown}");
    assert!(phonolite(&["show", "--json", file]).contains(r#""depth": "quick""#));
    assert!(phonolite(&["stats"]).contains("2 recordings heard quickly only"));
    assert!(phonolite(&["query", "depth:quick"]).lines().count() >= 2);
    phonolite(&["analyze", "--quiet", music]);
    assert!(!phonolite(&["stats"]).contains("quickly"));
}
