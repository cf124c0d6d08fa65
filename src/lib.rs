//! Phonolite reads a music library once, in bounded memory, and keeps what it heard in one SQLite
//! file.
//!
//! The modules stand in layers; each uses its own layer or lower ones (`tests/architecture.rs`
//! checks it). `ARCHITECTURE.md` tells the whole story.

pub mod album;
pub mod audio;
pub mod cli;
pub mod config;
pub mod doctor;
pub mod draw;
pub mod dsp;
pub mod duplicates;
pub mod error;
pub mod exchange;
pub mod feature;
pub mod files;
pub mod library;
pub mod manners;
pub mod memory;
pub mod model;
pub mod pipeline;
pub mod playlist;
pub mod profile;
pub mod query;
pub mod search;
pub mod store;
pub mod system;
pub mod tag;
pub mod units;
#[cfg(feature = "watch")]
pub mod watch;
pub mod xml;
