//! From channels to mono in 16-bit fixed point.
//!
//! The weights are those libswresample gives a downmix to one channel (`rematrix.c`; ITU-R BS.775
//! with centre and surround at -3 dB): left and right √½, centre 1, surround ½, low frequencies 0,
//! scaled so that they sum to 1, in Q15.

use crate::units::{ChannelLayout, ChannelRole};
use std::f64::consts::FRAC_1_SQRT_2;

/// Fraction bits of the weights.
const SHIFT: u32 = 15;

#[derive(Debug)]
pub(super) struct Downmix {
    weights: Vec<i32>,
    /// Sums over the channels, kept for their memory.
    sums: Vec<i32>,
}

impl Downmix {
    pub(super) fn new(channels: &ChannelLayout) -> Self {
        let weights = weights(channels.roles());
        let sum: f64 = weights.iter().sum();
        // A single channel is passed on as it is.
        let scale = f64::from(1 << SHIFT) / if sum > 0.0 { sum } else { 1.0 };
        let quantised = |weight: &f64| (weight * scale).round_ties_even() as i32;
        Self { weights: weights.iter().map(quantised).collect(), sums: Vec::new() }
    }

    /// Overwrites `mono` with the mix of `channels`.
    pub(super) fn mix<'a>(
        &mut self,
        channels: impl ExactSizeIterator<Item = &'a [i16]>,
        mono: &mut Vec<i16>,
    ) {
        let sums = &mut self.sums;
        sums.clear();
        let alone = channels.len() == 1;
        mono.clear();
        for (channel, weight) in channels.zip(&self.weights) {
            if alone {
                mono.extend_from_slice(channel);
                return;
            }
            sums.resize(channel.len(), 1 << (SHIFT - 1));
            for (sum, sample) in sums.iter_mut().zip(channel) {
                *sum += weight * i32::from(*sample);
            }
        }
        mono.extend(sums.iter().map(|sum| (sum >> SHIFT) as i16));
    }
}

#[cfg(test)]
impl Downmix {
    /// Room for sums.
    pub(super) fn sums(&self) -> usize {
        self.sums.capacity()
    }
}

fn weights(roles: &[ChannelRole]) -> Vec<f64> {
    let mut fronts = 0;
    let weight = |role: &ChannelRole| match role {
        ChannelRole::Front => {
            fronts += 1;
            // The third front channel is the centre.
            if fronts == 3 { 1.0 } else { FRAC_1_SQRT_2 }
        }
        ChannelRole::Surround => 0.5,
        ChannelRole::LowFrequency => 0.0,
    };
    roles.iter().map(weight).collect()
}
