//! A track as the engine sees it, and how two of them go together.

use crate::feature::tonal::{Key, Mode};

/// What counts of a track when it is placed in a playlist.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Track {
    /// Length in seconds, >= 0.
    pub duration_s: f64,
    /// Tempo in beats per minute.
    pub bpm: Option<f64>,
    /// Key.
    pub key: Option<Key>,
    /// Energy, 0..=1.
    pub energy: Option<f64>,
    /// Artist, album and title as numbers that are equal where the names are, whatever their case;
    /// `None` where unknown, which equals nothing.
    pub artist: Option<u32>,
    /// As above.
    pub album: Option<u32>,
    /// As above, without what stands in brackets: versions of a song share it.
    pub title: Option<u32>,
}

/// How well a key follows another, 0.1 (clash) to 1 (same).
///
/// Graded moves on the Camelot wheel: same 1; one step, or the relative key .9; two steps .55; one
/// step and the other mode .45; everything else .1. Unknown keys are between: .5.
pub fn key_affinity(from: Option<Key>, to: Option<Key>) -> f64 {
    let (Some(from), Some(to)) = (from, to) else { return 0.5 };
    let around = (i32::from(to.fifths()) - i32::from(from.fifths())).rem_euclid(12);
    let steps = around.min(12 - around);
    let same_mode = (from.mode() == Mode::Major) == (to.mode() == Mode::Major);
    match (steps, same_mode) {
        (0, true) => 1.0,
        (1, true) | (0, false) => 0.9,
        (2, true) => 0.55,
        (1, false) => 0.45,
        _ => 0.1,
    }
}

/// The moves that a mix in key is made of: same, one step, relative.
pub const HARMONIC: f64 = 0.9;

/// Change of tempo as a share, half and double time counting as the same: 0 = none, .08 = 8 %.
/// `None` where a tempo is unknown.
pub fn tempo_drift(from: Option<f64>, to: Option<f64>) -> Option<f64> {
    let (from, to) = (from.filter(|bpm| *bpm > 0.0)?, to.filter(|bpm| *bpm > 0.0)?);
    let octaves = (to / from).log2();
    Some((octaves - octaves.round()).abs().exp2() - 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> Option<Key> {
        text.parse().ok()
    }

    #[test]
    fn keys_go_together_as_on_the_wheel() {
        let cases = [
            ("8A", "8A", 1.0),
            ("8A", "9A", 0.9),
            ("1A", "12A", 0.9),
            ("8A", "8B", 0.9),
            ("8A", "10A", 0.55),
            ("8A", "9B", 0.45),
            ("8A", "2A", 0.1),
            ("8A", "3B", 0.1),
        ];
        for (from, to, affinity) in cases {
            for (a, b) in [(from, to), (to, from)] {
                assert!((key_affinity(key(a), key(b)) - affinity).abs() < 1e-12, "{a} {b}");
            }
        }
        assert!((key_affinity(None, key("8A")) - 0.5).abs() < 1e-12);
    }

    #[test]
    fn half_and_double_time_are_no_drift() {
        let drift = |a, b| tempo_drift(Some(a), Some(b)).unwrap();
        for (a, b, wanted) in [
            (120.0, 120.0, 0.0),
            (87.0, 174.0, 0.0),
            (100.0, 108.0, 0.08),
            (108.0, 100.0, 0.08),
            (90.0, 171.0, 1.0 / 0.95 - 1.0),
        ] {
            assert!((drift(a, b) - wanted).abs() < 1e-9, "{a} {b} {}", drift(a, b));
        }
        assert_eq!(tempo_drift(None, Some(120.0)), None);
        assert_eq!(tempo_drift(Some(0.0), Some(120.0)), None);
    }
}
