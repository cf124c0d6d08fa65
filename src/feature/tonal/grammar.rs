//! How triads follow each other, as evidence for a key.
//!
//! Relative keys share their notes and most of their chords; what tells them apart is which chord
//! leads where. Of each stretch the moves from one triad to another are counted and each key is
//! given the sum of what it thinks of them; weights in `grammar_weights`, trained with the profile.

use super::chroma::CLASSES;
use super::grammar_weights::{GRAMMAR, STEPS};
use super::key::Key;

/// Probability of the major and the minor triad on each root.
pub(super) type Triads = [[f32; CLASSES]; 2];

/// Weights of moves: from mode and degree, to mode and degree.
type Table = [[Triads; CLASSES]; 2];

/// Expected numbers of moves from each triad to each other one.
#[derive(Clone, Debug, Default)]
pub(super) struct Moves {
    counts: Table,
    before: Option<Triads>,
}

impl Moves {
    /// Adds the step to the next piece; what stays is no move.
    pub(super) fn add(&mut self, triads: &Triads) {
        let Some(before) = self.before.replace(*triads) else { return };
        for (rows, before) in self.counts.iter_mut().zip(&before) {
            for (row, &before) in rows.iter_mut().zip(before) {
                for (count, &after) in row.iter_mut().flatten().zip(triads.as_flattened()) {
                    *count += before * after;
                }
            }
        }
    }

    /// What was counted, as evidence; counting begins again with the piece heard last.
    pub(super) fn take(&mut self) -> Evidence {
        let mut counts = std::mem::take(&mut self.counts);
        for (mode, rows) in counts.iter_mut().enumerate() {
            for (root, row) in rows.iter_mut().enumerate() {
                row[mode][root] = 0.0;
            }
        }
        let flat = || counts.iter().flatten().flatten().flatten();
        let mut evidence = Evidence { moves: flat().sum(), ..Evidence::default() };
        for key in Key::all() {
            evidence.sums[key.index()] = weigh(&counts, key);
        }
        evidence
    }
}

/// Sum of the counts times the weights of a key.
fn weigh(counts: &Table, key: Key) -> f32 {
    let tonic = usize::from(key.tonic());
    let mut sum = 0.0;
    for (rows, weights) in counts.iter().zip(&GRAMMAR[key.index() / CLASSES]) {
        for (degree, weights) in weights.iter().enumerate() {
            let row = &rows[(tonic + degree) % CLASSES];
            for (row, weights) in row.iter().zip(weights) {
                let (below, from_tonic) = row.split_at(tonic);
                let counts = from_tonic.iter().chain(below);
                sum += counts.zip(weights).map(|(n, &w)| n * f32::from(w)).sum::<f32>();
            }
        }
    }
    sum / STEPS
}

/// What the moves of a stretch say for each key.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Evidence {
    sums: [f32; Key::COUNT],
    moves: f32,
}

impl Evidence {
    pub(super) fn merge(&mut self, other: &Self) {
        self.sums.iter_mut().zip(other.sums).for_each(|(sum, more)| *sum += more);
        self.moves += other.moves;
    }

    /// Mean over the moves, in units of the profile; 0 without any move.
    pub(super) fn of(&self, key: Key) -> f64 {
        let scale = Key::COUNT as f64 / (f64::from(self.moves) + 1e-9);
        scale * f64::from(self.sums[key.index()])
    }
}

#[cfg(test)]
mod tests {
    use super::super::key::Mode;
    use super::*;

    fn triad(mode: Mode, root: usize) -> Triads {
        let mut triads = Triads::default();
        triads[usize::from(mode == Mode::Minor)][root % CLASSES] = 1.0;
        triads
    }

    fn heard(chords: &[(Mode, usize)]) -> Evidence {
        let mut moves = Moves::default();
        for &(mode, root) in chords {
            moves.add(&triad(mode, root));
        }
        moves.take()
    }

    #[test]
    fn the_dominant_tells_relative_keys_apart() {
        use Mode::{Major, Minor};
        for up in 0..CLASSES {
            let minor =
                heard(&[(Minor, 9 + up), (Minor, 2 + up), (Major, 4 + up), (Minor, 9 + up)]);
            let major = heard(&[(Major, up), (Major, 5 + up), (Major, 7 + up), (Major, up)]);
            let key = |root: usize, mode| Key::new((root % CLASSES) as u8, mode).unwrap();
            let (c, a) = (key(up, Major), key(9 + up, Minor));
            assert!(minor.of(a) > minor.of(c) + 0.1, "{} {}", minor.of(a), minor.of(c));
            assert!(major.of(c) > major.of(a) + 0.1, "{} {}", major.of(c), major.of(a));
        }
    }

    #[test]
    fn a_chord_that_stays_says_nothing() {
        let still = heard(&[(Mode::Major, 3); 5]);
        assert!(Key::all().all(|key| still.of(key).abs() < 1e-9));
        assert!(Key::all().all(|key| Evidence::default().of(key).abs() < 1e-9));
    }

    #[test]
    fn stretches_add_up() {
        let chords: Vec<Triads> = (0..9).map(|i| triad(Mode::Major, 5 * i)).collect();
        let (mut whole, mut parts, mut sum) = <(Moves, Moves, Evidence)>::default();
        for (i, chord) in chords.iter().enumerate() {
            whole.add(chord);
            parts.add(chord);
            if i % 3 == 2 {
                sum.merge(&parts.take());
            }
        }
        let whole = whole.take();
        assert!(Key::all().all(|key| (whole.of(key) - sum.of(key)).abs() < 1e-4));
    }
}
