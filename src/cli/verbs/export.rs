//! `phonolite export`: everything, row by row.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use anyhow::Context as _;

use crate::album::{self, Gains};
use crate::cli::args::{ExportArgs, ExportFormat};
use crate::cli::fold::fold_row;
use crate::cli::{Context, Exit, Stop, terminal};
use crate::feature::Value;
use crate::feature::catalogue::to_base64;
use crate::store::{Readers, Row, column_names};
use crate::units::BpmRange;

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

/// Writes beside the target and renames: a target that exists is whole at any moment.
fn write_file(
    readers: &Readers,
    format: ExportFormat,
    range: Option<BpmRange>,
    path: &Path,
) -> anyhow::Result<u64> {
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    let part = Path::new(&name);
    let written = File::create(part)
        .with_context(|| format!("cannot write {}", part.display()))
        .and_then(|file| write(readers, format, range, BufWriter::new(file)))
        .and_then(|rows| {
            std::fs::rename(part, path)
                .with_context(|| format!("cannot write {}", path.display()))?;
            Ok(rows)
        });
    if written.is_err() {
        let _ = std::fs::remove_file(part); // the error that led here is the one to tell
    }
    written
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

pub(super) fn csv_cell(text: &str) -> String {
    if text.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_string()
    }
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
