//! A folder of files goes through the whole pipeline, watched.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use phonolite::error::FailureKind;
use phonolite::pipeline::{self, Cancel, Event, Observer, Options, Outcome};
use phonolite::store::{self, Store};

use crate::{common, watch};

/// Processor time in which some file must come to its end, seconds: they take 0.05. Whoever gets here hangs. The
/// clock would tell of nothing but how busy the machine is.
const PATIENCE_CPU_S: f64 = 60.0;
/// The same on the clock, for threads that wait for each other.
const PATIENCE: Duration = Duration::from_mins(30);

/// What became of one file, and the processor time of the process while it was read.
#[derive(Clone, Debug)]
pub(crate) struct Fate {
    pub(crate) outcome: Outcome,
    pub(crate) cpu_s: f64,
}

impl Fate {
    pub(crate) fn kind(&self) -> &'static str {
        match &self.outcome {
            Outcome::Failed(failure) => failure.kind.as_str(),
            other => other.name(),
        }
    }

    /// A defect of ours is no property of a file.
    pub(crate) fn is_defect(&self) -> bool {
        match &self.outcome {
            Outcome::Failed(failure) => matches!(
                failure.kind,
                FailureKind::Internal | FailureKind::Io | FailureKind::Quarantined
            ),
            Outcome::Analysed { duration_s, .. } => !duration_s.is_finite(),
            other => !matches!(other, Outcome::Relinked { .. }),
        }
    }
}

/// Fates by file name.
pub(crate) type Fates = BTreeMap<String, Vec<Fate>>;

#[derive(Default)]
struct Watcher {
    fates: Mutex<Fates>,
    begun: Mutex<BTreeMap<PathBuf, f64>>,
}

impl Observer for Watcher {
    fn observe(&self, event: &Event<'_>) {
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Reading { path } => {
                begun.insert(path.to_path_buf(), watch::cpu_s());
            }
            Event::File { path, outcome, .. } => {
                let since = begun.remove(*path).unwrap_or_else(watch::cpu_s);
                let fate = Fate { outcome: (*outcome).clone(), cpu_s: watch::cpu_s() - since };
                let name = path.file_name().expect("a name").to_string_lossy().into_owned();
                let mut fates = self.fates.lock().unwrap_or_else(PoisonError::into_inner);
                fates.entry(name).or_default().push(fate);
            }
            _ => {}
        }
    }
}

/// Panics on the threads that read files are caught: that they happen is seen in the outcome.
/// Printing them would load the symbols of the whole program, which counts as memory here.
fn silence_caught_panics() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let thread = thread::current();
            let caught = |name: &str| name.starts_with("file-") || name == "decode";
            if !thread.name().is_some_and(caught) {
                usual(panic);
            }
        }));
    });
}

/// Analyses all files in `folder` with a budget of 64 MB; panics on what no run may do.
pub(crate) fn run(folder: &Path, jobs: usize, force: bool) -> Fates {
    silence_caught_panics();
    let options =
        Options { jobs, force, budget: 64 << 20, ..common::options(&[folder.to_path_buf()]) };
    let watcher = Arc::new(Watcher::default());
    let (done, wait) = mpsc::channel();
    let observer = Arc::clone(&watcher);
    // Not joined when it hangs: the test fails with the names, and the process ends with it.
    thread::spawn(move || {
        // Nobody listens any more when patience was lost.
        let _ = done.send(analyse(&options, observer.as_ref()));
    });
    let summary = await_end(&wait, &watcher);
    assert_eq!(summary.counts.total(), summary.counts.scanned, "every file has one outcome");
    assert_eq!((summary.governor.reserved, summary.governor.tickets), (0, 0), "all is given back");
    std::mem::take(&mut watcher.fates.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Waits for the end as long as files come to theirs.
fn await_end(wait: &mpsc::Receiver<pipeline::Summary>, watcher: &Watcher) -> pipeline::Summary {
    let mut last = (0, Instant::now(), watch::cpu_s());
    loop {
        match wait.recv_timeout(Duration::from_secs(1)) {
            Ok(summary) => return summary,
            Err(mpsc::RecvTimeoutError::Timeout) => {}
            Err(error) => panic!("{error}: the run has ended without an answer"),
        }
        let ended = watcher.fates.lock().unwrap_or_else(PoisonError::into_inner).len();
        if ended > last.0 {
            last = (ended, Instant::now(), watch::cpu_s());
        }
        let (clock, cpu_s) = (last.1.elapsed(), watch::cpu_s() - last.2);
        if clock > PATIENCE || cpu_s > PATIENCE_CPU_S {
            let stuck = watcher.begun.lock().unwrap_or_else(PoisonError::into_inner);
            panic!("{clock:?} and {cpu_s} s of processor time; being read: {:?}", stuck.keys());
        }
    }
}

fn analyse(options: &Options, observer: &Watcher) -> pipeline::Summary {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = Store::open(&folder.path().join("library.db"), &store::Options::default());
    let store = store.expect("the database opens");
    let summary = pipeline::run(&store, options, &Cancel::default(), observer);
    store.close().expect("closes");
    summary.expect("no file stops a run")
}
