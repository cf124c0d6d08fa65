//! Tickets against a budget, first come, first served.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// An ask beyond this multiple of the budget is refused instead of running alone.
const FAR_ABOVE: u64 = 4;

/// How often a waiting ask looks whether it was cancelled.
const POLL: Duration = Duration::from_millis(50);

/// Why no ticket was given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AdmitError {
    /// Far more than the budget.
    #[error(
        "needs about {} MB, far above the memory budget of {} MB",
        asked >> 20,
        budget >> 20
    )]
    FarAbove {
        /// Bytes asked for.
        asked: u64,
        /// Bytes in the budget.
        budget: u64,
    },
    /// More than the budget, for as long as the run lasts.
    #[error(
        "needs about {} MB for the whole run, more than the memory budget of {} MB",
        asked >> 20,
        budget >> 20
    )]
    Resident {
        /// Bytes asked for.
        asked: u64,
        /// Bytes in the budget.
        budget: u64,
    },
    /// The run was cancelled while waiting.
    #[error("cancelled while waiting for memory")]
    Cancelled,
}

/// What happened so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GovernorStats {
    /// The budget, in bytes.
    pub budget: u64,
    /// Bytes held by tickets now.
    pub reserved: u64,
    /// The largest value `reserved` ever had.
    pub peak: u64,
    /// Tickets held now.
    pub tickets: usize,
    /// Asks that had to wait.
    pub waits: u64,
    /// Time spent waiting, summed over all who waited.
    pub waited: Duration,
    /// Times the oldest ticket grew beyond the budget.
    pub overdrafts: u64,
}

#[derive(Debug, Default)]
struct State {
    stats: GovernorStats,
    next: u64,
    /// Bytes of each ticket, by age: the first is the oldest.
    held: BTreeMap<u64, u64>,
    /// Who waits for a first ticket, in order of arrival.
    queue: VecDeque<u64>,
}

impl State {
    fn fits(&self, bytes: u64) -> bool {
        self.stats.reserved + bytes <= self.stats.budget || self.held.is_empty()
    }

    fn take(&mut self, id: u64, bytes: u64) {
        *self.held.entry(id).or_insert(0) += bytes;
        self.stats.reserved += bytes;
        self.stats.peak = self.stats.peak.max(self.stats.reserved);
        self.stats.tickets = self.held.len();
    }

    /// Takes bytes that belong to no ticket.
    fn keep(&mut self, bytes: u64) {
        self.stats.reserved += bytes;
        self.stats.peak = self.stats.peak.max(self.stats.reserved);
    }

    fn oldest(&self) -> Option<u64> {
        self.held.keys().next().copied()
    }
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

impl Shared {
    /// A panic cannot happen between the lines that change the state, so a poisoned lock is sound.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until `ready`, or fails when `cancelled`; keeps the time waited.
    fn wait_until<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
        cancelled: &dyn Fn() -> bool,
        ready: impl Fn(&State) -> bool,
    ) -> (MutexGuard<'a, State>, bool) {
        if ready(&state) {
            return (state, true);
        }
        let start = Instant::now();
        state.stats.waits += 1;
        let mut granted = false;
        while !granted && !cancelled() {
            state = self
                .changed
                .wait_timeout(state, POLL)
                .map_or_else(|poisoned| poisoned.into_inner().0, |(state, _)| state);
            granted = ready(&state);
        }
        state.stats.waited += start.elapsed();
        (state, granted)
    }
}

/// Hands out memory; clones share one budget.
#[derive(Clone, Debug)]
pub struct Governor {
    shared: Arc<Shared>,
}

impl Governor {
    /// A governor over `budget` bytes.
    pub fn new(budget: u64) -> Self {
        let shared = Shared::default();
        shared.lock().stats.budget = budget;
        Self { shared: Arc::new(shared) }
    }

    /// Waits for `bytes`, in order of arrival, and returns them as a ticket.
    ///
    /// An ask above the budget waits until nothing else is held and then runs alone, so that no
    /// file starves; `cancelled` is looked at while waiting.
    pub fn admit(&self, bytes: u64, cancelled: &dyn Fn() -> bool) -> Result<Ticket, AdmitError> {
        let state = self.shared.lock();
        let budget = state.stats.budget;
        if bytes > budget.saturating_mul(FAR_ABOVE) {
            return Err(AdmitError::FarAbove { asked: bytes, budget });
        }
        let id = self.queue_up(state, bytes, cancelled, State::take)?;
        Ok(Ticket { shared: Arc::clone(&self.shared), id })
    }

    /// Waits for `bytes`, in order of arrival, that stay for the rest of the run, as a model does.
    ///
    /// They make the budget smaller for everybody; a file that asks for more than is left still
    /// runs alone. To be asked by threads that hold no ticket: two such would wait for each other.
    pub fn settle(&self, bytes: u64, cancelled: &dyn Fn() -> bool) -> Result<Resident, AdmitError> {
        let state = self.shared.lock();
        let budget = state.stats.budget;
        if bytes > budget {
            return Err(AdmitError::Resident { asked: bytes, budget });
        }
        self.queue_up(state, bytes, cancelled, |state, _, bytes| state.keep(bytes))?;
        Ok(Resident { shared: Arc::clone(&self.shared), bytes: Mutex::new(bytes) })
    }

    /// Waits in line for `bytes` and has them taken.
    fn queue_up(
        &self,
        mut state: MutexGuard<'_, State>,
        bytes: u64,
        cancelled: &dyn Fn() -> bool,
        take: impl FnOnce(&mut State, u64, u64),
    ) -> Result<u64, AdmitError> {
        let id = state.next;
        state.next += 1;
        state.queue.push_back(id);
        let (mut state, granted) = self.shared.wait_until(state, cancelled, |state| {
            state.queue.front() == Some(&id) && state.fits(bytes)
        });
        state.queue.retain(|&waiting| waiting != id);
        if granted {
            take(&mut state, id, bytes);
        }
        drop(state);
        // The next in the queue may fit as well.
        self.shared.changed.notify_all();
        if granted { Ok(id) } else { Err(AdmitError::Cancelled) }
    }

    /// What happened so far.
    pub fn stats(&self) -> GovernorStats {
        self.shared.lock().stats
    }
}

/// Bytes of the budget; given back on drop.
#[derive(Debug)]
pub struct Ticket {
    shared: Arc<Shared>,
    id: u64,
}

impl Ticket {
    /// Bytes held.
    pub fn bytes(&self) -> u64 {
        self.shared.lock().held.get(&self.id).copied().unwrap_or(0)
    }

    /// Raises what is held to `bytes`, for a file that turned out longer than its header said.
    ///
    /// The oldest ticket may overdraw the budget, so that somebody always gets on; the others
    /// wait. A ticket never shrinks.
    pub fn grow_to(&self, bytes: u64, cancelled: &dyn Fn() -> bool) -> Result<(), AdmitError> {
        let state = self.shared.lock();
        let budget = state.stats.budget;
        let held = state.held.get(&self.id).copied().unwrap_or(0);
        if bytes <= held {
            return Ok(());
        }
        if bytes > budget.saturating_mul(FAR_ABOVE) {
            return Err(AdmitError::FarAbove { asked: bytes, budget });
        }
        let more = bytes - held;
        let id = self.id;
        let (mut state, granted) = self
            .shared
            .wait_until(state, cancelled, |state| state.fits(more) || state.oldest() == Some(id));
        if !granted {
            return Err(AdmitError::Cancelled);
        }
        if !state.fits(more) {
            state.stats.overdrafts += 1;
        }
        state.take(id, more);
        Ok(())
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        let bytes = state.held.remove(&self.id).unwrap_or(0);
        state.stats.reserved -= bytes;
        state.stats.tickets = state.held.len();
        drop(state);
        self.shared.changed.notify_all();
    }
}

/// Bytes that stay for the rest of a run; given back on drop.
#[derive(Debug)]
pub struct Resident {
    shared: Arc<Shared>,
    bytes: Mutex<u64>,
}

impl Resident {
    /// Bytes held.
    pub fn bytes(&self) -> u64 {
        *self.bytes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives back what is held above `bytes`.
    pub fn shrink_to(&self, bytes: u64) {
        let mut held = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        let surplus = held.saturating_sub(bytes);
        *held -= surplus;
        self.shared.lock().stats.reserved -= surplus;
        drop(held);
        self.shared.changed.notify_all();
    }
}

impl Drop for Resident {
    fn drop(&mut self) {
        self.shrink_to(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
    use std::thread;

    const NEVER: &dyn Fn() -> bool = &|| false;

    #[test]
    fn tickets_never_exceed_the_budget() {
        let governor = Governor::new(100);
        let (now, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        thread::scope(|scope| {
            for worker in 0..8 {
                let (governor, now, most) = (&governor, &now, &most);
                scope.spawn(move || {
                    for round in 0..50 {
                        let bytes = 10 + (worker * 7 + round * 3) % 50;
                        let ticket = governor.admit(bytes as u64, NEVER).expect("fits");
                        let held = now.fetch_add(bytes, Ordering::SeqCst) + bytes;
                        most.fetch_max(held, Ordering::SeqCst);
                        thread::yield_now();
                        now.fetch_sub(bytes, Ordering::SeqCst);
                        drop(ticket);
                    }
                });
            }
        });
        assert!(most.into_inner() <= 100);
        let stats = governor.stats();
        assert_eq!((stats.reserved, stats.tickets), (0, 0));
        assert!(stats.peak <= 100 && stats.waits > 0);
    }

    #[test]
    fn a_large_ask_runs_alone_and_is_not_starved_by_small_ones() {
        let governor = Governor::new(100);
        let small = governor.admit(10, NEVER).expect("fits");
        let large_ran = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                let ticket = governor.admit(250, NEVER).expect("runs alone");
                assert_eq!(governor.stats().tickets, 1);
                large_ran.store(true, Ordering::SeqCst);
                drop(ticket);
            });
            while governor.stats().waits == 0 {
                thread::yield_now();
            }
            // It arrived later, and must not overtake although it would fit.
            scope.spawn(|| {
                let _ticket = governor.admit(10, NEVER).expect("fits later");
                assert!(large_ran.load(Ordering::SeqCst));
            });
            while governor.stats().waits < 2 {
                thread::yield_now();
            }
            drop(small);
        });
    }

    #[test]
    fn far_above_the_budget_is_refused() {
        let governor = Governor::new(100);
        let refused = governor.admit(401, NEVER).map(|_| ());
        assert_eq!(refused, Err(AdmitError::FarAbove { asked: 401, budget: 100 }));
    }

    #[test]
    fn the_oldest_may_overdraw_and_the_younger_wait() {
        let governor = Governor::new(100);
        let old = governor.admit(50, NEVER).expect("fits");
        let young = governor.admit(50, NEVER).expect("fits");
        old.grow_to(120, NEVER).expect("the oldest always gets on");
        assert_eq!(young.grow_to(60, &|| true), Err(AdmitError::Cancelled));
        drop(old);
        young.grow_to(60, NEVER).expect("now there is room");
        assert_eq!(young.bytes(), 60);
        assert_eq!(governor.stats().overdrafts, 1);
    }

    #[test]
    fn what_stays_makes_the_budget_smaller_and_starves_nobody() {
        let governor = Governor::new(100);
        let refused = governor.settle(101, NEVER).map(|_| ());
        assert_eq!(refused, Err(AdmitError::Resident { asked: 101, budget: 100 }));
        let model = governor.settle(80, NEVER).expect("fits");
        drop(governor.admit(50, NEVER).expect("runs alone beside what stays"));
        let small = governor.admit(15, NEVER).expect("fits");
        assert!(governor.admit(15, &|| true).is_err(), "does not fit any more");
        model.shrink_to(60);
        drop(governor.admit(15, NEVER).expect("fits now"));
        drop((small, model));
        assert_eq!(governor.stats().reserved, 0);
        assert_eq!(governor.stats().peak, 130);
    }

    #[test]
    fn cancelling_frees_the_place_in_the_queue() {
        let governor = Governor::new(100);
        let all = governor.admit(100, NEVER).expect("fits");
        assert_eq!(governor.admit(1, &|| true).map(|_| ()), Err(AdmitError::Cancelled));
        drop(all);
        assert!(governor.admit(100, NEVER).is_ok());
    }
}
