//! `--profile`: where the time of a run goes adds up, and what holds it back is named.

mod common;

use std::fs;
use std::time::Duration;

use assert_cmd::Command;
use common::Library;
use phonolite::pipeline::Options;
use phonolite::profile::{Kind, Profile, Step, Wait};
use serde_json::Value;

fn profile(library: &Library, options: Options) -> Profile {
    let _ = fs::remove_file(library.database());
    library.run_with(&Options { profile: true, ..options }).profile.expect("was wished for")
}

/// Processor time, which other programs on the machine do not change.
#[cfg(unix)]
#[test]
fn the_steps_add_up_to_what_the_process_took() {
    let library = Library::with(&["jazz_swing_132.mp3", "ballad_68.flac", "dnb_175.ogg"]);
    for (jobs, cores) in [(2, 2), (1, 4)] {
        let told = profile(&library, Options { jobs, cores, ..library.options() });
        let (measured, whole) = (told.measured().as_secs_f64(), told.whole.cpu.as_secs_f64());
        let share = measured / whole;
        assert!((0.8..=1.02).contains(&share), "{measured} s of {whole} s");
        assert_eq!(told.tracks, 3);
        for step in Step::ALL.into_iter().filter(|&step| step != Step::Models) {
            assert!(!told.steps[&step].sum.is_zero(), "{}", step.name());
        }
        assert_eq!(told.steps[&Step::Models].sum, Duration::ZERO, "there is none");
        assert!(told.steps[&Step::Decode].by_track.quantile_s(1.0) < whole);
    }
}

#[test]
fn nothing_is_measured_unless_it_is_wished_for() {
    let library = Library::of_sines(1, 1.0);
    assert!(library.run().profile.is_none());
}

#[test]
fn a_budget_for_one_file_makes_the_others_wait_for_memory() {
    let library = Library::of_sines(8, 20.0);
    let told =
        profile(&library, Options { jobs: 4, cores: 4, budget: 26 << 20, ..library.options() });
    let found = told.findings();
    assert_eq!(found[0].kind, Kind::Memory, "{found:?}");
    assert!(told.waits[&Wait::Memory].sum > Duration::ZERO);
    let plenty = profile(&library, Options { jobs: 4, cores: 4, ..library.options() });
    assert!(plenty.findings().iter().all(|found| found.kind != Kind::Memory));
}

#[test]
fn the_folder_holds_a_table_a_report_and_a_flamegraph() {
    let library = Library::with(&["jazz_swing_132.mp3"]);
    let folder = library.database().with_file_name("out").join("deep");
    let mut command = Command::new(env!("CARGO_BIN_EXE_phonolite"));
    command.env_clear().arg("analyze").arg(library.music()).arg("--db").arg(library.database());
    let output = command.arg("--profile").arg(&folder).assert().code(0).get_output().clone();
    let read = |name: &str| fs::read_to_string(folder.join(name)).expect("written");
    let (table, svg) = (read("profile.txt"), read("flamegraph.svg"));
    assert!(String::from_utf8_lossy(&output.stderr).contains(table.trim_end()), "it is shown too");
    assert!(table.contains("p99 ms") && table.contains("decode "), "{table}");
    assert!(svg.contains("<title>decode threads:") && svg.contains("<title>rhythm:"), "{svg}");
    let report: Value = serde_json::from_str(&read("profile.json")).expect("JSON");
    assert_eq!(report["files"], 1);
    assert_eq!(report["bottleneck"], report["findings"][0]);
    let severities = ["low", "medium", "high", "critical"];
    let severity = report["bottleneck"]["severity"].as_str().expect("told");
    assert!(severities.contains(&severity) && report["bottleneck"]["advice"].is_string());
    let steps = report["steps"].as_object().expect("an object");
    let sum: f64 = steps.values().filter_map(|step| step["share"].as_f64()).sum();
    assert!((0.5..=1.05).contains(&sum), "{sum}");
}
