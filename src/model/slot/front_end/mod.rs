//! From samples at the model's rate to frames, exactly as the specification says.
//!
//! Everything streams: what is held does not grow with the track, and no result depends on the cut.

mod bands;
mod frames;
#[cfg(test)]
mod tests;

use super::spec::{Base, Log, Spec, Spectrum};
use crate::dsp::log::ln;
use crate::dsp::simd::{kernel, larger};
use bands::Bands;
use frames::Frames;

/// Frames that `samples` samples make.
pub(super) fn frames_of(spectrum: &Spectrum, samples: usize) -> usize {
    let (reach, hop) = (spectrum.reach(), spectrum.hop);
    if samples == 0 {
        0
    } else if spectrum.pad_end && !spectrum.centre {
        samples.div_ceil(hop)
    } else {
        let padded = samples + 2 * spectrum.lead();
        padded.checked_sub(reach).map_or(0, |rest| 1 + rest / hop)
    }
}

/// Spectrum, bands and logarithm of a stream.
///
/// Input: samples at the model's rate, finite. Output: rows of [`Spec::width`] numbers, finite.
#[derive(Debug)]
pub(super) struct FrontEnd {
    frames: Frames,
    finish: Finish,
}

/// What is done to one frame.
#[derive(Clone, Debug)]
struct Finish {
    bands: Option<Bands>,
    log: Option<Log>,
    squared: bool,
}

impl FrontEnd {
    /// `None` for a model that hears samples.
    pub(super) fn new(spec: &Spec) -> Option<Self> {
        let spectrum = spec.spectrum.as_ref()?;
        let rate_hz = f64::from(spec.input.rate_hz);
        let bands = spec.mel.as_ref().map(|mel| Bands::new(mel, spectrum.n_fft, rate_hz));
        let finish = Finish { bands, log: spec.log.clone(), squared: spectrum.power == 2 };
        Some(Self { frames: Frames::new(spectrum), finish })
    }

    /// Appends the rows of all frames that `samples` complete.
    pub(super) fn push(&mut self, samples: &[f32], rows: &mut Vec<f32>) {
        let Self { frames, finish } = self;
        frames.push(samples, |magnitudes| finish.append(magnitudes, rows));
    }

    /// Appends the rows of the frames that reach beyond the end.
    pub(super) fn finish(&mut self, rows: &mut Vec<f32>) {
        let Self { frames, finish } = self;
        frames.finish(|magnitudes| finish.append(magnitudes, rows));
    }

    /// The row of a silent frame.
    pub(super) fn silence(&self) -> Vec<f32> {
        let mut row = Vec::new();
        self.finish.append(&mut vec![0.0; self.frames.bins()], &mut row);
        row
    }

    /// Upper bound of the heap bytes held, whatever the length of the stream.
    pub(super) fn footprint(spec: &Spec) -> u64 {
        let Some(spectrum) = &spec.spectrum else { return 0 };
        let bands = spec.mel.as_ref().map_or(0, |mel| Bands::footprint(mel, spectrum.n_fft));
        Frames::footprint(spectrum) + bands
    }
}

impl Finish {
    fn append(&self, magnitudes: &mut [f32], rows: &mut Vec<f32>) {
        if self.squared {
            square(magnitudes);
        }
        let start = rows.len();
        match &self.bands {
            Some(bands) => bands.append(magnitudes, rows),
            None => rows.extend_from_slice(magnitudes),
        }
        if let (Some(log), Some(row)) = (&self.log, rows.get_mut(start..)) {
            logarithm(log, row);
        }
    }
}

/// Replaces each x by `factor * log(max(a x + b, floor))`.
fn logarithm(log: &Log, row: &mut [f32]) {
    let per_base = match log.base {
        Base::Ln => 1.0,
        Base::Log10 => std::f64::consts::LOG10_E,
    };
    let factor = (log.factor * per_base) as f32;
    take_logarithm(row, log.a as f32, log.b as f32, log.floor as f32, factor);
}

kernel! {
    fn square(values: &mut [f32]) {
        for value in values {
            *value *= *value;
        }
    }

    fn take_logarithm(row: &mut [f32], a: f32, b: f32, floor: f32, factor: f32) {
        for value in &mut *row {
            *value = larger(a * *value + b, floor);
        }
        ln(row);
        for value in row {
            *value *= factor;
        }
    }
}
