//! From channels to one: the mean, with whatever is no sample taken out.

use crate::audio::Chunk;
use crate::dsp::simd::kernel;
use crate::units::{ChannelLayout, ChannelRole, MAX_CHANNELS};

/// Louder than any sample of any format (32-bit integers read as floats included).
const ABSURD: f32 = 1e10;

/// Averages the channels that are not low-frequency effects, or all if all are.
#[derive(Clone, Debug)]
pub(super) struct Mixer {
    heard: [bool; MAX_CHANNELS],
    gain: f32,
}

impl Mixer {
    pub(super) fn new(layout: &ChannelLayout) -> Self {
        let mut heard = [false; MAX_CHANNELS];
        for (heard, role) in heard.iter_mut().zip(layout.roles()) {
            *heard = *role != ChannelRole::LowFrequency;
        }
        if !heard.contains(&true) {
            heard.iter_mut().take(layout.count()).for_each(|heard| *heard = true);
        }
        let count = heard.iter().filter(|heard| **heard).count();
        Self { heard, gain: 1.0 / count.max(1) as f32 }
    }

    /// Overwrites `mono` with the mix of the frames from `start`; silence where there are none.
    pub(super) fn mix(&self, chunk: &Chunk, start: usize, mono: &mut [f32]) {
        let mut planes = chunk
            .planes()
            .zip(self.heard)
            .filter(|(_, heard)| *heard)
            .map(|(plane, _)| plane.get(start..).unwrap_or(&[]));
        match (planes.next(), planes.next()) {
            (Some(one), Some(two)) => write_sum(&mut *mono, one, two),
            (one, _) => write(&mut *mono, one.unwrap_or(&[])),
        }
        planes.for_each(|plane| add(&mut *mono, plane));
        scale(mono, self.gain);
    }
}

kernel! {
    fn write(mono: &mut [f32], plane: &[f32]) {
        mono.iter_mut().zip(plane).for_each(|(mono, x)| *mono = *x);
    }
}

kernel! {
    fn write_sum(mono: &mut [f32], one: &[f32], two: &[f32]) {
        mono.iter_mut().zip(one.iter().zip(two)).for_each(|(mono, (x, y))| *mono = x + y);
    }
}

kernel! {
    fn add(mono: &mut [f32], plane: &[f32]) {
        mono.iter_mut().zip(plane).for_each(|(mono, x)| *mono += x);
    }
}

kernel! {
    /// NaN fails the comparison as well, and becomes silence with everything absurd.
    fn scale(mono: &mut [f32], gain: f32) {
        for x in mono {
            let scaled = *x * gain;
            *x = if scaled.abs() < ABSURD { scaled } else { 0.0 };
        }
    }
}
