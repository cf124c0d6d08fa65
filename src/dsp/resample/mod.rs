//! Any stream to mono at exactly 22 050 Hz.
//!
//! ```text
//! mix -> halve while >= 88.2 kHz -> polyphase to 44.1 kHz -> half-band -> 22.05 kHz
//!                           below 22.05 kHz: polyphase to 22.05 kHz at once
//! ```
//! The steep part of the work is always the last half-band filter, whose taps are half zeros; what
//! lies before it may be short, as it only has to spare the last filter what would fold through it.

mod bank;
mod fractional;
mod halfband;
mod mix;
mod model_rate;
#[cfg(test)]
mod tests;

use crate::audio::Chunk;
use crate::units::{Hertz, StreamSpec};
use bank::Prototype;
use fractional::{Fractional, Ratio};
use halfband::HalfBand;
use mix::Mixer;
pub use model_rate::Quality;

/// The rate everything but loudness is analysed at, in hertz.
pub const ANALYSIS_RATE_HZ: u32 = 22_050;

/// Upper edge of the pass band, in hertz.
const PASS_HZ: f64 = 10_000.0;

/// From here on the last half-band filter lets nothing through, in hertz.
const STOP_HZ: f64 = ANALYSIS_RATE_HZ as f64 - PASS_HZ;

/// Frames that pass through all stages at once: small enough for the first-level cache.
const BLOCK: usize = 2048;

/// Mixes a stream to mono and resamples it to [`ANALYSIS_RATE_HZ`], linear in phase.
///
/// Input: planar chunks of the stream it was made for, any length. NaN, infinities and values
/// beyond 10¹⁰ count as silence. Output: the mean of the channels other than low-frequency effects
/// (of all if there are no others); sample n sits at n / 22 050 s of the input, without delay.
/// There is one for every n with n / 22 050 s inside the signal: `ceil(frames * 22050 / rate)`.
///
/// Pass band to 10 kHz (or 0.45 of the input rate) within 0.01 dB; what would fold below 10 kHz
/// (or image above 0.55 of a lower input rate) is 80 dB down. At 22 050 Hz samples pass unchanged.
/// The output does not depend on how the input is cut.
///
/// Method: Kaiser-windowed half-band and polyphase filters; Crochiere & Rabiner, "Multirate digital
/// signal processing", 1983.
#[derive(Debug)]
pub struct Resampler {
    rate: Hertz,
    target: Hertz,
    mixer: Mixer,
    stages: Vec<Stage>,
    buffers: [Vec<f32>; 2],
    frames: u64,
    emitted: u64,
}

#[derive(Debug)]
enum Stage {
    Half(HalfBand),
    Fraction(Fractional),
}

impl Stage {
    fn push(&mut self, input: &[f32], out: &mut Vec<f32>) {
        match self {
            Self::Half(half) => half.push(input, out),
            Self::Fraction(fraction) => fraction.push(input, out),
        }
    }

    /// Most samples that `block` samples become.
    fn longest(&self, block: usize) -> usize {
        match self {
            Self::Half(_) => block / 2 + 1,
            Self::Fraction(fraction) => fraction.longest(block),
        }
    }

    #[cfg(test)]
    fn held(&self) -> u64 {
        match self {
            Self::Half(half) => half.held(),
            Self::Fraction(fraction) => fraction.held(),
        }
    }

    fn footprint(&self, block: usize) -> u64 {
        match self {
            Self::Half(half) => half.footprint(block),
            Self::Fraction(fraction) => fraction.footprint(block),
        }
    }
}

impl Resampler {
    /// A resampler for one stream.
    pub fn new(spec: &StreamSpec) -> Self {
        let target = Hertz::new(ANALYSIS_RATE_HZ).unwrap_or(spec.rate);
        Self::with_stages(spec, target, stages(spec.rate))
    }

    fn with_stages(spec: &StreamSpec, target: Hertz, stages: Vec<Stage>) -> Self {
        Self {
            rate: spec.rate,
            target,
            mixer: Mixer::new(&spec.channels),
            stages,
            buffers: [Vec::new(), Vec::new()],
            frames: 0,
            emitted: 0,
        }
    }

    /// Appends to `out` all samples that `chunk` completes.
    pub fn push(&mut self, chunk: &Chunk, out: &mut Vec<f32>) {
        for start in (0..chunk.frames()).step_by(BLOCK) {
            let mut mono = [0.0; BLOCK];
            let frames = (chunk.frames() - start).min(BLOCK);
            let (mono, _) = mono.split_at_mut(frames);
            self.mixer.mix(chunk, start, mono);
            self.frames += frames as u64;
            self.run(mono, out);
        }
    }

    /// Appends the samples that were waiting for the input to go on.
    pub fn finish(&mut self, out: &mut Vec<f32>) {
        let total = output_samples(self.rate, self.target, self.frames);
        while self.emitted < total {
            self.run(&[0.0; BLOCK], out);
        }
        out.truncate(out.len() - (self.emitted - total) as usize);
        self.emitted = total;
    }

    fn run(&mut self, mono: &[f32], out: &mut Vec<f32>) {
        let start = out.len();
        let [input, output] = &mut self.buffers;
        input.clear();
        input.extend_from_slice(mono);
        if let Some((last, first)) = self.stages.split_last_mut() {
            for stage in first {
                output.clear();
                stage.push(input, output);
                std::mem::swap(input, output);
            }
            last.push(input, out);
        } else {
            out.extend_from_slice(mono);
        }
        self.emitted += (out.len() - start) as u64;
    }

    /// Heap bytes held now.
    #[cfg(test)]
    fn held(&self) -> u64 {
        let buffers: usize = self.buffers.iter().map(|buffer| 4 * buffer.capacity()).sum();
        let stages: u64 = self.stages.iter().map(Stage::held).sum();
        stages + (buffers + self.stages.capacity() * size_of::<Stage>()) as u64
    }

    /// Upper bound of the heap bytes held for a stream, whatever its length.
    pub fn footprint(spec: &StreamSpec) -> u64 {
        Self::footprint_of(&stages(spec.rate))
    }

    fn footprint_of(stages: &[Stage]) -> u64 {
        let (mut block, mut longest, mut bytes) = (BLOCK, BLOCK, 0);
        for stage in stages {
            bytes += stage.footprint(block);
            block = stage.longest(block);
            longest = longest.max(block);
        }
        // Vectors that grow may have doubled.
        bytes + (2 * stages.len().max(4) * size_of::<Stage>() + 2 * 2 * 4 * longest) as u64
    }
}

/// Samples that `frames` frames at `rate` become at `target`.
fn output_samples(rate: Hertz, target: Hertz, frames: u64) -> u64 {
    let scaled = u128::from(frames) * u128::from(target.get());
    scaled.div_ceil(u128::from(rate.get())) as u64
}

fn stages(rate: Hertz) -> Vec<Stage> {
    let (analysis, doubled) = (u64::from(ANALYSIS_RATE_HZ), 2 * u64::from(ANALYSIS_RATE_HZ));
    let mut stages = Vec::new();
    let mut rate_hz = f64::from(rate.get());
    let mut target = doubled;
    while rate_hz >= 2.0 * doubled as f64 {
        stages.push(Stage::Half(HalfBand::new(rate_hz, STOP_HZ)));
        rate_hz /= 2.0;
        target *= 2;
    }
    if u64::from(rate.get()) < analysis {
        let ratio = Ratio::new(analysis, u64::from(rate.get()));
        stages.push(Stage::Fraction(Fractional::new(ratio, &Prototype::new(0.45, 0.55))));
    } else if u64::from(rate.get()) > analysis {
        if u64::from(rate.get()) != target {
            let ratio = Ratio::new(target, u64::from(rate.get()));
            stages.push(Stage::Fraction(Fractional::new(ratio, &to_doubled(rate_hz))));
        }
        stages.push(Stage::Half(HalfBand::new(doubled as f64, PASS_HZ)));
    }
    stages
}

/// The filter from `rate_hz` (22.05 to 88.2 kHz) to 44.1 kHz: it removes the images of the pass
/// band, and what the last half-band filter would let through after folding about 22.05 kHz.
fn to_doubled(rate_hz: f64) -> Prototype {
    let stop_hz = (rate_hz - PASS_HZ).min(2.0 * f64::from(ANALYSIS_RATE_HZ) - STOP_HZ);
    Prototype::new(PASS_HZ / rate_hz, stop_hz / rate_hz)
}
