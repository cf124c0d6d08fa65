//! One run: from paths to records.

mod cancel;
mod outcome;

pub use cancel::{Cancel, Reason};
pub use outcome::{Counts, Failure, Outcome, Relink};
