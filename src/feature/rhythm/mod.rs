//! Onsets, tempo and beats.
//!
//! The tracker keeps eight bytes of every 20 ms frame (the onset functions of four bands) and does
//! the rest at the end, a block at a time: tempo from generalised autocorrelation, comb scores and
//! pulse trains, beats by dynamic programming. Behind the kept frames everything sees a
//! `Strength` alone, so that another function of time can take the place of the onsets.

mod attack;
mod beats;
mod clarity;
mod comb;
mod curve;
mod kept;
#[cfg(test)]
mod labelled;
mod octave;
mod onset_function;
mod onsets;
mod pulses;
mod refine;
mod stability;
mod strength;
mod sustain;
mod tempo;
#[cfg(test)]
mod truth;

use super::catalogue::{Field, Kind, Value};
use curve::Curve;
use kept::Kept;
use onset_function::{BANDS, Flux, MEL_BANDS};
use serde_json::json;
use strength::{Levelled, Strength};
use sustain::Sustain;
pub use tempo::TempoCandidate;

/// Version of the stored numbers of this family.
pub const VERSION: u32 = 1;

/// Frames per second of the input: 22 050 Hz and a hop of 441.
pub const FRAMES_PER_SECOND: f64 = 50.0;

/// Half width of the local mean that is removed from onset functions, seconds.
const HALF_WIDTH_S: f64 = 0.4;
/// Weights of the bands for beats, the lowest first: bass and drum tell the beat from the off-beat.
const BEAT_WEIGHTS: [f32; BANDS] = [2.0, 1.0, 0.5, 0.5];

/// Weights of the bands for tempo: their mean.
const WHOLE: [f32; BANDS] = [1.0 / BANDS as f32; BANDS];

/// The descriptors, in storage order.
pub const FIELDS: &[Field] = &[
    Field {
        name: "bpm",
        kind: Kind::Real,
        unit: "beats per minute",
        range: "about 30..=300; null without a pulse",
        reference: "generalised autocorrelation and pulse trains, Percival & Tzanetakis 2014; \
                    refined by long lags",
    },
    Field {
        name: "bpm_confidence",
        kind: Kind::Real,
        unit: "",
        range: "0..=1; null without a pulse",
        reference: "clarity of the pulse and share of the chosen tempo",
    },
    Field {
        name: "bpm_candidates",
        kind: Kind::Json,
        unit: "beats per minute",
        range: "[{bpm, share}], the chosen tempo first; shares sum to 1",
        reference: "comb score, pulse votes and priors",
    },
    Field {
        name: "tempo_stability",
        kind: Kind::Real,
        unit: "",
        range: "0..=1; null below 30 s of beats",
        reference: "1 - IQR/median of the beat period over spans of 20 s",
    },
    Field {
        name: "tempo_kind",
        kind: Kind::Text,
        unit: "",
        range: "constant, variable",
        reference: "constant from a stability of 0.99",
    },
    Field {
        name: "beats",
        kind: Kind::Times,
        unit: "seconds",
        range: "0..=duration, ascending; null without a pulse",
        reference: "dynamic programming, Ellis 2007",
    },
    Field {
        name: "downbeats",
        kind: Kind::Times,
        unit: "seconds",
        range: "0..=duration, ascending; null where unknown",
        reference: "not estimated by this version",
    },
    Field {
        name: "onset_count",
        kind: Kind::Integer,
        unit: "",
        range: ">= 0",
        reference: "peaks of the SuperFlux onset function, Böck & Widmer 2013",
    },
    Field {
        name: "onset_rate_hz",
        kind: Kind::Real,
        unit: "per second",
        range: "0..=17; null for an empty file",
        reference: "onset_count over the duration",
    },
    Field {
        name: "onsets",
        kind: Kind::Times,
        unit: "seconds",
        range: "0..=duration, ascending, 60 ms apart or more",
        reference: "Böck, Krebs & Schedl 2012",
    },
];

/// Rhythm of one track.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rhythm {
    /// Tempo in beats per minute; `None` without a clear pulse, as in silence, noise or speech.
    pub bpm: Option<f64>,
    /// Confidence in `bpm`, 0..=1; monotone, not calibrated.
    pub bpm_confidence: Option<f64>,
    /// The chosen tempo first, then alternatives by share; empty without a pulse.
    pub bpm_candidates: Vec<TempoCandidate>,
    /// 1 - IQR/median of the local beat period, 0..=1; `None` below two spans of 20 s.
    pub tempo_stability: Option<f64>,
    /// `"constant"` or `"variable"`; `None` where the stability is.
    pub tempo_kind: Option<&'static str>,
    /// Times of the beats in seconds, ascending; `None` without a pulse.
    pub beats: Option<Vec<f64>>,
    /// Times of the first beats of bars; `None`: not estimated.
    pub downbeats: Option<Vec<f64>>,
    /// Onsets a second; `None` for an empty file.
    pub onset_rate_hz: Option<f64>,
    /// Times of the onsets in seconds, ascending.
    pub onsets: Vec<f64>,
}

impl Rhythm {
    /// The values, in the order of [`FIELDS`].
    pub fn values(&self) -> Vec<Value> {
        vec![
            Value::Real(self.bpm),
            Value::Real(self.bpm_confidence),
            Value::Json(self.candidates_json()),
            Value::Real(self.tempo_stability),
            Value::Text(self.tempo_kind.map(str::to_owned)),
            Value::Times(self.beats.clone()),
            Value::Times(self.downbeats.clone()),
            Value::Integer(Some(self.onsets.len() as i64)),
            Value::Real(self.onset_rate_hz),
            Value::Times(Some(self.onsets.clone())),
        ]
    }

    fn candidates_json(&self) -> Option<serde_json::Value> {
        let rows = self.bpm_candidates.iter().map(|c| json!({ "bpm": c.bpm, "share": c.share }));
        (!self.bpm_candidates.is_empty()).then(|| rows.collect())
    }
}

/// Collects the onset functions of a track and estimates its rhythm at the end.
#[derive(Debug, Default)]
pub struct Tracker {
    flux: Flux,
    sustain: Sustain,
    kept: Kept,
}

impl Tracker {
    /// An empty track.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the next frame: 40 log-mel values ln(1 + 1000 M), [`FRAMES_PER_SECOND`] a second, frame
    /// k centred on k / 50 s.
    pub fn push(&mut self, log_mel: &[f32; MEL_BANDS]) {
        self.sustain.push(log_mel);
        let rise = self.flux.push(log_mel);
        self.kept.push(rise);
    }

    /// Estimates the rhythm; `duration_s` is the length of the track in seconds.
    pub fn finish(self, duration_s: f64) -> Rhythm {
        let mut rhythm = Rhythm::default();
        let onsets = onsets::count(&self.kept);
        self.find_beats(onsets, duration_s, &mut rhythm);
        rhythm.onsets = self.attack_times(onsets::frames(&self.kept, onsets), duration_s);
        rhythm.onset_rate_hz = (duration_s > 0.0).then(|| rhythm.onsets.len() as f64 / duration_s);
        rhythm
    }

    /// Seconds of the attacks behind peaks at fractional `frames`, within 0..=`duration_s`.
    fn attack_times(&self, frames: Vec<f64>, duration_s: f64) -> Vec<f64> {
        let time = |frame| frame / FRAMES_PER_SECOND + attack::lead_s(&self.kept, frame);
        let inside = |time: &f64| (0.0..=duration_s).contains(time);
        frames.into_iter().map(time).filter(inside).collect()
    }

    fn find_beats(&self, onsets: usize, duration_s: f64, rhythm: &mut Rhythm) {
        let pulse = |tempo: &tempo::Tempo| {
            tempo.clarity.is_pulse(self.kept.len(), onsets, self.sustain.is_sustained())
        };
        let Some(tempo) = self.tempo().filter(pulse) else { return };
        let mut whole = Levelled::new(&self.kept, WHOLE, HALF_WIDTH_S);
        let curve = Curve::follow(&mut whole, tempo.bpm);
        let mut strength = Levelled::new(&self.kept, BEAT_WEIGHTS, HALF_WIDTH_S);
        let frames = beats::track(&mut strength, &curve);
        let beats = self.attack_times(frames, duration_s);
        rhythm.tempo_stability = stability::stability(&beats);
        rhythm.tempo_kind = rhythm.tempo_stability.map(|stability| {
            if curve.is_constant() && stability::is_constant(stability) {
                "constant"
            } else {
                "variable"
            }
        });
        rhythm.bpm = Some(tempo.bpm);
        rhythm.bpm_confidence = Some(tempo.confidence);
        rhythm.bpm_candidates = tempo.candidates;
        rhythm.beats = Some(beats);
    }

    fn tempo(&self) -> Option<tempo::Tempo> {
        let levelled = |weights| Levelled::new(&self.kept, weights, HALF_WIDTH_S);
        let mut whole = levelled(WHOLE);
        let mut bands: [Levelled<'_>; BANDS] = std::array::from_fn(|band| {
            let mut weights = [0.0; BANDS];
            weights[band] = 1.0;
            levelled(weights)
        });
        let mut parts: Vec<&mut dyn Strength> =
            bands.iter_mut().map(|band| band as &mut dyn Strength).collect();
        tempo::estimate(&mut whole, &mut parts)
    }

    /// Upper bound of the heap bytes held for `frames` frames, `finish` and its result included.
    pub fn footprint(frames: u64) -> u64 {
        /// Scratch of fixed size: blocks, windows, spectra.
        const FIXED: u64 = 2 << 20;
        /// Tenths of a byte: back-pointers, beats every five frames at most (while they are traced
        /// and as times), later beats and onsets every three frames at most.
        const PER_FRAME: u64 = 44;
        Kept::footprint(frames) + PER_FRAME * frames / 10 + FIXED
    }
}
