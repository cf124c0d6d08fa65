//! The rules behind the beat network: tempo, pulse, confidences.

use super::ModelError;
use serde::Deserialize;

/// Features of a tempo, of a pulse, and of the two confidences.
pub const TEMPO_FEATURES: usize = 16;
/// Features that tell a pulse from speech, noise and drones.
pub const PULSE_FEATURES: usize = 6;
/// Features of the confidence in a tempo.
pub const TEMPO_CONFIDENCE_FEATURES: usize = 3;
/// Features of the confidence in beats.
pub const BEAT_CONFIDENCE_FEATURES: usize = 4;

/// Fitted numbers, as in `models/beat/rules.json`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct BeatRules {
    /// Utility of a tempo candidate.
    pub tempo: Linear<TEMPO_FEATURES>,
    /// Whether there is a pulse.
    pub pulse: Linear<PULSE_FEATURES>,
    /// Whether the tempo is right.
    pub tempo_confidence: Linear<TEMPO_CONFIDENCE_FEATURES>,
    /// How good the beats are.
    pub beat_confidence: Linear<BEAT_CONFIDENCE_FEATURES>,
}

/// A weighted sum of standardised features.
#[derive(Clone, Debug, PartialEq)]
pub struct Linear<const N: usize> {
    mean: [f64; N],
    scale: [f64; N],
    weights: [f64; N],
    bias: f64,
    /// Factor of the utility before it becomes a share.
    pub sharpness: f64,
}

impl<const N: usize> Linear<N> {
    /// Bias and weighted, standardised `values`.
    pub fn value(&self, values: &[f64; N]) -> f64 {
        let parts = self.mean.iter().zip(&self.scale).zip(&self.weights).zip(values);
        self.bias + parts.map(|(((mean, scale), w), x)| (x - mean) / scale * w).sum::<f64>()
    }

    /// The logistic function of [`Self::value`], 0..=1.
    pub fn probability(&self, values: &[f64; N]) -> f64 {
        1.0 / (1.0 + (-self.value(values)).exp())
    }
}

impl<'de, const N: usize> Deserialize<'de> for Linear<N> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Plain {
            mean: Vec<f64>,
            scale: Vec<f64>,
            weights: Vec<f64>,
            bias: f64,
            sharpness: Option<f64>,
        }
        let plain = Plain::deserialize(deserializer)?;
        let array = |values: Vec<f64>| {
            <[f64; N]>::try_from(values).map_err(|values| {
                serde::de::Error::custom(format!("{} numbers for {N} features", values.len()))
            })
        };
        let scale = array(plain.scale)?;
        if scale.iter().any(|&scale| scale <= 0.0) {
            return Err(serde::de::Error::custom("a scale that is not positive"));
        }
        Ok(Self {
            mean: array(plain.mean)?,
            scale,
            weights: array(plain.weights)?,
            bias: plain.bias,
            sharpness: plain.sharpness.unwrap_or(1.0),
        })
    }
}

impl BeatRules {
    /// Parses the JSON file.
    pub fn parse(file: &[u8]) -> Result<Self, ModelError> {
        serde_json::from_slice(file)
            .map_err(|e| ModelError::Malformed { name: "beat-rules", reason: e.to_string() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_a_standardised_sum() {
        let text = r#"{"mean":[1,2],"scale":[2,4],"weights":[3,-1],"bias":0.5}"#;
        let rule: Linear<2> = serde_json::from_str(text).unwrap();
        assert!((rule.value(&[3.0, 6.0]) - 2.5).abs() < 1e-12);
        assert!((rule.probability(&[1.0, 4.0]) - 0.5).abs() < 1e-12);
        assert!(serde_json::from_str::<Linear<3>>(text).is_err());
        assert!(serde_json::from_str::<Linear<2>>(&text.replace("[2,4]", "[0,4]")).is_err());
    }
}
