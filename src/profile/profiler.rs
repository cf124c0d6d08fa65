//! The ledgers of all tracks together.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::findings::{Finding, Sums, findings};
use super::histogram::Histogram;
use super::ledger::{Ledger, Watch};
use super::step::{Step, Wait};

/// What one step or wait took.
#[derive(Clone, Debug, Default)]
pub struct Taken {
    /// All together.
    pub sum: Duration,
    /// Track by track; tracks that had none of it are not counted.
    pub by_track: Histogram,
}

impl Taken {
    fn add(&mut self, time: Duration) {
        if !time.is_zero() {
            self.sum += time;
            self.by_track.add(time);
        }
    }
}

#[derive(Debug, Default)]
struct Totals {
    tracks: u64,
    wall: Taken,
    steps: BTreeMap<Step, Taken>,
    waits: BTreeMap<Wait, Taken>,
}

impl Totals {
    fn take(&mut self, ledger: &Ledger) {
        for step in Step::ALL {
            self.steps.entry(step).or_default().add(ledger.step(step));
        }
        for wait in Wait::ALL {
            self.waits.entry(wait).or_default().add(ledger.wait(wait));
        }
    }

    /// What belongs to no track is in no histogram of tracks.
    fn take_run(&mut self, ledger: &Ledger) {
        for step in Step::ALL {
            self.steps.entry(step).or_default().sum += ledger.step(step);
        }
        for wait in Wait::ALL {
            self.waits.entry(wait).or_default().sum += ledger.wait(wait);
        }
    }
}

/// Takes the ledgers of tracks in, from any thread.
#[derive(Debug)]
pub struct Profiler {
    /// What belongs to no track.
    run: Watch,
    totals: Mutex<Totals>,
}

impl Default for Profiler {
    fn default() -> Self {
        Self { run: Watch::new(), totals: Mutex::default() }
    }
}

/// What is known of a run as a whole.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Whole {
    /// Wall time.
    pub elapsed: Duration,
    /// Processor time of the process meanwhile.
    pub cpu: Duration,
    /// Of it, the writer's.
    pub writer_cpu: Duration,
    /// Cores there are.
    pub cores: usize,
    /// Files in flight at most.
    pub jobs: usize,
}

impl Profiler {
    /// A watch for one track; to be given back by [`Profiler::take`].
    pub fn watch(&self) -> Watch {
        Watch::new()
    }

    /// The watch of what belongs to no track.
    pub fn run(&self) -> &Watch {
        &self.run
    }

    /// Takes a track in that took `wall` from its attempt to its outcome.
    pub fn take(&self, watch: &Watch, wall: Duration) {
        let Some(ledger) = watch.ledger() else { return };
        let mut totals = self.lock();
        totals.tracks += 1;
        totals.wall.add(wall);
        totals.take(ledger);
    }

    fn lock(&self) -> MutexGuard<'_, Totals> {
        self.totals.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The profile of a run that has ended.
    pub fn profile(&self, whole: Whole) -> Profile {
        let mut totals = std::mem::take(&mut *self.lock());
        self.run.ledger().into_iter().for_each(|ledger| totals.take_run(ledger));
        totals.steps.entry(Step::Write).or_default().sum += whole.writer_cpu;
        let Totals { tracks, wall, steps, waits } = totals;
        Profile { whole, tracks, wall, steps, waits }
    }
}

/// Where the time of a run went.
#[derive(Clone, Debug)]
pub struct Profile {
    /// The run.
    pub whole: Whole,
    /// Files that were taken up.
    pub tracks: u64,
    /// Wall time by track.
    pub wall: Taken,
    /// Processor time by step.
    pub steps: BTreeMap<Step, Taken>,
    /// Waits.
    pub waits: BTreeMap<Wait, Taken>,
}

impl Profile {
    /// Processor time that was measured by steps, all together.
    pub fn measured(&self) -> Duration {
        self.steps.values().map(|taken| taken.sum).sum()
    }

    /// What holds the run back, the worst first; never empty.
    pub fn findings(&self) -> Vec<Finding> {
        let step = |step| self.steps.get(&step).map_or(0.0, |taken| taken.sum.as_secs_f64());
        let wait = |wait| self.waits.get(&wait).map_or(0.0, |taken| taken.sum.as_secs_f64());
        let whole = self.whole;
        let opening = step(Step::Open);
        findings(&Sums {
            elapsed_s: whole.elapsed.as_secs_f64(),
            cpu_s: whole.cpu.as_secs_f64(),
            cores: whole.cores as f64,
            jobs: whole.jobs as f64,
            tracks_s: self.wall.sum.as_secs_f64(),
            decode_s: step(Step::Decode) + opening,
            read_s: wait(Wait::Read),
            opening_s: wait(Wait::Opening),
            starved_s: wait(Wait::Chunk),
            memory_s: wait(Wait::Memory),
            writer_s: wait(Wait::Attempt) + wait(Wait::Queue),
            manners_s: wait(Wait::Manners),
            work_s: wait(Wait::Work),
        })
    }
}
