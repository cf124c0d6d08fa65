//! No file and no database can stop a run or harm what is stored.

#![allow(clippy::panic, reason = "a test ends so")]

mod common;

use std::fs;

use common::{Library, Outcomes, run_observed, sine};
use phonolite::error::FailureKind;
use phonolite::pipeline::{Cancel, Event, Observer, Options, Outcome, Reason};
use phonolite::store::{Op, Reply, RunStart, Stamp, Store};

fn outcomes(library: &Library, options: &Options) -> Outcomes {
    let outcomes = Outcomes::default();
    run_observed(&library.database(), options, &Cancel::default(), &outcomes);
    outcomes
}

fn kind(outcome: Outcome) -> FailureKind {
    match outcome {
        Outcome::Failed(failure) => failure.kind,
        other => panic!("{other:?} is no failure"),
    }
}

#[test]
fn broken_files_fail_alone_and_with_the_right_kind() {
    let library = Library::with(&["broken.flac", "truncated.m4a"]);
    let write = |name: &str, bytes: &[u8]| {
        fs::write(library.music().join(name), bytes).expect("written");
    };
    write("good.wav", &sine(440.0, 3.0));
    write("empty.mp3", b"");
    write("text.mp3", "no music in here\n".repeat(500).as_bytes());
    write("page.ogg", b"<!DOCTYPE html><html><body>404</body></html>");
    write("header.wav", &sine(440.0, 0.0));
    write("wavpack.wv", b"wvpk\0\0\0\0 not read here");
    let found = outcomes(&library, &library.options());
    assert!(matches!(found.of("good.wav"), Outcome::Analysed { .. }));
    for (name, expected) in [
        ("broken.flac", FailureKind::Damaged),
        ("truncated.m4a", FailureKind::Damaged),
        ("empty.mp3", FailureKind::NoAudio),
        ("header.wav", FailureKind::NoAudio),
        ("text.mp3", FailureKind::UnsupportedFormat),
        ("page.ogg", FailureKind::UnsupportedFormat),
        ("wavpack.wv", FailureKind::UnsupportedFormat),
    ] {
        assert_eq!(kind(found.of(name)), expected, "{name}");
    }
    let failures: Vec<_> = library.readers().failures().map(|row| row.expect("readable")).collect();
    assert_eq!(failures.len(), 7);
    assert!(failures.iter().any(|row| row.message.to_lowercase().contains("wavpack")));
    // Tried once: the next run leaves them alone, and --retry-failed does not.
    let again = library.run();
    assert_eq!((again.counts.skipped_failed, again.counts.unchanged), (7, 1));
    let retried = library.run_with(&Options { retry_failed: true, ..library.options() });
    assert_eq!(retried.counts.failed, 7);
}

#[test]
fn silence_noise_and_moments_have_no_tempo_and_no_key() {
    let library = Library::new();
    let noise: Vec<i16> = (0..22_050 * 6)
        .scan(1u32, |state, _| {
            *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            Some((*state >> 18) as i16 - 8192)
        })
        .collect();
    for (name, samples) in
        [("silence.wav", vec![0; 22_050 * 6]), ("one.wav", vec![1000; 1]), ("noise.wav", noise)]
    {
        fs::write(library.music().join(name), common::wave(22_050, 1, &samples)).expect("written");
    }
    assert_eq!(library.run().counts.analysed, 3);
    for row in library.rows() {
        let row: serde_json::Value = serde_json::from_str(&row).expect("JSON");
        for undefined in ["bpm", "bpm_confidence", "bpm_candidates", "key", "key_candidates"] {
            assert!(row[undefined].is_null(), "{} {undefined} {}", row["path"], row[undefined]);
        }
    }
    let silence = library.rows().into_iter().find(|row| row.contains("silence.wav"));
    let silence: serde_json::Value = serde_json::from_str(&silence.expect("there")).expect("JSON");
    for undefined in ["loudness_lufs", "true_peak_dbtp", "replaygain_track_db", "mfcc_mean"] {
        assert!(silence[undefined].is_null(), "{undefined}: {}", silence[undefined]);
    }
}

#[cfg(unix)]
#[test]
fn names_that_are_no_text_are_kept_byte_for_byte() {
    use std::os::unix::ffi::OsStrExt;
    let library = Library::new();
    let name = std::ffi::OsStr::from_bytes(b"caf\xe9 \xff\n.wav");
    let path = library.music().join(name);
    fs::write(&path, sine(440.0, 1.0)).expect("written");
    assert_eq!(library.run().counts.analysed, 1);
    let row = library.readers().row_by_path(&path).expect("readable").expect("found by its bytes");
    assert_eq!(row.path, path);
    assert_eq!(library.run().counts.unchanged, 1);
}

#[cfg(unix)]
#[test]
fn pipes_are_never_opened() {
    let library = Library::new();
    let made = std::process::Command::new("mkfifo").arg(library.music().join("pipe.mp3")).status();
    assert!(made.expect("mkfifo runs").success());
    fs::write(library.music().join("good.wav"), sine(440.0, 1.0)).expect("written");
    // Opening a pipe without a writer would hang here for ever.
    assert_eq!(library.run().counts.scanned, 1);
}

#[test]
fn a_file_that_grows_while_it_is_read_fails_and_is_read_again() {
    struct Grow(std::path::PathBuf);
    impl Observer for Grow {
        fn observe(&self, event: &Event<'_>) {
            if matches!(event, Event::Reading { .. }) {
                fs::write(&self.0, sine(440.0, 2.0)).expect("written");
            }
        }
    }
    let library = Library::new();
    let file = library.music().join("growing.wav");
    fs::write(&file, sine(440.0, 1.0)).expect("written");
    let options = library.options();
    let grow = Grow(file);
    let summary = run_observed(&library.database(), &options, &Cancel::default(), &grow);
    assert_eq!(summary.counts.failed, 1);
    let failures: Vec<_> = library.readers().failures().map(|row| row.expect("readable")).collect();
    assert_eq!(failures.first().map(|row| row.kind.as_str()), Some("changed"));
    assert_eq!(library.run().counts.analysed, 1);
}

#[test]
fn two_deaths_quarantine_a_file_until_it_is_asked_for() {
    let library = Library::new();
    let file = library.music().join("deadly.wav");
    fs::write(&file, sine(440.0, 1.0)).expect("written");
    for _ in 0..2 {
        // A run that begins the file and is never heard of again.
        let store =
            Store::open(&library.database(), &phonolite::store::Options::default()).expect("opens");
        let Reply::Run(run) = store.writer().call(Op::BeginRun(RunStart::default())).expect("runs")
        else {
            panic!("no run");
        };
        let stamp = Stamp::of(&file.metadata().expect("there"));
        let attempt = Op::Attempt { run, path: file.clone(), stamp };
        store.writer().call(attempt).expect("noted");
        store.close().expect("closes");
    }
    let found = outcomes(&library, &library.options());
    assert_eq!(kind(found.of("deadly.wav")), FailureKind::Quarantined);
    let retried = library.run_with(&Options { retry_failed: true, ..library.options() });
    assert_eq!(retried.counts.analysed, 1);
    assert_eq!(library.run().counts.unchanged, 1);
}

#[test]
fn a_request_to_stop_leaves_a_sound_library_and_the_next_run_goes_on() {
    struct StopAt(Cancel, std::sync::atomic::AtomicU32);
    impl Observer for StopAt {
        fn observe(&self, event: &Event<'_>) {
            if matches!(event, Event::Reading { .. })
                && self.1.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 7
            {
                self.0.request(Reason::Signal(15));
            }
        }
    }
    let library = Library::new();
    for number in 0..24 {
        let file = library.music().join(format!("{number:02}.wav"));
        fs::write(file, sine(200.0 + f64::from(number), 2.0)).expect("written");
    }
    let cancel = Cancel::default();
    let stop = StopAt(cancel.clone(), std::sync::atomic::AtomicU32::default());
    let options = library.options();
    let stopped = run_observed(&library.database(), &options, &cancel, &stop);
    assert_eq!(stopped.stopped, Some(Reason::Signal(15)));
    assert!(stopped.counts.analysed < 24, "{:?}", stopped.counts);
    assert_eq!(stopped.missing, 0, "files that were not reached are not missing");
    let rest = library.run();
    assert_eq!(rest.counts.analysed + rest.counts.unchanged, 24);
    assert_eq!(rest.counts.unchanged, stopped.counts.analysed);
    let undisturbed = Library::new();
    for entry in fs::read_dir(library.music()).expect("readable").flatten() {
        let copied = fs::copy(entry.path(), undisturbed.music().join(entry.file_name()));
        copied.expect("copied");
    }
    undisturbed.run();
    assert_eq!(library.rows(), undisturbed.rows());
}

#[test]
fn a_file_far_above_the_budget_is_refused_and_the_others_go_on() {
    let library = Library::new();
    fs::write(library.music().join("good.wav"), sine(440.0, 1.0)).expect("written");
    let options = Options { budget: 0, ..library.options() };
    let found = outcomes(&library, &options);
    assert_eq!(kind(found.of("good.wav")), FailureKind::OutOfBudget);
    let small = Options { budget: phonolite::memory::SMALLEST_BUDGET, ..library.options() };
    let retried = library.run_with(&Options { retry_failed: true, ..small });
    assert_eq!(retried.counts.analysed, 1);
    assert!(retried.governor.peak <= retried.governor.budget);
}
