//! From directories to the work that has to be done.
//!
//! [`Scan`] walks, [`Planner`] compares what it finds with the store and names the [`Job`],
//! [`settle`] tells whether an audio payload is known already. None of them holds more than one
//! directory or one bit a file.

mod identity;
mod kind;
mod plan;
mod roots;
mod scan;
mod seen;

pub use identity::{Identity, settle};
pub use kind::may_be_sound;
pub use plan::{Job, Planned, Planner, Policy, has_entries};
pub use roots::Root;
pub use scan::{Candidate, Scan, ScanCounts, ScanError, ScanOptions, Walked};

#[cfg(test)]
mod tests;
