//! What the model gives, and what goes in besides patches.

use serde::{Deserialize, Serialize};

/// One answer that is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Output {
    /// Under which it is stored.
    pub name: String,
    /// Name of the tensor; by default the first that is no state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tensor: Option<String>,
    /// The axis of the classes; the last by default. The first is the batch, all others are time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub axis: Option<usize>,
    /// What turns logits into scores.
    #[serde(default)]
    pub activation: Activation,
    /// How patches, and frames within patches, become one.
    #[serde(default)]
    pub aggregate: Aggregate,
    /// Frames to leave out at inner borders of patches, for [`Aggregate::Sequence`].
    #[serde(default)]
    pub trim: usize,
    /// Names of the classes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
    /// A file beside the manifest with a name a line, instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels_file: Option<String>,
}

/// Activations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// None: scores, embeddings, or logits as they are.
    #[default]
    Logits,
    /// 1 / (1 + e^-x).
    Sigmoid,
    /// e^x over the sum of all classes.
    Softmax,
}

/// Aggregations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aggregate {
    /// Arithmetic mean.
    #[default]
    Mean,
    /// Maximum.
    Max,
    /// Median.
    Median,
    /// Means, then standard deviations (of the population).
    MeanStd,
    /// None: all rows in order.
    Sequence,
}

impl Aggregate {
    const NAMES: [(Self, &'static str); 5] = [
        (Self::Mean, "mean"),
        (Self::Max, "max"),
        (Self::Median, "median"),
        (Self::MeanStd, "mean_std"),
        (Self::Sequence, "sequence"),
    ];

    /// The stable name, as stored.
    pub fn as_str(self) -> &'static str {
        Self::NAMES.iter().find(|(aggregate, _)| *aggregate == self).map_or("", |(_, name)| name)
    }

    /// The inverse of [`Self::as_str`]; a sequence for what is unknown.
    pub fn from_name(name: &str) -> Self {
        let found = Self::NAMES.iter().find(|(_, known)| *known == name);
        found.map_or(Self::Sequence, |(aggregate, _)| *aggregate)
    }
}

/// A tensor that goes from one patch to the next; zeros at the start of a track.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// Name as an input.
    pub input: String,
    /// Name as an output.
    pub output: String,
    /// Its shape.
    pub shape: Vec<usize>,
}

/// An input that never changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Constant {
    /// Its name.
    pub input: String,
    /// Its shape; empty for a single number.
    #[serde(default)]
    pub shape: Vec<usize>,
    /// Its numbers, whole ones: a sample rate, a switch.
    pub integers: Vec<i64>,
}
