//! Playlists: what they are to be, the search for the best one, and their files.
//!
//! A [`Pool`] holds the tracks that may appear and how alike they sound; a [`Wish`] says what the list
//! is to be; [`compose`] finds a list and reports which wishes it keeps.

mod cost;
mod curve;
mod dice;
mod explain;
pub mod formats;
mod gather;
mod pool;
mod report;
mod search;
mod track;
mod wish;

pub use curve::{Curve, CurveError};
pub use explain::{Step, bars, plot};
pub use gather::{Ask, Gathered, Named, gather};
pub use pool::{LARGEST_POOL, Pool};
pub use report::{CURVE_TOLERANCE, Constraint, clock, constraints};
pub use track::{HARMONIC, Track, key_affinity, tempo_drift};
pub use wish::{DURATION_TOLERANCE, Length, Spacing, Wish};

/// A list of tracks of a pool, and which wishes it keeps.
#[derive(Clone, Debug, PartialEq)]
pub struct Playlist {
    /// Numbers of the tracks; none appears twice.
    pub tracks: Vec<usize>,
    /// The wishes, and whether they hold.
    pub constraints: Vec<Constraint>,
}

/// Finds a list that keeps the wish as well as it can; the same for the same pool and wish.
///
/// About 0.1 s for fifty tracks out of a few hundred.
pub fn compose(pool: &Pool, wish: &Wish) -> Playlist {
    let tracks = search::search(pool, wish);
    let constraints = constraints(&tracks, pool, wish);
    Playlist { tracks, constraints }
}

/// The price of one track after another under a wish: sound, and what it asks of keys and tempi; in units of
/// the distance of two random tracks.
pub fn transition_cost(pool: &Pool, wish: &Wish, from: usize, to: usize) -> f64 {
    cost::transition(pool, wish, from, to)
}

#[cfg(test)]
mod tests;
