//! `phonolite set` and `phonolite retempo`: what the user knows better.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::Write;

use anyhow::anyhow;
use clap::Args;

use super::show::{absence, find, short};
use crate::cli::selection::Where;
use crate::cli::{Context, Exit, Stop, terminal};
use crate::feature::Value;
use crate::feature::tonal::Key;
use crate::store::{Column, Correction, FileId, Readers, TrackId, correct};

pub(crate) const EXAMPLES: &str = "Examples:
  phonolite set song.flac bpm=174 key=8A
  phonolite set --where 'album:\"Solo Piano\"' bpm=none   what was measured counts again
  phonolite set --where 'genre:dnb' key=none --dry-run

What is set is kept apart from what was measured, survives every analysis, and counts in show,
query, export and playlists. bpm: 20 to 400; key: Am, \"A minor\", 8A or 1m.";

pub(crate) const RETEMPO_EXAMPLES: &str = "Examples:
  phonolite retempo --where 'genre:dnb bpm<100' --times 2
  phonolite retempo --where 'artist=\"Burial\"' --times 3/2 --dry-run";

/// Tempi that can be set, in beats per minute.
const TEMPI: std::ops::RangeInclusive<f64> = 20.0..=400.0;

/// Options of `set`.
#[derive(Debug, Args)]
pub(crate) struct SetArgs {
    /// Files of the library, then bpm=… and key=…; `none` goes back to what was measured
    #[arg(value_name = "FILE|FIELD=VALUE", required = true)]
    what: Vec<OsString>,
    #[command(flatten)]
    wanted: Where,
    /// Say what would be set, and set nothing
    #[arg(long)]
    dry_run: bool,
}

/// Options of `retempo`.
#[derive(Debug, Args)]
pub(crate) struct RetempoArgs {
    #[command(flatten)]
    wanted: Where,
    /// Factor: 2, 1/2, 3/2, 2/3, 4/3, 3/4
    #[arg(long, value_name = "FACTOR", value_parser = factor)]
    times: f64,
    /// Say what would be set, and set nothing
    #[arg(long)]
    dry_run: bool,
}

fn factor(text: &str) -> Result<f64, String> {
    let (above, below) = text.split_once('/').unwrap_or((text, "1"));
    let quotient = above.parse::<f64>().ok().zip(below.parse::<f64>().ok()).map(|(a, b)| a / b);
    quotient
        .filter(|factor| (0.2..=5.0).contains(factor))
        .ok_or_else(|| "a factor from 1/5 to 5 is needed, such as 2, 1/2 or 3/2".into())
}

/// What is to become of a field.
#[derive(Clone, Copy, Default, PartialEq)]
enum Change<T> {
    /// It stays as it is.
    #[default]
    Keep,
    /// What was measured counts again.
    Measured,
    /// This counts.
    Set(T),
}

impl<T> Change<T> {
    fn of(self, was: Option<T>) -> Option<T> {
        match self {
            Self::Keep => was,
            Self::Measured => None,
            Self::Set(value) => Some(value),
        }
    }
}

/// What was asked of the fields that can be set.
#[derive(Clone, Copy, Default, PartialEq)]
struct Changes {
    bpm: Change<f64>,
    key: Change<Key>,
}

pub(super) fn run(options: &SetArgs, context: &Context) -> Result<Exit, Stop> {
    let mut change = Changes::default();
    let mut files = Vec::new();
    for argument in &options.what {
        if !change.read(argument)? {
            files.push(argument.clone());
        }
    }
    if change == Changes::default() {
        return Err(Stop::usage(anyhow!("nothing to set: bpm=… or key=… is needed")));
    }
    if files.is_empty() && !options.wanted.is_given() {
        return Err(Stop::usage(anyhow!("no files: name some, or give --where")));
    }
    let readers = context.readers()?;
    let mut chosen = named(&readers, &files)?;
    if options.wanted.is_given() {
        chosen.extend(options.wanted.files(&readers)?);
    }
    let set = |track, was: Correction, _| {
        Some((track, Correction { bpm: change.bpm.of(was.bpm), key: change.key.of(was.key) }))
    };
    store(context, &readers, &chosen, options.dry_run, set)
}

impl Changes {
    /// True when the argument is one of `bpm=…` and `key=…`.
    fn read(&mut self, argument: &OsString) -> Result<bool, Stop> {
        let Some((name, value)) = argument.to_str().and_then(|text| text.split_once('=')) else {
            return Ok(false);
        };
        match name {
            "bpm" | "tempo" => self.bpm = none_or(value, bpm)?,
            "key" => self.key = none_or(value, |text| Ok(text.parse::<Key>()?))?,
            // A path may hold a sign of equality.
            _ if std::path::Path::new(argument).exists() => return Ok(false),
            _ => return Err(Stop::usage(anyhow!("`{name}` cannot be set: bpm and key can"))),
        }
        Ok(true)
    }
}

fn none_or<T>(text: &str, read: impl Fn(&str) -> anyhow::Result<T>) -> Result<Change<T>, Stop> {
    if text == "none" {
        return Ok(Change::Measured);
    }
    read(text).map(Change::Set).map_err(Stop::usage)
}

fn bpm(text: &str) -> anyhow::Result<f64> {
    let bpm = text.parse::<f64>().ok().filter(|bpm| TEMPI.contains(bpm));
    bpm.ok_or_else(|| anyhow!("`{text}` is no tempo: 20 to 400 beats per minute, or none"))
}

pub(super) fn retempo(options: &RetempoArgs, context: &Context) -> Result<Exit, Stop> {
    if !options.wanted.is_given() {
        return Err(Stop::usage(anyhow!(
            "no files: give --where QUERY; --where '' is all of them"
        )));
    }
    let readers = context.readers()?;
    let chosen = options.wanted.files(&readers)?;
    let multiplied = |track, was: Correction, bpm: Option<f64>| {
        let bpm = bpm.map(|bpm| bpm * options.times).filter(|bpm| TEMPI.contains(bpm));
        bpm.map(|bpm| (track, Correction { bpm: Some(bpm), ..was }))
    };
    store(context, &readers, &chosen, options.dry_run, multiplied)
}

/// Tracks of files given by path or number.
fn named(readers: &Readers, files: &[OsString]) -> Result<Vec<FileId>, Stop> {
    let row = |what: &OsString| match find(readers, what).map_err(Stop::fault)? {
        Some(row) if row.track.is_some() => Ok(row.file),
        _ => Err(Stop::usage(anyhow!(absence(readers, what).map_err(Stop::fault)?))),
    };
    files.iter().map(row).collect()
}

/// Asks `decide` for each recording once (with what was set and the tempo in force), tells what
/// changes, and stores it.
fn store(
    context: &Context,
    readers: &Readers,
    files: &[FileId],
    dry_run: bool,
    decide: impl Fn(TrackId, Correction, Option<f64>) -> Option<(TrackId, Correction)>,
) -> Result<Exit, Stop> {
    let columns: Vec<Column> = ["bpm", "key"].into_iter().filter_map(Column::find).collect();
    let mut changes: BTreeMap<i64, (TrackId, Correction)> = BTreeMap::new();
    let mut out = terminal::out();
    for cells in readers.cells(files, &columns) {
        let cells = cells.map_err(Stop::fault)?;
        let Some(track) = cells.track else { continue };
        let [Value::Real(bpm), Value::Text(key)] = cells.values.as_slice() else { continue };
        let was = readers.correction(track).map_err(Stop::fault)?;
        let Some((track, now)) = decide(track, was, *bpm) else { continue };
        let tempo = change(bpm.map(short), now.bpm.map(short));
        let tonality = change(key.clone(), now.key.map(|key| key.to_string()));
        writeln!(out, "{}\tbpm {tempo}\tkey {tonality}", cells.path.display())
            .map_err(Stop::fault)?;
        changes.insert(track.0, (track, now));
    }
    out.flush().map_err(Stop::fault)?;
    let changes: Vec<_> = changes.into_values().collect();
    if dry_run {
        terminal::note(&format!("{} recordings would be changed", changes.len()));
    } else if !changes.is_empty() {
        let stored = correct(&context.database()?, &changes).map_err(Stop::fault)?;
        terminal::note(&format!("{stored} recordings changed"));
    }
    Ok(if changes.is_empty() { Exit::Empty } else { Exit::Done })
}

fn change(was: Option<String>, now: Option<String>) -> String {
    let was = was.unwrap_or_else(|| "unknown".into());
    match now {
        Some(now) if now == was => was,
        Some(now) => format!("{was} → {now}"),
        None => format!("{was} (as measured)"),
    }
}
