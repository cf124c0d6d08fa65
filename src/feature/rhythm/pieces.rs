//! A growing list that never moves.

/// Entries of one piece.
const PIECE: usize = 8192;

/// A list in pieces of fixed size: growing costs no copy and no double memory.
#[derive(Debug)]
pub(super) struct Pieces<T> {
    pieces: Vec<Vec<T>>,
    len: usize,
}

impl<T> Default for Pieces<T> {
    fn default() -> Self {
        Self { pieces: Vec::new(), len: 0 }
    }
}

impl<T: Copy> Pieces<T> {
    /// Appends one entry.
    pub(super) fn push(&mut self, value: T) {
        if self.len.is_multiple_of(PIECE) {
            self.pieces.push(Vec::with_capacity(PIECE));
        }
        if let Some(piece) = self.pieces.last_mut() {
            piece.push(value);
            self.len += 1;
        }
    }

    /// Number of entries.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Entry `index`.
    #[inline]
    pub(super) fn get(&self, index: usize) -> Option<&T> {
        self.pieces.get(index / PIECE)?.get(index % PIECE)
    }

    /// Entries from `first` on.
    pub(super) fn iter_from(&self, first: usize) -> impl Iterator<Item = &T> + '_ {
        let pieces = self.pieces.get(first / PIECE..).unwrap_or_default();
        let (first_piece, rest) =
            pieces.split_first().map_or((&[][..], pieces), |(piece, rest)| {
                (piece.get(first % PIECE..).unwrap_or_default(), rest)
            });
        first_piece.iter().chain(rest.iter().flatten())
    }

    /// Entries from `first` on, to be changed.
    pub(super) fn iter_mut_from(&mut self, first: usize) -> impl Iterator<Item = &mut T> + '_ {
        let pieces = self.pieces.get_mut(first / PIECE..).unwrap_or_default();
        pieces.iter_mut().flatten().skip(first % PIECE)
    }

    /// Upper bound of the heap bytes of `len` entries.
    pub(super) fn footprint(len: u64) -> u64 {
        let pieces = len.div_ceil(PIECE as u64);
        let table = 2 * (pieces + 4) * size_of::<Vec<T>>() as u64;
        pieces * (PIECE * size_of::<T>()) as u64 + table
    }

    #[cfg(test)]
    pub(super) fn heap_bytes(&self) -> u64 {
        let entries: usize = self.pieces.iter().map(Vec::capacity).sum();
        (entries * size_of::<T>() + self.pieces.capacity() * size_of::<Vec<T>>()) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_cross_pieces() {
        let mut list = Pieces::default();
        (0..20_000_u32).for_each(|i| list.push(i));
        assert_eq!((list.len(), list.get(8192), list.get(20_000)), (20_000, Some(&8192), None));
        let near: Vec<u32> = list.iter_from(8190).take(4).copied().collect();
        assert_eq!(near, [8190, 8191, 8192, 8193]);
        list.iter_mut_from(16_383).take(2).for_each(|value| *value = 0);
        assert_eq!(
            (list.get(16_382), list.get(16_384), list.get(16_385)),
            (Some(&16_382), Some(&0), Some(&16_385))
        );
        assert_eq!(list.iter_from(30_000).count(), 0);
        assert!(list.heap_bytes() <= Pieces::<u32>::footprint(20_000));
    }
}
