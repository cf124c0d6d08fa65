//! A run: scan → plan → workers → writer, and the bookkeeping around it.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use crossbeam_channel::{Receiver, Sender, bounded};

use super::ahead::{AHEAD, Ahead};
use super::cancel::{Cancel, Reason};
use super::ending::{Beginning, finish};
use super::event::{Event, Observer, Progress};
use super::outcome::{Failure, Outcome, Relink};
use super::summary::Summary;
use super::task::{self, Work};
use super::watching::Watching;
use crate::audio::{CHUNK_FRAMES, Limits};
use crate::error::{FailureKind, Stage};
use crate::feature::{Depth, Families};
use crate::library::{Candidate, Job, Planned, Planner, Policy, Scan, ScanError, ScanOptions};
use crate::manners::{Gate, Manners};
use crate::memory::{BASELINE_BYTES, Governor};
use crate::model::slot::{ModelKey, Registry, SlotError};
use crate::model::{self, ModelError};
use crate::profile::{Profiler, Step, Wait, Watch};
use crate::store::{self, Op, Reply, RunId, RunStart, Store, StoreError};

/// What a run is to do.
#[derive(Clone, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "switches of a run are independent")]
pub struct Options {
    /// Where to look.
    pub scan: ScanOptions,
    /// Files in flight, at least 1.
    pub jobs: usize,
    /// Threads for the lanes, at least 1.
    pub cores: usize,
    /// Memory budget of the whole process, bytes.
    pub budget: u64,
    /// How much of a track is heard. Models of the user hear whole tracks only.
    pub depth: Depth,
    /// Analyse again what is known.
    pub force: bool,
    /// Try failed and quarantined files again.
    pub retry_failed: bool,
    /// Forget missing files at the end.
    pub prune: bool,
    /// Read at most so many files.
    pub limit: Option<u64>,
    /// Folder of the user's models.
    pub models_dir: PathBuf,
    /// Names of the models to compute.
    pub models: Vec<String>,
    /// Frames a chunk.
    pub chunk_frames: usize,
    /// What a file may claim.
    pub limits: Limits,
    /// What the run holds to.
    pub manners: Manners,
    /// Measure where the time goes; it is in [`Summary::profile`] then.
    pub profile: bool,
    /// The command line, for the record.
    pub command_line: String,
}

impl Options {
    /// All families over `roots` within `budget` bytes, on every core, of what is new or changed.
    pub fn over(roots: Vec<PathBuf>, budget: u64) -> Self {
        let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Self {
            scan: ScanOptions { roots, ..ScanOptions::default() },
            jobs: cores,
            cores,
            budget,
            depth: Depth::Full,
            force: false,
            retry_failed: false,
            prune: false,
            limit: None,
            models_dir: PathBuf::new(),
            models: Vec::new(),
            chunk_frames: CHUNK_FRAMES,
            limits: Limits::default(),
            manners: Manners::default(),
            profile: false,
            command_line: String::new(),
        }
    }
}

/// Why a run could not begin or go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A glob or a root is wrong.
    #[error(transparent)]
    Scan(#[from] ScanError),
    /// A trained model is not the file it should be: nothing may be computed with it.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The manifest of the user's models, or a name that is not in it.
    #[error(transparent)]
    Slot(#[from] SlotError),
    /// The store answered another question than the one that was asked: a defect.
    #[error("the store answered out of turn")]
    OutOfTurn,
    /// The operating system refuses threads.
    #[error("cannot start threads")]
    Threads {
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// What all threads of a run share.
pub(super) struct Shared<'a> {
    pub(super) store: &'a Store,
    pub(super) run: RunId,
    pub(super) options: &'a Options,
    pub(super) governor: Governor,
    pub(super) models: Registry,
    pub(super) model_keys: Vec<ModelKey>,
    pub(super) pool: rayon::ThreadPool,
    pub(super) cancel: &'a Cancel,
    pub(super) observer: &'a dyn Observer,
    pub(super) gate: Gate<'a>,
    /// Measures, if that is wanted.
    pub(super) profiler: Option<Profiler>,
    /// Files being analysed now.
    pub(super) active: AtomicUsize,
    progress: Mutex<Progress>,
    fault: Mutex<Option<StoreError>>,
}

impl Shared<'_> {
    /// What measures a file.
    pub(super) fn watch(&self) -> Watch {
        self.profiler.as_ref().map(Profiler::watch).unwrap_or_default()
    }

    /// What measures that which belongs to no file.
    fn run_watch(&self) -> Watch {
        self.profiler.as_ref().map(|profiler| profiler.run().clone()).unwrap_or_default()
    }

    /// Counts a file and tells of it.
    pub(super) fn done(&self, candidate: &Candidate, outcome: &Outcome, since: Instant) {
        let bytes = candidate.stamp.size;
        log(candidate, outcome, since);
        self.progress.lock().unwrap_or_else(PoisonError::into_inner).add(bytes, outcome);
        self.observer.observe(&Event::File {
            path: &candidate.path,
            bytes,
            outcome,
            elapsed_s: since.elapsed().as_secs_f64(),
        });
    }

    /// Sends to the writer; a writer that has died stops the run, and its error is kept.
    pub(super) fn write(&self, op: Op) -> Result<(), StoreError> {
        self.kept(self.store.writer().send(op))
    }

    /// As [`Shared::write`], and waits for the commit.
    pub(super) fn write_now(&self, op: Op) -> Result<Reply, StoreError> {
        self.kept(self.store.writer().call(op))
    }

    /// Keeps the first error of the store and asks everybody to stop.
    pub(super) fn kept<T>(&self, result: Result<T, StoreError>) -> Result<T, StoreError> {
        if let Err(error) = &result {
            let mut fault = self.fault.lock().unwrap_or_else(PoisonError::into_inner);
            fault.get_or_insert_with(|| error.clone());
            self.cancel.request(Reason::Fault);
        }
        result
    }

    /// The error that stopped the run, if one did.
    pub(super) fn take_fault(&self) -> Option<StoreError> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    pub(super) fn counts(&self) -> Progress {
        *self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Analyses what is new under the roots. Blocks until done, cancelled or stopped by a fault.
///
/// Everything that was committed before an error stays; the next run goes on from there.
pub fn run(
    store: &Store,
    options: &Options,
    cancel: &Cancel,
    observer: &dyn Observer,
) -> Result<Summary, RunError> {
    let start = Instant::now();
    let cpu = options.manners.senses.cpu();
    model::check()?;
    let governor = Governor::new(options.budget.saturating_sub(BASELINE_BYTES));
    let models = Registry::new(&options.models_dir, &options.models, Some(governor.clone()))?;
    let model_keys = models.keys()?;
    let mut scan = Scan::new(&options.scan)?;
    let roots: Vec<PathBuf> = scan.roots().iter().map(|root| root.path.clone()).collect();
    let begun = RunStart { args: options.command_line.clone(), roots };
    let Reply::Run(run) = store.writer().call(Op::BeginRun(begun))? else {
        return Err(RunError::OutOfTurn);
    };
    let shared = Shared {
        store,
        run,
        options,
        governor,
        models,
        model_keys,
        pool: pool(options.cores)?,
        cancel,
        observer,
        gate: Gate::new(&options.manners, options.cores),
        profiler: options.profile.then(Profiler::default),
        active: AtomicUsize::new(0),
        progress: Mutex::default(),
        fault: Mutex::default(),
    };
    tracing::info!(run = run.0, jobs = options.jobs, budget = options.budget, "run begins");
    let Options { jobs, budget, depth, .. } = *options;
    observer.observe(&Event::Started { jobs, budget, depth });
    let policy = policy(options);
    let mut planner = Planner::new(store.readers(), policy).with_models(&shared.model_keys);
    let unreadable = thread::scope(|scope| {
        if observer.wants_survey() {
            scope.spawn(|| survey(&shared, policy));
        }
        let _watch = Watching::start(&shared, scope);
        work_off(&shared, &mut scan, &mut planner)
    })?;
    finish(&shared, &scan, &planner, unreadable, &Beginning { start, cpu })
}

/// One line a file: what failed and what is damaged stand out, the rest is for those who ask.
fn log(candidate: &Candidate, outcome: &Outcome, since: Instant) {
    let path = candidate.path.display();
    let elapsed_s = since.elapsed().as_secs_f64();
    match outcome {
        Outcome::Failed(failure) => {
            let Failure { stage, kind, message } = failure;
            tracing::info!(%path, %stage, %kind, message, "file failed");
        }
        Outcome::Analysed { damaged_packets, .. } if *damaged_packets > 0 => {
            tracing::info!(%path, damaged_packets, elapsed_s, "file analysed, damage skipped");
        }
        _ => tracing::debug!(%path, outcome = outcome.name(), elapsed_s, "file done"),
    }
}

pub(super) fn policy(options: &Options) -> Policy {
    let Options { force, retry_failed, depth, .. } = *options;
    Policy { force, retry_failed, families: Families::all(), depth }
}

fn pool(threads: usize) -> Result<rayon::ThreadPool, RunError> {
    let builder = rayon::ThreadPoolBuilder::new().num_threads(threads);
    let builder = builder.thread_name(|index| format!("lane-{index}"));
    builder.build().map_err(|error| RunError::Threads { source: Box::new(error) })
}

/// Counts the work ahead; walks the folders a second time, which the system has cached by then.
fn survey(shared: &Shared<'_>, policy: Policy) {
    let Ok(scan) = Scan::new(&shared.options.scan) else { return };
    let planner = Planner::new(shared.store.readers(), policy);
    let mut planner = planner.with_models(&shared.model_keys);
    let (mut files, mut bytes) = (0, 0);
    for candidate in scan.flatten() {
        if shared.cancel.no_new_files() {
            return;
        }
        // An error of the store is the run's to report.
        let Ok(planned) = planner.plan(&candidate) else { return };
        if matches!(planned.job, Job::Analyse(_) | Job::Check) {
            files += 1;
            bytes += candidate.stamp.size;
        }
    }
    shared.observer.observe(&Event::Surveyed { files, bytes });
}

/// Plans on this thread, reads on `jobs` others; returns the number of unreadable folders.
fn work_off(shared: &Shared<'_>, scan: &mut Scan, planner: &mut Planner) -> Result<u64, RunError> {
    let (work_out, work_in) = bounded(shared.options.jobs);
    thread::scope(|scope| {
        for index in 0..shared.options.jobs {
            let work_in: Receiver<Work> = work_in.clone();
            thread::Builder::new()
                .name(format!("file-{index}"))
                .spawn_scoped(scope, move || {
                    let watch = shared.run_watch();
                    while let Ok(work) = watch.waiting(Wait::Work, || work_in.recv()) {
                        task::run(shared, work);
                    }
                })
                .map_err(|error| RunError::Threads { source: Box::new(error) })?;
        }
        drop(work_in);
        let planned = plan_all(shared, scan, planner, &work_out);
        drop(work_out); // the workers end when nobody can send any more
        planned
    })
}

fn plan_all(
    shared: &Shared<'_>,
    scan: &mut Scan,
    planner: &mut Planner,
    work: &Sender<Work>,
) -> Result<u64, RunError> {
    let watch = shared.run_watch();
    let mut lap = watch.lap();
    // The first few of a library are those of the first names.
    let most = if shared.options.limit.is_some() { 1 } else { AHEAD };
    let mut hand = Hand { shared, work, watch: &watch, ahead: Ahead::new(most), sent: 0 };
    let mut unreadable = 0;
    for candidate in scan {
        if shared.cancel.no_new_files() {
            break;
        }
        let candidate = match candidate {
            Ok(candidate) => candidate,
            Err(error) => {
                unreadable += 1;
                note_unreadable(shared, &error)?;
                continue;
            }
        };
        let since = Instant::now();
        let planned = shared.kept(planner.plan(&candidate))?;
        if let Some(outcome) = settle_at_once(shared, &candidate, &planned)? {
            shared.done(&candidate, &outcome, since);
            continue;
        }
        hand.ahead.put(candidate.stamp.size, Work { candidate, planned });
        if !hand.out(|ahead| ahead.is_full() || !work.is_full()) {
            break;
        }
    }
    hand.out(|_| true);
    lap.mark(Step::Plan);
    Ok(unreadable)
}

/// Gives files to those who read them.
struct Hand<'a> {
    shared: &'a Shared<'a>,
    work: &'a Sender<Work>,
    watch: &'a Watch,
    ahead: Ahead<Work>,
    sent: u64,
}

impl Hand<'_> {
    /// Hands out what comes first as long as it may; false when nobody takes any more.
    fn out(&mut self, may: impl Fn(&Ahead<Work>) -> bool) -> bool {
        while may(&self.ahead) && !self.shared.cancel.no_new_files() {
            let Some(next) = self.ahead.take() else { break };
            if self.watch.waiting(Wait::Taker, || self.work.send(next)).is_err() {
                return false; // all workers are gone
            }
            self.sent += 1;
            if self.shared.options.limit.is_some_and(|limit| self.sent >= limit) {
                self.shared.cancel.request(Reason::Limit);
            }
        }
        true
    }
}

/// Does what needs no reading of the file; `None` when it has to be read.
fn settle_at_once(
    shared: &Shared<'_>,
    candidate: &Candidate,
    planned: &Planned,
) -> Result<Option<Outcome>, RunError> {
    Ok(match planned.job {
        Job::Unchanged => Some(Outcome::Unchanged),
        Job::SkippedFailed => Some(Outcome::SkippedFailed),
        Job::Moved(file) => {
            let (path, stamp) = (candidate.path.clone(), candidate.stamp);
            shared.write(Op::Moved { file, path, stamp })?;
            Some(Outcome::Relinked { how: Relink::Moved })
        }
        Job::Quarantined => {
            let deaths = planned.deaths;
            let message = format!("the program died {deaths} times while it was reading this file");
            let failure = Failure::new(Stage::Decode, FailureKind::Quarantined, message);
            shared.write(task::failed(shared, candidate, &failure))?;
            Some(Outcome::Failed(failure))
        }
        Job::Analyse(_) | Job::Check => None,
    })
}

fn note_unreadable(shared: &Shared<'_>, error: &ScanError) -> Result<(), StoreError> {
    let message = error.to_string();
    shared.observer.observe(&Event::Warning { path: error.path(), message: message.clone() });
    shared.write(Op::Failed(store::Failure {
        run: shared.run,
        path: error.path().to_path_buf(),
        stamp: None,
        stage: Stage::Scan,
        kind: error.kind(),
        message,
    }))
}

/// Counts a file as active while it lives.
pub(super) struct Active<'a>(&'a AtomicUsize);

impl<'a> Active<'a> {
    pub(super) fn enter(active: &'a AtomicUsize) -> Self {
        active.fetch_add(1, Ordering::Relaxed);
        Self(active)
    }
}

impl Drop for Active<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
