//! What one track took.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::step::{Step, Wait};
use crate::system::thread_cpu_time;

/// Nanoseconds of a track, by step and by wait; added to from several threads.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    steps: [AtomicU64; Step::ALL.len()],
    waits: [AtomicU64; Wait::ALL.len()],
}

impl Ledger {
    pub(super) fn step(&self, step: Step) -> Duration {
        self.steps.get(step as usize).map_or(Duration::ZERO, read)
    }

    pub(super) fn wait(&self, wait: Wait) -> Duration {
        self.waits.get(wait as usize).map_or(Duration::ZERO, read)
    }

    fn spend(&self, step: Step, time: Duration) {
        self.steps.get(step as usize).into_iter().for_each(|sum| add(sum, time));
    }
}

fn read(sum: &AtomicU64) -> Duration {
    Duration::from_nanos(sum.load(Ordering::Relaxed))
}

fn add(sum: &AtomicU64, time: Duration) {
    sum.fetch_add(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
}

/// Measures for the ledger of a track, or nothing at all; clones measure for the same ledger.
#[derive(Clone, Debug, Default)]
pub struct Watch(Option<Arc<Ledger>>);

impl Watch {
    /// A watch with a ledger of its own.
    pub(super) fn new() -> Self {
        Self(Some(Arc::default()))
    }

    pub(super) fn ledger(&self) -> Option<&Ledger> {
        self.0.as_deref()
    }

    /// Begins to measure the processor time of this thread.
    #[inline]
    pub fn lap(&self) -> Lap<'_> {
        Lap(self.0.as_deref().map(|ledger| (ledger, now())))
    }

    /// Does what may wait, and measures how long it takes.
    #[inline]
    pub fn waiting<T>(&self, wait: Wait, act: impl FnOnce() -> T) -> T {
        let Some(ledger) = &self.0 else { return act() };
        let start = Instant::now();
        let done = act();
        ledger.waits.get(wait as usize).into_iter().for_each(|sum| add(sum, start.elapsed()));
        done
    }
}

/// A stopwatch of one thread; must not cross a point where the thread may take up other work.
#[derive(Debug)]
pub struct Lap<'a>(Option<(&'a Ledger, Duration)>);

impl Lap<'_> {
    /// Notes the time since the last mark as spent on `step`.
    #[inline]
    pub fn mark(&mut self, step: Step) {
        if let Some((ledger, since)) = &mut self.0 {
            let now = now();
            ledger.spend(step, now.saturating_sub(*since));
            *since = now;
        }
    }

    /// Leaves the time since the last mark out.
    pub fn skip(&mut self) {
        if let Some((_, since)) = &mut self.0 {
            *since = now();
        }
    }
}

/// Where the system does not tell, everything takes no time.
fn now() -> Duration {
    thread_cpu_time().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn work(time: Duration) {
        let until = now() + time;
        while now() < until {
            std::hint::black_box(0);
        }
    }

    #[test]
    fn time_goes_to_the_step_it_was_marked_for() {
        let watch = Watch::new();
        let mut lap = watch.lap();
        work(Duration::from_millis(2));
        lap.mark(Step::Decode);
        work(Duration::from_millis(2));
        lap.skip();
        lap.mark(Step::Rhythm);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                watch.waiting(Wait::Read, || std::thread::sleep(Duration::from_millis(3)));
            });
        });
        let ledger = watch.ledger().expect("there is one");
        assert!(ledger.step(Step::Decode) >= Duration::from_millis(2));
        assert!(
            ledger.step(Step::Rhythm) < Duration::from_millis(2),
            "what is skipped is nobody's"
        );
        assert!(ledger.wait(Wait::Read) >= Duration::from_millis(3));
        assert_eq!(ledger.step(Step::Tonal), Duration::ZERO);
    }

    #[test]
    fn a_watch_of_nothing_measures_nothing_and_does_the_work() {
        let watch = Watch::default();
        watch.lap().mark(Step::Decode);
        assert_eq!(watch.waiting(Wait::Read, || 7), 7);
        assert!(watch.ledger().is_none());
    }
}
