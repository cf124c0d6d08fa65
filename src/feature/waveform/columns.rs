//! Columns of a length that is not known in advance.

/// Columns at most: at least half as many for anything longer than 6.4 s.
pub(super) const MAX_COLUMNS: usize = 640;

/// What can be put together.
pub(super) trait Merge: Copy {
    /// What nothing is.
    const NOTHING: Self;
    /// Adds what comes next.
    fn merge(&mut self, next: &Self);
}

/// A stream of equal steps in at most [`MAX_COLUMNS`] columns of 2^level steps each: when they are
/// full, every two become one.
#[derive(Clone, Debug)]
pub(super) struct Columns<T> {
    full: Vec<T>,
    open: T,
    steps: u32,
    level: u32,
}

impl<T: Merge> Columns<T> {
    pub(super) fn new() -> Self {
        let full = Vec::with_capacity(MAX_COLUMNS);
        Self { full, open: T::NOTHING, steps: 0, level: 0 }
    }

    /// Takes the next step.
    pub(super) fn push(&mut self, step: &T) {
        self.open.merge(step);
        self.steps += 1;
        if self.steps >> self.level == 1 {
            self.close();
        }
    }

    fn close(&mut self) {
        if self.full.len() == MAX_COLUMNS {
            self.halve();
            // The open column is the first half of one that is twice as long.
            if self.steps >> self.level == 0 {
                return;
            }
        }
        self.full.push(self.open);
        (self.open, self.steps) = (T::NOTHING, 0);
    }

    fn halve(&mut self) {
        for pair in 0..MAX_COLUMNS / 2 {
            let [mut both, next] = [self.full[2 * pair], self.full[2 * pair + 1]];
            both.merge(&next);
            self.full[pair] = both;
        }
        self.full.truncate(MAX_COLUMNS / 2);
        self.level += 1;
    }

    /// The columns, and the binary logarithm of the steps in each; the last may have fewer.
    pub(super) fn finish(mut self) -> (Vec<T>, u32) {
        if self.steps > 0 {
            if self.full.len() == MAX_COLUMNS {
                self.halve();
            }
            self.full.push(self.open);
        }
        (self.full, self.level)
    }

    /// Heap bytes held.
    pub(super) const BYTES: u64 = (MAX_COLUMNS * size_of::<T>()) as u64;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// First step, number of steps.
    impl Merge for (u32, u32) {
        const NOTHING: Self = (u32::MAX, 0);
        fn merge(&mut self, next: &Self) {
            *self = (self.0.min(next.0), self.1 + next.1);
        }
    }

    #[test]
    fn columns_are_equal_and_in_order_whatever_the_length() {
        let lengths = [0, 1, 639, 640, 641, 642, 1279, 1280, 1281, 1282, 9000, 1_800_000];
        for steps in lengths {
            let mut columns = Columns::new();
            (0..steps).for_each(|step| columns.push(&(step, 1)));
            let (full, level) = columns.finish();
            assert!(full.len() <= MAX_COLUMNS, "{steps}");
            assert!(full.len() >= (MAX_COLUMNS / 2).min(steps as usize), "{steps}: {}", full.len());
            let width = 1 << level;
            for (at, &(first, count)) in (0..).zip(&full) {
                assert_eq!(first, at * width, "{steps}");
                assert_eq!(count, width.min(steps - first), "{steps}");
            }
        }
    }
}
