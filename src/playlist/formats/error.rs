//! What can be wrong with a playlist file.

/// A playlist that cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListError {
    /// The file is not of its format.
    #[error("not {format}: {reason} (at byte {at})")]
    Malformed {
        /// The format.
        format: &'static str,
        /// What is wrong.
        reason: String,
        /// Where.
        at: u64,
    },
    /// There is nothing in it that could name a track.
    #[error("not {format}: {missing} is missing")]
    Missing {
        /// The format.
        format: &'static str,
        /// What a playlist of this format has.
        missing: &'static str,
    },
}
