//! Where a track lies: one point whose straight distances are the distances in each aspect.
//!
//! Timbre. The Gaussians of two tracks are compared by the log-Euclidean distance of their
//! covariances and the distance of their means, both in units of the library's mean covariance W:
//! `d² = |W^-½ (m1 - m2)|² + ½ |ln S1 - ln S2|²` with `S = W^-½ Σ W^-½`. Arsigny et al., SIAM J.
//! Matrix Anal. Appl. 29, 2007. Near W it is, to second order, the symmetric Kullback-Leibler
//! divergence with which Mandel & Ellis (ISMIR 2005) compare such Gaussians; far from it, it grows
//! slower, and it is a distance of vectors: no matrix has to be inverted for a pair.
//!
//! A Gaussian knows nothing of the order of the frames. So the mean change δ of each coefficient
//! from frame to frame is compared too, as if it were the deviation of a second, diagonal Gaussian:
//! `½ |ln δ1² - ln δ2²|²` is added to `d²`.
//!
//! The other aspects. Each number of a vector is a z-score over the library; what is undefined lies
//! at the mean of the library.

use super::aspect::{ASPECTS, VECTORS};
use super::layout::{Reader, put};
use super::point::{Point, SPANS, fixed};
use super::symmetric::{SIZE, Symmetric, apply, from_triangle, sandwich};
use super::traits::Traits;
use std::f64::consts::{FRAC_1_SQRT_2, SQRT_2};

/// Added to the variances of the mean covariance: a coefficient that never moves in a library.
const LEAST_VARIANCE: f64 = 1e-3;

/// Eigenvalues of a whitened covariance are kept within this and its reciprocal: a constant tone has
/// none at all, and a distance must not be made of rounding errors.
const LEAST_EIGENVALUE: f64 = 1e-3;

/// Added to the changes: a coefficient that stands still.
const LEAST_CHANGE: f64 = 1e-3;

/// Deviation below which a number does not vary.
const LEAST_DEVIATION: f64 = 1e-6;

/// How the tracks of one library are laid out.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Space {
    /// Mean of the means of the MFCC.
    centre: [f64; SIZE],
    /// Mean of the logarithms of their changes.
    change: [f64; SIZE],
    /// W^-½.
    whitening: Symmetric,
    /// Mean and deviation of each number of each vector.
    scales: [Vec<(f64, f64)>; ASPECTS - 1],
}

impl Space {
    /// The layout of a library of which `sample` are some tracks, in a fixed order; not empty.
    pub(super) fn fit(sample: &[Traits]) -> Self {
        let count = sample.len().max(1) as f64;
        let mut centre = [0.0; SIZE];
        let changes: Vec<[f64; SIZE]> = sample.iter().filter_map(log_change).collect();
        let mut change = [0.0; SIZE];
        for logs in &changes {
            let share = changes.len() as f64;
            change.iter_mut().zip(logs).for_each(|(sum, x)| *sum += x / share);
        }
        let mut mean = [0.0; super::symmetric::TRIANGLE];
        for traits in sample {
            centre.iter_mut().zip(&traits.mean).for_each(|(sum, x)| *sum += x / count);
            mean.iter_mut().zip(&traits.covariance).for_each(|(sum, x)| *sum += x / count);
        }
        let mut covariance = from_triangle(&mean);
        for (i, row) in covariance.iter_mut().enumerate() {
            row[i] += LEAST_VARIANCE;
        }
        let whitening = apply(&covariance, |x| 1.0 / x.max(LEAST_VARIANCE).sqrt());
        let scales = std::array::from_fn(|aspect| scales(sample, aspect));
        Self { centre, change, whitening, scales }
    }

    /// The point of a track.
    pub(super) fn place(&self, traits: &Traits) -> Point {
        let mut point = [0; super::point::DIMENSIONS];
        let [timbre, rest @ ..] = SPANS;
        let all = timbre_vector(self, traits);
        write(&mut point[timbre.0..timbre.1], all);
        for ((span, vector), scales) in rest.into_iter().zip(&traits.vectors).zip(&self.scales) {
            if let Some(vector) = vector {
                let z = |(&x, &(mean, sd)): (&f32, &(f64, f64))| (f64::from(x) - mean) / sd;
                write(&mut point[span.0..span.1], vector.iter().zip(scales).map(z));
            }
        }
        point
    }

    /// Appends the layout to a file.
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        put(out, &self.centre);
        put(out, &self.change);
        put(out, self.whitening.as_flattened());
        for &(mean, sd) in self.scales.iter().flatten() {
            put(out, &[mean, sd]);
        }
    }

    /// The inverse of [`Self::encode`]; `None` when something is missing or not finite.
    pub(super) fn decode(reader: &mut Reader<'_>) -> Option<Self> {
        let (centre, change) = (reader.numbers()?, reader.numbers()?);
        let mut whitening = [[0.0; SIZE]; SIZE];
        for row in &mut whitening {
            *row = reader.numbers()?;
        }
        let mut scales = [const { Vec::new() }; ASPECTS - 1];
        for (scales, length) in scales.iter_mut().zip(VECTORS) {
            for _ in 0..length {
                let [mean, sd] = reader.numbers()?;
                scales.push((mean, sd));
            }
        }
        Some(Self { centre, change, whitening, scales })
    }
}

fn write(to: &mut [i16], numbers: impl IntoIterator<Item = f64>) {
    to.iter_mut().zip(numbers).for_each(|(to, x)| *to = fixed(x));
}

/// Whitened mean, then the upper triangle of ln S weighted so that its squares sum to those of
/// the matrix halved, then the changes.
fn timbre_vector(space: &Space, traits: &Traits) -> impl Iterator<Item = f64> {
    let apart: [f64; SIZE] = std::array::from_fn(|i| traits.mean[i] - space.centre[i]);
    let mean = space.whitening.map(|row| row.iter().zip(&apart).map(|(w, x)| w * x).sum::<f64>());
    let mut covariance = from_triangle(&traits.covariance);
    for (i, row) in covariance.iter_mut().enumerate() {
        row[i] += LEAST_VARIANCE;
    }
    let log = apply(&sandwich(&space.whitening, &covariance), |x| {
        x.clamp(LEAST_EIGENVALUE, 1.0 / LEAST_EIGENVALUE).ln()
    });
    let entry = move |(i, j): (usize, usize)| log[i][j] * if i == j { FRAC_1_SQRT_2 } else { 1.0 };
    let pairs = (0..SIZE).flat_map(|i| (i..SIZE).map(move |j| (i, j)));
    // What is unknown lies at the mean of the library.
    let change = log_change(traits).unwrap_or(space.change);
    let moved = |i: usize| SQRT_2 * (change[i] - space.change[i]);
    let moved: [f64; SIZE] = std::array::from_fn(moved);
    mean.into_iter().chain(pairs.map(entry)).chain(moved)
}

/// Logarithms of the changes of the coefficients.
fn log_change(traits: &Traits) -> Option<[f64; SIZE]> {
    traits.change.map(|change| change.map(|x| (x.max(0.0) + LEAST_CHANGE).ln()))
}

/// Mean and deviation of each number of an aspect beside the timbre.
fn scales(sample: &[Traits], aspect: usize) -> Vec<(f64, f64)> {
    let vectors: Vec<&[f32]> =
        sample.iter().filter_map(|traits| traits.vectors.get(aspect)?.as_deref()).collect();
    let count = vectors.len().max(1) as f64;
    let column = |i: usize| vectors.iter().filter_map(move |v| v.get(i)).map(|&x| f64::from(x));
    let scale = |i: usize| {
        let mean = column(i).sum::<f64>() / count;
        let variance = column(i).map(|x| (x - mean) * (x - mean)).sum::<f64>() / count;
        let sd = variance.sqrt();
        (mean, if sd > LEAST_DEVIATION { sd } else { 1.0 })
    };
    (0..VECTORS.get(aspect).copied().unwrap_or(0)).map(scale).collect()
}
