//! From scores of keys to an answer with doubt.

use super::calibration;
use super::key::Key;
use super::key_model::KeyScores;

/// How many alternatives are given.
const CANDIDATES: usize = 3;

/// A key and how sure it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candidate {
    /// The key.
    pub key: Key,
    /// Its probability, 0..=1; those of all 24 keys sum to 1.
    pub probability: f64,
}

/// The key of a piece of music.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyEstimate {
    /// The most probable keys, best first.
    pub candidates: [Candidate; CANDIDATES],
    /// Correlation of the chroma with the template of the best key, −1..=1.
    pub strength: f64,
    /// Probability that the first candidate is right, 0..=1, calibrated on labelled music.
    pub confidence: f64,
}

impl KeyEstimate {
    /// From log probabilities and correlations with the templates, both by [`Key::index`].
    pub(super) fn new(scores: &KeyScores, correlations: &KeyScores) -> Self {
        let candidates = best(&scores.map(f64::exp));
        let strength = correlations[candidates[0].key.index()];
        let confidence = calibration::key_confidence(candidates[0].probability);
        Self { candidates, strength, confidence }
    }

    /// The most probable key.
    pub fn key(&self) -> Key {
        self.candidates[0].key
    }
}

/// The most probable keys, best first; equal ones in the order of [`Key::index`].
fn best(probabilities: &[f64; Key::COUNT]) -> [Candidate; CANDIDATES] {
    let mut all = [Candidate { key: Key::from_index(0), probability: 0.0 }; Key::COUNT];
    for (candidate, (key, &probability)) in all.iter_mut().zip(Key::all().zip(probabilities)) {
        *candidate = Candidate { key, probability };
    }
    all.sort_by(|a, b| b.probability.total_cmp(&a.probability));
    std::array::from_fn(|rank| all[rank])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn candidates_are_ordered() {
        let mut scores = [(0.01_f64).ln(); Key::COUNT];
        (scores[21], scores[0], scores[4]) = ((0.5_f64).ln(), (0.2_f64).ln(), (0.1_f64).ln());
        let estimate = KeyEstimate::new(&scores, &[0.7; Key::COUNT]);
        assert_eq!(estimate.key().to_string(), "A minor");
        let keys = estimate.candidates.map(|c| c.key.to_string());
        assert_eq!(keys, ["A minor", "C major", "E major"]);
        assert!((estimate.candidates[1].probability - 0.2).abs() < 1e-12);
    }
}
