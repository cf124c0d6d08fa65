//! What a run was, in numbers.

use std::path::PathBuf;
use std::time::Duration;

use super::cancel::Reason;
use super::outcome::Counts;
use crate::memory::GovernorStats;
use crate::profile::Profile;
use crate::store::StoreStats;

/// A finished run.
#[derive(Clone, Debug)]
pub struct Summary {
    /// Files by outcome.
    pub counts: Counts,
    /// Folders that could not be read.
    pub unreadable: u64,
    /// Models of the user that could not be used, for all files or for some.
    pub models_failed: u64,
    /// Files found to be gone since the last run.
    pub missing: u64,
    /// The directories, of those asked for, that were walked to their end and are not empty.
    pub walked: Vec<PathBuf>,
    /// Missing files that were forgotten.
    pub pruned: u64,
    /// Sound analysed, seconds.
    pub audio_s: f64,
    /// Wall time.
    pub elapsed: Duration,
    /// Processor time of the process meanwhile; `None` where it is not told.
    pub cpu: Option<Duration>,
    /// Time that threads stood still to keep to their share of the processor, all together.
    pub throttled: Duration,
    /// The largest resident size the process ever had, in bytes; `None` where it is not told.
    pub peak_memory_bytes: Option<u64>,
    /// Why it stopped early, if it did.
    pub stopped: Option<Reason>,
    /// Memory tickets.
    pub governor: GovernorStats,
    /// Connections, commits, retries.
    pub store: StoreStats,
    /// Where the time went, if that was measured.
    pub profile: Option<Profile>,
}

impl Summary {
    /// Seconds of sound analysed per second of wall time; 0 before anything was.
    pub fn times_real_time(&self) -> f64 {
        let elapsed = self.elapsed.as_secs_f64();
        if elapsed > 0.0 { self.audio_s / elapsed } else { 0.0 }
    }
}
