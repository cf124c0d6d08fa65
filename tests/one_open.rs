//! A file is opened once: tags, identity and samples come from one handle.

#![cfg(unix)]

mod common;

use std::fs::{self, File};

use phonolite::audio::{Chunk, Limits, Opened};

#[test]
fn everything_comes_from_the_handle_that_was_opened_first() {
    for name in ["jig_117.m4a", "kevin_macleod_vibe_ace.ogg", "jazz_swing_132.mp3", "tone.mka"] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join(name);
        fs::copy(common::samples().join(name), &path).expect("copied");
        let file = File::open(&path).expect("opens");
        // Whoever opens the path again from here on finds nothing.
        fs::remove_file(&path).expect("removed");
        let mut opened = Opened::from_file(file, &Limits::default()).expect("recognised");
        assert!(!opened.format().codec.is_empty());
        let named = opened.identify().expect("identified");
        let mut source = opened.decode().expect("decodes");
        let channels = source.spec().channels.count();
        let mut chunk = Chunk::with_capacity(channels, 4096);
        let mut frames = 0;
        loop {
            chunk.reset(channels);
            match source.fill(&mut chunk, 4096).expect("readable") {
                0 => break,
                filled => frames += filled,
            }
        }
        let summary = source.finish().expect("sums up");
        assert!(frames as f64 > 4.0 * 44_100.0, "{name}: {frames}");
        assert_eq!(summary.payload, named.payload, "{name}: with and without decoding");
    }
}

/// Without a known beginning the packets are read once: identity costs no second pass.
#[cfg(target_os = "linux")]
#[test]
fn a_new_file_is_read_once() {
    let library = common::Library::with(&["ballad_68.flac"]);
    let size = fs::metadata(library.music().join("ballad_68.flac")).expect("there").len();
    let run = || {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_phonolite"));
        command.arg("analyze").arg(library.music()).arg("--db").arg(library.database());
        command.arg("--quiet").env_clear().spawn().expect("starts")
    };
    let mut child = run();
    // The counters of a child stay readable until it is waited for.
    let io = format!("/proc/{}/io", child.id());
    let mut read = 0;
    while child.try_wait().expect("runs").is_none() {
        let now = fs::read_to_string(&io).unwrap_or_default();
        let chars = now.lines().find_map(|line| line.strip_prefix("rchar: "));
        read = chars.and_then(|chars| chars.parse().ok()).unwrap_or(read).max(read);
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    // The file once, and what the program reads besides (libraries, the database).
    assert!(read < size + size / 2, "read {read} bytes of a file of {size}");
}
