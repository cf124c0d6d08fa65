//! Predictions for labelled music, to be scored.
//!
//! ```text
//! cargo run --release --example evaluate -- MANIFEST [--out pred.jsonl] [--set NAME]
//!     [--frames FOLDER] [--scorer score.py] [--depth quick [--excerpts 2x15]]
//! ```
//!
//! MANIFEST is a CSV file with a column `path`, relative to its folder. Every file is analysed as
//! `phonolite analyze` does it; one JSON object a line is written: `path`, `bpm`, `beats`,
//! `downbeats`, `key`, `chords` and the confidences. With `--frames` the files are spectra of another
//! program (`benches/features_to_raw.py`): FOLDER/STEM.rhythm.f32 (40 log-mel values a frame, 50
//! frames/s) and FOLDER/STEM.tonal.f32 (ln(1 + 1000 A) of bins 18..=781, 5 frames/s).

mod common;

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::Parser;
use common::Spectra;
use phonolite::audio::Excerpts;
use phonolite::feature::{Depth, Family, Field, Record};
use phonolite::pipeline::QUICK;
use serde_json::{Map, Value};

#[derive(Parser)]
struct Arguments {
    manifest: PathBuf,
    /// Where the predictions go.
    #[arg(long, default_value = "pred.jsonl")]
    out: PathBuf,
    /// Only files of this set.
    #[arg(long)]
    set: Option<String>,
    /// Folder of spectra to be used in place of the files.
    #[arg(long)]
    frames: Option<PathBuf>,
    /// How much of each file is heard: `full`, or `quick` as `analyze --depth quick`.
    #[arg(long, default_value = "full", value_parser = depth)]
    depth: Depth,
    /// Other excerpts than those of a quick run, to compare: number x seconds.
    #[arg(long, value_parser = excerpts)]
    excerpts: Option<Excerpts>,
    /// Program to be called with the predictions and the manifest.
    #[arg(long)]
    scorer: Option<PathBuf>,
    /// Python for it.
    #[arg(long, default_value = "python3")]
    python: PathBuf,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let folder = arguments.manifest.parent().unwrap_or(Path::new("."));
    let text = fs::read_to_string(&arguments.manifest).context("the manifest")?;
    let mut out = BufWriter::new(File::create(&arguments.out)?);
    let quick = (arguments.depth == Depth::Quick).then(|| arguments.excerpts.unwrap_or(QUICK));
    for path in paths(&text, arguments.set.as_deref())? {
        let records = match &arguments.frames {
            Some(frames) => of_spectra(frames, Path::new(&path)),
            None => common::records_of(
                &folder.join(&path),
                [Family::Rhythm, Family::Tonal].into_iter().collect(),
                quick,
            ),
        };
        let row = match records {
            Ok(records) => row(&path, &records),
            Err(error) => {
                writeln!(std::io::stderr(), "{path}: {error:#}")?;
                row(&path, &[])
            }
        };
        writeln!(out, "{row}")?;
    }
    out.flush()?;
    if let Some(scorer) = &arguments.scorer {
        let mut command = Command::new(&arguments.python);
        command.arg(scorer).arg(&arguments.out).arg(&arguments.manifest);
        if arguments.set.is_some() {
            command.arg("--skip-missing");
        }
        if !command.status().context("the scorer")?.success() {
            bail!("the scorer failed");
        }
    }
    Ok(())
}

fn depth(text: &str) -> Result<Depth, String> {
    Depth::from_name(text).ok_or_else(|| "full or quick".into())
}

fn excerpts(text: &str) -> Result<Excerpts, String> {
    let parts = text.split_once('x').and_then(|(count, seconds)| {
        Some(Excerpts { count: count.parse().ok()?, seconds: seconds.parse().ok()? })
    });
    parts.ok_or_else(|| "a number and seconds, as 2x15".into())
}

/// The column `path` of a manifest, of the rows whose column `set` is `set`.
fn paths(text: &str, set: Option<&str>) -> Result<Vec<String>> {
    let mut lines = text.lines();
    let header = cells(lines.next().unwrap_or_default());
    let column = |name: &str| header.iter().position(|cell| cell == name);
    let path = column("path").context("the manifest has no column path")?;
    let set_column = column("set");
    let rows = lines.map(cells).filter(|row| {
        let own = set_column.and_then(|at| row.get(at));
        set.is_none_or(|set| own.is_some_and(|own| own == set))
    });
    Ok(rows.filter_map(|row| row.get(path).cloned()).filter(|path| !path.is_empty()).collect())
}

/// The cells of a line of CSV.
fn cells(line: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut quoted = false;
    for character in line.chars() {
        match character {
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(String::new()),
            _ => cells.last_mut().into_iter().for_each(|cell| cell.push(character)),
        }
    }
    cells
}

/// Rhythm and key of the spectra of a file.
fn of_spectra(folder: &Path, path: &Path) -> Result<Vec<Record>> {
    let (rhythm, tonal) = Spectra::read(folder, path)?.rhythm_and_tonal();
    Ok(vec![
        Record { family: Family::Rhythm, values: rhythm.values() },
        Record { family: Family::Tonal, values: tonal.values() },
    ])
}

/// One line of predictions.
fn row(path: &str, records: &[Record]) -> Value {
    const NAMES: [&str; 14] = [
        "bpm",
        "bpm_confidence",
        "bpm_candidates",
        "tempo_kind",
        "tempo_stability",
        "beats",
        "beat_confidence",
        "downbeats",
        "metre",
        "grid_bpm",
        "key",
        "key_confidence",
        "chords",
        "onset_rate_hz",
    ];
    let mut row = Map::from_iter([("path".to_owned(), Value::from(path))]);
    for record in records {
        for (field, value) in record.family.fields().iter().zip(&record.values) {
            let wanted = |field: &Field| NAMES.contains(&field.name);
            if wanted(field) {
                let value = serde_json::to_value(value).unwrap_or(Value::Null);
                row.insert(field.name.to_owned(), value);
            }
        }
    }
    Value::Object(row)
}
