//! The K-weighting of ITU-R BS.1770-5 Annex 1 at any sample rate.
//!
//! Two biquads in series: a shelf for the head and a high-pass (RLB). Their four zeros are applied
//! first, as one five-tap filter that has no recursion and so is computed many samples at a time;
//! the four poles follow frame by frame, two channels side by side. All in `f64`: at 192 kHz the
//! zeros of the high-pass leave 4e-7 of a 20 Hz tone, which `f32` could not carry.

use crate::dsp::simd::{Simd, fused64};
use crate::units::Hertz;

/// Frames weighted in one go; the scratch of a pair of channels stays in the first-level cache.
pub(super) const BLOCK: usize = 256;

/// Taps of both numerators together.
const TAPS: usize = 5;

/// Frames of input the zeros look back.
const PAST: usize = TAPS - 1;

/// Larger samples are damage, not sound (+96 dBFS); with NaN and infinities they count as zero.
pub(super) const LARGEST: f32 = 65_536.0;

/// A filter state below this is silence (-600 dB); without the cut it would decay into subnormal
/// numbers, which cost a hundred times as much to compute with.
const SILENT: f64 = 1e-30;

/// Returns the sample, or zero when it is no sound.
#[inline(always)]
pub(super) fn sound(sample: f32) -> f32 {
    if sample.abs() <= LARGEST { sample } else { 0.0 }
}

/// The coefficients at one rate.
#[derive(Clone, Debug)]
pub(super) struct Curve {
    zeros: [f64; TAPS],
    shelf: [f64; 2],
    high_pass: [f64; 2],
}

/// Bilinear variable of a corner frequency. Below 3.8 kHz sampling rate the shelf would lie beyond
/// half the rate; it is held just under it.
fn warped(corner_hz: f64, rate_hz: f64) -> f64 {
    (std::f64::consts::PI * (corner_hz / rate_hz).min(0.45)).tan()
}

/// Numerator and poles of the shelf: the analogue prototype behind the table of BS.1770 for 48 kHz.
fn shelf(rate_hz: f64) -> ([f64; 3], [f64; 2]) {
    const Q: f64 = 0.7071752369554196;
    let k = warped(1681.974450955533, rate_hz);
    let top = 10.0_f64.powf(3.999843853973347 / 20.0);
    let band = top.powf(0.4996667741545416);
    let scale = 1.0 / (1.0 + k / Q + k * k);
    let zeros = [top + band * k / Q + k * k, 2.0 * (k * k - top), top - band * k / Q + k * k];
    let poles = [2.0 * (k * k - 1.0), 1.0 - k / Q + k * k];
    (zeros.map(|b| b * scale), poles.map(|a| a * scale))
}

/// Scale and poles of the high-pass, whose numerator is `scale * (1, -2, 1)`.
///
/// BS.1770 prints (1, -2, 1) for 48 kHz, a pass-band gain of 1.005, and asks for the same response
/// at other rates: so that gain is kept, not the unscaled numerator (which reads 0.2 dB high at 8 kHz).
fn high_pass(rate_hz: f64) -> (f64, [f64; 2]) {
    const Q: f64 = 0.5003270373238773;
    let denominator = |rate: f64| {
        let k = warped(38.13547087602444, rate);
        (k, 1.0 + k / Q + k * k)
    };
    let (k, sum) = denominator(rate_hz);
    (denominator(48_000.0).1 / sum, [2.0 * (k * k - 1.0) / sum, (1.0 - k / Q + k * k) / sum])
}

impl Curve {
    /// The weighting at a rate.
    pub(super) fn at(rate: Hertz) -> Self {
        let rate_hz = f64::from(rate.get());
        let ([b0, b1, b2], shelf) = shelf(rate_hz);
        let (g, high_pass) = high_pass(rate_hz);
        let zeros = [b0, b1 - 2.0 * b0, b2 - 2.0 * b1 + b0, b1 - 2.0 * b2, b2].map(|b| b * g);
        Self { zeros, shelf, high_pass }
    }
}

/// `N` channels that are weighted side by side, and the energy they have gathered.
#[derive(Clone, Debug)]
pub(super) struct Bank<const N: usize> {
    channels: [usize; N],
    gains: [f64; N],
    state: State<N>,
    input: Box<[[f64; N]; BLOCK + PAST]>,
    zeroed: Box<[[f64; N]; BLOCK]>,
}

/// Last two outputs of each recursion, and the running sum of squares.
#[derive(Clone, Copy, Debug)]
struct State<const N: usize> {
    shelf: [[f64; N]; 2],
    high_pass: [[f64; N]; 2],
    energy: [f64; N],
}

impl<const N: usize> Bank<N> {
    /// A bank of the channels with these indices and weights.
    pub(super) fn new(members: [(usize, f64); N]) -> Self {
        let zero = [[0.0; N]; 2];
        Self {
            channels: members.map(|(channel, _)| channel),
            gains: members.map(|(_, gain)| gain),
            state: State { shelf: zero, high_pass: zero, energy: [0.0; N] },
            input: Box::new([[0.0; N]; BLOCK + PAST]),
            zeroed: Box::new([[0.0; N]; BLOCK]),
        }
    }

    /// Heap bytes of a bank.
    pub(super) const fn footprint() -> usize {
        size_of::<[[f64; N]; BLOCK + PAST]>() + size_of::<[[f64; N]; BLOCK]>()
    }

    /// Indices of its channels.
    pub(super) fn channels(&self) -> [usize; N] {
        self.channels
    }

    /// Weights at most [`BLOCK`] frames and adds their squares to the energy.
    #[inline(always)]
    pub(super) fn push<S: Simd>(&mut self, curve: &Curve, planes: [&[f32]; N]) {
        let frames = planes.iter().map(|plane| plane.len()).min().unwrap_or(0).min(BLOCK);
        self.load(&planes, frames);
        self.apply_zeros::<S>(&curve.zeros, frames);
        self.apply_poles::<S>(curve, frames);
        self.input.copy_within(frames..frames + PAST, 0);
    }

    #[inline(always)]
    fn load(&mut self, planes: &[&[f32]; N], frames: usize) {
        let input = &mut self.input[PAST..PAST + frames];
        for (channel, plane) in planes.iter().enumerate() {
            for (frame, &sample) in input.iter_mut().zip(plane.iter()) {
                frame[channel] = f64::from(sound(sample));
            }
        }
    }

    #[inline(always)]
    fn apply_zeros<S: Simd>(&mut self, b: &[f64; TAPS], frames: usize) {
        let input = self.input.as_flattened();
        let length = frames * N;
        let delayed = |by: usize| &input[(PAST - by) * N..][..length];
        let (x0, x1, x2, x3, x4) = (delayed(0), delayed(1), delayed(2), delayed(3), delayed(4));
        let output = &mut self.zeroed.as_flattened_mut()[..length];
        for (i, y) in output.iter_mut().enumerate() {
            let mut sum = b[0] * x0[i];
            sum = fused64::<S>(b[1], x1[i], sum);
            sum = fused64::<S>(b[2], x2[i], sum);
            sum = fused64::<S>(b[3], x3[i], sum);
            *y = fused64::<S>(b[4], x4[i], sum);
        }
    }

    #[inline(always)]
    fn apply_poles<S: Simd>(&mut self, curve: &Curve, frames: usize) {
        let ([a1, a2], [c1, c2]) = (curve.shelf, curve.high_pass);
        let State { shelf: [mut u1, mut u2], high_pass: [mut y1, mut y2], mut energy } = self.state;
        for x in &self.zeroed[..frames] {
            let mut u = [0.0; N];
            let mut y = [0.0; N];
            for c in 0..N {
                // The older output first: only one product and one difference wait for the newest.
                u[c] = fused64::<S>(-a1, u1[c], fused64::<S>(-a2, u2[c], x[c]));
                y[c] = fused64::<S>(-c1, y1[c], fused64::<S>(-c2, y2[c], u[c]));
                energy[c] = fused64::<S>(y[c], y[c], energy[c]);
            }
            (u2, u1, y2, y1) = (u1, u, y1, y);
        }
        self.state = State { shelf: [u1, u2], high_pass: [y1, y2], energy };
    }

    /// Returns the weighted sum of squares since the last call and starts anew.
    pub(super) fn take_energy(&mut self) -> f64 {
        let total = self.gains.iter().zip(&self.state.energy).map(|(gain, sum)| gain * sum).sum();
        self.state.energy = [0.0; N];
        let states = self.state.shelf.iter_mut().chain(&mut self.state.high_pass).flatten();
        states.filter(|value| value.abs() < SILENT).for_each(|value| *value = 0.0);
        total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(hz: u32) -> Hertz {
        Hertz::new(hz).expect("a rate in range")
    }

    /// BS.1770-5 Annex 1, tables 1 and 2.
    #[test]
    fn coefficients_at_48_khz_are_those_of_the_standard() {
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-13, "{a} {b}");
        let (zeros, poles) = shelf(48_000.0);
        zeros
            .iter()
            .zip([1.53512485958697, -2.69169618940638, 1.19839281085285])
            .for_each(|(&a, b)| near(a, b));
        poles.iter().zip([-1.69065929318241, 0.73248077421585]).for_each(|(&a, b)| near(a, b));
        let (scale, poles) = high_pass(48_000.0);
        near(scale, 1.0);
        poles.iter().zip([-1.99004745483398, 0.99007225036621]).for_each(|(&a, b)| near(a, b));
    }

    #[test]
    fn every_rate_gives_stable_poles() {
        for hz in [Hertz::MIN, 3_000, 8_000, 11_025, 44_100, 192_000, Hertz::MAX] {
            let curve = Curve::at(rate(hz));
            for [a1, a2] in [curve.shelf, curve.high_pass] {
                assert!(a2.abs() < 1.0 && a1.abs() < 1.0 + a2, "{hz} Hz: {a1} {a2}");
            }
        }
    }

    #[test]
    fn silence_after_sound_ends_in_exact_zero() {
        let curve = Curve::at(rate(48_000));
        let mut bank = Bank::<1>::new([(0, 1.0)]);
        bank.push::<pulp::Scalar>(&curve, [&[1.0; BLOCK]]);
        for _ in 0..400 {
            for _ in 0..4 {
                bank.push::<pulp::Scalar>(&curve, [&[0.0; BLOCK]]);
            }
            bank.take_energy();
        }
        assert_eq!(bank.state.high_pass.map(|y| y[0].to_bits()), [0, 0]);
    }
}
