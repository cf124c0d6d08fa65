//! What is known of the tonality of a track, and how it is stored.

use serde_json::json;

use super::chord::ChordEvent;
use super::chords::Chords;
use super::chroma::Chroma;
use super::estimate::KeyEstimate;
use super::sections::{self, KeySection};
use super::tonnetz::tonnetz;
use super::tuning::Tuning;
use crate::feature::catalogue::{Field, Kind, Value};

/// The descriptors, in storage order.
pub const FIELDS: &[Field] = &[
    Field {
        name: "key",
        kind: Kind::Text,
        unit: "",
        range: "C major .. B minor, 24 names with sharps; undefined for silence, noise, drums, one tone",
        reference: "learned profile of chroma, chords and ending, weighed against the bgate templates \
                    (Faraldo et al., ECIR 2016); models/key",
    },
    Field {
        name: "key_camelot",
        kind: Kind::Text,
        unit: "",
        range: "1A .. 12B",
        reference: "Camelot notation of key: C major = 8B, A minor = 8A (Mixed In Key)",
    },
    Field {
        name: "key_openkey",
        kind: Kind::Text,
        unit: "",
        range: "1d .. 12m",
        reference: "Open Key notation of key: C major = 1d, A minor = 1m (Traktor)",
    },
    Field {
        name: "key_confidence",
        kind: Kind::Real,
        unit: "",
        range: "0..=1",
        reference: "probability that key is exactly right, calibrated (models/key)",
    },
    Field {
        name: "key_candidates",
        kind: Kind::Json,
        unit: "",
        range: "the 3 most probable keys, best first: [{key, camelot, probability}]",
        reference: "softmax over the scores of the 24 keys",
    },
    Field {
        name: "tuning_hz",
        kind: Kind::Real,
        unit: "Hz",
        range: "427.5..=452.9; undefined where there are no tones",
        reference: "frequency of A4: circular mean of the fractional pitch of all peaks of 53-998 Hz \
                    (Dressler and Streich, ISMIR 2007)",
    },
    Field {
        name: "tuning_cents",
        kind: Kind::Real,
        unit: "cent",
        range: "-50..=50",
        reference: "deviation of tuning_hz from 440 Hz",
    },
    Field {
        name: "tuning_confidence",
        kind: Kind::Real,
        unit: "",
        range: "0..=1",
        reference: "length of the mean vector behind tuning_hz: 1 = every peak in tune",
    },
    Field {
        name: "chroma",
        kind: Kind::Vector,
        unit: "",
        range: "12 values 0..=1, C first, the largest 1",
        reference: "mean over audible 200 ms frames of the whitened peak chroma at the track's tuning",
    },
    Field {
        name: "key_strength",
        kind: Kind::Real,
        unit: "",
        range: "-1..=1",
        reference: "correlation of chroma with the bgate template of key, as Essentia's key_strength",
    },
    Field {
        name: "key_sections",
        kind: Kind::Json,
        unit: "s",
        range: "[[start, end, key, confidence]], without gaps; one for a piece in one key",
        reference: "Viterbi over the keys of windows of 15 s, every 3 s",
    },
    Field {
        name: "key_stability",
        kind: Kind::Real,
        unit: "",
        range: "0..=1",
        reference: "share of the time whose section is in key",
    },
    Field {
        name: "chords",
        kind: Kind::Json,
        unit: "s",
        range: "[[start, end, chord]] in Harte's notation (A:min7, C:maj/3, N), without gaps",
        reference: "logistic regression on chroma and bass chroma between beats, Viterbi; models/key",
    },
    Field {
        name: "chord_confidence",
        kind: Kind::Real,
        unit: "",
        range: "0..=1",
        reference: "expected share of the time with the right major or minor triad, calibrated",
    },
    Field {
        name: "chord_changes_per_min",
        kind: Kind::Real,
        unit: "1/min",
        range: ">= 0",
        reference: "changes of root or quality in chords, a minute",
    },
    Field {
        name: "chord_most_common",
        kind: Kind::Text,
        unit: "",
        range: "C:maj .. B:sus4",
        reference: "the chord of chords that sounds longest, inversions counted together",
    },
    Field {
        name: "tonnetz",
        kind: Kind::Vector,
        unit: "",
        range: "6 values: sine and cosine on the circles of fifths and minor thirds (-1..=1) and of major thirds (-0.5..=0.5)",
        reference: "tonal centroid of chroma (Harte et al., AMCMM 2006), as librosa's tonnetz of it",
    },
];

/// The tonality of a track.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tonal {
    /// Key with alternatives; `None` for silence, noise, drums, a single tone or less than 2 s.
    pub key: Option<KeyEstimate>,
    /// Keys in order of time; empty without a key.
    pub sections: Vec<KeySection>,
    /// Chords; `None` without a key.
    pub chords: Option<Chords>,
    /// Concert pitch; `None` where there are no tones.
    pub tuning: Option<Tuning>,
    /// Mean chroma, C first, the largest class 1; `None` where there are no tones.
    pub chroma: Option<Chroma>,
}

impl Tonal {
    /// The values in the order of [`FIELDS`].
    pub fn values(&self) -> Vec<Value> {
        let (key, chords) = (self.key.as_ref(), self.chords.as_ref());
        let name = key.map(KeyEstimate::key);
        vec![
            Value::Text(name.map(|k| k.to_string())),
            Value::Text(name.map(super::Key::camelot)),
            Value::Text(name.map(super::Key::open_key)),
            Value::Real(key.map(|k| k.confidence)),
            Value::Json(key.map(candidates)),
            Value::Real(self.tuning.map(|t| t.hz())),
            Value::Real(self.tuning.map(|t| t.cents())),
            Value::Real(self.tuning.map(|t| t.confidence)),
            Value::Vector(self.chroma.map(|c| c.to_vec())),
            Value::Real(key.map(|k| k.strength)),
            Value::Json(key.map(|_| self.sections.iter().map(section).collect())),
            Value::Real(name.map(|key| sections::stability(&self.sections, key))),
            Value::Json(chords.map(|c| c.events.iter().map(event).collect())),
            Value::Real(chords.map(|c| c.confidence)),
            Value::Real(chords.and_then(Chords::changes_per_minute)),
            Value::Text(chords.and_then(Chords::most_common).map(|c| c.to_string())),
            Value::Vector(self.chroma.as_ref().and_then(tonnetz).map(|c| c.to_vec())),
        ]
    }
}

/// Rounded for reading: nothing below a millisecond or a ten-thousandth is known.
fn rounded(value: f64, steps: f64) -> f64 {
    (value * steps).round() / steps
}

fn section(section: &KeySection) -> serde_json::Value {
    let (start, end) = (rounded(section.start_s, 1e3), rounded(section.end_s, 1e3));
    json!([start, end, section.key.to_string(), rounded(section.confidence, 1e4)])
}

fn event(event: &ChordEvent) -> serde_json::Value {
    json!([rounded(event.start_s, 1e3), rounded(event.end_s, 1e3), event.label()])
}

fn candidates(estimate: &KeyEstimate) -> serde_json::Value {
    let rows = estimate.candidates.iter().map(|c| {
        let probability = rounded(c.probability, 1e4);
        json!({"key": c.key.to_string(), "camelot": c.key.camelot(), "probability": probability})
    });
    rows.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A fictive answer with everything in it.
    fn known() -> Tonal {
        let mut scores = [-4.0; 24];
        scores[0] = -0.1;
        let key = KeyEstimate::new(&scores, &[0.8; 24]);
        let section =
            KeySection { start_s: 0.0, end_s: 9.5, key: key.key(), confidence: key.confidence };
        let events = vec![ChordEvent { start_s: 0.0, end_s: 9.5, chord: None }];
        Tonal {
            key: Some(key),
            sections: vec![section],
            chords: Some(Chords { events, confidence: 0.3 }),
            tuning: Some(Tuning { semitones: 0.1, confidence: 0.5 }),
            chroma: Some([0.5; 12]),
        }
    }

    #[test]
    fn values_fit_the_catalogue() {
        for tonal in [known(), Tonal::default()] {
            let kinds: Vec<Kind> = tonal.values().iter().map(Value::kind).collect();
            let declared: Vec<Kind> = FIELDS.iter().map(|f| f.kind).collect();
            assert_eq!(kinds, declared);
        }
        let undefined = Tonal::default().values();
        assert!(undefined.iter().zip(FIELDS).all(|(v, f)| *v == Value::undefined(f.kind)));
    }

    #[test]
    fn json_has_the_documented_shape() {
        let values = known().values();
        let json = |name: &str| {
            let at = FIELDS.iter().position(|f| f.name == name).unwrap();
            let Value::Json(Some(json)) = &values[at] else { panic!("{name} is no JSON") };
            json.clone()
        };
        assert_eq!(json("key_candidates")[0]["key"], "C major");
        assert_eq!(json("key_candidates")[0]["camelot"], "8B");
        assert_eq!(json("chords"), json!([[0.0, 9.5, "N"]]));
        assert_eq!(json("key_sections")[0][2], "C major");
    }
}
