//! Whether an audio payload is known already.

use crate::audio::PayloadHash;
use crate::feature::Depth;
use crate::feature::catalogue::Families;
use crate::store::{FileId, Readers, StoreError, TrackId};
use std::io::ErrorKind;
use std::path::Path;

/// What the hash of a payload tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity {
    /// Never heard.
    New,
    /// Heard before.
    Known {
        /// The track.
        track: TrackId,
        /// What has to be computed of it.
        stale: Families,
        /// A file of it whose path is gone: the one that was moved here.
        vacated: Option<FileId>,
    },
}

/// Looks a payload up, for a run of `depth`.
///
/// # Errors
/// Those of the store.
pub fn settle(
    readers: &Readers,
    payload: &PayloadHash,
    depth: Depth,
) -> Result<Identity, StoreError> {
    let Some(known) = readers.track_by_payload(payload)? else { return Ok(Identity::New) };
    let stale = known.due(depth, false);
    let files = readers.files_of_track(known.track)?;
    let vacated = files.into_iter().find(|file| is_gone(&file.path)).map(|file| file.id);
    Ok(Identity::Known { track: known.track, stale, vacated })
}

/// True when nothing is at a path; false when it cannot be told.
pub(super) fn is_gone(path: &Path) -> bool {
    let gone = [ErrorKind::NotFound, ErrorKind::NotADirectory];
    path.symlink_metadata().is_err_and(|error| gone.contains(&error.kind()))
}
