//! The counts behind a source, and the judgement on damage.

use super::error::SourceError;

/// What a source has given so far, and what it could not.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    pub(super) frames: u64,
    /// Frames of music that were not given, as they lie outside of the excerpts.
    pub(super) passed: u64,
    pub(super) tried: u64,
    pub(super) damaged: u64,
    pub(super) bad_samples: u64,
    /// Frames that the decoder gave.
    pub(super) decoded: u64,
    /// Frames of silence in the place of what it did not give.
    pub(super) silence: u64,
}

impl Tally {
    /// Too much damage is a failure.
    pub(super) fn judge(self, share: f64) -> Result<(), SourceError> {
        let packets = self.tried.max(self.damaged);
        if self.damaged as f64 > share * packets as f64 {
            return Err(self.too_much_damage());
        }
        Ok(())
    }

    pub(super) fn too_much_damage(self) -> SourceError {
        let packets = self.tried.max(self.damaged);
        SourceError::DamagedPackets { damaged: self.damaged, packets }
    }

    /// Why there was not a single frame.
    pub(super) fn nothing(self) -> SourceError {
        match self {
            Self { damaged: 0, tried: 0, .. } => SourceError::NoAudio { why: "no packet" },
            Self { damaged: 0, .. } => SourceError::NoAudio { why: "no frame in any packet" },
            _ => self.too_much_damage(),
        }
    }
}
