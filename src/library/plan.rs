//! What has to be done for a file.

use super::identity::is_gone;
use super::scan::{Candidate, Walked};
use super::seen::Seen;
use crate::feature::Depth;
use crate::feature::catalogue::Families;
use crate::model::slot::ModelKey;
use crate::store::{
    FileId, FileRow, FileState, KnownTrack, PastFailure, Readers, Stamp, Status, StoreError,
    TrackId,
};
use std::path::Path;

/// Runs that have to die over a file before it is left alone.
const DEATHS: u32 = 2;

/// What the user wants.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// Analyse everything again, failed files included.
    pub force: bool,
    /// Try failed and quarantined files again.
    pub retry_failed: bool,
    /// Families to compute.
    pub families: Families,
    /// How much of a track is to be heard.
    pub depth: Depth,
}

impl Default for Policy {
    fn default() -> Self {
        Self { force: false, retry_failed: false, families: Families::all(), depth: Depth::Full }
    }
}

/// What has to be done for a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Job {
    /// Nothing.
    Unchanged,
    /// Compute these families, and the models whose answers are missing; its content is the known
    /// one.
    Analyse(Families),
    /// Read it and settle what it holds: it is new, or it has changed.
    Check,
    /// Tell the store that this file lies here now, or again; no need to open it.
    Moved(FileId),
    /// Nothing: it failed and has not changed since.
    SkippedFailed,
    /// Nothing, and note it as failed: runs died over it.
    Quarantined,
}

/// A file with its job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Planned {
    /// What to do.
    pub job: Job,
    /// Its row, if it has one.
    pub file: Option<FileId>,
    /// Its track, if it was analysed.
    pub track: Option<TrackId>,
    /// Runs that died while it, among others, was being read.
    pub deaths: u32,
}

/// Compares what a scan finds with the store.
#[derive(Debug)]
pub struct Planner {
    readers: Readers,
    policy: Policy,
    /// Models of the user whose answers are wanted.
    models: Vec<ModelKey>,
    seen: Seen,
}

impl Planner {
    /// A planner over the store behind `readers`.
    pub fn new(readers: &Readers, policy: Policy) -> Self {
        Self { readers: readers.clone(), policy, models: Vec::new(), seen: Seen::default() }
    }

    /// Wants the answers of these models as well.
    #[must_use]
    pub fn with_models(mut self, models: &[ModelKey]) -> Self {
        self.models = models.to_vec();
        self
    }

    /// Names the job of a file. One look-up; a second one for a path never seen.
    ///
    /// # Errors
    /// Those of the store.
    pub fn plan(&mut self, candidate: &Candidate) -> Result<Planned, StoreError> {
        let state = self.readers.file_state(&candidate.path)?;
        let job = match (self.held_back(candidate.stamp, &state), state.file) {
            // It is not missing any more; the store keeps it failed.
            (Some(Job::SkippedFailed), Some((file, _, Status::Missing))) => Job::Moved(file),
            (Some(job), _) => job,
            (None, _) => self.job(candidate, &state)?,
        };
        let file = state.file.map(|(file, ..)| file);
        let moved = if let Job::Moved(file) = job { Some(file) } else { None };
        file.into_iter().chain(moved).for_each(|file| self.seen.insert(file));
        let deaths = deaths(candidate.stamp, &state);
        Ok(Planned { job, file, track: state.track.map(|known| known.track), deaths })
    }

    /// The job of a file that failed before and has not changed since, unless what failed may have passed.
    fn held_back(&self, stamp: Stamp, state: &FileState) -> Option<Job> {
        if self.policy.retry_failed {
            return None;
        }
        let failure = state.failure.as_ref();
        let lasting = failure.filter(|failure| !failure.may_have_passed());
        let failed = lasting.and_then(|failure| failure.stamp);
        let failed = failed.is_some_and(|then| stamp.unchanged_since(then));
        let quarantined = deaths(stamp, state) >= DEATHS;
        let noted = failure.is_some_and(PastFailure::is_quarantine);
        match (quarantined, failed) {
            (true, true) if noted => Some(Job::SkippedFailed),
            (true, _) => Some(Job::Quarantined),
            (false, true) if !self.policy.force => Some(Job::SkippedFailed),
            (false, _) => None,
        }
    }

    fn job(&self, candidate: &Candidate, state: &FileState) -> Result<Job, StoreError> {
        match (state.file, state.track) {
            (None, _) => self.newcomer(candidate),
            (Some((file, then, status)), Some(track)) if candidate.stamp.unchanged_since(then) => {
                self.unchanged(file, status, track)
            }
            (Some(_), _) => Ok(Job::Check),
        }
    }

    /// The job of a file with the content it had.
    fn unchanged(
        &self,
        file: FileId,
        status: Status,
        track: KnownTrack,
    ) -> Result<Job, StoreError> {
        let due = self.due(track);
        Ok(match status {
            _ if !due.is_empty() || self.lacks_answers(track.track)? => Job::Analyse(due),
            Status::Missing => Job::Moved(file),
            Status::Ok => Job::Unchanged,
            // Its track is known, but it could not be read since.
            Status::Failed => Job::Check,
        })
    }

    /// True when a wanted model said nothing of a track yet, or another version of it did.
    fn lacks_answers(&self, track: TrackId) -> Result<bool, StoreError> {
        for model in &self.models {
            if !self.readers.has_answers(track, model)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Families to compute of a track.
    fn due(&self, track: KnownTrack) -> Families {
        let due = track.due(self.policy.depth, self.policy.force);
        self.policy.families.iter().filter(|&family| due.contains(family)).collect()
    }

    /// The job of a path never seen: a file that was moved within its file system keeps device,
    /// inode, size and time, and has left its old path.
    fn newcomer(&self, candidate: &Candidate) -> Result<Job, StoreError> {
        if candidate.stamp.inode == 0 || self.policy.force {
            return Ok(Job::Check);
        }
        for file in self.readers.files_by_inode(candidate.stamp)? {
            if self.moved_here(&file, candidate.stamp)? {
                return Ok(Job::Moved(file.id));
            }
        }
        Ok(Job::Check)
    }

    fn moved_here(&self, file: &FileRow, stamp: Stamp) -> Result<bool, StoreError> {
        let Some(track) = file.track.filter(|_| stamp.unchanged_since(file.stamp)) else {
            return Ok(false);
        };
        // Of a failed file nothing is known that could move with it.
        if file.status == Status::Failed || !is_gone(&file.path) {
            return Ok(false);
        }
        let whole = self.readers.track(track)?.is_some_and(|track| self.due(track).is_empty());
        Ok(whole && !self.lacks_answers(track)?)
    }

    /// Calls `gone` for each file known below a directory that was not met and is not there any more;
    /// returns their number.
    ///
    /// To be asked after the scan of it came to its end and the store was flushed. When its root is
    /// absent, unreadable or empty nothing is gone: more likely its disk is not mounted.
    ///
    /// # Errors
    /// Those of the store.
    pub fn missing(
        &self,
        walked: &Walked,
        mut gone: impl FnMut(FileId),
    ) -> Result<u64, StoreError> {
        if !has_entries(&walked.root) {
            return Ok(0);
        }
        let mut count = 0;
        for file in self.readers.files_under(Some(&walked.below)) {
            let file = file?;
            let known = file.status == Status::Missing || self.seen.contains(file.id);
            if !known && is_gone(&file.path) {
                gone(file.id);
                count += 1;
            }
        }
        Ok(count)
    }
}

/// Deaths over a file, if it has not changed since.
fn deaths(stamp: Stamp, state: &FileState) -> u32 {
    state.deaths.filter(|(_, then)| stamp.unchanged_since(*then)).map_or(0, |(deaths, _)| deaths)
}

/// True for a directory with something in it: one without is more likely a disk that is not mounted.
pub fn has_entries(root: &Path) -> bool {
    root.read_dir().is_ok_and(|mut entries| entries.any(|entry| entry.is_ok()))
}
