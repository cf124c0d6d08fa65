//! What all frames say together.

use super::chroma::{Chroma, ChromaSum, effective_classes};
use super::estimate::KeyEstimate;
use super::frames::{Frame, Frames};
use super::grammar::Moves;
use super::key_model::{Heard, PIECE};
use super::sections::CELL_FRAMES;
use super::template;
use super::tuning::Tuning;

/// Frames this far below the loudest one do not count: reverberation and noise between pieces.
const RELATIVE_SILENCE_DB: f32 = 60.0;

/// Less audible music than this (2 s) has no key.
const LEAST_FRAMES: u64 = 10;

/// Share of the peak weight in clear tones below which there is nothing tonal: noise stays under
/// 0.002, drum kits reach 0.04 to 0.1, distorted guitars and dense mixes begin at 0.05, and most
/// music lies above 0.15.
const LEAST_TONE_SHARE: f64 = 0.03;

/// From this share on tones speak for themselves.
const CLEAR_TONE_SHARE: f64 = 0.10;

/// Below it, a correlation with a template like this counts as a fit (drum kits: 0.3 to 0.5) ...
const LEAST_FIT: f64 = 0.55;

/// ... or this share in tune like this: most drum kits have less of one or the other.
const TUNED_TONE_SHARE: f64 = 0.06;
const LEAST_TUNING_CONFIDENCE: f64 = 0.06;

/// A key less probable than this, five times a blind guess, is one (speech, drones): it is not given.
const LEAST_PROBABILITY: f64 = 0.2;

/// With fewer pitch classes than this it is a tone or an interval, not a key.
const LEAST_CLASSES: f64 = 2.2;

/// Sums, each for itself: what the beats were found with has left holes in the heap that small pieces fit
/// into and one long list does not.
#[allow(clippy::vec_box, reason = "a list of hours would be new memory: 0.7 MB an hour")]
pub(super) type Cells = Vec<Box<Heard>>;

/// A track in sums.
pub(super) struct Overview {
    /// Level below which a frame is silent, in decibels.
    pub(super) audible_db: f32,
    /// One sum every 3 s.
    pub(super) cells: Cells,
    whole: Heard,
    tone_share: f64,
}

impl Overview {
    /// Heap bytes held for `frames` frames.
    pub(super) fn footprint(frames: u64) -> u64 {
        const CELL: usize = size_of::<Heard>() + size_of::<Box<Heard>>();
        (frames / CELL_FRAMES as u64 + 1) * CELL as u64
    }

    pub(super) fn gather(frames: &Frames) -> Self {
        let loudest = frames.iter().filter_map(Frame::level_db).fold(f32::MIN, f32::max);
        let audible_db = loudest - RELATIVE_SILENCE_DB;
        let starts = (0..frames.len()).step_by(CELL_FRAMES);
        let mut moves = Moves::default();
        let cell = |start| Box::new(cell(frames, audible_db, start, &mut moves));
        let cells: Cells = starts.map(cell).collect();
        let mut whole = Heard::default();
        for cell in &cells {
            whole.merge(cell);
        }
        let audible = |f: &&Frame| is_audible(f, audible_db);
        let tones: f64 = frames.iter().filter(audible).map(Frame::tone_share).sum();
        let count = whole.melody.count() as usize;
        let last = frames.iter().filter(audible).skip(count - (count / 6).max(1).min(count));
        last.for_each(|frame| whole.last.add(&frame.melody()));
        Self { audible_db, cells, whole, tone_share: tones / count.max(1) as f64 }
    }

    /// Mean chroma; `None` unless there are tones, not only noise, for long enough.
    pub(super) fn chroma(&self) -> Option<Chroma> {
        let tonal = self.tone_share >= LEAST_TONE_SHARE && self.whole.wide.count() >= LEAST_FRAMES;
        self.whole.wide.mean().filter(|_| tonal)
    }

    /// The key; `None` for a tone or an interval, for drums, and where it would be a guess.
    pub(super) fn key(&self, tuning: &Tuning) -> Option<KeyEstimate> {
        let chroma = self.chroma()?;
        let correlations = template::correlations(&chroma);
        let fit = correlations.iter().copied().fold(f64::MIN, f64::max);
        let music = self.is_clear(fit, tuning) && effective_classes(&chroma) >= LEAST_CLASSES;
        let estimate = music.then(|| KeyEstimate::new(&self.whole.scores(), &correlations));
        estimate.filter(|e| e.candidates[0].probability >= LEAST_PROBABILITY)
    }

    fn is_clear(&self, fit: f64, tuning: &Tuning) -> bool {
        let tuned = tuning.confidence >= LEAST_TUNING_CONFIDENCE;
        self.tone_share >= CLEAR_TONE_SHARE
            || fit >= LEAST_FIT
            || (tuned && self.tone_share >= TUNED_TONE_SHARE)
    }
}

fn is_audible(frame: &Frame, audible_db: f32) -> bool {
    frame.level_db().is_some_and(|level| level >= audible_db)
}

/// The frames from `start` to the end of their cell; `moves` has heard those before.
fn cell(frames: &Frames, audible_db: f32, start: usize, moves: &mut Moves) -> Heard {
    let mut heard = Heard::default();
    let frames: Vec<&Frame> = frames.range(start..start + CELL_FRAMES).collect();
    for frame in frames.iter().filter(|f| is_audible(f, audible_db)) {
        heard.wide.add(&frame.wide());
        heard.melody.add(&frame.melody());
    }
    let pieces = frames.chunks_exact(PIECE);
    for piece in pieces.filter(|p| p.iter().any(|f| is_audible(f, audible_db))) {
        let (mut melody, mut bass) = (ChromaSum::default(), ChromaSum::default());
        for frame in piece {
            melody.add(&frame.melody());
            bass.add(&frame.bass());
        }
        heard.add_piece(
            &melody.mean().unwrap_or_default(),
            &bass.mean().unwrap_or_default(),
            moves,
        );
    }
    heard.grammar = moves.take();
    heard
}
