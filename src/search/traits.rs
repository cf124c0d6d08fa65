//! What is compared of a track, as it was measured.

use super::aspect::{ASPECTS, VECTORS};
use super::symmetric::{SIZE, TRIANGLE};
use crate::feature::{Family, Record, Value};

/// What is compared of a track: its MFCC Gaussian, and a vector for each other aspect that is
/// defined. All numbers are finite.
#[derive(Clone, Debug, PartialEq)]
pub struct Traits {
    /// Mean of the MFCC.
    pub(super) mean: [f64; SIZE],
    /// Upper triangle of their covariance, row by row.
    pub(super) covariance: [f64; TRIANGLE],
    /// Mean magnitude of their change from frame to frame.
    pub(super) change: Option<[f64; SIZE]>,
    /// Rhythm, harmony, mood, loudness, with as many numbers as [`VECTORS`] says.
    pub(super) vectors: [Option<Vec<f32>>; ASPECTS - 1],
}

impl Traits {
    /// From `mfcc_mean`, `mfcc_covariance`, `mfcc_delta_mean` and the columns of the similarity family;
    /// `None` when the Gaussian is not whole. Another vector of a wrong length, or
    /// with a number that is not finite, counts as undefined.
    pub fn new(
        mean: &[f32],
        covariance: &[f32],
        change: Option<&[f32]>,
        vectors: [Option<Vec<f32>>; ASPECTS - 1],
    ) -> Option<Self> {
        let finite = |numbers: &[f32]| numbers.iter().all(|x| x.is_finite());
        let mut lengths = VECTORS.into_iter();
        let vectors = vectors.map(|vector| {
            let length = lengths.next();
            vector.filter(|vector| Some(vector.len()) == length && finite(vector))
        });
        let change = change.and_then(numbers);
        Some(Self { mean: numbers(mean)?, covariance: numbers(covariance)?, change, vectors })
    }

    /// A track between this (`share` 0) and another (1), each number moved by `noise` times the
    /// difference of the two: for benchmarks that need many tracks.
    #[doc(hidden)]
    #[must_use]
    pub fn mixed(&self, other: &Self, share: f32, mut noise: impl FnMut() -> f32) -> Self {
        let mut between = |x: f64, y: f64| x + f64::from(share + noise()) * (y - x);
        let mut mixed = self.clone();
        mixed.mean.iter_mut().zip(&other.mean).for_each(|(x, &y)| *x = between(*x, y));
        if let (Some(change), Some(other)) = (&mut mixed.change, &other.change) {
            change.iter_mut().zip(other).for_each(|(x, &y)| *x = between(*x, y).max(0.0));
        }
        for (vector, other) in mixed.vectors.iter_mut().zip(&other.vectors) {
            if let (Some(vector), Some(other)) = (vector, other) {
                let pairs = vector.iter_mut().zip(other);
                pairs.for_each(|(x, &y)| *x = between(f64::from(*x), f64::from(y)) as f32);
            }
        }
        // A mean of covariances is one; noise would make it none.
        let pairs = mixed.covariance.iter_mut().zip(&other.covariance);
        pairs.for_each(|(x, &y)| *x += f64::from(share) * (y - *x));
        mixed
    }

    /// From the records of the timbre and the similarity family; `None` without them, and for
    /// silence.
    pub fn of_records(records: &[Record]) -> Option<Self> {
        let vector = |family: Family, name: &str| {
            let record = records.iter().find(|record| record.family == family)?;
            let at = family.fields().iter().position(|field| field.name == name)?;
            match record.values.get(at)? {
                Value::Vector(vector) => vector.clone(),
                _ => None,
            }
        };
        let own = |name| vector(Family::Similarity, name);
        Self::new(
            &vector(Family::Timbre, "mfcc_mean")?,
            &vector(Family::Timbre, "mfcc_covariance")?,
            vector(Family::Timbre, "mfcc_delta_mean").as_deref(),
            [
                own("similarity_rhythm"),
                own("similarity_harmony"),
                own("similarity_mood"),
                own("similarity_loudness"),
            ],
        )
    }
}

fn numbers<const N: usize>(numbers: &[f32]) -> Option<[f64; N]> {
    let numbers: &[f32; N] = numbers.try_into().ok()?;
    numbers.iter().all(|x| x.is_finite()).then(|| numbers.map(f64::from))
}
