//! Comma-separated values with a heading (RFC 4180).

use super::location::url;
use super::{Item, ListError, Writing};
use std::io::{self, Write};

const HEADING: &str = "path,artist,title,album,duration_s,location";

pub(super) fn write(items: &[Item], writing: &Writing, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{HEADING}")?;
    for item in items {
        let path = String::from_utf8_lossy(&writing.line(&item.path)).into_owned();
        let seconds = item.duration_s.map(|seconds| format!("{seconds:.3}")).unwrap_or_default();
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let cells = [
            path,
            text(&item.artist),
            text(&item.title),
            text(&item.album),
            seconds,
            url(&item.path),
        ];
        writeln!(out, "{}", cells.map(|cell| csv_cell(&cell)).join(","))?;
    }
    Ok(())
}

/// A cell as it stands in a file: quoted where it holds a comma, a quote or a line break (RFC 4180).
pub fn csv_cell(text: &str) -> String {
    if text.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

/// The column `location`, else `path`, else the first.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<Vec<u8>>, ListError> {
    let mut records = records(bytes)?.into_iter();
    let Some(heading) = records.next() else { return Ok(Vec::new()) };
    let column = |name: &[u8]| heading.iter().position(|cell| cell.eq_ignore_ascii_case(name));
    let columns: Vec<usize> =
        [b"location".as_slice(), b"path"].into_iter().filter_map(column).collect();
    if columns.is_empty() {
        return Err(ListError::Missing { format: "CSV", missing: "a column `path` or `location`" });
    }
    let place = |record: Vec<Vec<u8>>| {
        columns
            .iter()
            .filter_map(|&column| record.get(column))
            .find(|cell| !cell.is_empty())
            .cloned()
    };
    Ok(records.filter_map(place).collect())
}

fn records(bytes: &[u8]) -> Result<Vec<Vec<Vec<u8>>>, ListError> {
    let (mut records, mut record, mut cell) = (Vec::new(), Vec::new(), Vec::new());
    let mut open: Option<usize> = None;
    let mut rest = bytes.iter().copied().enumerate().peekable();
    while let Some((at, byte)) = rest.next() {
        match (open, byte) {
            (Some(_), b'"') if rest.next_if(|&(_, next)| next == b'"').is_some() => cell.push(b'"'),
            (Some(_), b'"') => open = None,
            (None, b'"') => open = Some(at),
            (None, b',') => record.push(std::mem::take(&mut cell)),
            (None, b'\n' | b'\r') => {
                record.push(std::mem::take(&mut cell));
                records.push(std::mem::take(&mut record));
            }
            _ => cell.push(byte),
        }
    }
    if let Some(at) = open {
        let reason = "a quote is never closed".to_owned();
        return Err(ListError::Malformed { format: "CSV", reason, at: at as u64 });
    }
    record.push(cell);
    records.push(record);
    records.retain(|record| record.iter().any(|cell| !cell.is_empty()));
    Ok(records)
}
