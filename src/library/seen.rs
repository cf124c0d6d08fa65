//! The set of files met in a run: one bit a file.

use crate::store::FileId;

/// A set of file rows. Rows are numbered from 1 without large gaps; a million files take 125 kB.
#[derive(Debug, Default)]
pub(super) struct Seen {
    words: Vec<u64>,
}

/// Rows above this are not kept: such a number was not given by SQLite's counting, and a set of
/// bits up to it would not be small any more (512 MB).
const LARGEST: i64 = 1 << 32;

impl Seen {
    pub(super) fn insert(&mut self, file: FileId) {
        let Some((word, bit)) = place(file) else { return };
        if word >= self.words.len() {
            self.words.resize(word + 1, 0);
        }
        if let Some(word) = self.words.get_mut(word) {
            *word |= bit;
        }
    }

    pub(super) fn contains(&self, file: FileId) -> bool {
        place(file)
            .and_then(|(word, bit)| self.words.get(word).map(|word| word & bit != 0))
            .unwrap_or(false)
    }
}

fn place(file: FileId) -> Option<(usize, u64)> {
    (0..LARGEST).contains(&file.0).then(|| ((file.0 >> 6) as usize, 1 << (file.0 & 63)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[test]
    fn absurd_rows_take_no_memory() {
        let mut seen = Seen::default();
        for id in [i64::MIN, -1, LARGEST, i64::MAX] {
            seen.insert(FileId(id));
            assert!(!seen.contains(FileId(id)));
        }
        assert!(seen.words.is_empty());
    }

    proptest! {
        #[test]
        fn it_is_a_set(ids in prop::collection::btree_set(0i64..5_000, 0..200)) {
            let mut seen = Seen::default();
            for &id in &ids {
                seen.insert(FileId(id));
            }
            let found: BTreeSet<i64> = (0..5_100).filter(|&id| seen.contains(FileId(id))).collect();
            prop_assert_eq!(found, ids);
        }
    }
}
