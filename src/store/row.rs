//! A file with everything known of it.

use super::answers::{ByModel, ModelAnswer};
use super::codec;
use super::columns::{base_columns, descriptors};
use super::facts::{FileId, TrackId};
use super::path;
use crate::feature::catalogue::{Kind, Value};
use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use std::path::PathBuf;
use std::sync::LazyLock;

/// Names and kinds of all columns, in order.
static COLUMNS: LazyLock<Vec<(&'static str, Kind)>> = LazyLock::new(|| {
    let base = base_columns().map(|base| (base.name, base.kind));
    base.chain(descriptors().map(|(_, field)| (field.name, field.kind))).collect()
});

static NAMES: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| COLUMNS.iter().map(|&(name, _)| name).collect());

/// Names of the columns of every [`Row`], in order: file and tags, track, families.
pub fn column_names() -> &'static [&'static str] {
    &NAMES
}

/// A file with its tags, its track and all descriptors. Serialises as one object.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Row of the file.
    pub file: FileId,
    /// Row of its track, if it was ever analysed.
    pub track: Option<TrackId>,
    /// Where it lies; the column `path` is the same for the eye.
    pub path: PathBuf,
    /// Name and value of each column, in the order of [`column_names`].
    pub columns: Vec<(&'static str, Value)>,
    /// What models of the user say, by name of the model.
    pub answers: Vec<ModelAnswer>,
}

impl Row {
    /// The value of a column; `None` when there is no such column.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.columns.iter().find(|(column, _)| *column == name).map(|(_, value)| value)
    }

    /// Reads a result of `ROWS`, `ROW_BY_PATH` or `ROW_BY_ID`.
    pub(super) fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        let columns = COLUMNS.iter().enumerate().map(|(place, &(name, kind))| {
            row.get_ref(place + 3).map(|stored| (name, codec::decode(kind, stored)))
        });
        Ok(Self {
            file: FileId(row.get(0)?),
            path: path::from_bytes(row.get_ref(1)?.as_blob()?),
            track: row.get::<_, Option<i64>>(2)?.map(TrackId),
            columns: columns.collect::<rusqlite::Result<_>>()?,
            answers: Vec::new(),
        })
    }
}

impl Serialize for Row {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in &self.columns {
            map.serialize_entry(name, value)?;
        }
        // A library without models looks as it always did.
        if !self.answers.is_empty() {
            map.serialize_entry("models", &ByModel(&self.answers))?;
        }
        map.end()
    }
}
