//! Perceptual scores of files or of spectra, one JSON object a line, for `benches/perceptual.py`.
//!
//! ```text
//! cargo run --release --example perceptual_scores -- [--frames FOLDER] FILE...
//! ```
//!
//! With `--frames` every FILE is a name of spectra made by `benches/features_to_raw.py`:
//! FOLDER/STEM.rhythm.f32 and FOLDER/STEM.tonal.f32, as for `evaluate.rs`. Of spectra the loudness
//! is not known; it is taken as the level of the mel powers less 10.9 dB, which on 82 files of audio
//! is the integrated loudness within 1.1 dB (standard deviation). `danceability_dfa` needs samples
//! and is null.

mod common;

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Parser;
use common::Spectra;
use phonolite::feature::catalogue::{Families, Family, Value};
use phonolite::feature::loudness::Loudness;
use phonolite::feature::signal::Signal;
use phonolite::feature::timbre::Timbre;
use phonolite::feature::{Heard, perceptual};
use serde_json::Map;

/// Loudness over the level of the mel powers, measured.
const LOUDNESS_OFFSET_DB: f64 = -10.9;

#[derive(Parser)]
struct Arguments {
    files: Vec<PathBuf>,
    /// Folder of spectra to be used in place of the files.
    #[arg(long)]
    frames: Option<PathBuf>,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let mut out = std::io::stdout().lock();
    for file in &arguments.files {
        let values = match &arguments.frames {
            Some(folder) => of_spectra(folder, file),
            None => of_audio(file),
        };
        let values = values.with_context(|| file.display().to_string())?;
        let mut row = Map::from_iter([("path".to_owned(), file.display().to_string().into())]);
        for (field, value) in Family::Perceptual.fields().iter().zip(values) {
            row.insert(field.name.to_owned(), serde_json::to_value(value)?);
        }
        writeln!(out, "{}", serde_json::Value::Object(row))?;
    }
    Ok(())
}

fn of_audio(path: &Path) -> Result<Vec<Value>> {
    let records = common::records(path, Families::NONE.with(Family::Perceptual))?;
    Ok(records.into_iter().next().context("no record")?.values)
}

fn of_spectra(folder: &Path, path: &Path) -> Result<Vec<Value>> {
    let spectra = Spectra::read(folder, path)?;
    let mut scores = perceptual::Tracker::new();
    let mut powers = Vec::new();
    for frame in spectra.frames() {
        let mel = frame.map(|x| x.exp_m1() / 1000.0);
        scores.push(&mel, frame);
        powers.push(mel.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>());
    }
    let duration_s = spectra.duration_s();
    let (rhythm, tonal) = spectra.rhythm_and_tonal();
    let loudness = Loudness { loudness_lufs: level_db(&powers), ..Loudness::default() };
    let heard = Heard {
        duration_s,
        loudness: &loudness,
        signal: &Signal::default(),
        rhythm: &rhythm,
        tonal: &tonal,
        timbre: &Timbre::default(),
    };
    Ok(scores.finish(&heard).values())
}

/// Estimate of the integrated loudness.
fn level_db(powers: &[f64]) -> Option<f64> {
    let heard: Vec<f64> = powers.iter().copied().filter(|&power| power > 1e-7).collect();
    let mean = heard.iter().sum::<f64>() / heard.len() as f64;
    (!heard.is_empty()).then(|| 10.0 * mean.log10() + LOUDNESS_OFFSET_DB)
}
