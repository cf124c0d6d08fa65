//! The account for the textfile collector of Prometheus' `node_exporter`: the exposition format 0.0.4.

use std::fmt::Write;

use super::{Account, Ended, cpu_s};
use crate::cli::Exit;
use crate::cli::report;
use crate::system;

const LAST_SUCCESS: &str = "phonolite_last_success_timestamp_seconds";

/// The metrics; `before` is what the file holds: a run that fails must not forget when one last
/// succeeded.
pub(super) fn text(account: &Account, ended: &Ended<'_>, before: &str) -> String {
    let mut out = Metrics(String::new());
    let finished = account.started_ms as f64 / 1e3 + ended.elapsed_s;
    out.one("phonolite_last_run_timestamp_seconds", "When the last run ended.", finished);
    // Files that fail are in the music, not in the run.
    let well = matches!(ended.exit, Exit::Done | Exit::SomeFailed);
    let success = if well { Some(finished) } else { value(before, LAST_SUCCESS) };
    if let Some(success) = success {
        out.one(LAST_SUCCESS, "When the last run ended that came to its end.", success);
    }
    let code = f64::from(ended.exit.code());
    out.one("phonolite_last_run_exit_code", "Its exit code.", code);
    out.one("phonolite_last_run_seconds", "How long it took.", ended.elapsed_s);
    out.head("phonolite_last_run_stage_seconds", "How long its parts took.");
    for stage in &account.stages {
        out.line("phonolite_last_run_stage_seconds", &[("stage", stage.name)], stage.seconds);
    }
    if let Some(cpu) = cpu_s() {
        out.one("phonolite_last_run_cpu_seconds", "Processor time it took.", cpu);
    }
    if let Some(peak) = system::peak_memory_bytes() {
        let help = "The largest resident size it had.";
        out.one("phonolite_last_run_peak_memory_bytes", help, peak as f64);
    }
    if let Some(summary) = &account.summary {
        out.head("phonolite_last_run_files", "Files it met, by what became of them.");
        for (outcome, count) in report::outcomes(&summary.counts) {
            out.line("phonolite_last_run_files", &[("outcome", outcome)], count as f64);
        }
        let help = "Sound it analysed.";
        out.one("phonolite_last_run_audio_seconds", help, summary.audio_s);
    }
    out.head("phonolite_last_run_failed_files", "Files that failed in it, by kind.");
    for (kind, count) in &account.seen.kinds {
        out.line("phonolite_last_run_failed_files", &[("kind", *kind)], *count as f64);
    }
    let bytes = ended.database.metadata().map_or(0, |metadata| metadata.len());
    out.one("phonolite_database_bytes", "Size of the database.", bytes as f64);
    out.0
}

/// The value of a metric without labels in an earlier text.
fn value(text: &str, name: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?;
    line.trim().parse().ok()
}

struct Metrics(String);

impl Metrics {
    fn head(&mut self, name: &str, help: &str) {
        // Gauges: a run that is over is not counted on.
        let _ = write!(self.0, "# HELP {name} {help}\n# TYPE {name} gauge\n");
    }

    /// Labels are stable names of the program: nothing in them has to be escaped.
    fn line(&mut self, name: &str, labels: &[(&str, &str)], value: f64) {
        let labels: Vec<String> =
            labels.iter().map(|(key, value)| format!("{key}=\"{value}\"")).collect();
        let labels =
            if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let _ = writeln!(self.0, "{name}{labels} {value}");
    }

    fn one(&mut self, name: &str, help: &str, value: f64) {
        self.head(name, help);
        self.line(name, &[], value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn a_failed_run_does_not_forget_the_last_success() {
        let account = Account::begin("batch");
        let text_of = |exit, before: &str| {
            text(&account, &Ended { exit, elapsed_s: 2.0, database: Path::new("/no") }, before)
        };
        let first = text_of(Exit::Fault, "");
        assert!(!first.contains(LAST_SUCCESS), "{first}");
        let good = text_of(Exit::SomeFailed, &first);
        let then = value(&good, LAST_SUCCESS).expect("told");
        assert!(then > 1.7e9, "{then}");
        let failed = text_of(Exit::Signal(15), &good);
        assert_eq!(value(&failed, LAST_SUCCESS), Some(then));
        assert_eq!(value(&failed, "phonolite_last_run_exit_code"), Some(143.0));
    }
}
