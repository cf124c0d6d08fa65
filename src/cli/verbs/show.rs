//! `phonolite show`: what was heard in one file.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::cli::args::ShowArgs;
use crate::cli::{Context, Exit, Stop, terminal};
use crate::feature::{Family, Value};
use crate::store::{FileId, Readers, Row, StoreError};

/// Numbers of a list that are shown before it is cut.
const SHOWN: usize = 8;

pub(super) fn run(options: &ShowArgs, context: &Context) -> Result<Exit, Stop> {
    let readers = context.readers()?;
    let Some(row) = find(&readers, options).map_err(Stop::fault)? else {
        let what = options.what.to_string_lossy();
        terminal::note(&format!(
            "phonolite: {what} is not in the database; `phonolite analyze {what}` adds it"
        ));
        return Ok(Exit::Empty);
    };
    let mut out = terminal::out();
    if options.json {
        serde_json::to_writer_pretty(&mut out, &row).map_err(Stop::fault)?;
        writeln!(out).map_err(Stop::fault)?;
    } else {
        print(&row, &mut out).map_err(Stop::fault)?;
    }
    out.flush().map_err(Stop::fault)?;
    Ok(Exit::Done)
}

/// By path as written, by absolute path, or by number.
fn find(readers: &Readers, options: &ShowArgs) -> anyhow::Result<Option<Row>> {
    let path = Path::new(&options.what);
    let absolute: PathBuf = std::path::absolute(path).context("no current folder")?;
    if let Some(row) = readers.row_by_path(&absolute)? {
        return Ok(Some(row));
    }
    let by_number =
        |number: i64| -> Result<Option<Row>, StoreError> { readers.row_by_id(FileId(number)) };
    match options.what.to_str().and_then(|text| text.parse().ok()) {
        Some(number) => Ok(by_number(number)?),
        None => Ok(None),
    }
}

fn print(row: &Row, out: &mut impl Write) -> std::io::Result<()> {
    writeln!(out, "{}  (file {})", row.path.display(), row.file.0)?;
    let of_families: Vec<&str> =
        Family::ALL.iter().flat_map(|family| family.fields()).map(|field| field.name).collect();
    let file = row.columns.iter().filter(|(name, _)| !of_families.contains(name));
    for (name, value) in file.filter(|(name, _)| *name != "path") {
        line(name, value, "", out)?;
    }
    for family in Family::ALL {
        writeln!(out, "{} (version {})", family.as_str(), family.version())?;
        for field in family.fields() {
            if let Some(value) = row.get(field.name) {
                line(field.name, value, field.unit, out)?;
            }
        }
    }
    Ok(())
}

fn line(name: &str, value: &Value, unit: &str, out: &mut impl Write) -> std::io::Result<()> {
    match text(value) {
        Some(text) => {
            writeln!(out, "  {name:30} {text}{}{unit}", if unit.is_empty() { "" } else { " " })
        }
        None => Ok(()),
    }
}

/// A value for people; `None` for an undefined one.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::Real(number) => number.map(short),
        Value::Integer(number) => number.map(|number| number.to_string()),
        Value::Text(text) => text.clone(),
        Value::Times(times) => times.as_ref().map(|times| list(times.iter().copied())),
        Value::Vector(vector) => {
            vector.as_ref().map(|vector| list(vector.iter().map(|&number| f64::from(number))))
        }
        Value::Json(json) => json.as_ref().map(ToString::to_string),
    }
}

fn short(number: f64) -> String {
    let digits = if number.abs() >= 100.0 { 2 } else { 4 };
    let text = format!("{number:.digits$}");
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}

fn list(numbers: impl ExactSizeIterator<Item = f64>) -> String {
    let count = numbers.len();
    let shown: Vec<String> = numbers.take(SHOWN).map(short).collect();
    let rest = if count > SHOWN { format!(" … ({count} in all)") } else { String::new() };
    format!("{}{rest}", shown.join(" "))
}
