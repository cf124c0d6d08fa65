//! Halving of the sample rate.

use crate::dsp::simd::{LANES, Simd, fused, kernel};
use crate::dsp::window::{kaiser, kaiser_beta, kaiser_length};
use std::f64::consts::PI;

/// Stop band of a steep filter, in decibels: 4 dB below what is promised, for rounding.
const ATTENUATION_DB: f64 = 84.0;

/// Outputs that are computed side by side.
const TILE: usize = 64;

/// Taps that are applied before the sums go back to memory; the number of taps is a multiple.
const TAPS: usize = 4;

/// A half-band FIR that keeps every second sample: `y[n]` sits on `x[2n]`.
///
/// Every second tap of a half-band filter is zero except the middle one (Bellanger et al., IEEE
/// Trans. ASSP 22, 1974). With `e[n] = x[2n]` and `o[n] = x[2n+1]` what is left is
/// `y[n] = e[n]/2 + Σ_k h[k] (o[n+k] + o[n-1-k])`, k = 0..K.
#[derive(Debug)]
pub(super) struct HalfBand {
    /// `h[k]`, for the odd samples at distance k + 1/2 outputs.
    taps: Vec<f32>,
    /// `e[n]`, the next output's first.
    even: Vec<f32>,
    /// `o[n]`, the next output's `o[n-K]` first.
    odd: Vec<f32>,
    /// An even sample whose odd neighbour has not come yet.
    single: Option<f32>,
}

impl HalfBand {
    /// `pass_hz` is kept, from `rate_hz / 2 - pass_hz` on nothing is.
    pub(super) fn new(rate_hz: f64, pass_hz: f64) -> Self {
        let taps = design(rate_hz, pass_hz);
        let odd = vec![0.0; taps.len()];
        Self { taps, even: Vec::new(), odd, single: None }
    }

    pub(super) fn push(&mut self, input: &[f32], out: &mut Vec<f32>) {
        let input = self.complete_pair(input);
        let (pairs, rest) = input.as_chunks::<2>();
        self.single = self.single.or(rest.first().copied());
        self.split(pairs);
        self.filter(out);
    }

    /// Joins the sample left over from the last push with the first one of this push, if any.
    fn complete_pair<'a>(&mut self, input: &'a [f32]) -> &'a [f32] {
        let Some((first, rest)) = input.split_first() else { return input };
        let Some(single) = self.single.take() else { return input };
        self.even.push(single);
        self.odd.push(*first);
        rest
    }

    fn split(&mut self, pairs: &[[f32; 2]]) {
        let (even, odd) = (self.even.len(), self.odd.len());
        self.even.resize(even + pairs.len(), 0.0);
        self.odd.resize(odd + pairs.len(), 0.0);
        let halves = (self.even.get_mut(even..), self.odd.get_mut(odd..));
        if let (Some(even), Some(odd)) = halves {
            deinterleave(pairs, even, odd);
        }
    }

    fn filter(&mut self, out: &mut Vec<f32>) {
        let ready = (self.odd.len() + 1).saturating_sub(2 * self.taps.len()).min(self.even.len());
        let start = out.len();
        out.resize(start + ready, 0.0);
        if let Some(out) = out.get_mut(start..) {
            convolve(&self.taps[..], &self.even[..], &self.odd[..], out);
        }
        self.even.drain(..ready);
        self.odd.drain(..ready);
    }

    #[cfg(test)]
    pub(super) fn held(&self) -> u64 {
        4 * (self.taps.capacity() + self.even.capacity() + self.odd.capacity()) as u64
    }

    /// Bytes held when at most `block` samples come at once.
    pub(super) fn footprint(&self, block: usize) -> u64 {
        let history = 2 * self.taps.len() + block;
        // Growing a vector doubles it at most.
        (4 * (self.taps.len() + 2 * 2 * history)) as u64
    }
}

/// Half of the symmetric impulse response, without its zeros, at unit gain.
fn design(rate_hz: f64, pass_hz: f64) -> Vec<f32> {
    let transition = (rate_hz / 2.0 - 2.0 * pass_hz) / rate_hz;
    let length = kaiser_length(ATTENUATION_DB, transition);
    let count = ((length + 1.0) / 4.0).ceil() as usize;
    // Kaiser's formula is short for short filters: one more.
    let count = (count + 1).next_multiple_of(TAPS);
    let beta = kaiser_beta(ATTENUATION_DB);
    let half = 2.0 * count as f64;
    let taps: Vec<f64> = (0..count)
        .map(|k| {
            let distance = 2.0 * k as f64 + 1.0;
            (PI * distance / 2.0).sin() / (PI * distance) * kaiser(distance / half, beta)
        })
        .collect();
    let gain = 0.25 / taps.iter().sum::<f64>();
    taps.into_iter().map(|tap| (tap * gain) as f32).collect()
}

kernel! {
    fn deinterleave(pairs: &[[f32; 2]], even: &mut [f32], odd: &mut [f32]) {
        let (blocks, rest) = pairs.as_chunks::<LANES>();
        let (even_blocks, even_rest) = even.as_chunks_mut::<LANES>();
        let (odd_blocks, odd_rest) = odd.as_chunks_mut::<LANES>();
        for ((block, even), odd) in blocks.iter().zip(even_blocks).zip(odd_blocks) {
            *even = block.map(|pair| pair[0]);
            *odd = block.map(|pair| pair[1]);
        }
        for ((pair, even), odd) in rest.iter().zip(even_rest).zip(odd_rest) {
            [*even, *odd] = *pair;
        }
    }
}

kernel! {
    /// `out[n]` for n = 0.., where `odd[n + K]` is `o[n]`.
    fn convolve(taps: &[f32], even: &[f32], odd: &[f32], out: &mut [f32]) {
        let (tiles, rest) = out.as_chunks_mut::<TILE>();
        let done = tiles.len() * TILE;
        for (index, out) in tiles.iter_mut().enumerate() {
            let start = index * TILE;
            tile::<S>(taps, &even[start..], &odd[start..], out);
        }
        for (index, out) in rest.iter_mut().enumerate() {
            *out = output::<S>(taps, &even[done + index..], &odd[done + index..]);
        }
    }
}

/// A tile of outputs. The order of the additions is that of [`output`].
#[inline(always)]
fn tile<S: Simd>(taps: &[f32], even: &[f32], odd: &[f32], out: &mut [f32; TILE]) {
    let count = taps.len();
    let mut sums: [f32; TILE] = std::array::from_fn(|n| 0.5 * even[..TILE][n]);
    for (quad, taps) in taps.as_chunks::<TAPS>().0.iter().enumerate() {
        let k = quad * TAPS;
        let after = window::<{ TILE + TAPS - 1 }>(odd, count + k);
        let before = window::<{ TILE + TAPS - 1 }>(odd, count - k - TAPS);
        for (n, sum) in sums.iter_mut().enumerate() {
            let mut total = *sum;
            for (j, tap) in taps.iter().enumerate() {
                total = fused::<S>(*tap, after[n + j] + before[n + TAPS - 1 - j], total);
            }
            *sum = total;
        }
    }
    *out = sums;
}

#[inline(always)]
fn window<const N: usize>(samples: &[f32], at: usize) -> &[f32; N] {
    samples[at..].first_chunk().expect("the caller counted the outputs that are ready")
}

#[inline(always)]
fn output<S: Simd>(taps: &[f32], even: &[f32], odd: &[f32]) -> f32 {
    let count = taps.len();
    let start = 0.5 * even[0];
    let mut sum = start;
    for (k, tap) in taps.iter().enumerate() {
        sum = fused::<S>(*tap, odd[count + k] + odd[count - 1 - k], sum);
    }
    sum
}
