//! What a playlist costs: the sum that the search makes small.

use super::dice::mixed;
use super::pool::Pool;
use super::track::{HARMONIC, key_affinity, tempo_drift};
use super::wish::{DURATION_TOLERANCE, Length, Wish};

// Prices, in units of the distance of two random tracks. What may be given up first costs least;
// each is so dear that the sound of a few transitions cannot pay for the next.
const KEY: f64 = 0.6;
const TEMPO: f64 = 0.5;
const ENERGY_STEP: f64 = 0.4;
const DISTASTE: f64 = 0.7;
const WAY: f64 = 1.0;
const WHIM: f64 = 0.2;
const BROKEN_TEMPO: f64 = 4.0;
const BROKEN_KEY: f64 = 5.0;
const CURVE: f64 = 15.0;
const ALBUM: f64 = 20.0;
const ARTIST: f64 = 30.0;
const TITLE: f64 = 60.0;
const DURATION: f64 = 4000.0;

/// Energy of a track that has none.
const USUAL_ENERGY: f64 = 0.5;

/// Prices the playlists of one wish over one pool.
pub(super) struct Prices<'a> {
    pub(super) pool: &'a Pool,
    pub(super) wish: &'a Wish,
    /// The tracks that the way leads over: first, via, last.
    stations: Vec<usize>,
}

impl<'a> Prices<'a> {
    pub(super) fn new(pool: &'a Pool, wish: &'a Wish) -> Self {
        let begin = wish.first.last().copied().filter(|_| wish.last.is_some());
        let stations = begin.into_iter().chain(wish.via.iter().copied()).chain(wish.last);
        Self { pool, wish, stations: stations.collect() }
    }

    /// The price of the whole.
    pub(super) fn total(&self, list: &[usize]) -> f64 {
        self.part(list, 0, list.len()) + self.duration(self.seconds(list))
    }

    /// Sum of the lengths, in seconds.
    pub(super) fn seconds(&self, list: &[usize]) -> f64 {
        list.iter().map(|&index| self.pool.duration_s(index)).sum()
    }

    /// The price of the places `from..to`, with the steps into each of them.
    pub(super) fn part(&self, list: &[usize], from: usize, to: usize) -> f64 {
        let to = to.min(list.len());
        (from..to).map(|place| self.place(list, place) + self.step(list, place)).sum()
    }

    /// How far before and after a place its price reaches.
    pub(super) fn reach(&self) -> usize {
        let spacing = self.wish.spacing;
        let titles = if spacing.title == usize::MAX { 0 } else { spacing.title };
        spacing.artist.max(spacing.album).max(titles).max(1)
    }

    /// The price of a track at its place: by itself, and for what is too near before it.
    fn place(&self, list: &[usize], place: usize) -> f64 {
        let Some(&index) = list.get(place) else { return 0.0 };
        let t = place as f64 / (list.len().max(2) - 1) as f64;
        let before = list.get(..place).unwrap_or_default();
        self.alone(index, t) + self.crowded(before, index)
    }

    /// The price of a track at `t`, 0 to 1, whatever its neighbours: taste, way, curve.
    pub(super) fn alone(&self, index: usize, t: f64) -> f64 {
        let Some(track) = self.pool.track(index) else { return 0.0 };
        let curve = self.wish.curve.as_ref().map_or(0.0, |curve| {
            let missed = (track.energy.unwrap_or(USUAL_ENERGY) - curve.at(t)).abs();
            CURVE * missed * missed.max(0.1)
        });
        DISTASTE * self.pool.distaste(index) + WAY * self.way(index, t) + curve + self.whim(index)
    }

    /// What the seed has against a track: it makes two lists of one wish differ.
    fn whim(&self, index: usize) -> f64 {
        let hash = mixed(mixed(self.wish.seed).wrapping_add(index as u64));
        WHIM * (hash >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// How far a track is from where the way is at `t`: its distances to the two stations it lies
    /// between, against what is left of the stretch.
    fn way(&self, index: usize, t: f64) -> f64 {
        let stretches = self.stations.len().saturating_sub(1);
        if stretches == 0 {
            return 0.0;
        }
        let along = t * stretches as f64;
        let stretch = (along.floor() as usize).min(stretches - 1);
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

    /// The price of what looks alike on paper and stands too near before a track.
    pub(super) fn crowded(&self, before: &[usize], index: usize) -> f64 {
        let spacing = self.wish.spacing;
        let Some(track) = self.pool.track(index) else { return 0.0 };
        let near = before.iter().rev().take(self.reach()).enumerate();
        let prices = near.filter_map(|(between, &other)| {
            let other = self.pool.track(other)?;
            let same = |a: Option<u32>, b: Option<u32>| a.is_some() && a == b;
            let artist = between < spacing.artist && same(track.artist, other.artist);
            let album = between < spacing.album && same(track.album, other.album);
            let title = between < spacing.title && same(track.title, other.title);
            let price = |broken: bool, price: f64| if broken { price } else { 0.0 };
            Some(price(artist, ARTIST) + price(album, ALBUM) + price(title, TITLE))
        });
        prices.sum()
    }

    /// The price of the step into a place.
    fn step(&self, list: &[usize], place: usize) -> f64 {
        let before = place.checked_sub(1).and_then(|before| list.get(before));
        match (before, list.get(place)) {
            (Some(&from), Some(&to)) => self.transition(from, to),
            _ => 0.0,
        }
    }

    /// The price of one track after another.
    pub(super) fn transition(&self, from: usize, to: usize) -> f64 {
        let (Some(a), Some(b)) = (self.pool.track(from), self.pool.track(to)) else { return 0.0 };
        let affinity = key_affinity(a.key, b.key);
        let drift = tempo_drift(a.bpm, b.bpm);
        let mut price = self.pool.distance(from, to);
        if self.wish.harmonic {
            price += KEY * (1.0 - affinity) + if affinity < HARMONIC { BROKEN_KEY } else { 0.0 };
        }
        if let Some(limit) = self.wish.tempo_drift {
            // A tempo that is not known keeps no promise.
            let drift = drift.unwrap_or(f64::INFINITY);
            price += TEMPO * (drift / limit.max(1e-6)).min(1.0);
            price += if drift > limit { BROKEN_TEMPO } else { 0.0 };
        } else {
            price += TEMPO * drift.unwrap_or(0.2).min(0.4);
        }
        if self.wish.curve.is_none() {
            let step = a.energy.zip(b.energy).map_or(0.2, |(a, b)| (a - b).abs());
            price += ENERGY_STEP * step;
        }
        price
    }

    /// The price of missing the length asked for.
    pub(super) fn duration(&self, seconds: f64) -> f64 {
        let Length::Duration(target) = self.wish.length else { return 0.0 };
        let missed = (seconds - target).abs() / target.max(1.0);
        // Half the tolerance is free: the search is to rest there, not at its edge.
        DURATION * (missed - DURATION_TOLERANCE / 2.0).max(0.0)
    }
}
