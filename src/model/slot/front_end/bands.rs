//! Mel bands in the conventions of librosa, torchaudio, `TensorFlow` and Essentia.

use crate::dsp::simd::{LANES, add_product, dot, kernel, sum};
use crate::model::slot::spec::{Mel, MelNorm, MelScale, Straight};

/// A bank of triangular filters over the bins of a spectrum.
#[derive(Clone, Debug)]
pub(super) struct Bands {
    bands: Vec<Band>,
    weights: Vec<f32>,
}

#[derive(Clone, Copy, Debug)]
struct Band {
    /// First bin.
    bin: usize,
    start: usize,
    end: usize,
}

impl Bands {
    pub(super) fn new(mel: &Mel, n_fft: usize, rate_hz: f64) -> Self {
        let mut bank = Self { bands: Vec::with_capacity(mel.bands), weights: Vec::new() };
        let edges = edges(mel, rate_hz);
        for corners in edges.array_windows::<3>() {
            bank.push(mel, corners, rate_hz / n_fft as f64, n_fft / 2 + 1);
        }
        bank
    }

    /// Adds the triangle whose corners are given in mel.
    fn push(&mut self, mel: &Mel, corners: &[f64; 3], bin_hz: f64, bins: usize) {
        let [low_hz, centre_hz, high_hz] = corners.map(|corner| hertz(mel.scale, corner));
        let height = match mel.norm {
            MelNorm::None => 1.0,
            MelNorm::Slaney | MelNorm::UnitTri => 2.0 / (high_hz - low_hz),
        };
        let first_bin = usize::from(mel.straight == Straight::Mel);
        let first = ((low_hz / bin_hz).floor().max(0.0) as usize).max(first_bin).min(bins);
        let last = ((high_hz / bin_hz).ceil() as usize).min(bins - 1);
        let start = self.weights.len();
        for bin in first..=last {
            let hz = bin as f64 * bin_hz;
            let side = match mel.straight {
                Straight::Hertz => triangle([low_hz, centre_hz, high_hz], hz),
                Straight::Mel => triangle(*corners, mels(mel.scale, hz)),
            };
            self.weights.push((side * height) as f32);
        }
        self.bands.push(Band { bin: first, start, end: self.weights.len() });
    }

    /// Appends the bands of one spectrum.
    pub(super) fn append(&self, spectrum: &[f32], row: &mut Vec<f32>) {
        append(self, spectrum, row);
    }

    /// Heap bytes held now.
    #[cfg(test)]
    pub(super) fn held(&self) -> u64 {
        (4 * self.weights.capacity() + self.bands.capacity() * size_of::<Band>()) as u64
    }

    pub(super) fn footprint(mel: &Mel, n_fft: usize) -> u64 {
        // Each bin lies in two triangles, each triangle has a bin more at either side; vectors that
        // grow may have doubled.
        let weights = 2 * (n_fft / 2 + 1) + 4 * mel.bands;
        (2 * weights * size_of::<f32>() + mel.bands * size_of::<Band>()) as u64
    }
}

/// Height of a triangle of height 1 at `x`.
fn triangle([low, centre, high]: [f64; 3], x: f64) -> f64 {
    ((x - low) / (centre - low)).min((high - x) / (high - centre)).max(0.0)
}

/// The corners of all triangles, in mel.
fn edges(mel: &Mel, rate_hz: f64) -> Vec<f64> {
    let low = mels(mel.scale, mel.low_hz);
    let high = mels(mel.scale, mel.high_hz.unwrap_or(rate_hz / 2.0));
    let step = (high - low) / (mel.bands + 1) as f64;
    (0..mel.bands + 2).map(|edge| low + step * edge as f64).collect()
}

/// Slaney's scale: 3 mel in 200 Hz up to 1 kHz, then 27 mel in a factor of 6.4. Slaney, "Auditory
/// Toolbox", Interval technical report 1998-010.
const SLANEY_HZ_PER_MEL: f64 = 200.0 / 3.0;
const SLANEY_BREAK_HZ: f64 = 1000.0;
const SLANEY_BREAK_MEL: f64 = 15.0;

fn slaney_step() -> f64 {
    6.4_f64.ln() / 27.0
}

fn mels(scale: MelScale, hz: f64) -> f64 {
    match scale {
        // O'Shaughnessy 1987; the HTK Book, section 5.4.
        MelScale::Htk => 2595.0 * (1.0 + hz / 700.0).log10(),
        MelScale::Slaney if hz < SLANEY_BREAK_HZ => hz / SLANEY_HZ_PER_MEL,
        MelScale::Slaney => SLANEY_BREAK_MEL + (hz / SLANEY_BREAK_HZ).ln() / slaney_step(),
    }
}

fn hertz(scale: MelScale, mel: f64) -> f64 {
    match scale {
        MelScale::Htk => 700.0 * (10.0_f64.powf(mel / 2595.0) - 1.0),
        MelScale::Slaney if mel < SLANEY_BREAK_MEL => mel * SLANEY_HZ_PER_MEL,
        MelScale::Slaney => SLANEY_BREAK_HZ * (slaney_step() * (mel - SLANEY_BREAK_MEL)).exp(),
    }
}

kernel! {
    fn append(bank: &Bands, spectrum: &[f32], row: &mut Vec<f32>) {
        for band in &bank.bands {
            let weights = &bank.weights[band.start..band.end];
            row.push(weighted(weights, spectrum.get(band.bin..).unwrap_or(&[])));
        }
    }
}

#[inline(always)]
fn weighted(weights: &[f32], spectrum: &[f32]) -> f32 {
    let (blocks, rest) = weights.as_chunks::<LANES>();
    let (inputs, _) = spectrum.as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    for (w, x) in blocks.iter().zip(inputs) {
        add_product(&mut lanes, w, x);
    }
    sum(&lanes) + dot(rest, spectrum.get(LANES * blocks.len()..).unwrap_or(&[]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_are_their_own_inverse_and_meet_their_anchors() {
        for scale in [MelScale::Htk, MelScale::Slaney] {
            for hz in [0.0, 60.0, 999.0, 1000.0, 1001.0, 11_025.0] {
                assert!((hertz(scale, mels(scale, hz)) - hz).abs() < 1e-8, "{scale:?} {hz}");
            }
        }
        // The HTK scale has 1000 mel at 1000 Hz; Slaney's 42 at 6400 Hz.
        assert!((mels(MelScale::Htk, 1000.0) - 1000.0).abs() < 0.05);
        assert!((mels(MelScale::Slaney, 6400.0) - 42.0).abs() < 1e-9);
    }
}
