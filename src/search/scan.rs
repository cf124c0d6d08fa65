//! The scan: every track of the library, coarsely.

use super::aspect::ASPECTS;
use super::code::{CODE, CODE_SPANS, Code};
use super::layout::{ARTISTS_AT, BLOCK, BLOCK_BYTES, MOMENTS_AT};
use super::proximity::{Factors, MOMENTS, View};
use crate::dsp::simd::{LANES, Lanes, add, add_product, kernel, larger, sub};

const _: () = assert!(BLOCK == LANES);

/// What is looked for.
#[derive(Clone, Debug)]
pub(super) struct Probe {
    code: [f32; CODE],
    /// Factor of each aspect's distance in steps.
    steps: [f32; ASPECTS],
    /// Factors of the moments.
    moments: [f32; MOMENTS],
    mean: f32,
    deviation: f32,
}

impl Probe {
    /// For the track of this code, which sees the others as `view`.
    pub(super) fn new(code: &Code, steps: [f64; ASPECTS], factors: &Factors, view: View) -> Self {
        Self {
            code: code.map(f32::from),
            steps: std::array::from_fn(|i| (steps[i] * factors.linear[i]) as f32),
            moments: factors.moments.map(|x| x as f32),
            mean: view.mean as f32,
            deviation: view.deviation as f32,
        }
    }
}

/// Overwrites `scores` with how far each track is, block by block: the larger of its distance's
/// z-scores as seen from it and from the probe, which orders tracks nearly as mutual proximity does.
/// Places of the last block without a track get scores too.
pub(super) fn scan(blocks: &[[u8; BLOCK_BYTES]], probe: &Probe, scores: &mut Vec<Lanes>) {
    scores.clear();
    scores.resize(blocks.len(), [0.0; LANES]);
    score(blocks, probe, scores);
}

kernel! {
    fn score(blocks: &[[u8; BLOCK_BYTES]], probe: &Probe, scores: &mut [Lanes]) {
        for (block, score) in blocks.iter().zip(scores) {
            let (codes, _) = block[..MOMENTS_AT].as_chunks::<LANES>();
            let mut distance = [0.0; LANES];
            for (aspect, (start, end)) in CODE_SPANS.into_iter().enumerate() {
                // Two accumulators: one sum after the other would wait for each addition.
                let [mut even, mut odd] = [[0.0; LANES]; 2];
                let (codes, _) = codes[start..end].as_chunks::<2>();
                let (own, _) = probe.code[start..end].as_chunks::<2>();
                for (codes, own) in codes.iter().zip(own) {
                    let apart = sub(&bytes(&codes[0]), &[own[0]; LANES]);
                    add_product(&mut even, &apart, &apart);
                    let apart = sub(&bytes(&codes[1]), &[own[1]; LANES]);
                    add_product(&mut odd, &apart, &apart);
                }
                let squares = add(&even, &odd);
                for lane in 0..LANES {
                    distance[lane] += probe.steps[aspect] * squares[lane].sqrt();
                }
            }
            let (words, _) = block[MOMENTS_AT..ARTISTS_AT].as_chunks::<{ 4 * LANES }>();
            let [mut mean, mut variance] = [[0.0; LANES]; 2];
            for (words, factor) in words[..ASPECTS].iter().zip(&probe.moments[..ASPECTS]) {
                add_product(&mut mean, &floats(words), &[*factor; LANES]);
            }
            for (words, factor) in words[ASPECTS..].iter().zip(&probe.moments[ASPECTS..]) {
                add_product(&mut variance, &floats(words), &[*factor; LANES]);
            }
            for lane in 0..LANES {
                let deviation = larger(larger(variance[lane], 0.0).sqrt(), 0.02 * mean[lane] + 1e-9);
                let seen = (distance[lane] - mean[lane]) / deviation;
                let own = (distance[lane] - probe.mean) / probe.deviation;
                score[lane] = larger(seen, own);
            }
        }
    }
}

#[inline(always)]
fn bytes(bytes: &[u8; LANES]) -> Lanes {
    let mut lanes = [0.0; LANES];
    for (lane, &byte) in lanes.iter_mut().zip(bytes) {
        *lane = f32::from(byte as i8);
    }
    lanes
}

#[inline(always)]
fn floats(bytes: &[u8; 4 * LANES]) -> Lanes {
    let mut lanes = [0.0; LANES];
    for (lane, word) in lanes.iter_mut().zip(bytes.as_chunks::<4>().0) {
        *lane = f32::from_le_bytes(*word);
    }
    lanes
}
