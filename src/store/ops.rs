//! What the writer can be asked to do.

use super::facts::{FileFacts, FileId, RunId, Stamp, TrackFacts, TrackId};
use crate::audio::PayloadHash;
use crate::error::{FailureKind, Stage};
use crate::feature::catalogue::Record;
use crate::model::slot::{Answer, ModelKey};
use std::path::PathBuf;

/// A run that begins.
#[derive(Clone, Debug, Default)]
pub struct RunStart {
    /// The command line, for the record.
    pub args: String,
    /// The directories and files it was asked to look at, normalised. Scan failures noted under
    /// them by earlier runs are forgotten: this run finds them again if they persist.
    pub roots: Vec<PathBuf>,
}

/// What became of the files of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunCounts {
    /// Files found.
    pub scanned: u64,
    /// Files analysed.
    pub analysed: u64,
    /// Files that did not need it.
    pub unchanged: u64,
    /// Files moved, copied or retagged: linked to a known track.
    pub linked: u64,
    /// Files that failed.
    pub failed: u64,
    /// Files left out because the run was cancelled.
    pub cancelled: u64,
    /// Files found to be gone.
    pub missing: u64,
}

/// A run that ends.
#[derive(Clone, Debug)]
pub struct RunEnd {
    /// Which one.
    pub run: RunId,
    /// What became of the files.
    pub counts: RunCounts,
    /// Sound analysed, in seconds.
    pub audio_s: f64,
    /// How it ended: `done`, `failures`, `cancelled`, `fault`.
    pub outcome: &'static str,
}

/// A file, or a directory that could not be read, that failed.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The run.
    pub run: RunId,
    /// Where it lies.
    pub path: PathBuf,
    /// Its `stat`; `None` when there is no file to speak of (a directory, a vanished file), and
    /// then no row of a file is made.
    pub stamp: Option<Stamp>,
    /// Where it failed.
    pub stage: Stage,
    /// Why, as a name.
    pub kind: FailureKind,
    /// Why, in words.
    pub message: String,
}

/// One operation of the writer. Each is done wholly or not at all.
#[derive(Clone, Debug)]
pub enum Op {
    /// A run begins; the files that dead runs left behind are counted as deaths. Answers
    /// [`Reply::Run`].
    BeginRun(RunStart),
    /// A file is about to be read. Ask for the answer before opening it.
    Attempt {
        /// The run.
        run: RunId,
        /// The file.
        path: PathBuf,
        /// Its `stat`.
        stamp: Stamp,
    },
    /// A file was left alone after all (cancelled): its attempt is forgotten.
    Release {
        /// The file.
        path: PathBuf,
    },
    /// A file was analysed: its row, its track (a known one if the payload is known) and the
    /// records of some or all families are stored, attempt and failure forgotten. Answers
    /// [`Reply::Stored`].
    Analysed {
        /// The file.
        file: FileFacts,
        /// Its track.
        track: TrackFacts,
        /// What was measured.
        records: Vec<Record>,
    },
    /// A model of the user said something of a track; what other versions of the model said is
    /// forgotten.
    Answered {
        /// The audio of the track.
        payload: PayloadHash,
        /// The model.
        model: ModelKey,
        /// What it said.
        answers: Vec<Answer>,
    },
    /// A file turned out to hold a known track: copied, moved or retagged. Answers
    /// [`Reply::Stored`].
    Link {
        /// The file and its tags.
        file: FileFacts,
        /// The track.
        track: TrackId,
        /// The row of a file of that track whose path is gone: it becomes the row of this file.
        replaces: Option<FileId>,
    },
    /// A file has a new path, or is back at its old one; nothing else changed.
    Moved {
        /// Its row.
        file: FileId,
        /// Where it lies now.
        path: PathBuf,
        /// Its `stat`.
        stamp: Stamp,
    },
    /// A file failed. Its attempt is forgotten unless the kind is
    /// [`Quarantined`](FailureKind::Quarantined). What was stored of an unchanged file is kept.
    Failed(Failure),
    /// Files are gone. Answers [`Reply::Count`], the number of them that were not known to be.
    Missing(Vec<FileId>),
    /// Removes missing files, their failures, and the tracks no file points to. Answers
    /// [`Reply::Count`], the number of files removed.
    Prune,
    /// As [`Op::Prune`], for files that were found to be gone before a moment, and lay below one of
    /// these directories on a disk of which another file is there: what is not mounted is not gone.
    /// Answers [`Reply::Count`].
    PruneOld {
        /// In milliseconds since 1970.
        before_ms: i64,
        /// Directories that were walked to their end just now.
        roots: Vec<PathBuf>,
    },
    /// A run ends.
    EndRun(RunEnd),
    /// Nothing; its answer says that everything before it is committed.
    Flush,
}

/// The answer to an operation, given after its commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// It was done.
    Done,
    /// The run that began.
    Run(RunId),
    /// The rows a file and its track are in now.
    Stored {
        /// Row of the file.
        file: FileId,
        /// Row of the track.
        track: TrackId,
    },
    /// A number of rows.
    Count(u64),
}
