//! What is known of the rhythm of a track.

use super::tempi::TempoCandidate;
use crate::feature::catalogue::Value;
use serde_json::json;

/// Rhythm of one track. Without a pulse, as in silence, noise or speech, all but the onsets is
/// unknown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rhythm {
    /// Tempo in beats per minute.
    pub bpm: Option<f64>,
    /// Probability that a listener taps this tempo, within 4 %; calibrated.
    pub bpm_confidence: Option<f64>,
    /// The chosen tempo first, then alternatives by share; empty without a pulse.
    pub bpm_candidates: Vec<TempoCandidate>,
    /// 1 - IQR/median of the local tempi, 0..=1; `None` below two spans of 20 s.
    pub tempo_stability: Option<f64>,
    /// `"constant"` or `"variable"`.
    pub tempo_kind: Option<&'static str>,
    /// Times of the beats in seconds, ascending.
    pub beats: Option<Vec<f64>>,
    /// Times of the first beats of bars in seconds, ascending.
    pub downbeats: Option<Vec<f64>>,
    /// Onsets a second; `None` for an empty file.
    pub onset_rate_hz: Option<f64>,
    /// Times of the onsets in seconds, ascending.
    pub onsets: Vec<f64>,
    /// Expected F-measure of the beats at 70 ms, 0..=1; calibrated.
    pub beat_confidence: Option<f64>,
    /// Beats a bar, 2..=7.
    pub metre: Option<u8>,
    /// Tempo in BPM every 10 s from the first beat on, each over 20 s.
    pub tempo_curve: Option<Vec<f32>>,
    /// Tempo in BPM of the steady grid through all beats; `None` unless the tempo is constant.
    pub grid_bpm: Option<f64>,
    /// First beat of that grid, seconds.
    pub grid_offset_s: Option<f64>,
}

impl Rhythm {
    /// Upper bound of the heap bytes of the rhythm of `frames` frames: onsets every three frames at
    /// most, beats every eight, bars of two.
    pub(crate) fn footprint(frames: u64) -> u64 {
        size_of::<f64>() as u64 * (frames / 3 + frames / 8 + frames / 16 + 64)
    }

    /// The values, in the order of [`super::FIELDS`].
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
            Value::Real(self.beat_confidence),
            Value::Integer(self.metre.map(i64::from)),
            Value::Vector(self.tempo_curve.clone()),
            Value::Real(self.grid_bpm),
            Value::Real(self.grid_offset_s),
        ]
    }

    fn candidates_json(&self) -> Option<serde_json::Value> {
        let rounded = |x: f64| (x * 1000.0).round() / 1000.0;
        let row = |c: &TempoCandidate| json!({ "bpm": rounded(c.bpm), "share": rounded(c.share) });
        (!self.bpm_candidates.is_empty()).then(|| self.bpm_candidates.iter().map(row).collect())
    }
}
