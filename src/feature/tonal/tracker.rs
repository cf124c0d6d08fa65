//! From long spectra to tuning, key and chords.

use super::change;
use super::chords;
use super::frames::Frames;
use super::overview::Overview;
use super::result::Tonal;
use super::sections;
use super::spectrum::{PeakFinder, is_in_tuning_range};
use super::tuning::TuningMean;

/// Frames a second: hop 4410 at 22 050 Hz.
pub const FRAMES_PER_SECOND: f64 = 5.0;

/// Agreement of the peaks on a tuning below which a track without a pulse has no key. Over the free
/// corpus speech, birds and whales lie at 0.02 to 0.16, songs and a solo trumpet at 0.23 to 0.54.
const LEAST_TUNING_WITHOUT_PULSE: f64 = 0.2;

/// Listens to the long spectrum of a track, frame by frame.
pub struct Tracker {
    finder: Box<PeakFinder>,
    tuning: TuningMean,
    frames: Frames,
}

impl Default for Tracker {
    fn default() -> Self {
        Self::new()
    }
}

impl Tracker {
    /// Ready for the first frame.
    pub fn new() -> Self {
        let finder = Box::new(PeakFinder::new());
        Self { finder, tuning: TuningMean::default(), frames: Frames::default() }
    }

    /// Upper bound of the heap bytes held for a track of `frames` frames, the end included: 190
    /// bytes per second of audio while listening, up to 420 at the end, and 0.8 MB for the half
    /// minute that waits for its tuning.
    pub fn footprint(frames: u64) -> u64 {
        let listening = PeakFinder::FOOTPRINT + Frames::footprint(frames);
        size_of::<PeakFinder>() as u64 + listening + Self::ending(frames)
    }

    /// The part of [`Self::footprint`] that is held only while the track is concluded.
    pub(crate) fn ending(frames: u64) -> u64 {
        Overview::footprint(frames).max(chords::footprint(frames))
    }

    /// Hears the next 200 ms.
    ///
    /// Input: the linear magnitudes of bins 0..=4096 of a Hann window of 8192 samples at
    /// 22 050 Hz, scaled by 2/Σw (a full-scale sine is 1). Bins that are missing or not finite
    /// count as zero. About 10 µs, no allocation but the history.
    pub fn push(&mut self, magnitudes: &[f32]) {
        match self.finder.find(magnitudes) {
            None => self.frames.push_silence(),
            Some((loudest, peaks)) => {
                for peak in peaks.iter().filter(|peak| is_in_tuning_range(peak)) {
                    self.tuning.add(peak.pitch, peak.weight);
                }
                self.frames.push(loudest, peaks);
            }
        }
        if self.frames.is_due() {
            self.settle();
        }
    }

    fn settle(&mut self) {
        let tuning = self.tuning.tuning().map_or(0.0, |t| t.semitones as f32);
        self.frames.settle(tuning);
    }

    /// How much the harmony changes at each of the beats (seconds, ascending): −3..=3, standardised
    /// over the track; empty below four beats. To be asked when the last frame was pushed.
    pub fn harmonic_change(&mut self, beats: &[f64]) -> Vec<f64> {
        self.settle();
        change::at_beats(&self.frames, beats)
    }

    /// Chroma of 53 to 998 Hz, then of the bass, between neighbours of `edges` (seconds, ascending),
    /// C first, weighted by level; zeros in silence. To be asked when the last frame was pushed.
    pub fn chroma_between(&self, edges: &[f64]) -> Vec<[f32; 24]> {
        change::between(&self.frames, edges)
    }

    /// The tonality of a track of `duration_s` seconds whose beats are not known.
    pub fn finish(self, duration_s: f64) -> Tonal {
        self.conclude(duration_s, None)
    }

    /// The tonality of a track of `duration_s` seconds; chords change on `beats` (seconds,
    /// ascending; fewer than four are ignored). Without any beat there is no pulse, and what has
    /// neither pulse nor steady pitches, as speech, has no key.
    pub fn finish_with_beats(self, duration_s: f64, beats: &[f64]) -> Tonal {
        self.conclude(duration_s, Some(beats))
    }

    fn conclude(mut self, duration_s: f64, beats: Option<&[f64]>) -> Tonal {
        let least = match beats {
            Some([]) => LEAST_TUNING_WITHOUT_PULSE,
            _ => 0.0,
        };
        let beats = beats.unwrap_or(&[]);
        self.settle();
        let overview = Overview::gather(&self.frames);
        let Some(chroma) = overview.chroma() else {
            return Tonal::default();
        };
        let tuning = self.tuning.tuning();
        let steady = tuning.filter(|tuning| tuning.confidence >= least);
        let Some(key) = steady.and_then(|tuning| overview.key(&tuning)) else {
            return Tonal { tuning, chroma: Some(chroma), ..Tonal::default() };
        };
        let sections = sections::divide(&overview.cells, &key, duration_s);
        let audible_db = overview.audible_db;
        drop(overview); // its memory is needed for the chords
        let chords = chords::find(&self.frames, audible_db, beats, duration_s, &sections);
        Tonal { key: Some(key), sections, chords, tuning, chroma: Some(chroma) }
    }
}

#[cfg(test)]
impl Tracker {
    pub(super) fn held(&self) -> u64 {
        size_of::<PeakFinder>() as u64 + PeakFinder::FOOTPRINT + self.frames.held()
    }
}
