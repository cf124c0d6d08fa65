//! `phonolite doctor`: what is wrong, and what to do.

use std::io::Write;
use std::path::Path;

use serde_json::json;

use crate::cli::args::JsonArgs;
use crate::cli::{Context, Exit, Stop, terminal};
use crate::doctor::{Finding, Subject, examine};
use crate::error::Gravity;

pub(crate) const EXAMPLES: &str = "Looked at: every page of the database, rows that lead nowhere, files of the database that are not on
the disk, results of earlier versions, what dead runs left, room and permissions, network and
read-only disks, models against their lists. Nothing is changed.

Exit codes: 0 nothing above `low`, 3 something is.

Examples:
  phonolite doctor
  phonolite doctor --json | jq -r '.findings[] | select(.severity != \"low\") | .suggestion'";

pub(super) fn run(options: &JsonArgs, context: &Context) -> Result<Exit, Stop> {
    let database = context.database()?;
    let models_dir = context.models_dir()?;
    let findings = examine(&Subject { database: &database, models_dir, root: Path::new("/") });
    let mut out = terminal::out();
    let printed = if options.json {
        let report = json!({
            "database": database.to_string_lossy(),
            "worst": findings.first().map(|finding| finding.severity.as_str()),
            "findings": findings,
        });
        writeln!(out, "{report:#}")
    } else {
        findings.iter().try_for_each(|finding| print(finding, &mut out))
    };
    printed.and_then(|()| out.flush()).map_err(Stop::fault)?;
    if findings.is_empty() && !options.json {
        terminal::note("phonolite: nothing is wrong");
    }
    let above_low = findings.iter().any(|finding| finding.severity > Gravity::Low);
    Ok(if above_low { Exit::SomeFailed } else { Exit::Done })
}

fn print(finding: &Finding, out: &mut impl Write) -> std::io::Result<()> {
    writeln!(out, "{:8}  {}", finding.severity.as_str(), finding.message)?;
    writeln!(out, "          -> {}", finding.suggestion)
}
