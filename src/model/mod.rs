//! Trained models: embedded in the program, checked at first use.
//!
//! `models/manifest.toml` names every model with the hash of its file. Nothing is computed with a
//! file that differs from its hash: a run that needs it asks [`check`] before it begins.

pub mod beat_net;
pub mod beat_rules;
mod manifest;
pub mod slot;

use std::sync::OnceLock;
use thiserror::Error;

use beat_net::BeatNet;
use beat_rules::BeatRules;

/// Why a model cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ModelError {
    /// The manifest cannot be read.
    #[error("the manifest of the models cannot be read: {0}")]
    Manifest(String),
    /// The manifest does not name the model.
    #[error("the manifest names no model {0:?}")]
    Unlisted(&'static str),
    /// The file is not the one the manifest describes.
    #[error("model {name:?} has the hash {found}, its manifest says {expected}")]
    Altered {
        /// Name of the model.
        name: &'static str,
        /// BLAKE3 of the manifest, hexadecimal.
        expected: String,
        /// BLAKE3 of the file, hexadecimal.
        found: String,
    },
    /// The file has not the promised structure.
    #[error("model {name:?}: {reason}")]
    Malformed {
        /// Name of the model.
        name: &'static str,
        /// What is wrong, for the log.
        reason: String,
    },
}

const BEAT_WEIGHTS: &[u8] = include_bytes!("../../models/beat/beat.bin");
const BEAT_RULES: &[u8] = include_bytes!("../../models/beat/rules.json");

/// The beat network; checked and parsed once.
pub fn beat_net() -> Result<&'static BeatNet, ModelError> {
    static NET: OnceLock<Result<BeatNet, ModelError>> = OnceLock::new();
    let made = NET.get_or_init(|| {
        manifest::verify("beat", BEAT_WEIGHTS)?;
        BeatNet::parse(BEAT_WEIGHTS)
    });
    made.as_ref().map_err(Clone::clone)
}

/// The rules behind the beat network; checked and parsed once.
pub fn beat_rules() -> Result<&'static BeatRules, ModelError> {
    static RULES: OnceLock<Result<BeatRules, ModelError>> = OnceLock::new();
    let made = RULES.get_or_init(|| {
        manifest::verify("beat-rules", BEAT_RULES)?;
        BeatRules::parse(BEAT_RULES)
    });
    made.as_ref().map_err(Clone::clone)
}

/// Tells whether every model is whole, before a run relies on it.
pub fn check() -> Result<(), ModelError> {
    beat_net()?;
    beat_rules()?;
    Ok(())
}
