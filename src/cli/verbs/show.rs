//! `phonolite show`: what was heard in one file.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::album::{self, Gains};
use crate::cli::args::ShowArgs;
use crate::cli::fold::fold_row;
use crate::cli::{Context, Exit, Stop, terminal};
use crate::feature::{Depth, Family, Value};
use crate::store::{FileId, Readers, Row};

/// Numbers of a list that are shown before it is cut.
const SHOWN: usize = 6;

pub(super) fn run(options: &ShowArgs, context: &Context) -> Result<Exit, Stop> {
    let readers = context.readers()?;
    let found = find(&readers, &options.what).map_err(Stop::fault)?;
    // A file that was never measured has nothing to show but its failure.
    let Some(mut row) = found.filter(|row| row.track.is_some() || options.json) else {
        let why = absence(&readers, &options.what).map_err(Stop::fault)?;
        terminal::note(&format!("phonolite: {why}"));
        return Ok(Exit::Empty);
    };
    fold_row(&mut row, context.settings.bpm_range);
    let gain = Gains::new(&readers).of_file(row.file, &row.path).map_err(Stop::fault)?;
    gain.add_to(&mut row);
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

/// By path or by number.
pub(super) fn find(readers: &Readers, what: &OsStr) -> anyhow::Result<Option<Row>> {
    for path in spellings(Path::new(what))? {
        if let Some(row) = readers.row_by_path(&path)? {
            return Ok(Some(row));
        }
    }
    // A file with this very name comes before a row with this number.
    let number = what.to_str().and_then(|text| text.parse().ok());
    match number.filter(|_| !Path::new(what).exists()) {
        Some(number) => Ok(readers.row_by_id(FileId(number))?),
        None => Ok(None),
    }
}

/// The paths a file may be stored under: absolute as written, and with links and `..` resolved.
pub(super) fn spellings(path: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let absolute = std::path::absolute(path).context("no current folder")?;
    let resolved = std::fs::canonicalize(path).ok();
    Ok(std::iter::once(absolute).chain(resolved).collect())
}

/// Why nothing is known of a file, and what to do: it failed, it is new to the library, it is nowhere.
pub(super) fn absence(readers: &Readers, what: &OsStr) -> anyhow::Result<String> {
    let paths = spellings(Path::new(what))?;
    for failure in readers.failures() {
        let failure = failure?;
        if paths.contains(&failure.path) {
            let (shown, kind) = (terminal::shown(&failure.path), &failure.kind);
            let (stage, message) = (&failure.stage, &failure.message);
            return Ok(format!(
                "{shown} could not be analysed: {kind} ({stage}): {message}; see `phonolite errors`"
            ));
        }
    }
    let shown = terminal::shown(what);
    if !Path::new(what).exists() {
        return Ok(format!("{shown} is not in the library, and there is no such file"));
    }
    let file = quoted(&what.to_string_lossy());
    Ok(format!("{shown} is not in the library: `phonolite analyze {file}` takes it in"))
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._-+,:@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

fn print(row: &Row, out: &mut impl Write) -> std::io::Result<()> {
    writeln!(out, "{}  (file {})", row.path.display(), row.file.0)?;
    let of_families: Vec<&str> =
        Family::ALL.iter().flat_map(|family| family.fields()).map(|field| field.name).collect();
    let of_album = |name: &str| album::COLUMNS.iter().any(|(column, _)| *column == name);
    let file =
        row.columns.iter().filter(|(name, _)| !of_families.contains(name) && !of_album(name));
    for (name, value) in file.filter(|(name, _)| *name != "path") {
        line(name, value, "", out)?;
    }
    let quick = matches!(row.get("depth"), Some(Value::Text(Some(depth))) if depth == "quick");
    let estimated = if quick { ", estimated from an excerpt" } else { "" };
    for family in
        Family::ALL.into_iter().filter(|&family| !quick || Depth::Quick.families().contains(family))
    {
        writeln!(out, "{} (version {}{estimated})", family.as_str(), family.version())?;
        for field in family.fields() {
            if let Some(value) = row.get(field.name) {
                line(field.name, value, field.unit, out)?;
            }
        }
    }
    writeln!(out, "album")?;
    for (name, unit) in album::COLUMNS {
        if let Some(value) = row.get(name) {
            line(name, value, unit, out)?;
        }
    }
    for answer in &row.answers {
        writeln!(out, "model {}\n  {}", answer.model, super::models::answer_text(&answer.answer))?;
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
        Value::Json(json) => json.as_ref().map(alternatives),
        Value::Bytes(bytes) => bytes.as_ref().map(|bytes| format!("{} bytes", bytes.len())),
    }
}

/// The members of a JSON list without the names of their fields, cut like other lists.
fn alternatives(json: &serde_json::Value) -> String {
    let plain = |value: &serde_json::Value| match value {
        serde_json::Value::Number(number) => number.as_f64().map_or_else(String::new, short),
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let member = |value: &serde_json::Value| match value {
        serde_json::Value::Array(parts) => parts.iter().map(plain).collect::<Vec<_>>().join(" "),
        serde_json::Value::Object(fields) => {
            fields.values().map(plain).collect::<Vec<_>>().join(" ")
        }
        other => plain(other),
    };
    let members = json.as_array().map_or(&[][..], Vec::as_slice);
    let shown: Vec<String> = members.iter().take(SHOWN).map(member).collect();
    let rest = if members.len() > SHOWN {
        format!(" … ({} in all)", members.len())
    } else {
        String::new()
    };
    format!("{}{rest}", shown.join(", "))
}

pub(super) fn short(number: f64) -> String {
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
