//! A request to stop, seen by all threads.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use crate::manners::Why;

/// Why a run is to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// A signal, by its number.
    Signal(u8),
    /// The limit of files is reached: files in flight end normally.
    Limit,
    /// The time to stop has come, as asked: files in flight are left to the next run.
    Time(Why),
    /// The database can no longer be written.
    Fault,
}

impl Reason {
    /// The stable name, as in events.
    pub fn name(self) -> &'static str {
        match self {
            Self::Signal(_) => "signal",
            Self::Limit => "limit",
            Self::Time(why) => why.name(),
            Self::Fault => "fault",
        }
    }
}

const NONE: u8 = 0;
const UNTIL: u8 = 252;
const DURATION: u8 = 253;
const LIMIT: u8 = 254;
const FAULT: u8 = 255;

/// Asks all threads of a run to stop; clones share one request, the first one counts.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicU8>);

impl Cancel {
    /// Asks to stop. Safe in a signal handler's thread; later calls change nothing.
    pub fn request(&self, reason: Reason) {
        let code = match reason {
            Reason::Signal(number) => number.clamp(1, UNTIL - 1),
            Reason::Time(Why::Until) => UNTIL,
            Reason::Time(_) => DURATION,
            Reason::Limit => LIMIT,
            Reason::Fault => FAULT,
        };
        // A failed exchange means that somebody asked before.
        let _ = self.0.compare_exchange(NONE, code, Ordering::SeqCst, Ordering::SeqCst);
    }

    /// Why to stop, if so.
    pub fn reason(&self) -> Option<Reason> {
        match self.0.load(Ordering::SeqCst) {
            NONE => None,
            UNTIL => Some(Reason::Time(Why::Until)),
            DURATION => Some(Reason::Time(Why::Duration)),
            LIMIT => Some(Reason::Limit),
            FAULT => Some(Reason::Fault),
            number => Some(Reason::Signal(number)),
        }
    }

    /// True when no further file may be started.
    pub fn no_new_files(&self) -> bool {
        self.reason().is_some()
    }

    /// True when files in flight must stop at the next chunk.
    pub fn interrupts(&self) -> bool {
        matches!(self.reason(), Some(Reason::Signal(_) | Reason::Time(_) | Reason::Fault))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_request_counts_and_a_limit_lets_files_end() {
        let cancel = Cancel::default();
        assert!(!cancel.no_new_files());
        cancel.request(Reason::Limit);
        cancel.request(Reason::Signal(2));
        assert_eq!(cancel.clone().reason(), Some(Reason::Limit));
        assert!(cancel.no_new_files() && !cancel.interrupts());
        let cancel = Cancel::default();
        cancel.request(Reason::Signal(15));
        assert!(cancel.interrupts());
        assert_eq!(cancel.reason(), Some(Reason::Signal(15)));
    }

    #[test]
    fn time_stops_files_in_flight_and_says_which() {
        for why in [Why::Until, Why::Duration] {
            let cancel = Cancel::default();
            cancel.request(Reason::Time(why));
            assert_eq!(cancel.reason(), Some(Reason::Time(why)));
            assert!(cancel.interrupts());
        }
    }
}
