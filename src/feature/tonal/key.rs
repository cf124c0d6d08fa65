//! Musical keys and the ways to write them.

use std::fmt;
use std::str::FromStr;

/// Names of the pitch classes, C first, with sharps.
const TONICS: [&str; 12] = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"];

/// Name of a pitch class 0..=11 with sharps; larger ones wrap around.
pub(super) fn pitch_class_name(class: u8) -> &'static str {
    TONICS[usize::from(class % 12)]
}

/// Steps of the circle of fifths in semitones; its own inverse modulo 12.
const FIFTH: u8 = 7;

/// Major or minor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// Major, as C major.
    Major,
    /// Minor, as A minor.
    Minor,
}

impl Mode {
    /// "major" or "minor".
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Major => "major",
            Self::Minor => "minor",
        }
    }
}

/// One of the 24 major and minor keys; prints as "A minor" or "F# major".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    tonic: u8,
    mode: Mode,
}

impl Key {
    /// Number of keys.
    pub const COUNT: usize = 24;

    /// A key by its tonic in semitones above C; `None` above 11.
    pub fn new(tonic: u8, mode: Mode) -> Option<Self> {
        (tonic < 12).then_some(Self { tonic, mode })
    }

    /// The inverse of [`Self::index`]; indices wrap around at 24.
    pub fn from_index(index: usize) -> Self {
        let mode = if index % Self::COUNT < 12 { Mode::Major } else { Mode::Minor };
        Self { tonic: (index % 12) as u8, mode }
    }

    /// 0..=11 for C..B major, 12..=23 for C..B minor.
    pub fn index(self) -> usize {
        usize::from(self.tonic) + if self.mode == Mode::Major { 0 } else { 12 }
    }

    /// All keys in the order of [`Self::index`].
    pub fn all() -> impl Iterator<Item = Self> {
        (0..Self::COUNT).map(Self::from_index)
    }

    /// Tonic in semitones above C, 0..=11.
    pub fn tonic(self) -> u8 {
        self.tonic
    }

    /// Name of the tonic, with sharps.
    pub fn tonic_name(self) -> &'static str {
        pitch_class_name(self.tonic)
    }

    /// Major or minor.
    pub fn mode(self) -> Mode {
        self.mode
    }

    /// The same key `semitones` higher.
    #[must_use]
    pub fn transposed(self, semitones: i32) -> Self {
        let tonic = (i32::from(self.tonic) + semitones).rem_euclid(12) as u8;
        Self { tonic, ..self }
    }

    /// The key of the other mode with the same notes: A minor for C major.
    #[must_use]
    pub fn relative(self) -> Self {
        match self.mode {
            Mode::Major => Self { mode: Mode::Minor, ..self.transposed(-3) },
            Mode::Minor => Self { mode: Mode::Major, ..self.transposed(3) },
        }
    }

    /// Steps on the circle of fifths from C major or A minor, 0..=11, clockwise.
    pub fn fifths(self) -> u8 {
        let major = if self.mode == Mode::Major { self } else { self.relative() };
        major.tonic * FIFTH % 12
    }

    /// Camelot notation (Mixed In Key): C major is 8B, A minor 8A.
    pub fn camelot(self) -> String {
        let letter = if self.mode == Mode::Major { 'B' } else { 'A' };
        format!("{}{letter}", (self.fifths() + 7) % 12 + 1)
    }

    /// Open Key notation (Traktor): C major is 1d, A minor 1m.
    pub fn open_key(self) -> String {
        let letter = if self.mode == Mode::Major { 'd' } else { 'm' };
        format!("{}{letter}", self.fifths() + 1)
    }

    /// Short musical notation, as in tags: C, F#m.
    pub fn short(self) -> String {
        let suffix = if self.mode == Mode::Major { "" } else { "m" };
        format!("{}{suffix}", self.tonic_name())
    }

    fn from_fifths(fifths: u8, mode: Mode) -> Self {
        let major = Self { tonic: fifths % 12 * FIFTH % 12, mode: Mode::Major };
        if mode == Mode::Major { major } else { major.relative() }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.tonic_name(), self.mode.as_str())
    }
}

/// The text names no key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} is no key; write it as \"A minor\", \"Am\", \"8A\" (Camelot) or \"1m\" (Open Key)"
)]
pub struct ParseKeyError {
    /// What was read.
    pub text: String,
}

impl FromStr for Key {
    type Err = ParseKeyError;

    /// Reads musical ("A minor", "Am", "Bb", "Gb:maj", "c# min"), Camelot ("8A") and Open Key
    /// ("1m") notation. A lower-case tonic without mode is minor.
    fn from_str(text: &str) -> Result<Self, ParseKeyError> {
        let plain = text.trim().replace('♯', "#").replace('♭', "b");
        numbered(&plain)
            .or_else(|| musical(&plain))
            .ok_or_else(|| ParseKeyError { text: text.to_owned() })
    }
}

/// "8A", "12b", "1m", "10d".
fn numbered(text: &str) -> Option<Key> {
    let letter = text.chars().last()?;
    let digits = text.get(..text.len() - letter.len_utf8())?;
    let number: u8 = digits.parse().ok().filter(|n| (1..=12).contains(n))?;
    let (offset, mode) = match letter {
        'B' | 'b' => (4, Mode::Major),
        'A' | 'a' => (4, Mode::Minor),
        'd' | 'D' => (11, Mode::Major),
        'm' | 'M' => (11, Mode::Minor),
        _ => return None,
    };
    Some(Key::from_fifths(number + offset, mode))
}

/// "A minor", "F#m", "Gb:maj", "e".
fn musical(text: &str) -> Option<Key> {
    let letter = text.chars().next()?;
    let natural = match letter.to_ascii_uppercase() {
        'C' => 0,
        'D' => 2,
        'E' => 4,
        'F' => 5,
        'G' => 7,
        'A' => 9,
        'B' | 'H' => 11,
        _ => return None,
    };
    let rest = text.get(1..)?;
    let (shift, rest) = match rest.chars().next() {
        Some('#') => (1, rest.get(1..)?),
        Some('b') => (11, rest.get(1..)?),
        _ => (0, rest),
    };
    let mode = mode_of(rest.trim_matches([' ', ':', '_', '-']), letter.is_ascii_lowercase())?;
    Key::new((natural + shift) % 12, mode)
}

fn mode_of(text: &str, lower_case_tonic: bool) -> Option<Mode> {
    match text {
        "" if lower_case_tonic => Some(Mode::Minor),
        "" | "M" => Some(Mode::Major),
        "m" => Some(Mode::Minor),
        _ => match text.to_ascii_lowercase().as_str() {
            "min" | "minor" | "moll" => Some(Mode::Minor),
            "maj" | "major" | "dur" => Some(Mode::Major),
            _ => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notations_agree_with_the_published_wheels() {
        // Camelot wheel (mixedinkey.com) and Open Key wheel, whole circle of fifths from C / Am.
        let majors = ["C", "G", "D", "A", "E", "B", "F#", "C#", "G#", "D#", "A#", "F"];
        let minors = ["Am", "Em", "Bm", "F#m", "C#m", "G#m", "D#m", "A#m", "Fm", "Cm", "Gm", "Dm"];
        for (step, (major, minor)) in majors.into_iter().zip(minors).enumerate() {
            let (major, minor): (Key, Key) = (major.parse().unwrap(), minor.parse().unwrap());
            assert_eq!(major.camelot(), format!("{}B", (step + 7) % 12 + 1));
            assert_eq!(minor.camelot(), format!("{}A", (step + 7) % 12 + 1));
            assert_eq!(major.open_key(), format!("{}d", step + 1));
            assert_eq!(minor.open_key(), format!("{}m", step + 1));
            assert_eq!(major.relative(), minor);
        }
    }

    #[test]
    fn every_notation_is_read_back() {
        for key in Key::all() {
            for text in [key.to_string(), key.camelot(), key.open_key(), key.short()] {
                assert_eq!(text.parse(), Ok(key), "{text}");
            }
            assert_eq!(Key::from_index(key.index()), key);
        }
    }

    #[test]
    fn spellings_of_other_programs_are_read() {
        let same = ["Eb minor", "D#m", "d# min", "Eb:min", "E♭ Minor", "2A", "7m", "ebm", "eb"];
        for text in same {
            assert_eq!(text.parse(), Ok(Key { tonic: 3, mode: Mode::Minor }), "{text}");
        }
        for text in ["", "H#x", "13A", "0B", "o", "A dorian", "é", "8", "#"] {
            assert!(text.parse::<Key>().is_err(), "{text}");
        }
    }
}
