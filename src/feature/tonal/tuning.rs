//! Concert pitch.

use std::f32::consts::TAU;

/// Offset of the tuning from A4 = 440 Hz.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tuning {
    /// Semitones above (below: negative) the nearest equal-tempered pitch, −0.5..=0.5.
    pub(super) semitones: f64,
    /// Agreement of the peaks, 0 (any tuning is as good) to 1 (all exactly in tune).
    pub confidence: f64,
}

impl Tuning {
    /// Deviation from A4 = 440 Hz in cents, −50..=50.
    pub fn cents(&self) -> f64 {
        100.0 * self.semitones
    }

    /// Frequency of A4 in hertz, 427.5..=452.9.
    pub fn hz(&self) -> f64 {
        440.0 * (self.semitones / 12.0).exp2()
    }
}

/// The mean angle of all fractional pitches, running: 24 bytes whatever the length.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct TuningMean {
    re: f64,
    im: f64,
    weight: f64,
}

impl TuningMean {
    /// Adds one pitch (fractional MIDI note number).
    pub(super) fn add(&mut self, pitch: f32, weight: f32) {
        let (sin, cos) = (TAU * (pitch - pitch.round())).sin_cos();
        self.re += f64::from(weight * cos);
        self.im += f64::from(weight * sin);
        self.weight += f64::from(weight);
    }

    /// The tuning so far; `None` without any pitch.
    ///
    /// Method: circular mean with period one semitone (Dressler and Streich, "Tuning frequency
    /// estimation using circular statistics", ISMIR 2007).
    pub(super) fn tuning(&self) -> Option<Tuning> {
        (self.weight > 0.0).then(|| Tuning {
            semitones: self.im.atan2(self.re) / f64::from(TAU),
            confidence: (self.re.hypot(self.im) / self.weight).min(1.0),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pitches: &[f32]) -> Tuning {
        let mut mean = TuningMean::default();
        for &pitch in pitches {
            mean.add(pitch, 1.0);
        }
        mean.tuning().unwrap()
    }

    #[test]
    fn detuning_is_read_whatever_the_notes() {
        let flat = of(&[59.7, 63.7, 66.7]);
        assert!((flat.cents() + 30.0).abs() < 1e-4 && (flat.confidence - 1.0).abs() < 1e-4);
        let a432 = of(&[69.0 - 0.317667, 57.0 - 0.317667]);
        assert!((a432.hz() - 432.0).abs() < 0.001);
    }

    #[test]
    fn contradiction_has_no_confidence() {
        assert!(of(&[60.0, 60.5]).confidence < 1e-4);
        assert!(TuningMean::default().tuning().is_none());
    }
}
