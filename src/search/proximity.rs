//! How near two tracks are as seen from both of them.
//!
//! Method: mutual proximity with Gaussians; Schnitzer, Flexer, Schedl & Widmer, "Local and global
//! scaling reduce hubs in space", JMLR 13, 2012. A track's distances to the others are taken as
//! normally distributed; `F(d)` is the share of the library nearer than d. The distance of x and y is
//! `1 - (1 - F_x(d)) (1 - F_y(d))`.
//!
//! Mean and variance of a weighted sum of distances follow from the means, variances and covariances
//! of its parts, so that one table serves all weights.

use super::aspect::{ASPECTS, Weights};
use std::f64::consts::FRAC_1_SQRT_2;

/// Numbers of the moments: five means, then the upper triangle of the covariance.
pub(super) const MOMENTS: usize = ASPECTS + ASPECTS * (ASPECTS + 1) / 2;

/// Moments of a track's distances to the others.
pub(super) type Moments = [f32; MOMENTS];

/// A deviation is at least this share of its mean: in a library of two there is none.
const LEAST_DEVIATION: f64 = 0.02;

/// Means and covariances of distances by aspect; zeros without any.
pub(super) fn moments(distances: &[[f32; ASPECTS]]) -> Moments {
    let count = distances.len().max(1) as f64;
    let mut means = [0.0; ASPECTS];
    for row in distances {
        means.iter_mut().zip(row).for_each(|(sum, &d)| *sum += f64::from(d) / count);
    }
    let mut moments = [0.0; MOMENTS];
    for (slot, mean) in moments.iter_mut().zip(means) {
        *slot = mean as f32;
    }
    for (slot, (a, b)) in moments[ASPECTS..].iter_mut().zip(pairs()) {
        let product =
            |row: &[f32; ASPECTS]| (f64::from(row[a]) - means[a]) * (f64::from(row[b]) - means[b]);
        *slot = (distances.iter().map(product).sum::<f64>() / count) as f32;
    }
    moments
}

fn pairs() -> impl Iterator<Item = (usize, usize)> {
    (0..ASPECTS).flat_map(|a| (a..ASPECTS).map(move |b| (a, b)))
}

/// Factors of a weighted sum.
#[derive(Clone, Copy, Debug)]
pub(super) struct Factors {
    /// Of the distances, and of their means.
    pub(super) linear: [f64; ASPECTS],
    /// Of the moments: first of the means (as `linear`), then of the covariances.
    pub(super) moments: [f64; MOMENTS],
}

impl Factors {
    /// For weights over aspects whose mean distances in the library are `norms`.
    pub(super) fn new(weights: Weights, norms: &[f64; ASPECTS]) -> Self {
        let weights = weights.get();
        let total: f64 = weights.iter().sum();
        let linear: [f64; ASPECTS] = std::array::from_fn(|i| weights[i] / total / norms[i]);
        let mut moments = [0.0; MOMENTS];
        let products = pairs().map(|(a, b)| linear[a] * linear[b] * if a == b { 1.0 } else { 2.0 });
        for (slot, factor) in moments.iter_mut().zip(linear.into_iter().chain(products)) {
            *slot = factor;
        }
        Self { linear, moments }
    }

    /// The weighted distance.
    pub(super) fn distance(&self, distances: &[f32; ASPECTS]) -> f64 {
        self.linear.iter().zip(distances).map(|(factor, &d)| factor * f64::from(d)).sum()
    }

    /// Mean and deviation (> 0) of a track's weighted distances.
    pub(super) fn view(&self, moments: &Moments) -> View {
        let terms = self.moments.iter().zip(moments).map(|(factor, &m)| factor * f64::from(m));
        let (mut mean, mut variance) = (0.0, 0.0);
        for (place, term) in terms.enumerate() {
            *(if place < ASPECTS { &mut mean } else { &mut variance }) += term;
        }
        View::new(mean, variance)
    }
}

/// The others as seen from a track.
#[derive(Clone, Copy, Debug)]
pub(super) struct View {
    pub(super) mean: f64,
    pub(super) deviation: f64,
}

impl View {
    /// From the mean and the variance of a track's distances.
    pub(super) fn new(mean: f64, variance: f64) -> Self {
        let deviation = variance.max(0.0).sqrt().max(LEAST_DEVIATION * mean).max(1e-9);
        Self { mean, deviation }
    }

    /// Share of the others that are nearer than `distance`, by the normal distribution.
    fn nearer(self, distance: f64) -> f64 {
        normal((distance - self.mean) / self.deviation)
    }
}

/// Mutual proximity, 0 (the same) to 1 (far from both).
pub(super) fn mutual(distance: f64, x: View, y: View) -> f64 {
    let (fx, fy) = (x.nearer(distance), y.nearer(distance));
    if distance > 0.0 { fx + fy - fx * fy } else { 0.0 }
}

/// Cumulative normal distribution, within 1.2e-7 of it relative to it.
fn normal(z: f64) -> f64 {
    let tail = 0.5 * erfc(z.abs() * FRAC_1_SQRT_2);
    if z < 0.0 { tail } else { 1.0 - tail }
}

/// Complementary error function of x >= 0; Press et al., "Numerical recipes", section 6.2.
fn erfc(x: f64) -> f64 {
    const TERMS: [f64; 10] = [
        -1.265_512_23,
        1.000_023_68,
        0.374_091_96,
        0.096_784_18,
        -0.186_288_06,
        0.278_868_07,
        -1.135_203_98,
        1.488_515_87,
        -0.822_152_23,
        0.170_872_77,
    ];
    let t = 1.0 / (1.0 + 0.5 * x);
    let sum = TERMS.iter().rev().fold(0.0, |sum, term| sum * t + term);
    t * (sum - x * x).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_normal_distribution_is_that_of_the_tables() {
        for (z, share) in
            [(0.0, 0.5), (-1.0, 0.158_655_25), (1.96, 0.975_002_1), (-6.0, 9.865_876_5e-10)]
        {
            assert!((normal(z) / share - 1.0).abs() < 1e-6, "{z}");
        }
    }

    #[test]
    fn moments_of_a_sum_are_those_of_the_summed() {
        let rows: Vec<[f32; ASPECTS]> = (0..50_u8)
            .map(|i| std::array::from_fn(|a| (f32::from(i) * (a as f32 + 0.7)).sin() + 2.0))
            .collect();
        let weights = Weights::new([1.0, 0.5, 2.0, 0.0, 3.0]).expect("sound");
        let factors = Factors::new(weights, &[1.0, 2.0, 1.0, 1.0, 0.5]);
        let view = factors.view(&moments(&rows));
        let sums: Vec<f64> = rows.iter().map(|row| factors.distance(row)).collect();
        let mean = sums.iter().sum::<f64>() / 50.0;
        let variance = sums.iter().map(|d| (d - mean) * (d - mean)).sum::<f64>() / 50.0;
        assert!((view.mean - mean).abs() < 1e-6);
        assert!((view.deviation - variance.sqrt()).abs() < 1e-5);
    }

    #[test]
    fn nearness_grows_with_distance_and_is_symmetric() {
        let (x, y) = (View { mean: 1.0, deviation: 0.2 }, View { mean: 1.5, deviation: 0.1 });
        let mut last = 0.0;
        for step in 0..40 {
            let distance = f64::from(step) / 20.0;
            let now = mutual(distance, x, y);
            assert!((now - mutual(distance, y, x)).abs() < 1e-15);
            assert!(now >= last && (0.0..=1.0).contains(&now));
            last = now;
        }
        assert_eq!(moments(&[]).to_vec(), [0.0; MOMENTS]);
    }
}
