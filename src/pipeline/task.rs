//! One file, from attempt to outcome.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::time::Instant;

use super::outcome::{Failure, Outcome, Relink};
use super::run::{Active, Shared};
use super::stream::{self, CHUNKS, Interruption};
use crate::audio::{self, Opened, Source};
use crate::error::{FailureKind, Stage};
use crate::feature::{Extractor, Families, Lanes, Record};
use crate::library::{Candidate, Identity, Job, Planned, settle};
use crate::memory::{AdmitError, Ticket};
use crate::store::{self, Digest, FileFacts, Op, Stamp, TrackFacts};
use crate::units::StreamSpec;

/// Bytes a decoder and its buffers hold at most, chunks not counted: the read buffer, the tables of
/// the codec and one decoded packet (a FLAC block has up to 65 535 frames).
const DECODER_BYTES: u64 = 1 << 20;

/// Length taken for granted when a file does not tell its own: ten minutes at its rate.
const UNTOLD_SECONDS: u64 = 600;

/// A file to be read, and what is to be done with it.
pub(super) struct Work {
    pub(super) candidate: Candidate,
    pub(super) planned: Planned,
}

/// Does the work and tells the outcome; nothing of it escapes, not even a panic.
pub(super) fn run(shared: &Shared<'_>, work: Work) {
    let since = Instant::now();
    let Work { candidate, planned } = work;
    let outcome = if shared.cancel.no_new_files() && shared.cancel.interrupts() {
        Outcome::Cancelled
    } else {
        attempt(shared, &candidate, &planned)
    };
    shared.done(&candidate, &outcome, since);
}

/// Notes the attempt, reads the file, and has the result written.
fn attempt(shared: &Shared<'_>, candidate: &Candidate, planned: &Planned) -> Outcome {
    let (run, path, stamp) = (shared.run, candidate.path.clone(), candidate.stamp);
    // Committed before the file is opened: should it take the process down, the next run knows.
    if shared.write_now(Op::Attempt { run, path, stamp }).is_err() {
        return Outcome::Cancelled;
    }
    shared.observer.observe(&super::event::Event::Reading { path: &candidate.path });
    let read = catch_unwind(AssertUnwindSafe(|| read(shared, candidate, planned)));
    let read = read.unwrap_or_else(|panic| {
        let text = stream::panic_text(&*panic);
        Err(Interruption::Failed(Failure::new(Stage::Analyse, FailureKind::Internal, text)))
    });
    let (op, outcome) = match read {
        Ok(done) => done,
        Err(Interruption::Failed(failure)) => {
            (failed(shared, candidate, &failure), Outcome::Failed(failure))
        }
        Err(Interruption::Cancelled) => {
            (Op::Release { path: candidate.path.clone() }, Outcome::Cancelled)
        }
    };
    // An outcome counts only when its record is on its way to the disk.
    shared.write(op).map_or(Outcome::Cancelled, |()| outcome)
}

/// The operation that stores a failure.
pub(super) fn failed(shared: &Shared<'_>, candidate: &Candidate, failure: &Failure) -> Op {
    Op::Failed(store::Failure {
        run: shared.run,
        path: candidate.path.clone(),
        stamp: Some(candidate.stamp),
        stage: failure.stage,
        kind: failure.kind,
        message: failure.message.clone(),
    })
}

/// Opens the file once and either finds its audio in the store or analyses it.
fn read(
    shared: &Shared<'_>,
    candidate: &Candidate,
    planned: &Planned,
) -> Result<(Op, Outcome), Interruption> {
    let mut opened = audio::open(&candidate.path, &shared.options.limits)?;
    let wanted = match planned.job {
        Job::Analyse(families) => families,
        _ => match known(shared, candidate, planned, &mut opened)? {
            Known::Whole(done) => return Ok(*done),
            Known::Stale(families) => families,
        },
    };
    let mut source = opened.decode()?;
    let tags = source.tags().clone();
    let (records, frames) = analyse(shared, &mut source, wanted)?;
    let summary = source.finish();
    unchanged_on_disk(candidate)?;
    let track = TrackFacts { frames, ..track_facts(&summary) };
    let outcome = Outcome::Analysed {
        duration_s: track.duration_s,
        damaged_packets: track.damaged_packets,
    };
    let file = FileFacts { path: candidate.path.clone(), stamp: candidate.stamp, tags };
    Ok((Op::Analysed { file, track, records }, outcome))
}
