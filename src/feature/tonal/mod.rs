//! Tuning, chroma and key.
//!
//! Each frame of the long spectrum becomes peaks (`spectrum`); their pitches give the tuning
//! (`tuning`) and, in a histogram finer than semitones (`history`), wait until the tuning of the
//! whole track is known. Then they are folded to pitch classes (`chroma`), compared with
//! templates (`template`) and turned into keys with probabilities (`estimate`).

mod chroma;
mod estimate;
mod history;
mod key;
mod result;
mod spectrum;
mod template;
#[cfg(test)]
mod tests;
mod tracker;
mod tuning;

pub use estimate::{Candidate, KeyEstimate};
pub use key::{Key, Mode, ParseKeyError};
pub use result::{FIELDS, Tonal};
pub use tracker::{FRAMES_PER_SECOND, Tracker};
pub use tuning::Tuning;

/// Version of the stored numbers of this family.
pub const VERSION: u32 = 1;
