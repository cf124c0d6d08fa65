//! From pairs to groups of files.

use super::keep;
use super::pairs::{Pair, Shelf, judged};
use super::{Group, Kind, Match, Other, Partial, Relation, Stored};
use crate::store::{Copy, StoreError, TrackId};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// A neighbour in the graph of tracks that are the same, and the offset to it, in hashes.
type Edges = BTreeMap<u32, Vec<(u32, i32)>>;

/// Groups and partial pairs, sorted by the path of what is kept.
pub(super) fn sort_out(
    shelf: &mut Stored<'_>,
    pairs: &[Pair],
    shared: &[TrackId],
) -> Result<(Vec<Group>, Vec<Partial>), StoreError> {
    let mut made = Made { groups: Vec::new(), parts: BTreeMap::new(), grouped: BTreeMap::new() };
    let (same, partial): (Vec<&Pair>, Vec<&Pair>) =
        pairs.iter().partition(|pair| pair.relation == Relation::Same);
    let edges = edges(&same);
    for cluster in clusters(&edges) {
        made.divide(shelf, cluster, &edges)?;
    }
    made.add_exact(shelf, shared)?;
    for pair in partial {
        made.add_part(pair.tracks, pair.found);
    }
    let mut groups = made.groups;
    groups.sort_by(|a, b| a.keep.path.cmp(&b.keep.path));
    let mut parts = Vec::new();
    for ((first, second), found) in made.parts {
        parts.extend(partial_of(shelf, first, second, found)?);
    }
    parts.sort_by(|a, b| (&a.first.path, &a.second.path).cmp(&(&b.first.path, &b.second.path)));
    Ok((groups, parts))
}

fn edges(pairs: &[&Pair]) -> Edges {
    let mut edges = Edges::new();
    for pair in pairs {
        let (a, b) = pair.tracks;
        edges.entry(a).or_default().push((b, pair.offset));
        edges.entry(b).or_default().push((a, -pair.offset));
    }
    edges
}

/// Tracks that hang together, directly or through others.
fn clusters(edges: &Edges) -> Vec<BTreeSet<u32>> {
    let mut seen: BTreeSet<u32> = BTreeSet::new();
    let mut clusters = Vec::new();
    for &start in edges.keys() {
        if !seen.contains(&start) {
            let cluster: BTreeSet<u32> = reached(start, edges, None).into_keys().collect();
            seen.extend(&cluster);
            clusters.push(cluster);
        }
    }
    clusters
}

/// Tracks that can be reached from one through others that are `allowed`, with their offsets.
fn reached(start: u32, edges: &Edges, allowed: Option<&BTreeSet<u32>>) -> BTreeMap<u32, i32> {
    let mut found = BTreeMap::from([(start, 0)]);
    let mut waiting = VecDeque::from([(start, 0)]);
    while let Some((track, offset)) = waiting.pop_front() {
        for &(next, step) in edges.get(&track).into_iter().flatten() {
            if allowed.is_none_or(|allowed| allowed.contains(&next)) && !found.contains_key(&next) {
                found.insert(next, offset + step);
                waiting.push_back((next, offset + step));
            }
        }
    }
    found
}

struct Made {
    groups: Vec<Group>,
    parts: BTreeMap<(u32, u32), Match>,
    /// For tracks in groups: the one to keep.
    grouped: BTreeMap<u32, u32>,
}

impl Made {
    /// Makes groups of a cluster: around the best copy all that is the same as it, then around the
    /// best of the rest, and so on. A chain of copies, each a little shorter, thus falls into parts.
    fn divide(
        &mut self,
        shelf: &mut Stored<'_>,
        mut cluster: BTreeSet<u32>,
        edges: &Edges,
    ) -> Result<(), StoreError> {
        while cluster.len() > 1 {
            let mut copies = Vec::new();
            for &number in &cluster {
                copies.extend(copies_of(shelf, number)?);
            }
            keep::sort(&mut copies);
            let best = copies.first().map(|copy| copy.track);
            let Some(&best) = cluster.iter().find(|&&number| shelf.track(number) == best) else {
                return Ok(());
            };
            let same = self.around(shelf, best, &reached(best, edges, Some(&cluster)))?;
            cluster.retain(|number| !same.contains_key(number));
            self.add_group(shelf, best, &same, &copies);
        }
        Ok(())
    }

    /// The tracks that are the same as `best`, itself with them; what shares a part is noted.
    fn around(
        &mut self,
        shelf: &mut Stored<'_>,
        best: u32,
        reached: &BTreeMap<u32, i32>,
    ) -> Result<BTreeMap<u32, Option<Match>>, StoreError> {
        let hashes = shelf.hashes(best)?;
        let mut same = BTreeMap::from([(best, None)]);
        for (&number, &offset) in reached.iter().filter(|(number, _)| **number != best) {
            let lengths = (shelf.length_s(best), shelf.length_s(number));
            let least = shelf.options.min_similarity;
            let other = shelf.hashes(number)?;
            // Each step of a chain may be off by one hop.
            let tried = [offset, offset - 2, offset + 2].into_iter();
            let found = tried.filter_map(|at| judged(&hashes, &other, at, lengths, least));
            match found.max_by(|a, b| a.1.similarity.total_cmp(&b.1.similarity)) {
                Some((Relation::Same, found)) => {
                    same.insert(number, Some(found));
                }
                Some((_, found)) => self.note((best, number), found),
                None => {}
            }
        }
        Ok(same)
    }

    fn add_group(
        &mut self,
        shelf: &Stored<'_>,
        best: u32,
        same: &BTreeMap<u32, Option<Match>>,
        copies: &[Copy],
    ) {
        if same.len() < 2 {
            return;
        }
        let found: BTreeMap<i64, Option<Match>> = same
            .iter()
            .filter_map(|(&number, &found)| Some((shelf.track(number)?.0, found)))
            .collect();
        self.grouped.extend(same.keys().map(|&number| (number, best)));
        let members = copies.iter().filter_map(|copy| Some((copy, *found.get(&copy.track.0)?)));
        self.groups.extend(group(Kind::Same, members));
    }

    /// Groups of files with one payload, of tracks that are in no other group.
    fn add_exact(&mut self, shelf: &Stored<'_>, shared: &[TrackId]) -> Result<(), StoreError> {
        let grouped: BTreeSet<i64> =
            self.grouped.keys().filter_map(|&number| shelf.track(number)).map(|t| t.0).collect();
        for &track in shared.iter().filter(|track| !grouped.contains(&track.0)) {
            let mut copies = shelf.copies(track)?;
            keep::sort(&mut copies);
            self.groups.extend(group(Kind::Exact, copies.iter().map(|copy| (copy, None))));
        }
        Ok(())
    }

    /// Notes a shared part, between what is kept of both.
    fn add_part(&mut self, (a, b): (u32, u32), found: Match) {
        let kept = |track: u32| self.grouped.get(&track).copied().unwrap_or(track);
        let pair = (kept(a), kept(b));
        // Parts of one group are told by the group.
        if pair.0 != pair.1 {
            self.note(pair, found);
        }
    }

    fn note(&mut self, (a, b): (u32, u32), found: Match) {
        let turned = Match { offset_s: -found.offset_s, ..found };
        let (pair, found) = if a < b { ((a, b), found) } else { ((b, a), turned) };
        self.parts.entry(pair).or_insert(found);
    }
}

/// A group of sorted copies with their similarity to the first; `None` for its own payload.
fn group<'a>(
    kind: Kind,
    mut members: impl Iterator<Item = (&'a Copy, Option<Match>)>,
) -> Option<Group> {
    let (keep, _) = members.next()?;
    let other = |(copy, found): (&Copy, Option<Match>)| {
        let (reasons, in_favour) = keep::reasons(copy, keep);
        let (similarity, offset_s) =
            found.map_or((1.0, 0.0), |found| (found.similarity, found.offset_s));
        let exact = copy.track == keep.track;
        Other { copy: copy.clone(), exact, similarity, offset_s, reasons, in_favour }
    };
    let others: Vec<Other> = members.map(other).collect();
    let others_bytes = others.iter().map(|other| other.copy.size_bytes).sum();
    (!others.is_empty()).then(|| Group { kind, keep: keep.clone(), others, others_bytes })
}

fn copies_of(shelf: &Stored<'_>, number: u32) -> Result<Vec<Copy>, StoreError> {
    shelf.track(number).map_or_else(|| Ok(Vec::new()), |track| shelf.copies(track))
}

/// The pair with the best file of each.
fn partial_of(
    shelf: &Stored<'_>,
    first: u32,
    second: u32,
    found: Match,
) -> Result<Option<Partial>, StoreError> {
    let best = |number| -> Result<Option<Copy>, StoreError> {
        let mut copies = copies_of(shelf, number)?;
        keep::sort(&mut copies);
        Ok(copies.into_iter().next())
    };
    Ok(best(first)?.zip(best(second)?).map(|(first, second)| Partial {
        first,
        second,
        similarity: found.shared_similarity,
        offset_s: found.offset_s,
        shared_s: found.shared_s,
    }))
}
