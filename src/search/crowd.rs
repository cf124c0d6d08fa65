//! How crowded it is where a track lies.
//!
//! The moments of a track's distances (`proximity`) say nothing of those close to it, which are all
//! that matters: some tracks still are everybody's neighbours and some nobody's. So distances are
//! first measured in units of what a track is to its own nearest, `d / sqrt(r_x r_y)` with `r` the
//! mean distance of the ten nearest references, and then seen from both sides.
//!
//! Method: non-iterative contextual dissimilarity; Jégou, Harzallah & Schmid, CVPR 2007. Schnitzer et
//! al. (JMLR 13, 2012) compare it with mutual proximity; one after the other has fewer hubs and
//! orphans than either (benches/SIMILARITY.md).

use super::aspect::ASPECTS;
use super::build::reference_rows;
use super::layout::{BLOCK, artist};
use super::matrix::Matrix;
use super::point::{Point, distances};
use super::proximity::{Factors, View, mutual};
use crate::store::TrackId;

/// Neighbours that say how crowded it is.
const NEIGHBOURS: usize = 10;

/// Smallest radius: ten copies of a track have none between them.
const LEAST_RADIUS: f64 = 1e-6;

/// Who a track is, so that it and its artist's other tracks, which may lie close together, do not
/// count as its crowd.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Who {
    pub(super) track: Option<TrackId>,
    /// 0: unknown.
    pub(super) artist: u64,
}

impl Who {
    fn is_apart(self, other: Self) -> bool {
        let same_artist = self.artist != 0 && self.artist == other.artist;
        !same_artist && (self.track.is_none() || self.track != other.track)
    }
}

/// Where a track lies among the others.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stand {
    /// Mean distance of its nearest.
    radius: f64,
    /// The others, in units of the radii.
    view: View,
}

/// The references as one way of weighing sees them.
pub(super) struct Crowd<'a> {
    factors: &'a Factors,
    references: Vec<(Who, Point)>,
    /// Radius of each reference.
    radii: Vec<f64>,
}

impl<'a> Crowd<'a> {
    /// The references, each with its radius.
    pub(super) fn of(matrix: &Matrix, factors: &'a Factors) -> Self {
        let reference = |row: usize| {
            let block = matrix.layout.blocks().get(row / BLOCK)?;
            let track = Some(TrackId(matrix.layout.track(row)?));
            Some((Who { track, artist: artist(block, row % BLOCK) }, matrix.layout.point(row)?))
        };
        let references: Vec<(Who, Point)> =
            reference_rows(matrix.layout.rows).filter_map(reference).collect();
        let radii = radii(&references, factors);
        Self { factors, references, radii }
    }

    /// Where a track lies.
    pub(super) fn stand(&self, who: Who, point: &Point) -> Stand {
        let around = self.around(who, point);
        let radius = radius(around.clone());
        let scaled = around.iter().map(|&(at, d)| scaled(d, radius, self.radii[at]));
        let count = around.len().max(1) as f64;
        let mean = scaled.clone().sum::<f64>() / count;
        let variance = scaled.map(|d| (d - mean) * (d - mean)).sum::<f64>() / count;
        Stand { radius, view: View::new(mean, variance) }
    }

    /// Weighted distances to the references that count, by their number.
    fn around(&self, who: Who, point: &Point) -> Vec<(usize, f64)> {
        let others = self.references.iter().enumerate().filter(|(_, (o, _))| who.is_apart(*o));
        let to = |(at, (_, other)): (usize, &(Who, Point))| {
            let parts: [f32; ASPECTS] = distances(point, other);
            (at, self.factors.distance(&parts))
        };
        others.map(to).collect()
    }
}

/// Radius of each reference: what two of them are apart is computed once for both.
fn radii(references: &[(Who, Point)], factors: &Factors) -> Vec<f64> {
    let mut around = vec![Vec::with_capacity(references.len()); references.len()];
    for (at, (who, point)) in references.iter().enumerate() {
        for (before, (other, far)) in references[..at].iter().enumerate() {
            if who.is_apart(*other) {
                let distance = factors.distance(&distances(point, far));
                around[at].push((before, distance));
                around[before].push((at, distance));
            }
        }
    }
    around.into_iter().map(radius).collect()
}

/// Mean of the smallest distances; > 0.
fn radius(mut around: Vec<(usize, f64)>) -> f64 {
    let order = |a: &(usize, f64), b: &(usize, f64)| a.1.total_cmp(&b.1);
    if around.len() > NEIGHBOURS {
        around.select_nth_unstable_by(NEIGHBOURS - 1, order);
        around.truncate(NEIGHBOURS);
        // A sum must not depend on how its parts were selected.
        around.sort_by(order);
    }
    let sum: f64 = around.iter().map(|(_, d)| d).sum();
    (sum / around.len().max(1) as f64).max(LEAST_RADIUS)
}

fn scaled(distance: f64, x: f64, y: f64) -> f64 {
    distance / (x * y).sqrt()
}

/// Mutual proximity of two tracks by their weighted distance, for where they lie: 0 (the same) to 1.
pub(super) fn apart(distance: f64, x: Stand, y: Stand) -> f64 {
    mutual(scaled(distance, x.radius, y.radius), x.view, y.view)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_track_in_a_crowd_is_farther_than_one_alone() {
        let view = View::new(3.0, 1.0);
        let [lonely, crowded] = [2.0, 0.5].map(|radius| Stand { radius, view });
        assert!(apart(1.0, lonely, crowded) > apart(1.0, lonely, lonely));
        assert!((apart(1.0, lonely, crowded) - apart(1.0, crowded, lonely)).abs() < 1e-15);
        assert!(apart(0.0, crowded, crowded) <= 0.0);
    }

    #[test]
    fn the_radius_is_that_of_the_nearest_in_any_order() {
        let forward: Vec<(usize, f64)> = (0..40).map(|i| (i, 0.1 * i as f64)).collect();
        let backward: Vec<(usize, f64)> = forward.iter().rev().copied().collect();
        assert!((radius(forward.clone()) - 0.45).abs() < 1e-12);
        assert!(radius(forward).to_bits() == radius(backward).to_bits());
        assert!(radius(Vec::new()) > 0.0 && radius(vec![(0, 0.0); 20]) > 0.0);
    }

    #[test]
    fn neither_a_track_nor_its_artist_is_its_own_crowd() {
        let who = |track: i64, artist| Who { track: Some(TrackId(track)), artist };
        assert!(!who(1, 0).is_apart(who(1, 0)) && !who(1, 7).is_apart(who(2, 7)));
        assert!(who(1, 0).is_apart(who(2, 0)), "unknown artists are not the same");
        let stranger = Who { track: None, artist: 0 };
        assert!(stranger.is_apart(who(1, 0)) && stranger.is_apart(stranger));
    }
}
