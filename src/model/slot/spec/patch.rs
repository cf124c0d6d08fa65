//! From a stream to what the model takes at once.

use serde::{Deserialize, Serialize};

/// How the stream is cut into what the model takes at once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Patch {
    /// What is counted: frames of one long spectrogram, or samples, each patch with a spectrogram of
    /// its own.
    #[serde(default)]
    pub of: PatchOf,
    /// Frames or samples.
    pub length: usize,
    /// From patch to patch, frames or samples; `length` by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hop: Option<usize>,
    /// Silence in front of the stream, frames or samples.
    #[serde(default)]
    pub lead: usize,
    /// What becomes of the rest.
    #[serde(default)]
    pub last: Last,
    /// Normalisation of each patch.
    #[serde(default)]
    pub norm: PatchNorm,
    /// Taken off every number, before `scale`.
    #[serde(default)]
    pub shift: f64,
    /// Multiplies every number.
    #[serde(default = "unit")]
    pub scale: f64,
}

impl Patch {
    /// From patch to patch.
    pub fn step(&self) -> usize {
        self.hop.unwrap_or(self.length)
    }
}

/// What patches are cut from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PatchOf {
    /// Frames of one spectrogram of the whole track.
    #[default]
    Frames,
    /// Samples.
    Samples,
}

/// What becomes of a rest that is no whole patch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Last {
    /// It is left out; a track shorter than a patch has no result.
    #[default]
    Drop,
    /// Silence follows it: samples of 0, or frames that the front end makes of them.
    Pad,
    /// It is repeated until the patch is full.
    Repeat,
}

/// Normalisation of a patch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PatchNorm {
    /// None.
    #[default]
    None,
    /// Divided by the largest magnitude; silence stays silence.
    Max,
    /// Mean 0 and standard deviation 1; what is constant becomes 0.
    Zscore,
}

fn unit() -> f64 {
    1.0
}
