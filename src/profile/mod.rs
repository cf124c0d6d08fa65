//! Where the time of a run goes: processor time by step, waits by what was waited for.
//!
//! A [`Watch`] goes with a track through all rooms that work on it and adds what it measures to the
//! ledger of the track; a watch of nothing measures nothing and costs a branch. Processor time is that
//! of the thread, so that other programs on the machine do not show in it; waits are by the clock on
//! the wall. A [`Profiler`] takes the ledgers of all tracks in and holds histograms only, so that its
//! size does not depend on the number of tracks.

mod findings;
mod histogram;
mod ledger;
mod profiler;
mod step;

pub use findings::{Finding, Kind, Sums, findings};
pub use histogram::Histogram;
pub use ledger::{Lap, Watch};
pub use profiler::{Profile, Profiler, Taken, Whole};
pub use step::{Step, Wait};
