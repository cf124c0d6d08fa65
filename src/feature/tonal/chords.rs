//! Chords between beats.

use super::calibration;
use super::chord::{Chord, ChordEvent};
use super::chord_events::EventWriter;
use super::chroma::{CLASSES, Chroma, ChromaSum, entropy, to_maximum};
use super::frames::{Frame, Frames};
use super::key::{Key, Mode};
use super::sections::KeySection;
use super::tracker::FRAMES_PER_SECOND;
use super::weights::{CHORD_BIAS, CHORD_WEIGHTS, DEGREES, NO_CHORD, NO_CHORD_DEGREE};

/// Chords and "no chord" (the last).
pub(super) const STATES: usize = Chord::COUNT + 1;

/// Probability of each state, or its logarithm.
pub(super) type States = [f32; STATES];

/// A chord goes on for this long with probability 1/e. On rendered songs 0.4 is the best chance to
/// stay for a beat of 0.75 s, and 0.6 for a stretch of 0.5 s.
const STAY_S: f64 = 0.9;

/// How strongly chords of the key are favoured, 0 (not) to 1 (as often as in the songs trained on).
const KEY_FAVOUR: f32 = 0.3;

/// Without beats chords change at this pace.
const PACE_S: f64 = 0.5;

/// The chords of a track.
#[derive(Clone, Debug, PartialEq)]
pub struct Chords {
    /// Events without gap from 0 to the end; neighbours differ.
    pub events: Vec<ChordEvent>,
    /// Expected share of the time with the right major or minor triad, 0..=1.
    pub confidence: f64,
}

impl Chords {
    /// Changes from one chord to another a minute; inversions do not count.
    pub fn changes_per_minute(&self) -> Option<f64> {
        let length = self.events.last()?.end_s;
        let root = |e: &ChordEvent| e.chord.map(Chord::without_bass);
        let changes = self.events.windows(2).filter(|w| root(&w[0]) != root(&w[1])).count();
        (length > 0.0).then(|| changes as f64 * 60.0 / length)
    }

    /// The chord that sounds longest, in root position; of equal ones the first by number.
    pub fn most_common(&self) -> Option<Chord> {
        let mut seconds = std::collections::BTreeMap::new();
        for event in &self.events {
            if let Some(chord) = event.chord {
                *seconds.entry(chord.without_bass()).or_insert(0.0) += event.length_s();
            }
        }
        seconds.into_iter().max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0))).map(|c| c.0)
    }
}

/// Logarithms of the probabilities of the chords behind a chroma.
///
/// A logistic regression whose weights serve all twelve roots, on both chromas, scaled to maximum
/// 1, and their square roots; trained on rendered songs (`models/key`).
pub(super) fn log_probabilities(melody: &Chroma, bass: &Chroma) -> States {
    let (melody, bass) = (to_maximum(*melody), to_maximum(*bass));
    let blocks = [melody, bass, melody.map(f32::sqrt), bass.map(f32::sqrt)];
    let mut logits = [0.0; STATES];
    let qualities = CHORD_WEIGHTS.iter().zip(CHORD_BIAS);
    for (logits, (weights, bias)) in logits.chunks_exact_mut(CLASSES).zip(qualities) {
        let sums = seen_from_tonics(&blocks, weights);
        logits.iter_mut().zip(sums).for_each(|(logit, sum)| *logit = bias + sum);
    }
    logits[Chord::COUNT] =
        NO_CHORD[0] + NO_CHORD[1] * entropy(&melody) + NO_CHORD[2] * entropy(&bass);
    log_softmax(&logits)
}

/// For each tonic the sum of products of chromas with weights that start at the tonic.
pub(super) fn seen_from_tonics<const N: usize>(
    blocks: &[Chroma; N],
    weights: &[Chroma; N],
) -> Chroma {
    let mut sums = [0.0; CLASSES];
    for (block, weights) in blocks.iter().zip(weights) {
        let mut twice = [0.0; 2 * CLASSES];
        twice[..CLASSES].copy_from_slice(block);
        twice[CLASSES..].copy_from_slice(block);
        // All tonics side by side, so that the compiler takes vectors.
        for (step, &weight) in weights.iter().enumerate() {
            for (sum, &x) in sums.iter_mut().zip(&twice[step..step + CLASSES]) {
                *sum += weight * x;
            }
        }
    }
    sums
}

fn log_softmax(logits: &States) -> States {
    let most = logits.iter().copied().fold(f32::MIN, f32::max);
    let sum: f32 = logits.iter().map(|l| (l - most).exp()).sum();
    logits.map(|l| l - most - sum.ln())
}

/// A stretch between two beats.
struct Segment {
    bass: ChromaSum,
    log_probability: States,
}

impl Segment {
    fn new(frames: &Frames, audible_db: f32, edges: [f64; 2]) -> Self {
        let (mut melody, mut bass) = (ChromaSum::default(), ChromaSum::default());
        let heard = |f: &&Frame| f.level_db().is_some_and(|level| level >= audible_db);
        for frame in frames.range(frames_between(edges)).filter(heard) {
            melody.add(&frame.melody());
            bass.add(&frame.bass());
        }
        let log_probability = match (melody.mean(), bass.mean()) {
            (None, None) => silence(),
            (m, b) => log_probabilities(&m.unwrap_or_default(), &b.unwrap_or_default()),
        };
        Self { bass, log_probability }
    }
}

/// Frames whose centre lies in the stretch; the nearest one if there is none.
fn frames_between([start_s, end_s]: [f64; 2]) -> std::ops::Range<usize> {
    let first = (start_s * FRAMES_PER_SECOND).ceil() as usize;
    let last = (end_s * FRAMES_PER_SECOND).ceil() as usize;
    if first < last {
        return first..last;
    }
    let nearest = (start_s.midpoint(end_s) * FRAMES_PER_SECOND).round() as usize;
    nearest..nearest + 1
}

/// Certainly no chord.
fn silence() -> States {
    let mut certain = [-20.0; STATES];
    certain[Chord::COUNT] = 0.0;
    certain
}

/// Upper bound of the heap bytes held for a track of `frames` frames: edges, steps, events.
pub(super) fn footprint(frames: u64) -> u64 {
    let edge = size_of::<f64>() + size_of::<Step>() + size_of::<u8>() + size_of::<ChordEvent>();
    (frames + 2) * edge as u64 // beats are at least a frame apart
}

/// Finds the chords of a track; `None` for an empty one.
///
/// `beats` in seconds, ascending; fewer than four are ignored and chords may change every half
/// second. `sections` are the keys in order of time. Viterbi over the beats: a chord stays or gives
/// way to another, those of the key a little more readily. The probabilities are computed twice,
/// which costs less than to hold them.
pub(super) fn find(
    frames: &Frames,
    audible_db: f32,
    beats: &[f64],
    duration_s: f64,
    sections: &[KeySection],
) -> Option<Chords> {
    let edges = edges(beats, duration_s);
    if edges.len() < 2 {
        return None;
    }
    let segments = || {
        let stretches = edges.windows(2).map(|w| [w[0], w[1]]);
        stretches.map(|stretch| (stretch, Segment::new(frames, audible_db, stretch)))
    };
    let path = decode(segments(), sections);
    let mut writer = EventWriter::with_capacity(path.len());
    let mut certainty = 0.0;
    for ((stretch, segment), &state) in segments().zip(&path) {
        certainty += (stretch[1] - stretch[0])
            * f64::from(triad_probability(&segment.log_probability, usize::from(state)));
        writer.add(stretch, usize::from(state), &segment.bass);
    }
    let confidence = calibration::chord_confidence(certainty / duration_s);
    Some(Chords { events: writer.finish(), confidence })
}

/// Ascending times from 0 to the end.
fn edges(beats: &[f64], duration_s: f64) -> Vec<f64> {
    let most = (duration_s.max(0.0) * FRAMES_PER_SECOND) as usize + 2;
    let mut edges =
        Vec::with_capacity(most.min(beats.len().max((duration_s / PACE_S) as usize) + 2));
    edges.push(0.0);
    let mut add = |time: f64| {
        // The first beat takes what is before it, if that is short. One beat a frame at most.
        let least = if edges.len() == 1 { 0.3 } else { 1.0 / FRAMES_PER_SECOND };
        if time > edges[edges.len() - 1] + least && time < duration_s - 0.05 {
            edges.push(time);
        }
    };
    if beats.len() >= 4 {
        beats.iter().copied().for_each(&mut add);
    } else {
        let count = (duration_s / PACE_S).max(0.0) as usize;
        (1..=count).for_each(|step| add(step as f64 * PACE_S));
    }
    if duration_s > 0.0 {
        edges.push(duration_s);
    }
    edges
}

/// Logarithms of the chances of each chord to follow a change, in a key.
fn favoured(key: Option<Key>) -> States {
    let Some(key) = key else {
        return log_softmax(&[0.0; STATES]);
    };
    let mode = usize::from(key.mode() == Mode::Minor);
    let tonic = usize::from(key.tonic());
    let mut favour = [KEY_FAVOUR * NO_CHORD_DEGREE[mode]; STATES];
    for (index, favour) in favour.iter_mut().take(Chord::COUNT).enumerate() {
        let degree = (index + CLASSES - tonic) % CLASSES;
        *favour = KEY_FAVOUR * DEGREES[mode][index / CLASSES][degree];
    }
    log_softmax(&favour)
}

/// How the best path came to each state: it stayed (one bit a state) or came from `source`.
struct Step {
    source: u8,
    stayed: [u8; STATES.div_ceil(8)],
}

impl Step {
    fn before(&self, state: u8) -> u8 {
        let stayed = self.stayed[usize::from(state) / 8] >> (state % 8) & 1 == 1;
        if stayed { state } else { self.source }
    }
}

/// The most probable sequence of states.
fn decode(
    segments: impl ExactSizeIterator<Item = ([f64; 2], Segment)>,
    sections: &[KeySection],
) -> Vec<u8> {
    let mut sections = sections.iter().peekable();
    let mut prior = favoured(sections.peek().map(|s| s.key));
    let mut best: States = prior;
    let mut steps = Vec::with_capacity(segments.len());
    for ([start_s, end_s], segment) in segments {
        let (stay, change) = stay_or_change(end_s - start_s);
        while sections.next_if(|s| s.end_s <= start_s).is_some() {
            prior = favoured(sections.peek().map(|s| s.key));
        }
        let source = argmax(&best);
        let from = best[source] + change;
        let mut step = Step { source: source as u8, stayed: [0; STATES.div_ceil(8)] };
        for state in 0..STATES {
            let (kept, changed) = (best[state] + stay, from + prior[state]);
            step.stayed[state / 8] |= u8::from(kept >= changed) << (state % 8);
            best[state] = kept.max(changed) + segment.log_probability[state];
        }
        steps.push(step);
    }
    trace(&steps, argmax(&best) as u8)
}

/// Logarithms of the chances that a chord goes on or gives way after `seconds`.
fn stay_or_change(seconds: f64) -> (f32, f32) {
    let stay = (-seconds / STAY_S).exp().clamp(0.1, 0.9);
    (stay.ln() as f32, (1.0 - stay).ln() as f32)
}

fn trace(steps: &[Step], last: u8) -> Vec<u8> {
    let mut path = Vec::with_capacity(steps.len());
    let mut state = last;
    for step in steps.iter().rev() {
        path.push(state);
        state = step.before(state);
    }
    path.reverse();
    path
}

/// Index of the largest; the first of equal ones.
fn argmax(values: &States) -> usize {
    let mut best = 0;
    for (index, value) in values.iter().enumerate() {
        if *value > values[best] {
            best = index;
        }
    }
    best
}

/// Probability of all chords with the same root and triad as `state`.
fn triad_probability(log_probability: &States, state: usize) -> f32 {
    let triad = |state: usize| (state % CLASSES, TRIAD.get(state / CLASSES));
    let same = |other: &usize| triad(*other) == triad(state);
    (0..STATES).filter(same).map(|other| log_probability[other].exp()).sum()
}

/// Which triad a quality contains, in the order of [`super::chord::Quality::ALL`].
const TRIAD: [u8; 7] = [0, 1, 0, 0, 1, 2, 3];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feature::tonal::chord::Quality;

    fn chroma(notes: &[usize]) -> Chroma {
        let mut chroma = [0.05; CLASSES];
        for note in notes {
            chroma[note % CLASSES] = 1.0;
        }
        chroma
    }

    #[test]
    fn triads_are_told_apart_on_every_root() {
        for root in 0..CLASSES {
            for (third, quality) in [(4, Quality::Major), (3, Quality::Minor)] {
                let heard = chroma(&[root, root + third, root + 7]);
                let best = argmax(&log_probabilities(&heard, &chroma(&[root])));
                let chord = Chord::from_index(best).unwrap();
                assert_eq!((usize::from(chord.root()), chord.quality()), (root, quality));
            }
        }
    }

    #[test]
    fn probabilities_sum_to_one() {
        let p = log_probabilities(&chroma(&[0, 4, 7]), &[0.0; CLASSES]);
        assert!((p.iter().map(|l| l.exp()).sum::<f32>() - 1.0).abs() < 1e-4);
    }

    #[test]
    fn edges_ascend_from_start_to_end() {
        let wild = [0.1, 0.12, 0.6, 0.61, 0.3, f64::NAN, 1.2, 9.0, 1e9];
        for beats in [&wild[..], &[], &[0.5, 1.0]] {
            for duration in [0.0, 0.04, 0.3, 7.3] {
                let edges = edges(beats, duration);
                assert!(edges.windows(2).all(|w| w[0] < w[1]), "{edges:?}");
                assert!(edges.last().is_some_and(|&e| (e - duration).abs() < 1e-12), "{edges:?}");
            }
        }
    }

    #[test]
    fn statistics_of_events() {
        let c = Chord::from_index(0);
        let event = |start_s, end_s, chord| ChordEvent { start_s, end_s, chord };
        let over_e = c.map(|c| c.over(4));
        let events = vec![event(0.0, 10.0, None), event(10.0, 20.0, c), event(20.0, 30.0, over_e)];
        let chords = Chords { events, confidence: 0.5 };
        assert_eq!(chords.most_common(), c);
        assert_eq!(chords.changes_per_minute(), Some(2.0));
    }
}
