//! `phonolite export`: everything, row by row, in the formats of other programs.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use clap::{Args, ValueEnum};

use super::playlist::{listed_files, mapping};
use crate::album::{self, Gains};
use crate::cli::fold::fold_row;
use crate::cli::selection::Where;
use crate::cli::{Context, Exit, Stop, terminal};
use crate::exchange::{AcousticBrainz, Beets, Export, List, Map, Rekordbox, Traktor};
use crate::feature::Value;
use crate::feature::catalogue::to_base64;
use crate::files;
use crate::playlist::formats::csv_cell;
use crate::store::{FileId, Readers, Row, column_names};
use crate::units::BpmRange;

pub(crate) const EXAMPLES: &str = "Examples:
  phonolite export --format csv -o all.csv
  phonolite export --format rekordbox --where 'genre:house' --map /mnt/music=D:\\Music -o collection.xml
  phonolite export --format traktor --playlist evening.m3u8 -o collection.nml
  phonolite export --format beets -o results.jsonl       then: beet phonolite results.jsonl
  phonolite export --format parquet -o all.parquet       for pandas, polars, DuckDB
  phonolite export --format acousticbrainz -o folder/    one JSON file a track

rekordbox: File > Preferences > Advanced > rekordbox xml; then import from the tree `rekordbox xml`.
Mixxx: reads rekordbox' and Traktor's own libraries, not this XML, and its database is not safe to
write from outside: give it M3U8 lists (`phonolite playlist`), and tempo and key in the tags.
beets: the plug-in is contrib/beets of the source; it fills what is empty, --overwrite replaces.
What a format cannot hold (Traktor: names that are not UTF-8) is told and left out.";

/// Options of `export`.
#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// How to write
    #[arg(long, value_enum, default_value_t = ExportFormat::Jsonl)]
    pub(crate) format: ExportFormat,
    /// Write to a file instead of standard output; for acousticbrainz also a folder
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    wanted: Where,
    /// Only the files of this playlist, a file or the name of a saved one; rekordbox and traktor get it as
    /// a playlist too
    #[arg(long, value_name = "LIST")]
    playlist: Option<PathBuf>,
    /// Write paths as the other machine sees them, e.g. /mnt/music=D:\Music (rekordbox, traktor)
    #[arg(long, value_name = "FROM=TO", value_parser = mapping)]
    map: Option<(PathBuf, String)>,
}

/// Formats of `export`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFormat {
    /// One JSON object a line
    Jsonl,
    /// Comma-separated values with a heading (RFC 4180)
    Csv,
    /// Rekordbox XML: collection, beat grids, cues at the mix points, playlist
    Rekordbox,
    /// Traktor NML: collection, grid anchors, cues at the mix points, playlist
    Traktor,
    /// JSON lines for the beets plug-in: bpm, key, gains
    Beets,
    /// JSON in AcousticBrainz' shape, low and high level
    Acousticbrainz,
    /// One Parquet file (needs a build with `--features parquet`)
    Parquet,
}

/// Which files, and the list they come from.
struct Selected {
    files: Vec<FileId>,
    list: Option<List>,
}

pub(super) fn run(options: &ExportArgs, context: &Context) -> Result<Exit, Stop> {
    let dj = matches!(options.format, ExportFormat::Rekordbox | ExportFormat::Traktor);
    if options.map.is_some() && !dj {
        return Err(Stop::usage(anyhow!("--map is for --format rekordbox and traktor")));
    }
    if options.format == ExportFormat::Parquet && !cfg!(feature = "parquet") {
        return Err(Stop::usage(anyhow!(
            "this phonolite was built without Parquet: `cargo install --path . --features parquet`"
        )));
    }
    let readers = context.readers()?;
    let selected = selected(options, &readers)?;
    let range = context.settings.bpm_range;
    let rows = match &options.output {
        Some(folder) if is_folder(folder, options.format) => {
            into_folder(&readers, &selected, range, folder)
        }
        Some(path) => files::replace(path, |out| write(&readers, options, &selected, range, out))
            .with_context(|| format!("cannot write {}", terminal::shown(path))),
        None => write(&readers, options, &selected, range, &mut terminal::out()),
    };
    let rows = rows.map_err(Stop::fault)?;
    Ok(if rows == 0 { Exit::Empty } else { Exit::Done })
}

/// The files to write, 8 bytes each.
fn selected(options: &ExportArgs, readers: &Readers) -> Result<Selected, Stop> {
    let files: Vec<FileId> =
        options.wanted.tracks(readers)?.into_iter().map(|(file, _)| file).collect();
    let Some(given) = &options.playlist else { return Ok(Selected { files, list: None }) };
    let path = playlist(given, readers)?;
    let passing: BTreeSet<i64> = files.iter().map(|file| file.0).collect();
    let listed = listed_files(readers, &path)?.into_iter();
    let entries: Vec<(FileId, PathBuf)> = listed
        .filter(|(file, ..)| passing.contains(&file.0))
        .map(|(file, path, _)| (file, path))
        .collect();
    let mut seen = BTreeSet::new();
    let files = entries.iter().map(|(file, _)| *file).filter(|file| seen.insert(file.0)).collect();
    let name = path.file_stem().map(|name| name.to_string_lossy().into_owned());
    let name = if given.exists() { name } else { given.to_str().map(str::to_owned) };
    Ok(Selected { files, list: Some(List { name: name.unwrap_or_default(), files: entries }) })
}

/// A playlist file, or the one that a saved playlist is written to.
fn playlist(given: &Path, readers: &Readers) -> Result<PathBuf, Stop> {
    if given.exists() {
        return Ok(given.to_path_buf());
    }
    let saved = readers.saved_playlists().map_err(Stop::fault)?;
    let saved = saved.into_iter().find(|list| given.to_str() == Some(&list.name));
    let output = saved.and_then(|list| {
        let at = list.arguments.iter().rposition(|argument| argument == "--output")?;
        list.arguments.get(at + 1).map(PathBuf::from)
    });
    output.ok_or_else(|| {
        let shown = terminal::shown(given);
        Stop::usage(anyhow!("{shown}: there is no such file, and no playlist is saved as that"))
    })
}

fn is_folder(path: &Path, format: ExportFormat) -> bool {
    let named = path.as_os_str().to_string_lossy().ends_with('/');
    format == ExportFormat::Acousticbrainz && (path.is_dir() || named)
}

fn into_folder(
    readers: &Readers,
    selected: &Selected,
    range: Option<BpmRange>,
    folder: &Path,
) -> anyhow::Result<u64> {
    std::fs::create_dir_all(folder)
        .with_context(|| format!("cannot make {}", terminal::shown(folder)))?;
    each_row(readers, &selected.files, range, |row| {
        let path = folder.join(AcousticBrainz::name(row) + ".json");
        let text = AcousticBrainz::document(row);
        files::replace(&path, |out| writeln!(out, "{text:#}"))
            .with_context(|| format!("cannot write {}", terminal::shown(&path)))
    })
}

fn write(
    readers: &Readers,
    options: &ExportArgs,
    selected: &Selected,
    range: Option<BpmRange>,
    out: &mut dyn Write,
) -> anyhow::Result<u64> {
    let map = Map(options.map.clone());
    let mut format: Box<dyn Export> = match options.format {
        ExportFormat::Csv => Box::new(Csv),
        ExportFormat::Rekordbox => Box::new(Rekordbox { map }),
        ExportFormat::Traktor => Box::new(Traktor { map }),
        ExportFormat::Beets => Box::new(Beets),
        ExportFormat::Acousticbrainz => Box::new(AcousticBrainz),
        #[cfg(feature = "parquet")]
        ExportFormat::Parquet => Box::new(crate::exchange::Parquet::default()),
        // Without its feature, Parquet was refused.
        _ => Box::new(Jsonl),
    };
    format.begin(selected.files.len(), out)?;
    let mut left_out = 0;
    let rows = each_row(readers, &selected.files, range, |row| {
        if format.takes(row) {
            return Ok(format.row(row, out)?);
        }
        left_out += 1;
        if left_out <= 3 {
            terminal::note(&format!(
                "phonolite: left out, the format cannot name it: {}",
                terminal::shown(&row.path)
            ));
        }
        Ok(())
    })?;
    if left_out > 3 {
        terminal::note(&format!("phonolite: and {} more", left_out - 3));
    }
    format.end(selected.list.as_ref(), out)?;
    out.flush()?;
    Ok(rows - left_out)
}

/// Gives each row with the gain of its album; one is held at a time. Returns their number.
fn each_row(
    readers: &Readers,
    files: &[FileId],
    range: Option<BpmRange>,
    mut give: impl FnMut(&Row) -> anyhow::Result<()>,
) -> anyhow::Result<u64> {
    let mut gains = Gains::new(readers);
    let mut rows = 0;
    for file in files {
        // A file that has gone meanwhile is left out.
        let Some(mut row) = readers.row_by_id(*file)? else { continue };
        fold_row(&mut row, range);
        gains.of_file(row.file, &row.path)?.add_to(&mut row);
        give(&row)?;
        rows += 1;
    }
    Ok(rows)
}

struct Jsonl;

impl Export for Jsonl {
    fn begin(&mut self, _: usize, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    fn row(&mut self, row: &Row, out: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer(&mut *out, row)?;
        writeln!(out)
    }

    fn end(&mut self, _: Option<&List>, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}

struct Csv;

impl Export for Csv {
    fn begin(&mut self, _: usize, out: &mut dyn Write) -> io::Result<()> {
        let of_albums = album::COLUMNS.iter().map(|&(name, _)| name);
        let names: Vec<&str> = column_names().iter().copied().chain(of_albums).collect();
        writeln!(out, "{}", names.join(","))
    }

    fn row(&mut self, row: &Row, out: &mut dyn Write) -> io::Result<()> {
        csv_line(row, out)
    }

    fn end(&mut self, _: Option<&List>, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}

/// One line after RFC 4180; lists are numbers separated by spaces, undefined values are empty.
fn csv_line(row: &Row, out: &mut dyn Write) -> io::Result<()> {
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
