//! What is kept of every frame until the end: thirteen bytes.

use super::onset_function::BANDS;
use super::pieces::Pieces;
use crate::model::beat_net::Activation;

/// Largest onset strength that can be kept.
const FULL_SCALE: f32 = 16.0;

/// Onset functions and activations of all frames.
///
/// Onset functions are square-root companded `u16`: full scale 16, relative resolution better than
/// 1 % from 1e-5 upward. Activations are `u16` in steps of 1/65535. Rises: see [`super::rise`].
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// Onset functions.
    pub(super) bands: Pieces<[u16; BANDS]>,
    /// Beat and downbeat.
    pub(super) activations: Pieces<[u16; 2]>,
    /// Rise of the magnitudes.
    pub(super) rises: Pieces<u8>,
}

impl Kept {
    /// Appends the onset functions of one frame.
    pub(super) fn push(&mut self, bands: [f32; BANDS]) {
        self.bands.push(bands.map(|strength| compress(strength, FULL_SCALE)));
    }

    /// Appends the activations of one frame.
    pub(super) fn activate(&mut self, activation: Activation) {
        let steps = |p: f32| (p * f32::from(u16::MAX)).round() as u16;
        self.activations.push([steps(activation.beat), steps(activation.downbeat)]);
    }

    /// Number of frames.
    pub(super) fn len(&self) -> usize {
        self.bands.len()
    }

    /// Weighted sum of the bands of frames `first..first + out.len()`; 0 outside 0..len.
    pub(super) fn mix(&self, weights: [f32; BANDS], first: isize, out: &mut [f32]) {
        fill(&self.bands, first, out, [0; BANDS], |bands| weigh(bands, weights, FULL_SCALE));
    }

    /// Upper bound of the heap bytes after `frames` frames.
    pub(super) fn footprint(frames: u64) -> u64 {
        Pieces::<[u16; BANDS]>::footprint(frames)
            + Pieces::<[u16; 2]>::footprint(frames)
            + Pieces::<u8>::footprint(frames)
    }

    #[cfg(test)]
    pub(super) fn heap_bytes(&self) -> u64 {
        self.bands.heap_bytes() + self.activations.heap_bytes() + self.rises.heap_bytes()
    }
}

/// Writes `value` of entries `first..first + out.len()`, that of `outside` beyond both ends.
pub(super) fn fill<T: Copy>(
    list: &Pieces<T>,
    first: isize,
    out: &mut [f32],
    outside: T,
    value: impl Fn(T) -> f32,
) {
    let ahead = first.min(0).unsigned_abs().min(out.len());
    let (before, inside) = out.split_at_mut(ahead);
    before.fill(value(outside));
    let mut entries = list.iter_from(first.max(0) as usize);
    for out in inside {
        *out = value(entries.next().copied().unwrap_or(outside));
    }
}

/// Compands 0..=`full_scale`.
#[inline]
pub(super) fn compress(strength: f32, full_scale: f32) -> u16 {
    ((strength / full_scale).clamp(0.0, 1.0).sqrt() * f32::from(u16::MAX)).round() as u16
}

/// Weighted sum of companded bands.
#[inline]
pub(super) fn weigh(bands: [u16; BANDS], weights: [f32; BANDS], full_scale: f32) -> f32 {
    const STEPS: f32 = u16::MAX as f32 * u16::MAX as f32;
    let mut sum = 0.0;
    for (band, weight) in bands.into_iter().zip(weights) {
        let root = f32::from(band);
        sum += weight * (root * root);
    }
    sum * (full_scale / STEPS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back_within_one_percent() {
        let mut kept = Kept::default();
        for k in 0..20_000_u32 {
            kept.push([k as f32 * 5e-4, 1e-5, 15.0, 0.0]);
        }
        let mut out = [0.0; 8];
        kept.mix([1.0, 0.0, 0.0, 0.0], 9_996, &mut out);
        for (i, value) in out.iter().enumerate() {
            let truth = (9_996 + i) as f32 * 5e-4;
            assert!((value / truth - 1.0).abs() < 1e-3);
        }
        kept.mix([0.0, 1.0, 0.0, 0.0], 0, &mut out);
        assert!((out[0] / 1e-5 - 1.0).abs() < 0.02);
    }

    #[test]
    fn outside_is_zero() {
        let mut kept = Kept::default();
        (0..10).for_each(|_| kept.push([1.0; BANDS]));
        let mut out = [9.0; 14];
        kept.mix([0.25; BANDS], -2, &mut out);
        assert!(out[1] + out[12] + out[13] <= 0.0);
        assert!((out[2] - 1.0).abs() < 1e-3 && (out[11] - 1.0).abs() < 1e-3);
        kept.mix([0.25; BANDS], -40, &mut out);
        assert!(out.iter().all(|&x| x <= 0.0));
        kept.mix([0.25; BANDS], 40_000, &mut out);
        assert!(out.iter().all(|&x| x <= 0.0));
    }
}
