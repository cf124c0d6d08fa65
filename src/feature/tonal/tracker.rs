//! From long spectra to key and tuning.

use super::chroma::{Chroma, ChromaSum, Folding, effective_classes};
use super::estimate::KeyEstimate;
use super::history::{Frame, History};
use super::result::Tonal;
use super::spectrum::{Peak, PeakFinder};
use super::tuning::{Tuning, TuningMean};

/// Frames a second: hop 4410 at 22 050 Hz.
pub const FRAMES_PER_SECOND: f64 = 5.0;

/// Frames this far below the loudest one do not count: reverberation and noise between pieces.
const RELATIVE_SILENCE_DB: f64 = 60.0;

/// Less audible music than this (2 s) has no key.
const LEAST_FRAMES: u64 = 10;

/// Share of the peak weight in clear tones below which there is nothing tonal: noise stays under
/// 0.002, drum kits reach 0.04 to 0.1, distorted guitars and dense mixes begin at 0.05, and most
/// music lies above 0.15.
const LEAST_TONE_SHARE: f64 = 0.03;

/// From this share on tones speak for themselves; below it their pitch classes must fit a key.
const CLEAR_TONE_SHARE: f64 = 0.12;

/// Correlation with the best template that counts as a fit.
const LEAST_FIT: f64 = 0.5;

/// With fewer pitch classes than this it is a tone or an interval, not a key.
const LEAST_CLASSES: f64 = 2.2;

/// Listens to the long spectrum of a track, frame by frame.
pub struct Tracker {
    finder: Box<PeakFinder>,
    tuning: TuningMean,
    history: History,
}

impl Default for Tracker {
    fn default() -> Self {
        Self::new()
    }
}

impl Tracker {
    /// Ready for the first frame.
    pub fn new() -> Self {
        Self {
            finder: Box::new(PeakFinder::new()),
            tuning: TuningMean::default(),
            history: History::default(),
        }
    }

    /// Upper bound of the heap bytes held after `frames` frames: 370 bytes per second of audio.
    pub fn footprint(frames: u64) -> u64 {
        PeakFinder::FOOTPRINT + History::footprint(frames)
    }

    /// Hears the next 200 ms.
    ///
    /// Input: the linear magnitudes of bins 0..=4096 of a Hann window of 8192 samples at
    /// 22 050 Hz, scaled by 2/Σw (a full-scale sine is 1). Bins that are missing or not finite
    /// count as zero. About 10 µs, no allocation but the history.
    pub fn push(&mut self, magnitudes: &[f32]) {
        let Some((loudest, peaks)) = self.finder.find(magnitudes) else {
            return self.history.push_silence();
        };
        add_pitches(&mut self.tuning, peaks);
        self.history.push(loudest, peaks);
    }

    /// The tonality of the whole track; `duration_s` is its length in seconds.
    pub fn finish(self, _duration_s: f64) -> Tonal {
        let heard = Heard::gather(&self.history, self.tuning.tuning());
        let Some(chroma) = heard.chroma.mean().filter(|_| heard.is_tonal()) else {
            return Tonal::default();
        };
        let key = Some(KeyEstimate::from_chroma(&chroma)).filter(|key| heard.has_key(&chroma, key));
        Tonal { key, tuning: heard.tuning, chroma: Some(chroma) }
    }
}

fn add_pitches(tuning: &mut TuningMean, peaks: &[Peak]) {
    let range = 53.0..998.0;
    for peak in peaks.iter().filter(|peak| range.contains(&peak.hz)) {
        tuning.add(peak.pitch, f64::from(peak.weight));
    }
}

/// What the frames say together.
struct Heard {
    tuning: Option<Tuning>,
    chroma: ChromaSum,
    tone_share: f64,
}

impl Heard {
    fn gather(history: &History, tuning: Option<Tuning>) -> Self {
        let folding = Folding::new(tuning.map_or(0.0, |t| t.semitones));
        let loudest = history.frames().filter_map(Frame::level_db).fold(f64::MIN, f64::max);
        let threshold = loudest - RELATIVE_SILENCE_DB;
        let (mut chroma, mut tones) = (ChromaSum::default(), 0.0);
        for frame in history.frames().filter(|f| f.level_db().is_some_and(|l| l >= threshold)) {
            chroma.add(&frame.chroma(&folding));
            tones += frame.tone_share();
        }
        let tone_share = tones / chroma.count().max(1) as f64;
        Self { tuning, chroma, tone_share }
    }

    /// Tones, not noise, and long enough.
    fn is_tonal(&self) -> bool {
        self.chroma.count() >= LEAST_FRAMES && self.tone_share >= LEAST_TONE_SHARE
    }

    /// More than a tone or an interval, and more than drums.
    fn has_key(&self, chroma: &Chroma, key: &KeyEstimate) -> bool {
        let clear = self.tone_share >= CLEAR_TONE_SHARE || key.strength >= LEAST_FIT;
        clear && effective_classes(chroma) >= LEAST_CLASSES
    }
}

#[cfg(test)]
impl Tracker {
    pub(super) fn held(&self) -> u64 {
        PeakFinder::FOOTPRINT + self.history.held()
    }
}
