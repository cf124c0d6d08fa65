//! What is kept of every frame until the end: eight bytes.

use super::onset_function::BANDS;

/// Frames of one piece; pieces never move, so growing costs no copy and no double memory.
const PIECE: usize = 8192;
/// Largest onset strength that can be kept.
const FULL_SCALE: f32 = 16.0;

/// Onset functions of all frames as square-root companded `u16`: full scale 16, relative
/// resolution better than 1 % from 1e-5 upward.
#[derive(Debug, Default)]
pub(super) struct Kept {
    pieces: Vec<Vec<[u16; BANDS]>>,
    frames: usize,
}

impl Kept {
    /// Appends one frame.
    pub(super) fn push(&mut self, bands: [f32; BANDS]) {
        if self.frames.is_multiple_of(PIECE) {
            self.pieces.push(Vec::with_capacity(PIECE));
        }
        if let Some(piece) = self.pieces.last_mut() {
            piece.push(bands.map(compress));
            self.frames += 1;
        }
    }

    /// Number of frames.
    pub(super) fn len(&self) -> usize {
        self.frames
    }

    /// Weighted sum of the bands of frames `first..first + out.len()`; 0 outside 0..len.
    pub(super) fn mix(&self, weights: [f32; BANDS], first: isize, out: &mut [f32]) {
        let ahead = first.min(0).unsigned_abs().min(out.len());
        let (before, inside) = out.split_at_mut(ahead);
        before.fill(0.0);
        let frames = self.iter_from(first.max(0) as usize).chain(std::iter::repeat([0; BANDS]));
        for (value, bands) in inside.iter_mut().zip(frames) {
            *value = weigh(bands, weights);
        }
    }

    fn iter_from(&self, first: usize) -> impl Iterator<Item = [u16; BANDS]> + '_ {
        let pieces = self.pieces.get(first / PIECE..).unwrap_or_default();
        pieces.iter().flatten().skip(first % PIECE).copied()
    }

    /// Upper bound of the heap bytes after `frames` frames.
    pub(super) fn footprint(frames: u64) -> u64 {
        let piece = (PIECE * size_of::<[u16; BANDS]>()) as u64;
        let pieces = frames.div_ceil(PIECE as u64);
        pieces * piece + 2 * (pieces + 4) * size_of::<Vec<u8>>() as u64
    }

    #[cfg(test)]
    pub(super) fn heap_bytes(&self) -> u64 {
        let pieces: usize = self.pieces.iter().map(|p| p.capacity() * size_of_val(&p[0])).sum();
        (pieces + self.pieces.capacity() * size_of::<Vec<u8>>()) as u64
    }
}

fn compress(strength: f32) -> u16 {
    ((strength / FULL_SCALE).clamp(0.0, 1.0).sqrt() * f32::from(u16::MAX)).round() as u16
}

#[inline]
fn weigh(bands: [u16; BANDS], weights: [f32; BANDS]) -> f32 {
    const SCALE: f32 = FULL_SCALE / (u16::MAX as f32 * u16::MAX as f32);
    let mut sum = 0.0;
    for (band, weight) in bands.into_iter().zip(weights) {
        let root = f32::from(band);
        sum += weight * (root * root);
    }
    sum * SCALE
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
