//! What several tests need: a library in a temporary folder, runs over it, and WAVE files.

#![allow(dead_code, reason = "each test uses its part")]
#![allow(clippy::panic, reason = "a test ends so")]

use std::fs;
use std::path::{Path, PathBuf};

use phonolite::pipeline::{self, Cancel, Event, Observer, Options, Outcome, Summary};
use phonolite::store::{self, Readers, Store};

/// The samples that come with the project.
pub(crate) fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("samples")
}

/// A folder of music and a database beside it, gone when dropped.
pub(crate) struct Library {
    folder: tempfile::TempDir,
}

impl Library {
    pub(crate) fn new() -> Self {
        let library = Self { folder: tempfile::tempdir().expect("a temporary folder") };
        fs::create_dir(library.music()).expect("made");
        library
    }

    /// A library with copies of the named samples.
    pub(crate) fn with(names: &[&str]) -> Self {
        let library = Self::new();
        for name in names {
            fs::copy(samples().join(name), library.music().join(name)).expect("copied");
        }
        library
    }

    /// A library of `files` sines, `00.wav` and so on, each of `seconds`.
    pub(crate) fn of_sines(files: u32, seconds: f64) -> Self {
        let library = Self::new();
        for number in 0..files {
            let file = library.music().join(format!("{number:02}.wav"));
            fs::write(file, sine(150.0 + 7.0 * f64::from(number), seconds)).expect("written");
        }
        library
    }

    pub(crate) fn music(&self) -> PathBuf {
        self.folder.path().join("music")
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.folder.path().join("library.db")
    }

    pub(crate) fn options(&self) -> Options {
        options(&[self.music()])
    }

    pub(crate) fn run(&self) -> Summary {
        self.run_with(&self.options())
    }

    pub(crate) fn run_with(&self, options: &Options) -> Summary {
        run(&self.database(), options)
    }

    pub(crate) fn readers(&self) -> Readers {
        Readers::open(&self.database(), 1).expect("the database opens")
    }

    /// Every row as JSON, in path order, without the folder it lies in.
    pub(crate) fn rows(&self) -> Vec<String> {
        let folder = self.music().to_string_lossy().into_owned();
        let row = |row: Result<store::Row, _>| {
            let row = row.expect("readable");
            serde_json::to_string(&row).expect("serialises").replace(&folder, "")
        };
        self.readers().rows().map(row).collect()
    }
}

/// The options of a plain run.
pub(crate) fn options(roots: &[PathBuf]) -> Options {
    Options { jobs: 2, cores: 2, ..Options::over(roots.to_vec(), 512 << 20) }
}

pub(crate) fn run(database: &Path, options: &Options) -> Summary {
    run_observed(database, options, &Cancel::default(), &pipeline::Silent)
}

pub(crate) fn run_observed(
    database: &Path,
    options: &Options,
    cancel: &Cancel,
    observer: &dyn Observer,
) -> Summary {
    let store = Store::open(database, &store::Options::default()).expect("the database opens");
    let summary = pipeline::run(&store, options, cancel, observer).expect("the run ends");
    store.close().expect("closes");
    assert_eq!(summary.counts.total(), summary.counts.scanned, "every file has one outcome");
    summary
}

/// Keeps the outcome of every file, by name.
#[derive(Default)]
pub(crate) struct Outcomes(pub(crate) std::sync::Mutex<Vec<(String, Outcome)>>);

impl Observer for Outcomes {
    fn observe(&self, event: &Event<'_>) {
        if let Event::File { path, outcome, .. } = event {
            let name = path.file_name().expect("has a name").to_string_lossy().into_owned();
            self.0.lock().expect("sound").push((name, (*outcome).clone()));
        }
    }
}

impl Outcomes {
    pub(crate) fn of(&self, name: &str) -> Outcome {
        let outcomes = self.0.lock().expect("sound");
        let mut found = outcomes.iter().filter(|(found, _)| found == name);
        let outcome = found.next().unwrap_or_else(|| panic!("no outcome of {name}")).1.clone();
        assert!(found.next().is_none(), "{name} has two outcomes");
        outcome
    }
}

/// A WAVE file of 16-bit samples.
pub(crate) fn wave(rate: u32, channels: u16, samples: &[i16]) -> Vec<u8> {
    let data = (samples.len() * 2) as u32;
    let mut bytes = Vec::with_capacity(44 + data as usize);
    bytes.extend(b"RIFF");
    bytes.extend((36 + data).to_le_bytes());
    bytes.extend(b"WAVEfmt ");
    bytes.extend(16u32.to_le_bytes());
    bytes.extend(1u16.to_le_bytes());
    bytes.extend(channels.to_le_bytes());
    bytes.extend(rate.to_le_bytes());
    bytes.extend((rate * u32::from(channels) * 2).to_le_bytes());
    bytes.extend((channels * 2).to_le_bytes());
    bytes.extend(16u16.to_le_bytes());
    bytes.extend(b"data");
    bytes.extend(data.to_le_bytes());
    bytes.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
    bytes
}

/// `seconds` of a mono sine at 22 050 Hz with an amplitude of a quarter.
pub(crate) fn sine(hz: f64, seconds: f64) -> Vec<u8> {
    let frames = (22_050.0 * seconds) as usize;
    let sample = |n: usize| (std::f64::consts::TAU * hz * n as f64 / 22_050.0).sin() * 8192.0;
    wave(22_050, 1, &(0..frames).map(|n| sample(n) as i16).collect::<Vec<_>>())
}
