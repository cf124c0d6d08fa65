//! Which tracks might be the same recording, without comparing all pairs.
//!
//! Every track puts its rarest-looking hashes into one sorted list: those whose scrambled value is
//! smallest, so that two copies choose the same ones wherever they begin (A. Z. Broder, "On the
//! resemblance and containment of documents", 1997). Entries of equal hash name a pair of tracks and
//! the offset between them; pairs of which several hashes agree on one offset are candidates (A.
//! Wang, "An industrial-strength audio search algorithm", ISMIR 2003).
//!
//! Memory: 8 bytes an entry, at most [`ENTRIES`] entries or [`FEWEST`] a track, whichever is more,
//! and [`VOTES`] votes of 8 bytes: 256 MB and 128 MB for a million tracks, and 8 bytes a track.

use std::ops::Range;

/// Entries of all tracks together.
const ENTRIES: usize = 32 << 20;
/// Entries of a track, at least and at most.
const FEWEST: usize = 24;
const MOST: usize = 96;
/// Places of one hash in one track that are kept: loops repeat themselves.
const PLACES: usize = 2;
/// Votes that are held at once.
const VOTES: usize = 16 << 20;
/// Entries behind one of the same hash that it is paired with. Common hashes (silence, drones) thus
/// cost no more than rare ones, and a hundred copies of one track still hang together as a chain.
const NEIGHBOURS: usize = 16;
/// Votes for one offset that make a candidate.
const QUORUM: usize = 2;
/// Offsets of one pair that are looked at.
const OFFSETS: usize = 3;

/// Bits of an entry below the hash: the track's number, then the place in its fingerprint.
const NUMBER_BITS: u32 = 22;
const PLACE_BITS: u32 = 10;
/// Tracks that fit into an index.
pub const CAPACITY: usize = 1 << NUMBER_BITS;

/// The lowest bits of a hash, which are left out: two of sixteen classifiers. It makes more copies
/// agree than strangers (the index of `AcoustID` does the same).
const LEFT_OUT: u32 = 4;

/// Two tracks that may be the same, and how they would lie on each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Numbers of the tracks, the smaller first.
    pub tracks: (u32, u32),
    /// Place in the first minus place in the second, in hashes.
    pub offset: i32,
    /// Hashes that agree on it.
    pub votes: usize,
}

/// Hashes of all tracks with their places.
#[derive(Debug)]
pub struct Index {
    entries: Vec<u64>,
    tracks: usize,
    per_track: usize,
}

impl Index {
    /// An empty index with room for `tracks` tracks.
    pub fn new(tracks: usize) -> Self {
        let per_track = (ENTRIES / tracks.max(1)).clamp(FEWEST, MOST);
        // Room is taken at once: a vector that doubles would hold twice as much.
        let entries = Vec::with_capacity(tracks.min(CAPACITY) * per_track);
        Self { entries, tracks: 0, per_track }
    }

    /// Adds the next track; tracks are numbered from 0. What exceeds [`CAPACITY`] is left out.
    pub fn push(&mut self, hashes: &[u32]) {
        let number = self.tracks as u64;
        self.tracks += 1;
        if number >= CAPACITY as u64 {
            return;
        }
        let low = |place: u64| number << PLACE_BITS | place;
        let chosen = chosen(hashes, self.per_track);
        self.entries.extend(chosen.map(|(hash, place)| u64::from(hash) << 32 | low(place)));
    }

    /// Gives the candidates, sorted by tracks.
    pub fn candidates<E>(
        mut self,
        mut give: impl FnMut(Candidate) -> Result<(), E>,
    ) -> Result<(), E> {
        self.entries.sort_unstable();
        let mut votes = Vec::new();
        for tracks in self.portions() {
            votes.clear();
            self.each_vote(|vote| {
                if tracks.contains(&vote.first()) {
                    votes.push(vote);
                }
            });
            votes.sort_unstable();
            for pair in votes.chunk_by(|a, b| a.pair() == b.pair()) {
                offsets(pair).try_for_each(&mut give)?;
            }
        }
        Ok(())
    }

    /// Ranges of the first track of a pair, each with few enough votes.
    fn portions(&self) -> Vec<Range<u32>> {
        let mut counts = vec![0_u32; self.tracks];
        self.each_vote(|vote| {
            if let Some(count) = counts.get_mut(vote.first() as usize) {
                *count = count.saturating_add(1);
            }
        });
        let (mut portions, mut start, mut held) = (Vec::new(), 0, 0);
        for (track, count) in (0_u32..).zip(counts) {
            if held + count as usize > VOTES {
                portions.push(start..track);
                (start, held) = (track, 0);
            }
            held += count as usize;
        }
        portions.push(start..self.tracks as u32);
        portions
    }

    fn each_vote(&self, mut give: impl FnMut(Vote)) {
        for (at, &entry) in self.entries.iter().enumerate() {
            let behind = self.entries.iter().skip(at + 1).take(NEIGHBOURS);
            for &other in behind.take_while(|&&other| other >> 32 == entry >> 32) {
                if number(other) != number(entry) {
                    give(Vote::new(entry, other));
                }
            }
        }
    }
}

fn number(entry: u64) -> u64 {
    entry >> PLACE_BITS & (CAPACITY as u64 - 1)
}

fn place(entry: u64) -> u64 {
    entry & ((1 << PLACE_BITS) - 1)
}

/// Pair of tracks, then the offset from 0 up: sorted, the votes for one offset lie together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Vote(u64);

impl Vote {
    /// Entries of one hash are sorted by track.
    fn new(first: u64, second: u64) -> Self {
        let offset = (1 << PLACE_BITS) + place(first) - place(second);
        let pair = number(first) << NUMBER_BITS | number(second);
        Self(pair << (PLACE_BITS + 1) | offset)
    }

    fn pair(self) -> u64 {
        self.0 >> (PLACE_BITS + 1)
    }

    fn first(self) -> u32 {
        (self.pair() >> NUMBER_BITS) as u32
    }

    fn tracks(self) -> (u32, u32) {
        (self.first(), (self.pair() & (CAPACITY as u64 - 1)) as u32)
    }

    fn offset(self) -> i32 {
        (self.0 & ((1 << (PLACE_BITS + 1)) - 1)) as i32 - (1 << PLACE_BITS)
    }
}

/// The offsets with most votes of one pair; neighbours count together, as copies that do not begin
/// on the same hop lie between two.
fn offsets(votes: &[Vote]) -> impl Iterator<Item = Candidate> + use<> {
    let mut found: Vec<Candidate> = Vec::new();
    for (at, vote) in votes.iter().enumerate() {
        if at > 0 && votes.get(at - 1) == Some(vote) {
            continue;
        }
        let near = votes.iter().skip(at).take_while(|other| other.offset() - vote.offset() <= 1);
        let count = near.count();
        if count >= QUORUM {
            found.push(Candidate { tracks: vote.tracks(), offset: vote.offset(), votes: count });
        }
    }
    found.sort_by_key(|candidate| std::cmp::Reverse(candidate.votes));
    found.into_iter().take(OFFSETS)
}

/// Hashes that stand for a track, with their places.
fn chosen(hashes: &[u32], count: usize) -> impl Iterator<Item = (u32, u64)> + use<> {
    let places = hashes.iter().take(1 << PLACE_BITS).zip(0_u64..);
    let mut keys: Vec<(u32, u32, u64)> = places
        .map(|(hash, place)| (hash >> LEFT_OUT, place))
        .map(|(key, place)| (scrambled(key), key, place))
        .collect();
    // Of a hash that stays, the first place counts.
    keys.dedup_by_key(|(_, key, _)| *key);
    keys.sort_unstable();
    let mut chosen = Vec::with_capacity(count);
    for places in keys.chunk_by(|a, b| a.1 == b.1) {
        if chosen.len() >= count {
            break;
        }
        chosen.extend(places.iter().take(PLACES).map(|&(_, key, place)| (key, place)));
    }
    chosen.into_iter().take(count)
}

/// A fixed permutation of 32 bits without visible order (the finaliser of `MurmurHash3`).
fn scrambled(key: u32) -> u32 {
    let key = (key ^ key >> 16).wrapping_mul(0x85eb_ca6b);
    let key = (key ^ key >> 13).wrapping_mul(0xc2b2_ae35);
    key ^ key >> 16
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(seed: u32, length: usize) -> Vec<u32> {
        (0..length as u32)
            .map(|n| scrambled(n.wrapping_mul(747_796_405) ^ scrambled(seed)))
            .collect()
    }

    fn candidates(tracks: &[Vec<u32>]) -> Vec<Candidate> {
        let mut index = Index::new(tracks.len());
        for track in tracks {
            index.push(track);
        }
        let mut found = Vec::new();
        let all: Result<(), ()> = index.candidates(|candidate| {
            found.push(candidate);
            Ok(())
        });
        all.expect("nothing fails");
        found
    }

    #[test]
    fn a_shifted_copy_is_found_among_strangers() {
        let mut tracks: Vec<_> = (0..200).map(|seed| noise(seed, 900)).collect();
        tracks.push(tracks[17][25..].to_vec());
        let found = candidates(&tracks);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].tracks, found[0].offset), ((17, 200), 25));
        assert!(found[0].votes > 50);
    }

    #[test]
    fn constant_tracks_make_no_crowd() {
        let silent = vec![627_964_279; 900];
        assert_eq!(candidates(&vec![silent; 300]), []);
    }

    #[test]
    fn many_copies_hang_together() {
        let found = candidates(&vec![noise(1, 500); 200]);
        let next = (0..199).all(|a| found.iter().any(|c| c.tracks == (a, a + 1)));
        assert!(next && found.len() <= 200 * NEIGHBOURS, "{}", found.len());
    }

    #[test]
    fn nothing_has_no_candidates() {
        assert_eq!(candidates(&[]), []);
        assert_eq!(candidates(&[vec![], vec![]]), []);
    }
}
