//! Spectral peaks: from one long spectrum to pitches with weights.

/// Spacing of the bins of the long spectrum: 22 050 Hz / 8192.
const BIN_HZ: f32 = 22_050.0 / 8192.0;

/// Bins that are looked at: 48.45 to 2102 Hz, the range in which pitches are told apart.
const FIRST_BIN: usize = 18;
const LAST_BIN: usize = 781;
const BINS: usize = LAST_BIN - FIRST_BIN + 1;

/// Peaks are looked for from 51 to 1507 Hz; the bins above only whiten.
const FIRST_PEAK: usize = 19 - FIRST_BIN;
const LAST_PEAK: usize = 560 - FIRST_BIN;

/// More peaks than this a frame cannot have: two neighbours are never both maxima.
pub(super) const MAX_PEAKS: usize = (LAST_PEAK - FIRST_PEAK) / 2 + 1;

/// Half width of the whitening mean, in bins (±81 Hz).
const WHITENING: usize = 30;
const WIDTH: f32 = (2 * WHITENING + 1) as f32;

/// Frames whose largest magnitude is below this (a sine of −90 dBFS) are silent.
const SILENCE: f32 = 3.0e-5;

/// A peak this far above its surroundings is a tone: a Hann-windowed sine stands about 30 times
/// above the mean of 61 bins, a peak of Gaussian noise (Rayleigh magnitudes) reaches 4 times the
/// mean once in 300 000 bins.
const TONE_PROMINENCE: f32 = 4.0;

/// A local maximum of a spectrum.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Peak {
    /// Fractional MIDI note number; A4 = 440 Hz = 69.
    pub(super) pitch: f32,
    /// Whitened magnitude, > 0.
    pub(super) weight: f32,
    /// True when it stands clear of the noise around it.
    pub(super) tone: bool,
}

/// Finds the peaks of long spectra; holds the work space.
pub(super) struct PeakFinder {
    magnitude: [f32; BINS],
    envelope: [f32; BINS],
    peaks: Vec<Peak>,
}

impl PeakFinder {
    /// Heap bytes held.
    pub(super) const FOOTPRINT: u64 = (MAX_PEAKS * size_of::<Peak>()) as u64;

    pub(super) fn new() -> Self {
        let peaks = Vec::with_capacity(MAX_PEAKS);
        Self { magnitude: [0.0; BINS], envelope: [0.0; BINS], peaks }
    }

    /// Returns the largest magnitude and the peaks of one spectrum, by ascending frequency; `None`
    /// for silence.
    ///
    /// Input: linear magnitudes, bin k at k · 2.69 Hz; bins that are missing or not finite count
    /// as zero. Method: local maxima; frequency by a parabola through the logarithms of three bins
    /// (Smith and Serra, "PARSHL", 1987); weight = magnitude over its running mean (whitening),
    /// times ln(1 + mean / mean of the frame), which keeps loud regions a little heavier at any
    /// gain.
    pub(super) fn find(&mut self, magnitudes: &[f32]) -> Option<(f32, &[Peak])> {
        self.load(magnitudes);
        let loudest = self.magnitude.iter().copied().fold(0.0_f32, f32::max);
        if loudest < SILENCE {
            return None;
        }
        let frame_mean = self.smooth();
        self.peaks.clear();
        for at in FIRST_PEAK..=LAST_PEAK {
            let around = [self.magnitude[at - 1], self.magnitude[at], self.magnitude[at + 1]];
            if around[1] > around[0] && around[1] >= around[2] {
                self.peaks.push(peak(at, around, self.envelope[at], frame_mean));
            }
        }
        Some((loudest, &self.peaks))
    }

    fn load(&mut self, magnitudes: &[f32]) {
        self.magnitude.fill(0.0);
        let source = magnitudes.get(FIRST_BIN..).unwrap_or(&[]);
        for (to, &from) in self.magnitude.iter_mut().zip(source) {
            *to = if from.is_finite() { from.max(0.0) } else { 0.0 };
        }
    }

    /// Fills the running means; bins outside the range count as zero. Returns the mean of all.
    fn smooth(&mut self) -> f32 {
        let mut sums = [0.0_f64; BINS + 1];
        let mut sum = 0.0;
        for (to, &m) in sums[1..].iter_mut().zip(&self.magnitude) {
            sum += f64::from(m);
            *to = sum;
        }
        for (at, envelope) in self.envelope.iter_mut().enumerate() {
            let (from, to) = (at.saturating_sub(WHITENING), (at + WHITENING + 1).min(BINS));
            *envelope = ((sums[to] - sums[from]) as f32) / WIDTH;
        }
        (sum / BINS as f64) as f32
    }
}

fn peak(at: usize, around: [f32; 3], envelope: f32, frame_mean: f32) -> Peak {
    let floor = around[1] * 1e-6; // keeps the logarithm of a zero neighbour finite
    let [before, here, after] = around.map(|m| m.max(floor).ln());
    let curvature = before - 2.0 * here + after;
    let offset = (0.5 * (before - after) / curvature.min(-1e-9)).clamp(-0.5, 0.5);
    let bin = (FIRST_BIN + at) as f32 + offset;
    // A peak is part of its own mean, hence `envelope` >= magnitude / 61 > 0.
    let prominence = around[1] / envelope;
    let weight = prominence * (envelope / frame_mean).ln_1p();
    let tone = prominence * bins_averaged(at) / WIDTH > TONE_PROMINENCE;
    Peak { pitch: pitch(bin * BIN_HZ), weight, tone }
}

/// 53 to 998 Hz: where fundamentals lie.
pub(super) fn is_in_tuning_range(peak: &Peak) -> bool {
    (32.359..83.178).contains(&peak.pitch)
}

/// Bins inside the range among the [`WIDTH`] around `at`: fewer at the edges.
fn bins_averaged(at: usize) -> f32 {
    ((at + WHITENING + 1).min(BINS) - at.saturating_sub(WHITENING)) as f32
}

/// Fractional MIDI note number of a frequency > 0; A4 = 440 Hz = 69.
fn pitch(hz: f32) -> f32 {
    69.0 + 12.0 * (hz / 440.0).log2()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Magnitudes of a Hann-windowed sine: the window's transform around its frequency.
    fn sine(hz: f32) -> Vec<f32> {
        (0..4097).map(|k| hann_lobe(f64::from(k) - f64::from(hz / BIN_HZ))).collect()
    }

    fn hann_lobe(x: f64) -> f32 {
        let sinc = |x: f64| {
            if x.abs() < 1e-9 {
                1.0
            } else {
                (x * std::f64::consts::PI).sin() / (x * std::f64::consts::PI)
            }
        };
        (sinc(x) + 0.5 * sinc(x - 1.0) + 0.5 * sinc(x + 1.0)).abs() as f32
    }

    #[test]
    fn a_sine_is_found_within_a_cent() {
        for hz in [110.0, 233.1, 440.0, 441.3, 987.77] {
            let mut finder = PeakFinder::new();
            let (_, peaks) = finder.find(&sine(hz)).unwrap();
            let best = peaks.iter().max_by(|a, b| a.weight.total_cmp(&b.weight)).unwrap();
            let cents = 100.0 * (best.pitch - pitch(hz));
            assert!(cents.abs() < 1.0, "{hz} {best:?}");
            assert!(best.tone);
        }
    }

    #[test]
    fn silence_and_rubbish_give_no_peak() {
        let mut finder = PeakFinder::new();
        assert!(finder.find(&vec![0.0; 4097]).is_none());
        assert!(finder.find(&vec![f32::NAN; 4097]).is_none());
        assert!(finder.find(&[]).is_none());
        let (_, peaks) = finder.find(&vec![1.0; 4097]).unwrap();
        assert!(peaks.is_empty(), "a flat spectrum has no peak");
    }

    #[test]
    fn weights_do_not_depend_on_the_gain() {
        let loud = sine(440.0);
        let quiet: Vec<f32> = loud.iter().map(|m| m * 0.001).collect();
        let (mut one, mut two) = (PeakFinder::new(), PeakFinder::new());
        let a = one.find(&loud).unwrap().1;
        let b = two.find(&quiet).unwrap().1;
        let heaviest = |peaks: &[Peak]| peaks.iter().map(|p| p.weight).fold(0.0, f32::max);
        assert!((heaviest(a) / heaviest(b) - 1.0).abs() < 1e-4);
    }
}
