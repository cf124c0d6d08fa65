//! The account of a night: what was done, what failed, how long it took; as JSON, Markdown, and
//! metrics for Prometheus.

mod markdown;
mod metrics;
mod tally;

pub(super) use tally::{Seen, Tally};

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Context as _;
use clap::Args;
use serde_json::{Value, json};

use super::{Exit, Stop, report, work};
use crate::files;
use crate::pipeline::Summary;
use crate::store::unix_ms;
use crate::system;

/// Where accounts go.
#[derive(Debug, Args)]
pub(crate) struct AccountArgs {
    /// Write what was done, what failed, how long and how much memory it took
    #[arg(long, value_name = "FILE.json|FILE.md")]
    report: Option<PathBuf>,
    /// Write metrics for the textfile collector of Prometheus' `node_exporter`
    #[arg(long, value_name = "FILE.prom")]
    metrics_file: Option<PathBuf>,
}

/// A part of the work, by name.
#[derive(Clone, Debug)]
pub(super) struct Stage {
    name: &'static str,
    seconds: f64,
    /// What it did, in a line.
    did: String,
}

impl Stage {
    /// For people.
    pub(super) fn line(&self) -> String {
        format!("{} ({}): {}", self.name, report::hours(self.seconds), self.did)
    }
}

/// What was done.
pub(super) struct Account {
    verb: &'static str,
    start: Instant,
    started_ms: i64,
    stages: Vec<Stage>,
    summary: Option<Summary>,
    seen: Seen,
    error: Option<String>,
}

impl Account {
    pub(super) fn begin(verb: &'static str) -> Self {
        Self {
            verb,
            start: Instant::now(),
            started_ms: unix_ms(),
            stages: Vec::new(),
            summary: None,
            seen: Seen::default(),
            error: None,
        }
    }

    /// Notes how the analysis ended.
    pub(super) fn analysed(&mut self, done: &Result<Summary, Stop>, seen: Seen) {
        self.seen = seen;
        let seconds = self.start.elapsed().as_secs_f64();
        let did = match done {
            Ok(summary) => {
                self.summary = Some(summary.clone());
                report::counts(summary)
            }
            Err(stop) => {
                let error = format!("{:#}", stop.error);
                self.error = Some(error.clone());
                error
            }
        };
        self.stages.push(Stage { name: "analyse", seconds, did });
    }

    /// Does a part of the work and notes it; a part that fails is told and no more.
    pub(super) fn stage(
        &mut self,
        name: &'static str,
        act: impl FnOnce() -> anyhow::Result<String>,
    ) -> bool {
        let start = Instant::now();
        let done = act();
        let seconds = start.elapsed().as_secs_f64();
        let (did, well) = match done {
            Ok(did) => (did, true),
            Err(error) => {
                let error = format!("{name}: {error:#}");
                super::terminal::note(&format!("phonolite: {error}"));
                self.error.get_or_insert_with(|| error.clone());
                (error, false)
            }
        };
        self.stages.push(Stage { name, seconds, did });
        well
    }

    pub(super) fn stages(&self) -> &[Stage] {
        &self.stages
    }

    /// Writes what was asked for; each file is whole at any moment.
    pub(super) fn write(&self, to: &AccountArgs, exit: Exit, database: &Path) -> Result<(), Stop> {
        let elapsed_s = self.start.elapsed().as_secs_f64();
        let ended = Ended { exit, elapsed_s, database };
        if let Some(path) = &to.report {
            let markdown = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("md"));
            let text = if markdown {
                markdown::text(self, &ended)
            } else {
                format!("{:#}\n", self.json(&ended))
            };
            put(path, &text)?;
        }
        if let Some(path) = &to.metrics_file {
            let before = std::fs::read_to_string(path).unwrap_or_default();
            put(path, &metrics::text(self, &ended, &before))?;
        }
        Ok(())
    }

    fn json(&self, ended: &Ended<'_>) -> Value {
        let stage = |stage: &Stage| json!({ "name": stage.name, "seconds": stage.seconds, "did": stage.did });
        json!({
            "program": concat!("phonolite ", env!("CARGO_PKG_VERSION")),
            "verb": self.verb,
            "command": work::command_line(),
            "host": system::host_name(),
            "database": ended.database.to_string_lossy(),
            "started": self.started(),
            "elapsed_s": ended.elapsed_s,
            "outcome": ended.exit.name(),
            "exit_code": ended.exit.code(),
            "error": self.error,
            "cpu_s": cpu_s(),
            "peak_memory_bytes": system::peak_memory_bytes(),
            "stages": self.stages.iter().map(stage).collect::<Vec<_>>(),
            "run": self.summary.as_ref().map(report::summary_json),
            "failures_by_kind": self.seen.kinds,
            "failures": self.seen.failures,
            "failures_left_out": self.seen.left_out,
            "warnings": self.seen.warnings,
            "pauses": self.seen.pauses,
        })
    }

    /// When it began, to the second.
    fn started(&self) -> String {
        let at = jiff::Timestamp::from_millisecond(self.started_ms);
        at.map(|at| format!("{at:.0}")).unwrap_or_default()
    }
}

/// Processor time of the process so far, in seconds.
fn cpu_s() -> Option<f64> {
    system::cpu_time().map(|time| time.as_secs_f64())
}

/// How it ended.
struct Ended<'a> {
    exit: Exit,
    elapsed_s: f64,
    database: &'a Path,
}

fn put(path: &Path, text: &str) -> Result<(), Stop> {
    files::replace(path, |out| out.write_all(text.as_bytes()))
        .with_context(|| format!("cannot write {}", path.display()))
        .map_err(Stop::fault)
}
