//! The profile of a run as files: a table, a report for programs, a flamegraph.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use anyhow::Context as _;
use serde_json::{Value, json};

use super::{Stop, report};
use crate::draw::flamegraph;
use crate::files;
use crate::pipeline::Summary;
use crate::profile::{Finding, Profile, Taken};

/// Makes the folder, so that a run does not fail at its end.
pub(super) fn prepare(folder: &Path) -> Result<(), Stop> {
    std::fs::create_dir_all(folder)
        .with_context(|| format!("cannot create the folder {}", folder.display()))
        .map_err(Stop::fault)
}

/// Writes `profile.txt`, `profile.json` and `flamegraph.svg` into a folder; returns the table.
pub(super) fn write(folder: &Path, summary: &Summary) -> Result<Option<String>, Stop> {
    let Some(profile) = &summary.profile else { return Ok(None) };
    let table = table(profile);
    let report = format!("{:#}\n", object(profile, summary));
    for (name, text) in
        [("profile.txt", &table), ("profile.json", &report), ("flamegraph.svg", &flame(profile))]
    {
        let path = folder.join(name);
        files::replace(&path, |out| out.write_all(text.as_bytes()))
            .with_context(|| format!("cannot write {}", path.display()))
            .map_err(Stop::fault)?;
    }
    Ok(Some(table))
}

/// Processor time that belongs to no step: threads, channels, the survey.
fn rest_s(profile: &Profile) -> f64 {
    profile.whole.cpu.saturating_sub(profile.measured()).as_secs_f64()
}

fn flame(profile: &Profile) -> String {
    let cpu_s = profile.whole.cpu.as_secs_f64();
    let title = format!("{cpu_s:.1} s of processor time, {} files", profile.tracks);
    let steps = profile.steps.iter();
    let stacks = steps.map(|(step, taken)| (step.stack().to_vec(), taken.sum.as_secs_f64()));
    flamegraph(&title, "phonolite analyze", stacks.chain([(vec!["rest"], rest_s(profile))]))
}

/// Quantiles over tracks that are told.
const QUANTILES: [(&str, f64); 3] = [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)];

/// The profile for people.
fn table(profile: &Profile) -> String {
    let (whole, mut text) = (&profile.whole, String::new());
    let cpu_s = whole.cpu.as_secs_f64();
    // Writing to a String cannot fail.
    let _ = writeln!(
        text,
        "{} files in {}, {} of processor time, {} in flight on {} cores",
        profile.tracks,
        report::hours(whole.elapsed.as_secs_f64()),
        report::hours(cpu_s),
        whole.jobs,
        whole.cores
    );
    let heading = |text: &mut String, name: &str, share: &str| {
        let _ = writeln!(
            text,
            "\n{name:<46}{:>11}{share:>9}{:>11}{:>11}{:>11}",
            "sum s", "p50 ms", "p95 ms", "p99 ms"
        );
    };
    heading(&mut text, "processor time by step, per file", "% CPU");
    for (step, taken) in &profile.steps {
        row(&mut text, step.name(), taken, cpu_s);
    }
    let rest = rest_s(profile);
    let _ = writeln!(text, "{:<46}{rest:>11.3}{:>9.1}", "rest", percent(rest, cpu_s));
    heading(&mut text, "waits by the clock on the wall, per file", "% files");
    let in_flight_s = profile.wall.sum.as_secs_f64();
    for (wait, taken) in &profile.waits {
        row(&mut text, wait.words(), taken, in_flight_s);
    }
    row(&mut text, "a file in all", &profile.wall, in_flight_s);
    text.push('\n');
    for finding in profile.findings() {
        let Finding { kind, severity, share } = finding;
        let _ = writeln!(
            text,
            "{} ({}, {:.0} %): {}",
            kind.name(),
            severity.as_str(),
            100.0 * share,
            kind.advice()
        );
    }
    text
}

fn row(text: &mut String, name: &str, taken: &Taken, whole_s: f64) {
    let sum = taken.sum.as_secs_f64();
    if sum <= 0.0 {
        return;
    }
    let _ = write!(text, "{name:<46}{sum:>11.3}{:>9.1}", percent(sum, whole_s));
    for (_, share) in QUANTILES {
        let _ = write!(text, "{:>11.3}", 1e3 * taken.by_track.quantile_s(share));
    }
    text.push('\n');
}

fn percent(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { 100.0 * part / whole } else { 0.0 }
}

/// The profile for programs.
fn object(profile: &Profile, summary: &Summary) -> Value {
    let (whole, cpu_s) = (&profile.whole, profile.whole.cpu.as_secs_f64());
    let rows = |taken: &Taken, of_s: f64| {
        let sum = taken.sum.as_secs_f64();
        let mut row = json!({ "sum_s": sum, "share": percent(sum, of_s) / 100.0 });
        for (name, share) in QUANTILES {
            row[format!("{name}_ms")] = (1e3 * taken.by_track.quantile_s(share)).into();
        }
        row
    };
    let in_flight_s = profile.wall.sum.as_secs_f64();
    let findings: Vec<Value> = profile
        .findings()
        .iter()
        .map(|found| {
            json!({
                "kind": found.kind.name(),
                "severity": found.severity.as_str(),
                "share": found.share,
                "advice": found.kind.advice(),
            })
        })
        .collect();
    json!({
        "files": profile.tracks,
        "audio_s": summary.audio_s,
        "elapsed_s": whole.elapsed.as_secs_f64(),
        "cpu_s": cpu_s,
        "jobs": whole.jobs,
        "cores": whole.cores,
        "bottleneck": findings.first(),
        "findings": findings,
        "file_wall": rows(&profile.wall, in_flight_s),
        "steps": profile
            .steps
            .iter()
            .map(|(step, taken)| (step.name().to_owned(), rows(taken, cpu_s)))
            .collect::<serde_json::Map<String, Value>>(),
        "rest_s": rest_s(profile),
        "waits": profile
            .waits
            .iter()
            .map(|(wait, taken)| (wait.name().to_owned(), rows(taken, in_flight_s)))
            .collect::<serde_json::Map<String, Value>>(),
        "memory": report::summary_json(summary)["memory"].clone(),
        "store": summary.store,
    })
}
