//! The search: a list is built place by place, then improved by simulated annealing.
//!
//! Kirkpatrick, Gelatt and Vecchi, "Optimization by simulated annealing", Science 220, 1983. The number of
//! steps is fixed by the length of the list, not by a clock: the same wish gives the same list.

use super::cost::Prices;
use super::dice::{Dice, mixed};
use super::pool::Pool;
use super::wish::{Length, Wish};

/// Steps of the search for lists of up to a hundred tracks; longer ones get fewer, so that the time
/// stays about the same.
const STEPS: usize = 60_000;

/// Price differences that are taken in stride at the beginning and at the end.
const HOT: f64 = 1.5;
const COLD: f64 = 0.01;

/// Searches from one beginning, of which the best is taken.
const STARTS: u64 = 3;

/// Sweeps over all places at the end, and what a change must save.
const SWEEPS: usize = 6;
const LEAST_GAIN: f64 = 1e-9;

/// Longest stretch that is turned round.
const STRETCH: usize = 24;

/// The best list found. It never holds a track twice; it is shorter than asked when the pool has
/// no more.
pub(super) fn search(pool: &Pool, wish: &Wish) -> Vec<usize> {
    let found = (0..STARTS).map(|start| {
        let mut list = List::construct(pool, wish, start);
        list.improve();
        (list.best_price, list.best)
    });
    found.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, list)| list).unwrap_or_default()
}

#[derive(Clone, Copy, Debug)]
enum Move {
    Replace(usize, usize),
    Swap(usize, usize),
    Reverse(usize, usize),
    Relocate(usize, usize),
    Insert(usize, usize),
    Delete(usize),
}

struct List<'a> {
    prices: Prices<'a>,
    dice: Dice,
    tracks: Vec<usize>,
    /// Places that keep their track.
    pinned: Vec<bool>,
    used: Vec<bool>,
    seconds: f64,
    price: f64,
    best: Vec<usize>,
    best_pinned: Vec<bool>,
    best_price: f64,
}

impl<'a> List<'a> {
    fn construct(pool: &'a Pool, wish: &'a Wish, start: u64) -> Self {
        let mut list = Self {
            prices: Prices::new(pool, wish),
            dice: Dice::new(mixed(wish.seed).wrapping_add(start)),
            tracks: Vec::new(),
            pinned: Vec::new(),
            used: vec![false; pool.len()],
            seconds: 0.0,
            price: 0.0,
            best: Vec::new(),
            best_pinned: Vec::new(),
            best_price: f64::INFINITY,
        };
        list.build();
        list
    }

    /// First the tracks that are given, then at each place the one that costs least there.
    fn build(&mut self) {
        let wish = self.prices.wish;
        wish.first.iter().for_each(|&index| self.push(index, true));
        let aim = self.aim();
        // What comes later by wish is not to be taken before.
        let later: Vec<usize> = wish.via.iter().copied().chain(wish.last).collect();
        let later: Vec<usize> = later.into_iter().filter(|&index| self.take(index)).collect();
        let vias = later.len() - usize::from(wish.last.is_some_and(|last| later.contains(&last)));
        let begin = self.tracks.len();
        let mut stations = later.into_iter().peekable();
        let mut passed = 0;
        loop {
            let way = aim.saturating_sub(begin.max(1));
            let due = begin.saturating_sub(1) + (passed + 1) * way / (vias + 1);
            if passed < vias && self.tracks.len() >= due {
                passed += 1;
                if let Some(station) = stations.next() {
                    self.append(station, true);
                }
                continue;
            }
            if self.tracks.len() + stations.len() >= aim || !self.extend(aim) {
                break;
            }
        }
        stations.for_each(|station| self.append(station, true));
        self.settle();
    }

    /// About how many tracks there will be.
    fn aim(&self) -> usize {
        let pool = self.prices.pool;
        match self.prices.wish.length {
            Length::Count(count) => count.min(pool.len()),
            Length::Everything => pool.len(),
            Length::Duration(seconds) => {
                let whole: f64 = (0..pool.len()).map(|index| pool.duration_s(index)).sum();
                let mean = (whole / pool.len().max(1) as f64).max(1.0);
                ((seconds / mean).round() as usize).clamp(1, pool.len().max(1))
            }
        }
    }

    /// Appends the cheapest track that is left; false when there is none.
    fn extend(&mut self, aim: usize) -> bool {
        let place = self.tracks.len();
        let t = place as f64 / (aim.max(2) - 1) as f64;
        let free = (0..self.used.len()).filter(|&index| self.is_free(index));
        let price = |index: usize| {
            let near = self.tracks.last().map_or(0.0, |&last| self.prices.transition(last, index));
            near + self.prices.alone(index, t) + self.prices.crowded(&self.tracks, index)
        };
        let best = free.map(|index| (price(index), index)).min_by(|a, b| a.0.total_cmp(&b.0));
        best.is_some_and(|(_, index)| {
            self.push(index, false);
            true
        })
    }

    /// Not in the list, nor another version of it where none may be twice.
    fn is_free(&self, index: usize) -> bool {
        self.used.get(index) == Some(&false) && !self.is_version(index)
    }

    fn is_version(&self, index: usize) -> bool {
        if self.prices.wish.spacing.title != usize::MAX {
            return false;
        }
        let title = |index: usize| self.prices.pool.track(index).and_then(|track| track.title);
        let wanted = title(index);
        wanted.is_some() && self.tracks.iter().any(|&other| title(other) == wanted)
    }

    /// Marks a track as used; false when it is already, or is none of the pool.
    fn take(&mut self, index: usize) -> bool {
        let free = self.used.get_mut(index).filter(|used| !**used);
        free.map(|used| *used = true).is_some()
    }

    fn push(&mut self, index: usize, pinned: bool) {
        if self.take(index) {
            self.append(index, pinned);
        }
    }

    fn append(&mut self, index: usize, pinned: bool) {
        self.tracks.push(index);
        self.pinned.push(pinned);
    }

    fn settle(&mut self) {
        self.seconds = self.prices.seconds(&self.tracks);
        self.price = self.prices.total(&self.tracks);
        self.keep();
    }

    fn keep(&mut self) {
        if self.price < self.best_price {
            self.best_price = self.price;
            self.best.clone_from(&self.tracks);
            self.best_pinned.clone_from(&self.pinned);
        }
    }

    fn improve(&mut self) {
        let steps = if self.tracks.len() <= 100 { STEPS } else { STEPS * 100 / self.tracks.len() };
        let cooling = (COLD / HOT).powf(1.0 / steps.max(1) as f64);
        let mut heat = HOT;
        for _ in 0..steps {
            heat *= cooling;
            if let Some(step) = self.propose() {
                self.attempt(step, heat);
            }
        }
        self.tracks.clone_from(&self.best);
        self.pinned.clone_from(&self.best_pinned);
        self.used.fill(false);
        for &index in &self.tracks {
            if let Some(used) = self.used.get_mut(index) {
                *used = true;
            }
        }
        self.seconds = self.prices.seconds(&self.tracks);
        self.descend();
        // Differences were added up; the whole is the truth.
        self.price = self.prices.total(&self.tracks);
        self.keep();
    }

    /// Gives each place the best track that is free, until nothing changes: what chance left undone.
    fn descend(&mut self) {
        for _ in 0..SWEEPS {
            let places = 0..self.tracks.len();
            let changed =
                |list: &mut Self, place| list.settle_place(place) | list.settle_order(place);
            if places.filter(|&place| changed(self, place)).count() == 0 {
                break;
            }
        }
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
                let spans = self.spans(step);
                let before = self.priced(&spans);
                let undo = self.apply(step);
                if self.priced(&spans) < before - LEAST_GAIN {
                    changed = true;
                } else {
                    self.apply(undo);
                }
            }
        }
        changed
    }

    fn settle_place(&mut self, place: usize) -> bool {
        if !self.is_loose(place) {
            return false;
        }
        let Some(&here) = self.tracks.get(place) else { return false };
        let spans = self.spans(Move::Replace(place, here));
        let price = |list: &Self| list.priced(&spans) + list.prices.duration(list.seconds);
        let (mut best, mut lowest) = (here, price(self) - LEAST_GAIN);
        for with in 0..self.used.len() {
            if !self.may_replace(place, with) {
                continue;
            }
            let undo = self.apply(Move::Replace(place, with));
            let tried = price(self);
            if tried < lowest {
                (best, lowest) = (with, tried);
            }
            self.apply(undo);
        }
        self.apply(Move::Replace(place, best));
        best != here
    }

    fn propose(&mut self) -> Option<Move> {
        let count = self.tracks.len();
        let timed = matches!(self.prices.wish.length, Length::Duration(_));
        let roll = self.dice.unit();
        let place = self.dice.below(count);
        let other = self.dice.below(count);
        let near = (place + 1 + self.dice.below(STRETCH)).min(count.saturating_sub(1));
        let track = self.dice.below(self.used.len());
        match roll {
            r if r < 0.45 => Some(Move::Replace(place, track)).filter(|_| self.is_loose(place)),
            r if r < 0.65 => self.both_loose(place, other).then_some(Move::Swap(place, other)),
            r if r < 0.80 => self.all_loose(place, near).then_some(Move::Reverse(place, near)),
            r if r < 0.92 || !timed => {
                let (from, to) =
                    if other.is_multiple_of(2) { (place, near) } else { (near, place) };
                let (low, high) = (from.min(to), from.max(to));
                self.all_loose(low, high).then_some(Move::Relocate(from, to))
            }
            r if r < 0.96 => Some(Move::Insert(place, track)).filter(|_| self.is_loose(place)),
            _ => Some(Move::Delete(place)).filter(|_| self.is_loose(place)),
        }
    }

    fn is_loose(&self, place: usize) -> bool {
        self.pinned.get(place) == Some(&false)
    }

    fn both_loose(&self, a: usize, b: usize) -> bool {
        a != b && self.is_loose(a) && self.is_loose(b)
    }

    fn all_loose(&self, low: usize, high: usize) -> bool {
        low < high && (low..=high).all(|place| self.is_loose(place))
    }

    /// Makes a move and takes it back unless the price falls, or rises by little while it is hot.
    fn attempt(&mut self, step: Move, heat: f64) {
        if let Move::Replace(place, with) = step
            && !self.may_replace(place, with)
        {
            return;
        }
        if let Move::Insert(_, with) = step
            && !self.is_free(with)
        {
            return;
        }
        let spans = self.spans(step);
        let before = self.priced(&spans) + self.prices.duration(self.seconds);
        let undo = self.apply(step);
        let after = self.priced(&spans) + self.prices.duration(self.seconds);
        let rise = after - before;
        if rise <= 0.0 || self.dice.unit() < (-rise / heat).exp() {
            self.price += rise;
            self.keep();
        } else {
            self.apply(undo);
        }
    }

    /// A version may stand in for the version it replaces.
    fn may_replace(&self, place: usize, with: usize) -> bool {
        let title = |index: usize| self.prices.pool.track(index).and_then(|track| track.title);
        let Some(&here) = self.tracks.get(place) else { return false };
        let stand_in = title(with).is_some() && title(with) == title(here);
        self.used.get(with) == Some(&false) && (stand_in || !self.is_version(with))
    }

    /// Places whose price a move can change: one span, or two that do not meet.
    fn spans(&self, step: Move) -> [(usize, usize); 2] {
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

    fn priced(&self, spans: &[(usize, usize); 2]) -> f64 {
        spans.iter().map(|&(from, to)| self.prices.part(&self.tracks, from, to)).sum()
    }

    /// Makes a move and returns the one that takes it back.
    fn apply(&mut self, step: Move) -> Move {
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
            if let Some(slot) = self.used.get_mut(index) {
                *slot = used;
            }
            let seconds = self.prices.pool.duration_s(index);
            self.seconds += if used { seconds } else { -seconds };
        }
    }
}
