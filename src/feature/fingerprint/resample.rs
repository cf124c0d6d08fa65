//! From any rate to 11 025 Hz in 16-bit fixed point, sample by sample as `fpcalc` does it.
//!
//! The filter is that of `FFmpeg`'s libswresample 4 as `fpcalc` 1.5 sets it: a sinc of 16 zero
//! crossings at 0.8 of the lower rate under a Kaiser window of beta 9, in Q15. Where the ratio has at
//! most 256 phases each has its own taps; otherwise 256 phases are tabulated and interpolated.

use super::RATE_HZ;
use crate::audio::Chunk;
use crate::dsp::simd::kernel;
use crate::dsp::window::bessel_i0;
use std::f64::consts::PI;
use std::sync::{Arc, Mutex, PoisonError};

/// Length of the filter at a cut-off of half the rate, in taps.
const ZERO_CROSSINGS: f64 = 16.0;
/// Cut-off, as a share of half the lower rate.
const CUTOFF: f64 = 0.8;
/// Shape of the window.
const KAISER_BETA: f64 = 9.0;
/// Number of tabulated phases where the ratio has more.
const PHASES: u64 = 256;
/// Fraction bits of the taps.
const SHIFT: u32 = 15;

/// Where outputs lie between the inputs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rates {
    /// Outputs and inputs of one period, without common divisor.
    output: u64,
    input: u64,
    /// Cut-off as a share of half the input rate.
    factor: f64,
}

impl Rates {
    pub(super) fn new(rate_hz: u32) -> Self {
        let (output, input) = (u64::from(RATE_HZ), u64::from(rate_hz.max(1)));
        let divisor = gcd(output, input);
        let factor = (f64::from(RATE_HZ) * CUTOFF / f64::from(rate_hz.max(1))).min(1.0);
        Self { output: output / divisor, input: input / divisor, factor }
    }

    fn is_identity(self) -> bool {
        self.output == self.input
    }

    /// True when every output falls on a tabulated phase.
    fn is_exact(self) -> bool {
        self.output <= PHASES
    }

    fn phases(self) -> u64 {
        if self.is_exact() { self.output } else { PHASES }
    }

    /// Number of taps, even.
    pub(super) fn taps(self) -> usize {
        ((ZERO_CROSSINGS / self.factor).ceil() as usize).next_multiple_of(2)
    }

    /// Taps before the one an output is centred on.
    fn centre(self) -> usize {
        (self.taps() - 1) / 2
    }

    /// From one output to the next.
    fn step(self) -> Place {
        let (fine, whole) = if self.is_exact() {
            (self.input, self.output)
        } else {
            (self.input * PHASES / self.output, PHASES)
        };
        let fraction = if self.is_exact() { 0 } else { self.input * PHASES % self.output };
        Place { input: (fine / whole) as usize, phase: (fine % whole) as usize, fraction }
    }

    /// Number of outputs that `inputs` inputs give, at most.
    pub(super) fn outputs(self, inputs: u64) -> u64 {
        inputs * self.output / self.input + 2
    }
}

/// Where an output lies: its first input, its phase, and how far it is from there to the next phase.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    input: usize,
    phase: usize,
    fraction: u64,
}

impl Place {
    #[inline(always)]
    fn advance(&mut self, step: Self, rates: Rates) {
        self.fraction += step.fraction;
        let carry = self.fraction >= rates.output;
        self.fraction -= if carry { rates.output } else { 0 };
        self.phase += step.phase + usize::from(carry);
        let carry = self.phase >= rates.phases() as usize;
        self.phase -= if carry { rates.phases() as usize } else { 0 };
        self.input += step.input + usize::from(carry);
    }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Tables that are kept: rates of files are few, and a table of 48 kHz has 13 000 taps, each with a sine and a
/// window of its own.
const KEPT: usize = 8;

/// The table of these rates, made once for all files.
pub(super) fn shared_bank(rates: Rates) -> Arc<[i16]> {
    static BANKS: Mutex<Vec<(Rates, Arc<[i16]>)>> = Mutex::new(Vec::new());
    let kept = || BANKS.lock().unwrap_or_else(PoisonError::into_inner);
    let known = kept().iter().find(|(known, _)| *known == rates).map(|(_, bank)| Arc::clone(bank));
    known.unwrap_or_else(|| {
        let made: Arc<[i16]> = bank(rates).into();
        let mut kept = kept();
        if kept.len() < KEPT {
            kept.push((rates, Arc::clone(&made)));
        }
        made
    })
}

/// Taps of all phases, one row each, and those of the phase behind the last.
fn bank(rates: Rates) -> Vec<i16> {
    let (taps, phases) = (rates.taps(), rates.phases());
    let row = |phase: u64| -> Vec<f64> { (0..taps).map(|tap| sinc(rates, tap, phase)).collect() };
    let unity: f64 = row(0).iter().sum();
    let scale = f64::from(1 << SHIFT) / unity;
    let quantised = |tap: f64| ((tap * scale) as f32).round_ties_even() as i16;
    let mut bank: Vec<i16> = (0..phases).flat_map(row).map(quantised).collect();
    // The phase behind the last is the first, one sample later. What falls off its end comes back at
    // the beginning if the row fills whole registers of eight, as in the original.
    let first: Vec<i16> = bank.iter().take(taps).copied().collect();
    let wrapped = if taps.is_multiple_of(8) { first.last().copied().unwrap_or(0) } else { 0 };
    bank.push(wrapped);
    bank.extend_from_slice(&first[..taps - 1]);
    bank
}

/// One tap before scaling.
fn sinc(rates: Rates, tap: usize, phase: u64) -> f64 {
    let place = tap as f64 - rates.centre() as f64 - phase as f64 / rates.phases() as f64;
    let x = PI * place * rates.factor;
    let sinc = if x.abs() < f64::EPSILON { 1.0 } else { x.sin() / x };
    let window = 2.0 * place / rates.taps() as f64;
    sinc * bessel_i0(KAISER_BETA * (1.0 - window * window).max(0.0).sqrt())
}

/// All channels of a stream at once.
#[derive(Debug)]
pub(super) struct Resampler {
    rates: Rates,
    bank: Arc<[i16]>,
    channels: Vec<Channel>,
}

/// What one channel holds.
#[derive(Debug, Default)]
struct Channel {
    /// Inputs that are still needed; mirrored ones lie before the first.
    inputs: Vec<i16>,
    /// True when the mirror image is there.
    begun: bool,
    /// The next output; its input is counted from the first that is held.
    next: Place,
    /// The outputs of the last call.
    outputs: Vec<i16>,
}

impl Resampler {
    pub(super) fn new(rates: Rates, channels: usize) -> Self {
        let bank = if rates.is_identity() { Arc::default() } else { shared_bank(rates) };
        let channels = (0..channels).map(|_| Channel::default()).collect();
        Self { rates, bank, channels }
    }

    /// Takes the next chunk; the outputs it gives take the place of those before.
    pub(super) fn push(&mut self, chunk: &Chunk) {
        for (channel, plane) in self.channels.iter_mut().zip(chunk.planes()) {
            channel.outputs.clear();
            if self.rates.is_identity() {
                quantise(plane, &mut channel.outputs);
            } else {
                quantise(plane, &mut channel.inputs);
                channel.advance(self.rates, &self.bank);
            }
        }
    }

    /// Ends the stream: the last inputs are mirrored, and what they complete is made.
    pub(super) fn finish(&mut self) {
        for channel in &mut self.channels {
            channel.outputs.clear();
            if !self.rates.is_identity() {
                channel.mirror_end(self.rates);
                channel.advance(self.rates, &self.bank);
            }
        }
    }

    /// The outputs of the last call, channel by channel, of equal length.
    pub(super) fn outputs(&self) -> impl ExactSizeIterator<Item = &[i16]> {
        self.channels.iter().map(|channel| channel.outputs.as_slice())
    }

    /// Heap bytes held over chunks of `frames` frames, at most.
    pub(super) fn footprint(rates: Rates, channels: usize, frames: u64) -> u64 {
        let taps = rates.taps() as u64;
        let bank = 2 * taps * (rates.phases() + 1);
        // Vectors double when they grow.
        let held = 2 * (frames + 4 * taps) + 2 * rates.outputs(frames + taps);
        2 * bank + channels as u64 * (2 * held + size_of::<Channel>() as u64)
    }

    #[cfg(test)]
    pub(super) fn held(&self) -> u64 {
        let channel = |channel: &Channel| channel.inputs.capacity() + channel.outputs.capacity();
        let numbers = self.bank.len() + self.channels.iter().map(channel).sum::<usize>();
        (2 * numbers + self.channels.capacity() * size_of::<Channel>()) as u64
    }
}

impl Channel {
    /// Makes all outputs whose inputs are there.
    fn advance(&mut self, rates: Rates, bank: &[i16]) {
        if !self.begun {
            if self.inputs.len() <= rates.taps() {
                return;
            }
            self.mirror_start(rates.centre());
        }
        filter(bank, rates, &self.inputs, &mut self.next, &mut self.outputs);
        let done = self.next.input.min(self.inputs.len());
        self.inputs.drain(..done);
        self.next.input -= done;
    }

    /// Puts the mirror image of the first inputs before them, around the first one.
    fn mirror_start(&mut self, count: usize) {
        let image: Vec<i16> = self.inputs.iter().skip(1).take(count).rev().copied().collect();
        self.inputs.splice(0..0, image);
        self.begun = true;
    }

    /// Appends the mirror image of half of what is left.
    fn mirror_end(&mut self, rates: Rates) {
        let count = self.inputs.len().min(rates.taps()).div_ceil(2);
        let image: Vec<i16> = self.inputs.iter().rev().take(count).copied().collect();
        self.inputs.extend(image);
    }
}

/// From Q15 to 16 bits.
#[inline(always)]
fn rounded(sum: i32) -> i16 {
    let rounded = (sum + (1 << (SHIFT - 1))) >> SHIFT;
    rounded.clamp(i32::from(i16::MIN), i32::from(i16::MAX)) as i16
}

/// Appends samples as 16-bit numbers, rounded to the nearest, ties to even.
fn quantise(samples: &[f32], out: &mut Vec<i16>) {
    let from = out.len();
    out.resize(from + samples.len(), 0);
    quantise_into(samples, &mut out[from..]);
}

/// A number of this size has no bits behind the point: adding it rounds as the standard (IEEE 754)
/// says, and leaves the integer in the low bits.
const ROUNDING: f32 = 12_582_912.0; // 1.5 * 2^23

kernel! {
    fn quantise_into(samples: &[f32], out: &mut [i16]) {
        for (sample, out) in samples.iter().zip(out) {
            let scaled = (sample * 32_768.0).clamp(-32_768.0, 32_767.0);
            *out = (scaled + ROUNDING).to_bits() as i16;
        }
    }

    /// Appends all outputs whose inputs are there, and moves `next` behind them.
    fn filter(bank: &[i16], rates: Rates, inputs: &[i16], next: &mut Place, out: &mut Vec<i16>) {
        // A sum of known length takes half the instructions: that of 44.1 kHz, and that of 48 kHz.
        match (rates.taps(), rates.phases()) {
            (80, 1) => decimated::<80>(bank, rates, inputs, next, out),
            (80, _) => outputs::<80>(bank, rates, inputs, next, out),
            (88, _) => outputs::<88>(bank, rates, inputs, next, out),
            _ => outputs::<0>(bank, rates, inputs, next, out),
        }
    }
}

/// [`filter`] where every output has the same taps, as at 44.1 kHz: nothing but the sum is left in the loop.
#[inline(always)]
fn decimated<const TAPS: usize>(
    bank: &[i16],
    rates: Rates,
    inputs: &[i16],
    next: &mut Place,
    out: &mut Vec<i16>,
) {
    let step = rates.step().input;
    let (Some(row), Some(inputs)) = (bank.first_chunk::<TAPS>(), inputs.get(next.input..)) else {
        return;
    };
    let windows = inputs.windows(TAPS).step_by(step);
    let (made, count) = (out.len(), windows.len());
    out.resize(made + count, 0);
    for (out, inputs) in out[made..].iter_mut().zip(windows) {
        *out = rounded(dot::<TAPS>(inputs, row));
    }
    next.input += count * step;
}

/// [`filter`] of TAPS taps; of any number where TAPS is 0.
#[inline(always)]
fn outputs<const TAPS: usize>(
    bank: &[i16],
    rates: Rates,
    inputs: &[i16],
    next: &mut Place,
    out: &mut Vec<i16>,
) {
    let (taps, step) = (rates.taps(), rates.step());
    while let Some(inputs) = inputs.get(next.input..next.input + taps) {
        let Some(rows) = bank.get(next.phase * taps..(next.phase + 2) * taps) else { return };
        let (row, behind) = rows.split_at(taps);
        let mut sum = dot::<TAPS>(inputs, row);
        if next.fraction != 0 {
            let rise = i64::from(dot::<TAPS>(inputs, behind) - sum) * next.fraction as i64;
            sum += (rise / rates.output as i64) as i32;
        }
        out.push(rounded(sum));
        next.advance(step, rates);
    }
}

/// Sum of the products; whole numbers add up to the same in any order.
#[inline(always)]
fn dot<const TAPS: usize>(x: &[i16], y: &[i16]) -> i32 {
    let mut sum = 0;
    match (x.first_chunk::<TAPS>(), y.first_chunk::<TAPS>()) {
        (Some(x), Some(y)) if TAPS > 0 => {
            for i in 0..TAPS {
                sum += i32::from(x[i]) * i32::from(y[i]);
            }
        }
        _ => {
            for (x, y) in x.iter().zip(y) {
                sum += i32::from(*x) * i32::from(*y);
            }
        }
    }
    sum
}
