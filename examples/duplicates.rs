//! How well duplicates are found: recall and precision over transcodes among strangers.
//!
//! `benches/duplicates.py` makes the transcodes and calls this. Lines on standard input, fields
//! between tabs: `copy ID KIND PATH` for a file (all of one ID are the same recording), `other PATH`
//! for music that becomes strangers: it is played at 21 speeds, -10 to +10 semitones, which changes
//! key and tempo. With a number as argument, so many made-up tracks are searched instead, to see time
//! and memory.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{self, BufRead, Write};
use std::path::Path;
use std::time::Instant;

use phonolite::audio::{self, CHUNK_FRAMES, Chunk, Limits};
use phonolite::duplicates::{MIN_SIMILARITY, Pair, Relation, Shelf, compare, pairs};
use phonolite::feature::fingerprint::Tracker;
use phonolite::units::{Hertz, StreamSpec};

/// Semitones by which others are shifted.
const SHIFTS: std::ops::RangeInclusive<i32> = -10..=10;

struct Track {
    id: String,
    kind: String,
    hashes: Vec<u32>,
    length_s: f64,
}

/// Tracks in memory.
struct Tracks(Vec<Track>);

impl Shelf for Tracks {
    type Error = Box<dyn Error>;

    fn size(&self) -> usize {
        self.0.len()
    }

    fn each(&mut self, give: &mut dyn FnMut(&[u32])) -> Result<(), Self::Error> {
        self.0.iter().for_each(|track| give(&track.hashes));
        Ok(())
    }

    fn hashes(&mut self, number: u32) -> Result<Vec<u32>, Self::Error> {
        Ok(self.0.get(number as usize).ok_or("no such track")?.hashes.clone())
    }

    fn length_s(&self, number: u32) -> f64 {
        self.0.get(number as usize).map_or(0.0, |track| track.length_s)
    }
}

/// Tracks that are made when they are read: blocks of real ones with two bits of each hash turned.
struct MadeUp {
    pool: Tracks,
    count: usize,
}

impl MadeUp {
    fn make(&self, number: usize) -> Vec<u32> {
        let mut state = (number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut next = move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        let mut hashes = Vec::with_capacity(948);
        while hashes.len() < 948 {
            let track = &self.pool.0[next() as usize % self.pool.0.len()].hashes;
            let at = next() as usize % track.len();
            for hash in track.iter().skip(at).take(8) {
                let bits = next();
                hashes.push(hash ^ 1 << (bits & 31) ^ 1 << (bits >> 8 & 31));
            }
        }
        hashes.truncate(948);
        hashes
    }
}

impl Shelf for MadeUp {
    type Error = Box<dyn Error>;

    fn size(&self) -> usize {
        self.count
    }

    fn each(&mut self, give: &mut dyn FnMut(&[u32])) -> Result<(), Self::Error> {
        (0..self.count).for_each(|number| give(&self.make(number)));
        Ok(())
    }

    fn hashes(&mut self, number: u32) -> Result<Vec<u32>, Self::Error> {
        Ok(self.make(number as usize))
    }

    fn length_s(&self, _: u32) -> f64 {
        200.0
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut tracks = Tracks(Vec::new());
    for line in io::stdin().lock().lines() {
        let line = line?;
        let fields: Vec<&str> = line.split('\t').collect();
        let read = match fields.as_slice() {
            ["copy", id, kind, path] => add(&mut tracks, id, kind, path, &[0]),
            ["other", path] => add(&mut tracks, path, "other", path, &SHIFTS.collect::<Vec<_>>()),
            _ => Err("a line is neither copy nor other".into()),
        };
        if let Err(error) = read {
            writeln!(io::stderr(), "{line}: {error}")?;
        }
    }
    match std::env::args().nth(1).map(|count| count.parse()).transpose()? {
        Some(count) => {
            let mut shelf = MadeUp { pool: tracks, count };
            let (found, seconds) = timed(&mut shelf)?;
            writeln!(
                io::stdout(),
                "{count} made-up tracks: {} pairs, {seconds:.1} s",
                found.len()
            )?;
        }
        None => {
            let (found, seconds) = timed(&mut tracks)?;
            report(&tracks, &found)?;
            writeln!(io::stdout(), "search: {seconds:.2} s")?;
        }
    }
    writeln!(io::stdout(), "peak memory: {}", peak_memory().unwrap_or_default())?;
    Ok(())
}

fn timed<S: Shelf>(shelf: &mut S) -> Result<(Vec<Pair>, f64), S::Error> {
    let start = Instant::now();
    Ok((pairs(shelf, MIN_SIMILARITY)?, start.elapsed().as_secs_f64()))
}

fn peak_memory() -> Option<String> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM"))?;
    line.split_whitespace().nth(1).map(|kb| format!("{kb} kB"))
}

/// Fingerprints a file at some speeds; each is a track of its own.
fn add(
    tracks: &mut Tracks,
    id: &str,
    kind: &str,
    path: &str,
    shifts: &[i32],
) -> Result<(), Box<dyn Error>> {
    let mut source = audio::open(Path::new(path), &Limits::default())?;
    let spec = source.spec().clone();
    let spec_at = |shift: i32| -> Result<StreamSpec, Box<dyn Error>> {
        let hz = f64::from(spec.rate.get()) * 2f64.powf(f64::from(shift) / 12.0);
        let rate = Hertz::new(hz.round() as u32).ok_or("rate")?;
        Ok(StreamSpec { rate, ..spec.clone() })
    };
    let specs = shifts.iter().map(|&shift| spec_at(shift)).collect::<Result<Vec<_>, _>>()?;
    let mut trackers: Vec<Tracker> = specs.iter().map(Tracker::new).collect();
    let mut chunk = Chunk::with_capacity(spec.channels.count(), CHUNK_FRAMES);
    let mut frames = 0;
    loop {
        chunk.reset(spec.channels.count());
        let read = source.fill(&mut chunk, CHUNK_FRAMES)?;
        if read == 0 {
            break;
        }
        frames += read as u64;
        trackers.iter_mut().for_each(|tracker| tracker.push(&chunk));
    }
    for ((tracker, spec), shift) in trackers.into_iter().zip(specs).zip(shifts) {
        let id = if kind == "other" { format!("{id} {shift:+}") } else { id.to_string() };
        let hashes = tracker.finish().hashes;
        let length_s = spec.rate.seconds(frames);
        tracks.0.push(Track { id, kind: kind.to_string(), hashes, length_s });
    }
    Ok(())
}

/// Recall by kind, precision over all pairs, and the similarities that were seen.
fn report(tracks: &Tracks, found: &[Pair]) -> Result<(), Box<dyn Error>> {
    let mut out = io::stdout().lock();
    let tracks = &tracks.0;
    let originals: BTreeMap<&str, usize> = tracks
        .iter()
        .enumerate()
        .filter(|(_, track)| track.kind == "original")
        .map(|(number, track)| (track.id.as_str(), number))
        .collect();
    let same: Vec<&Pair> = found.iter().filter(|pair| pair.relation == Relation::Same).collect();
    let mut groups: Vec<usize> = (0..tracks.len()).collect();
    for pair in &same {
        let (a, b) = (root(&groups, pair.tracks.0), root(&groups, pair.tracks.1));
        groups[a.max(b)] = a.min(b);
    }
    let mut kinds: BTreeMap<&str, (usize, usize, f64)> = BTreeMap::new();
    for (number, track) in tracks.iter().enumerate() {
        let Some(&original) = originals.get(track.id.as_str()) else { continue };
        if number == original {
            continue;
        }
        let kind = kinds.entry(&track.kind).or_insert((0, 0, 1.0));
        kind.0 += 1;
        let together = root(&groups, number as u32) == root(&groups, original as u32);
        kind.1 += usize::from(together);
        let shift =
            (-40..=40).filter_map(|at| compare(&tracks[original].hashes, &track.hashes, at));
        let best = shift.map(|found| found.similarity).fold(0.0, f64::max);
        kind.2 = kind.2.min(best);
        if !together {
            writeln!(out, "missed: {} {} (similarity {best:.3})", track.id, track.kind)?;
        }
    }
    writeln!(out, "| kind | files | found | least similarity |\n|---|---|---|---|")?;
    let mut all = (0, 0);
    for (kind, (files, together, least)) in &kinds {
        writeln!(out, "| {kind} | {files} | {together} | {least:.3} |")?;
        all = (all.0 + files, all.1 + together);
    }
    writeln!(out, "| all | {} | {} | |", all.0, all.1)?;
    let wrong =
        |pair: &&&Pair| tracks[pair.tracks.0 as usize].id != tracks[pair.tracks.1 as usize].id;
    let partial: Vec<&Pair> =
        found.iter().filter(|pair| pair.relation == Relation::Partial).collect();
    let lists = [("same", &same), ("partial", &partial)];
    for (name, list) in lists {
        let wrong: Vec<_> = list.iter().filter(wrong).collect();
        writeln!(out, "{name}: {} pairs, {} of them wrong", list.len(), wrong.len())?;
        for pair in wrong.iter().take(20) {
            let (a, b) = (&tracks[pair.tracks.0 as usize], &tracks[pair.tracks.1 as usize]);
            writeln!(out, "  {} {} / {} {}: {:?}", a.id, a.kind, b.id, b.kind, pair.found)?;
        }
    }
    writeln!(out, "tracks: {}", tracks.len())?;
    Ok(())
}

fn root(groups: &[usize], number: u32) -> usize {
    let mut at = number as usize;
    while groups[at] != at {
        at = groups[at];
    }
    at
}
