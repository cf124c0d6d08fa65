//! From scores of keys to an answer with doubt.

use super::chroma::Chroma;
use super::key::Key;
use super::template;

/// Sharpness of the step from correlations to probabilities.
const SHARPNESS: f64 = 12.0;

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
}

impl KeyEstimate {
    pub(super) fn from_chroma(chroma: &Chroma) -> Self {
        let scores = template::correlations(chroma);
        let probabilities = softmax(&scores, SHARPNESS);
        let candidates = best(&probabilities);
        let strength = scores[candidates[0].key.index()];
        Self { candidates, strength }
    }

    /// The most probable key.
    pub fn key(&self) -> Key {
        self.candidates[0].key
    }

    /// Probability that [`Self::key`] is right, 0..=1.
    pub fn confidence(&self) -> f64 {
        self.candidates[0].probability
    }
}

/// Probabilities proportional to e^(sharpness · score).
fn softmax(scores: &[f64; Key::COUNT], sharpness: f64) -> [f64; Key::COUNT] {
    let most = scores.iter().copied().fold(f64::MIN, f64::max);
    let powers = scores.map(|score| (sharpness * (score - most)).exp());
    let sum: f64 = powers.iter().sum();
    powers.map(|power| power / sum)
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
    fn candidates_are_ordered_and_probable() {
        let chroma = [1.0, 0.0, 0.4, 0.0, 0.6, 0.3, 0.0, 0.8, 0.0, 0.4, 0.0, 0.3];
        let estimate = KeyEstimate::from_chroma(&chroma);
        assert_eq!(estimate.key().to_string(), "C major");
        let p = estimate.candidates.map(|c| c.probability);
        assert!(p[0] > p[1] && p[1] > p[2] && p.iter().sum::<f64>() <= 1.0);
    }

    #[test]
    fn equal_scores_share_the_probability() {
        let p = softmax(&[0.2; Key::COUNT], SHARPNESS);
        assert!(p.iter().all(|p| (p - 1.0 / 24.0).abs() < 1e-12));
    }
}
