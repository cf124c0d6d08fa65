//! From the chords of stretches to events with inversions.

use super::chord::{Chord, ChordEvent};
use super::chroma::{CLASSES, ChromaSum};

/// A bass note must be this much stronger than the root to count as inversion.
const INVERSION: f64 = 1.5;

/// Another bass note under the same chord must last this long to be written: walking and alternating
/// basses are shorter.
const BASS_HOLDS_S: f64 = 1.0;

/// Makes one event of neighbouring segments with the same chord, and finds its bass.
#[derive(Default)]
pub(super) struct EventWriter {
    events: Vec<ChordEvent>,
    state: Option<usize>,
    bass: ChromaSum,
    turn: Option<Turn>,
}

/// A stretch whose bass is another than that of its event; not yet long enough to be believed.
struct Turn {
    start_s: f64,
    bass: ChromaSum,
}

impl EventWriter {
    pub(super) fn with_capacity(count: usize) -> Self {
        Self { events: Vec::with_capacity(count), ..Self::default() }
    }

    /// Adds the next stretch: its state and what its bass was.
    pub(super) fn add(&mut self, [start_s, end_s]: [f64; 2], state: usize, bass: &ChromaSum) {
        if self.state != Some(state) {
            self.close();
            let chord = Chord::from_index(state);
            self.events.push(ChordEvent { start_s, end_s, chord });
            (self.state, self.bass) = (Some(state), ChromaSum::default());
        }
        if let Some(event) = self.events.last_mut() {
            event.end_s = end_s;
        }
        match Chord::from_index(state) {
            Some(chord) if self.turns(chord, bass) => self.lengthen(start_s, end_s, chord, bass),
            _ => {
                self.give_up_turn();
                self.bass.merge(bass);
            }
        }
    }

    /// True when `bass` makes another inversion than what was heard of the event so far.
    fn turns(&self, chord: Chord, bass: &ChromaSum) -> bool {
        let heard = self.bass.count() > 0 && bass.count() > 0;
        heard && inverted(chord, bass) != inverted(chord, &self.bass)
    }

    /// Adds to the turn; when it has lasted long enough it becomes an event.
    fn lengthen(&mut self, start_s: f64, end_s: f64, chord: Chord, bass: &ChromaSum) {
        let mut turn = self.turn.take().unwrap_or(Turn { start_s, bass: ChromaSum::default() });
        turn.bass.merge(bass);
        if end_s - turn.start_s < BASS_HOLDS_S || !self.turns(chord, &turn.bass) {
            self.turn = Some(turn);
            return;
        }
        if let Some(event) = self.events.last_mut() {
            event.end_s = turn.start_s;
        }
        self.close();
        self.events.push(ChordEvent { start_s: turn.start_s, end_s, chord: Some(chord) });
        self.bass = turn.bass;
    }

    fn give_up_turn(&mut self) {
        if let Some(turn) = self.turn.take() {
            self.bass.merge(&turn.bass);
        }
    }

    /// Writes the inversion of the last event; it joins the one before if that is the same.
    fn close(&mut self) {
        self.give_up_turn();
        let Some(mut event) = self.events.pop() else { return };
        event.chord = event.chord.map(|chord| inverted(chord, &self.bass));
        match self.events.last_mut() {
            Some(before) if before.chord == event.chord => before.end_s = event.end_s,
            _ => self.events.push(event),
        }
    }

    pub(super) fn finish(mut self) -> Vec<ChordEvent> {
        self.close();
        self.events.shrink_to_fit();
        self.events
    }
}

/// The chord over the bass note that was heard.
fn inverted(chord: Chord, bass: &ChromaSum) -> Chord {
    let Some(heard) = bass.mean() else { return chord };
    let lowest = (0..CLASSES).fold(0, |best, c| if heard[c] > heard[best] { c } else { best });
    let root = f64::from(heard[usize::from(chord.root())]);
    if f64::from(heard[lowest]) > INVERSION * root { chord.over(lowest) } else { chord }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Half seconds of C:maj over these bass notes, as events [start, end, bass].
    fn over(basses: &[usize]) -> Vec<(f64, f64, u8)> {
        let mut writer = EventWriter::default();
        for (at, &note) in basses.iter().enumerate() {
            let mut bass = ChromaSum::default();
            let mut heard = [0.05; CLASSES];
            heard[note] = 1.0;
            bass.add(&heard);
            writer.add([0.5 * at as f64, 0.5 * (at + 1) as f64], 0, &bass);
        }
        let events = writer.finish();
        events.iter().map(|e| (e.start_s, e.end_s, e.chord.map_or(12, Chord::bass))).collect()
    }

    #[test]
    fn a_held_bass_makes_an_inversion_and_a_moving_one_does_not() {
        assert_eq!(over(&[0, 0, 0, 4, 4, 4, 4]), [(0.0, 1.5, 0), (1.5, 3.5, 4)]);
        assert_eq!(over(&[0, 7, 0, 7, 0, 7, 0]), [(0.0, 3.5, 0)], "alternating");
        assert_eq!(over(&[0, 0, 4, 0, 0]), [(0.0, 2.5, 0)], "a passing note");
        assert_eq!(over(&[0, 0, 2, 2, 2]), [(0.0, 2.5, 0)], "D is no note of the chord");
        assert_eq!(over(&[0, 0, 4, 4, 0, 0]), [(0.0, 1.0, 0), (1.0, 2.0, 4), (2.0, 3.0, 0)]);
    }
}
