//! What chance left undone: every small change is looked at until none is worth it.

use super::list::{List, Move, Trial};

/// Sweeps over all places, and what a change must save.
const SWEEPS: usize = 6;
const LEAST_GAIN: f64 = 1e-6;

/// Longest stretch that is shifted or turned.
const STRETCH: usize = 24;

impl List<'_> {
    /// Gives each place the best track that is free and the best order around it, until nothing changes.
    pub(super) fn settle(&mut self) {
        for _ in 0..SWEEPS {
            let places = 0..self.tracks.len();
            let changed =
                |list: &mut Self, place| list.settle_place(place) | list.settle_order(place);
            if places.filter(|&place| changed(self, place)).count() == 0 {
                break;
            }
        }
        // Differences were added up; the whole is the truth.
        self.reckon();
    }

    /// Tries every shift and turn within a stretch of a place; true when one was worth it.
    fn settle_order(&mut self, place: usize) -> bool {
        let end = (place + STRETCH).min(self.tracks.len().saturating_sub(1));
        let mut changed = false;
        for other in place + 1..=end {
            if !self.all_loose(place, other) {
                break;
            }
            for step in [
                Move::Swap(place, other),
                Move::Reverse(place, other),
                Move::Relocate(place, other),
                Move::Relocate(other, place),
            ] {
                let Trial { undo, missed, rise } = self.trial(step);
                if rise < -LEAST_GAIN {
                    self.missed = missed;
                    changed = true;
                } else {
                    self.apply(undo);
                }
            }
        }
        changed
    }

    /// Puts the track at a place that costs least there; true when it is another one.
    fn settle_place(&mut self, place: usize) -> bool {
        let Some(&here) = self.tracks.get(place).filter(|_| self.is_loose(place)) else {
            return false;
        };
        let pool = self.prices.pool;
        let (count, missed) = (self.tracks.len(), self.missed);
        let price = |list: &Self, index: usize, own: f64| {
            let bill = list.prices.at(&list.tracks, place, index);
            let seconds = list.seconds + pool.duration_s(index) - pool.duration_s(here);
            let missed = missed + bill.missed - own;
            (bill.price + list.prices.whole(count, seconds, missed), missed)
        };
        let own = self.prices.at(&self.tracks, place, here).missed;
        let (mut best, (mut lowest, mut reached)) = (here, price(self, here, own));
        lowest -= LEAST_GAIN;
        for with in 0..self.used.len() {
            if self.may_replace(place, with) {
                let (tried, missed) = price(self, with, own);
                if tried < lowest {
                    (best, lowest, reached) = (with, tried, missed);
                }
            }
        }
        if best != here {
            self.apply(Move::Replace(place, best));
            self.missed = reached;
        }
        best != here
    }
}
