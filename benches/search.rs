//! The scan of a large library, and what coarse codes cost in recall.
//!
//! ```text
//! cargo bench --bench search -- [--tracks 20000] [--copies 50] [--music FOLDER] [--recall 20]
//! ```
//!
//! Rows are drawn from real music: FOLDER (by default the samples of the project) is analysed, and
//! each row mixes the statistics of two of its tracks in random shares, with noise of a tenth of
//! their spread. As a matrix takes 0.2 ms a track to make and a scan does not care what it scans, a
//! million tracks are fifty copies of twenty thousand; `--tracks 1000000 --copies 1` does without.
//! Times are CPU times of one thread.

#![allow(clippy::print_stdout, reason = "a benchmark tells what it found")]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use phonolite::audio::Limits;
use phonolite::search::{Artists, Entry, Library, Matrix, Request, SearchError, Traits, hear};
use phonolite::store::{StoreError, TrackId};

/// Rows made of a few real tracks.
struct Synthetic {
    real: Vec<Traits>,
    rows: i64,
}

impl Library for Synthetic {
    fn tracks(&self) -> Result<Vec<TrackId>, StoreError> {
        Ok((0..self.rows).map(TrackId).collect())
    }

    fn entry(&self, track: TrackId) -> Result<Option<Entry>, StoreError> {
        let mut state = (track.0 as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mut dice = || {
            state ^= state >> 12;
            state ^= state << 25;
            state ^= state >> 27;
            (state.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 40) as f32 / (1 << 24) as f32
        };
        let count = self.real.len() as f32;
        let (a, b) = ((dice() * count) as usize, (dice() * count) as usize);
        let share = dice();
        let mixed = self.real[a].mixed(&self.real[b], share, || 0.2 * (dice() + dice() - 1.0));
        let artist = Some(format!("artist {}", track.0 % 20_011));
        Ok(Some(Entry { traits: mixed, artist }))
    }
}

fn main() {
    let mut options = std::env::args().skip(1);
    let (mut rows, mut tiles, mut recall) = (20_000_i64, 50, 20_i64);
    let mut music = samples();
    while let Some(option) = options.next() {
        match option.as_str() {
            "--tracks" => rows = number(options.next()),
            "--copies" => tiles = number(options.next()) as usize,
            "--recall" => recall = number(options.next()),
            "--music" => music = options.next().map_or(music, PathBuf::from),
            _ => {} // what cargo adds
        }
    }
    let real = analysed(&music);
    println!("{} real tracks, {rows} rows", real.len());
    let before = Instant::now();
    let matrix = match Matrix::build(&Synthetic { real, rows }) {
        Ok(matrix) => matrix,
        Err(SearchError::Empty) => return println!("no music in {}", music.display()),
        Err(error) => return println!("{error}"),
    };
    let seconds = before.elapsed().as_secs_f64();
    println!("matrix of {} tracks made in {seconds:.1} s (all cores)", matrix.len());
    recalls(&matrix, recall);
    times(&matrix);
    if let Some(tiled) = (tiles > 1).then(|| matrix.tiled(tiles)).flatten() {
        println!("{tiles} copies: {} tracks", tiled.len());
        times(&tiled);
    }
}

fn number(text: Option<String>) -> i64 {
    text.and_then(|text| text.parse().ok()).expect("a number")
}

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("samples")
}

fn analysed(folder: &Path) -> Vec<Traits> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .expect("a folder")
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.is_file())
        .collect();
    paths.sort();
    let heard = |path: &PathBuf| hear(path, &Limits::default()).ok().flatten();
    paths.iter().filter_map(heard).map(|(traits, _)| traits).collect()
}

/// CPU time of this thread; elapsed time where the system does not tell.
fn cpu(since: Instant) -> Duration {
    let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let told = text.split(' ').next().and_then(|ns| ns.parse().ok());
    told.map_or_else(|| since.elapsed(), Duration::from_nanos)
}

fn times(matrix: &Matrix) {
    let start = Instant::now();
    for candidates in [20, 200, 1000] {
        let (name, count) = (format!("{candidates} candidates"), 20);
        let request = Request { candidates, count, ..Request::default() };
        let mut took: Vec<f64> = (0..15)
            .filter_map(|i| matrix.seed(TrackId(i * 991 % matrix.len() as i64)))
            .map(|seed| {
                let before = cpu(start);
                let found = matrix.nearest(&[seed], &[], &request).len();
                assert_eq!(found, count.min(matrix.len()));
                cpu(start).saturating_sub(before).as_secs_f64() * 1e3
            })
            .collect();
        took.sort_by(f64::total_cmp);
        let (median, worst) = (took[took.len() / 2], took[took.len() - 1]);
        println!(
            "20 nearest, {name}: median {median:.1} ms, worst {worst:.1} ms of CPU, one thread"
        );
    }
}

/// How many of the 20 exact neighbours are found by way of so many candidates.
fn recalls(matrix: &Matrix, seeds: i64) {
    let ask = |candidates| Request { candidates, artists: Artists::Any, ..Request::default() };
    let step = (matrix.len() as i64 / seeds.max(1)).max(1);
    for candidates in [20, 100, 200, 500, 1000, 2000] {
        let (mut found, mut all) = (0, 0);
        for track in (0..seeds).map(|i| TrackId(i * step)) {
            let Some(seed) = matrix.seed(track) else { continue };
            let exact = matrix.nearest(std::slice::from_ref(&seed), &[], &ask(matrix.len()));
            let quick = matrix.nearest(&[seed], &[], &ask(candidates));
            all += exact.len();
            found += exact.iter().filter(|x| quick.iter().any(|y| y.track == x.track)).count();
        }
        println!(
            "recall@20 by {candidates} candidates: {:.4}",
            f64::from(found as u32) / all as f64
        );
    }
}
