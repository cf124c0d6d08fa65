//! Files that were found and wait to be read: the largest first.
//!
//! A mix of five hours that begins when all songs are done keeps one core busy and the others idle. So the
//! scan looks ahead of the readers, as far as a bounded number of files, and hands out the largest it knows:
//! in a library of no more files than that, the order is that of falling sizes (Graham, "Bounds on
//! multiprocessing timing anomalies", SIAM J. Appl. Math. 17, 1969: at most 4/3 of the best end); in a larger
//! one a giant begins while as many files are left to keep the other cores busy.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Files that wait at most: a path and a plan each, half a megabyte together.
pub(super) const AHEAD: usize = 2_048;

/// What waits, with its place in the order.
struct Waiting<T> {
    /// Bytes of the file, and for files of one size the order in which they were found.
    place: (u64, Reverse<u64>),
    work: T,
}

impl<T> PartialEq for Waiting<T> {
    fn eq(&self, other: &Self) -> bool {
        self.place == other.place
    }
}

impl<T> Eq for Waiting<T> {}

impl<T> PartialOrd for Waiting<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Waiting<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.place.cmp(&other.place)
    }
}

/// Files found and not yet taken.
pub(super) struct Ahead<T> {
    waiting: BinaryHeap<Waiting<T>>,
    most: usize,
    found: u64,
}

impl<T> Ahead<T> {
    /// Room for `most` files.
    pub(super) fn new(most: usize) -> Self {
        Self { waiting: BinaryHeap::new(), most, found: 0 }
    }

    pub(super) fn put(&mut self, bytes: u64, work: T) {
        self.waiting.push(Waiting { place: (bytes, Reverse(self.found)), work });
        self.found += 1;
    }

    /// The largest.
    pub(super) fn take(&mut self) -> Option<T> {
        self.waiting.pop().map(|waiting| waiting.work)
    }

    /// True when one has to be taken before another is put.
    pub(super) fn is_full(&self) -> bool {
        self.waiting.len() >= self.most
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hands files of these sizes to `cores` readers as they become free; the time until the last ends.
    fn makespan(sizes: &[u64], cores: usize, most: usize) -> u64 {
        let (mut ahead, mut free) = (Ahead::new(most), vec![0_u64; cores]);
        let mut give = |size: u64| {
            let first = free.iter_mut().min().expect("a core");
            *first += size;
        };
        for &size in sizes {
            ahead.put(size, size);
            if ahead.is_full() {
                ahead.take().into_iter().for_each(&mut give);
            }
        }
        while let Some(size) = ahead.take() {
            give(size);
        }
        free.into_iter().max().expect("a core")
    }

    #[test]
    fn the_largest_comes_first_and_equals_in_order() {
        let mut ahead = Ahead::new(10);
        for (work, bytes) in [(1, 5), (2, 9), (3, 5), (4, 1)] {
            ahead.put(bytes, work);
        }
        let order: Vec<i32> = std::iter::from_fn(|| ahead.take()).collect();
        assert_eq!(order, [2, 1, 3, 4]);
        assert!(ahead.take().is_none() && !ahead.is_full());
    }

    #[test]
    fn a_long_mix_at_the_end_of_the_names_leaves_no_core_idle() {
        // 200 songs of three minutes and a mix of five hours, in minutes, on two cores.
        let mut sizes = vec![3; 200];
        sizes.push(300);
        let best = (200 * 3 + 300) / 2;
        assert_eq!(
            makespan(&sizes, 2, 1),
            600,
            "in the order of names the mix is alone at the end"
        );
        assert_eq!(makespan(&sizes, 2, AHEAD), best);
        // Looking ahead no farther than half of the library is enough for it.
        assert!(makespan(&sizes, 2, 110) <= best + 3);
    }
}
