//! Mel filter bank and its logarithmic compression.

use super::log::ln;
use super::simd::{self, LANES, add_product, dot, kernel};

/// Number of mel bands.
pub const MEL_BANDS: usize = 40;

/// Lower edge of the first band, in hertz.
const LOW_HZ: f64 = 30.0;

/// Upper edge of the last band, in hertz.
const HIGH_HZ: f64 = 8000.0;

/// Gain in front of the logarithm: music between -60 dBFS and full scale uses most of its range.
const COMPRESSION: f32 = 1000.0;

/// Triangular bands of height 1, without area normalisation, equidistant in HTK mel.
///
/// Input: linear magnitudes of bins 0..=N/2. Output: `Σ_j W[b][j] A[j]` for each band b; 0 for
/// silence.
///
/// Method: mel(f) = 2595 log10(1 + f/700), O'Shaughnessy 1987; the HTK Book, section 5.4.
#[derive(Clone, Debug)]
pub struct MelBank {
    bands: Vec<Band>,
    weights: Vec<f32>,
}

#[derive(Clone, Debug)]
struct Band {
    /// First bin.
    bin: usize,
    /// First weight.
    start: usize,
    /// One past the last weight.
    end: usize,
}

impl MelBank {
    /// 40 bands from 30 to 8000 Hz for the bins of a transform of `window` samples at `rate_hz`.
    pub fn new(window: usize, rate_hz: f64) -> Self {
        let edges = edges_hz();
        let bin_hz = rate_hz / window as f64;
        let mut bank = Self { bands: Vec::with_capacity(MEL_BANDS), weights: Vec::new() };
        for triangle in edges.array_windows() {
            bank.push(triangle, bin_hz, window / 2 + 1);
        }
        bank.weights.shrink_to_fit();
        bank
    }

    fn push(&mut self, [low, centre, high]: &[f64; 3], bin_hz: f64, bins: usize) {
        let first = ((low / bin_hz).ceil().max(0.0) as usize).min(bins);
        let last = ((high / bin_hz).floor() as usize).min(bins - 1);
        let start = self.weights.len();
        self.weights.extend((first..=last).map(|bin| {
            let hz = bin as f64 * bin_hz;
            ((hz - low) / (centre - low)).min((high - hz) / (high - centre)).max(0.0) as f32
        }));
        // Whole blocks need no loop for the rest.
        let whole = start + (self.weights.len() - start).next_multiple_of(LANES);
        self.weights.resize(whole, 0.0);
        self.bands.push(Band { bin: first, start, end: self.weights.len() });
    }

    /// Overwrites `mel` with the bands of one spectrum; missing bins count as silence.
    pub fn apply(&self, magnitudes: &[f32], mel: &mut [f32; MEL_BANDS]) {
        apply(self, magnitudes, mel);
    }

    /// Heap bytes held by a bank for windows of `window` samples, at most.
    pub fn footprint(window: usize) -> u64 {
        // Each bin lies in two triangles.
        let weights = 2 * (window / 2 + 1) + MEL_BANDS * LANES;
        (MEL_BANDS * size_of::<Band>() + weights * size_of::<f32>()) as u64
    }
}

/// The 42 corners of the triangles, in hertz.
fn edges_hz() -> [f64; MEL_BANDS + 2] {
    let mel = |hz: f64| 2595.0 * (1.0 + hz / 700.0).log10();
    let (low, high) = (mel(LOW_HZ), mel(HIGH_HZ));
    std::array::from_fn(|edge| {
        let mel = low + (high - low) * edge as f64 / (MEL_BANDS + 1) as f64;
        700.0 * (10.0_f64.powf(mel / 2595.0) - 1.0)
    })
}

kernel! {
    fn apply(bank: &MelBank, magnitudes: &[f32], mel: &mut [f32; MEL_BANDS]) {
        let mut sums = [[0.0; LANES]; MEL_BANDS];
        for (sums, band) in sums.iter_mut().zip(&bank.bands) {
            let weights = &bank.weights[band.start..band.end];
            if let Some(magnitudes) = magnitudes.get(band.bin..band.bin + weights.len()) {
                for (w, m) in weights.as_chunks().0.iter().zip(magnitudes.as_chunks().0) {
                    add_product(sums, w, m);
                }
            } else {
                sums[0] = dot(weights, magnitudes.get(band.bin..).unwrap_or(&[]));
            }
        }
        *mel = simd::sums(&sums);
    }
}

/// `ln(1 + 1000 m)` of each band; within 1e-6 of it.
pub fn compress(mel: &[f32; MEL_BANDS]) -> [f32; MEL_BANDS] {
    let mut out = *mel;
    compress_bands(&mut out);
    out
}

kernel! {
    fn compress_bands(mel: &mut [f32; MEL_BANDS]) {
        for band in &mut *mel {
            *band = 1.0 + *band * COMPRESSION;
        }
        ln(mel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BANDS: usize = MEL_BANDS;

    fn bank() -> MelBank {
        MelBank::new(2048, 22_050.0)
    }

    #[test]
    fn triangles_of_neighbours_add_up_to_one() {
        let mut mel = [0.0; BANDS];
        for bin in [50, 100, 333, 600] {
            let mut spectrum = vec![0.0; 1025];
            spectrum[bin] = 1.0;
            bank().apply(&spectrum, &mut mel);
            assert!((mel.iter().sum::<f32>() - 1.0).abs() < 1e-5, "bin {bin}");
        }
    }

    #[test]
    fn bins_outside_the_bands_do_not_count() {
        let mut mel = [1.0; BANDS];
        let mut spectrum = vec![0.0; 1025];
        (spectrum[0], spectrum[1], spectrum[744]) = (1.0, 1.0, 1.0);
        bank().apply(&spectrum, &mut mel);
        assert!(mel.iter().all(|&m| m == 0.0));
    }

    #[test]
    fn a_short_spectrum_is_silence_above() {
        let mut mel = [1.0; BANDS];
        bank().apply(&[], &mut mel);
        assert!(mel.iter().all(|&m| m == 0.0));
        assert!(compress(&mel).iter().all(|&m| m == 0.0));
    }

    #[test]
    fn memory_stays_within_the_footprint() {
        let bank = bank();
        let held = bank.weights.capacity() * 4 + bank.bands.capacity() * size_of::<Band>();
        assert!(held as u64 <= MelBank::footprint(2048));
    }
}
