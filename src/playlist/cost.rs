//! What a playlist costs: the sum that the search makes small.

use super::dice::mixed;
use super::pool::Pool;
use super::report::CURVE_TOLERANCE;
use super::track::{HARMONIC, key_affinity, tempo_drift};
use super::wish::{DURATION_TOLERANCE, Length, Wish};
use std::collections::BTreeMap;
use std::ops::{Add, Sub};

// Prices, in units of the distance of two random tracks. What may be given up first costs least;
// each is so dear that the sound of a few transitions cannot pay for the next.
const KEY: f64 = 0.6;
const TEMPO: f64 = 0.5;
const ENERGY_STEP: f64 = 0.4;
const DISTASTE: f64 = 1.5;
const WAY: f64 = 1.0;
const WHIM: f64 = 0.2;
const CURVE: f64 = 15.0;
const BROKEN_TEMPO: f64 = 4.0;
const BROKEN_KEY: f64 = 5.0;
const LEAST_BREAK: f64 = BROKEN_TEMPO;
/// Of a mean deviation beyond what counts as followed: a place of fifty that is .1 off costs 3.
const BROKEN_CURVE: f64 = 1500.0;
const ALBUM: f64 = 20.0;
const ARTIST: f64 = 30.0;
const TITLE: f64 = 60.0;
const DURATION: f64 = 4000.0;

/// Share of a tolerance that is free: the search is to rest there, not at its edge.
const FREE: f64 = 0.5;
const FREE_CURVE: f64 = 0.9;

/// What a track without energy costs where a curve is to be followed, and how far from it it counts.
const UNKNOWN_ENERGY: f64 = 10.0;
const UNKNOWN_MISSED: f64 = 0.5;

/// What places cost, and how far their energies are from the curve, added up.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bill {
    pub(super) price: f64,
    pub(super) missed: f64,
}

impl Add for Bill {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { price: self.price + other.price, missed: self.missed + other.missed }
    }
}

impl Sub for Bill {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self { price: self.price - other.price, missed: self.missed - other.missed }
    }
}

impl std::iter::Sum for Bill {
    fn sum<I: Iterator<Item = Self>>(bills: I) -> Self {
        bills.fold(Self::default(), Add::add)
    }
}

/// Kinds of names that are spaced, their prices, in the order of [`Prices::names`].
const KINDS: [f64; 3] = [ARTIST, ALBUM, TITLE];

/// Prices the playlists of one wish over one pool; whatever is asked for often is worked out once.
pub(super) struct Prices<'a> {
    pub(super) pool: &'a Pool,
    pub(super) wish: &'a Wish,
    /// The tracks that the way leads over: first, via, last.
    stations: Vec<usize>,
    /// The price of one track after another, row by row.
    steps: Vec<f32>,
    /// What each track costs wherever it stands.
    own: Vec<f64>,
    energies: Vec<Option<f64>>,
    /// Artist, album and title of each track, numbered from 1; 0 is unknown.
    names: Vec<[u32; 3]>,
    gaps: [usize; 3],
    /// How far before and after a place its price reaches.
    reach: usize,
}

impl<'a> Prices<'a> {
    pub(super) fn new(pool: &'a Pool, wish: &'a Wish) -> Self {
        let begin = wish.first.last().copied().filter(|_| wish.last.is_some());
        let stations = begin.into_iter().chain(wish.via.iter().copied()).chain(wish.last);
        let count = pool.len();
        let mut steps = vec![0.0; count * count];
        for from in 0..count {
            for to in from + 1..count {
                let price = transition(pool, wish, from, to) as f32;
                steps[from * count + to] = price;
                steps[to * count + from] = price;
            }
        }
        let own = (0..count).map(|index| DISTASTE * pool.distaste(index) + whim(wish.seed, index));
        let energy = |index| pool.track(index).and_then(|track| track.energy);
        let spacing = wish.spacing;
        let gaps = [spacing.artist, spacing.album, spacing.title];
        // What may never be twice is kept out by the search, not priced.
        let priced = gaps.into_iter().filter(|&gap| gap != usize::MAX);
        Self {
            pool,
            wish,
            stations: stations.collect(),
            steps,
            own: own.collect(),
            energies: (0..count).map(energy).collect(),
            names: names(pool),
            gaps,
            reach: priced.max().unwrap_or(0).max(1),
        }
    }

    /// The price of the whole.
    #[cfg(test)]
    pub(super) fn total(&self, list: &[usize]) -> f64 {
        let bill = self.part(list, 0, list.len());
        bill.price + self.whole(list.len(), self.seconds(list), bill.missed)
    }

    /// The price of what only the whole can miss: its length, and the curve by more than is tolerated.
    pub(super) fn whole(&self, count: usize, seconds: f64, missed: f64) -> f64 {
        let mean = missed / count.max(1) as f64;
        let curve = BROKEN_CURVE * (mean - FREE_CURVE * CURVE_TOLERANCE).max(0.0);
        let Length::Duration(target) = self.wish.length else { return curve };
        let missed = (seconds - target).abs() / target.max(1.0);
        curve + DURATION * (missed - FREE * DURATION_TOLERANCE).max(0.0)
    }

    /// Sum of the lengths, in seconds.
    pub(super) fn seconds(&self, list: &[usize]) -> f64 {
        list.iter().map(|&index| self.pool.duration_s(index)).sum()
    }

    /// The price of the places `from..to`, with the steps into each of them.
    pub(super) fn part(&self, list: &[usize], from: usize, to: usize) -> Bill {
        let to = to.min(list.len());
        (from..to).map(|place| self.place(list, place)).sum()
    }

    /// How far before and after a place its price reaches.
    pub(super) fn reach(&self) -> usize {
        self.reach
    }

    /// Number of an artist, album or title within the pool (0, 1, 2), from 1; 0 is unknown.
    pub(super) fn names(&self, index: usize) -> [u32; 3] {
        self.names.get(index).copied().unwrap_or_default()
    }

    /// The price of a track at its place: by itself, the step to it, and what is too near before it.
    fn place(&self, list: &[usize], place: usize) -> Bill {
        let (Some(&index), Some(before)) = (list.get(place), list.get(..place)) else {
            return Bill::default();
        };
        let mut bill = self.alone(index, share(place, list.len()));
        bill.price += self.crowded(before.iter().rev(), index);
        bill.price += before.last().map_or(0.0, |&from| self.transition(from, index));
        bill
    }

    /// All that would be another price if `index` stood at `place`, but for the whole.
    pub(super) fn at(&self, list: &[usize], place: usize, index: usize) -> Bill {
        let before = list.get(..place).unwrap_or_default();
        let behind = list.get(place + 1..).unwrap_or_default();
        let mut bill = self.alone(index, share(place, list.len()));
        bill.price += before.last().map_or(0.0, |&from| self.transition(from, index));
        bill.price += behind.first().map_or(0.0, |&to| self.transition(index, to));
        bill.price += self.crowded(before.iter().rev(), index) + self.crowded(behind.iter(), index);
        bill
    }

    /// The price of a track at `t`, 0 to 1, whatever its neighbours: taste, way, curve.
    pub(super) fn alone(&self, index: usize, t: f64) -> Bill {
        let own = self.own.get(index).copied().unwrap_or(0.0) + WAY * self.way(index, t);
        let Some(curve) = &self.wish.curve else { return Bill { price: own, missed: 0.0 } };
        let Some(energy) = self.energies.get(index).copied().flatten() else {
            return Bill { price: own + UNKNOWN_ENERGY, missed: UNKNOWN_MISSED };
        };
        let missed = (energy - curve.at(t)).abs();
        Bill { price: own + CURVE * missed * missed.max(0.1), missed }
    }

    /// How far a track is from where the way is at `t`: its distances to the two stations it lies
    /// between, against what is left of the stretch.
    fn way(&self, index: usize, t: f64) -> f64 {
        let stretches = self.stations.len().saturating_sub(1);
        if stretches == 0 {
            return 0.0;
        }
        let along = t * stretches as f64;
        let stretch = (along as usize).min(stretches - 1);
        let (Some(&from), Some(&to)) = (self.stations.get(stretch), self.stations.get(stretch + 1))
        else {
            return 0.0;
        };
        let (near, far) = (self.pool.distance(from, index), self.pool.distance(index, to));
        let left = along - stretch as f64;
        // On the straight way the two distances share the stretch as `left` does, and no more.
        let share = near / (near + far).max(1e-9);
        let detour = (near + far - self.pool.distance(from, to)).max(0.0);
        (share - left).abs() + 0.5 * detour
    }

    /// The price of what looks alike on paper and stands too near on one side, the nearest first.
    pub(super) fn crowded<'b>(&self, others: impl Iterator<Item = &'b usize>, index: usize) -> f64 {
        let own = self.names(index);
        let mut price = 0.0;
        for (between, &other) in others.take(self.reach).enumerate() {
            let other = self.names(other);
            for kind in 0..KINDS.len() {
                let same = own[kind] != 0 && own[kind] == other[kind];
                if same && between < self.gaps[kind] {
                    price += KINDS[kind];
                }
            }
        }
        price
    }

    /// The price of one track after another.
    pub(super) fn transition(&self, from: usize, to: usize) -> f64 {
        f64::from(self.steps.get(from * self.pool.len() + to).copied().unwrap_or(0.0))
    }

    /// Number of steps that break a limit.
    pub(super) fn breaks(&self, list: &[usize]) -> usize {
        let broken = |pair: &&[usize]| match pair {
            [from, to] => {
                self.transition(*from, *to) - self.pool.distance(*from, *to) >= LEAST_BREAK
            }
            _ => false,
        };
        list.windows(2).filter(broken).count()
    }

    /// The cheapest to come before or after each track, `most` of them, in no order.
    pub(super) fn partners(&self, most: usize) -> Vec<Vec<usize>> {
        let count = self.pool.len();
        let of = |from: usize| {
            let mut others: Vec<usize> = (0..count).filter(|&to| to != from).collect();
            if others.len() > most {
                let price = |to: usize| self.transition(from, to);
                let order = |a: &usize, b: &usize| price(*a).total_cmp(&price(*b)).then(a.cmp(b));
                others.select_nth_unstable_by(most, order);
                others.truncate(most);
                // Which they are does not depend on how they were selected; nor shall their order.
                others.sort_unstable();
            }
            others
        };
        (0..count).map(of).collect()
    }
}

/// Where a place is in a list, 0 to 1.
pub(super) fn share(place: usize, count: usize) -> f64 {
    place as f64 / (count.max(2) - 1) as f64
}

/// What the seed has against a track: it makes two lists of one wish differ.
fn whim(seed: u64, index: usize) -> f64 {
    let hash = mixed(mixed(seed).wrapping_add(index as u64));
    WHIM * (hash >> 11) as f64 / (1_u64 << 53) as f64
}

/// Names by small numbers: artist, album, title.
fn names(pool: &Pool) -> Vec<[u32; 3]> {
    let mut known: [BTreeMap<u32, u32>; 3] = Default::default();
    let mut number = |kind: usize, name: Option<u32>| {
        let next = known[kind].len() as u32 + 1;
        name.map_or(0, |name| *known[kind].entry(name).or_insert(next))
    };
    let tracks = (0..pool.len()).filter_map(|index| pool.track(index));
    tracks
        .map(|track| [number(0, track.artist), number(1, track.album), number(2, track.title)])
        .collect()
}

/// The price of one track after another; the same both ways.
pub(super) fn transition(pool: &Pool, wish: &Wish, from: usize, to: usize) -> f64 {
    let (Some(a), Some(b)) = (pool.track(from), pool.track(to)) else { return 0.0 };
    let affinity = key_affinity(a.key, b.key);
    let drift = tempo_drift(a.bpm, b.bpm);
    let mut price = pool.distance(from, to);
    if wish.harmonic {
        price += KEY * (1.0 - affinity) + if affinity < HARMONIC { BROKEN_KEY } else { 0.0 };
    }
    if let Some(limit) = wish.tempo_drift {
        // A tempo that is not known keeps no promise.
        let drift = drift.unwrap_or(f64::INFINITY);
        price += TEMPO * (drift / limit.max(1e-6)).min(1.0);
        price += if drift > limit { BROKEN_TEMPO } else { 0.0 };
    } else {
        price += TEMPO * drift.unwrap_or(0.2).min(0.4);
    }
    if wish.curve.is_none() {
        let step = a.energy.zip(b.energy).map_or(0.2, |(a, b)| (a - b).abs());
        price += ENERGY_STEP * step;
    }
    price
}
