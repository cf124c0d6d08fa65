//! The continuous impulse response that polyphase filters are sampled from.

use crate::dsp::window::{kaiser, kaiser_beta, kaiser_length};
use std::f64::consts::PI;

/// Stop band, in decibels: 10 dB below what is promised, because it costs a tap or two.
const ATTENUATION_DB: f64 = 90.0;

/// A Kaiser-windowed sinc, symmetric about 0, in units of input samples.
///
/// Smith, "Digital audio resampling home page", CCRMA; Kaiser 1974 for the window.
#[derive(Clone, Copy, Debug)]
pub(super) struct Prototype {
    /// Cut-off (-6 dB) in cycles per input sample.
    cutoff: f64,
    /// Half length.
    reach: usize,
}

impl Prototype {
    /// `pass` is kept, from `stop` on nothing is; both in cycles per input sample.
    pub(super) fn new(pass: f64, stop: f64) -> Self {
        let length = kaiser_length(ATTENUATION_DB, stop - pass);
        Self { cutoff: f64::midpoint(pass, stop), reach: (length / 2.0).ceil().max(1.0) as usize }
    }

    /// Number of taps of each phase.
    pub(super) fn taps(&self) -> usize {
        2 * self.reach
    }

    /// How many inputs a phase uses before the one at or left of its position.
    pub(super) fn before(&self) -> usize {
        self.reach - 1
    }

    /// The taps of an output that lies `fraction` (0..=1) right of an input, at unit gain; the
    /// first belongs to the input [`Self::before`] places to the left.
    pub(super) fn phase(&self, fraction: f64) -> Vec<f32> {
        let taps: Vec<f64> = (0..self.taps())
            .map(|tap| self.at(tap as f64 - self.before() as f64 - fraction))
            .collect();
        let gain = 1.0 / taps.iter().sum::<f64>();
        taps.into_iter().map(|tap| (tap * gain) as f32).collect()
    }

    fn at(&self, distance: f64) -> f64 {
        let angle = 2.0 * PI * self.cutoff * distance;
        let sinc = if angle.abs() < 1e-9 { 1.0 } else { angle.sin() / angle };
        sinc * kaiser(distance / self.reach as f64, kaiser_beta(ATTENUATION_DB))
    }
}
