//! The key model: a learned profile with a grammar, and two templates, weighed against each other.

use super::chords::{self, seen_from_tonics};
use super::chroma::{CLASSES, Chroma, ChromaSum};
use super::grammar::{Evidence, Moves, Triads};
use super::key::{Key, Mode};
use super::template;
use super::weights::{PROFILE, PROFILE_MAJOR, STACK};

/// Chord probabilities are averaged over pieces of this many frames (0.6 s).
pub(super) const PIECE: usize = 3;

/// Correlations with templates are brought to the scale of logits.
const TEMPLATE_SCALE: f64 = 6.0;

/// Logarithm of the probability of each key, in the order of [`Key::index`].
pub(super) type KeyScores = [f64; Key::COUNT];

/// What the model hears of a stretch of music.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Heard {
    /// Chromas of 53 to 998 Hz.
    pub(super) wide: ChromaSum,
    /// Chromas of 77 to 1499 Hz.
    pub(super) melody: ChromaSum,
    /// Those of the last sixth: music likes to end on its tonic.
    pub(super) last: ChromaSum,
    /// Sums of the probabilities of major and minor triads on each root.
    pub(super) triads: [[f64; CLASSES]; 2],
    /// What the moves between triads say.
    pub(super) grammar: Evidence,
}

impl Heard {
    /// Adds the chords of one piece, which follow what `moves` has heard last.
    pub(super) fn add_piece(&mut self, melody: &Chroma, bass: &Chroma, moves: &mut Moves) {
        let log_probability = chords::log_probabilities(melody, bass);
        let mut piece = Triads::default();
        for (state, l) in log_probability.iter().enumerate() {
            let triads = match state / CLASSES {
                0 | 2 | 3 => &mut piece[0],
                1 | 4 => &mut piece[1],
                _ => continue,
            };
            triads[state % CLASSES] += l.exp();
        }
        for (sum, &p) in self.triads.as_flattened_mut().iter_mut().zip(piece.as_flattened()) {
            *sum += f64::from(p);
        }
        moves.add(&piece);
    }

    /// Adds a later stretch; the last sixth stays as it is.
    pub(super) fn merge(&mut self, later: &Self) {
        self.wide.merge(&later.wide);
        self.melody.merge(&later.melody);
        for (sum, more) in self.triads.iter_mut().flatten().zip(later.triads.iter().flatten()) {
            *sum += more;
        }
        self.grammar.merge(&later.grammar);
    }

    /// Log probabilities of the keys; all equal when nothing sounded.
    pub(super) fn scores(&self) -> KeyScores {
        let (Some(wide), Some(melody)) = (self.wide.mean(), self.melody.mean()) else {
            return [-(Key::COUNT as f64).ln(); Key::COUNT];
        };
        let blocks = self.blocks(&melody);
        let major = seen_from_tonics(&blocks, &PROFILE[0]).map(|sum| sum + PROFILE_MAJOR);
        let minor = seen_from_tonics(&blocks, &PROFILE[1]);
        let by_melody = template::correlations(&melody);
        let by_wide = template::correlations(&wide);
        let mut logits = [0.0; Key::COUNT];
        for (key, logit) in Key::all().zip(&mut logits) {
            let templates = [by_melody[key.index()], by_wide[key.index()]];
            let profile = if key.mode() == Mode::Major { &major } else { &minor };
            let learned = f64::from(profile[usize::from(key.tonic())]) + self.grammar.of(key);
            *logit = stacked(key, learned, templates);
        }
        log_softmax(logits)
    }

    /// The features of the profile: shares of pitch classes and of chords, around 0.
    fn blocks(&self, melody: &Chroma) -> [Chroma; 6] {
        let melody = shares(melody);
        let last = self.last.mean().map_or(melody, |last| shares(&last));
        let sum: f64 = self.triads.iter().flatten().sum();
        let scale = CLASSES as f64 / (sum + 1e-9);
        let triads = self.triads.map(|t| t.map(|p| ((scale * p).sqrt() - 0.6) as f32));
        [
            melody.map(|s| s - 1.0),
            melody.map(|s| s.sqrt() - 1.0),
            triads[0],
            triads[1],
            last.map(|s| s - 1.0),
            last.map(|s| s.sqrt() - 1.0),
        ]
    }
}

/// Shares of the pitch classes times 12: 1 is average.
fn shares(chroma: &Chroma) -> Chroma {
    let sum: f32 = chroma.iter().sum();
    chroma.map(|c| CLASSES as f32 * c / (sum + 1e-9))
}

/// Four numbers fitted on rendered and real music: what was learned alone is sure of rendered songs but
/// too fond of major in real ones, where the templates are the safer guide.
fn stacked(key: Key, by_learning: f64, templates: [f64; 2]) -> f64 {
    let [learned, melody, wide, major] = STACK.map(f64::from);
    let bias = if key.mode() == Mode::Major { major } else { 0.0 };
    let templates = TEMPLATE_SCALE * (melody * templates[0] + wide * templates[1]);
    learned * by_learning + templates + bias
}

fn log_softmax(logits: KeyScores) -> KeyScores {
    let most = logits.iter().copied().fold(f64::MIN, f64::max);
    let sum: f64 = logits.iter().map(|l| (l - most).exp()).sum();
    logits.map(|l| l - most - sum.ln())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The scale of a key with its tonic triad strong.
    fn scale(key: Key) -> Chroma {
        let steps: [usize; 7] = match key.mode() {
            Mode::Major => [0, 2, 4, 5, 7, 9, 11],
            Mode::Minor => [0, 2, 3, 5, 7, 8, 10],
        };
        let mut chroma = [0.05; CLASSES];
        for (degree, step) in steps.into_iter().enumerate() {
            let strength = if degree % 2 == 0 && degree < 6 { 1.0 } else { 0.5 };
            chroma[(usize::from(key.tonic()) + step) % CLASSES] = strength;
        }
        chroma
    }

    #[test]
    fn scales_are_recognised_in_every_key() {
        for key in Key::all() {
            let chroma = scale(key);
            let mut heard = Heard::default();
            heard.wide.add(&chroma);
            heard.melody.add(&chroma);
            heard.last.add(&chroma);
            heard.add_piece(&chroma, &chroma, &mut Moves::default());
            let scores = heard.scores();
            let best = Key::all().max_by(|a, b| scores[a.index()].total_cmp(&scores[b.index()]));
            assert_eq!(best, Some(key));
        }
    }

    #[test]
    fn probabilities_sum_to_one_whatever_was_heard() {
        let mut odd = Heard::default();
        odd.wide.add(&[1.0; CLASSES]);
        odd.melody.add(&[1.0; CLASSES]);
        for heard in [Heard::default(), odd] {
            let sum: f64 = heard.scores().iter().map(|s| s.exp()).sum();
            assert!((sum - 1.0).abs() < 1e-9);
        }
    }
}
