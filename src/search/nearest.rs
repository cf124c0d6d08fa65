//! The question: which tracks are like these, and unlike those?

use super::aspect::{ASPECTS, Aspect, Weights};
use super::layout::{BLOCK, BLOCK_BYTES, artist, moments};
use super::matrix::{Matrix, Seed};
use super::point::{Point, distances};
use super::proximity::{Factors, Moments, View, mutual};
use super::scan::{Probe, scan};
use crate::dsp::simd::{LANES, Lanes};
use crate::store::TrackId;

/// Which artists may answer. Only known artists are told apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Artists {
    /// Those of the wanted seeds do not: their other tracks share voice, studio and mastering, and
    /// would crowd out the rest (Flexer & Schnitzer, Computer Music Journal 34, 2010).
    #[default]
    Others,
    /// All.
    Any,
    /// Only those of the wanted seeds.
    Same,
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    /// Tracks wanted, at most.
    pub count: usize,
    /// What counts.
    pub weights: Weights,
    /// Who may answer.
    pub artists: Artists,
    /// Tracks that are compared exactly, for each wanted seed; at least `count`.
    pub candidates: usize,
}

impl Default for Request {
    /// Twenty tracks of other artists, of the thousand best by the scan.
    fn default() -> Self {
        let (weights, artists) = (Weights::default(), Artists::default());
        Self { count: 20, weights, artists, candidates: 1000 }
    }
}

/// How far two tracks are apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Distance {
    /// 0 (the same) to 1: share of the library that is nearer, seen from both (mutual proximity).
    pub proximity: f64,
    /// Weighted mean of the aspects.
    pub weighted: f64,
    /// By aspect, in the order of [`Aspect::ALL`]: 0 and more, where 1 is the mean distance of two
    /// tracks of the library.
    pub aspects: [f64; ASPECTS],
}

impl Distance {
    /// In one aspect.
    pub fn aspect(&self, aspect: Aspect) -> f64 {
        self.aspects.get(aspect as usize).copied().unwrap_or(0.0)
    }
}

/// An answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Match {
    /// The track.
    pub track: TrackId,
    /// What the answers are ordered by, ascending: the mean proximity to the wanted seeds, less that
    /// to the unwanted.
    pub score: f64,
    /// The mean distance to the wanted seeds.
    pub distance: Distance,
}

impl Matrix {
    /// The distance of two tracks. The same both ways; all 0 from a track to itself.
    pub fn distance(&self, x: &Seed, y: &Seed, weights: Weights) -> Distance {
        let factors = Factors::new(weights, &self.norms);
        self.compare(&factors, (&x.point, factors.view(&x.moments)), &y.point, &y.moments)
    }

    fn compare(
        &self,
        factors: &Factors,
        (point, view): (&Point, View),
        other: &Point,
        moments: &Moments,
    ) -> Distance {
        let distances = distances(point, other);
        let weighted = factors.distance(&distances);
        let proximity = mutual(weighted, view, factors.view(moments));
        let aspects = std::array::from_fn(|i| f64::from(distances[i]) / self.norms[i]);
        Distance { proximity, weighted, aspects }
    }

    /// The tracks nearest to the seeds `like` and far from the seeds `unlike`, the best first; the
    /// seeds themselves are left out. Nothing without a seed to be like.
    ///
    /// Takes about 30 ms a million tracks and seed, on one core (benches/SIMILARITY.md).
    pub fn nearest(&self, like: &[Seed], unlike: &[Seed], request: &Request) -> Vec<Match> {
        let factors = Factors::new(request.weights, &self.norms);
        let mut rows: Vec<usize> = like
            .iter()
            .flat_map(|seed| self.candidates(seed, like, unlike, request, &factors))
            .collect();
        rows.sort_unstable();
        rows.dedup();
        let views = |seeds: &[Seed]| -> Vec<View> {
            seeds.iter().map(|seed| factors.view(&seed.moments)).collect()
        };
        let (like, unlike) = ((like, &views(like)[..]), (unlike, &views(unlike)[..]));
        let judged = rows.into_iter().filter_map(|row| self.judge(row, like, unlike, &factors));
        let mut matches: Vec<Match> = judged.collect();
        matches.sort_by(|a, b| {
            let by_distance = a.distance.weighted.total_cmp(&b.distance.weighted);
            a.score.total_cmp(&b.score).then(by_distance).then(a.track.cmp(&b.track))
        });
        matches.truncate(request.count);
        matches
    }

    /// The rows that the scan finds near a seed.
    fn candidates(
        &self,
        seed: &Seed,
        like: &[Seed],
        unlike: &[Seed],
        request: &Request,
        factors: &Factors,
    ) -> Vec<usize> {
        let blocks = self.layout.blocks();
        let probe =
            Probe::new(&seed.code, self.coder.steps(), factors, factors.view(&seed.moments));
        let known = |seeds: &[Seed]| -> Vec<i64> {
            seeds.iter().filter_map(|seed| seed.track).map(|track| track.0).collect()
        };
        let excluded = [known(like), known(unlike)].concat();
        let artists: Vec<u64> = like.iter().map(|seed| seed.artist).filter(|&a| a != 0).collect();
        let allowed = |row: usize, block: &[u8; BLOCK_BYTES]| {
            let by_artist = match request.artists {
                Artists::Any => true,
                Artists::Others => !artists.contains(&artist(block, row % BLOCK)),
                Artists::Same => artists.contains(&artist(block, row % BLOCK)),
            };
            by_artist && self.layout.track(row).is_some_and(|track| !excluded.contains(&track))
        };
        let mut best = Best::new(request.candidates.max(request.count));
        let mut scores = Vec::new();
        for (part, blocks) in blocks.chunks(PART).enumerate() {
            scan(blocks, &probe, &mut scores);
            for (at, (block, scores)) in blocks.iter().zip(&scores).enumerate() {
                let first = (part * PART + at) * BLOCK;
                best.offer(first, scores, |row| allowed(row, block));
            }
        }
        best.rows()
    }

    /// Exact distances of a row to all seeds; `None` when its point is damaged.
    fn judge(
        &self,
        row: usize,
        (like, like_views): (&[Seed], &[View]),
        (unlike, unlike_views): (&[Seed], &[View]),
        factors: &Factors,
    ) -> Option<Match> {
        let point = self.layout.point(row)?;
        let moments = moments(self.layout.blocks().get(row / BLOCK)?, row % BLOCK);
        let to = |(seed, &view): (&Seed, &View)| {
            self.compare(factors, (&seed.point, view), &point, &moments)
        };
        let distance = mean(like.iter().zip(like_views).map(to))?;
        let unwanted = mean(unlike.iter().zip(unlike_views).map(to));
        let score = distance.proximity - unwanted.map_or(0.0, |unwanted| unwanted.proximity);
        Some(Match { track: TrackId(self.layout.track(row)?), score, distance })
    }
}

/// Blocks that are scored before the best are picked: their scores stay in the cache.
const PART: usize = 512;

/// The mean of some distances; `None` of none.
fn mean(distances: impl ExactSizeIterator<Item = Distance>) -> Option<Distance> {
    let count = distances.len() as f64;
    let zero = Distance { proximity: 0.0, weighted: 0.0, aspects: [0.0; ASPECTS] };
    let sum = distances.fold(zero, |sum, distance| Distance {
        proximity: sum.proximity + distance.proximity / count,
        weighted: sum.weighted + distance.weighted / count,
        aspects: std::array::from_fn(|i| sum.aspects[i] + distance.aspects[i] / count),
    });
    (count > 0.0).then_some(sum)
}

/// The rows with the lowest scores so far.
struct Best {
    most: usize,
    /// Score that a row must be below, once there are enough.
    bar: f32,
    rows: Vec<(f32, usize)>,
}

impl Best {
    fn new(most: usize) -> Self {
        Self { most: most.max(1), bar: f32::INFINITY, rows: Vec::new() }
    }

    fn offer(&mut self, first: usize, scores: &Lanes, allowed: impl Fn(usize) -> bool) {
        if scores.iter().all(|&score| score >= self.bar) {
            return;
        }
        for (row, &score) in (first..first + LANES).zip(scores) {
            if score < self.bar && allowed(row) {
                self.rows.push((score, row));
            }
        }
        if self.rows.len() >= 2 * self.most + LANES {
            self.cut();
        }
    }

    /// Keeps the best. Of equal scores the first rows are better: later ones do not pass the bar.
    fn cut(&mut self) {
        if self.rows.len() > self.most {
            let order =
                |a: &(f32, usize), b: &(f32, usize)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
            let (_, &mut (bar, _), _) = self.rows.select_nth_unstable_by(self.most - 1, order);
            self.rows.truncate(self.most);
            self.bar = bar;
        }
    }

    fn rows(mut self) -> Vec<usize> {
        self.cut();
        self.rows.into_iter().map(|(_, row)| row).collect()
    }
}
