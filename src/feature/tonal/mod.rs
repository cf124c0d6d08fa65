//! Tuning, chroma, key and chords.
//!
//! Each frame of the long spectrum becomes peaks (`spectrum`); their pitches give the tuning
//! (`tuning`) and are folded with it to pitch classes (`chroma`), of which three sets a frame are
//! kept (`frames`). At the end they are summed (`overview`) and heard as keys (`key_model`,
//! `grammar`, `template`, `estimate`), keys by section (`sections`) and chords (`chords`, `chord_events`). The
//! numbers of the models are in `weights` and `grammar_weights`, those of the confidences in
//! `calibration`; `models/key` makes them.

mod calibration;
mod change;
mod chord;
mod chord_events;
mod chords;
mod chroma;
mod estimate;
mod frames;
mod grammar;
mod grammar_weights;
mod key;
mod key_model;
mod overview;
mod result;
mod sections;
mod spectrum;
mod template;
#[cfg(test)]
mod tests;
mod tonnetz;
mod tracker;
mod tuning;
mod weights;

pub use chord::{Chord, ChordEvent, Quality};
pub use chords::Chords;
pub use estimate::{Candidate, KeyEstimate};
pub use key::{Key, Mode, ParseKeyError};
pub use result::{FIELDS, Tonal};
pub use sections::KeySection;
pub use tracker::{FRAMES_PER_SECOND, Tracker};
pub use tuning::Tuning;

/// Version of the stored numbers of this family.
pub const VERSION: u32 = 5;
