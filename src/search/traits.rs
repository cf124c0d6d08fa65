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
    /// Rhythm, harmony, mood, loudness, with as many numbers as [`VECTORS`] says.
    pub(super) vectors: [Option<Vec<f32>>; ASPECTS - 1],
}

impl Traits {
    /// From stored vectors; `None` when the Gaussian is not whole. A vector of another length, or
    /// with a number that is not finite, counts as undefined.
    pub fn new(
        mean: &[f32],
        covariance: &[f32],
        vectors: [Option<Vec<f32>>; ASPECTS - 1],
    ) -> Option<Self> {
        let finite = |numbers: &[f32]| numbers.iter().all(|x| x.is_finite());
        let mut lengths = VECTORS.into_iter();
        let vectors = vectors.map(|vector| {
            let length = lengths.next();
            vector.filter(|vector| Some(vector.len()) == length && finite(vector))
        });
        Some(Self { mean: numbers(mean)?, covariance: numbers(covariance)?, vectors })
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
