//! What the store tells of its work in the summary of a run.

use serde::Serialize;

/// Commits whose duration is remembered.
const REMEMBERED: usize = 4_096;

/// The pool of read connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PoolStats {
    /// Largest number of connections.
    pub size: u32,
    /// Connections open.
    pub connections: u32,
    /// Connections in use.
    pub in_use: u32,
    /// Times a connection was taken.
    pub taken: u64,
    /// Times one had to be waited for.
    pub waits: u64,
}

/// The writer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct WriterStats {
    /// Operations done.
    pub operations: u64,
    /// Operations refused: they did not fit the catalogue or the schema.
    pub refused: u64,
    /// Rows inserted, changed or deleted.
    pub rows: u64,
    /// Transactions committed.
    pub commits: u64,
    /// Times the database was locked and the writer tried again.
    pub retries: u64,
    /// Most operations that were waiting at a time.
    pub queue_max: u64,
    /// Median duration of a commit, in milliseconds, over the last 4 096.
    pub commit_p50_ms: f64,
    /// 95th percentile of the duration of a commit, in milliseconds.
    pub commit_p95_ms: f64,
    /// Processor time of the thread so far, in seconds.
    pub cpu_s: f64,
}

/// The store as a whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct StoreStats {
    /// The pool of read connections.
    pub readers: PoolStats,
    /// The writer.
    pub writer: WriterStats,
}

/// Durations of the last commits, in milliseconds; a ring of bounded length.
#[derive(Debug, Default)]
pub(super) struct Latencies {
    recent: Vec<f32>,
    next: usize,
}

impl Latencies {
    pub(super) fn push(&mut self, duration: std::time::Duration) {
        let ms = duration.as_secs_f32() * 1e3;
        match self.recent.get_mut(self.next) {
            Some(oldest) => *oldest = ms,
            None => self.recent.push(ms),
        }
        self.next = (self.next + 1) % REMEMBERED;
    }

    /// The value that `share` of the durations do not pass; 0 without any.
    pub(super) fn percentile(&self, share: f64) -> f64 {
        let mut sorted = self.recent.clone();
        sorted.sort_by(f32::total_cmp);
        let rank = (share * sorted.len() as f64).ceil() as usize;
        sorted.get(rank.saturating_sub(1)).map_or(0.0, |&ms| f64::from(ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn percentiles_are_nearest_ranks() {
        let mut latencies = Latencies::default();
        assert!(latencies.percentile(0.5) <= 0.0);
        (1..=100).for_each(|ms| latencies.push(Duration::from_millis(ms)));
        assert!((latencies.percentile(0.5) - 50.0).abs() < 1e-3);
        assert!((latencies.percentile(0.95) - 95.0).abs() < 1e-3);
    }

    #[test]
    fn only_the_last_commits_count() {
        let mut latencies = Latencies::default();
        (0..3 * REMEMBERED).for_each(|_| latencies.push(Duration::from_millis(1)));
        (0..REMEMBERED).for_each(|_| latencies.push(Duration::from_millis(9)));
        assert_eq!(latencies.recent.len(), REMEMBERED);
        assert!((latencies.percentile(0.01) - 9.0).abs() < 1e-3);
    }
}
