//! What the examples that measure labelled music share: files through the program, and spectra of
//! music that is not there as sound (`benches/features_to_raw.py`).

#![allow(dead_code, reason = "no example needs all of it")]

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use phonolite::audio::{CHUNK_FRAMES, Chunk, Excerpts, Limits, Opened};
use phonolite::feature::{Extractor, Families, Lanes, Record, rhythm, tonal};

/// Bands of a short spectrum.
pub(crate) const MEL_BANDS: usize = 40;
/// Bins of a long spectrum that are kept.
const TONAL_BINS: std::ops::RangeInclusive<usize> = 18..=781;

/// The records of some families of a file.
pub(crate) fn records(path: &Path, wanted: Families) -> Result<Vec<Record>> {
    records_of(path, wanted, None)
}

/// The same of excerpts of a file, as a quick run hears it.
pub(crate) fn records_of(
    path: &Path,
    wanted: Families,
    excerpts: Option<Excerpts>,
) -> Result<Vec<Record>> {
    let mut source = Opened::open(path, &Limits::default())?.decode()?;
    excerpts.map(|excerpts| source.keep_to(excerpts));
    let spec = source.spec().clone();
    let mut extractor = Extractor::new(&spec, wanted);
    let mut chunk = Chunk::with_capacity(spec.channels.count(), CHUNK_FRAMES);
    loop {
        chunk.reset(spec.channels.count());
        source.fill(&mut chunk, CHUNK_FRAMES)?;
        if chunk.is_empty() {
            return Ok(extractor.finish(Lanes::InTurn));
        }
        extractor.push(&chunk, Lanes::InTurn);
    }
}

/// The spectra of a clip.
pub(crate) struct Spectra {
    /// Compressed mel frames, ln(1 + 1000 M), 50 a second.
    pub(crate) mel: Vec<f32>,
    /// The long spectra, heard.
    harmony: tonal::Tracker,
}

impl Spectra {
    /// Reads the two files of a clip in `folder`.
    pub(crate) fn read(folder: &Path, path: &Path) -> Result<Self> {
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
        Ok(Self { mel: numbers("rhythm")?, harmony })
    }

    /// Its mel frames.
    pub(crate) fn frames(&self) -> &[[f32; MEL_BANDS]] {
        self.mel.as_chunks().0
    }

    /// Its length in seconds.
    pub(crate) fn duration_s(&self) -> f64 {
        self.frames().len() as f64 / rhythm::FRAMES_PER_SECOND
    }

    /// Rhythm and harmony, which listen to each other as in the program.
    pub(crate) fn rhythm_and_tonal(mut self) -> (rhythm::Rhythm, tonal::Tonal) {
        let duration_s = self.duration_s();
        let mut tracker = rhythm::Tracker::new();
        for frame in self.frames() {
            tracker.push(frame);
        }
        let harmony = &mut self.harmony;
        let rhythm =
            tracker.finish_with_harmony(duration_s, |beats| harmony.harmonic_change(beats));
        let beats = rhythm.beats.as_deref().unwrap_or(&[]);
        let tonal = self.harmony.finish_with_beats(duration_s, beats);
        (rhythm, tonal)
    }
}
