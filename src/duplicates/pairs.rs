//! All pairs of tracks that are the same recording, or share a part.

use super::compare::{Match, Relation, compare};
use super::index::{Candidate, Index};

/// Where the fingerprints come from: a database, or memory.
pub trait Shelf {
    /// Why a fingerprint cannot be read.
    type Error;

    /// Number of tracks, about.
    fn size(&self) -> usize;
    /// Gives the hashes of all tracks in order: their place is their number.
    fn each(&mut self, give: &mut dyn FnMut(&[u32])) -> Result<(), Self::Error>;
    /// The hashes of one track.
    fn hashes(&mut self, number: u32) -> Result<Vec<u32>, Self::Error>;
    /// The length of one track, in seconds.
    fn length_s(&self, number: u32) -> f64;
}

/// Two tracks that belong together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    /// Numbers of the tracks, the smaller first.
    pub tracks: (u32, u32),
    /// How they belong together: never [`Relation::Other`].
    pub relation: Relation,
    /// How they lie on each other.
    pub found: Match,
    /// Place in the first minus place in the second, in hashes.
    pub offset: i32,
}

/// Finds the pairs, sorted by tracks.
pub fn pairs<S: Shelf>(shelf: &mut S, min_similarity: f64) -> Result<Vec<Pair>, S::Error> {
    let mut index = Index::new(shelf.size());
    shelf.each(&mut |hashes| index.push(hashes))?;
    let mut judge = Judge { min_similarity, first: None, pairs: Vec::new() };
    index.candidates(|candidate| judge.hear(shelf, candidate))?;
    Ok(judge.pairs)
}

/// Compares candidates; the first track of many is read once.
struct Judge {
    min_similarity: f64,
    first: Option<(u32, Vec<u32>)>,
    pairs: Vec<Pair>,
}

impl Judge {
    fn hear<S: Shelf>(&mut self, shelf: &mut S, candidate: Candidate) -> Result<(), S::Error> {
        let (a, b) = candidate.tracks;
        let first = match self.first.take() {
            Some((number, hashes)) if number == a => hashes,
            _ => shelf.hashes(a)?,
        };
        let second = shelf.hashes(b)?;
        let lengths = (shelf.length_s(a), shelf.length_s(b));
        let found = judged(&first, &second, candidate.offset, lengths, self.min_similarity);
        self.first = Some((a, first));
        if let Some((relation, found)) = found {
            self.keep(Pair { tracks: (a, b), relation, found, offset: candidate.offset });
        }
        Ok(())
    }

    /// Of several offsets of one pair the best is kept.
    fn keep(&mut self, pair: Pair) {
        match self.pairs.last_mut() {
            Some(last) if last.tracks == pair.tracks => {
                let better = (pair.relation == Relation::Same, pair.found.similarity)
                    > (last.relation == Relation::Same, last.found.similarity);
                if better {
                    *last = pair;
                }
            }
            _ => self.pairs.push(pair),
        }
    }
}

/// Compares two tracks at an offset; `None` for strangers.
pub(super) fn judged(
    first: &[u32],
    second: &[u32],
    offset: i32,
    lengths_s: (f64, f64),
    min_similarity: f64,
) -> Option<(Relation, Match)> {
    let found = compare(first, second, offset)?;
    let relation = found.relation(lengths_s, min_similarity);
    (relation != Relation::Other).then_some((relation, found))
}
