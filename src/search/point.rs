//! Points in fixed point, and the distances between them.

use super::aspect::ASPECTS;
use crate::dsp::simd::{LANES, Lanes, add, add_fused, kernel, sums};

/// Numbers of a point, those that fill up an aspect to whole blocks (always 0) included.
pub(super) const DIMENSIONS: usize = 320;

/// Where each aspect begins and ends; whole blocks of eight.
pub(super) const SPANS: [(usize, usize); ASPECTS] =
    [(0, 256), (256, 288), (288, 304), (304, 312), (312, 320)];

/// A point: numbers in units of 1/1024, within ±16.
pub(super) type Point = [i16; DIMENSIONS];

/// Accumulators of the first aspect.
const TOGETHER: usize = 4;

/// Units in 1.
const UNITS: f32 = 1024.0;

/// Largest magnitude, in units: differences fit 16 bits.
const LARGEST: f64 = 16383.0;

/// A number in fixed point; NaN is 0.
pub(super) fn fixed(x: f64) -> i16 {
    (x * f64::from(UNITS)).clamp(-LARGEST, LARGEST).round() as i16
}

/// Number of a point as it was.
pub(super) fn real(x: i16) -> f64 {
    f64::from(x) / f64::from(UNITS)
}

/// Distance of two points in each aspect: the straight one. Exactly symmetric, and 0 of a point to
/// itself.
pub(super) fn distances(x: &Point, y: &Point) -> [f32; ASPECTS] {
    pair(x, y)
}

kernel! {
    fn pair(x: &Point, y: &Point) -> [f32; ASPECTS] {
        let (x, y) = (x.as_chunks::<LANES>().0, y.as_chunks::<LANES>().0);
        // The first aspect is most of a point: additions that do not wait for each other.
        let mut first = [[0.0; LANES]; TOGETHER];
        let end = SPANS[0].1 / LANES;
        let (near, far) = (x[..end].as_chunks::<TOGETHER>().0, y[..end].as_chunks::<TOGETHER>().0);
        for (x, y) in near.iter().zip(far) {
            for part in 0..TOGETHER {
                let step = apart(&x[part], &y[part]);
                add_fused::<S>(&mut first[part], &step, &step);
            }
        }
        let mut squares = [[0.0; LANES]; ASPECTS];
        squares[0] = add(&add(&first[0], &first[1]), &add(&first[2], &first[3]));
        for (lanes, (start, end)) in squares.iter_mut().zip(SPANS).skip(1) {
            let (start, end) = (start / LANES, end / LANES);
            for (x, y) in x[start..end].iter().zip(&y[start..end]) {
                let step = apart(x, y);
                add_fused::<S>(lanes, &step, &step);
            }
        }
        let squares = sums(&squares);
        let mut result = [0.0; ASPECTS];
        for (result, square) in result.iter_mut().zip(squares) {
            *result = square.sqrt() / UNITS;
        }
        result
    }
}

#[inline(always)]
fn apart(x: &[i16; LANES], y: &[i16; LANES]) -> Lanes {
    let mut lanes = [0.0; LANES];
    for i in 0..LANES {
        lanes[i] = f32::from(x[i].wrapping_sub(y[i])); // wraps only where a file was damaged
    }
    lanes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_aspect_has_its_own_distance() {
        let mut point = [0; DIMENSIONS];
        for (at, x) in [(0, 3.0), (255, 4.0), (260, 1.0), (319, -2.0)] {
            point[at] = fixed(x);
        }
        assert_eq!(distances(&point, &[0; DIMENSIONS]).to_vec(), [5.0, 1.0, 0.0, 0.0, 2.0]);
        assert_eq!(distances(&point, &point).to_vec(), [0.0; ASPECTS]);
    }

    #[test]
    fn what_does_not_fit_stays_at_the_end() {
        assert_eq!(fixed(f64::NAN), 0);
        assert_eq!([fixed(1e9), fixed(-1e9)], [16383, -16383]);
        let far = distances(&[16383; DIMENSIONS], &[-16383; DIMENSIONS]);
        assert!(far.iter().all(|d| d.is_finite()));
    }
}
