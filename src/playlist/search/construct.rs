//! The first list: what is given at its places, and in between whatever costs least where it stands.

use super::super::cost::{Prices, share};
use super::super::wish::Length;
use super::list::List;

impl<'a> List<'a> {
    /// First the tracks that are given, then at each place the one that costs least there.
    pub(super) fn construct(prices: &'a Prices<'a>, start: u64) -> Self {
        let mut list = Self::empty(prices, start);
        let wish = prices.wish;
        for &index in &wish.first {
            if list.take(index) {
                list.append(index, true);
            }
        }
        let aim = list.aim();
        // What comes later by wish is not to be taken before.
        let later: Vec<usize> = wish.via.iter().copied().chain(wish.last).collect();
        let later: Vec<usize> = later.into_iter().filter(|&index| list.take(index)).collect();
        let vias = later.len() - usize::from(wish.last.is_some_and(|last| later.contains(&last)));
        let begin = list.tracks.len();
        let mut stations = later.into_iter().peekable();
        let mut passed = 0;
        loop {
            let way = aim.saturating_sub(begin.max(1));
            let due = begin.saturating_sub(1) + (passed + 1) * way / (vias + 1);
            if passed < vias && list.tracks.len() >= due {
                passed += 1;
                if let Some(station) = stations.next() {
                    list.append(station, true);
                }
                continue;
            }
            if list.tracks.len() + stations.len() >= aim || !list.extend(aim) {
                break;
            }
        }
        stations.for_each(|station| list.append(station, true));
        list.reckon();
        list
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
        let t = share(self.tracks.len(), aim);
        let price = |index: usize| {
            let step = self.tracks.last().map_or(0.0, |&last| self.prices.transition(last, index));
            let crowded = self.prices.crowded(self.tracks.iter().rev(), index);
            step + self.prices.alone(index, t).price + crowded
        };
        let free = (0..self.used.len()).filter(|&index| self.is_free(index));
        let best = free.map(|index| (price(index), index)).min_by(|a, b| a.0.total_cmp(&b.0));
        best.is_some_and(|(_, index)| {
            self.take(index);
            self.append(index, false);
            true
        })
    }

    fn append(&mut self, index: usize, pinned: bool) {
        self.tracks.push(index);
        self.pinned.push(pinned);
    }
}
