//! What playlists leave behind: the tracks they were made of, and the playlists to be made anew.

use super::error::StoreError;
use super::facts::{TrackId, unix_ms};
use super::pool::Readers;
use super::{open, sql};
use rusqlite::{Connection, TransactionBehavior, params};
use std::path::Path;

/// A playlist that is made anew from its command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedPlaylist {
    /// Its name.
    pub name: String,
    /// The arguments behind `phonolite playlist`.
    pub arguments: Vec<String>,
    /// When it was saved, in milliseconds since 1970.
    pub saved_at: i64,
}

impl Readers {
    /// Tracks that playlists were made of since a time in milliseconds since 1970.
    ///
    /// # Errors
    /// Those of the store.
    pub fn chosen_since(&self, ms: i64) -> Result<Vec<TrackId>, StoreError> {
        self.all("reading what was chosen", sql::CHOSEN_SINCE, [ms], |row| row.get(0).map(TrackId))
    }

    /// The saved playlists by name. One whose arguments cannot be read has none.
    ///
    /// # Errors
    /// Those of the store.
    pub fn saved_playlists(&self) -> Result<Vec<SavedPlaylist>, StoreError> {
        self.all("listing playlists", sql::PLAYLISTS, [], |row| {
            let arguments: String = row.get(1)?;
            Ok(SavedPlaylist {
                name: row.get(0)?,
                arguments: serde_json::from_str(&arguments).unwrap_or_default(),
                saved_at: row.get(2)?,
            })
        })
    }
}

/// Notes that a playlist was made of these tracks, now.
///
/// # Errors
/// Those of the store.
pub fn remember_chosen(path: &Path, tracks: &[TrackId]) -> Result<(), StoreError> {
    change(path, "noting what was chosen", |conn| {
        let now = unix_ms();
        let mut statement = conn.prepare_cached(sql::CHOOSE)?;
        tracks.iter().try_for_each(|track| statement.execute(params![track.0, now]).map(|_| ()))
    })
}

/// Saves a playlist under a name, in place of one of that name.
///
/// # Errors
/// Those of the store.
pub fn save_playlist(path: &Path, name: &str, arguments: &[String]) -> Result<(), StoreError> {
    change(path, "saving a playlist", |conn| {
        let arguments = serde_json::Value::from(arguments).to_string();
        conn.execute(sql::SAVE_PLAYLIST, params![name, arguments, unix_ms()]).map(|_| ())
    })
}

/// Forgets a playlist; false when there is none of that name.
///
/// # Errors
/// Those of the store.
pub fn forget_playlist(path: &Path, name: &str) -> Result<bool, StoreError> {
    change(path, "forgetting a playlist", |conn| {
        conn.execute(sql::FORGET_PLAYLIST, [name]).map(|rows| rows > 0)
    })
}

fn change<T>(
    path: &Path,
    doing: &'static str,
    act: impl FnOnce(&Connection) -> rusqlite::Result<T>,
) -> Result<T, StoreError> {
    let mut conn = open::for_a_moment(path)?;
    let acted = conn.transaction_with_behavior(TransactionBehavior::Immediate).and_then(|held| {
        let answer = act(&held)?;
        held.commit().map(|()| answer)
    });
    acted.map_err(|error| open::in_a_moment(path, doing, error))
}
