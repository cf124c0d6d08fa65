//! Energy over the course of a playlist.

use std::str::FromStr;

/// Energy, 0..=1, at points spread evenly over a playlist; straight in between.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve(Vec<f64>);

/// A text that is no curve.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} is no curve; write warmup, peak, wave, cooldown, or 2 to 64 numbers from 0 to 1 such as 0.2,0.8,0.4"
)]
pub struct CurveError {
    /// What was read.
    pub text: String,
}

/// Most points of a curve.
const MOST: usize = 64;

impl Curve {
    /// Energy at `t`, 0 (the beginning) to 1 (the end).
    pub fn at(&self, t: f64) -> f64 {
        let last = self.0.len().saturating_sub(1);
        let place = t.clamp(0.0, 1.0) * last as f64;
        let below = (place as usize).min(last);
        let (low, high) = (self.point(below), self.point((below + 1).min(last)));
        low + (high - low) * (place - below as f64)
    }

    fn point(&self, index: usize) -> f64 {
        self.0.get(index).copied().unwrap_or(0.5)
    }
}

impl FromStr for Curve {
    type Err = CurveError;

    fn from_str(text: &str) -> Result<Self, CurveError> {
        let points = match text {
            "warmup" => vec![0.2, 0.45, 0.7],
            "peak" => vec![0.4, 0.7, 0.95, 0.9, 0.5],
            "wave" => vec![0.4, 0.8, 0.45, 0.85, 0.5, 0.9, 0.4],
            "cooldown" => vec![0.8, 0.5, 0.2],
            _ => text.split(',').map_while(|number| number.trim().parse().ok()).collect(),
        };
        let whole = points.len() == text.split(',').count() || !text.contains(',');
        let sound = points.iter().all(|point| (0.0..=1.0).contains(point));
        let sound = sound && whole && (2..=MOST).contains(&points.len());
        if sound { Ok(Self(points)) } else { Err(CurveError { text: text.to_owned() }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_is_straight_between_its_points() {
        let curve: Curve = "0.2, 0.8,0.4".parse().unwrap();
        for (t, energy) in
            [(0.0, 0.2), (0.25, 0.5), (0.5, 0.8), (0.75, 0.6), (1.0, 0.4), (7.0, 0.4)]
        {
            assert!((curve.at(t) - energy).abs() < 1e-12, "{t}");
        }
        for name in ["warmup", "peak", "wave", "cooldown"] {
            assert!(name.parse::<Curve>().is_ok());
        }
    }

    #[test]
    fn nonsense_is_no_curve() {
        for text in ["", "up", "0.5", "0.2,1.4", "0.2,x", "0.2,,0.3", "nan,0.1", &"0,".repeat(99)] {
            assert!(text.parse::<Curve>().is_err(), "{text}");
        }
    }
}
