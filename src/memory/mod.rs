//! Memory as a budget: who wants much asks first.
//!
//! The [`Governor`] hands out tickets against a budget; what a ticket holds is given back when it
//! is dropped. Small, constant memory (code, stacks, database caches) is covered by
//! [`BASELINE_BYTES`], taken off the budget once. [`budget`] finds the default for the host.

mod governor;
mod host;

pub use governor::{AdmitError, Governor, GovernorStats, Resident, Ticket};
pub use host::{Host, budget, parse_size};

/// What the process holds whatever it does: code, allocator, thread stacks in use, SQLite caches.
///
/// Measured as the resident size of a run that finds nothing to analyse (15 MB), with head room.
pub const BASELINE_BYTES: u64 = 24 << 20;

/// The smallest budget that is accepted; below it not even one file would fit.
pub const SMALLEST_BUDGET: u64 = 40 << 20;
