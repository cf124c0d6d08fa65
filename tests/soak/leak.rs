//! Nothing is left behind by a file: the memory of a run over many of them stays level.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::common::{Library, sine};
use crate::number;

/// Files between two looks.
const STEP: usize = 50;
/// Growth that is allowed over a run, behind its first quarter, however many files it has, bytes: the page caches of
/// SQLite (1 `MiB` for the writer, 256 kiB for each of four readers) fill with the first 20 000 files.
const WANDER: f64 = 1.5e6;
/// Files in a folder: its names are held while it is walked through, and what they give back would hide a leak.
const FOLDER: usize = 250;
/// Parts of the run whose means are compared.
const PARTS: usize = 10;

/// Resident bytes of a process that are its own: heap and stacks. The pages of the program itself, which come when
/// they are first run, are no leak.
fn resident(id: u32) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"))?;
    Some(line.split_whitespace().next()?.parse::<f64>().ok()? * 1024.0)
}

/// Slope and its standard error, from the means of ten parts: looks that follow each other are alike (a cache has
/// grown, a file is in flight), and would count as if each were news.
fn trend(points: &[(f64, f64)]) -> (f64, f64) {
    let mean = |part: &[(f64, f64)]| {
        let n = part.len() as f64;
        part.iter().fold((0.0, 0.0), |(x, y), point| (x + point.0 / n, y + point.1 / n))
    };
    slope(&points.chunks(points.len().div_ceil(PARTS)).map(mean).collect::<Vec<_>>())
}

/// Slope of `y` over `x` and its standard error, by least squares.
fn slope(points: &[(f64, f64)]) -> (f64, f64) {
    let n = points.len() as f64;
    let (x, y) = points.iter().fold((0.0, 0.0), |(x, y), point| (x + point.0 / n, y + point.1 / n));
    let sum =
        |of: &dyn Fn(f64, f64) -> f64| points.iter().map(|p| of(p.0 - x, p.1 - y)).sum::<f64>();
    let width = sum(&|dx, _| dx * dx);
    let slope = sum(&|dx, dy| dx * dy) / width;
    let rest = sum(&|dx, dy| (dy - slope * dx).powi(2));
    (slope, (rest / (n - 2.0) / width).sqrt())
}

#[test]
fn no_file_leaks() {
    let files = number("PHONOLITE_LEAK_FILES").unwrap_or(600) as usize;
    let library = Library::new();
    for number in 0..files {
        let folder = library.music().join(format!("{:03}", number / FOLDER));
        fs::create_dir_all(&folder).expect("made");
        let file = folder.join(format!("{number:05}.wav"));
        fs::write(file, sine(50.0 + number as f64 / 4.0, 0.1)).expect("written");
    }
    let mut child = Command::new(env!("CARGO_BIN_EXE_phonolite"))
        .env_clear()
        .args(["analyze", "--json", "--jobs", "2", "--memory", "64M", "--db"])
        .arg(library.database())
        .arg(library.music())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("starts");
    let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let done = lines.map_while(Result::ok).filter(|line| line.contains("\"analysed\"")).enumerate();
    let looks: Vec<(f64, f64)> = done
        .filter(|(number, _)| number % STEP == 0)
        .filter_map(|(number, _)| Some((number as f64, resident(child.id())?)))
        .collect();
    assert!(child.wait().expect("ends").success());
    assert!(looks.len() + 2 > files / STEP, "{} looks", looks.len());
    let level = &looks[looks.len() / 4..];
    let (slope, error) = trend(level);
    let grown = level.last().expect("looked").1 - level[0].1;
    eprintln!(
        "{files} files: {:.1} MB at the first quarter, {:.1} MB at the end, {slope:.1} ± {error:.1} bytes a file",
        level[0].1 / 1e6,
        level.last().expect("looked").1 / 1e6,
    );
    assert!(grown < WANDER, "{grown} bytes grown");
}

#[test]
fn a_leak_is_seen() {
    let leak: Vec<_> =
        (0..40).map(|n| (f64::from(n) * 50.0, 2e7 + f64::from(n * 50 * 300 + n % 3))).collect();
    let (slope, error) = trend(&leak);
    assert!((slope - 300.0).abs() < 1.0 && error < 1.0, "{slope} ± {error}");
    // Level but for one step, as of a cache.
    let step: Vec<_> = (0..40)
        .map(|n| (f64::from(n) * 50.0, 2e7 + f64::from(n % 3) + 1e4 * f64::from(n / 25)))
        .collect();
    let (slope, error) = trend(&step);
    assert!(slope < 10.0 * error, "{slope} ± {error}");
}
