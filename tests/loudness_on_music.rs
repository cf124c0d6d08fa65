//! Loudness and album gain on real music against the `ebur128` crate: the samples of this package,
//! and every file of the folder that `PHONOLITE_TEST_AUDIO` names.
//!
//! `cargo test --test loudness_on_music -- --nocapture` prints the differences as tables.
//!
//! Known differences, none of them a tolerance: (1) the crate's high-pass has the numerator
//! (1, -2, 1) at every rate, ours the pass-band gain of the 48 kHz table; the gain between them is
//! computed here. (2) The crate takes short-term values for the range once a second, so its range is
//! computed here from its readings every 100 ms. (3) Its interpolator is a windowed sinc, ours the
//! table of BS.1770 Annex 2: they agree well below half the rate, so the true peak is held to 0.02 dB
//! on the music without its treble, and the difference with it is only told.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use ebur128::{EbuR128, Mode};
use phonolite::audio::{CHUNK_FRAMES, Chunk, Limits, Opened};
use phonolite::feature::loudness::{AlbumGate, Loudness, Meter};
use phonolite::units::{ChannelLayout, Hertz, StreamSpec};
use std::path::{Path, PathBuf};

/// Longest part of a file that is compared, in seconds.
const LONGEST_S: usize = 120;

/// Mono or stereo music.
struct Music {
    name: String,
    rate: u32,
    planes: Vec<Vec<f32>>,
}

impl Music {
    /// `None` for what cannot be read, has other channels, or is shorter than 4 s.
    fn read(path: &Path) -> Option<Self> {
        let mut source = Opened::open(path, &Limits::default()).ok()?.decode().ok()?;
        let (rate, channels) = (source.spec().rate.get(), source.spec().channels.count());
        let mut planes = vec![Vec::new(); channels];
        let mut chunk = Chunk::with_capacity(channels, CHUNK_FRAMES);
        while source.fill(&mut chunk, CHUNK_FRAMES).ok()? > 0 {
            planes.iter_mut().zip(chunk.planes()).for_each(|(to, from)| to.extend(from));
            chunk.reset(channels);
            if planes[0].len() > LONGEST_S * rate as usize {
                break;
            }
        }
        let name = path.file_name()?.to_string_lossy().into_owned();
        (channels <= 2 && planes[0].len() > 4 * rate as usize).then_some(Self {
            name,
            rate,
            planes,
        })
    }

    fn spec(&self) -> StreamSpec {
        StreamSpec {
            rate: Hertz::new(self.rate).unwrap(),
            channels: ChannelLayout::front(self.planes.len()).unwrap(),
        }
    }

    fn ours(&self) -> Loudness {
        let mut meter = Meter::new(&self.spec());
        meter.push(&Chunk::from_planes(self.planes.clone()));
        meter.finish()
    }

    /// The crate's meter, and its short-term loudness every 100 ms.
    fn theirs(&self) -> (EbuR128, Vec<f64>) {
        let mut meter =
            EbuR128::new(self.planes.len() as u32, self.rate, Mode::all() - Mode::HISTOGRAM)
                .unwrap();
        let (mut short_term, step) = (Vec::new(), self.rate as usize / 10);
        for (index, from) in (0..self.planes[0].len()).step_by(step).enumerate() {
            let parts: Vec<&[f32]> =
                self.planes.iter().map(|p| &p[from..(from + step).min(p.len())]).collect();
            meter.add_frames_planar_f32(&parts).unwrap();
            if index >= 29 && parts[0].len() == step {
                short_term.push(meter.loudness_shortterm().unwrap());
            }
        }
        (meter, short_term)
    }

    /// The same through four one-pole low-passes.
    fn without_treble(&self) -> Self {
        let smooth = |plane: &Vec<f32>| {
            let mut state = [0.0_f32; 4];
            let step = |&x: &f32| {
                state.iter_mut().fold(x, |x, s| {
                    *s += 0.25 * (x - *s);
                    *s
                })
            };
            plane.iter().map(step).collect()
        };
        let planes = self.planes.iter().map(smooth).collect();
        Self { name: self.name.clone(), rate: self.rate, planes }
    }

    /// From `start` on, `length` frames long, so many dB louder.
    fn part(&self, start: usize, length: usize, gain_db: f32) -> Self {
        let gain = 10.0_f32.powf(gain_db / 20.0);
        let cut =
            |plane: &Vec<f32>| plane[start..start + length].iter().map(|x| x * gain).collect();
        Self { name: String::new(), rate: self.rate, planes: self.planes.iter().map(cut).collect() }
    }
}

fn music() -> Vec<Music> {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    let folders = [Some(samples), std::env::var_os("PHONOLITE_TEST_AUDIO").map(PathBuf::from)];
    let list = |folder: PathBuf| {
        let mut paths: Vec<_> =
            std::fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path()).collect();
        paths.sort();
        paths
    };
    folders.into_iter().flatten().flat_map(list).filter_map(|path| Music::read(&path)).collect()
}

/// Level of our high-pass over theirs, in dB.
fn gain_between(rate: u32) -> f64 {
    let denominator = |rate: f64| {
        let k = (std::f64::consts::PI * 38.13547087602444 / rate).tan();
        1.0 + k / 0.5003270373238773 + k * k
    };
    20.0 * (denominator(48_000.0) / denominator(f64::from(rate))).log10()
}

/// Range by the listing of Tech 3342.
fn range_of(mut short_term: Vec<f64>) -> f64 {
    short_term.retain(|&l| l >= -70.0);
    let power = short_term.iter().map(|l| 10.0_f64.powf(l / 10.0)).sum::<f64>();
    let gate = 10.0 * (power / short_term.len() as f64).log10() - 20.0;
    short_term.retain(|&l| l >= gate);
    short_term.sort_by(f64::total_cmp);
    let level = |p: f64| short_term[((short_term.len() - 1) as f64 * p).round() as usize];
    level(0.95) - level(0.10)
}

fn true_peak_db(meter: &EbuR128, channels: usize) -> f64 {
    let peaks = (0..channels as u32).map(|c| meter.true_peak(c).unwrap());
    20.0 * peaks.fold(0.0, f64::max).log10()
}

#[test]
fn every_file_is_as_loud_as_to_the_reference() {
    println!(
        "| file | LUFS | - ebur128, LU | range, LU | - ebur128, LU | dBTP | - ebur128, dB | same, treble off |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    let files = music();
    assert!(files.len() >= 6, "{} samples", files.len());
    for file in files {
        let (ours, (theirs, short_term)) = (file.ours(), file.theirs());
        let Some(lufs) = ours.loudness_lufs else { continue };
        let loudness = lufs - theirs.loudness_global().unwrap() - gain_between(file.rate);
        let range = ours.loudness_range_lu.unwrap();
        let range_error = range - range_of(short_term);
        let peak = ours.true_peak_dbtp.unwrap();
        let peak_error = peak - true_peak_db(&theirs, file.planes.len());
        let dull = file.without_treble();
        let dull_error =
            dull.ours().true_peak_dbtp.unwrap() - true_peak_db(&dull.theirs().0, dull.planes.len());
        println!(
            "| {} | {lufs:.2} | {loudness:+.5} | {range:.2} | {range_error:+.5} | {peak:.2} | {peak_error:+.3} | {dull_error:+.4} |",
            file.name
        );
        assert!(loudness.abs() <= 0.01, "{}: {loudness} LU", file.name);
        assert!(range_error.abs() <= 0.05, "{}: {range_error} LU", file.name);
        assert!(dull_error.abs() <= 0.02, "{}: {dull_error} dB", file.name);
        assert!(peak_error.abs() <= 0.5, "{}: {peak_error} dB", file.name);
    }
}

/// What the gain of an album from stored histograms is off from the gates over all blocks, in LU.
fn album_error(tracks: &[Music]) -> Option<f64> {
    let mut gate = AlbumGate::new();
    for track in tracks {
        let ours = track.ours();
        gate.add(&ours.loudness_histogram?, ours.loudness_lufs?);
    }
    let meters: Vec<EbuR128> = tracks.iter().map(|track| track.theirs().0).collect();
    let theirs = EbuR128::loudness_global_multiple(meters.iter()).unwrap();
    Some(gate.lufs()? - theirs - gain_between(tracks[0].rate))
}

#[test]
fn an_album_is_as_loud_as_to_the_reference() {
    let files: Vec<Music> = music().into_iter().filter(|file| file.rate == 44_100).collect();
    let whole = album_error(&files).expect("sound");
    println!("{} files as one album: {whole:+.5} LU", files.len());
    assert!(whole.abs() <= 0.01, "{whole} LU");
    // Albums of eight pieces of 4 to 12 s each, up to 30 dB quieter than they were.
    let mut state = 1_u64;
    let mut random = |below: usize| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let (mut largest, mut squares, mut albums) = (0.0_f64, 0.0, 0);
    for _ in 0..12 {
        let mut pieces = Vec::new();
        for _ in 0..8 {
            let file = &files[random(files.len())];
            let length = (4 * 44_100 + random(8 * 44_100)).min(file.planes[0].len());
            let start = random(file.planes[0].len() - length + 1);
            pieces.push(file.part(start, length, -(random(300) as f32) / 10.0));
        }
        let Some(error) = album_error(&pieces) else { continue };
        largest = largest.max(error.abs());
        squares += error * error;
        albums += 1;
        assert!(error.abs() <= 0.01, "{error} LU");
    }
    let mean = (squares / f64::from(albums)).sqrt();
    println!(
        "{albums} albums of eight pieces: largest error {largest:.5} LU, root mean square {mean:.5} LU"
    );
}
