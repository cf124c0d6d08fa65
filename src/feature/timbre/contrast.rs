//! Spectral contrast: how far peaks stand above valleys, octave by octave.

use super::shape::BINS;
use crate::dsp::log::ln;
use crate::dsp::simd::{LANES, Lanes, kernel, larger, smaller};
use std::f32::consts::LOG10_E;

/// 0 to 200 Hz, then six octaves from 200 Hz on; the last ends at half the sample rate.
pub(super) const BANDS: usize = 7;

/// Magnitude below which a bin counts as this much: -120 dBFS, less than the noise of 16 bits.
const FLOOR: f32 = 1e-6;

/// First bin and one past the last bin of each band. As in librosa a band begins with the bin below
/// its lower edge and ends before the bin below its upper edge.
const EDGES: [(usize, usize); BANDS] =
    [(0, 18), (18, 37), (37, 74), (74, 148), (148, 297), (297, 594), (594, BINS)];

/// Returns the contrast of each band, in decibels, 0 or more; 0 for silence.
///
/// Method: mean of the 2 % largest magnitudes over mean of the 2 % smallest, at least one bin each;
/// Jiang et al., "Music type classification by spectral contrast feature", ICME 2002, with the bands
/// and quantiles of librosa 0.11. librosa takes 10 log10 of the magnitudes it is given by default;
/// here it is 20 log10, twice as much.
pub(super) fn contrast_db(magnitudes: &[f32; BINS]) -> [f32; BANDS] {
    contrast(magnitudes)
}

kernel! {
    fn contrast(magnitudes: &[f32; BINS]) -> [f32; BANDS] {
        let [a, b, c, d, e, f, g] = EDGES.map(|(start, end)| &magnitudes[start..end]);
        // How many bins are 2 % of the band and its upper neighbour.
        let means = [
            extremes::<1>(a),
            extremes::<1>(b),
            extremes::<1>(c),
            extremes::<2>(d),
            extremes::<3>(e),
            extremes::<6>(f),
            extremes::<9>(g),
        ];
        let mut logs = [[FLOOR; LANES]; 2];
        for (band, (valley, peak)) in means.into_iter().enumerate() {
            (logs[0][band], logs[1][band]) = (valley.max(FLOOR), peak.max(FLOOR));
        }
        ln(logs.as_flattened_mut());
        let [valleys, peaks] = logs;
        std::array::from_fn(|band| 20.0 * LOG10_E * (peaks[band] - valleys[band]).max(0.0))
    }
}

/// Means of the K smallest and of the K largest values; K is at most the number of values.
///
/// Each lane keeps its own K smallest and largest in order; then the lanes are merged.
#[inline(always)]
fn extremes<const K: usize>(values: &[f32]) -> (f32, f32) {
    let mut low = [[f32::MAX; LANES]; K];
    let mut high = [[f32::MIN; LANES]; K];
    let (blocks, rest) = values.as_chunks::<LANES>();
    for block in blocks {
        sift(&mut low, *block, smaller, larger);
        sift(&mut high, *block, larger, smaller);
    }
    let [mut low_rest, mut high_rest] = [[f32::MAX; LANES], [f32::MIN; LANES]];
    for ((low, high), value) in low_rest.iter_mut().zip(&mut high_rest).zip(rest) {
        (*low, *high) = (*value, *value);
    }
    sift(&mut low, low_rest, smaller, larger);
    sift(&mut high, high_rest, larger, smaller);
    (merge(&low, |a, b| a < b), merge(&high, |a, b| a > b))
}

/// Inserts a value into the ordered list of each lane; the last one drops out.
#[inline(always)]
fn sift<const K: usize>(
    lists: &mut [Lanes; K],
    mut values: Lanes,
    keep: impl Fn(f32, f32) -> f32,
    pass: impl Fn(f32, f32) -> f32,
) {
    for list in lists {
        for (kept, value) in list.iter_mut().zip(&mut values) {
            let better = keep(*kept, *value);
            *value = pass(*kept, *value);
            *kept = better;
        }
    }
}

/// Mean of the first K values over all lists.
#[inline(always)]
fn merge<const K: usize>(lists: &[Lanes; K], before: impl Fn(f32, f32) -> bool) -> f32 {
    let mut heads = [0_usize; LANES];
    let mut sum = 0.0;
    for _ in 0..K {
        let mut best = 0;
        for lane in 1..LANES {
            if before(lists[heads[lane]][lane], lists[heads[best]][best]) {
                best = lane;
            }
        }
        sum += lists[heads[best]][best];
        // A list cannot be used up before the last round.
        heads[best] = (heads[best] + 1).min(K - 1);
    }
    sum / K as f32
}

#[cfg(test)]
mod tests {
    use super::super::shape::BIN_HZ;
    use super::*;

    #[test]
    fn bands_are_those_of_librosa() {
        for (band, &(start, end)) in EDGES.iter().enumerate() {
            let low = if band == 0 { 0.0 } else { 100.0 * 2.0_f64.powi(band as i32) };
            let high = 200.0 * 2.0_f64.powi(band as i32);
            let mut bins: Vec<usize> =
                (0..BINS).filter(|&bin| (low..=high).contains(&(bin as f64 * BIN_HZ))).collect();
            if band > 0 {
                bins.insert(0, bins[0] - 1);
            }
            let share = (0.02 * bins.len() as f64).round_ties_even().max(1.0) as usize;
            if band < 6 {
                bins.pop();
            }
            assert_eq!((bins[0], bins[bins.len() - 1] + 1), (start, end), "band {band}");
            assert_eq!(share, [1, 1, 1, 2, 3, 6, 9][band], "band {band}");
        }
    }

    #[test]
    fn extremes_are_those_of_the_sorted_values() {
        let values: Vec<f32> = (0..431).map(|n| ((n * n * 7) % 1009) as f32).collect();
        for length in [9, 15, 16, 17, 100, 431] {
            let values = &values[..length];
            let mut sorted = values.to_vec();
            sorted.sort_by(f32::total_cmp);
            let low: f32 = sorted[..9].iter().sum::<f32>() / 9.0;
            let high: f32 = sorted[length - 9..].iter().sum::<f32>() / 9.0;
            let (ours_low, ours_high) = extremes::<9>(values);
            assert!((ours_low - low).abs() < 1e-3 && (ours_high - high).abs() < 1e-3);
        }
    }

    #[test]
    fn one_strong_bin_in_each_band_stands_out() {
        let mut spectrum = [0.001; BINS];
        for bin in [5, 25, 50, 100] {
            spectrum[bin] = 0.1;
        }
        let contrast = contrast_db(&spectrum);
        assert!(contrast[..3].iter().all(|db| (db - 40.0).abs() < 1e-3), "{contrast:?}");
        assert!(contrast[4..].iter().all(|db| db.abs() < 1e-3), "{contrast:?}");
        assert!(contrast_db(&[0.0; BINS]).iter().all(|&db| db == 0.0));
    }
}
