//! Onsets, tempo, beats and bars.
//!
//! The tracker keeps thirteen bytes of every 20 ms frame: the onset functions of four bands, the rise
//! of the magnitudes and the two activations of the beat network. The rest is done at the end from these numbers, a block at a
//! time: candidate tempi from both, the choice by a learned rule, beats by dynamic programming or as
//! a steady grid, bars, confidences. `models/beat/reference_rhythm.py` is the specification.

mod attack;
mod bars;
#[cfg(test)]
mod conformance;
mod decision;
mod drift;
#[cfg(test)]
mod edges;
mod evidence;
mod fields;
mod grid;
mod kept;
mod level;
mod line;
pub(crate) mod onset_function;
mod onsets;
mod periodicity;
mod pieces;
mod refine;
mod result;
mod rise;
#[cfg(test)]
mod signals;
#[cfg(test)]
mod sounds;
mod steadiness;
mod strength;
mod tempi;
mod tempo_features;
mod track;
#[cfg(test)]
mod truth;

use crate::model::beat_net::BeatStream;
use crate::model::{beat_net, beat_rules};
use evidence::Evidence;
pub use fields::FIELDS;
use kept::Kept;
use level::Levelled;
use onset_function::{Flux, MEL_BANDS};
pub use result::Rhythm;
use rise::Rise;
pub use tempi::TempoCandidate;

/// Version of the stored numbers of this family.
pub const VERSION: u32 = 6;

/// Frames per second of the input: 22 050 Hz and a hop of 441.
pub const FRAMES_PER_SECOND: f64 = 50.0;

/// Onsets are known to 0.1 ms.
const TICKS_PER_S: f64 = 1e4;

/// Collects the onset functions and activations of a track and estimates its rhythm at the end.
#[derive(Debug)]
pub struct Tracker {
    flux: Flux,
    rise: Rise,
    /// `None` if the model is not whole: then no pulse is found. A run asks `model::check` before.
    net: Option<BeatStream>,
    kept: Kept,
}

impl Default for Tracker {
    fn default() -> Self {
        Self::new()
    }
}

impl Tracker {
    /// An empty track.
    pub fn new() -> Self {
        let net = beat_net().ok().map(BeatStream::new);
        Self { flux: Flux::default(), rise: Rise::default(), net, kept: Kept::default() }
    }

    /// Adds the next frame: 40 log-mel values ln(1 + 1000 M), [`FRAMES_PER_SECOND`] a second, frame
    /// k centred on k / 50 s.
    pub fn push(&mut self, log_mel: &[f32; MEL_BANDS]) {
        self.kept.push(self.flux.push(log_mel));
        self.kept.rises.push(self.rise.push(log_mel));
        if let Some(net) = &mut self.net {
            net.push(log_mel, |activation| self.kept.activate(activation));
        }
    }

    /// Estimates the rhythm; `duration_s` is the length of the track in seconds.
    pub fn finish(self, duration_s: f64) -> Rhythm {
        self.finish_with_harmony(duration_s, |_| Vec::new())
    }

    /// As [`Self::finish`], bars being found with the help of `harmony`: the harmonic change, in
    /// standard deviations, at each of the beats (seconds) it is given; nothing if it is unknown.
    pub fn finish_with_harmony(
        self,
        duration_s: f64,
        harmony: impl FnOnce(&[f64]) -> Vec<f64>,
    ) -> Rhythm {
        let Self { net, mut kept, .. } = self;
        let whole = net.is_some();
        if let Some(net) = net {
            net.finish(|activation| kept.activate(activation));
        }
        let onsets = attack_ticks(&kept, duration_s);
        let audible = decision::may_have_pulse(kept.len(), onsets.len());
        let rules = beat_rules().ok().filter(|_| whole && audible);
        let found = rules.map(|rules| {
            let evidence = Evidence::gather(Levelled::new(kept));
            decision::decide(&evidence, rules, duration_s, harmony)
        });
        Rhythm {
            onset_rate_hz: (duration_s > 0.0).then(|| onsets.len() as f64 / duration_s),
            onsets: onsets.into_iter().map(|ticks| seconds(ticks).min(duration_s)).collect(),
            ..found.unwrap_or_default()
        }
    }

    /// Upper bound of the heap bytes held for `frames` frames, `finish` and its result included.
    pub fn footprint(frames: u64) -> u64 {
        /// Scratch of fixed size: blocks, windows, spectra, histograms.
        const FIXED: u64 = 3 << 20;
        /// Tenths of a byte: onsets every three frames at most, four bytes each; beats every eight
        /// frames at most, as times, numbers and distances from their line; windows of the grid and of
        /// the drift. The back-pointers are gone before there are times.
        const PER_FRAME: u64 = 49;
        let net = beat_net().map_or(0, BeatStream::footprint);
        Kept::footprint(frames) + PER_FRAME * frames / 10 + FIXED + net
    }
}

/// Times of the attacks behind the onsets within 0..=`duration_s`, in ticks: what is stored of them,
/// in half the memory while the beats are sought.
fn attack_ticks(kept: &Kept, duration_s: f64) -> Vec<u32> {
    let mut found = Vec::with_capacity(onsets::count(kept));
    onsets::for_each(kept, |frame| {
        let time_s = attack::time_s(kept, frame);
        if (0.0..=duration_s).contains(&time_s) {
            found.push((time_s * TICKS_PER_S).round() as u32);
        }
    });
    found
}

fn seconds(ticks: u32) -> f64 {
    f64::from(ticks) / TICKS_PER_S
}
