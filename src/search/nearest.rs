//! The question: which tracks are like these, and unlike those?

use super::aspect::{ASPECTS, Aspect, Weights};
use super::crowd::{Crowd, Stand, Who, apart};
use super::layout::{BLOCK, BLOCK_BYTES, artist, moments};
use super::matrix::{Matrix, Seed};
use super::point::{Point, distances};
use super::proximity::{Factors, View, mutual};
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
pub struct Request<'a> {
    /// Tracks wanted, at most.
    pub count: usize,
    /// What counts.
    pub weights: Weights,
    /// Who may answer.
    pub artists: Artists,
    /// Tracks that may answer, ascending; all where there is none.
    pub only: Option<&'a [TrackId]>,
    /// Tracks that are compared exactly, for each wanted seed; at least `count`.
    pub candidates: usize,
}

impl Default for Request<'_> {
    /// Twenty tracks of other artists, of the thousand best by the scan.
    fn default() -> Self {
        let (weights, artists) = (Weights::default(), Artists::default());
        Self { count: 20, weights, artists, only: None, candidates: 1000 }
    }
}

/// How far two tracks are apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Distance {
    /// 0 (the same) to 1: share of the library that is nearer, seen from both (mutual proximity);
    /// in a [`Match`] with regard to how crowded it is around both.
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
        self.compare(
            &factors,
            (&x.point, factors.view(&x.moments)),
            &y.point,
            factors.view(&y.moments),
        )
    }

    fn compare(
        &self,
        factors: &Factors,
        (point, view): (&Point, View),
        other: &Point,
        seen: View,
    ) -> Distance {
        let distances = distances(point, other);
        let weighted = factors.distance(&distances);
        let proximity = mutual(weighted, view, seen);
        let aspects = std::array::from_fn(|i| f64::from(distances[i]) / self.norms[i]);
        Distance { proximity, weighted, aspects }
    }

    /// The tracks nearest to the seeds `like` and far from the seeds `unlike`, the best first; the
    /// seeds themselves are left out. Nothing without a seed to be like.
    ///
    /// The scan proposes, mutual proximity chooses the best few hundred, and those are ordered by how
    /// near they are for where they lie (`crowd`). Among a million tracks a question takes 67 ms on one
    /// core, half of it whatever the library (benches/SIMILARITY.md).
    pub fn nearest(&self, like: &[Seed], unlike: &[Seed], request: &Request<'_>) -> Vec<Match> {
        let factors = Factors::new(request.weights, &self.norms);
        let mut judged = self.judged(like, unlike, request, &factors);
        judged.truncate(SHORTLIST.max(3 * request.count));
        let crowd = Crowd::of(self, &factors);
        let [like, unlike] = [like, unlike].map(|seeds| stands(seeds, &crowd));
        let judge_again = |(candidate, mut found): (Candidate, Match)| {
            let stand = crowd.stand(candidate.who, &candidate.point);
            found.distance.proximity = far(&candidate, stand, &like, &factors);
            found.score = found.distance.proximity - far(&candidate, stand, &unlike, &factors);
            found
        };
        let mut matches: Vec<Match> = judged.into_iter().map(judge_again).collect();
        matches.sort_by(order);
        matches.truncate(request.count);
        matches
    }

    /// What the scan proposes, exactly compared, the best first.
    pub(super) fn judged(
        &self,
        like: &[Seed],
        unlike: &[Seed],
        request: &Request<'_>,
        factors: &Factors,
    ) -> Vec<(Candidate, Match)> {
        let mut rows: Vec<usize> = like
            .iter()
            .flat_map(|seed| self.candidates(seed, like, unlike, request, factors))
            .collect();
        rows.sort_unstable();
        rows.dedup();
        let sides = [like, unlike].map(|seeds| Side::new(seeds, factors));
        let candidates = rows.into_iter().filter_map(|row| self.candidate(row, factors));
        let mut judged: Vec<(Candidate, Match)> = candidates
            .filter_map(|one| {
                let found = self.judge(&one, &sides, factors)?;
                Some((one, found))
            })
            .collect();
        judged.sort_by(|(_, a), (_, b)| order(a, b));
        judged
    }

    /// The rows that the scan finds near a seed.
    fn candidates(
        &self,
        seed: &Seed,
        like: &[Seed],
        unlike: &[Seed],
        request: &Request<'_>,
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
            let may = |track: i64| {
                let named = |only: &[TrackId]| only.binary_search(&TrackId(track)).is_ok();
                !excluded.contains(&track) && request.only.is_none_or(named)
            };
            by_artist && self.layout.track(row).is_some_and(may)
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

    /// A row of the matrix, looked at; `None` when it is damaged.
    fn candidate(&self, row: usize, factors: &Factors) -> Option<Candidate> {
        let point = Box::new(self.layout.point(row)?);
        let block = self.layout.blocks().get(row / BLOCK)?;
        let moments = moments(block, row % BLOCK);
        let track = TrackId(self.layout.track(row)?);
        let who = Who { track: Some(track), artist: artist(block, row % BLOCK) };
        Some(Candidate { track, who, point, view: factors.view(&moments) })
    }

    /// Exact distances of a candidate to all seeds, scored by mutual proximity.
    fn judge(&self, one: &Candidate, sides: &[Side<'_>; 2], factors: &Factors) -> Option<Match> {
        let to = |(seed, view): &(&Seed, View)| {
            self.compare(factors, (&seed.point, *view), &one.point, one.view)
        };
        let [like, unlike] = sides.each_ref().map(|side| mean(side.0.iter().map(to)));
        let distance = like?;
        let score = distance.proximity - unlike.map_or(0.0, |unwanted| unwanted.proximity);
        Some(Match { track: one.track, score, distance })
    }
}

/// A track that comes into question.
pub(super) struct Candidate {
    track: TrackId,
    who: Who,
    point: Box<Point>,
    view: View,
}

/// The wanted or the unwanted seeds, and how each sees the others.
struct Side<'a>(Vec<(&'a Seed, View)>);

impl<'a> Side<'a> {
    fn new(seeds: &'a [Seed], factors: &Factors) -> Self {
        Self(seeds.iter().map(|seed| (seed, factors.view(&seed.moments))).collect())
    }
}

/// The seeds, and where each lies.
fn stands<'a>(seeds: &'a [Seed], crowd: &Crowd<'_>) -> Vec<(&'a Seed, Stand)> {
    let who = |seed: &Seed| Who { track: seed.track, artist: seed.artist };
    seeds.iter().map(|seed| (seed, crowd.stand(who(seed), &seed.point))).collect()
}

/// Mean proximity of a candidate to seeds, for where all of them lie; 0 without any.
fn far(one: &Candidate, stand: Stand, seeds: &[(&Seed, Stand)], factors: &Factors) -> f64 {
    let to = |(seed, own): &(&Seed, Stand)| {
        apart(factors.distance(&distances(&seed.point, &one.point)), *own, stand)
    };
    seeds.iter().map(to).sum::<f64>() / seeds.len().max(1) as f64
}

/// The best first; what is equal by distance, then by number.
fn order(a: &Match, b: &Match) -> std::cmp::Ordering {
    let by_distance = a.distance.weighted.total_cmp(&b.distance.weighted);
    a.score.total_cmp(&b.score).then(by_distance).then(a.track.cmp(&b.track))
}

/// Candidates that are put in order by where they lie, at least.
const SHORTLIST: usize = 200;

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
