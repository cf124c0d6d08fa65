//! Whether there is a pulse at all.

use super::comb::{at_lag, period};
use super::refine::LongLags;

/// Multiples of the period at which a pulse must come back.
const MULTIPLES: [f64; 5] = [1.0, 2.0, 4.0, 8.0, 16.0];
/// A pulse cannot be told from chance in less, frames: 5 s.
const LEAST_FRAMES: usize = 250;
/// Least onsets of a track and per frame: a pulse is made of attacks, which noise, drones, vibrato
/// and beating tones do not have (they show at most 2 in two minutes).
const LEAST_ONSETS: usize = 4;
const LEAST_ONSETS_A_FRAME: f64 = 0.1 / 50.0;

/// Evidence for a pulse.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Clarity {
    /// Mean correlation of the onset function at 2, 4, 8 and 16 periods, about -0.1..=1.
    lasting: f64,
    /// The same at 1 to 16 periods, plus the generalised autocorrelation at the period.
    near: f64,
}

impl Clarity {
    /// Measures the pulse at `bpm`, given the mean generalised autocorrelation and the long lags.
    pub(super) fn measure(acf: &[f64], lags: &LongLags, bpm: f64) -> Self {
        let period = period(bpm);
        let found: Vec<f64> =
            MULTIPLES.iter().map_while(|m| lags.correlation(m * period)).collect();
        Self {
            lasting: mean(found.get(1..).unwrap_or_default()),
            near: mean(&found) + at_lag(acf, period),
        }
    }

    /// True when a track of `frames` frames with `onsets` onsets has a pulse.
    ///
    /// What is `sustained` has to exceed chance, which falls with the root of the length. What is
    /// not may be speech, whose syllables keep time for a while: there the bar is what speech
    /// reaches. Measured on read speech, spoken digits, both with noise in the gaps, and synthetic
    /// syllables, whole and in pieces of 6 to 14 s (1 of 268 passes), random clicks, whale song and
    /// noises of 5 to 120 s (none passes), against 121 pieces of music of 5 s to 5 min (two fail, a
    /// piece without steady pulse and a trumpet of 5 s; cut to 15, 10 and 6 s, 4, 8 and 18 % of 84
    /// fail).
    pub(super) fn is_pulse(self, frames: usize, onsets: usize, sustained: bool) -> bool {
        let length = frames.max(1) as f64;
        let chance = 1.0 / length.sqrt();
        let (lasting, near) = if sustained {
            (0.015 + 0.8 * chance, 0.12 + 3.0 * chance)
        } else {
            (0.05 + 75.0 / length, 0.14 + 75.0 / length)
        };
        let least = LEAST_ONSETS.max((LEAST_ONSETS_A_FRAME * length) as usize);
        let enough = frames >= LEAST_FRAMES && onsets >= least;
        enough && (self.lasting > lasting || self.near > near)
    }

    /// Confidence in a tempo with `share` of the evidence, 0..=1; rises with both.
    pub(super) fn confidence(self, share: f64) -> f64 {
        /// Correlation that is worth one half.
        const HALF: f64 = 0.1;
        let lasting = self.lasting.clamp(0.0, 1.0);
        (lasting / (lasting + HALF) * share.clamp(0.0, 1.0)).sqrt()
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn confidence_rises_with_clarity_and_share() {
        let weak = Clarity { lasting: 0.1, near: 0.2 };
        let strong = Clarity { lasting: 0.6, near: 0.8 };
        assert!(weak.confidence(0.5) < strong.confidence(0.5));
        assert!(strong.confidence(0.3) < strong.confidence(0.9));
        assert!(strong.confidence(1.0) <= 1.0);
        assert!(Clarity { lasting: -0.1, near: 0.2 }.confidence(1.0).abs() < 1e-12);
    }

    #[test]
    fn few_onsets_or_frames_are_no_pulse() {
        let strong = Clarity { lasting: 0.6, near: 0.8 };
        assert!(strong.is_pulse(1_000, 10, false));
        assert!(!strong.is_pulse(1_000, 3, true));
        assert!(!strong.is_pulse(150, 10, true));
        assert!(!strong.is_pulse(100_000, 100, true));
    }

    #[test]
    fn broken_sound_needs_more() {
        let weak = Clarity { lasting: 0.09, near: 0.15 };
        assert!(weak.is_pulse(1_500, 50, true) && !weak.is_pulse(1_500, 50, false));
    }
}
