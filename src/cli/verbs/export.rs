//! `phonolite export`: everything, row by row.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, ValueEnum};

use crate::album::{self, Gains};
use crate::cli::fold::fold_row;
use crate::cli::{Context, Exit, Stop, terminal};
use crate::feature::Value;
use crate::feature::catalogue::to_base64;
use crate::files;
use crate::playlist::formats::csv_cell;
use crate::store::{Readers, Row, column_names};
use crate::units::BpmRange;

/// Options of `export`.
#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// How to write
    #[arg(long, value_enum, default_value_t = ExportFormat::Jsonl)]
    pub(crate) format: ExportFormat,
    /// Write to a file instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// Formats of `export`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFormat {
    /// One JSON object a line
    Jsonl,
    /// Comma-separated values with a heading (RFC 4180)
    Csv,
}

pub(super) fn run(options: &ExportArgs, context: &Context) -> Result<Exit, Stop> {
    let readers = context.readers()?;
    let range = context.settings.bpm_range;
    let written = match &options.output {
        None => write(&readers, options.format, range, terminal::out()),
        Some(path) => write_file(&readers, options.format, range, path),
    };
    let rows = written.map_err(Stop::fault)?;
    Ok(if rows == 0 { Exit::Empty } else { Exit::Done })
}

fn write_file(
    readers: &Readers,
    format: ExportFormat,
    range: Option<BpmRange>,
    path: &Path,
) -> anyhow::Result<u64> {
    files::replace(path, |out| write(readers, format, range, out))
        .with_context(|| format!("cannot write {}", path.display()))
}

fn write(
    readers: &Readers,
    format: ExportFormat,
    range: Option<BpmRange>,
    mut out: impl Write,
) -> anyhow::Result<u64> {
    if format == ExportFormat::Csv {
        let of_albums = album::COLUMNS.iter().map(|&(name, _)| name);
        let names: Vec<&str> = column_names().iter().copied().chain(of_albums).collect();
        writeln!(out, "{}", names.join(","))?;
    }
    let mut rows = 0;
    let mut gains = Gains::new(readers);
    for row in readers.rows() {
        let mut row = row?;
        fold_row(&mut row, range);
        gains.of_file(row.file, &row.path)?.add_to(&mut row);
        match format {
            ExportFormat::Jsonl => {
                serde_json::to_writer(&mut out, &row)?;
                writeln!(out)?;
            }
            ExportFormat::Csv => csv_line(&row, &mut out)?,
        }
        rows += 1;
    }
    out.flush()?;
    Ok(rows)
}

/// One line after RFC 4180; lists are numbers separated by spaces, undefined values are empty.
fn csv_line(row: &Row, out: &mut impl Write) -> io::Result<()> {
    for (index, (_, value)) in row.columns.iter().enumerate() {
        if index > 0 {
            out.write_all(b",")?;
        }
        out.write_all(csv_cell(&cell(value)).as_bytes())?;
    }
    out.write_all(b"\n")
}

pub(super) fn cell(value: &Value) -> String {
    fn joined<T: ToString>(numbers: &[T]) -> String {
        numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    }
    match value {
        Value::Real(number) => number.map(|number| number.to_string()),
        Value::Integer(number) => number.map(|number| number.to_string()),
        Value::Text(text) => text.clone(),
        Value::Times(times) => times.as_deref().map(joined),
        Value::Vector(vector) => vector.as_deref().map(joined),
        Value::Json(json) => json.as_ref().map(ToString::to_string),
        Value::Bytes(bytes) => bytes.as_deref().map(to_base64),
    }
    .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_survive_commas_quotes_and_lines() {
        assert_eq!(csv_cell("plain"), "plain");
        assert_eq!(csv_cell("a, \"b\"\nc"), "\"a, \"\"b\"\"\nc\"");
        assert_eq!(cell(&Value::Times(Some(vec![0.5, 1.25]))), "0.5 1.25");
        assert_eq!(cell(&Value::Real(None)), "");
    }
}
