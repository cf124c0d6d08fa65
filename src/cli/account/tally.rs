//! Listens to a run beside who shows it.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use crate::pipeline::{Event, Observer, Outcome};

/// Failed files, and warnings, that are kept by name; of the others only the number.
const KEPT: usize = 1_000;

/// A file that failed.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Failed {
    pub(super) path: String,
    pub(super) stage: &'static str,
    pub(super) kind: &'static str,
    pub(super) message: String,
}

/// What was heard.
#[derive(Clone, Debug, Default)]
pub(in crate::cli) struct Seen {
    pub(super) failures: Vec<Failed>,
    pub(super) left_out: u64,
    pub(super) kinds: BTreeMap<&'static str, u64>,
    pub(super) warnings: Vec<String>,
    /// Reasons for which it stood still, with how often.
    pub(super) pauses: BTreeMap<&'static str, u64>,
}

/// Passes everything on, and keeps what an account needs.
pub(in crate::cli) struct Tally {
    shown: Box<dyn Observer>,
    seen: Mutex<Seen>,
}

impl Tally {
    pub(in crate::cli) fn over(shown: Box<dyn Observer>) -> Self {
        Self { shown, seen: Mutex::default() }
    }

    pub(in crate::cli) fn end(self) -> Seen {
        self.seen.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for Tally {
    fn observe(&self, event: &Event<'_>) {
        self.shown.observe(event);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::File { path, outcome: Outcome::Failed(failure), .. } => {
                *seen.kinds.entry(failure.kind.as_str()).or_insert(0) += 1;
                if seen.failures.len() == KEPT {
                    seen.left_out += 1;
                    return;
                }
                seen.failures.push(Failed {
                    path: path.to_string_lossy().into_owned(),
                    stage: failure.stage.as_str(),
                    kind: failure.kind.as_str(),
                    message: failure.message.clone(),
                });
            }
            Event::Warning { path, message } if seen.warnings.len() < KEPT => {
                seen.warnings.push(format!("{}: {message}", path.display()));
            }
            Event::Paused { why } => *seen.pauses.entry(why.name()).or_insert(0) += 1,
            _ => {}
        }
    }

    fn wants_survey(&self) -> bool {
        self.shown.wants_survey()
    }
}
