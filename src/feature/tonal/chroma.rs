//! Pitch classes: folding of pitches and statistics of chromas.

use std::f32::consts::PI;

/// Pitch classes, C first.
pub(super) const CLASSES: usize = 12;

/// Strength of each pitch class, C first, >= 0.
pub(super) type Chroma = [f32; CLASSES];

// MIDI note numbers of the limits. 53 Hz: A1 (55 Hz) peaks in the bin of 53.8 Hz and must count.
const HZ_53: f32 = 32.359;
const HZ_77: f32 = 38.825;
const HZ_222: f32 = 57.157;
const HZ_998: f32 = 83.178;
const HZ_1499: f32 = 90.221;

/// Weight of each further subharmonic: a peak may be the second or third harmonic of a note.
const SUBHARMONIC_DECAY: f32 = 0.6;

/// Twelve log2 3: how far the third harmonic lies above its fundamental, in semitones.
const THIRD_HARMONIC: f32 = 19.019_55;

/// The three chromas of one frame while its peaks are added.
#[derive(Default)]
pub(super) struct Fold {
    /// 53 to 998 Hz.
    pub(super) wide: Chroma,
    /// 77 to 1499 Hz, each peak counted for f, f/2 and f/3.
    pub(super) melody: Chroma,
    /// 53 to 222 Hz.
    pub(super) bass: Chroma,
}

impl Fold {
    /// Adds a peak at `pitch` (MIDI note number) to the class that it belongs to at a tuning in
    /// semitones; the ranges are those of its frequency, whatever the tuning.
    pub(super) fn add(&mut self, pitch: f32, tuning: f32, weight: f32) {
        let (class, closeness) = nearest(pitch - tuning);
        let amount = weight * closeness;
        if (HZ_53..HZ_998).contains(&pitch) {
            self.wide[class] += amount;
            if pitch < HZ_222 {
                self.bass[class] += amount;
            }
        }
        if (HZ_77..HZ_1499).contains(&pitch) {
            self.melody[class] += amount * (1.0 + SUBHARMONIC_DECAY);
            let (class, closeness) = nearest(pitch - tuning - THIRD_HARMONIC);
            self.melody[class] += weight * closeness * SUBHARMONIC_DECAY * SUBHARMONIC_DECAY;
        }
    }
}

/// Pitch class of a pitch and cos² of its distance: 1 in tune, 0 between two semitones.
fn nearest(pitch: f32) -> (usize, f32) {
    let note = pitch.round();
    let class = (note as i32).rem_euclid(CLASSES as i32) as usize;
    (class, (PI * (pitch - note)).cos().powi(2))
}

/// Scaled to a largest class of 1; all zero stays.
pub(super) fn to_maximum(chroma: Chroma) -> Chroma {
    let most = chroma.iter().copied().fold(0.0_f32, f32::max);
    if most > 0.0 { chroma.map(|c| c / most) } else { chroma }
}

/// Values 0..=1 in steps of 1/255.
pub(super) fn to_bytes(chroma: &Chroma) -> [u8; CLASSES] {
    chroma.map(|c| (255.0 * c).round() as u8)
}

/// The sum of chromas, in `f64`.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ChromaSum {
    sum: [f64; CLASSES],
    count: u64,
}

impl ChromaSum {
    /// Adds one chroma.
    pub(super) fn add(&mut self, chroma: &Chroma) {
        self.sum.iter_mut().zip(chroma).for_each(|(sum, &c)| *sum += f64::from(c));
        self.count += 1;
    }

    /// Adds the chromas of another sum.
    pub(super) fn merge(&mut self, other: &Self) {
        self.sum.iter_mut().zip(other.sum).for_each(|(sum, c)| *sum += c);
        self.count += other.count;
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
    f64::from(entropy(chroma)).exp()
}

/// Entropy of the shares in nats, 0..=ln 12; 0 for all zero.
pub(super) fn entropy(chroma: &Chroma) -> f32 {
    let sum = chroma.iter().sum::<f32>().max(f32::MIN_POSITIVE);
    let shares = chroma.iter().map(|c| c / sum).filter(|&share| share > 0.0);
    shares.map(|share| -share * share.ln()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counting_classes() {
        let mut chroma = [0.0; CLASSES];
        chroma[4] = 0.3;
        assert!((effective_classes(&chroma) - 1.0).abs() < 1e-6);
        chroma[9] = 0.3;
        assert!((effective_classes(&chroma) - 2.0).abs() < 1e-5);
        assert!((effective_classes(&[0.1; CLASSES]) - 12.0).abs() < 1e-4);
    }

    #[test]
    fn nothing_has_no_mean() {
        let mut sum = ChromaSum::default();
        assert!(sum.mean().is_none());
        sum.add(&[0.0; CLASSES]);
        assert!(sum.mean().is_none());
        assert_eq!(sum.count(), 1);
    }

    #[test]
    fn a_fifth_harmonic_is_not_a_third_subharmonic() {
        // E6 as third harmonic of A4: class A gets the decayed share, class E the rest.
        let mut fold = Fold::default();
        fold.add(88.0, 0.0, 1.0);
        assert!((fold.melody[4] - 1.6).abs() < 1e-6);
        assert!((fold.melody[9] - 0.36).abs() < 0.01, "{:?}", fold.melody);
    }

    #[test]
    fn ranges_are_those_of_the_frequency_at_any_tuning() {
        for tuning in [-0.45, 0.0, 0.45] {
            let mut fold = Fold::default();
            fold.add(32.3, tuning, 1.0); // 52.8 Hz
            fold.add(83.2, tuning, 1.0); // 999 Hz
            assert!(fold.wide.iter().all(|&c| c <= 0.0), "{tuning} {:?}", fold.wide);
            fold.add(32.4, tuning, 1.0); // 53.1 Hz
            assert!(fold.wide.iter().any(|&c| c > 0.0), "{tuning}");
        }
    }
}
