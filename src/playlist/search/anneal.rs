//! Simulated annealing: small changes at random, of which those that cost something are taken less and less.

use super::super::wish::Length;
use super::list::{List, Move, Trial};

/// Steps for lists of up to a hundred tracks; longer ones get fewer, so that the time stays about the
/// same.
const STEPS: usize = 50_000;

/// Price differences that are taken in stride at the beginning and at the end.
const HOT: f64 = 0.6;
const COLD: f64 = 0.03;

/// Longest stretch that is turned round.
const STRETCH: usize = 24;

impl List<'_> {
    /// Ends at the best list it came by. `partners` are tracks that go well beside each track.
    pub(super) fn anneal(&mut self, partners: &[Vec<usize>]) {
        let steps = if self.tracks.len() <= 100 { STEPS } else { STEPS * 100 / self.tracks.len() };
        let cooling = (COLD / HOT).powf(1.0 / steps.max(1) as f64);
        let mut heat = HOT;
        for _ in 0..steps {
            heat *= cooling;
            match self.propose(partners) {
                Some(Move::Replace(place, with)) => self.try_replacement(place, with, heat),
                Some(step) => self.attempt(step, heat),
                None => {}
            }
        }
        self.recall();
    }

    fn propose(&mut self, partners: &[Vec<usize>]) -> Option<Move> {
        let count = self.tracks.len();
        let timed = matches!(self.prices.wish.length, Length::Duration(_));
        let roll = self.dice.unit();
        let place = self.dice.below(count);
        let other = self.dice.below(count);
        let near = (place + 1 + self.dice.below(STRETCH)).min(count.saturating_sub(1));
        match roll {
            r if r < 0.50 => {
                let track = self.candidate(place, partners);
                Some(Move::Replace(place, track)).filter(|_| self.is_loose(place))
            }
            r if r < 0.66 => {
                let loose = place != other && self.is_loose(place) && self.is_loose(other);
                loose.then_some(Move::Swap(place, other))
            }
            r if r < 0.80 => self.all_loose(place, near).then_some(Move::Reverse(place, near)),
            r if r < 0.92 || !timed => {
                let (from, to) =
                    if other.is_multiple_of(2) { (place, near) } else { (near, place) };
                let (low, high) = (from.min(to), from.max(to));
                self.all_loose(low, high).then_some(Move::Relocate(from, to))
            }
            r if r < 0.96 => {
                let track = self.candidate(place, partners);
                Some(Move::Insert(place, track)).filter(|_| self.is_loose(place))
            }
            _ => Some(Move::Delete(place)).filter(|_| self.is_loose(place)),
        }
    }

    /// A track for a place: any, or one that goes well with the track before or behind.
    fn candidate(&mut self, place: usize, partners: &[Vec<usize>]) -> usize {
        let any = self.dice.below(self.used.len());
        let roll = self.dice.unit();
        let beside = if roll < 0.4 { place.checked_sub(1) } else { Some(place + 1) };
        let beside = beside.filter(|_| roll < 0.8).and_then(|beside| self.tracks.get(beside));
        let known = beside.and_then(|&beside| partners.get(beside)).filter(|all| !all.is_empty());
        known.map_or(any, |known| known[self.dice.below(known.len())])
    }

    /// By far the most frequent change: only what it touches is priced.
    fn try_replacement(&mut self, place: usize, with: usize, heat: f64) {
        let Some(&here) = self.tracks.get(place) else { return };
        if !self.may_replace(place, with) {
            return;
        }
        let change =
            self.prices.at(&self.tracks, place, with) - self.prices.at(&self.tracks, place, here);
        let pool = self.prices.pool;
        let seconds = self.seconds + pool.duration_s(with) - pool.duration_s(here);
        let missed = self.missed + change.missed;
        let rise = change.price + self.prices.whole(self.tracks.len(), seconds, missed)
            - self.whole(self.missed);
        if self.is_taken(rise, heat) {
            self.apply(Move::Replace(place, with));
            self.missed = missed;
            self.price += rise;
            self.keep();
        }
    }

    /// Makes a move and takes it back unless the price falls, or rises by little while it is hot.
    fn attempt(&mut self, step: Move, heat: f64) {
        if let Move::Insert(_, with) = step
            && !self.is_free(with)
        {
            return;
        }
        let Trial { undo, missed, rise } = self.trial(step);
        if self.is_taken(rise, heat) {
            self.missed = missed;
            self.price += rise;
            self.keep();
        } else {
            self.apply(undo);
        }
    }

    fn is_taken(&mut self, rise: f64, heat: f64) -> bool {
        rise <= 0.0 || self.dice.unit() < (-rise / heat).exp()
    }
}
