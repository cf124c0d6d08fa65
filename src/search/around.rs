//! Many tracks at once: those that lie around some, and how far they are from each other.

use super::aspect::Weights;
use super::matrix::{Matrix, Seed};
use super::nearest::Request;
use super::point::{Point, distances};
use super::proximity::Factors;
use crate::store::TrackId;

/// Some tracks, for their distances to each other.
#[derive(Debug)]
pub struct Cloud {
    factors: Factors,
    points: Vec<Option<Box<Point>>>,
}

impl Matrix {
    /// The tracks that [`Self::nearest`] would choose its answers from, nearest first: no regard to how crowded it is
    /// around each, which costs as much as all the rest and matters to the first few only.
    pub fn around(&self, like: &[Seed], unlike: &[Seed], request: &Request<'_>) -> Vec<TrackId> {
        let factors = Factors::new(request.weights, &self.norms);
        let mut judged = self.judged(like, unlike, request, &factors);
        judged.truncate(request.count);
        judged.into_iter().map(|(_, found)| found.track).collect()
    }

    /// Tracks of the matrix by number; what is not in it has no distances. Holds 640 bytes a track.
    pub fn cloud(&self, tracks: impl IntoIterator<Item = TrackId>, weights: Weights) -> Cloud {
        let point = |track| self.layout.point(self.row(track)?).map(Box::new);
        Cloud {
            factors: Factors::new(weights, &self.norms),
            points: tracks.into_iter().map(point).collect(),
        }
    }
}

impl Cloud {
    /// Weighted distance of two of the tracks, 1 for two of a library taken at random; `None` unless both are known.
    pub fn distance(&self, x: usize, y: usize) -> Option<f64> {
        let point = |index: usize| self.points.get(index)?.as_deref();
        Some(self.factors.distance(&distances(point(x)?, point(y)?)))
    }
}
