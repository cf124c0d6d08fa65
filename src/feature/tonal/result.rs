//! What is known of the tonality of a track, and how it is stored.

use serde_json::json;

use super::chroma::Chroma;
use super::estimate::KeyEstimate;
use super::tuning::Tuning;
use crate::feature::catalogue::{Field, Kind, Value};

/// The descriptors, in storage order.
pub const FIELDS: &[Field] = &[
    Field {
        name: "key",
        kind: Kind::Text,
        unit: "",
        range: "C major .. B minor, 24 names with sharps; undefined for silence, noise, drums, one tone",
        reference: "whitened peak chroma of 53-998 Hz against the bgate templates (Faraldo et al., ECIR 2016)",
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
        reference: "probability of key among the 24 keys",
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
        reference: "correlation of chroma with the template of key, as Essentia's key_strength",
    },
];

/// The tonality of a track.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tonal {
    /// Key with alternatives; `None` for silence, noise, drums, a single tone or less than 2 s.
    pub key: Option<KeyEstimate>,
    /// Concert pitch; `None` where there are no tones.
    pub tuning: Option<Tuning>,
    /// Mean chroma, C first, the largest class 1; `None` where there are no tones.
    pub chroma: Option<Chroma>,
}

impl Tonal {
    /// The values in the order of [`FIELDS`].
    pub fn values(&self) -> Vec<Value> {
        let key = self.key.as_ref();
        let name = key.map(KeyEstimate::key);
        vec![
            Value::Text(name.map(|k| k.to_string())),
            Value::Text(name.map(super::Key::camelot)),
            Value::Text(name.map(super::Key::open_key)),
            Value::Real(key.map(KeyEstimate::confidence)),
            Value::Json(key.map(candidates)),
            Value::Real(self.tuning.map(|t| t.hz())),
            Value::Real(self.tuning.map(|t| t.cents())),
            Value::Real(self.tuning.map(|t| t.confidence)),
            Value::Vector(self.chroma.map(|c| c.to_vec())),
            Value::Real(key.map(|k| k.strength)),
        ]
    }
}

fn candidates(estimate: &KeyEstimate) -> serde_json::Value {
    let rows = estimate.candidates.iter().map(|c| {
        let probability = (c.probability * 1e4).round() / 1e4;
        json!({"key": c.key.to_string(), "camelot": c.key.camelot(), "probability": probability})
    });
    rows.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_fit_the_catalogue() {
        let chroma = [1.0, 0.0, 0.4, 0.0, 0.6, 0.3, 0.0, 0.8, 0.0, 0.4, 0.0, 0.3];
        let tuning = Tuning { semitones: 0.1, confidence: 0.5 };
        let key = Some(KeyEstimate::from_chroma(&chroma));
        let known = Tonal { key, tuning: Some(tuning), chroma: Some(chroma) };
        for tonal in [known.clone(), Tonal::default()] {
            let kinds: Vec<Kind> = tonal.values().iter().map(Value::kind).collect();
            let declared: Vec<Kind> = FIELDS.iter().map(|f| f.kind).collect();
            assert_eq!(kinds, declared);
        }
        let undefined = Tonal::default().values();
        assert!(undefined.iter().zip(FIELDS).all(|(v, f)| *v == Value::undefined(f.kind)));
        let Value::Json(Some(list)) = &known.values()[4] else { panic!("no candidates") };
        assert_eq!(list[0]["key"], "C major");
        assert_eq!(list[0]["camelot"], "8B");
    }
}
