//! Files that were found and wait to be read: giants first.
//!
//! A mix of five hours that begins when all songs are done keeps one core busy and the others idle. So the
//! scan looks ahead of the readers, as far as a bounded number of files, and hands out what is far longer
//! than the others, the largest first (Graham, "Bounds on multiprocessing timing anomalies", SIAM J. Appl.
//! Math. 17, 1969): a giant begins while as many files are left to keep the other cores busy. All
//! others keep the order of names: that is how they lie on a disk, and copies of one file, which have one size,
//! would be read at the same time if sizes alone counted, neither of them known from the other.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Files that wait at most: a path and a plan each, half a megabyte together.
pub(super) const AHEAD: usize = 2_048;

/// A giant has so many times the bytes of the mean of the others.
const GIANT: u64 = 4;

/// Files by which what is usual can be told.
const FEW: u64 = 8;

/// What waits, with its place in the order.
struct Waiting<T> {
    /// Bytes of a giant, 0 for all others; and the order in which they were found.
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
    /// Number and bytes of those that are no giants.
    usual: (u64, u64),
}

impl<T> Ahead<T> {
    /// Room for `most` files.
    pub(super) fn new(most: usize) -> Self {
        Self { waiting: BinaryHeap::new(), most, found: 0, usual: (0, 0) }
    }

    pub(super) fn put(&mut self, bytes: u64, work: T) {
        let (files, sum) = self.usual;
        let giant = files >= FEW && bytes > GIANT * (sum / files);
        if !giant {
            self.usual = (files + 1, sum.saturating_add(bytes));
        }
        let place = (if giant { bytes } else { 0 }, Reverse(self.found));
        self.waiting.push(Waiting { place, work });
        self.found += 1;
    }

    /// The largest of the giants, or what was found first.
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
    fn giants_come_first_and_all_others_as_they_were_found() {
        let mut ahead = Ahead::new(20);
        let sizes = [5, 9, 5, 1, 5, 5, 5, 5, 100, 6, 300, 5];
        for (work, bytes) in sizes.into_iter().enumerate() {
            ahead.put(bytes, work);
        }
        let order: Vec<usize> = std::iter::from_fn(|| ahead.take()).collect();
        assert_eq!(order, [10, 8, 0, 1, 2, 3, 4, 5, 6, 7, 9, 11]);
        assert!(!ahead.is_full());
        let mut few = Ahead::new(20);
        for bytes in [1, 1_000] {
            few.put(bytes, bytes);
        }
        assert_eq!(few.take(), Some(1), "too few to tell what is usual");
    }

    #[test]
    fn a_long_mix_at_the_end_of_the_names_leaves_no_core_idle() {
        // 200 songs of three minutes and a mix of five hours, in minutes, on two cores.
        let mut sizes = vec![3; 200];
        sizes.push(300);
        let best = 450;
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
