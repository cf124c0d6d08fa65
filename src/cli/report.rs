//! Numbers as people read them, and the summary of a run.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::pipeline::{Counts, DryRun, Reason, Summary};

/// `1234567` as `1 234 567` (with narrow spaces left to typographers).
pub(super) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// A span of time in the two units that matter: `3 h 12 min`, `4 min 05 s`, `7.3 s`.
pub(super) fn hours(seconds: f64) -> String {
    let whole = seconds.max(0.0).round() as u64;
    match whole {
        3600.. => format!("{} h {:02} min", thousands(whole / 3600), whole / 60 % 60),
        60.. => format!("{} min {:02} s", whole / 60, whole % 60),
        _ => format!("{:.1} s", seconds.max(0.0)),
    }
}

/// Bytes as `12.3 MB` (powers of 1 000, as disks are sold).
pub(super) fn bytes(count: u64) -> String {
    let count = count as f64;
    match count {
        1e12.. => format!("{:.2} TB", count / 1e12),
        1e9.. => format!("{:.2} GB", count / 1e9),
        1e6.. => format!("{:.1} MB", count / 1e6),
        _ => format!("{:.1} kB", count / 1e3),
    }
}

/// How many files ended how, by stable names; all that were scanned come first.
pub(super) fn outcomes(counts: &Counts) -> [(&'static str, u64); 7] {
    [
        ("scanned", counts.scanned),
        ("analysed", counts.analysed),
        ("unchanged", counts.unchanged),
        ("relinked", counts.relinked),
        ("failed", counts.failed),
        ("skipped_failed", counts.skipped_failed),
        ("cancelled", counts.cancelled),
    ]
}

/// What became of the files of a run, for people.
pub(super) fn counts(summary: &Summary) -> String {
    let counts = &summary.counts;
    let files = if counts.scanned == 1 { "file" } else { "files" };
    let mut text = format!("{} {files}:", thousands(counts.scanned));
    let parts = [
        (counts.analysed, "analysed"),
        (counts.unchanged, "unchanged"),
        (counts.relinked, "re-linked"),
        (counts.failed, "failed"),
        (counts.skipped_failed, "failed before and not tried again"),
        (counts.cancelled, "not done"),
    ];
    let shown = parts.iter().filter(|(count, _)| *count > 0);
    let shown: Vec<String> =
        shown.map(|(count, name)| format!("{} {name}", thousands(*count))).collect();
    let _ = write!(
        text,
        " {}",
        if shown.is_empty() { "nothing found".into() } else { shown.join(", ") }
    );
    for (count, name) in [
        (summary.missing, "files are gone"),
        (summary.pruned, "missing files were forgotten"),
        (summary.unreadable, "folders could not be read"),
        (summary.models_failed, "models could not be used"),
    ] {
        if count > 0 {
            let _ = write!(text, "; {} {name}", thousands(count));
        }
    }
    if let Some(Reason::Time(why)) = summary.stopped {
        let _ = write!(text, "; stopped: {why}, the next run goes on from here");
    }
    text
}

/// What a run did, for people.
pub(super) fn summary(summary: &Summary) -> String {
    let mut text = counts(summary);
    let elapsed = summary.elapsed.as_secs_f64();
    let _ = write!(text, "\n{} of sound in {}", hours(summary.audio_s), hours(elapsed));
    if summary.audio_s > 0.0 {
        let _ = write!(text, ", {:.0} x real time", summary.times_real_time());
    }
    if summary.counts.failed > 0 {
        text.push_str("\nsee `phonolite errors` for what failed and what to do");
    }
    text
}

/// What a dry run found, for people.
pub(super) fn dry_run(found: &DryRun) -> String {
    format!(
        "would read {} files ({}), re-link {}, leave {} unchanged and {} failed ones alone",
        thousands(found.to_read),
        bytes(found.bytes),
        thousands(found.moved),
        thousands(found.unchanged),
        thousands(found.skipped_failed),
    )
}

/// What a run did, for programs.
pub(super) fn summary_json(summary: &Summary) -> Value {
    let (governor, store) = (&summary.governor, &summary.store);
    json!({
        "files": outcomes(&summary.counts)
            .into_iter()
            .map(|(name, count)| (name.to_owned(), count.into()))
            .collect::<serde_json::Map<String, Value>>(),
        "missing": summary.missing,
        "pruned": summary.pruned,
        "unreadable_folders": summary.unreadable,
        "models_failed": summary.models_failed,
        "audio_s": summary.audio_s,
        "elapsed_s": summary.elapsed.as_secs_f64(),
        "times_real_time": summary.times_real_time(),
        "stopped": summary.stopped.map(Reason::name),
        "memory": {
            "budget_bytes": governor.budget,
            "peak_reserved_bytes": governor.peak,
            "waits": governor.waits,
            "waited_s": governor.waited.as_secs_f64(),
            "overdrafts": governor.overdrafts,
            "peak_bytes": summary.peak_memory_bytes,
        },
        "cpu_s": summary.cpu.map(|time| time.as_secs_f64()),
        "throttled_s": summary.throttled.as_secs_f64(),
        "store": store,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_times_have_two_units() {
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(999), "999");
        assert_eq!(thousands(1234567), "1 234 567");
        assert_eq!(hours(7.26), "7.3 s");
        assert_eq!(hours(245.0), "4 min 05 s");
        assert_eq!(hours(11_520.0), "3 h 12 min");
        assert_eq!(bytes(12_345_678), "12.3 MB");
    }
}
