//! One run: from paths to records.
//!
//! [`run()`] scans and plans on the calling thread; each of `jobs` worker threads takes a file from
//! attempt to outcome, with a decode thread beside it; the store's writer thread keeps the results.

mod ahead;
mod cancel;
mod dry_run;
mod ending;
mod event;
#[cfg(test)]
mod fault_tests;
mod models;
mod outcome;
mod run;
mod single;
mod stream;
mod summary;
mod task;
mod watching;

pub use cancel::{Cancel, Reason};
pub use dry_run::{DryRun, dry_run};
pub use event::{Event, Observer, Progress, Silent};
pub use outcome::{Counts, Failure, Outcome, Relink};
pub use run::{Options, RunError, run};
pub use single::analyse_file;
pub use summary::Summary;
pub use task::QUICK;
