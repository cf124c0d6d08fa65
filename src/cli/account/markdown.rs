//! The account for people.

use std::fmt::Write;

use super::{Account, Ended, cpu_s};
use crate::cli::report::{bytes, hours, thousands};
use crate::system;

/// Failed files that are shown.
const SHOWN: usize = 50;

pub(super) fn text(account: &Account, ended: &Ended<'_>) -> String {
    let mut text = format!(
        "# phonolite {} of {}\n\n{} on {}, {}: **{}** after {}.\n",
        account.verb,
        account.started(),
        ended.database.display(),
        system::host_name(),
        concat!("version ", env!("CARGO_PKG_VERSION")),
        ended.exit.name().replace('_', " "),
        hours(ended.elapsed_s),
    );
    if let Some(error) = &account.error {
        let _ = write!(text, "\nError: {}\n", plain(error));
    }
    text.push_str("\n| part | time | what |\n|---|---|---|\n");
    for stage in &account.stages {
        let _ =
            writeln!(text, "| {} | {} | {} |", stage.name, hours(stage.seconds), plain(&stage.did));
    }
    used(account, &mut text);
    failures(account, &mut text);
    text
}

fn used(account: &Account, text: &mut String) {
    text.push_str("\n| | |\n|---|---|\n");
    let mut row = |name: &str, value: String| {
        let _ = writeln!(text, "| {name} | {value} |");
    };
    if let Some(summary) = &account.summary {
        row("sound analysed", hours(summary.audio_s));
        row("speed", format!("{:.0} x real time", summary.times_real_time()));
        row("memory budget", bytes(summary.governor.budget));
        if summary.throttled.as_secs_f64() > 0.0 {
            row("stood still for --max-cpu", hours(summary.throttled.as_secs_f64()));
        }
    }
    if let Some(cpu) = cpu_s() {
        row("processor time", hours(cpu));
    }
    if let Some(peak) = system::peak_memory_bytes() {
        row("peak memory", bytes(peak));
    }
    for (why, times) in &account.seen.pauses {
        row("paused", format!("{times} x for {why}"));
    }
}

fn failures(account: &Account, text: &mut String) {
    let seen = &account.seen;
    if !seen.kinds.is_empty() {
        let kinds: Vec<String> = seen
            .kinds
            .iter()
            .map(|(kind, count)| format!("{} {kind}", thousands(*count)))
            .collect();
        let _ = write!(text, "\n## Failed: {}\n\n", kinds.join(", "));
    }
    for failed in seen.failures.iter().take(SHOWN) {
        let (path, kind, stage) = (plain(&failed.path), failed.kind, failed.stage);
        let _ = writeln!(text, "- `{path}`: {kind} ({stage}): {}", plain(&failed.message));
    }
    let more = seen.failures.len().saturating_sub(SHOWN) as u64 + seen.left_out;
    if more > 0 {
        let _ = writeln!(text, "- and {} more: `phonolite errors`", thousands(more));
    }
    if !seen.warnings.is_empty() {
        text.push_str("\n## Warnings\n\n");
    }
    for warning in seen.warnings.iter().take(SHOWN) {
        let _ = writeln!(text, "- {}", plain(warning));
    }
}

/// Text that cannot break a line or a table.
fn plain(text: &str) -> String {
    text.replace(['\n', '\r'], " ").replace('|', "\\|").replace('`', "'")
}
