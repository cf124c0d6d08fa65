//! The sides on which tracks are compared, and how much each of them counts.

use crate::feature::similarity::{HARMONY, LOUDNESS, MOOD, RHYTHM};

/// Number of aspects.
pub const ASPECTS: usize = 5;

/// A side on which tracks are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Aspect {
    /// The sound: distribution of the MFCC.
    Timbre,
    /// How the onsets move, tempo, density.
    Rhythm,
    /// Intervals and chords, whatever the key.
    Harmony,
    /// Cues of arousal and valence.
    Mood,
    /// Level and dynamics.
    Loudness,
}

impl Aspect {
    /// Every aspect, in the order of all lists.
    pub const ALL: [Self; ASPECTS] =
        [Self::Timbre, Self::Rhythm, Self::Harmony, Self::Mood, Self::Loudness];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Timbre => "timbre",
            Self::Rhythm => "rhythm",
            Self::Harmony => "harmony",
            Self::Mood => "mood",
            Self::Loudness => "loudness",
        }
    }
}

/// Numbers of the vectors beside the timbre, in the order of [`Aspect::ALL`].
pub(super) const VECTORS: [usize; ASPECTS - 1] = [RHYTHM, HARMONY, MOOD, LOUDNESS];

/// Largest weight.
const MOST: f64 = 1000.0;

/// How much each aspect counts, 0 and more; not all 0.
///
/// A weight multiplies the distance in its aspect, where 1 is the mean distance of two tracks of the
/// library: equal weights are equal shares.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weights([f64; ASPECTS]);

impl Default for Weights {
    /// Timbre, which tells styles apart best, counts twice as much as all the rest together
    /// (benches/SIMILARITY.md).
    fn default() -> Self {
        Self([1.0, 0.2, 0.1, 0.1, 0.1])
    }
}

/// Why weights are unsuitable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WeightsError {
    /// No `name=number`.
    #[error("`{part}` is not of the form ASPECT=WEIGHT, such as timbre=1")]
    Form {
        /// What was given.
        part: String,
    },
    /// A name that is none.
    #[error("there is no aspect `{name}`; there are timbre, rhythm, harmony, mood, loudness")]
    Unknown {
        /// What was given.
        name: String,
    },
    /// A name given again.
    #[error("{name} has two weights")]
    Twice {
        /// The aspect.
        name: &'static str,
    },
    /// A weight that is none.
    #[error("the weight of {name} must be a number from 0 to 1000, not `{text}`")]
    Range {
        /// The aspect.
        name: &'static str,
        /// What was given.
        text: String,
    },
    /// Nothing counts.
    #[error("all weights are 0: nothing is left to compare")]
    Nothing,
}

impl Weights {
    /// Weights in the order of [`Aspect::ALL`].
    ///
    /// # Errors
    /// One that is not within 0..=1000, or all 0.
    pub fn new(weights: [f64; ASPECTS]) -> Result<Self, WeightsError> {
        for (aspect, weight) in Aspect::ALL.into_iter().zip(weights) {
            if !(0.0..=MOST).contains(&weight) {
                let (name, text) = (aspect.as_str(), weight.to_string());
                return Err(WeightsError::Range { name, text });
            }
        }
        let some = weights.iter().any(|&weight| weight > 0.0);
        if some { Ok(Self(weights)) } else { Err(WeightsError::Nothing) }
    }

    /// Reads `timbre=1,rhythm=.5`; an aspect that is not named keeps its default.
    ///
    /// # Errors
    /// Says what is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, WeightsError> {
        let mut given = [None; ASPECTS];
        for part in text.split(',') {
            let form = || WeightsError::Form { part: part.trim().to_owned() };
            let (name, number) = part.split_once('=').ok_or_else(form)?;
            let named = |aspect: &Aspect| aspect.as_str().eq_ignore_ascii_case(name.trim());
            let unknown = || WeightsError::Unknown { name: name.trim().to_owned() };
            let aspect = Aspect::ALL.into_iter().find(named).ok_or_else(unknown)?;
            let (name, text) = (aspect.as_str(), number.trim().to_owned());
            let weight: Option<f64> = text.parse().ok();
            let weight = weight.ok_or(WeightsError::Range { name, text })?;
            if given.get_mut(aspect as usize).and_then(|slot| slot.replace(weight)).is_some() {
                return Err(WeightsError::Twice { name });
            }
        }
        let Self(default) = Self::default();
        Self::new(std::array::from_fn(|i| given[i].unwrap_or(default[i])))
    }

    /// The weights, in the order of [`Aspect::ALL`].
    pub fn get(self) -> [f64; ASPECTS] {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_named_keeps_its_default() {
        let weights = Weights::parse(" Rhythm = 2 ,loudness=0").expect("sound");
        let [timbre, rhythm, .., loudness] = weights.get();
        assert_eq!((timbre, rhythm, loudness), (1.0, 2.0, 0.0));
    }

    #[test]
    fn unsuitable_weights_say_why() {
        let message = |text: &str| Weights::parse(text).expect_err(text).to_string();
        assert!(message("").contains("form"));
        assert!(message("timbre").contains("form"));
        assert!(message("colour=1").contains("no aspect `colour`"));
        assert!(message("mood=1,mood=2").contains("two"));
        for text in ["mood=x", "mood=-1", "mood=nan", "mood=inf", "mood=1e9", "mood="] {
            assert!(message(text).contains("0 to 1000"), "{text}");
        }
        assert!(message("timbre=0,rhythm=0,harmony=0,mood=0,loudness=0").contains("nothing"));
    }
}
