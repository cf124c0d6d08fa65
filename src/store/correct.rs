//! What a user sets against what was measured.

use super::error::StoreError;
use super::facts::{TrackId, unix_ms};
use super::pool::Readers;
use super::{open, sql};
use crate::feature::tonal::Key;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use std::path::Path;

/// What a user set of a track; `None` leaves what was measured in force.
///
/// It belongs to the recording: it survives moves, retagging and every analysis to come, and is kept
/// when the files of the recording are gone.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Correction {
    /// Tempo in beats per minute, > 0.
    pub bpm: Option<f64>,
    /// Key.
    pub key: Option<Key>,
}

impl Readers {
    /// What was set of a track.
    ///
    /// # Errors
    /// Those of the store.
    pub fn correction(&self, track: TrackId) -> Result<Correction, StoreError> {
        self.with("reading a correction", |conn| {
            let found = conn.prepare_cached(sql::CORRECTION)?.query_row([track.0], |row| {
                let key: Option<String> = row.get(1)?;
                Ok(Correction { bpm: row.get(0)?, key: key.and_then(|key| key.parse().ok()) })
            });
            Ok(found.optional()?.unwrap_or_default())
        })
    }
}

/// Stores corrections of tracks of the database at `path`, all or none; returns their number.
///
/// It takes no lock: it may be called while a library is analysed, and waits for its turn to write.
///
/// # Errors
/// Those of the store; [`StoreError::Locked`] when the turn does not come.
pub fn correct(path: &Path, corrections: &[(TrackId, Correction)]) -> Result<u64, StoreError> {
    let mut conn = open::for_a_moment(path)?;
    store(&mut conn, corrections)
        .map_err(|error| open::in_a_moment(path, "storing corrections", error))
}

fn store(conn: &mut Connection, corrections: &[(TrackId, Correction)]) -> rusqlite::Result<u64> {
    let transaction = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for (track, correction) in corrections {
        if *correction == Correction::default() {
            transaction.prepare_cached(sql::UNCORRECT)?.execute([track.0])?;
            continue;
        }
        let key = correction.key;
        transaction.prepare_cached(sql::CORRECT)?.execute(params![
            track.0,
            correction.bpm,
            key.map(|key| key.to_string()),
            key.map(Key::camelot),
            key.map(Key::open_key),
            unix_ms()
        ])?;
    }
    transaction.commit()?;
    Ok(corrections.len() as u64)
}
