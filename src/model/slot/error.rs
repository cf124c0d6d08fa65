//! Why a model of the user cannot be used.

use std::path::PathBuf;
use std::sync::Arc;

use thiserror::Error;

use crate::memory::AdmitError;

/// Why a model of the user cannot be used; the run goes on without it.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum SlotError {
    /// The manifest cannot be read or written.
    #[error("cannot read or write {}: {source}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: Arc<std::io::Error>,
    },
    /// The manifest is not what it should be.
    #[error("{} is no manifest of models: {reason}", path.display())]
    Manifest {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The front-end contract contradicts itself.
    #[error("the front end is not described well: {0}")]
    Spec(String),
    /// No such model.
    #[error("there is no model {name:?}{}", among(known))]
    Unknown {
        /// As asked for.
        name: String,
        /// Those there are.
        known: Vec<String>,
    },
    /// No such preset.
    #[error("there is no preset {name:?}{}", among(known))]
    UnknownPreset {
        /// As asked for.
        name: String,
        /// Those there are.
        known: Vec<String>,
    },
    /// A name is taken already, or is no name.
    #[error("{name:?} cannot be the name of a model: {reason}")]
    Name {
        /// As asked for.
        name: String,
        /// Why not.
        reason: &'static str,
    },
    /// The file is not the one that was added.
    #[error(
        "the file has the hash {found}, the manifest says {expected}; if it was replaced on purpose, remove the model and add it again"
    )]
    Altered {
        /// BLAKE3 of the manifest, hexadecimal.
        expected: String,
        /// BLAKE3 of the file, hexadecimal.
        found: String,
    },
    /// The file is larger than any model for music.
    #[error("the file has {bytes} bytes, more than {limit}")]
    TooLarge {
        /// Its size.
        bytes: u64,
        /// The limit.
        limit: u64,
    },
    /// It is no ONNX model, or not a whole one.
    #[error("not a whole ONNX model: {0}")]
    Malformed(String),
    /// The model uses operators that the runtime does not know.
    #[error(
        "the runtime {runtime} does not know the operators {operators:?}; see `phonolite models --help` for the other runtime"
    )]
    UnknownOperators {
        /// Name of the runtime.
        runtime: &'static str,
        /// Their names.
        operators: Vec<String>,
    },
    /// Weights in further files.
    #[error("the model keeps {tensor:?} in another file; save it as one file")]
    External {
        /// A tensor that is elsewhere.
        tensor: String,
    },
    /// The model has no tensor of that name.
    #[error("the model has no {kind} {name:?}{}", among(known))]
    NoTensor {
        /// `input` or `output`.
        kind: &'static str,
        /// As asked for.
        name: String,
        /// Those there are.
        known: Vec<String>,
    },
    /// The front end makes another shape than the model takes.
    #[error("input {tensor:?} takes {expected}, the front end makes {made:?}")]
    Shape {
        /// The input.
        tensor: String,
        /// As the model says it; `?` where it takes any length.
        expected: String,
        /// As the specification makes it.
        made: Vec<usize>,
    },
    /// An output cannot be what the specification says.
    #[error("output {name:?}: {reason}")]
    Answer {
        /// The output.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// The file with the names of the classes is missing or does not fit.
    #[error("labels file {}: {reason}", path.display())]
    Labels {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The runtime failed.
    #[error("the runtime {runtime} failed: {reason}")]
    Runtime {
        /// Name of the runtime.
        runtime: &'static str,
        /// Why, with causes.
        reason: String,
    },
    /// The program was built without a runtime, or the one asked for is not there.
    #[error("{0}")]
    NoRuntime(String),
    /// The model does not fit into the memory budget.
    #[error("{0}")]
    Memory(#[from] AdmitError),
}

fn among(names: &[String]) -> String {
    if names.is_empty() { String::new() } else { format!(" (there are: {})", names.join(", ")) }
}

impl SlotError {
    pub(crate) fn file(path: &std::path::Path, source: std::io::Error) -> Self {
        Self::File { path: path.to_path_buf(), source: Arc::new(source) }
    }

    /// The stable name, for JSON.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::File { .. } => "file",
            Self::Manifest { .. } => "manifest",
            Self::Spec(_) => "spec",
            Self::Unknown { .. } => "unknown_model",
            Self::UnknownPreset { .. } => "unknown_preset",
            Self::Name { .. } => "name",
            Self::Altered { .. } => "altered",
            Self::TooLarge { .. } => "too_large",
            Self::Malformed(_) => "malformed",
            Self::UnknownOperators { .. } => "unknown_operators",
            Self::External { .. } => "external",
            Self::NoTensor { .. } => "no_tensor",
            Self::Shape { .. } => "shape",
            Self::Answer { .. } => "answer",
            Self::Labels { .. } => "labels",
            Self::Runtime { .. } => "runtime",
            Self::NoRuntime(_) => "no_runtime",
            Self::Memory(_) => "memory",
        }
    }
}
