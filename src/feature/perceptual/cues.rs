//! What the scores are made of.

use super::pulse::Pulse;
use super::seconds::Second;
use super::totals::Totals;
use super::voice::{Voice, VoiceCues};
use crate::feature::extractor::Heard;
use crate::feature::rhythm::TempoCandidate;
use crate::feature::tonal::{KeyEstimate, Mode};
use serde_json::{Value, json};

/// Seconds of sound, silence left out, below which nothing is said of a track.
const LEAST_SECONDS: usize = 3;

/// A tempo in the middle of music, in beats per minute.
const USUAL_BPM: f64 = 110.0;

/// Share of the seconds, the quietest ones, in which room and audience are listened for.
const QUIET: f64 = 0.2;

/// The cues of a track; where one is unknown, its terms leave the scores alone.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Cues {
    /// Integrated loudness, in LUFS.
    pub(super) loudness_lufs: Option<f64>,
    /// Onsets a second.
    pub(super) onset_rate_hz: f64,
    /// Mean centroid of the mel magnitudes, in hertz.
    pub(super) centroid_hz: f64,
    /// Level of the mean over the mean level, in decibels, >= 0.
    pub(super) dynamics_db: f64,
    /// Roughness of the logarithmic spectrum across bands, in decibels.
    pub(super) texture_db: f64,
    /// Share of the compressed spectrum that rises from frame to frame.
    pub(super) rising_share: f64,
    /// Mean share of modulation at 3-6 Hz.
    pub(super) syllables: f64,
    /// Mean share of frames that are pauses.
    pub(super) pauses: f64,
    /// Mean steady noise of the quietest fifth of the seconds, 0..=1.
    pub(super) hiss: f64,
    /// The band of the voice, where it moves.
    pub(super) voice: Option<VoiceCues>,
    /// Onsets on beats, where there are beats.
    pub(super) pulse: Option<Pulse>,
    /// Tempo in beats per minute.
    pub(super) bpm: Option<f64>,
    /// Mean of log2(bpm / 110) over the candidate tempi, by share: the octave is often open.
    pub(super) tempo_octaves: Option<f64>,
    /// Expected F-measure of the beats, 0 without a pulse.
    pub(super) beat_confidence: f64,
    /// 1 - IQR/median of the local tempi.
    pub(super) tempo_stability: Option<f64>,
    /// Probability of a major key less that of a minor one, -1..=1.
    pub(super) major: Option<f64>,
}

impl Cues {
    /// `None` for silence and below three seconds of sound.
    pub(super) fn gather(
        totals: &Totals,
        seconds: &[Second],
        voice: &Voice,
        pulse: Option<Pulse>,
        heard: &Heard<'_>,
    ) -> Option<Self> {
        if seconds.len() < LEAST_SECONDS {
            return None;
        }
        let rhythm = heard.rhythm;
        Some(Self {
            loudness_lufs: heard.loudness.loudness_lufs,
            onset_rate_hz: rhythm.onset_rate_hz.unwrap_or(0.0),
            centroid_hz: totals.centroid_hz(),
            dynamics_db: totals.dynamics_db(),
            texture_db: totals.texture_db(),
            rising_share: totals.rising_share(),
            syllables: mean(seconds, |second| second.syllables),
            pauses: mean(seconds, |second| second.pauses),
            hiss: quiet_hiss(seconds),
            voice: voice.finish(),
            pulse,
            bpm: rhythm.bpm,
            tempo_octaves: tempo_octaves(&rhythm.bpm_candidates),
            beat_confidence: rhythm.beat_confidence.unwrap_or(0.0),
            tempo_stability: rhythm.tempo_stability,
            major: heard.tonal.key.as_ref().map(major),
        })
    }

    /// For those who would weigh them otherwise.
    pub(super) fn json(&self) -> Value {
        let rounded = |x: f64| (x * 1e4).round() / 1e4;
        let voice = self.voice;
        let pulse = self.pulse;
        json!({
            "centroid_hz": rounded(self.centroid_hz),
            "dynamics_db": rounded(self.dynamics_db),
            "texture_db": rounded(self.texture_db),
            "rising_share": rounded(self.rising_share),
            "syllables": rounded(self.syllables),
            "pauses": rounded(self.pauses),
            "hiss": rounded(self.hiss),
            "own_syllables": voice.map(|voice| rounded(voice.own_syllables)),
            "log_depth": voice.map(|voice| rounded(voice.log_depth)),
            "own_motion": voice.map(|voice| rounded(voice.own_motion)),
            "pulse_clarity": pulse.map(|pulse| rounded(pulse.clarity)),
            "bass_on_beat": pulse.map(|pulse| rounded(pulse.bass_on_beat)),
            "beat_regularity": pulse.map(|pulse| rounded(pulse.regularity)),
            "tempo_octaves": self.tempo_octaves.map(rounded),
            "major": self.major.map(rounded),
        })
    }
}

fn mean(seconds: &[Second], of: impl Fn(&Second) -> f32) -> f64 {
    let sum: f64 = seconds.iter().map(|second| f64::from(of(second))).sum();
    sum / seconds.len().max(1) as f64
}

fn quiet_hiss(seconds: &[Second]) -> f64 {
    let mut by_level: Vec<Second> = seconds.to_vec();
    by_level.sort_by(|a, b| a.level_db.total_cmp(&b.level_db));
    let quiet = (by_level.len() as f64 * QUIET).ceil() as usize;
    mean(&by_level[..quiet], |second| second.hiss)
}

fn tempo_octaves(candidates: &[TempoCandidate]) -> Option<f64> {
    let shares: f64 = candidates.iter().map(|candidate| candidate.share).sum();
    let octaves = |candidate: &TempoCandidate| candidate.share * (candidate.bpm / USUAL_BPM).log2();
    (shares > 0.0).then(|| candidates.iter().map(octaves).sum::<f64>() / shares)
}

fn major(key: &KeyEstimate) -> f64 {
    let probability = |mode| -> f64 {
        let of_mode = key.candidates.iter().filter(|candidate| candidate.key.mode() == mode);
        of_mode.map(|candidate| candidate.probability).sum()
    };
    let (major, minor) = (probability(Mode::Major), probability(Mode::Minor));
    if major + minor > 0.0 { (major - minor) / (major + minor) } else { 0.0 }
}
