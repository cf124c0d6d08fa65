//! Files that pass a filter, in an order, and columns of them.

use super::codec;
use super::column::Column;
use super::columns::row_joins;
use super::error::StoreError;
use super::facts::{FileId, TrackId};
use super::filter::{Clause, Filter};
use super::path;
use super::pool::Readers;
use super::sql;
use crate::feature::catalogue::Value;
use rusqlite::params_from_iter;
use std::fmt::Write as _;
use std::path::PathBuf;

/// Files whose columns are read in one statement.
const PAGE: usize = 256;

/// A column to sort by; what is undefined comes last.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sort {
    /// The column.
    pub column: Column,
    /// From large to small, from Z to A.
    pub descending: bool,
}

/// Which files, in which order, how many.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// What they must pass. Files that are missing pass only if it asks for `status`.
    pub filter: Filter,
    /// The order; at last that of path bytes.
    pub sort: Vec<Sort>,
    /// At most so many.
    pub limit: Option<u64>,
}

/// Some columns of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Cells {
    /// Its row.
    pub file: FileId,
    /// Its track, if it was ever analysed.
    pub track: Option<TrackId>,
    /// Where it lies.
    pub path: PathBuf,
    /// The values of the columns asked for, in their order.
    pub values: Vec<Value>,
}

/// A filter as a condition, with what it does not say: that the file is there.
fn present(filter: &Filter) -> Clause {
    let mut clause = filter.clause();
    if !filter.names("status") {
        clause.text.insert_str(0, "f.status <> 'missing' AND ");
    }
    clause
}

impl Question {
    fn sql(&self) -> (String, Vec<rusqlite::types::Value>) {
        let clause = present(&self.filter);
        let sorted = !self.sort.is_empty();
        let joins = if sorted { row_joins("f.track_id") } else { String::new() };
        let limit = self.limit.map_or(-1, |limit| i64::try_from(limit).unwrap_or(i64::MAX));
        (sql::matching(&joins, &clause.text, &self.order(), &limit.to_string()), clause.values)
    }

    fn order(&self) -> String {
        let mut order = String::new();
        for Sort { column, descending } in &self.sort {
            let direction = if *descending { "DESC" } else { "ASC" };
            let _ = write!(order, "{} {direction} NULLS LAST, ", column.source());
        }
        order + "f.path"
    }
}

impl Readers {
    /// The files a question asks for, in its order. Holds 8 bytes a file.
    ///
    /// # Errors
    /// Those of the store.
    pub fn select(&self, question: &Question) -> Result<Vec<FileId>, StoreError> {
        let (sql, values) = question.sql();
        self.all("answering a question", &sql, params_from_iter(values), |row| {
            row.get(0).map(FileId)
        })
    }

    /// The same, each with its track. Files that were never analysed are left out.
    ///
    /// # Errors
    /// Those of the store.
    pub fn select_tracks(&self, question: &Question) -> Result<Vec<(FileId, TrackId)>, StoreError> {
        let (sql, values) = question.sql();
        self.with_tracks(&sql, values)
    }

    /// All files that pass a filter, with their tracks, in the order of their rows, which costs least.
    ///
    /// # Errors
    /// Those of the store.
    pub fn passing(&self, filter: &Filter) -> Result<Vec<(FileId, TrackId)>, StoreError> {
        let clause = present(filter);
        self.with_tracks(&sql::matching("", &clause.text, "f.id", "-1"), clause.values)
    }

    fn with_tracks(
        &self,
        sql: &str,
        values: Vec<rusqlite::types::Value>,
    ) -> Result<Vec<(FileId, TrackId)>, StoreError> {
        let rows = self.all("answering a question", sql, params_from_iter(values), |row| {
            Ok((FileId(row.get(0)?), row.get::<_, Option<i64>>(1)?.map(TrackId)))
        })?;
        Ok(rows.into_iter().filter_map(|(file, track)| Some((file, track?))).collect())
    }

    /// Some columns of `files`, in their order. Files that have gone meanwhile are left out. Holds
    /// 256 files.
    pub fn cells<'a>(
        &'a self,
        files: &'a [FileId],
        columns: &'a [Column],
    ) -> impl Iterator<Item = Result<Cells, StoreError>> + 'a {
        files.chunks(PAGE).flat_map(move |page| match self.page(page, columns) {
            Ok(cells) => cells.into_iter().map(Ok).collect::<Vec<_>>(),
            Err(error) => vec![Err(error)],
        })
    }

    fn page(&self, files: &[FileId], columns: &[Column]) -> Result<Vec<Cells>, StoreError> {
        let names = columns.iter().fold(String::new(), |mut names, column| {
            let _ = write!(names, ", {}", column.source());
            names
        });
        let ids: Vec<i64> = files.iter().map(|file| file.0).collect();
        let ids = serde_json::Value::from(ids).to_string();
        let sql = sql::cells(&row_joins("f.track_id"), &names);
        let mut found = self.all("reading columns", &sql, [ids], |row| {
            let value = |(place, column): (usize, &Column)| {
                row.get_ref(place + 3).map(|stored| codec::decode(column.kind(), stored))
            };
            Ok(Cells {
                file: FileId(row.get(0)?),
                track: row.get::<_, Option<i64>>(2)?.map(TrackId),
                path: path::from_bytes(row.get_ref(1)?.as_blob()?),
                values: columns.iter().enumerate().map(value).collect::<rusqlite::Result<_>>()?,
            })
        })?;
        found.sort_by_key(|cells| files.iter().position(|file| *file == cells.file));
        Ok(found)
    }
}
