//! How well duplicates are found: recall and precision over transcodes among strangers.
//!
//! `benches/duplicates.py` makes the transcodes and calls this. Lines on standard input, fields
//! between tabs: `copy ID KIND PATH` for a file (all of one ID are the same recording), `other PATH`
//! for music that becomes strangers: it is played at 21 speeds, -10 to +10 semitones, which changes
//!

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{self, BufRead, Write};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use phonolite::audio::{self, CHUNK_FRAMES, Chunk, Limits};
use phonolite::duplicates::{MIN_SIMILARITY, Pair, Relation, Shelf, compare, pairs};
use phonolite::feature::fingerprint::Tracker;
use phonolite::units::{Hertz, StreamSpec};

/// Semitones by which others are shifted.
const SHIFTS: std::ops::RangeInclusive<i32> = -10..=10;

/// Files that are read at once.
const THREADS: usize = 4;

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
    pool: Vec<Track>,
    count: usize,
}

impl MadeUp {
    fn stranger(&self, number: usize) -> Track {
        let (id, kind) = (format!("made-up {number}"), "made-up".to_string());
        Track { id, kind, hashes: self.make(number), length_s: 200.0 }
    }

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
            let track = &self.pool[next() as usize % self.pool.len()].hashes;
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
    let lines = io::stdin().lock().lines().collect::<Result<Vec<_>, _>>()?;
    let mut tracks = Tracks(read(&lines));
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let count = arguments.get(1).map_or(Ok(0), |count| count.parse())?;
    match arguments.first().map(String::as_str) {
        Some("print") => return print(&tracks),
        Some("alone") => {
            let mut shelf = MadeUp { pool: tracks.0, count };
            let (found, seconds) = timed(&mut shelf)?;
            writeln!(
                io::stdout(),
                "{count} made-up tracks: {} pairs, {seconds:.1} s",
                found.len()
            )?;
        }
        _ => {
            let shelf = MadeUp { pool: tracks.0, count };
            let made_up: Vec<Track> = (0..count).map(|number| shelf.stranger(number)).collect();
            tracks = Tracks(shelf.pool);
            tracks.0.extend(made_up);
            let (found, seconds) = timed(&mut tracks)?;
            report(&tracks, &found)?;
            writeln!(io::stdout(), "search: {seconds:.2} s")?;
        }
    }
    writeln!(io::stdout(), "peak memory: {}", peak_memory().unwrap_or_default())?;
    Ok(())
}

/// Fingerprints all files, several at a time; the order is that of the lines.
fn read(lines: &[String]) -> Vec<Track> {
    let next = AtomicUsize::new(0);
    let slots: Vec<Mutex<Vec<Track>>> = lines.iter().map(|_| Mutex::default()).collect();
    let work = || {
        while let Some((line, slot)) = {
            let at = next.fetch_add(1, Ordering::Relaxed);
            lines.get(at).zip(slots.get(at))
        } {
            match read_line(line) {
                Ok(tracks) => *slot.lock().expect("no thread panics") = tracks,
                Err(error) => drop(writeln!(io::stderr(), "{line}: {error}")),
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(work);
        }
    });
    slots.into_iter().flat_map(|slot| slot.into_inner().expect("no thread panics")).collect()
}

fn read_line(line: &str) -> Result<Vec<Track>, Box<dyn Error>> {
    let shifts = |keep: fn(&i32) -> bool| SHIFTS.filter(keep).collect::<Vec<_>>();
    match line.split('\t').collect::<Vec<_>>().as_slice() {
        ["copy", id, kind, path] => fingerprints(id, kind, path, &[0]),
        ["other", path] => fingerprints(path, "other", path, &shifts(|_| true)),
        ["shifted", path] => fingerprints(path, "other", path, &shifts(|shift| *shift != 0)),
        ["print", id, kind, length_s, hashes] => {
            let hashes = hashes.split_terminator(',').map(str::parse).collect::<Result<_, _>>()?;
            let (id, kind) = (id.to_string(), kind.to_string());
            Ok(vec![Track { id, kind, hashes, length_s: length_s.parse()? }])
        }
        _ => Err("a line is neither copy, other, shifted nor print".into()),
    }
}

/// Writes what was heard in the form in which it can be read again.
fn print(tracks: &Tracks) -> Result<(), Box<dyn Error>> {
    let mut out = io::stdout().lock();
    for Track { id, kind, hashes, length_s } in &tracks.0 {
        let hashes: Vec<String> = hashes.iter().map(u32::to_string).collect();
        writeln!(out, "print\t{id}\t{kind}\t{length_s}\t{}", hashes.join(","))?;
    }
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
fn fingerprints(
    id: &str,
    kind: &str,
    path: &str,
    shifts: &[i32],
) -> Result<Vec<Track>, Box<dyn Error>> {
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
        for tracker in &mut trackers {
            tracker.push(&chunk);
        }
    }
    let mut tracks = Vec::new();
    for ((tracker, spec), shift) in trackers.into_iter().zip(specs).zip(shifts) {
        let id = if kind == "other" { format!("{id} {shift:+}") } else { id.to_string() };
        let hashes = tracker.finish().hashes;
        let length_s = spec.rate.seconds(frames);
        tracks.push(Track { id, kind: kind.to_string(), hashes, length_s });
    }
    Ok(tracks)
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
