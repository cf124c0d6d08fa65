//! Transactions of the writer: begun and committed with patience.

use super::error::StoreError;
use rusqlite::Connection;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// First pause after a refusal.
const FIRST_PAUSE: Duration = Duration::from_millis(1);

/// Longest pause.
const LONGEST_PAUSE: Duration = Duration::from_millis(250);

/// Tries again when the database is locked: pauses double from 1 ms to 250 ms, each shortened by
/// up to a half at random, so that two programs do not keep meeting. The sequence is seeded with
/// the process id, which differs between the two.
#[derive(Debug)]
pub(super) struct Patience {
    path: PathBuf,
    limit: Duration,
    random: u64,
    retries: u64,
}

impl Patience {
    pub(super) fn new(path: PathBuf, limit: Duration) -> Self {
        Self { path, limit, random: u64::from(std::process::id()) | 1, retries: 0 }
    }

    /// Refusals met so far.
    pub(super) fn retries(&self) -> u64 {
        self.retries
    }

    /// Opens a transaction that may write from the start: it never has to be promoted, which
    /// could fail in the middle.
    pub(super) fn begin(&mut self, conn: &Connection) -> Result<(), StoreError> {
        self.persist("beginning a transaction", || conn.execute_batch("BEGIN IMMEDIATE"))
    }

    /// Commits, or leaves the transaction open.
    pub(super) fn commit(&mut self, conn: &Connection) -> Result<(), StoreError> {
        self.persist("committing", || conn.execute_batch("COMMIT"))
    }

    fn persist(
        &mut self,
        doing: &'static str,
        attempt: impl Fn() -> rusqlite::Result<()>,
    ) -> Result<(), StoreError> {
        let started = Instant::now();
        let mut pause = FIRST_PAUSE;
        loop {
            match attempt() {
                Ok(()) => return Ok(()),
                Err(error) if !StoreError::is_busy(&error) => {
                    return Err(StoreError::from_sql(&self.path, doing, error));
                }
                Err(_) if started.elapsed() >= self.limit => {
                    let waited_s = started.elapsed().as_secs_f64();
                    return Err(StoreError::Locked { path: self.path.clone(), waited_s });
                }
                Err(_) => std::thread::sleep(self.shortened(pause)),
            }
            self.retries += 1;
            pause = LONGEST_PAUSE.min(2 * pause);
        }
    }

    /// `pause` times a random factor in 0.5..1.
    fn shortened(&mut self, pause: Duration) -> Duration {
        // Marsaglia, "Xorshift RNGs", Journal of Statistical Software 8(14), 2003.
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        pause.mul_f64(0.5 + (self.random >> 12) as f64 / (1_u64 << 53) as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_are_jittered_within_half_and_whole() {
        let mut patience = Patience::new("x".into(), Duration::ZERO);
        let pauses: Vec<_> =
            (0..1_000).map(|_| patience.shortened(Duration::from_secs(1)).as_secs_f64()).collect();
        assert!(pauses.iter().all(|s| (0.5..1.0).contains(s)));
        let mean = pauses.iter().sum::<f64>() / 1_000.0;
        assert!((0.72..0.78).contains(&mean), "{mean}");
    }
}
