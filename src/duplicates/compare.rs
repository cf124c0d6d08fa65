//! Are two fingerprints those of one recording?

use crate::feature::fingerprint::HOP_S;

/// Hashes that must be compared, at least: five seconds.
const FEWEST: usize = 40;
/// Hashes that are judged together: four seconds.
const WINDOW: usize = 32;
/// Largest share of differing bits at which such a stretch counts as equal. Half of the bits of
/// strangers differ, a third of those of other versions of a piece.
const WINDOW_ERRORS: f64 = 0.25;
/// Share of the stretches that must be equal in copies: the rest may be damaged.
const WHOLE: f64 = 0.9;
/// Length of a stretch that two recordings must share to be named together, in seconds.
const SHARED_S: f64 = 20.0;
/// By how much copies may differ in length and in where they begin, in seconds, and as a share of
/// the shorter one.
const CUT_S: f64 = 10.0;
const CUT_SHARE: f64 = 0.5;

/// How two fingerprints lie on each other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Match {
    /// 1 − 2 × the share of differing bits: 1 for equal bits, about 0 for strangers.
    pub similarity: f64,
    /// Where the second begins in the first, in seconds; negative when it begins earlier.
    pub offset_s: f64,
    /// Length that was compared, in seconds.
    pub overlap_s: f64,
    /// Share of the stretches of four seconds that are equal, 0..=1.
    pub equal_share: f64,
    /// Longest run of equal stretches, in seconds, and the similarity within it.
    pub shared_s: f64,
    /// See `shared_s`.
    pub shared_similarity: f64,
}

/// What two recordings are to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// The same recording, from the same beginning to the same end.
    Same,
    /// One has what the other has not: another beginning, end or length, or parts that differ.
    Partial,
    /// Something else.
    Other,
}

impl Match {
    /// Judges two recordings of these lengths in seconds.
    pub fn relation(&self, lengths_s: (f64, f64), min_similarity: f64) -> Relation {
        let shorter = lengths_s.0.min(lengths_s.1);
        let cut = CUT_S.min(CUT_SHARE * shorter);
        let alike = self.similarity >= min_similarity && self.equal_share >= WHOLE;
        let whole = (lengths_s.0 - lengths_s.1).abs() <= cut && self.offset_s.abs() <= cut;
        let shared = self.shared_s >= SHARED_S && self.shared_similarity >= min_similarity;
        match (alike, whole) {
            (true, true) => Relation::Same,
            (true, false) => Relation::Partial,
            (false, _) if shared => Relation::Partial,
            (false, _) => Relation::Other,
        }
    }
}

/// Compares two fingerprints at an offset and its two neighbours; the best counts. `None` when too
/// little overlaps that changes at all: silence and constant tones are equal everywhere.
pub fn compare(first: &[u32], second: &[u32], offset: i32) -> Option<Match> {
    let tried = [offset, offset.saturating_add(1), offset.saturating_sub(1)].into_iter();
    let found = tried.filter_map(|offset| compare_at(first, second, offset));
    found.max_by(|a, b| a.similarity.total_cmp(&b.similarity))
}

fn compare_at(first: &[u32], second: &[u32], offset: i32) -> Option<Match> {
    let skip = |offset: i32| usize::try_from(offset).unwrap_or(0);
    let first = first.get(skip(offset)..)?;
    let second = second.get(skip(offset.saturating_neg())..)?;
    let overlap = first.len().min(second.len());
    let errors = errors(first, second);
    if errors.len() < FEWEST {
        return None;
    }
    let windows: Vec<u32> = errors.chunks_exact(WINDOW).map(|window| window.iter().sum()).collect();
    let most = (WINDOW_ERRORS * 32.0 * WINDOW as f64) as u32;
    let equal = windows.iter().filter(|&&errors| errors <= most).count();
    let run = windows.split(|&errors| errors > most).max_by_key(|run| run.len()).unwrap_or(&[]);
    Some(Match {
        similarity: similarity(errors.iter().sum(), errors.len()),
        offset_s: f64::from(offset) * HOP_S,
        overlap_s: overlap as f64 * HOP_S,
        equal_share: equal as f64 / windows.len().max(1) as f64,
        shared_s: (run.len() * WINDOW) as f64 * HOP_S,
        shared_similarity: similarity(run.iter().sum(), run.len() * WINDOW),
    })
}

/// Differing bits of each pair of hashes; left out is where neither of the two changes.
fn errors(first: &[u32], second: &[u32]) -> Vec<u32> {
    let pairs = first.windows(2).zip(second.windows(2));
    let moving = pairs.filter_map(|(a, b)| match (a, b) {
        ([a0, a1], [b0, b1]) if a0 != a1 || b0 != b1 => Some((a1 ^ b1).count_ones()),
        _ => None,
    });
    moving.collect()
}

fn similarity(errors: u32, hashes: usize) -> f64 {
    let bits = 32.0 * hashes.max(1) as f64;
    (1.0 - 2.0 * f64::from(errors) / bits).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(seed: u32, length: usize) -> Vec<u32> {
        let mut state = seed.wrapping_mul(2_654_435_761) | 1;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            state
        };
        (0..length).map(|_| next()).collect()
    }

    fn relation(first: &[u32], second: &[u32], offset: i32, lengths: (f64, f64)) -> Relation {
        let found = compare(first, second, offset);
        found.map_or(Relation::Other, |found| found.relation(lengths, 0.75))
    }

    #[test]
    fn a_copy_is_the_same_wherever_it_begins() {
        let track = noise(1, 900);
        assert_eq!(relation(&track, &track, 0, (200.0, 200.0)), Relation::Same);
        assert_eq!(relation(&track, &track[24..], 24, (200.0, 197.0)), Relation::Same);
        assert_eq!(relation(&track[24..], &track, -24, (197.0, 200.0)), Relation::Same);
        assert_eq!(relation(&track, &track[24..], 23, (200.0, 197.0)), Relation::Same);
    }

    #[test]
    fn strangers_are_strangers() {
        let found = compare(&noise(1, 900), &noise(2, 900), 3).expect("enough");
        assert!(found.similarity < 0.05, "{found:?}");
        assert_eq!(found.relation((200.0, 200.0), 0.75), Relation::Other);
    }

    #[test]
    fn what_is_cut_by_more_than_ten_seconds_is_partial() {
        let track = noise(1, 900);
        assert_eq!(relation(&track, &track, 0, (200.0, 230.0)), Relation::Partial);
        assert_eq!(relation(&track, &track[100..], 100, (200.0, 188.0)), Relation::Partial);
        assert_eq!(relation(&track, &track[100..], 100, (200.0, 200.0)), Relation::Partial);
        // Half of a jingle is another jingle.
        assert_eq!(relation(&track[..60], &track[..45], 0, (9.0, 4.0)), Relation::Partial);
    }

    #[test]
    fn an_edit_inside_is_partial() {
        let track = noise(1, 900);
        let edit: Vec<u32> = track[..400].iter().chain(&track[500..]).copied().collect();
        assert_eq!(relation(&track, &edit, 0, (200.0, 195.0)), Relation::Partial);
        let intro: Vec<u32> = track[..90].iter().chain(&noise(2, 800)).copied().collect();
        assert_eq!(relation(&track, &intro, 0, (200.0, 200.0)), Relation::Other, "11 s in common");
    }

    #[test]
    fn common_silence_makes_no_copies() {
        let silence = vec![627_964_279; 700];
        let with = |seed| [silence.clone(), noise(seed, 200)].concat();
        assert_eq!(relation(&with(1), &with(2), 0, (120.0, 120.0)), Relation::Other);
        assert_eq!(compare(&silence, &silence, 0), None);
        assert_eq!(relation(&with(1), &with(1), 0, (120.0, 120.0)), Relation::Same);
    }

    #[test]
    fn no_offset_panics() {
        let track = noise(1, 50);
        for offset in [i32::MIN, -1000, -50, -49, 49, 50, 1000, i32::MAX] {
            assert_eq!(compare(&track, &track, offset), None);
        }
        assert_eq!(compare(&[], &[], 0), None);
    }
}
