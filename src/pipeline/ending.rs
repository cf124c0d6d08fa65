//! The end of a run.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::event::Event;
use super::outcome::Counts;
use super::run::{RunError, Shared};
use super::summary::Summary;
use crate::library::{Planner, Scan, has_entries};
use crate::profile::Whole;
use crate::store::{FileId, Op, Reply, RunCounts, RunEnd};
use crate::system;

/// The clocks when the run began.
pub(super) struct Beginning {
    pub(super) start: Instant,
    pub(super) cpu: Option<Duration>,
}

/// Marks what is gone, forgets it if asked to, and closes the books.
pub(super) fn finish(
    shared: &Shared<'_>,
    scan: &Scan,
    planner: &Planner,
    unreadable: u64,
    beginning: &Beginning,
) -> Result<Summary, RunError> {
    if let Some(fault) = shared.take_fault() {
        return Err(fault.into());
    }
    let stopped = shared.cancel.reason();
    let missing = if stopped.is_none() { mark_missing(shared, scan, planner)? } else { 0 };
    let prune = shared.options.prune && stopped.is_none();
    let pruned = if prune { count(shared.write_now(Op::Prune)?) } else { 0 };
    let progress = shared.counts();
    shared.write_now(Op::EndRun(RunEnd {
        run: shared.run,
        counts: run_counts(progress.counts, missing),
        audio_s: progress.audio_s,
        outcome: match stopped {
            Some(_) => "cancelled",
            None if progress.counts.failed + unreadable + shared.models.failures() > 0 => {
                "failures"
            }
            None => "done",
        },
    }))?;
    let (elapsed, cpu) = (beginning.start.elapsed(), cpu_since(shared, beginning));
    let store = shared.store.stats();
    let whole = Whole {
        elapsed,
        cpu: cpu.unwrap_or_default(),
        writer_cpu: Duration::from_secs_f64(store.writer.cpu_s),
        cores: shared.options.cores,
        jobs: shared.options.jobs,
    };
    let summary = Summary {
        counts: progress.counts,
        unreadable,
        models_failed: shared.models.failures(),
        missing,
        walked: whole_roots(scan),
        pruned,
        audio_s: progress.audio_s,
        elapsed,
        cpu,
        throttled: shared.gate.throttled(),
        peak_memory_bytes: system::peak_memory_bytes(),
        stopped,
        governor: shared.governor.stats(),
        store,
        profile: shared.profiler.as_ref().map(|profiler| profiler.profile(whole)),
    };
    tracing::info!(
        scanned = summary.counts.scanned,
        analysed = summary.counts.analysed,
        failed = summary.counts.failed,
        audio_s = summary.audio_s,
        elapsed_s = summary.elapsed.as_secs_f64(),
        "run ends"
    );
    shared.observer.observe(&Event::Finished { summary: &summary });
    Ok(summary)
}

fn cpu_since(shared: &Shared<'_>, beginning: &Beginning) -> Option<Duration> {
    let now = shared.options.manners.senses.cpu()?;
    Some(now.saturating_sub(beginning.cpu?))
}

/// Marks files under completely walked roots that were not seen and are really gone.
fn mark_missing(shared: &Shared<'_>, scan: &Scan, planner: &Planner) -> Result<u64, RunError> {
    const PAGE: usize = 512;
    shared.write_now(Op::Flush)?;
    let mut gone: Vec<FileId> = Vec::new();
    for walked in scan.finished() {
        planner.missing(walked, |file| gone.push(file))?;
    }
    let mut marked = 0;
    for page in gone.chunks(PAGE) {
        marked += count(shared.write_now(Op::Missing(page.to_vec()))?);
    }
    Ok(marked)
}

/// The roots that were walked to their end and are not empty.
fn whole_roots(scan: &Scan) -> Vec<PathBuf> {
    let whole = scan.finished().iter().filter(|walked| walked.root == walked.below);
    whole.map(|walked| walked.root.clone()).filter(|root| has_entries(root)).collect()
}

fn count(reply: Reply) -> u64 {
    if let Reply::Count(count) = reply { count } else { 0 }
}

fn run_counts(counts: Counts, missing: u64) -> RunCounts {
    RunCounts {
        scanned: counts.scanned,
        analysed: counts.analysed,
        unchanged: counts.unchanged + counts.skipped_failed,
        linked: counts.relinked,
        failed: counts.failed,
        cancelled: counts.cancelled,
        missing,
    }
}
