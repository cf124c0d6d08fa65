//! Autocorrelation of long signals, a block at a time.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use super::fft::{ComplexFft, Plan, RealFft, Stages};

/// Tables by length: made once for all tracks, as their lengths are few powers of two.
type Kept<T> = LazyLock<Mutex<BTreeMap<usize, Arc<T>>>>;

fn shared<T>(kept: &Kept<T>, length: usize, make: impl FnOnce() -> T) -> Arc<T> {
    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    Arc::clone(kept.entry(length).or_insert_with(|| Arc::new(make())))
}

/// A transform of `length` complex numbers.
fn complex(length: usize) -> ComplexFft {
    static KEPT: Kept<Stages> = LazyLock::new(Mutex::default);
    ComplexFft::new(shared(&KEPT, length, || Stages::new(length)))
}

/// A transform of `length` real numbers, all of the same weight.
fn real(length: usize) -> RealFft {
    static KEPT: Kept<Plan> = LazyLock::new(Mutex::default);
    RealFft::new(shared(&KEPT, length, || Plan::new(&vec![1.0; length])))
}

/// The power of two from `length` on that transforms are there for.
fn transformed(length: usize) -> usize {
    length.next_power_of_two().max(64)
}

/// A window whose ends are zero, with its middle at the middle.
fn symmetric_hann(size: usize) -> impl Iterator<Item = f64> {
    let step = std::f64::consts::TAU / (size - 1) as f64;
    (0..size).map(move |n| 0.5 - 0.5 * (step * n as f64).cos())
}

/// Overwrites `lags` with Σ X\[k\] e^(2πi kn/N) over all N bins of a real signal's spectrum X, given bins
/// 0 ..= N/2.
fn back(fft: &mut ComplexFft, bins: impl Iterator<Item = (f64, f64)>, lags: &mut [f64]) {
    let [re, im] = fft.planes();
    let length = re.len();
    // The transform turns the other way, so its input is conjugated; its output would be too, and is real.
    for (k, (bin_re, bin_im)) in bins.take(length / 2 + 1).enumerate() {
        (re[k], im[k]) = (bin_re as f32, -bin_im as f32);
        if 0 < k && k < length / 2 {
            (re[length - k], im[length - k]) = (bin_re as f32, bin_im as f32);
        }
    }
    fft.run();
    for (lag, value) in lags.iter_mut().zip(&fft.planes()[0]) {
        *lag = f64::from(*value);
    }
}

/// Autocorrelation r\[τ\] = Σ x\[n\] x\[n+τ\], 0 <= τ < `lags`, of a signal that arrives in blocks.
///
/// Method: overlap-save. Each block of `lags` samples is correlated with itself and the `lags`
/// samples behind it by FFT; the cross spectra are summed in `f64`, so one inverse FFT at the end
/// gives the sum over all blocks. O(log lags) time a sample, memory independent of the signal.
/// Within 1e-5 of r\[0\].
pub struct BlockAutocorrelation {
    lags: usize,
    fft: ComplexFft,
    /// Cross spectra, real and imaginary parts of bins 0 ..= `lags`.
    sum: Vec<(f64, f64)>,
}

impl BlockAutocorrelation {
    /// `lags` is raised to a power of two, at least 32.
    pub fn new(lags: usize) -> Self {
        let lags = transformed(2 * lags) / 2;
        Self { lags, fft: complex(2 * lags), sum: vec![(0.0, 0.0); lags + 1] }
    }

    /// Samples a block holds; [`Self::add`] wants twice as many.
    pub fn block_len(&self) -> usize {
        self.lags
    }

    /// Adds one block: `samples` are the block and what follows it, 2 × [`Self::block_len`] in all,
    /// zeros behind the end of the signal; the next call starts one block later.
    pub fn add(&mut self, samples: &[f32]) {
        // Two real signals in one transform: the block, and the block with what follows it.
        let [block, ahead] = self.fft.planes();
        for (plane, length) in [(block, self.lags), (ahead, 2 * self.lags)] {
            let length = length.min(samples.len());
            plane[..length].copy_from_slice(&samples[..length]);
            plane[length..].fill(0.0);
        }
        self.fft.run();
        let [re, im] = self.fft.planes();
        let length = re.len();
        for (k, sum) in self.sum.iter_mut().enumerate() {
            let mirror = (length - k) % length;
            // Twice the spectrum of the block is (p, q), that of what follows (r, -s).
            let (p, q) = (re[k] + re[mirror], im[k] - im[mirror]);
            let (r, s) = (im[k] + im[mirror], re[k] - re[mirror]);
            sum.0 += f64::from(p * r - q * s);
            sum.1 -= f64::from(p * s + q * r);
        }
    }

    /// r\[0..lags\].
    pub fn finish(mut self) -> Vec<f64> {
        let mut lags = vec![0.0; self.lags];
        let scale = 1.0 / (8 * self.lags) as f64;
        let bins = self.sum.iter().map(|(re, im)| (re * scale, im * scale));
        back(&mut self.fft, bins, &mut lags);
        lags
    }
}

/// Mean generalised autocorrelation r = IFFT(|FFT|^(2c)) / r\[0\] of many windows, with c = 1/4 and
/// c = 1/2 (c = 1 would be the plain one); lower exponents make sharper peaks.
///
/// Method: Percival & Tzanetakis, "Streamlined tempo estimation", TASLP 2014. Because normalising
/// by r\[0\] is linear in the spectrum, spectra are summed and transformed back once.
pub struct GeneralisedAutocorrelation {
    taper: Vec<f32>,
    fft: RealFft,
    padded: Vec<f32>,
    root: Vec<f32>,
    sum: Vec<f64>,
    count: u64,
}

/// Compression spreads r beyond the window: room for that, in window lengths.
const PADDING: usize = 6;

impl GeneralisedAutocorrelation {
    /// For windows of `size` samples, at least 2.
    pub fn new(size: usize) -> Self {
        let size = size.max(2);
        let length = transformed(PADDING * size);
        Self {
            taper: symmetric_hann(size).map(|w| w as f32).collect(),
            fft: real(length),
            padded: vec![0.0; length],
            root: vec![0.0; length / 2 + 1],
            sum: vec![0.0; length / 2 + 1],
            count: 0,
        }
    }

    /// Adds one window; the autocorrelation of an all-zero one is zero.
    pub fn add(&mut self, window: &[f32]) {
        for ((out, &x), &w) in self.padded.iter_mut().zip(window).zip(&self.taper) {
            *out = x * w;
        }
        self.padded[window.len().min(self.taper.len())..].fill(0.0);
        self.fft.magnitudes(&self.padded, &mut self.root);
        self.accumulate();
        self.root.iter_mut().for_each(|root| *root = root.sqrt());
        self.accumulate();
    }

    fn accumulate(&mut self) {
        let total = zero_lag(&self.root);
        self.count += 1;
        if total <= 1e-12 {
            return;
        }
        let scale = 1.0 / total;
        for (sum, &value) in self.sum.iter_mut().zip(&self.root) {
            *sum += f64::from(value * scale);
        }
    }

    /// r\[0..size\], 0 without windows; r\[0\] is the share of windows that are not silent.
    pub fn finish(self) -> Vec<f64> {
        let scale = 1.0 / self.count.max(1) as f64;
        let mut lags = vec![0.0; self.taper.len()];
        let bins = self.sum.iter().map(|sum| (sum * scale, 0.0));
        back(&mut complex(self.padded.len()), bins, &mut lags);
        lags
    }
}

/// Autocorrelation of windows of a fixed size, mean removed. Within 1e-6 of r\[0\].
pub struct WindowAutocorrelation {
    taper: Option<Vec<f64>>,
    forward: RealFft,
    backward: ComplexFft,
    padded: Vec<f32>,
    magnitudes: Vec<f32>,
    lags: Vec<f64>,
}

impl WindowAutocorrelation {
    /// For windows of `size` samples, at least 2, weighted by a Hann window if `tapered`.
    pub fn new(size: usize, tapered: bool) -> Self {
        let size = size.max(2);
        let length = transformed(2 * size);
        Self {
            taper: tapered.then(|| symmetric_hann(size).collect()),
            forward: real(length),
            backward: complex(length),
            padded: vec![0.0; length],
            magnitudes: vec![0.0; length / 2 + 1],
            lags: vec![0.0; size],
        }
    }

    /// r\[`0..window.len()`\] of one window of the size given at first.
    pub fn of(&mut self, window: &[f32]) -> &[f64] {
        let size = window.len().min(self.lags.len());
        let mean = window.iter().map(|&x| f64::from(x)).sum::<f64>() / size.max(1) as f64;
        self.padded.fill(0.0);
        for (n, (out, &x)) in self.padded.iter_mut().zip(&window[..size]).enumerate() {
            let weight = self.taper.as_ref().map_or(1.0, |taper| taper[n]);
            *out = ((f64::from(x) - mean) * weight) as f32;
        }
        self.forward.magnitudes(&self.padded, &mut self.magnitudes);
        let scale = 1.0 / self.padded.len() as f64;
        let power = |m: &f32| (f64::from(*m) * f64::from(*m) * scale, 0.0);
        back(&mut self.backward, self.magnitudes.iter().map(power), &mut self.lags);
        &self.lags[..size]
    }
}

/// Unnormalised r\[0\] of a one-sided real spectrum: both halves' sum. Eight accumulators, so that
/// the compiler may use lanes.
fn zero_lag(spectrum: &[f32]) -> f32 {
    let mut lanes = [0.0_f32; 8];
    let chunks = spectrum.chunks_exact(8);
    let rest: f32 = chunks.remainder().iter().sum();
    for chunk in chunks {
        for (lane, &value) in lanes.iter_mut().zip(chunk) {
            *lane += value;
        }
    }
    let first = spectrum.first().copied().unwrap_or_default();
    let last = spectrum.last().copied().unwrap_or_default();
    2.0 * (lanes.iter().sum::<f32>() + rest) - first - last
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(len: usize) -> Vec<f32> {
        let mut state = 1_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / 16_777_216.0
        };
        (0..len).map(|_| next()).collect()
    }

    #[test]
    fn blocks_give_the_sum_of_products() {
        let x = noise(1_000);
        let mut acf = BlockAutocorrelation::new(64);
        let mut padded = x.clone();
        padded.resize(1_000 + 256, 0.0);
        for start in (0..1_000).step_by(64) {
            acf.add(&padded[start..start + 128]);
        }
        let found = acf.finish();
        for (lag, &value) in found.iter().enumerate() {
            let direct: f64 =
                x.iter().zip(&x[lag..]).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum();
            assert!((value - direct).abs() < 1e-3, "lag {lag}: {value} against {direct}");
        }
    }

    #[test]
    fn a_pulse_train_peaks_at_its_period() {
        let mut window = vec![0.0; 300];
        (0..300).step_by(25).for_each(|n| window[n] = 1.0);
        let mut acf = GeneralisedAutocorrelation::new(300);
        acf.add(&window);
        let lags = acf.finish();
        assert!((lags[0] - 1.0).abs() < 1e-5);
        assert!(lags[25] > 0.5 && lags[50] > 0.3, "{} {}", lags[25], lags[50]);
        assert!(lags[12].abs() < 0.1 && lags[37].abs() < 0.1);
    }

    #[test]
    fn silence_has_none() {
        let mut acf = GeneralisedAutocorrelation::new(300);
        acf.add(&[0.0; 300]);
        assert!(acf.finish().iter().all(|r| r.abs() <= 0.0));
    }

    #[test]
    fn windows_give_the_sum_of_products() {
        let x = noise(200);
        let mean = x.iter().map(|&x| f64::from(x)).sum::<f64>() / 200.0;
        let mut acf = WindowAutocorrelation::new(200, false);
        for (lag, &value) in acf.of(&x).iter().enumerate() {
            let product = |(a, b): (&f32, &f32)| (f64::from(*a) - mean) * (f64::from(*b) - mean);
            let direct: f64 = x.iter().zip(&x[lag..]).map(product).sum();
            assert!((value - direct).abs() < 1e-5, "lag {lag}: {value} against {direct}");
        }
    }
}
