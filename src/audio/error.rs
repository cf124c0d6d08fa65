//! Why a file gave no samples, or no more of them.

use crate::error::{FailureKind, Severity, Stage};

/// Why a file could not be opened, recognised or decoded.
///
/// The messages do not name the path: whoever knows it adds it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// The operating system did not open the file.
    #[error("cannot open the file")]
    Open {
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The operating system failed while the file was read.
    #[error("cannot read the file")]
    Read {
        /// How far the work had come.
        stage: Stage,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A format, a codec or a variant of one that is not read.
    #[error("{what} is not supported")]
    Unsupported {
        /// The format or codec, with the variant where that is the reason.
        what: String,
    },
    /// The bytes are of no format that is known here.
    #[error("not an audio file, or of a format unknown here")]
    Unrecognised,
    /// Sound container, no audio.
    #[error("no audio: {why}")]
    NoAudio {
        /// What is there instead.
        why: &'static str,
    },
    /// The headers contradict the format.
    #[error("the {container} headers are damaged")]
    DamagedHeader {
        /// The container, lower case.
        container: &'static str,
        /// What the demuxer said.
        source: symphonia::core::errors::Error,
    },
    /// Too many packets are damaged.
    #[error("{damaged} of {packets} packets are damaged")]
    DamagedPackets {
        /// Packets that gave no samples.
        damaged: u64,
        /// Packets tried.
        packets: u64,
    },
    /// One of [`Limits`](super::Limits), or of the ranges in [`units`](crate::units), is passed.
    #[error("{what} {value} is outside the limit of {limit}")]
    LimitExceeded {
        /// What is limited, with its unit.
        what: &'static str,
        /// What the file has.
        value: f64,
        /// What is allowed.
        limit: f64,
    },
}

impl SourceError {
    /// The kind that is stored and shown.
    pub fn kind(&self) -> FailureKind {
        match self {
            Self::Open { .. } | Self::Read { .. } => FailureKind::Io,
            Self::Unsupported { .. } | Self::Unrecognised => FailureKind::UnsupportedFormat,
            Self::NoAudio { .. } => FailureKind::NoAudio,
            Self::DamagedHeader { .. } | Self::DamagedPackets { .. } => FailureKind::Damaged,
            Self::LimitExceeded { .. } => FailureKind::LimitExceeded,
        }
    }

    /// How far the work had come.
    pub fn stage(&self) -> Stage {
        match self {
            Self::Open { .. } => Stage::Open,
            Self::Read { stage, .. } => *stage,
            Self::Unsupported { .. }
            | Self::Unrecognised
            | Self::NoAudio { .. }
            | Self::DamagedHeader { .. } => Stage::Probe,
            Self::DamagedPackets { .. } | Self::LimitExceeded { .. } => Stage::Decode,
        }
    }

    /// Always [`Severity::FailFile`]: packets are skipped inside, and no file stops a run.
    pub fn severity(&self) -> Severity {
        Severity::FailFile
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_error_says_what_it_is() {
        let open = SourceError::Open { source: std::io::ErrorKind::NotFound.into() };
        assert_eq!((open.kind(), open.stage()), (FailureKind::Io, Stage::Open));
        assert!(std::error::Error::source(&open).is_some());
        let codec = SourceError::Unsupported { what: "wavpack".into() };
        assert_eq!(codec.kind(), FailureKind::UnsupportedFormat);
        assert_eq!(codec.to_string(), "wavpack is not supported");
        assert_eq!(codec.severity(), Severity::FailFile);
    }
}
