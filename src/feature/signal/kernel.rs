//! Sums over one block, written for vector lanes.
//!
//! Lanes are summed in `f32` over at most [`SPAN`] samples and then in `f64`; the order depends on
//! nothing but the position in the block.

use crate::dsp::simd::{larger, largest};

/// Vector lanes.
const LANES: usize = 16;

/// As many samples.
type Group = [f32; LANES];

/// Samples that are summed in `f32`.
const SPAN: usize = 1024;

/// Larger samples are damage, not sound (+96 dBFS); with NaN and infinities they count as zero.
const LARGEST: f32 = 65_536.0;

/// Magnitude below which a mono sample has no sign, as in librosa's `zero_crossings`.
const NO_SIGN: f32 = 1e-10;

/// Appends the samples, those that are no sound as zero.
#[inline(always)]
pub(super) fn append_sound(to: &mut Vec<f32>, samples: &[f32]) {
    to.extend(samples.iter().map(|&x| if x.abs() <= LARGEST { x } else { 0.0 }));
}

/// Sums over samples of one channel.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Moments {
    pub(super) sum: f64,
    pub(super) squares: f64,
    pub(super) peak: f32,
}

/// Sum, sum of squares and largest magnitude.
#[inline(always)]
pub(super) fn moments(samples: &[f32]) -> Moments {
    let mut total = Moments::default();
    for span in samples.chunks(SPAN) {
        let (mut sum, mut squares, mut peak) = ([0.0; LANES], [0.0; LANES], [0.0_f32; LANES]);
        let (groups, rest) = span.as_chunks::<LANES>();
        let mut last = [0.0; LANES];
        last[..rest.len()].copy_from_slice(rest);
        for x in groups {
            gather(x, &mut sum, &mut squares, &mut peak);
        }
        gather(&last, &mut sum, &mut squares, &mut peak);
        total.sum += fold(&sum);
        total.squares += fold(&squares);
        total.peak = larger(largest(&peak), total.peak);
    }
    total
}

#[inline(always)]
fn gather(x: &Group, sum: &mut Group, squares: &mut Group, peak: &mut Group) {
    // One loop a quantity: together they are not turned into vector instructions cleanly.
    for j in 0..LANES {
        sum[j] += x[j];
    }
    for j in 0..LANES {
        squares[j] += x[j] * x[j];
    }
    for j in 0..LANES {
        peak[j] = larger(x[j].abs(), peak[j]);
    }
}

/// Sum of squares of the difference of two channels.
#[inline(always)]
pub(super) fn difference_squares(left: &[f32], right: &[f32]) -> f64 {
    let mut total = 0.0;
    for (l, r) in left.chunks(SPAN).zip(right.chunks(SPAN)) {
        let mut squares = [0.0; LANES];
        let ((l, l_rest), (r, r_rest)) = (l.as_chunks::<LANES>(), r.as_chunks::<LANES>());
        for (l, r) in l.iter().zip(r) {
            for j in 0..LANES {
                let d = l[j] - r[j];
                squares[j] += d * d;
            }
        }
        for ((lane, l), r) in squares.iter_mut().zip(l_rest).zip(r_rest) {
            *lane += (l - r) * (l - r);
        }
        total += fold(&squares);
    }
    total
}

/// Never inlined on purpose, as `simd::sums`.
#[inline(never)]
fn fold(lanes: &Group) -> f64 {
    lanes.iter().map(|&x| f64::from(x)).sum()
}

/// Number of neighbours of different sign in a sum of `channels` channels; zero is positive.
#[inline(always)]
pub(super) fn sign_changes(mono: &[f32], channels: usize) -> u64 {
    let floor = -NO_SIGN * channels as f32;
    let Some(later) = mono.get(1..) else { return 0 };
    let mut changes = 0;
    for (a, b) in mono.chunks(SPAN).zip(later.chunks(SPAN)) {
        let mut count = 0_u32;
        for (&a, &b) in a.iter().zip(b) {
            count += u32::from((a < floor) != (b < floor));
        }
        changes += u64::from(count);
    }
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_any_length_are_complete() {
        for length in [0, 1, 15, 16, 17, 1023, 1024, 1025, 5000] {
            let samples: Vec<f32> = (0..length).map(|i| (i % 7) as f32 - 2.0).collect();
            let other = vec![1.0; length];
            let m = moments(&samples);
            let exact = |f: fn(f64) -> f64| samples.iter().map(|&x| f(f64::from(x))).sum::<f64>();
            assert!((m.sum - exact(|x| x)).abs() < 1e-9);
            assert!((m.squares - exact(|x| x * x)).abs() < 1e-9);
            let difference = difference_squares(&samples, &other);
            assert!((difference - exact(|x| (x - 1.0) * (x - 1.0))).abs() < 1e-9);
        }
    }

    #[test]
    fn zero_is_positive_and_tiny_is_zero() {
        assert_eq!(sign_changes(&[0.0, 1.0, 0.0, -1e-11, -1.0, 0.0], 1), 2);
        assert_eq!(sign_changes(&[], 1), 0);
        assert_eq!(sign_changes(&[-1.0], 1), 0);
    }
}
