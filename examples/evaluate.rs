//! Predictions for labelled music, to be scored.
//!
//! ```text
//! cargo run --release --example evaluate -- MANIFEST [--out pred.jsonl] [--set NAME]
//!     [--frames FOLDER] [--scorer score.py]
//! ```
//!
//! MANIFEST is a CSV file with a column `path`, relative to its folder. Every file is analysed as
//! `phonolite analyze` does it; one JSON object a line is written: `path`, `bpm`, `beats`,
//! `downbeats`, `key`, `chords` and the confidences. With `--frames` the files are spectra of another
//! program (`benches/features_to_raw.py`): FOLDER/STEM.rhythm.f32 (40 log-mel values a frame, 50
//! frames/s) and FOLDER/STEM.tonal.f32 (ln(1 + 1000 A) of bins 18..=781, 5 frames/s).

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::Parser;
use phonolite::audio::{Chunk, Limits, Opened};
use phonolite::feature::catalogue::{Families, Family, Field, Record};

use phonolite::feature::{Extractor, Lanes, rhythm, tonal};
use serde_json::{Map, Value};

const CHUNK_FRAMES: usize = 16_384;
const MEL_BANDS: usize = 40;
/// Bins of the long spectra that are given.
const TONAL_BINS: std::ops::RangeInclusive<usize> = 18..=781;

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
    for path in paths(&text, arguments.set.as_deref())? {
        let records = match &arguments.frames {
            Some(frames) => of_spectra(frames, Path::new(&path)),
            None => of_audio(&folder.join(&path)),
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

/// Rhythm and key of a file.
fn of_audio(path: &Path) -> Result<Vec<Record>> {
    let mut source = Opened::open(path, &Limits::default())?.decode()?;
    let spec = source.spec().clone();
    let wanted: Families = [Family::Rhythm, Family::Tonal].into_iter().collect();
    let mut extractor = Extractor::new(&spec, wanted);
    let mut chunk = Chunk::with_capacity(spec.channels.count(), CHUNK_FRAMES);
    loop {
        chunk.reset(spec.channels.count());
        source.fill(&mut chunk, CHUNK_FRAMES)?;
        if chunk.is_empty() {
            break;
        }
        extractor.push(&chunk, Lanes::InTurn);
    }
    Ok(extractor.finish(Lanes::InTurn))
}

/// Rhythm and key of the spectra of a file.
fn of_spectra(folder: &Path, path: &Path) -> Result<Vec<Record>> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let numbers = |kind: &str| -> Result<Vec<f32>> {
        let path = folder.join(format!("{stem}.{kind}.f32"));
        let bytes = fs::read(&path).with_context(|| path.display().to_string())?;
        Ok(bytes.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
    };
    let mut harmony = tonal::Tracker::new();
    let mut magnitudes = vec![0.0; TONAL_BINS.end() + 1];
    for frame in numbers("tonal")?.chunks_exact(TONAL_BINS.count()) {
        for (to, from) in magnitudes[*TONAL_BINS.start()..].iter_mut().zip(frame) {
            *to = from.exp_m1() / 1000.0;
        }
        harmony.push(&magnitudes);
    }
    let mel = numbers("rhythm")?;
    let mut tracker = rhythm::Tracker::new();
    for frame in mel.as_chunks::<MEL_BANDS>().0 {
        tracker.push(frame);
    }
    let duration_s = (mel.len() / MEL_BANDS) as f64 / rhythm::FRAMES_PER_SECOND;
    let rhythm = tracker.finish_with_harmony(duration_s, |beats| harmony.harmonic_change(beats));
    let beats = rhythm.beats.as_deref().unwrap_or(&[]);
    let tonal = harmony.finish_with_beats(duration_s, beats).values();
    let rhythm = rhythm.values();
    Ok(vec![
        Record { family: Family::Rhythm, values: rhythm },
        Record { family: Family::Tonal, values: tonal },
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
