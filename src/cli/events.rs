//! A run as JSON lines on standard output.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::Path;

use serde_json::{Value, json};

use super::report;
use crate::pipeline::{Event, Observer, Outcome};

/// Prints every event as one JSON object a line.
pub(super) struct JsonEvents;

impl Observer for JsonEvents {
    fn observe(&self, event: &Event<'_>) {
        let Some(value) = object(event) else { return };
        // One write a line under the lock of standard output: lines of threads do not mix. A
        // reader that has gone must not stop the analysis.
        let _ = writeln!(io::stdout().lock(), "{value}");
    }

    fn wants_survey(&self) -> bool {
        true
    }
}

/// Adds a path as text, and as hexadecimal bytes where the text cannot hold it.
fn with_path(mut value: Value, path: &Path) -> Value {
    value["path"] = path.to_string_lossy().into();
    if path.to_str().is_none() {
        let mut hex = String::new();
        for byte in path.as_os_str().as_encoded_bytes() {
            let _ = write!(hex, "{byte:02x}"); // a String takes everything
        }
        value["path_hex"] = hex.into();
    }
    value
}

fn object(event: &Event<'_>) -> Option<Value> {
    Some(match event {
        Event::Started { jobs, budget, depth } => {
            let depth = depth.as_str();
            json!({"event": "started", "jobs": jobs, "memory_budget_bytes": budget, "depth": depth})
        }
        Event::Surveyed { files, bytes } => {
            json!({"event": "surveyed", "files": files, "bytes": bytes})
        }
        Event::Reading { path } => with_path(json!({"event": "reading"}), path),
        Event::File { outcome: Outcome::Unchanged | Outcome::SkippedFailed, .. } => return None,
        Event::File { path, bytes, outcome, elapsed_s } => {
            let mut value = json!({
                "event": "file",
                "outcome": outcome.name(),
                "bytes": bytes,
                "elapsed_s": (elapsed_s * 1e3).round() / 1e3,
            });
            match outcome {
                Outcome::Analysed { duration_s, damaged_packets } => {
                    value["duration_s"] = (*duration_s).into();
                    value["damaged_packets"] = (*damaged_packets).into();
                }
                Outcome::Failed(failure) => {
                    value["stage"] = failure.stage.as_str().into();
                    value["kind"] = failure.kind.as_str().into();
                    value["message"] = failure.message.as_str().into();
                }
                _ => {}
            }
            with_path(value, path)
        }
        Event::Warning { path, message } => {
            with_path(json!({"event": "warning", "message": message}), path)
        }
        Event::Paused { why } => json!({"event": "paused", "why": why.name()}),
        Event::Resumed => json!({"event": "resumed"}),
        Event::Finished { summary } => {
            let mut value = json!({"event": "finished"});
            if let (Some(all), Value::Object(fields)) =
                (value.as_object_mut(), report::summary_json(summary))
            {
                all.extend(fields);
            }
            value
        }
    })
}
