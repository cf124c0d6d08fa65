//! A list that is being made, and what can be done to it.

use super::super::cost::{Bill, Prices};
use super::super::dice::{Dice, mixed};

/// A change of a list. Each has one that takes it back.
#[derive(Clone, Copy, Debug)]
pub(super) enum Move {
    Replace(usize, usize),
    Swap(usize, usize),
    Reverse(usize, usize),
    Relocate(usize, usize),
    Insert(usize, usize),
    Delete(usize),
}

pub(super) struct List<'a> {
    pub(super) prices: &'a Prices<'a>,
    pub(super) dice: Dice,
    pub(super) tracks: Vec<usize>,
    /// Places that keep their track.
    pub(super) pinned: Vec<bool>,
    /// Tracks that are in the list, or kept for it.
    pub(super) used: Vec<bool>,
    /// How many of these share each title, by [`Prices::names`].
    titles: Vec<u32>,
    pub(super) seconds: f64,
    /// How far the energies are from the curve, added up.
    pub(super) missed: f64,
    pub(super) price: f64,
    best: Vec<usize>,
    best_pinned: Vec<bool>,
    best_price: f64,
}

/// A move that was made.
pub(super) struct Trial {
    /// The move back.
    pub(super) undo: Move,
    /// How far the energies would then be from the curve, added up.
    pub(super) missed: f64,
    /// What the list costs more.
    pub(super) rise: f64,
}

impl<'a> List<'a> {
    /// Without a track yet.
    pub(super) fn empty(prices: &'a Prices<'a>, start: u64) -> Self {
        let count = prices.pool.len();
        Self {
            prices,
            dice: Dice::new(mixed(prices.wish.seed).wrapping_add(start)),
            tracks: Vec::new(),
            pinned: Vec::new(),
            used: vec![false; count],
            // Titles are numbered from 1.
            titles: vec![0; count + 1],
            seconds: 0.0,
            missed: 0.0,
            price: 0.0,
            best: Vec::new(),
            best_pinned: Vec::new(),
            best_price: f64::INFINITY,
        }
    }

    /// The best list that was kept, with its price.
    pub(super) fn into_best(self) -> (f64, Vec<usize>) {
        (self.best_price, self.best)
    }

    /// Adds up anew what was carried along as differences.
    pub(super) fn reckon(&mut self) {
        let bill = self.prices.part(&self.tracks, 0, self.tracks.len());
        self.seconds = self.prices.seconds(&self.tracks);
        self.missed = bill.missed;
        self.price = bill.price + self.whole(bill.missed);
        self.keep();
    }

    /// Remembers the list if none was better.
    pub(super) fn keep(&mut self) {
        if self.price < self.best_price {
            self.best_price = self.price;
            self.best.clone_from(&self.tracks);
            self.best_pinned.clone_from(&self.pinned);
        }
    }

    /// Goes back to the best list.
    pub(super) fn recall(&mut self) {
        for index in std::mem::take(&mut self.tracks) {
            self.mark(index, false);
        }
        self.tracks.clone_from(&self.best);
        self.pinned.clone_from(&self.best_pinned);
        for place in 0..self.tracks.len() {
            self.mark(self.tracks[place], true);
        }
        self.reckon();
    }

    /// Makes a move and says what it costs.
    pub(super) fn trial(&mut self, step: Move) -> Trial {
        let spans = self.spans(step);
        let before = self.priced(&spans);
        let whole = self.whole(self.missed);
        let undo = self.apply(step);
        let change = self.priced(&spans) - before;
        let missed = self.missed + change.missed;
        Trial { undo, missed, rise: change.price + self.whole(missed) - whole }
    }

    /// What the whole costs at its length and duration, were it so far from the curve.
    pub(super) fn whole(&self, missed: f64) -> f64 {
        self.prices.whole(self.tracks.len(), self.seconds, missed)
    }

    /// Not in the list, nor another version of it where none may be twice.
    pub(super) fn is_free(&self, index: usize) -> bool {
        self.used.get(index) == Some(&false) && !self.is_version(index)
    }

    /// A version may stand in for the version it replaces.
    pub(super) fn may_replace(&self, place: usize, with: usize) -> bool {
        let title = |index: usize| self.prices.names(index)[2];
        let Some(&here) = self.tracks.get(place) else { return false };
        let stand_in = title(with) != 0 && title(with) == title(here);
        self.used.get(with) == Some(&false) && (stand_in || !self.is_version(with))
    }

    fn is_version(&self, index: usize) -> bool {
        let title = self.prices.names(index)[2] as usize;
        let never_twice = self.prices.wish.spacing.title == usize::MAX;
        never_twice && title != 0 && self.titles.get(title).is_some_and(|&uses| uses > 0)
    }

    /// Marks a track as used; false when it is already, or is none of the pool.
    pub(super) fn take(&mut self, index: usize) -> bool {
        let free = self.used.get(index) == Some(&false);
        if free {
            self.mark(index, true);
        }
        free
    }

    fn mark(&mut self, index: usize, used: bool) {
        let Some(slot) = self.used.get_mut(index) else { return };
        *slot = used;
        let title = self.prices.names(index)[2] as usize;
        if let Some(uses) = self.titles.get_mut(title) {
            *uses = if used { *uses + 1 } else { uses.saturating_sub(1) };
        }
    }

    pub(super) fn is_loose(&self, place: usize) -> bool {
        self.pinned.get(place) == Some(&false)
    }

    pub(super) fn all_loose(&self, low: usize, high: usize) -> bool {
        low < high && (low..=high).all(|place| self.is_loose(place))
    }

    /// Places whose price a move can change: one span, or two that do not meet.
    pub(super) fn spans(&self, step: Move) -> [(usize, usize); 2] {
        let reach = self.prices.reach() + 1;
        let around = |low: usize, high: usize| (low, high + 1 + reach);
        let none = (0, 0);
        match step {
            Move::Replace(place, _) => [around(place, place), none],
            Move::Reverse(a, b) | Move::Relocate(a, b) => [around(a.min(b), a.max(b)), none],
            Move::Swap(a, b) => {
                let (low, high) = (a.min(b), a.max(b));
                if low + 1 + reach >= high {
                    [around(low, high), none]
                } else {
                    [around(low, low), around(high, high)]
                }
            }
            // Everything moves along the curve.
            Move::Insert(..) | Move::Delete(_) => [(0, usize::MAX), none],
        }
    }

    pub(super) fn priced(&self, spans: &[(usize, usize); 2]) -> Bill {
        spans.iter().map(|&(from, to)| self.prices.part(&self.tracks, from, to)).sum()
    }

    /// Makes a move and returns the one that takes it back.
    pub(super) fn apply(&mut self, step: Move) -> Move {
        match step {
            Move::Replace(place, with) => {
                let here = std::mem::replace(&mut self.tracks[place], with);
                self.exchange(Some(here), Some(with));
                Move::Replace(place, here)
            }
            Move::Swap(a, b) => {
                self.tracks.swap(a, b);
                step
            }
            Move::Reverse(a, b) => {
                self.tracks[a..=b].reverse();
                step
            }
            Move::Relocate(from, to) => {
                if from < to {
                    self.tracks[from..=to].rotate_left(1);
                } else {
                    self.tracks[to..=from].rotate_right(1);
                }
                Move::Relocate(to, from)
            }
            Move::Insert(place, with) => {
                self.tracks.insert(place, with);
                self.pinned.insert(place, false);
                self.exchange(None, Some(with));
                Move::Delete(place)
            }
            Move::Delete(place) => {
                let here = self.tracks.remove(place);
                self.pinned.remove(place);
                self.exchange(Some(here), None);
                Move::Insert(place, here)
            }
        }
    }

    fn exchange(&mut self, out: Option<usize>, into: Option<usize>) {
        for (index, used) in [(out, false), (into, true)] {
            let Some(index) = index else { continue };
            self.mark(index, used);
            let seconds = self.prices.pool.duration_s(index);
            self.seconds += if used { seconds } else { -seconds };
        }
    }
}
