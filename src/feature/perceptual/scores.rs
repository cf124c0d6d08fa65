//! The scores: one short formula each.

use super::cues::Cues;
use super::voice::VoiceCues;
use crate::feature::catalogue::Value;

/// Centroid of mel magnitudes in the middle of the music these formulas were set on, in hertz.
const USUAL_CENTROID_HZ: f64 = 1_700.0;
/// Onsets a second in the middle of that music.
const USUAL_ONSET_RATE_HZ: f64 = 4.0;
/// Onsets a second beyond which more are not heard as more.
const LARGEST_ONSET_RATE_HZ: f64 = 12.0;

/// Scores of one track, 0..=1 but for `danceability_dfa`; all `None` for silence and below three
/// seconds of sound.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Perceptual {
    /// Loud, dense and bright against soft, sparse and dark.
    pub energy: Option<f64>,
    /// Clear, regular pulse with the bass on it, at a tempo to dance to; 0 without a pulse.
    pub danceability: Option<f64>,
    /// Danceability of Essentia, about 0..=3, higher is steadier.
    pub danceability_dfa: Option<f64>,
    /// Cues of happiness against cues of sadness; `None` also without a key and a tempo.
    pub valence: Option<f64>,
    /// Sparse, dark spectra of single instruments against dense, bright mixtures.
    pub acousticness: Option<f64>,
    /// Absence of what a voice does in its band.
    pub instrumentalness: Option<f64>,
    /// Syllables and pauses without a pulse.
    pub speechiness: Option<f64>,
    /// Steady noise in quiet passages, unsteady tempo.
    pub liveness: Option<f64>,
    /// Share of attacks in the sound.
    pub percussiveness: Option<f64>,
    /// Centroid on a logarithmic scale.
    pub brightness: Option<f64>,
    /// The cues behind the scores.
    pub cues: Option<serde_json::Value>,
}

impl Perceptual {
    pub(super) fn new(cues: Option<Cues>, danceability_dfa: Option<f64>) -> Self {
        let of = |score: fn(&Cues) -> f64| cues.as_ref().map(score);
        Self {
            energy: cues.as_ref().and_then(energy),
            danceability: of(danceability),
            danceability_dfa: danceability_dfa.filter(|_| cues.is_some()),
            valence: cues.as_ref().and_then(valence),
            acousticness: of(acousticness),
            instrumentalness: of(instrumentalness),
            speechiness: of(speechiness),
            liveness: of(liveness),
            percussiveness: of(percussiveness),
            brightness: of(brightness),
            cues: cues.as_ref().map(Cues::json),
        }
    }

    /// The values, in the order of [`super::FIELDS`].
    pub fn values(&self) -> Vec<Value> {
        let scores = [
            self.energy,
            self.danceability,
            self.danceability_dfa,
            self.valence,
            self.acousticness,
            self.instrumentalness,
            self.speechiness,
            self.liveness,
            self.percussiveness,
            self.brightness,
        ];
        let cues = Value::Json(self.cues.clone());
        scores.into_iter().map(Value::Real).chain([cues]).collect()
    }
}

fn logistic(z: f64) -> f64 {
    1.0 / (1.0 + (-z).exp())
}

/// Octaves above the usual centroid.
fn octaves_bright(cues: &Cues) -> f64 {
    (cues.centroid_hz.max(1.0) / USUAL_CENTROID_HZ).log2()
}

/// Onsets a second above the usual.
fn density(cues: &Cues) -> f64 {
    cues.onset_rate_hz.min(LARGEST_ONSET_RATE_HZ) - USUAL_ONSET_RATE_HZ
}

/// Ten LU weigh as much as two and a half octaves of brightness, or more than any density.
fn energy(cues: &Cues) -> Option<f64> {
    let loud = 0.25 * (cues.loudness_lufs? + 14.0);
    let dense = 0.15 * density(cues);
    let bright = 0.5 * octaves_bright(cues);
    let level = -0.1 * (cues.dynamics_db - 2.0);
    Some(logistic(loud + dense + bright + level))
}

fn danceability(cues: &Cues) -> f64 {
    let Some((pulse, bpm)) = cues.pulse.zip(cues.bpm) else { return 0.0 };
    let sure = cues.beat_confidence;
    0.4 * pulse.clarity
        + 0.3 * pulse.regularity * sure
        + 0.2 * pulse.bass_on_beat
        + 0.1 * tempo_fit(bpm)
}

/// 1 in 90..=140 BPM, falling to 0 in half an octave on both sides.
fn tempo_fit(bpm: f64) -> f64 {
    let octaves_off = (90.0 / bpm).log2().max((bpm / 140.0).log2()).max(0.0);
    (1.0 - 2.0 * octaves_off).max(0.0)
}

fn valence(cues: &Cues) -> Option<f64> {
    if cues.major.is_none() && cues.tempo_octaves.is_none() {
        return None;
    }
    let mode = 1.0 * cues.major.unwrap_or(0.0);
    let fast = 0.8 * cues.tempo_octaves.map_or(0.0, |octaves| octaves.clamp(-1.0, 1.0));
    let lively = 0.15 * density(cues);
    let bright = 0.3 * octaves_bright(cues);
    Some(logistic(mode + fast + lively + bright))
}

fn acousticness(cues: &Cues) -> f64 {
    logistic(1.2 * (cues.texture_db - 5.6) - 0.7 * octaves_bright(cues))
}

fn instrumentalness(cues: &Cues) -> f64 {
    let voice = |voice: VoiceCues| {
        voice.own_syllables / 0.2 + voice.own_motion / 0.12 + 0.5 * voice.log_depth - 6.0
    };
    // A sound in which nothing moves has no voice.
    logistic(-cues.voice.map_or(-6.0, voice))
}

fn speechiness(cues: &Cues) -> f64 {
    let syllables = 2.0 * (cues.syllables.max(1e-4) / 0.055).ln();
    let pauses = 10.0 * (cues.pauses - 0.2);
    let pulse = 0.5 - 1.5 * cues.beat_confidence;
    logistic(syllables + pauses + pulse)
}

fn liveness(cues: &Cues) -> f64 {
    let noise = 8.0 * (cues.hiss - 0.25);
    let unsteady = cues.tempo_stability.map_or(0.0, |stability| 4.0 * (1.0 - stability));
    logistic(noise + unsteady)
}

/// One half where 1.6 % of the compressed spectrum is new in every frame.
fn percussiveness(cues: &Cues) -> f64 {
    cues.rising_share / (cues.rising_share + 0.016)
}

/// 0 at 200 Hz, 1 at 8 kHz.
fn brightness(cues: &Cues) -> f64 {
    ((cues.centroid_hz.max(1.0) / 200.0).log2() / 40.0_f64.log2()).clamp(0.0, 1.0)
}
