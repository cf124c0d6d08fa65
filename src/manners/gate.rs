//! Where threads wait.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::{Manners, Senses, Throttle, Why};

/// Longest rest between two looks at whether the run was cancelled.
const SLICE: Duration = Duration::from_millis(50);

/// Makes the threads of a run wait by its manners; every wait ends soon after a cancellation.
#[derive(Debug)]
pub struct Gate<'a> {
    senses: &'a dyn Senses,
    throttle: Option<Mutex<Throttle>>,
    closed: Mutex<Option<Why>>,
    throttled_ms: AtomicU64,
}

impl<'a> Gate<'a> {
    /// An open gate for a run on `cores`.
    pub fn new(manners: &'a Manners, cores: usize) -> Self {
        let senses = &*manners.senses;
        let throttle = manners.max_cpu.zip(senses.cpu());
        let throttle =
            throttle.map(|(share, cpu)| Throttle::new(share, cores, senses.elapsed(), cpu));
        Self {
            senses,
            throttle: throttle.map(Mutex::new),
            closed: Mutex::default(),
            throttled_ms: AtomicU64::new(0),
        }
    }

    /// Closes the gate for new files, or opens it; false when it was so already.
    pub fn close(&self, why: Option<Why>) -> bool {
        let mut closed = self.closed.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *closed, why) != why
    }

    /// Waits while the gate is closed; false when cancelled meanwhile.
    ///
    /// Files that have begun are not held: what they have in memory is wanted back, and a machine
    /// that is switched off meanwhile would leave them as if they had killed the run.
    pub fn enter(&self, cancelled: &dyn Fn() -> bool) -> bool {
        while self.closed.lock().unwrap_or_else(PoisonError::into_inner).is_some() {
            if cancelled() {
                return false;
            }
            self.senses.rest(SLICE);
        }
        true
    }

    /// Waits for the share of the processor; false when cancelled meanwhile.
    pub fn breathe(&self, cancelled: &dyn Fn() -> bool) -> bool {
        let Some(throttle) = &self.throttle else { return true };
        loop {
            let Some(cpu) = self.senses.cpu() else { return true };
            let now = self.senses.elapsed();
            let owed = throttle.lock().unwrap_or_else(PoisonError::into_inner).owed(now, cpu);
            if owed.is_zero() {
                return true;
            }
            if cancelled() {
                return false;
            }
            let rest = owed.min(SLICE);
            self.senses.rest(rest);
            self.throttled_ms.fetch_add(rest.as_millis() as u64, Ordering::Relaxed);
        }
    }

    /// Time that threads have waited for their share, all together.
    pub fn throttled(&self) -> Duration {
        Duration::from_millis(self.throttled_ms.load(Ordering::Relaxed))
    }
}
