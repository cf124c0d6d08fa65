//! What a file may ask of us.

use symphonia::core::audio::AudioSpec;

use super::error::SourceError;
use super::format::layout;
use crate::units::{Hertz, MAX_CHANNELS, StreamSpec};

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

/// Rate and channels as decoded, if they are allowed.
pub(super) fn checked_spec(spec: &AudioSpec, limits: &Limits) -> Result<StreamSpec, SourceError> {
    let count = spec.channels().count();
    let channels = layout(spec.channels()).filter(|layout| layout.count() <= limits.channels);
    let channels = channels.ok_or(SourceError::LimitExceeded {
        what: "number of channels",
        value: count as f64,
        limit: limits.channels as f64,
    })?;
    let rate = Hertz::new(spec.rate()).ok_or(SourceError::LimitExceeded {
        what: "sample rate in Hz",
        value: f64::from(spec.rate()),
        limit: f64::from(if spec.rate() < Hertz::MIN { Hertz::MIN } else { Hertz::MAX }),
    })?;
    Ok(StreamSpec { rate, channels })
}
