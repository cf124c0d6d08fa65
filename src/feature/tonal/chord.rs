//! Chords and how to write them.

use std::fmt;

use super::chroma::CLASSES;
use super::key::pitch_class_name;

/// The chord qualities that are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Quality {
    /// Major triad.
    Major,
    /// Minor triad.
    Minor,
    /// Dominant seventh.
    Seventh,
    /// Major seventh.
    MajorSeventh,
    /// Minor seventh.
    MinorSeventh,
    /// Diminished triad; also half-diminished and diminished sevenths.
    Diminished,
    /// Suspended fourth.
    Suspended,
}

impl Quality {
    /// Every quality, in the order of the model.
    pub const ALL: [Self; 7] = [
        Self::Major,
        Self::Minor,
        Self::Seventh,
        Self::MajorSeventh,
        Self::MinorSeventh,
        Self::Diminished,
        Self::Suspended,
    ];

    /// Shorthand of Harte et al., "Symbolic representation of musical chords", ISMIR 2005.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Major => "maj",
            Self::Minor => "min",
            Self::Seventh => "7",
            Self::MajorSeventh => "maj7",
            Self::MinorSeventh => "min7",
            Self::Diminished => "dim",
            Self::Suspended => "sus4",
        }
    }

    /// Notes other than the root: semitones above it, and the degree's name.
    fn degrees(self) -> &'static [(u8, &'static str)] {
        match self {
            Self::Major => &[(4, "3"), (7, "5")],
            Self::Minor => &[(3, "b3"), (7, "5")],
            Self::Seventh => &[(4, "3"), (7, "5"), (10, "b7")],
            Self::MajorSeventh => &[(4, "3"), (7, "5"), (11, "7")],
            Self::MinorSeventh => &[(3, "b3"), (7, "5"), (10, "b7")],
            Self::Diminished => &[(3, "b3"), (6, "b5")],
            Self::Suspended => &[(5, "4"), (7, "5")],
        }
    }
}

/// A chord; prints in Harte's notation: "A:min7", "C:maj/3".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Chord {
    root: u8,
    quality: Quality,
    bass: u8,
}

impl Chord {
    /// Number of chords without inversions.
    pub(super) const COUNT: usize = CLASSES * Quality::ALL.len();

    /// Root position, by number: root + 12 · quality; `None` from [`Self::COUNT`] on.
    pub(super) fn from_index(index: usize) -> Option<Self> {
        let quality = *Quality::ALL.get(index / CLASSES)?;
        let root = (index % CLASSES) as u8;
        Some(Self { root, quality, bass: root })
    }

    /// The same over another bass note, if that is a note of the chord.
    #[must_use]
    pub(super) fn over(self, bass: usize) -> Self {
        let interval = (bass + CLASSES - usize::from(self.root)) % CLASSES;
        let is_degree = self.quality.degrees().iter().any(|d| usize::from(d.0) == interval);
        Self { bass: if is_degree { (bass % CLASSES) as u8 } else { self.root }, ..self }
    }

    /// Root in semitones above C, 0..=11.
    pub fn root(self) -> u8 {
        self.root
    }

    /// Quality.
    pub fn quality(self) -> Quality {
        self.quality
    }

    /// Lowest note in semitones above C, 0..=11; the root unless inverted.
    pub fn bass(self) -> u8 {
        self.bass
    }

    /// The same in root position.
    #[must_use]
    pub fn without_bass(self) -> Self {
        Self { bass: self.root, ..self }
    }
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", pitch_class_name(self.root), self.quality.as_str())?;
        let interval = (self.bass + 12 - self.root) % 12;
        match self.quality.degrees().iter().find(|degree| degree.0 == interval) {
            Some((_, name)) => write!(f, "/{name}"),
            None => Ok(()),
        }
    }
}

/// A chord, or none, over a stretch of time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ChordEvent {
    /// Start in seconds.
    pub start_s: f64,
    /// End in seconds: the start of the next event.
    pub end_s: f64,
    /// The chord; `None` where there is none ("N").
    pub chord: Option<Chord>,
}

impl ChordEvent {
    /// Harte's notation, "N" for no chord.
    pub fn label(&self) -> String {
        self.chord.map_or_else(|| "N".to_owned(), |chord| chord.to_string())
    }

    /// Length in seconds.
    pub fn length_s(&self) -> f64 {
        self.end_s - self.start_s
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_those_of_harte() {
        let a_minor_7 = Chord::from_index(9 + 12 * 4).unwrap();
        assert_eq!(a_minor_7.to_string(), "A:min7");
        assert_eq!(a_minor_7.over(0).to_string(), "A:min7/b3");
        assert_eq!(a_minor_7.over(7).to_string(), "A:min7/b7");
        assert_eq!(a_minor_7.over(6).to_string(), "A:min7", "F# is no note of it");
        assert_eq!(Chord::from_index(6).unwrap().over(10).to_string(), "F#:maj/3");
        assert!(Chord::from_index(Chord::COUNT).is_none());
    }
}
