//! Where the tracks come from.

use super::aspect::{ASPECTS, VECTORS};
use super::traits::Traits;
use crate::store::{Readers, StoreError, TrackId};

/// A track as it is searched.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// What is compared.
    pub traits: Traits,
    /// Who made it, if that is known.
    pub artist: Option<String>,
}

/// Something that holds tracks.
pub trait Library {
    /// All tracks that may have an entry.
    ///
    /// # Errors
    /// What the database says.
    fn tracks(&self) -> Result<Vec<TrackId>, StoreError>;

    /// What is compared of a track; `None` when it lacks something, as silence does.
    ///
    /// # Errors
    /// What the database says.
    fn entry(&self, track: TrackId) -> Result<Option<Entry>, StoreError>;
}

impl Library for Readers {
    fn tracks(&self) -> Result<Vec<TrackId>, StoreError> {
        self.tracks_present()
    }

    fn entry(&self, track: TrackId) -> Result<Option<Entry>, StoreError> {
        const { assert!(ASPECTS - 1 == VECTORS.len()) };
        let Some(stored) = self.comparable(track)? else { return Ok(None) };
        let traits = Traits::new(
            &stored.mfcc_mean,
            &stored.mfcc_covariance,
            stored.mfcc_delta_mean.as_deref(),
            stored.vectors,
        );
        Ok(traits.map(|traits| Entry { traits, artist: stored.artist }))
    }
}

/// Tracks in memory, for tests and experiments: numbered by their places.
impl Library for [Entry] {
    fn tracks(&self) -> Result<Vec<TrackId>, StoreError> {
        Ok((0..self.len() as i64).map(TrackId).collect())
    }

    fn entry(&self, track: TrackId) -> Result<Option<Entry>, StoreError> {
        Ok(usize::try_from(track.0).ok().and_then(|place| self.get(place)).cloned())
    }
}

/// What stands for an artist in the matrix: spelling in upper or lower case and spaces at the ends
/// do not count; 0 when unknown.
pub(super) fn artist_key(artist: Option<&str>) -> u64 {
    let name = artist.map(|artist| artist.trim().to_lowercase()).filter(|name| !name.is_empty());
    name.map_or(0, |name| {
        let [a, b, c, d, e, f, g, h, ..] = *blake3::hash(name.as_bytes()).as_bytes();
        u64::from_le_bytes([a, b, c, d, e, f, g, h]).max(1)
    })
}
