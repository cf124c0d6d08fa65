//! What a playlist is to be.

use super::curve::Curve;

/// How long a playlist is to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Length {
    /// So many tracks.
    Count(usize),
    /// So many seconds, within [`DURATION_TOLERANCE`].
    Duration(f64),
    /// All tracks of the pool, in a new order.
    Everything,
}

/// Share by which the duration may miss its target.
pub const DURATION_TOLERANCE: f64 = 0.01;

/// How many tracks have to lie between two of one artist, album or title; 0 for none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spacing {
    /// Of one artist.
    pub artist: usize,
    /// Of one album.
    pub album: usize,
    /// Versions of one song; `usize::MAX` is "never twice".
    pub title: usize,
}

impl Default for Spacing {
    fn default() -> Self {
        Self { artist: 4, album: 4, title: usize::MAX }
    }
}

/// What a playlist is to be, over a pool of tracks numbered from 0.
///
/// Where not all can hold, what costs least is given up first, in this order: closeness of sound,
/// tempo drift, harmonic moves, energy curve, spacing of albums, of artists, of titles, duration.
#[derive(Clone, Debug, PartialEq)]
pub struct Wish {
    /// How long.
    pub length: Length,
    /// Tracks to begin with, in this order; they stay where they are.
    pub first: Vec<usize>,
    /// The track to end with.
    pub last: Option<usize>,
    /// Tracks to pass on the way, spread evenly, in this order.
    pub via: Vec<usize>,
    /// Keys shall follow each other in steps of the wheel.
    pub harmonic: bool,
    /// Largest change of tempo between neighbours as a share, half and double time aside.
    pub tempo_drift: Option<f64>,
    /// Energy over time.
    pub curve: Option<Curve>,
    /// Distances between tracks that look alike on paper.
    pub spacing: Spacing,
    /// Chooses among playlists of equal merit.
    pub seed: u64,
}

impl Default for Wish {
    fn default() -> Self {
        Self {
            length: Length::Count(30),
            first: Vec::new(),
            last: None,
            via: Vec::new(),
            harmonic: false,
            tempo_drift: None,
            curve: None,
            spacing: Spacing::default(),
            seed: 0,
        }
    }
}
