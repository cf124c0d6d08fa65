//! Duplicates: the same recording in several files, and which of them to keep.
//!
//! Three classes. Files with the same payload are **exact** copies, whatever their tags. Recordings
//! whose fingerprints agree from beginning to end are the **same** one: another codec, bit rate or
//! gain, a few seconds cut. What shares a part only is **partial** (a radio edit, an excerpt, a longer
//! fade) and never proposed for removal. Nothing is ever deleted here.
//!
//! Fingerprints cover the first 120 s: two recordings that agree so far and have the same length are
//! taken for the same.

mod compare;
mod index;
mod keep;
mod pairs;
mod sort_out;

pub use compare::{Match, Relation, compare};
pub use index::{CAPACITY, Candidate, Index};
pub use pairs::{Pair, Shelf, pairs};

use crate::feature::fingerprint::from_bytes;
use crate::store::{Copy, FileId, Readers, StoreError, TrackId};
use serde::Serialize;
use std::path::PathBuf;

/// Similarity from which two recordings are the same, if nothing else is asked for.
///
/// Between the copies that are least alike (0.82: cut by half a hop) and the strangers that are most
/// alike (0.65: two stretches of white noise); `benches/DUPLICATES.md`.
pub const MIN_SIMILARITY: f64 = 0.75;

/// What to look for.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// Similarity from which two recordings are the same: 1 − 2 × the share of differing bits.
    pub min_similarity: f64,
    /// Only files below this folder, if given.
    pub under: Option<PathBuf>,
    /// Only these files with their tracks, ascending, if given; 16 bytes each.
    pub only: Option<Vec<(TrackId, FileId)>>,
}

impl Default for Options {
    fn default() -> Self {
        Self { min_similarity: MIN_SIMILARITY, under: None, only: None }
    }
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Report {
    /// Files that are the same, in groups.
    pub groups: Vec<Group>,
    /// Recordings that share a part.
    pub partial: Vec<Partial>,
    /// Recordings that were looked at.
    pub recordings: u64,
    /// Recordings among them without a fingerprint: shorter than three seconds, or not analysed yet.
    pub without_fingerprint: u64,
}

impl Report {
    /// True when there are neither duplicates nor parts.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty() && self.partial.is_empty()
    }
}

/// How the files of a group belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// All hold the same payload, byte by byte.
    Exact,
    /// They hold the same recording.
    Same,
}

/// Files that are the same.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Group {
    /// How.
    pub kind: Kind,
    /// The one to keep.
    pub keep: Copy,
    /// The others.
    pub others: Vec<Other>,
    /// Bytes that the others take.
    pub others_bytes: u64,
}

/// A file that could go.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Other {
    /// The file.
    #[serde(flatten)]
    pub copy: Copy,
    /// It holds the very payload of the one to keep.
    pub exact: bool,
    /// Similarity to the one to keep, 0..=1.
    pub similarity: f64,
    /// Where it begins in the one to keep, in seconds.
    pub offset_s: f64,
    /// What speaks against it; empty when nothing tells the two apart.
    pub reasons: Vec<String>,
    /// What speaks for it.
    pub in_favour: Vec<String>,
}

/// Two recordings that share a part.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Partial {
    /// One of them.
    pub first: Copy,
    /// The other.
    pub second: Copy,
    /// Similarity within the shared part, 0..=1.
    pub similarity: f64,
    /// Where the second begins in the first, in seconds.
    pub offset_s: f64,
    /// Length of the shared part within the first two minutes, in seconds.
    pub shared_s: f64,
}

/// Looks for duplicates in a database.
pub fn find(readers: &Readers, options: &Options) -> Result<Report, StoreError> {
    let mut shelf = Stored { readers, options, tracks: Vec::new(), size: 0 };
    let (shared, recordings) = shelf.shared()?;
    shelf.size = recordings as usize;
    let pairs = pairs(&mut shelf, options.min_similarity)?;
    let without_fingerprint = recordings.saturating_sub(shelf.tracks.len() as u64);
    let (groups, partial) = sort_out::sort_out(&mut shelf, &pairs, &shared)?;
    Ok(Report { groups, partial, recordings, without_fingerprint })
}

/// Fingerprints in a database; of each track its row and length are held, 16 bytes.
struct Stored<'a> {
    readers: &'a Readers,
    options: &'a Options,
    tracks: Vec<(TrackId, f64)>,
    size: usize,
}

impl Stored<'_> {
    fn track(&self, number: u32) -> Option<TrackId> {
        self.tracks.get(number as usize).map(|&(track, _)| track)
    }

    /// Tracks that several of the files hold, and the number of all that any holds.
    fn shared(&self) -> Result<(Vec<TrackId>, u64), StoreError> {
        let Some(only) = &self.options.only else {
            return self.readers.shared_tracks(self.options.under.as_deref());
        };
        let (mut shared, mut count) = (Vec::new(), 0);
        for same in only.chunk_by(|a, b| a.0 == b.0) {
            let Some(&(track, _)) = same.first() else { continue };
            let copies = self.copies(track)?.len();
            count += u64::from(copies > 0);
            shared.extend((copies > 1).then_some(track));
        }
        Ok((shared, count))
    }

    fn copies(&self, track: TrackId) -> Result<Vec<Copy>, StoreError> {
        let mut copies = self.readers.copies(track, self.options.under.as_deref())?;
        if let Some(only) = &self.options.only {
            copies.retain(|copy| only.binary_search(&(copy.track, copy.file)).is_ok());
        }
        Ok(copies)
    }
}

impl Shelf for Stored<'_> {
    type Error = StoreError;

    fn size(&self) -> usize {
        self.size
    }

    fn each(&mut self, give: &mut dyn FnMut(&[u32])) -> Result<(), StoreError> {
        let Self { readers, options, tracks, .. } = self;
        readers.each_fingerprint(options.under.as_deref(), |row| {
            let wanted = options.only.as_ref().map(|only| {
                let at = only.partition_point(|&(track, _)| track < row.track);
                only.get(at).is_some_and(|&(track, _)| track == row.track)
            });
            if wanted == Some(false) {
                return;
            }
            tracks.push((row.track, row.length_s));
            give(&from_bytes(&row.chromaprint).unwrap_or_default());
        })
    }

    fn hashes(&mut self, number: u32) -> Result<Vec<u32>, StoreError> {
        let Some(track) = self.track(number) else { return Ok(Vec::new()) };
        Ok(from_bytes(&self.readers.fingerprint(track)?).unwrap_or_default())
    }

    fn length_s(&self, number: u32) -> f64 {
        self.tracks.get(number as usize).map_or(0.0, |&(_, length_s)| length_s)
    }
}
