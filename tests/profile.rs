//! `--profile`: where the time of a run goes adds up, and what holds it back is named.

mod common;

use std::fs;
use std::time::Duration;

use assert_cmd::Command;
use common::Library;
use phonolite::feature::{Extractor, Families};
use phonolite::memory::BASELINE_BYTES;
use phonolite::pipeline::Options;
use phonolite::profile::{Kind, Profile, Step, Wait};
use phonolite::units::{ChannelLayout, Hertz, StreamSpec};
use serde_json::Value;

fn profile(library: &Library, options: Options) -> Profile {
    let _ = fs::remove_file(library.database());
    library.run_with(&Options { profile: true, ..options }).profile.expect("was wished for")
}

/// The report of a process of its own: its processor time is nobody else's.
fn report(library: &Library, arguments: &[&str]) -> (Value, String) {
    let folder = library.database().with_file_name("out").join("deep");
    let mut command = Command::new(env!("CARGO_BIN_EXE_phonolite"));
    command.env_clear().arg("analyze").arg(library.music()).arg("--db").arg(library.database());
    let output = command.arg("--profile").arg(&folder).args(arguments).assert().code(0);
    let shown = String::from_utf8_lossy(&output.get_output().stderr).into_owned();
    let text = fs::read_to_string(folder.join("profile.json")).expect("written");
    (serde_json::from_str(&text).expect("JSON"), shown)
}

#[cfg(unix)]
#[test]
fn the_steps_add_up_to_what_the_process_took() {
    let library = Library::with(&["jazz_swing_132.mp3", "ballad_68.flac", "dnb_175.ogg"]);
    for jobs in ["2", "1"] {
        let (told, _) = report(&library, &["--force", "--jobs", jobs]);
        assert_eq!(told["files"], 3);
        let steps = told["steps"].as_object().expect("an object");
        let sum: f64 = steps.values().filter_map(|step| step["sum_s"].as_f64()).sum();
        let cpu_s = told["cpu_s"].as_f64().expect("told");
        assert!((0.8..=1.02).contains(&(sum / cpu_s)), "{sum} s of {cpu_s} s");
        for step in Step::ALL {
            let taken = steps[step.name()]["sum_s"].as_f64().expect("a number");
            assert_eq!(taken > 0.0, step != Step::Models, "{}: {taken} s", step.name());
        }
        let slowest = steps["decode"]["p99_ms"].as_f64().expect("a number");
        assert!(slowest > 0.0 && slowest < 1e3 * cpu_s, "{slowest} ms");
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
    let rate = Hertz::new(22_050).expect("a rate");
    let spec = StreamSpec { rate, channels: ChannelLayout::front(1).expect("one channel") };
    let one = Extractor::footprint(&spec, 20 * 22_050, Families::all()) + (3 << 19);
    let jobs = Options { jobs: 4, cores: 4, ..library.options() };
    let told = profile(&library, Options { budget: BASELINE_BYTES + one * 3 / 2, ..jobs.clone() });
    let found = told.findings();
    assert_eq!(found[0].kind, Kind::Memory, "{found:?}");
    assert!(told.waits[&Wait::Memory].sum > Duration::ZERO);
    let plenty = profile(&library, jobs);
    assert!(plenty.findings().iter().all(|found| found.kind != Kind::Memory));
}

#[test]
fn the_folder_holds_a_table_a_report_and_a_flamegraph() {
    let library = Library::with(&["jazz_swing_132.mp3"]);
    let (report, shown) = report(&library, &[]);
    let folder = library.database().with_file_name("out").join("deep");
    let read = |name: &str| fs::read_to_string(folder.join(name)).expect("written");
    let (table, svg) = (read("profile.txt"), read("flamegraph.svg"));
    assert!(shown.contains(table.trim_end()), "it is shown too: {shown}");
    assert!(table.contains("p99 ms") && table.contains("\ndecode "), "{table}");
    assert!(svg.contains("<title>decode threads:") && svg.contains("<title>rhythm:"), "{svg}");
    assert_eq!(report["bottleneck"], report["findings"][0]);
    let severity = report["bottleneck"]["severity"].as_str().expect("told");
    assert!(["low", "medium", "high", "critical"].contains(&severity), "{severity}");
    assert!(report["bottleneck"]["advice"].is_string());
}
