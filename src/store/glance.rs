//! The library at a glance.

use super::error::StoreError;
use super::facts::FileId;
use super::pool::Readers;
use super::{columns, sql};
use crate::feature::catalogue::{Family, Field};
use rusqlite::{Result, Row, params};
use serde::Serialize;

/// Numeric descriptors shown as histograms, with the width of a bar, where the catalogue has them.
const HISTOGRAMS: [(&str, f64); 4] =
    [("bpm", 10.0), ("loudness_lufs", 3.0), ("loudness_range_lu", 3.0), ("true_peak_dbtp", 1.0)];

/// Named descriptors counted by value, where the catalogue has them.
const NAMED: [&str; 1] = ["key"];

/// A part of the library.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Share {
    /// What its files have in common.
    pub name: String,
    /// Number of files.
    pub files: u64,
    /// Their length, in seconds; 0 for failures.
    pub audio_s: f64,
}

/// Files by the value of a descriptor.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Histogram {
    /// The descriptor.
    pub field: &'static str,
    /// Its unit.
    pub unit: &'static str,
    /// Width of a bar, in that unit.
    pub step: f64,
    /// Lower edge of each bar that is not empty, ascending, and the number of files in it.
    pub bars: Vec<(f64, u64)>,
}

/// What a library consists of. Shares and histograms count files that are not missing.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Glance {
    /// Files known.
    pub files: u64,
    /// Files analysed.
    pub ok: u64,
    /// Files that failed.
    pub failed: u64,
    /// Files that are gone.
    pub missing: u64,
    /// Different audio payloads.
    pub tracks: u64,
    /// Of them, those of which only excerpts were heard.
    pub quick_tracks: u64,
    /// Length of the analysed files, in seconds.
    pub audio_s: f64,
    /// Size of the files, in bytes.
    pub file_bytes: u64,
    /// Size of the database, in bytes.
    pub database_bytes: u64,
    /// Different artists.
    pub artists: u64,
    /// Different albums.
    pub albums: u64,
    /// By codec, the most frequent first.
    pub codecs: Vec<Share>,
    /// The ten most frequent genres.
    pub genres: Vec<Share>,
    /// By kind of failure.
    pub failures: Vec<Share>,
    /// By named descriptors, such as the key.
    pub named: Vec<(&'static str, Vec<Share>)>,
    /// By numeric descriptors, such as the tempo.
    pub histograms: Vec<Histogram>,
}

impl Readers {
    /// Counts the library, or these files of it. Reads every file row; about a second for a million
    /// files.
    pub fn glance(&self, only: Option<&[FileId]>) -> Result<Glance, StoreError> {
        let ids = |files: &[FileId]| files.iter().map(|file| file.0).collect::<Vec<_>>();
        let counted = Counted {
            readers: self,
            only: only.map(|files| serde_json::Value::from(ids(files)).to_string()),
        };
        let codecs = counted.shares(sql::BY_CODEC)?;
        Ok(Glance {
            tracks: counted.count(sql::TRACKS)?,
            quick_tracks: counted.count(sql::QUICK_TRACKS)?,
            audio_s: codecs.iter().map(|share| share.audio_s).sum(),
            database_bytes: self.database_bytes()?,
            codecs,
            genres: counted.shares(sql::BY_GENRE)?,
            failures: counted.shares(sql::BY_FAILURE)?,
            named: counted.named()?,
            histograms: counted.histograms()?,
            ..counted.totals()?
        })
    }

    fn database_bytes(&self) -> Result<u64, StoreError> {
        self.with("reading the size of the database", |conn| {
            conn.query_row(sql::DATABASE_BYTES, [], |row| count(row, 0))
        })
    }
}

/// The files that count.
struct Counted<'a> {
    readers: &'a Readers,
    /// A JSON array of their rows; all, if `None`.
    only: Option<String>,
}

impl Counted<'_> {
    fn totals(&self) -> Result<Glance, StoreError> {
        self.readers.with("counting files", |conn| {
            conn.query_row(sql::TOTALS, [&self.only], |row| {
                Ok(Glance {
                    files: count(row, 0)?,
                    ok: count(row, 1)?,
                    failed: count(row, 2)?,
                    missing: count(row, 3)?,
                    file_bytes: row.get::<_, f64>(4)? as u64,
                    artists: count(row, 5)?,
                    albums: count(row, 6)?,
                    ..Glance::default()
                })
            })
        })
    }

    fn count(&self, tracks: &str) -> Result<u64, StoreError> {
        self.readers.with("counting tracks", |conn| {
            conn.query_row(tracks, [&self.only], |row| count(row, 0))
        })
    }

    fn shares(&self, sql: &str) -> Result<Vec<Share>, StoreError> {
        self.readers.all("counting files by kind", sql, [&self.only], |row| {
            Ok(Share { name: row.get(0)?, files: count(row, 1)?, audio_s: row.get(2)? })
        })
    }

    fn named(&self) -> Result<Vec<(&'static str, Vec<Share>)>, StoreError> {
        let known = NAMED.iter().filter_map(|name| field(name));
        known
            .map(|(family, field)| Ok((field.name, self.shares(&sql::shares(family, field.name))?)))
            .collect()
    }

    fn histograms(&self) -> Result<Vec<Histogram>, StoreError> {
        let known = HISTOGRAMS.iter().filter_map(|&(name, step)| Some((field(name)?, step)));
        known.map(|((family, field), step)| self.histogram(family, field, step)).collect()
    }

    fn histogram(
        &self,
        family: Family,
        field: &'static Field,
        step: f64,
    ) -> Result<Histogram, StoreError> {
        let sql = sql::histogram(family, field.name);
        let key = params![self.only, step];
        let bars = self.readers.all("counting files by value", &sql, key, |row| {
            Ok((row.get::<_, i64>(0)? as f64 * step, count(row, 1)?))
        })?;
        Ok(Histogram { field: field.name, unit: field.unit, step, bars })
    }
}

/// A descriptor by name.
fn field(name: &str) -> Option<(Family, &'static Field)> {
    columns::descriptors().find(|(_, field)| field.name == name)
}

fn count(row: &Row<'_>, at: usize) -> Result<u64> {
    row.get::<_, i64>(at).map(|n| n as u64)
}
