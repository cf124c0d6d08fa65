//! Everything as one Parquet file, for data frames and `DuckDB` (<https://parquet.apache.org/docs/file-format/>).
//!
//! The columns are those of the CSV. Numbers are `DOUBLE` and `INT64`, times `LIST<DOUBLE>` in seconds,
//! vectors `LIST<FLOAT>`, texts `STRING`, alternatives `JSON`, pictures bare bytes; what is undefined is null.
//! The units stand in the metadata of the file, as a JSON object under `phonolite:units`.

mod column;

use super::{Export, List};
use crate::album;
use crate::feature::catalogue::{Family, Kind};
use crate::store::{Column, Row, column_names};
use ::parquet::basic::Compression;
use ::parquet::errors::ParquetError;
use ::parquet::file::metadata::KeyValue;
use ::parquet::file::properties::{EnabledStatistics, WriterProperties};
use ::parquet::file::writer::SerializedFileWriter;
use ::parquet::schema::types::Type;
use column::Buffer;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

/// A row group is written when it holds so many bytes or rows. It is all that is in memory, but for the index of the
/// file: about 20 kB a group.
const GROUP_BYTES: usize = 32 << 20;
const GROUP_ROWS: usize = 1 << 16;

/// Writes row groups of at most 32 MB and a row.
#[derive(Debug)]
pub struct Parquet {
    columns: Vec<Buffer>,
    rows: usize,
    group_bytes: usize,
    sink: Sink,
    /// Between `begin` and `end`.
    writer: Option<SerializedFileWriter<Sink>>,
}

impl Default for Parquet {
    fn default() -> Self {
        Self {
            columns: columns().map(|(name, kind)| Buffer::new(name, kind)).collect(),
            rows: 0,
            group_bytes: GROUP_BYTES,
            sink: Sink::default(),
            writer: None,
        }
    }
}

/// Names and kinds of the columns, in order.
fn columns() -> impl Iterator<Item = (&'static str, Kind)> {
    let stored = column_names().iter().filter_map(|name| Column::find(name));
    let of_albums = album::COLUMNS.iter().map(|&(name, _)| (name, Kind::Real));
    stored.map(|column| (column.name(), column.kind())).chain(of_albums)
}

/// What the numbers are measured in, by column.
fn units() -> String {
    let fields = Family::ALL.into_iter().flat_map(|family| family.fields().iter());
    let fields = fields.map(|field| (field.name, field.unit));
    let known = fields.chain(album::COLUMNS).filter(|(_, unit)| !unit.is_empty());
    serde_json::json!(known.collect::<BTreeMap<_, _>>()).to_string()
}

impl Parquet {
    fn properties(&self) -> WriterProperties {
        let units = KeyValue::new("phonolite:units".to_owned(), units());
        let mut properties = WriterProperties::builder()
            .set_created_by(concat!("phonolite version ", env!("CARGO_PKG_VERSION")).to_owned())
            .set_key_value_metadata(Some(vec![units]))
            .set_compression(Compression::SNAPPY)
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_offset_index_disabled(true)
            .set_dictionary_enabled(false);
        for column in &self.columns {
            // Names repeat; the range of a vector or a picture is of no use to anybody.
            if column.kind == Kind::Text {
                properties = properties.set_column_dictionary_enabled(column.path(), true);
            }
            if !matches!(column.kind, Kind::Real | Kind::Integer | Kind::Text) {
                let none = EnabledStatistics::None;
                properties = properties.set_column_statistics_enabled(column.path(), none);
            }
        }
        properties.build()
    }

    fn schema(&self) -> Result<Type, ParquetError> {
        let fields = self.columns.iter().map(|column| column.schema().map(Arc::new));
        Type::group_type_builder("phonolite").with_fields(fields.collect::<Result<_, _>>()?).build()
    }

    /// Writes what is held as a row group.
    fn flush(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let Some(writer) = self.writer.as_mut().filter(|_| self.rows > 0) else { return Ok(()) };
        let mut group = writer.next_row_group().map_err(io::Error::other)?;
        for column in &mut self.columns {
            let Some(mut chunk) = group.next_column().map_err(io::Error::other)? else { break };
            column.write(chunk.untyped()).map_err(io::Error::other)?;
            chunk.close().map_err(io::Error::other)?;
            self.sink.drain(out)?;
        }
        group.close().map_err(io::Error::other)?;
        self.rows = 0;
        self.sink.drain(out)
    }
}

impl Export for Parquet {
    fn begin(&mut self, _: usize, out: &mut dyn Write) -> io::Result<()> {
        let schema = Arc::new(self.schema().map_err(io::Error::other)?);
        let properties = Arc::new(self.properties());
        let writer = SerializedFileWriter::new(self.sink.clone(), schema, properties);
        self.writer = Some(writer.map_err(io::Error::other)?);
        self.sink.drain(out)
    }

    fn row(&mut self, row: &Row, out: &mut dyn Write) -> io::Result<()> {
        for column in &mut self.columns {
            column.push(row.get(column.name));
        }
        self.rows += 1;
        let bytes: usize = self.columns.iter().map(Buffer::bytes).sum();
        if self.rows >= GROUP_ROWS || bytes >= self.group_bytes {
            self.flush(out)?;
        }
        Ok(())
    }

    fn end(&mut self, _: Option<&List>, out: &mut dyn Write) -> io::Result<()> {
        self.flush(out)?;
        if let Some(writer) = self.writer.take() {
            writer.close().map_err(io::Error::other)?;
        }
        self.sink.drain(out)
    }
}

/// Bytes on their way: the writer of the format owns where it writes to, and the file is not ours to give.
#[derive(Clone, Debug, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Sink {
    fn drain(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        out.write_all(&waiting)?;
        waiting.clear();
        Ok(())
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
