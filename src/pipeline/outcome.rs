//! What became of a file.

use crate::error::{FailureKind, Stage};

/// A file that could not be analysed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Where it happened.
    pub stage: Stage,
    /// Why, as a stable name.
    pub kind: FailureKind,
    /// Why, for people; without the path.
    pub message: String,
}

impl Failure {
    /// A failure with its message.
    pub fn new(stage: Stage, kind: FailureKind, message: impl Into<String>) -> Self {
        Self { stage, kind, message: message.into() }
    }
}

/// What became of a file in a run; every scanned file gets exactly one.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Decoded and measured.
    Analysed {
        /// Length of the audio, seconds.
        duration_s: f64,
        /// Packets that were skipped.
        damaged_packets: u64,
    },
    /// Known, and nothing to be done.
    Unchanged,
    /// Known under another path, or with other tags: re-linked without being decoded.
    Relinked {
        /// What changed.
        how: Relink,
    },
    /// Not analysed, and why.
    Failed(Failure),
    /// Failed in an earlier run and unchanged since: not tried again.
    SkippedFailed,
    /// The run was stopped first.
    Cancelled,
}

/// How a known recording was found again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relink {
    /// The file was moved or renamed.
    Moved,
    /// Only its tags changed, or only its time stamp.
    Retagged,
    /// Another file with the same audio.
    Copy,
}

impl Outcome {
    /// The stable name, as in events and metrics.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Analysed { .. } => "analysed",
            Self::Unchanged => "unchanged",
            Self::Relinked { how: Relink::Moved } => "moved",
            Self::Relinked { how: Relink::Retagged } => "retagged",
            Self::Relinked { how: Relink::Copy } => "copy",
            Self::Failed(_) => "failed",
            Self::SkippedFailed => "skipped_failed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// How many files ended how; `scanned` is always the sum of the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Files that were looked at.
    pub scanned: u64,
    /// Decoded and measured.
    pub analysed: u64,
    /// Left alone.
    pub unchanged: u64,
    /// Moved, retagged or copies: re-linked without being decoded.
    pub relinked: u64,
    /// Failed in this run.
    pub failed: u64,
    /// Failed earlier and not tried again.
    pub skipped_failed: u64,
    /// Not done because the run was stopped.
    pub cancelled: u64,
}

impl Counts {
    /// Counts one file.
    pub fn add(&mut self, outcome: &Outcome) {
        self.scanned += 1;
        *match outcome {
            Outcome::Analysed { .. } => &mut self.analysed,
            Outcome::Unchanged => &mut self.unchanged,
            Outcome::Relinked { .. } => &mut self.relinked,
            Outcome::Failed(_) => &mut self.failed,
            Outcome::SkippedFailed => &mut self.skipped_failed,
            Outcome::Cancelled => &mut self.cancelled,
        } += 1;
    }

    /// The sum over all outcomes; equals `scanned`.
    pub fn total(&self) -> u64 {
        self.analysed
            + self.unchanged
            + self.relinked
            + self.failed
            + self.skipped_failed
            + self.cancelled
    }
}
