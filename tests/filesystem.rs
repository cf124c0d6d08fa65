//! What a file system may hold: links in circles, names of any bytes and length, things that are no files.

#![cfg(target_os = "linux")]
#![allow(clippy::panic, reason = "a test ends so")]

mod common;

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Command, Stdio};

use common::{Library, Outcomes, run_observed, sine};
use phonolite::pipeline::{Cancel, Options, Outcome, Relink, Summary};

fn shell(folder: &Path, script: &str) {
    let status = Command::new("sh").current_dir(folder).args(["-euc", script]).status();
    assert!(status.expect("sh runs").success(), "{script}");
}

fn put(library: &Library, name: impl AsRef<Path>, hz: f64) {
    let path = library.music().join(name);
    fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    fs::write(path, sine(hz, 0.3)).expect("written");
}

fn following(library: &Library) -> Summary {
    let mut options = library.options();
    options.scan.follow_symlinks = true;
    library.run_with(&options)
}

#[test]
fn links_in_circles_are_told_and_left() {
    let library = Library::new();
    put(&library, "a/one.wav", 200.0);
    put(&library, "b/two.wav", 300.0);
    shell(
        &library.music(),
        "ln -s .. a/up; ln -s ../b a/b; ln -s ../a b/a; ln -s self.wav self.wav
         ln -s pong.wav ping.wav; ln -s ping.wav pong.wav; ln -s nowhere.wav dangling.wav; ln -s . here",
    );
    let plain = library.run();
    assert_eq!((plain.counts.scanned, plain.counts.analysed, plain.unreadable), (2, 2, 0));
    let followed = following(&library);
    // A folder reached by two ways is listed by both, and never within itself.
    assert_eq!(followed.counts.analysed, 0, "what is known is not read again");
    assert_eq!(followed.counts.scanned, followed.counts.unchanged + followed.counts.relinked);
    assert!(followed.unreadable >= 5, "{}", followed.unreadable);
    assert!(followed.counts.scanned <= 12, "{:?}", followed.counts);
}

#[test]
fn hard_links_are_two_files_of_one_track() {
    let library = Library::new();
    put(&library, "one.wav", 200.0);
    fs::hard_link(library.music().join("one.wav"), library.music().join("two.wav"))
        .expect("linked");
    let options = Options { jobs: 1, ..library.options() };
    let outcomes = Outcomes::default();
    run_observed(&library.database(), &options, &Cancel::default(), &outcomes);
    assert!(matches!(outcomes.of("one.wav"), Outcome::Analysed { .. }));
    assert_eq!(outcomes.of("two.wav"), Outcome::Relinked { how: Relink::Copy });
    assert_eq!(library.run().counts.unchanged, 2);
    fs::remove_file(library.music().join("one.wav")).expect("removed");
    let rest = library.run();
    assert_eq!((rest.counts.unchanged, rest.missing), (1, 1));
}

#[test]
fn a_rename_of_case_alone_is_a_move() {
    let library = Library::new();
    put(&library, "Song.wav", 200.0);
    library.run();
    let (old, new) = (library.music().join("Song.wav"), library.music().join("song.WAV"));
    fs::rename(&old, &new).expect("renamed");
    let outcomes = Outcomes::default();
    run_observed(&library.database(), &library.options(), &Cancel::default(), &outcomes);
    assert_eq!(outcomes.of("song.WAV"), Outcome::Relinked { how: Relink::Moved });
    assert!(library.readers().row_by_path(&old).expect("readable").is_none());
    assert!(library.readers().row_by_path(&new).expect("readable").is_some());
    // Two names that differ in case alone are two files where the file system says so.
    fs::write(&old, sine(300.0, 0.3)).expect("written");
    assert_eq!(library.run().counts.analysed, 1);
    assert_eq!(library.rows().len(), 2);
}

#[test]
fn names_of_any_bytes_and_of_the_longest_length_are_kept() {
    let library = Library::new();
    let mut names: Vec<Vec<u8>> = vec![
        [&[b'x'; 251][..], b".wav"].concat(),
        ["ü".repeat(125).as_bytes(), b"x.wav"].concat(),
        [&[0xff; 251][..], b".wav"].concat(),
        b"e\xcc\x81.wav".to_vec(), // é in two characters …
        b"\xc3\xa9.wav".to_vec(),  // … and in one
        b" leading and trailing .wav".to_vec(),
        b"new\nline \x1b[31m'; DROP TABLE file; --.wav".to_vec(),
        b"-rf.wav".to_vec(),
        b"%00%s%n*?[].wav".to_vec(),
    ];
    // Every byte that a name may hold.
    names.extend(
        (1..=255_u8).filter(|&byte| byte != b'/').map(|byte| [b"b", &[byte][..], b".wav"].concat()),
    );
    for (number, name) in names.iter().enumerate() {
        fs::write(library.music().join(OsStr::from_bytes(name)), sine(100.0 + number as f64, 0.1))
            .expect("written");
    }
    let run = library.run();
    assert_eq!((run.counts.analysed, run.counts.failed), (names.len() as u64, 0));
    for name in &names {
        let path = library.music().join(OsStr::from_bytes(name));
        let row =
            library.readers().row_by_path(&path).expect("readable").expect("found by its bytes");
        assert_eq!(row.path, path);
    }
    let again = library.run();
    assert_eq!((again.counts.unchanged, again.missing), (names.len() as u64, 0));
}

#[test]
fn paths_beyond_the_limit_of_the_system_cost_only_themselves() {
    let library = Library::new();
    put(&library, "good.wav", 200.0);
    put(&library, "zz/last.wav", 300.0);
    // 20 folders of 250 bytes: no system call takes the whole path; a walk of descriptors made it.
    shell(
        &library.music(),
        "name=$(printf '%0250d' 0); cp good.wav /dev/shm/$$.wav; n=0
         while [ $n -lt 20 ]; do mkdir \"$name\"; cd -P \"$name\" 2>/dev/null || cd \"./$name\"; cp /dev/shm/$$.wav \"$n.wav\"; n=$((n + 1)); done
         rm /dev/shm/$$.wav",
    );
    let run = library.run();
    let reached = run.counts.analysed + run.counts.relinked;
    assert!((10..22).contains(&reached), "{:?}", run.counts);
    assert_eq!(run.unreadable, 1, "the folder where the path becomes too long is told");
    assert!(
        library.rows().iter().any(|row| row.contains("last.wav")),
        "the walk goes on behind it"
    );
    let again = library.run();
    assert_eq!((again.counts.unchanged, again.missing), (reached, 0));
}

#[test]
fn pipes_sockets_and_devices_are_never_opened() {
    let library = Library::new();
    put(&library, "good.wav", 200.0);
    let _socket = UnixListener::bind(library.music().join("socket.mp3")).expect("bound");
    shell(
        &library.music(),
        "mkfifo pipe.mp3; ln -s /dev/zero zero.wav; ln -s pipe.mp3 to-pipe.mp3",
    );
    // Only root may make devices; a tape or a watchdog would mind being opened.
    let _ = Command::new("mknod")
        .arg(library.music().join("null.flac"))
        .args(["c", "1", "3"])
        .stderr(Stdio::null())
        .status();
    for summary in [library.run(), following(&library)] {
        assert_eq!((summary.counts.scanned, summary.counts.failed), (1, 0), "{:?}", summary.counts);
    }
}

#[test]
fn a_folder_that_vanishes_during_the_walk_loses_nothing_else() {
    struct Vanish(std::path::PathBuf);
    impl phonolite::pipeline::Observer for Vanish {
        fn observe(&self, event: &phonolite::pipeline::Event<'_>) {
            if matches!(event, phonolite::pipeline::Event::Reading { .. }) {
                let _ = fs::remove_dir_all(&self.0);
            }
        }
    }
    let library = Library::new();
    for number in 0..8 {
        put(&library, format!("a/{number}.wav"), 200.0 + f64::from(number));
        put(&library, format!("z/{number}.wav"), 300.0 + f64::from(number));
    }
    let vanish = Vanish(library.music().join("z"));
    let options = library.options();
    let summary = run_observed(&library.database(), &options, &Cancel::default(), &vanish);
    assert!(summary.counts.analysed >= 8, "{:?}", summary.counts);
    assert_eq!(library.run().counts.unchanged, 8);
}

#[test]
fn the_name_of_a_broken_file_gives_the_terminal_no_orders() {
    let library = Library::new();
    let name = "one\ntwo\r\u{1b}[2J\u{1b}]0;mine\u{7}.mp3";
    fs::write(library.music().join(name), b"no music at all".repeat(99)).expect("written");
    let told = |verb: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_phonolite"))
            .env_clear()
            .args([verb, "--db"])
            .arg(library.database())
            .args((verb == "analyze").then(|| library.music()))
            .stdin(Stdio::null())
            .output()
            .expect("runs");
        [output.stdout, output.stderr].concat()
    };
    for verb in ["analyze", "errors"] {
        let told = told(verb);
        let text = String::from_utf8_lossy(&told);
        assert!(text.contains(r"one\ntwo\r\u{1b}[2J\u{1b}]0;mine\u{7}.mp3: "), "{verb}: {text}");
        assert!(!told.iter().any(|&byte| byte < 0x20 && byte != b'\n'), "{verb}: {text:?}");
    }
}
