//! Queries and playlists over a large library: times, memory, and how good the lists are.
//!
//! ```text
//! cargo bench --bench playlist -- [--tracks 200000] [--music FOLDER] [--count 50] [--database FILE]
//! ```
//!
//! FOLDER (by default the samples of the project) is analysed. The large library has an artist for every
//! twelve tracks; how many tracks each has follows the law of Zipf and Mandelbrot, so that the most prolific of
//! 200 000 tracks made 850 of them. An artist sounds like a mixture of two real tracks, has a genre, and a usual tempo and
//! energy; a track is moved from there towards a third real one. Curves, beats and pictures are left out.
//! With `--database` the large library is kept, and used where it is there already.

#![allow(clippy::print_stdout, reason = "a benchmark tells what it found")]

use std::path::{Path, PathBuf};
use std::time::Instant;

use phonolite::audio::{HeadHash, PayloadHash, Tags};
use phonolite::feature::catalogue::{Family, Kind, Record, Value};
use phonolite::feature::tonal::Key;
use phonolite::pipeline::{self, Cancel, Options as RunOptions, Silent};
use phonolite::playlist::{
    Ask, Gathered, Length, Spacing, Wish, compose, gather, key_affinity, tempo_drift,
    transition_cost,
};
use phonolite::query;
use phonolite::search::{self, Weights};
use phonolite::store::{
    FileFacts, Op, Options, Question, Readers, Stamp, Store, TrackFacts, TrackId, unix_ms,
};

/// Time by the clock and on processors, in seconds: on a machine that others use, only the second says
/// what something costs.
struct Watch(Instant, f64);

impl Watch {
    fn start() -> Self {
        Self(Instant::now(), Self::cpu())
    }

    fn read(&self) -> (f64, f64) {
        (self.0.elapsed().as_secs_f64(), Self::cpu() - self.1)
    }

    fn cpu() -> f64 {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        now.tv_sec as f64 + now.tv_nsec as f64 * 1e-9
    }
}

/// By the middle of the second number.
fn median(mut times: Vec<(f64, f64)>) -> (f64, f64) {
    times.sort_by(|a, b| a.1.total_cmp(&b.1));
    times[times.len() / 2]
}

/// `SplitMix64`.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn below(&mut self, count: usize) -> usize {
        ((self.unit() * count as f64) as usize).min(count.saturating_sub(1))
    }

    /// Mean 0, variance 1, near enough to a normal one.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }
}

fn main() {
    let mut options = std::env::args().skip(1);
    let (mut tracks, mut count) = (200_000_u64, 50_usize);
    let mut kept: Option<PathBuf> = None;
    let mut music = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    while let Some(option) = options.next() {
        match option.as_str() {
            "--tracks" => tracks = options.next().and_then(|n| n.parse().ok()).unwrap_or(tracks),
            "--count" => count = options.next().and_then(|n| n.parse().ok()).unwrap_or(count),
            "--database" => kept = options.next().map(PathBuf::from),
            "--music" => music = options.next().map_or(music, PathBuf::from),
            _ => {} // what cargo adds
        }
    }
    let dir = tempfile::tempdir().expect("a directory");
    let database = kept.unwrap_or_else(|| dir.path().join("large.db"));
    if !database.exists() {
        let real = measured(&music, dir.path());
        println!("{} real tracks of {}", real.len(), music.display());
        let began = Instant::now();
        fill(&database, &real, tracks);
        println!("{tracks} tracks stored in {:.1} s", began.elapsed().as_secs_f64());
    }
    let readers = Readers::open(&database, 1).expect("it was made");
    queries(&readers);
    playlists(&readers, &database, count);
    println!("peak memory of the whole program: {}", peak());
}

/// The records of every track of a folder that has all of them.
fn measured(music: &Path, dir: &Path) -> Vec<Vec<Record>> {
    let store = Store::open(&dir.join("real.db"), &Options::default()).expect("a new database");
    let run = RunOptions::over(vec![music.to_path_buf()], 512 << 20);
    pipeline::run(&store, &run, &Cancel::default(), &Silent).expect("it runs");
    let rows = store.readers().rows().map(|row| row.expect("readable"));
    let records = rows.filter(|row| matches!(row.get("mfcc_mean"), Some(Value::Vector(Some(_)))));
    records
        .map(|row| {
            let value = |name: &str| row.get(name).cloned().expect("a column");
            let record = |family: Family| Record {
                family,
                values: family.fields().iter().map(|field| value(field.name)).collect(),
            };
            Family::ALL.into_iter().map(record).collect()
        })
        .collect()
}

/// Tracks for each artist in the mean, and for each album.
const DISCOGRAPHY: u64 = 12;
const ALBUM: f64 = 12.0;

/// Exponent and offset of the law by which discographies grow smaller.
const ZIPF: (f64, f64) = (0.9, 25.0);

/// Who makes the tracks of the large library.
struct Artists {
    /// Shares of the tracks, added up.
    shares: Vec<f64>,
    tracks: u64,
}

impl Artists {
    fn of(tracks: u64) -> Self {
        let count = (tracks / DISCOGRAPHY).max(1);
        let share = |rank: u64| (rank as f64 + 1.0 + ZIPF.1).powf(-ZIPF.0);
        let whole: f64 = (0..count).map(share).sum();
        let mut sum = 0.0;
        let shares = (0..count).map(|rank| {
            sum += share(rank) / whole;
            sum
        });
        Self { shares: shares.collect(), tracks }
    }

    fn draw(&self, dice: &mut Dice) -> usize {
        let roll = dice.unit();
        self.shares.partition_point(|&sum| sum < roll).min(self.shares.len() - 1)
    }

    fn albums(&self, artist: usize) -> usize {
        let before = artist.checked_sub(1).map_or(0.0, |before| self.shares[before]);
        let tracks = (self.shares[artist] - before) * self.tracks as f64;
        (tracks / ALBUM).round().max(1.0) as usize
    }
}

/// Makes the large library.
fn fill(database: &Path, real: &[Vec<Record>], tracks: u64) {
    let mut options = Options::default();
    options.batch_ops = 4096;
    let store = Store::open(database, &options).expect("a new database");
    let (mut dice, artists) = (Dice(7), Artists::of(tracks));
    for number in 0..tracks {
        let track = synthetic(number, real, &artists, &mut dice);
        store.writer().send(track).expect("it is open");
    }
    store.writer().call(Op::Flush).expect("it is open");
    store.close().expect("it closes");
}

/// Moves all vectors a share of the way to those of another track.
fn towards(records: &mut [Record], other: &[Record], share: f32) {
    for (record, other) in records.iter_mut().zip(other) {
        for (value, other) in record.values.iter_mut().zip(&other.values) {
            if let (Value::Vector(Some(x)), Value::Vector(Some(y))) = (value, other)
                && x.len() == y.len()
            {
                x.iter_mut().zip(y).for_each(|(x, y)| *x += share * (y - *x));
            }
        }
    }
}

fn synthetic(number: u64, real: &[Vec<Record>], artists: &Artists, dice: &mut Dice) -> Op {
    let artist = artists.draw(dice);
    // The same for all tracks of the artist.
    let mut own = Dice((artist as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let mut records: Vec<Record> = real[own.below(real.len())].iter().map(light).collect();
    towards(&mut records, &real[own.below(real.len())], own.unit() as f32);
    let (usual_energy, usual_tempo) = (own.normal(), own.normal());
    let genre = ["house", "rock", "jazz", "ambient", "pop"][own.below(5)];
    towards(&mut records, &real[dice.below(real.len())], 0.35 * dice.unit() as f32);
    let key = Key::from_index(dice.below(24));
    let energy = (0.55 + 0.15 * usual_energy + 0.16 * dice.normal()).clamp(0.0, 1.0);
    let bpm = (122.0 * (0.15 * usual_tempo + 0.17 * dice.normal()).exp()).clamp(55.0, 210.0);
    let seconds = (235.0 + 60.0 * dice.normal()).clamp(60.0, 900.0);
    set(&mut records, "bpm", &Value::Real(Some(bpm)));
    set(&mut records, "key", &Value::Text(Some(key.to_string())));
    set(&mut records, "key_camelot", &Value::Text(Some(key.camelot())));
    set(&mut records, "energy", &Value::Real(Some(energy)));
    set(&mut records, "duration_s", &Value::Real(Some(seconds)));
    let album = dice.below(artists.albums(artist));
    let tags = Tags {
        title: Some(format!("title {number}")),
        artist: Some(format!("artist {artist}")),
        album: Some(format!("album {artist}.{album}")),
        genre: Some(genre.into()),
        year: Some(1960 + dice.below(65) as u16),
        ..Tags::default()
    };
    let track = TrackFacts {
        payload: PayloadHash(*blake3::hash(&number.to_le_bytes()).as_bytes()),
        head: Some(HeadHash([0; 16])),
        codec: "flac".into(),
        lossless: true,
        bits_per_sample: Some(16),
        sample_rate_hz: 44_100,
        channels: 2,
        frames: (seconds * 44_100.0) as u64,
        duration_s: seconds,
        bitrate_bps: None,
        damaged_packets: 0,
        depth: phonolite::feature::Depth::Full,
    };
    let path = PathBuf::from(format!("/music/{artist:05}/{number:07}.flac"));
    let stamp = Stamp { size: number, mtime_ns: 1, device: 1, inode: number };
    Op::Analysed {
        file: FileFacts { path, stamp, container: Some("flac".into()), tags },
        track,
        records,
    }
}

/// A record without what a playlist never reads.
fn light(record: &Record) -> Record {
    let value = |value: &Value| match value.kind() {
        Kind::Times | Kind::Json | Kind::Bytes => Value::undefined(value.kind()),
        Kind::Vector if matches!(value, Value::Vector(Some(x)) if x.len() > 256) => {
            Value::Vector(None)
        }
        _ => value.clone(),
    };
    Record { family: record.family, values: record.values.iter().map(value).collect() }
}

fn set(records: &mut [Record], name: &str, value: &Value) {
    for record in records {
        let fields = record.family.fields().iter();
        if let Some(place) = fields.clone().position(|field| field.name == name) {
            record.values[place] = value.clone();
        }
    }
}

fn queries(readers: &Readers) {
    println!("\n| query | files | ms of CPU (median of 5) | ms by the clock |\n|---|---|---|---|");
    for text in [
        "bpm:120..121",
        "key:8A bpm:124..125",
        "artist=\"artist 77\"",
        "genre=house year:1999 bpm:120..128",
        "energy>0.9 danceability>0.5",
        "title:77777",
    ] {
        let filter = query::parse(text, unix_ms()).expect("sound");
        let question = Question { filter, sort: vec![], limit: Some(50) };
        let times = (0..5).map(|_| {
            let watch = Watch::start();
            readers.select(&question).expect("an answer");
            watch.read()
        });
        let (wall, cpu) = median(times.collect());
        let all = Question { limit: None, ..question };
        let found = readers.select(&all).expect("an answer").len();
        println!("| `{text}` | {found} | {:.1} | {:.1} |", cpu * 1e3, wall * 1e3);
    }
}

/// What a list is measured by.
struct Marks {
    cost: f64,
    repeats: usize,
    harmonic: f64,
    tempo: f64,
    curve: f64,
}

fn playlists(readers: &Readers, database: &Path, count: usize) {
    let began = Instant::now();
    let matrix = search::open(readers, database).expect("a matrix");
    println!("\nmatrix made in {:.1} s (once; then mapped)", began.elapsed().as_secs_f64());
    let began = Instant::now();
    let matrix = search::open(readers, database).map(|again| (drop(matrix), again).1).expect("it");
    println!("matrix opened in {:.0} ms", began.elapsed().as_secs_f64() * 1e3);
    let mut sums: [Vec<Marks>; 4] = Default::default();
    let mut times = Vec::new();
    let names = ["this engine", "random", "nearest neighbour walk", "nearest to the seed (bliss)"];
    for (seed, curve) in
        (0..6).zip(["warmup", "peak", "wave", "cooldown", "0.3,0.9", "0.8,0.2,0.7"])
    {
        let watch = Watch::start();
        let first = TrackId(1 + 31_337 * seed % matrix.len() as i64);
        let ask = ask(first, curve, count, seed as u64);
        let gathered = gather(readers, Some(&matrix), &ask).expect("readable");
        let list = compose(&gathered.pool, &gathered.wish);
        times.push(watch.read());
        let broken: Vec<_> =
            list.constraints.iter().filter(|c| c.is_broken()).map(|c| c.name).collect();
        let (wall, cpu) = times[times.len() - 1];
        println!("{curve}: {cpu:.2} s of CPU, {wall:.2} s by the clock, not held: {broken:?}");
        let lists = [
            list.tracks,
            random(&gathered, count),
            walk(&gathered, count),
            ranked(&gathered, count),
        ];
        for (sum, list) in sums.iter_mut().zip(&lists) {
            sum.push(marks(&gathered, list));
        }
    }
    let (wall, cpu) = median(times);
    println!("\na list of {count}: {cpu:.2} s of CPU, {wall:.2} s by the clock (median)");
    println!(
        "\n| order | transition cost | artist repeats | harmonic steps | tempo within 8 % | off the curve |"
    );
    println!("|---|---|---|---|---|---|");
    for (name, marks) in names.iter().zip(&sums) {
        let mean = |of: fn(&Marks) -> f64| marks.iter().map(of).sum::<f64>() / marks.len() as f64;
        println!(
            "| {name} | {:.2} | {:.1} | {:.0} % | {:.0} % | {:.3} |",
            mean(|m| m.cost),
            mean(|m| m.repeats as f64),
            100.0 * mean(|m| m.harmonic),
            100.0 * mean(|m| m.tempo),
            mean(|m| m.curve)
        );
    }
}

fn ask(seed_track: TrackId, curve: &str, count: usize, seed: u64) -> Ask {
    Ask {
        filter: query::parse("duration>90", unix_ms()).expect("sound"),
        like: vec![seed_track],
        unlike: vec![],
        first: vec![seed_track],
        via: vec![],
        last: None,
        only: None,
        without: std::collections::BTreeSet::new(),
        files: vec![],
        weights: Weights::default(),
        wish: Wish {
            length: Length::Duration(count as f64 * 235.0),
            harmonic: true,
            tempo_drift: Some(0.08),
            curve: Some(curve.parse().expect("a curve")),
            spacing: Spacing { artist: 8, album: 8, title: usize::MAX },
            seed,
            ..Wish::default()
        },
    }
}

fn marks(gathered: &Gathered, list: &[usize]) -> Marks {
    let (pool, wish) = (&gathered.pool, &gathered.wish);
    let track = |index: usize| pool.track(index).expect("of the pool");
    let steps: Vec<(usize, usize)> = list.windows(2).map(|pair| (pair[0], pair[1])).collect();
    let share = |good: &dyn Fn(usize, usize) -> bool| {
        steps.iter().filter(|(a, b)| good(*a, *b)).count() as f64 / steps.len() as f64
    };
    let near = |place: usize| {
        let before = &list[place.saturating_sub(8)..place];
        before.iter().any(|&other| track(other).artist == track(list[place]).artist)
    };
    let curve = wish.curve.as_ref().expect("asked for");
    let last = (list.len() - 1) as f64;
    let missed = list.iter().enumerate().map(|(place, &index)| {
        (track(index).energy.unwrap_or(0.5) - curve.at(place as f64 / last)).abs()
    });
    Marks {
        cost: steps.iter().map(|&(a, b)| transition_cost(pool, wish, a, b)).sum::<f64>()
            / steps.len() as f64,
        repeats: (0..list.len()).filter(|&place| near(place)).count(),
        harmonic: share(&|a, b| key_affinity(track(a).key, track(b).key) > 0.85),
        tempo: share(&|a, b| tempo_drift(track(a).bpm, track(b).bpm).is_some_and(|d| d <= 0.08)),
        curve: missed.sum::<f64>() / list.len() as f64,
    }
}

fn random(gathered: &Gathered, count: usize) -> Vec<usize> {
    let mut dice = Dice(1);
    let mut all: Vec<usize> = (0..gathered.pool.len()).collect();
    (0..count.min(all.len())).map(|_| all.swap_remove(dice.below(all.len()))).collect()
}

fn walk(gathered: &Gathered, count: usize) -> Vec<usize> {
    let mut free: Vec<usize> = (1..gathered.pool.len()).collect();
    let mut list = vec![0];
    while list.len() < count && !free.is_empty() {
        let last = list[list.len() - 1];
        let apart = |index: &usize| gathered.pool.distance(last, *index);
        let near = (0..free.len()).min_by(|&a, &b| apart(&free[a]).total_cmp(&apart(&free[b])));
        list.push(free.swap_remove(near.expect("not empty")));
    }
    list
}

fn ranked(gathered: &Gathered, count: usize) -> Vec<usize> {
    let mut all: Vec<usize> = (0..gathered.pool.len()).collect();
    all.sort_by(|&a, &b| gathered.pool.distance(0, a).total_cmp(&gathered.pool.distance(0, b)));
    all.truncate(count);
    all
}

fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or("unknown").to_owned()
}
