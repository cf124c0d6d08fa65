//! What a file may ask of us.

use crate::units::MAX_CHANNELS;

/// Upper bounds on one file; passing one is a [`LimitExceeded`](super::SourceError::LimitExceeded).
///
/// The bounds exist because a header costs its author nothing: no field of a file is trusted with
/// memory or time before it was compared with one of these.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// Channels, 1..=[`MAX_CHANNELS`].
    pub channels: usize,
    /// Length of the decoded audio, in seconds.
    pub duration_s: f64,
    /// Size of one leading tag block (`ID3v2`), pictures included, in bytes. It is held in memory
    /// while the file is open.
    pub tag_bytes: u64,
    /// Share of damaged packets, 0..=1, above which a file counts as damaged.
    pub damaged_share: f64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            channels: MAX_CHANNELS,
            duration_s: 24.0 * 3600.0,
            tag_bytes: 64 << 20,
            damaged_share: 0.5,
        }
    }
}
