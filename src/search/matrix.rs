//! All tracks of a library, ready to be searched.

use super::aspect::ASPECTS;
use super::build::{moments_of, reference_rows};
use super::code::{Code, Coder};
use super::layout::{BLOCK, Layout, artist, moments};
use super::library::artist_key;
use super::point::Point;
use super::proximity::Moments;
use super::space::Space;
use super::traits::Traits;
use crate::store::TrackId;

/// All comparable tracks of a library. It does not change; threads may share it.
pub struct Matrix {
    pub(super) layout: Layout,
    pub(super) space: Space,
    pub(super) coder: Coder,
    /// Mean distance of two tracks by aspect, > 0.
    pub(super) norms: [f64; ASPECTS],
}

impl std::fmt::Debug for Matrix {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Matrix").field("tracks", &self.layout.rows).finish_non_exhaustive()
    }
}

/// A track to which others are compared: of the library, or any other.
#[derive(Clone, Debug)]
pub struct Seed {
    pub(super) point: Box<Point>,
    pub(super) code: Code,
    pub(super) moments: Moments,
    pub(super) artist: u64,
    pub(super) track: Option<TrackId>,
}

impl Seed {
    /// Its track, if it is one of the library.
    pub fn track(&self) -> Option<TrackId> {
        self.track
    }
}

impl Matrix {
    /// `None` when what the layout holds cannot be.
    pub(super) fn new(layout: Layout) -> Option<Self> {
        let (space, coder, norms): (_, _, [f64; ASPECTS]) = {
            let mut head = layout.head();
            (Space::decode(&mut head)?, Coder::decode(&mut head)?, head.numbers()?)
        };
        norms.iter().all(|&norm| norm > 0.0).then_some(Self { layout, space, coder, norms })
    }

    /// Number of tracks.
    pub fn len(&self) -> usize {
        self.layout.rows
    }

    /// True when there is no track.
    pub fn is_empty(&self) -> bool {
        self.layout.rows == 0
    }

    /// The tracks, ascending.
    pub fn tracks(&self) -> impl ExactSizeIterator<Item = TrackId> {
        self.layout.tracks().iter().map(|bytes| TrackId(i64::from_le_bytes(*bytes)))
    }

    /// True when it is a mapped file, not memory of our own.
    pub fn is_mapped(&self) -> bool {
        self.layout.is_mapped()
    }

    /// A track of the library; `None` when it is not in the matrix.
    pub fn seed(&self, track: TrackId) -> Option<Seed> {
        self.seed_at(self.row(track)?)
    }

    /// The row of a track.
    pub(super) fn row(&self, track: TrackId) -> Option<usize> {
        let key = |bytes: &[u8; 8]| i64::from_le_bytes(*bytes);
        self.layout.tracks().binary_search_by_key(&track.0, key).ok()
    }

    pub(super) fn seed_at(&self, row: usize) -> Option<Seed> {
        let point = self.layout.point(row)?;
        let block = self.layout.blocks().get(row / BLOCK)?;
        Some(Seed {
            code: self.coder.code(&point),
            point: Box::new(point),
            moments: moments(block, row % BLOCK),
            artist: artist(block, row % BLOCK),
            track: self.layout.track(row).map(TrackId),
        })
    }

    /// Any track, by what was measured of it.
    pub fn stranger(&self, traits: &Traits, artist: Option<&str>) -> Seed {
        let point = self.space.place(traits);
        let rows = reference_rows(self.layout.rows);
        let references: Vec<(usize, Point)> =
            rows.filter_map(|row| Some((row, self.layout.point(row)?))).collect();
        Seed {
            code: self.coder.code(&point),
            moments: moments_of(&point, None, &references),
            point: Box::new(point),
            artist: artist_key(artist),
            track: None,
        }
    }
}
