//! The search: a list is built place by place, improved by simulated annealing, then settled by looking at every
//! small change there is.
//!
//! Kirkpatrick, Gelatt and Vecchi, "Optimization by simulated annealing", Science 220, 1983. The number of
//! steps is fixed by the length of the list, not by a clock: the same wish gives the same list.

mod anneal;
mod construct;
mod list;
mod settle;

use super::cost::Prices;
use super::pool::Pool;
use super::wish::Wish;
use list::List;

/// Searches of which the best is taken, and how many there are at most while its steps break a limit.
const STARTS: u64 = 4;
const MOST_STARTS: u64 = 7;

/// The cheapest to stand beside a track, of which half of all replacements are drawn: of all tracks, few can.
const PARTNERS: usize = 20;

/// The best list found. It never holds a track twice; it is shorter than asked when the pool has
/// no more.
pub(super) fn search(pool: &Pool, wish: &Wish) -> Vec<usize> {
    let prices = Prices::new(pool, wish);
    let partners = prices.partners(PARTNERS);
    let mut best: Option<(f64, Vec<usize>)> = None;
    for start in 0..MOST_STARTS {
        let kept = best.as_ref().is_some_and(|(_, list)| prices.breaks(list) == 0);
        if start >= STARTS && kept {
            break;
        }
        let mut list = List::construct(&prices, start);
        list.anneal(&partners);
        list.settle();
        let found = list.into_best();
        if best.as_ref().is_none_or(|(price, _)| found.0 < *price) {
            best = Some(found);
        }
    }
    best.map(|(_, list)| list).unwrap_or_default()
}
