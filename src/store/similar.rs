//! What the search for similar tracks asks the database.

use super::codec;
use super::error::StoreError;
use super::facts::TrackId;
use super::path::from_bytes;
use super::pool::Readers;
use super::sql;
use crate::feature::catalogue::{Family, Kind, Value};
use rusqlite::types::ValueRef;
use rusqlite::{OptionalExtension, Row, params};
use std::fmt::Write as _;
use std::path::PathBuf;

/// What is compared of a track, as stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparable {
    /// `mfcc_mean`; empty when undefined.
    pub mfcc_mean: Vec<f32>,
    /// `mfcc_covariance`; empty when undefined.
    pub mfcc_covariance: Vec<f32>,
    /// `mfcc_delta_mean`.
    pub mfcc_delta_mean: Option<Vec<f32>>,
    /// The columns of the similarity family, in its order.
    pub vectors: [Option<Vec<f32>>; 4],
    /// Artist of its first file that is there.
    pub artist: Option<String>,
}

/// How a track is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Its first file that is there.
    pub path: PathBuf,
    /// Tag of that file.
    pub artist: Option<String>,
    /// Tag of that file.
    pub title: Option<String>,
}

impl Readers {
    /// Tracks that have a similarity record and a file that is there, ascending.
    pub fn tracks_present(&self) -> Result<Vec<TrackId>, StoreError> {
        self.all("listing tracks", sql::TRACKS_PRESENT, [], |row| row.get(0).map(TrackId))
    }

    /// What is compared of a track; `None` when it was not measured by this version.
    pub fn comparable(&self, track: TrackId) -> Result<Option<Comparable>, StoreError> {
        let versions = [Family::Similarity.version(), Family::Timbre.version()];
        let key = params![track.0, versions[0], versions[1]];
        self.with("reading a track", |conn| {
            conn.prepare_cached(sql::COMPARABLE)?.query_row(key, comparable).optional()
        })
    }

    /// How a track is called; `None` when no file of it is there.
    pub fn label(&self, track: TrackId) -> Result<Option<Label>, StoreError> {
        self.with("reading a track's name", |conn| {
            conn.prepare_cached(sql::LABEL)?.query_row([track.0], label).optional()
        })
    }

    /// A hash that is another one after every run that changed the tracks, and for every version of
    /// what is compared.
    pub fn generation(&self) -> Result<[u8; 32], StoreError> {
        let numbers = self.with("looking for changes", |conn| {
            conn.prepare_cached(sql::GENERATION)?.query_row([], |row| {
                let mut numbers = String::new();
                for column in 0..7 {
                    let _ = write!(numbers, "{:?};", row.get_ref(column)?);
                }
                Ok(numbers)
            })
        })?;
        let versions = [Family::Similarity.version(), Family::Timbre.version()];
        Ok(*blake3::hash(format!("{numbers}{versions:?}").as_bytes()).as_bytes())
    }
}

fn comparable(row: &Row<'_>) -> rusqlite::Result<Comparable> {
    Ok(Comparable {
        mfcc_mean: vector(row.get_ref(0)?).unwrap_or_default(),
        mfcc_covariance: vector(row.get_ref(1)?).unwrap_or_default(),
        mfcc_delta_mean: vector(row.get_ref(7)?),
        vectors: [
            vector(row.get_ref(2)?),
            vector(row.get_ref(3)?),
            vector(row.get_ref(4)?),
            vector(row.get_ref(5)?),
        ],
        artist: row.get(6)?,
    })
}

fn vector(stored: ValueRef<'_>) -> Option<Vec<f32>> {
    match codec::decode(Kind::Vector, stored) {
        Value::Vector(vector) => vector,
        _ => None,
    }
}

fn label(row: &Row<'_>) -> rusqlite::Result<Label> {
    let path = from_bytes(row.get_ref(0)?.as_blob()?);
    Ok(Label { path, artist: row.get(1)?, title: row.get(2)? })
}
