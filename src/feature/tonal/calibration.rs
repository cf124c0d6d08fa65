//! Confidences that mean what they say.
//!
//! Both curves are logistic with two parameters, fitted by `models/key/calibrate.py`; its report
//! holds the reliability tables.

/// Probability that a key is exactly right, from the model's own probability of it.
pub(super) fn key_confidence(probability: f64) -> f64 {
    logistic(KEY[0] + KEY[1] * logit(probability))
}

/// Expected share of the time with the right triad, from the mean probability of the chosen ones.
pub(super) fn chord_confidence(certainty: f64) -> f64 {
    logistic(CHORD[0] + CHORD[1] * logit(certainty))
}

/// Fitting changed nothing for the better (cross-validated): the model is calibrated as it is.
const KEY: [f64; 2] = [0.0, 1.0];
const CHORD: [f64; 2] = [1.304, 1.207];

fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

fn logit(p: f64) -> f64 {
    let p = p.clamp(1e-6, 1.0 - 1e-6);
    (p / (1.0 - p)).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn confidence_rises_with_certainty_within_bounds() {
        for curve in [key_confidence, chord_confidence] {
            let values: Vec<f64> = (0..=20).map(|i| curve(f64::from(i) / 20.0)).collect();
            assert!(values.windows(2).all(|w| w[0] < w[1]));
            assert!(values.iter().all(|v| (0.0..=1.0).contains(v)));
        }
    }
}
