//! The arithmetic of the layers.
//!
//! A row holds the 32 channels of one frame. Output channels lie in lanes, and two frames share
//! every weight that is loaded. The sum of an output runs over taps, then inputs, one after the
//! other, whichever frames are computed together.

use super::{Activation, BeatNet, Block, INPUT_LANES, Layer};
use crate::dsp::exp::exp_of_negative;
use crate::dsp::simd::{LANES, Lanes, Simd, add, add_fused, kernel, mul, smaller, sum};

/// Channels of the network.
pub(super) const CHANNELS: usize = 32;
/// Channels of one frame.
pub(super) type Row = [Lanes; CHANNELS / LANES];
/// Inputs of one frame.
pub(super) type Input = [Lanes; INPUT_LANES];

kernel! {
    /// Rows of the stem: `out[n]` from `inputs[n..n + 3]`.
    pub(super) fn stem(layer: &Layer, inputs: &[Input], out: &mut [Row]) {
        let mut at = 0;
        let (pairs, rest) = out.as_chunks_mut::<2>();
        for pair in pairs {
            *pair = convolve::<S, 2, _>(layer, inputs, at, 1);
            activate(pair);
            at += 2;
        }
        for row in rest {
            let mut one = convolve::<S, 1, _>(layer, inputs, at, 1);
            activate(&mut one);
            let [only] = one;
            *row = only;
        }
    }

    /// Rows behind a block: `out[n]` from `rows[n..]`, which holds two reaches more than `out`.
    pub(super) fn block(block: &Block, rows: &[Row], out: &mut [Row]) {
        let mut at = 0;
        let (pairs, rest) = out.as_chunks_mut::<2>();
        for pair in pairs {
            *pair = residual::<S, 2>(block, rows, at);
            at += 2;
        }
        for row in rest {
            let [only] = residual::<S, 1>(block, rows, at);
            *row = only;
        }
    }

    /// Activations of rows.
    pub(super) fn head(net: &BeatNet, rows: &[Row], out: &mut [Activation]) {
        for (row, out) in rows.iter().zip(out) {
            let mut one = [*row];
            activate(&mut one);
            let [beat, downbeat] = &net.head;
            *out = Activation { beat: output(&one[0], beat), downbeat: output(&one[0], downbeat) };
        }
    }
}

#[inline(always)]
fn residual<S: Simd, const N: usize>(block: &Block, rows: &[Row], at: usize) -> [Row; N] {
    let mut wide = convolve::<S, N, _>(&block.wide, rows, at, block.dilation);
    activate(&mut wide);
    let mut sums = convolve::<S, N, _>(&block.point, &wide, 0, 1);
    let own = &rows[at + block.reach()..][..N];
    for (sum, own) in sums.iter_mut().zip(own) {
        for (sum, own) in sum.iter_mut().zip(own) {
            *sum = add(own, sum);
        }
    }
    sums
}

/// N neighbouring outputs: bias + Σ over taps and inputs of `rows[at + n + tap * dilation]`.
#[inline(always)]
fn convolve<S: Simd, const N: usize, const I: usize>(
    layer: &Layer,
    rows: &[[Lanes; I]],
    at: usize,
    dilation: usize,
) -> [Row; N] {
    let mut sums = [layer.bias; N];
    let mut first = at;
    for weights in layer.kernel.chunks_exact(I * LANES) {
        let own: &[[Lanes; I]] = &rows[first..first + N];
        for (block, weights) in weights.as_chunks::<LANES>().0.iter().enumerate() {
            for lane in 0..LANES {
                let weights = &weights[lane];
                for n in 0..N {
                    let x = [own[n][block][lane]; LANES];
                    for part in 0..CHANNELS / LANES {
                        add_fused::<S>(&mut sums[n][part], &x, &weights[part]);
                    }
                }
            }
        }
        first += dilation;
    }
    sums
}

/// ELU: x for x > 0, e^x - 1 below.
#[inline(always)]
fn activate<const N: usize>(rows: &mut [Row; N]) {
    // One loop over all: the compiler would unroll eight, and compute half of them alone.
    for value in rows.as_flattened_mut().as_flattened_mut() {
        let below = exp_of_negative(*value) - 1.0;
        *value = if *value > 0.0 { *value } else { below };
    }
}

/// Logistic function of the weighted sum of a row.
#[inline(always)]
fn output(row: &Row, (weights, bias): &(Row, f32)) -> f32 {
    let mut lanes = [0.0; LANES];
    for (x, weights) in row.iter().zip(weights) {
        lanes = add(&lanes, &mul(x, weights));
    }
    let logit = sum(&lanes) + bias;
    let e = exp_of_negative(smaller(logit, -logit));
    (if logit > 0.0 { 1.0 } else { e }) / (1.0 + e)
}
