//! The shape of one magnitude spectrum.

use crate::dsp::simd::{self, LANES, Lanes, add, add_product, kernel, larger, mul, sub, sum, zip};
use crate::dsp::stft::Stft;
use crate::dsp::{log, resample::ANALYSIS_RATE_HZ};

/// Bins of a frame of the short transform: 0..=N/2.
pub(super) const BINS: usize = Stft::SHORT.0 / 2 + 1;

/// Distance of two bins, in hertz.
pub(super) const BIN_HZ: f64 = ANALYSIS_RATE_HZ as f64 / Stft::SHORT.0 as f64;

/// Power below which a bin counts as this much in the flatness: -100 dBFS, as librosa's `amin`.
const POWER_FLOOR: f32 = 1e-10;

/// Share of the magnitudes that lies below the roll-off.
const ROLLOFF: f32 = 0.85;

/// Blocks that are summed up together on the way to the roll-off.
const GROUP: usize = 8;

/// Number of groups; the last bin stands alone.
const GROUPS: usize = BINS / (GROUP * LANES);

/// Number of figures in a [`Shape`].
pub(super) const FIGURES: usize = 5;

/// What one frame looks like. Centroid, bandwidth and roll-off in hertz.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Shape {
    /// Mean square of the windowed signal, full scale = 1.
    pub(super) power: f64,
    pub(super) centroid_hz: f64,
    pub(super) bandwidth_hz: f64,
    pub(super) rolloff_hz: f64,
    pub(super) flatness: f64,
    pub(super) flux: f64,
}

impl Shape {
    /// Measures `now`; the flux is the change since `before`. All zeros for an empty spectrum.
    pub(super) fn measure(now: &[f32; BINS], before: &[f32; BINS]) -> Self {
        let sums = sums(now, before);
        let total = sums.groups.iter().sum::<f32>() + now[BINS - 1];
        if total <= 0.0 {
            return Self::default();
        }
        let centroid = sums.moment / total;
        let spread = (centred(now, centroid) / total).sqrt();
        Self {
            // Parseval's theorem for a Hann window: the squares add up to three mean squares.
            power: f64::from(sums.power) / 3.0,
            centroid_hz: f64::from(centroid) * BIN_HZ,
            bandwidth_hz: f64::from(spread) * BIN_HZ,
            rolloff_hz: rolloff_bin(now, &sums.groups, ROLLOFF * total) as f64 * BIN_HZ,
            flatness: flatness(&sums),
            flux: f64::from(sums.rise / total),
        }
    }

    /// Centroid, bandwidth, roll-off, flatness, flux.
    pub(super) fn figures(&self) -> [f64; FIGURES] {
        [self.centroid_hz, self.bandwidth_hz, self.rolloff_hz, self.flatness, self.flux]
    }
}

/// Sums over the bins of a frame.
struct Sums {
    /// Magnitudes, by groups of bins; without the last bin.
    groups: [f32; GROUPS],
    /// Magnitude times bin.
    moment: f32,
    power: f32,
    /// Power, each bin raised to the floor.
    floored: f32,
    /// ln of the floored power.
    logs: f64,
    /// Increase of magnitude.
    rise: f32,
}

/// Product of many positive numbers, as mantissa and exponent of base 2.
struct Product {
    mantissas: Lanes,
    exponents: [i32; LANES],
}

impl Product {
    const MANTISSA: u32 = 0x007f_ffff;
    const ONE: u32 = 0x3f80_0000;

    /// At most 126 factors may come between two calls of [`Self::settle`].
    #[inline(always)]
    fn multiply(&mut self, factors: &Lanes) {
        let bits: [u32; LANES] = std::array::from_fn(|lane| factors[lane].to_bits());
        self.exponents =
            std::array::from_fn(|lane| self.exponents[lane] + (bits[lane] >> 23) as i32 - 127);
        let mantissas: Lanes =
            std::array::from_fn(|lane| f32::from_bits(bits[lane] & Self::MANTISSA | Self::ONE));
        self.mantissas = mul(&self.mantissas, &mantissas);
    }

    /// Moves the powers of two that have gathered in the mantissas to the exponents.
    #[inline(always)]
    fn settle(&mut self) {
        let product = self.mantissas;
        self.mantissas = [1.0; LANES];
        self.multiply(&product);
    }

    #[inline(always)]
    fn ln(mut self) -> f64 {
        log::ln(&mut self.mantissas);
        let exponent: i32 = self.exponents.iter().sum();
        f64::from(exponent) * std::f64::consts::LN_2 + f64::from(sum(&self.mantissas))
    }
}

kernel! {
    fn sums(now: &[f32; BINS], before: &[f32; BINS]) -> Sums {
        all_sums(now, before)
    }

    /// Σ (bin - centre)² magnitude.
    fn centred(now: &[f32; BINS], centre: f32) -> f32 {
        let mut distance: Lanes = std::array::from_fn(|lane| lane as f32 - centre);
        let mut sums = [0.0; LANES];
        for block in now.as_chunks::<LANES>().0 {
            add_product(&mut sums, &mul(&distance, &distance), block);
            distance = add(&distance, &[LANES as f32; LANES]);
        }
        let last = (BINS - 1) as f32 - centre;
        let [sum] = simd::sums(&[sums]);
        sum + last * last * now[BINS - 1]
    }
}

#[inline(always)]
fn all_sums(now: &[f32; BINS], before: &[f32; BINS]) -> Sums {
    let (last, rise) = (now[BINS - 1], larger(now[BINS - 1] - before[BINS - 1], 0.0));
    let (groups, moment) = totals(now);
    let (floored, logs) = powers(now);
    let [power, increase] = changes(now, before);
    Sums {
        groups,
        moment: moment + last * (BINS - 1) as f32,
        power: power + last * last,
        floored: floored + larger(last * last, POWER_FLOOR),
        logs: logs + f64::from(larger(last * last, POWER_FLOOR).ln()),
        rise: increase + rise,
    }
}

/// Magnitudes by groups, and their first moment; without the last bin, as the next two.
#[inline(always)]
fn totals(now: &[f32; BINS]) -> ([f32; GROUPS], f32) {
    let mut groups = [[0.0; LANES]; GROUPS];
    let mut bins: Lanes = std::array::from_fn(|lane| lane as f32);
    let mut moment = [0.0; LANES];
    for (group, blocks) in groups.iter_mut().zip(now.as_chunks::<{ GROUP * LANES }>().0) {
        let mut total = [0.0; LANES];
        for block in blocks.as_chunks::<LANES>().0 {
            total = add(&total, block);
            add_product(&mut moment, block, &bins);
            bins = add(&bins, &[LANES as f32; LANES]);
        }
        *group = total;
    }
    let [moment] = simd::sums(&[moment]);
    (simd::sums(&groups), moment)
}

/// Sum of the floored power, and of its logarithm.
#[inline(always)]
fn powers(now: &[f32; BINS]) -> (f32, f64) {
    let mut product = Product { mantissas: [1.0; LANES], exponents: [0; LANES] };
    let mut floored = [0.0; LANES];
    for blocks in now.as_chunks::<{ GROUP * LANES }>().0 {
        for block in blocks.as_chunks::<LANES>().0 {
            let squares = zip(&mul(block, block), &[POWER_FLOOR; LANES], larger);
            floored = add(&floored, &squares);
            product.multiply(&squares);
        }
        product.settle();
    }
    let [floored] = simd::sums(&[floored]);
    (floored, product.ln())
}

/// Sum of the power, and of the increase of magnitude.
#[inline(always)]
fn changes(now: &[f32; BINS], before: &[f32; BINS]) -> [f32; 2] {
    let [mut power, mut rise] = [[0.0; LANES]; 2];
    for (now, before) in now.as_chunks::<LANES>().0.iter().zip(before.as_chunks().0) {
        add_product(&mut power, now, now);
        rise = add(&rise, &zip(&sub(now, before), &[0.0; LANES], larger));
    }
    simd::sums(&[power, rise])
}

/// Geometric over arithmetic mean of the power.
fn flatness(sums: &Sums) -> f64 {
    let mean = f64::from(sums.floored) / BINS as f64;
    ((sums.logs / BINS as f64).exp() / mean).min(1.0)
}

/// First bin up to which the magnitudes add up to `threshold`.
fn rolloff_bin(now: &[f32; BINS], groups: &[f32; GROUPS], threshold: f32) -> usize {
    let mut below = 0.0;
    let mut bin = 0;
    for group in groups {
        if below + group >= threshold {
            break;
        }
        below += group;
        bin += GROUP * LANES;
    }
    for magnitude in &now[bin..BINS - 1] {
        below += magnitude;
        if below >= threshold {
            break;
        }
        bin += 1;
    }
    bin
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spectrum(value: impl FnMut(usize) -> f32) -> [f32; BINS] {
        std::array::from_fn(value)
    }

    #[test]
    fn a_single_bin_is_its_own_centroid() {
        let one = spectrum(|bin| if bin == 700 { 0.3 } else { 0.0 });
        let shape = Shape::measure(&one, &[0.0; BINS]);
        let hz = 700.0 * BIN_HZ;
        assert!((shape.centroid_hz - hz).abs() < 1e-2 && shape.bandwidth_hz < 1e-2);
        assert!((shape.rolloff_hz - hz).abs() < 1e-9);
        assert!(shape.flatness < 1e-5 && (shape.flux - 1.0).abs() < 1e-6);
        assert!((shape.power - 0.03).abs() < 1e-6);
    }

    #[test]
    fn a_flat_spectrum_is_flat() {
        let flat = [0.01; BINS];
        let shape = Shape::measure(&flat, &flat);
        assert!((shape.centroid_hz - 5512.5).abs() < 0.05, "{shape:?}");
        assert!((shape.flatness - 1.0).abs() < 1e-5 && shape.flux == 0.0, "{shape:?}");
        assert!((shape.rolloff_hz / 11_025.0 - 0.85).abs() < 0.001, "{shape:?}");
        // Standard deviation of a uniform distribution.
        assert!((shape.bandwidth_hz - 11_025.0 / 12.0_f64.sqrt()).abs() < 10.0, "{shape:?}");
    }

    #[test]
    fn silence_has_no_shape() {
        assert_eq!(Shape::measure(&[0.0; BINS], &[1.0; BINS]), Shape::default());
    }

    #[test]
    fn figures_stay_in_range_whatever_comes() {
        for scale in [1e-12_f32, 1e-3, 1.0, 1e9] {
            for seed in 1..20 {
                let x = spectrum(|bin| scale * ((bin * bin * seed) % 1013) as f32);
                let y = spectrum(|bin| scale * ((bin * seed) % 1009) as f32);
                let shape = Shape::measure(&x, &y);
                assert!((0.0..=11_025.0).contains(&shape.centroid_hz), "{shape:?}");
                assert!((0.0..=11_025.0).contains(&shape.bandwidth_hz), "{shape:?}");
                assert!((0.0..=11_025.0).contains(&shape.rolloff_hz), "{shape:?}");
                assert!((0.0..=1.0).contains(&shape.flatness), "{shape:?}");
                assert!((0.0..=1.0001).contains(&shape.flux), "{shape:?}");
            }
        }
    }
}
