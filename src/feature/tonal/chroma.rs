//! Pitch classes: folding of fine histograms and statistics of chromas.

use std::f64::consts::PI;

/// Pitch classes, C first.
pub(super) const CLASSES: usize = 12;

/// Fine pitch classes, a third of a semitone each; class 0 is centred on C.
pub(super) const FINE: usize = 36;

/// Strength of each pitch class, C first, >= 0.
pub(super) type Chroma = [f32; CLASSES];

/// The weights by which fine classes count for a pitch class, at a given tuning.
pub(super) struct Folding {
    class: [usize; FINE],
    weight: [f32; FINE],
}

impl Folding {
    /// `tuning` in semitones. Weights are cos² of the distance from the semitone's centre: 1 in
    /// tune, 0 half way between two semitones.
    pub(super) fn new(tuning: f64) -> Self {
        let mut folding = Self { class: [0; FINE], weight: [0.0; FINE] };
        for (fine, (class, weight)) in folding.class.iter_mut().zip(&mut folding.weight).enumerate()
        {
            let note = fine as f64 * CLASSES as f64 / FINE as f64 - tuning;
            *class = note.round().rem_euclid(CLASSES as f64) as usize % CLASSES;
            *weight = (PI * (note - note.round())).cos().powi(2) as f32;
        }
        folding
    }

    /// Chroma, largest class 1; all zero for an empty histogram.
    pub(super) fn fold(&self, fine: &[u8; FINE]) -> Chroma {
        let mut chroma = [0.0; CLASSES];
        for ((&amount, &class), &weight) in fine.iter().zip(&self.class).zip(&self.weight) {
            chroma[class] += f32::from(amount) * weight;
        }
        to_maximum(chroma)
    }
}

/// Scaled to a largest class of 1; all zero stays.
pub(super) fn to_maximum(chroma: Chroma) -> Chroma {
    let most = chroma.iter().copied().fold(0.0_f32, f32::max);
    if most > 0.0 { chroma.map(|c| c / most) } else { chroma }
}

/// The sum of chromas, in `f64`.
#[derive(Clone, Debug, Default)]
pub(super) struct ChromaSum {
    sum: [f64; CLASSES],
    count: u64,
}

impl ChromaSum {
    pub(super) fn add(&mut self, chroma: &Chroma) {
        self.sum.iter_mut().zip(chroma).for_each(|(sum, &c)| *sum += f64::from(c));
        self.count += 1;
    }

    /// Number of chromas added.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// The mean scaled to a largest class of 1; `None` when nothing sounded.
    pub(super) fn mean(&self) -> Option<Chroma> {
        let most = self.sum.iter().copied().fold(0.0_f64, f64::max);
        (most > 0.0).then(|| self.sum.map(|c| (c / most) as f32))
    }
}

/// Number of pitch classes that matter, 1..=12: the exponential of the entropy of the shares.
pub(super) fn effective_classes(chroma: &Chroma) -> f64 {
    let sum: f64 = chroma.iter().copied().map(f64::from).sum();
    let entropy: f64 = chroma
        .iter()
        .map(|&c| f64::from(c) / sum.max(f64::MIN_POSITIVE))
        .filter(|&share| share > 0.0)
        .map(|share| -share * share.ln())
        .sum();
    entropy.exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counting_classes() {
        let mut chroma = [0.0; CLASSES];
        chroma[4] = 0.3;
        assert!((effective_classes(&chroma) - 1.0).abs() < 1e-9);
        chroma[9] = 0.3;
        assert!((effective_classes(&chroma) - 2.0).abs() < 1e-6);
        assert!((effective_classes(&[0.1; CLASSES]) - 12.0).abs() < 1e-5);
    }

    #[test]
    fn nothing_has_no_mean() {
        let mut sum = ChromaSum::default();
        assert!(sum.mean().is_none());
        sum.add(&[0.0; CLASSES]);
        assert!(sum.mean().is_none());
        assert_eq!(sum.count(), 1);
    }
}
