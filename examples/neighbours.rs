//! Distances between labelled tracks, to be scored.
//!
//! ```text
//! cargo run --release --example neighbours -- MANIFEST [--frames FOLDER] [--out OUT.jsonl]
//! ```
//!
//! MANIFEST is a CSV file with a column `path`, relative to its folder. All files together are taken
//! as one library. One JSON object a track is written: `path`, the MFCC statistics (for other
//! distances), `aspects` (a row of distances to all tracks for each aspect), `weighted`, `proximity`
//! (mutual) and `ranked` (by which `phonolite similar` ranks). With `--frames` the files are spectra of another
//! program (`benches/features_to_raw.py`); spectral shape is then that of 40 bands, and there is no
//! loudness. `benches/score_neighbours.py` scores the result.

mod common;

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Parser;
use common::{MEL_BANDS, Spectra};
use phonolite::feature::loudness::Loudness;
use phonolite::feature::signal::Signal;
use phonolite::feature::{Family, Heard, Record, Value, similarity, timbre};
use phonolite::search::{Artists, Aspect, Entry, Matrix, Request, Seed, Traits, Weights};
use serde_json::{Value as Json, json};

const BINS: usize = 1025;
const BIN_HZ: f64 = 22_050.0 / 2048.0;

#[derive(Parser)]
struct Arguments {
    manifest: PathBuf,
    /// Folder of spectra to be used in place of the files.
    #[arg(long)]
    frames: Option<PathBuf>,
    /// Where the distances go.
    #[arg(long, default_value = "neighbours.jsonl")]
    out: PathBuf,
    /// As `phonolite similar` takes them.
    #[arg(long)]
    weights: Option<String>,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let weights = arguments.weights.as_deref().map_or(Ok(Weights::default()), Weights::parse)?;
    let folder = arguments.manifest.parent().unwrap_or(Path::new("."));
    let text = fs::read_to_string(&arguments.manifest).context("the manifest")?;
    let mut heard = Vec::new();
    for path in paths(&text)? {
        let records = match &arguments.frames {
            Some(frames) => of_spectra(frames, Path::new(&path)),
            None => common::records(
                &folder.join(&path),
                [Family::Timbre, Family::Similarity].into_iter().collect(),
            ),
        };
        let records = match records {
            Ok(records) => records,
            Err(error) => {
                writeln!(std::io::stderr(), "{path}: {error:#}")?;
                continue;
            }
        };
        if let Some(traits) = Traits::of_records(&records) {
            heard.push((path, records, Entry { traits, artist: None }));
        }
    }
    let entries: Vec<Entry> = heard.iter().map(|(.., entry)| entry.clone()).collect();
    let matrix = Matrix::build(&entries[..])?;
    let seeds: Vec<Seed> = matrix.tracks().filter_map(|track| matrix.seed(track)).collect();
    let mut out = BufWriter::new(File::create(&arguments.out)?);
    for ((path, records, _), seed) in heard.iter().zip(&seeds) {
        writeln!(out, "{}", row(path, records, seed, &seeds, &matrix, weights))?;
    }
    Ok(out.flush()?)
}

fn row(
    path: &str,
    records: &[Record],
    seed: &Seed,
    seeds: &[Seed],
    matrix: &Matrix,
    weights: Weights,
) -> Json {
    let distances: Vec<_> = seeds.iter().map(|o| matrix.distance(seed, o, weights)).collect();
    let aspect = |aspect: Aspect| -> Vec<f64> {
        distances.iter().map(|distance| distance.aspect(aspect)).collect()
    };
    let aspects = Aspect::ALL.map(|one| (one.as_str().to_owned(), json!(aspect(one))));
    let vector = |name: &str| {
        let values = records.iter().flat_map(|r| r.family.fields().iter().zip(&r.values));
        let found = values.into_iter().find(|(field, _)| field.name == name);
        found.map_or(Json::Null, |(_, value)| match value {
            Value::Vector(vector) => json!(vector),
            _ => Json::Null,
        })
    };
    json!({
        "path": path,
        "mfcc_mean": vector("mfcc_mean"),
        "mfcc_covariance": vector("mfcc_covariance"),
        "mfcc_delta_mean": vector("mfcc_delta_mean"),
        "aspects": serde_json::Map::from_iter(aspects),
        "weighted": distances.iter().map(|distance| distance.weighted).collect::<Vec<_>>(),
        "proximity": distances.iter().map(|distance| distance.proximity).collect::<Vec<_>>(),
        "ranked": ranked(seed, seeds, matrix, weights),
    })
}

/// What `phonolite similar` orders by, for all tracks in the order of the seeds; 0 for the seed itself.
fn ranked(seed: &Seed, seeds: &[Seed], matrix: &Matrix, weights: Weights) -> Vec<f64> {
    let (count, artists) = (seeds.len(), Artists::Any);
    let request = Request { count, weights, artists, only: None, candidates: count };
    let found = matrix.nearest(std::slice::from_ref(seed), &[], &request);
    let score = |other: &Seed| found.iter().find(|one| Some(one.track) == other.track());
    seeds.iter().map(|other| score(other).map_or(0.0, |one| one.distance.proximity)).collect()
}

/// The column `path` of a manifest without quoted commas.
fn paths(text: &str) -> Result<Vec<String>> {
    let mut lines = text.lines();
    let header = lines.next().unwrap_or_default().split(',').collect::<Vec<_>>();
    let at = header.iter().position(|cell| *cell == "path").context("there is no column path")?;
    Ok(lines.filter_map(|line| line.split(',').nth(at)).map(str::to_owned).collect())
}

fn of_spectra(folder: &Path, path: &Path) -> Result<Vec<Record>> {
    let spectra = Spectra::read(folder, path)?;
    let mut sound = timbre::Tracker::new();
    let mut own = similarity::Tracker::new();
    let spreading = spreading();
    for frame in spectra.frames() {
        let linear = frame.map(|x| x.exp_m1().max(0.0) / 1000.0);
        let magnitudes: Vec<f32> = spreading
            .iter()
            .map(|&(band, share)| {
                let next = linear[(band + 1).min(MEL_BANDS - 1)];
                (1.0 - share) * linear[band] + share * next
            })
            .collect();
        sound.push(&magnitudes, &linear);
        own.push(frame);
    }
    let duration_s = spectra.duration_s();
    let (rhythm, tonal) = spectra.rhythm_and_tonal();
    let timbre = sound.finish();
    let (loudness, signal) = (&Loudness::default(), &Signal::default());
    let heard =
        Heard { duration_s, loudness, signal, rhythm: &rhythm, tonal: &tonal, timbre: &timbre };
    let similarity = own.finish(&heard).values();
    Ok(vec![
        Record { family: Family::Timbre, values: timbre.values() },
        Record { family: Family::Similarity, values: similarity },
    ])
}

/// For each bin the band whose centre is the last below it, and how far it is to the next.
fn spreading() -> Vec<(usize, f32)> {
    let mel = |hz: f64| 2595.0 * (1.0 + hz / 700.0).log10();
    let (low, high) = (mel(30.0), mel(8000.0));
    let step = (high - low) / (MEL_BANDS + 1) as f64;
    let place = |bin: usize| {
        let at = (mel(bin as f64 * BIN_HZ) - low) / step - 1.0;
        let at = at.clamp(0.0, (MEL_BANDS - 1) as f64);
        (at as usize, at.fract() as f32)
    };
    (0..BINS).map(place).collect()
}
