//! What a run tells while it runs.

use std::path::Path;

use super::outcome::{Counts, Outcome};
use super::summary::Summary;
use crate::feature::Depth;
use crate::manners::Why;

/// Something that happened. Every file gets exactly one [`Event::File`].
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// The run begins.
    Started {
        /// Files in flight.
        jobs: usize,
        /// The memory budget, bytes.
        budget: u64,
        /// How much of a track is heard.
        depth: Depth,
    },
    /// The files to be read, counted ahead of the work; may come late or not at all.
    Surveyed {
        /// Files that have to be read.
        files: u64,
        /// Their bytes.
        bytes: u64,
    },
    /// A file is being read.
    Reading {
        /// Which.
        path: &'a Path,
    },
    /// A file is done.
    File {
        /// Which.
        path: &'a Path,
        /// Its length in bytes.
        bytes: u64,
        /// What became of it.
        outcome: &'a Outcome,
        /// Time since it was taken up, seconds.
        elapsed_s: f64,
    },
    /// Something is wrong that belongs to no file, as an unreadable folder.
    Warning {
        /// Where.
        path: &'a Path,
        /// What.
        message: String,
    },
    /// No file is begun for the time being; those that have begun go on.
    Paused {
        /// Why.
        why: Why,
    },
    /// Files are begun again.
    Resumed,
    /// The run is over.
    Finished {
        /// All that is known of it.
        summary: &'a Summary,
    },
}

/// Listens to a run; called from several threads.
pub trait Observer: Sync {
    /// Takes notice of an event; must not block for long.
    fn observe(&self, event: &Event<'_>);

    /// True when the work ahead should be counted, which costs a second walk of the folders.
    fn wants_survey(&self) -> bool {
        false
    }
}

/// Listens to nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Observer for Silent {
    fn observe(&self, _: &Event<'_>) {}
}

/// The counts so far, for observers that show them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Progress {
    /// Files by outcome.
    pub counts: Counts,
    /// Bytes of the files that were read.
    pub bytes: u64,
    /// Sound analysed, seconds.
    pub audio_s: f64,
}

impl Progress {
    /// Takes one file into account.
    pub fn add(&mut self, bytes: u64, outcome: &Outcome) {
        self.counts.add(outcome);
        match outcome {
            Outcome::Analysed { duration_s, .. } => {
                self.audio_s += duration_s;
                self.bytes += bytes;
            }
            Outcome::Failed(_) | Outcome::Relinked { .. } => self.bytes += bytes,
            Outcome::Unchanged | Outcome::SkippedFailed | Outcome::Cancelled => {}
        }
    }
}
