//! Which periods come back: autocorrelations of a track and the score of every tempo.

use super::FRAMES_PER_SECOND;
use super::level::Levelled;
use super::onset_function::BANDS;
use super::strength::for_each_window;
use crate::dsp::autocorrelation::{GeneralisedAutocorrelation, WindowAutocorrelation};
use crate::dsp::peaks::{interpolate, quantile};

/// Tempi that are scored: 30 to 300 BPM.
pub(super) const TEMPI: usize = 240;
const SLOWEST_BPM: f64 = 30.0;
const STEPS_PER_OCTAVE: f64 = 72.0;

/// Window and hop of onset functions, frames.
const ONSETS: (usize, usize) = (300, 75);
/// The same of the activation; in short tracks the window is shorter, down to the third number.
const ACTIVATION: (usize, usize, usize) = (600, 150, 200);
/// (multiple of the beat period, weight)
const ONSET_COMB: [(f64, f64); 4] = [(1.0, 1.0), (2.0, 0.8), (4.0, 0.6), (0.5, 0.3)];
const ACTIVATION_COMB: [(f64, f64); 3] = [(1.0, 1.0), (2.0, 0.6), (4.0, 0.3)];
/// The lack of overlap at long lags is made up for by no more than this.
const GAIN_LIMIT: f64 = 2.5;

/// Period of a tempo, in frames.
pub(super) fn period(bpm: f64) -> f64 {
    60.0 * FRAMES_PER_SECOND / bpm
}

/// Tempo `index` in beats per minute.
pub(super) fn tempo(index: usize) -> f64 {
    SLOWEST_BPM * (index as f64 / STEPS_PER_OCTAVE).exp2()
}

/// Index of the nearest of [`TEMPI`].
pub(super) fn nearest_tempo(bpm: f64) -> usize {
    let distance = |index: &usize| (tempo(*index) - bpm).abs();
    (0..TEMPI).min_by(|a, b| distance(a).total_cmp(&distance(b))).unwrap_or_default()
}

/// Autocorrelations of a track and the scores of all tempi.
#[derive(Debug)]
pub(super) struct Periodicity {
    onsets: Vec<f64>,
    activation: Vec<f64>,
    /// Score of each tempo from the onset functions, >= 0.
    pub(super) onset_scores: Vec<f64>,
    /// Score of each tempo from the activation, >= 0.
    pub(super) activation_scores: Vec<f64>,
}

impl Periodicity {
    /// One pass over each band and the activation.
    pub(super) fn of(track: &Levelled) -> Self {
        let (onsets, activation) = (onset_acf(track), activation_acf(track));
        Self {
            onset_scores: comb(&onsets, &ONSET_COMB),
            activation_scores: comb(&activation, &ACTIVATION_COMB),
            onsets,
            activation,
        }
    }

    /// Strongest correlation of the onset functions at one, two or four periods.
    pub(super) fn of_onsets(&self, period: f64) -> f64 {
        strongest(&self.onsets, period)
    }

    /// The same of the activation.
    pub(super) fn of_activation(&self, period: f64) -> f64 {
        strongest(&self.activation, period)
    }
}

fn strongest(acf: &[f64], period: f64) -> f64 {
    let at = |multiple: f64| interpolate(acf, multiple * period);
    [1.0, 2.0, 4.0].map(at).into_iter().fold(f64::NEG_INFINITY, f64::max)
}

/// Mean generalised autocorrelation over all windows and bands.
fn onset_acf(track: &Levelled) -> Vec<f64> {
    let mut acf = GeneralisedAutocorrelation::new(ONSETS.0);
    for band in 0..BANDS {
        let read = |first, out: &mut [f32]| track.read_band(band, first, out);
        for_each_window(track.frames(), ONSETS, read, |window| acf.add(window));
    }
    let mut lags = acf.finish();
    untaper(&mut lags);
    lags
}

/// Autocorrelation of the activation, a mean over windows weighted by their energy.
fn activation_acf(track: &Levelled) -> Vec<f64> {
    let (longest, hop, least) = ACTIVATION;
    let size = track.frames().clamp(least, longest);
    let mut acf = WindowAutocorrelation::new(size, false);
    let mut total = vec![0.0; size];
    let read = |first, out: &mut [f32]| track.read_activations(first, out);
    for_each_window(track.frames(), (size, hop), read, |window| {
        total.iter_mut().zip(acf.of(window)).for_each(|(total, r)| *total += r);
    });
    let energy = total.first().copied().unwrap_or_default() + 1e-9;
    for r in &mut total {
        *r /= energy;
    }
    untaper(&mut total);
    total.resize(longest, 0.0);
    total
}

fn untaper(acf: &mut [f64]) {
    let len = acf.len() as f64;
    for (lag, value) in acf.iter_mut().enumerate() {
        let overlap = 1.0 - lag as f64 / len;
        *value *= (1.0 / overlap.max(0.1)).min(GAIN_LIMIT);
    }
}

/// Weighted sum of the autocorrelation at multiples of each tempo's period, above the lowest tenth.
fn comb(acf: &[f64], teeth: &[(f64, f64)]) -> Vec<f64> {
    let score = |index| {
        let tooth = |(multiple, weight): &(f64, f64)| {
            weight * interpolate(acf, multiple * period(tempo(index)))
        };
        teeth.iter().map(tooth).sum::<f64>()
    };
    let mut scores: Vec<f64> = (0..TEMPI).map(score).collect();
    let mut sorted = scores.clone();
    sorted.sort_by(f64::total_cmp);
    let floor = quantile(&sorted, 0.1);
    for score in &mut scores {
        *score = (*score - floor).max(0.0);
    }
    scores
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tempi_are_on_a_logarithmic_grid() {
        assert!((tempo(72) - 60.0).abs() < 1e-9 && tempo(TEMPI - 1) < 300.0);
        assert_eq!((nearest_tempo(60.2), nearest_tempo(10.0), nearest_tempo(900.0)), (72, 0, 239));
    }

    #[test]
    fn a_period_scores_highest_at_its_tempo() {
        let mut acf = vec![0.0; 300];
        for lag in (25..300).step_by(25) {
            acf[lag] = 1.0 - lag as f64 / 400.0;
        }
        let scores = comb(&acf, &ACTIVATION_COMB);
        let best = (0..TEMPI).max_by(|&a, &b| scores[a].total_cmp(&scores[b])).unwrap();
        assert!((tempo(best) / 120.0 - 1.0).abs() < 0.01, "{}", tempo(best));
    }
}
