//! Autocorrelation of long signals, a block at a time.

use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use realfft::num_complex::Complex;
use realfft::{ComplexToReal, FftNum, RealFftPlanner, RealToComplex};

/// Plans are made once for all tracks; their sizes are few powers of two.
type Planner<T> = LazyLock<Mutex<RealFftPlanner<T>>>;
static SINGLE: Planner<f32> = LazyLock::new(|| Mutex::new(RealFftPlanner::new()));
static DOUBLE: Planner<f64> = LazyLock::new(|| Mutex::new(RealFftPlanner::new()));

fn forward<T: FftNum>(planner: &Planner<T>, size: usize) -> Arc<dyn RealToComplex<T>> {
    planner.lock().unwrap_or_else(PoisonError::into_inner).plan_fft_forward(size)
}

fn inverse<T: FftNum>(planner: &Planner<T>, size: usize) -> Arc<dyn ComplexToReal<T>> {
    planner.lock().unwrap_or_else(PoisonError::into_inner).plan_fft_inverse(size)
}

/// Autocorrelation r\[τ\] = Σ x\[n\] x\[n+τ\], 0 <= τ < `lags`, of a signal that arrives in blocks.
///
/// Method: overlap-save. Each block of `lags` samples is correlated with itself and the `lags`
/// samples behind it by FFT; the cross spectra are summed in `f64`, so one inverse FFT at the end
/// gives the sum over all blocks. O(log lags) time a sample, memory independent of the signal.
pub struct BlockAutocorrelation {
    lags: usize,
    forward: Arc<dyn RealToComplex<f32>>,
    inverse: Arc<dyn ComplexToReal<f64>>,
    padded: Vec<f32>,
    block: Vec<Complex<f32>>,
    ahead: Vec<Complex<f32>>,
    sum: Vec<Complex<f64>>,
}

impl BlockAutocorrelation {
    /// `lags` is at least 1; a power of two is fastest.
    pub fn new(lags: usize) -> Self {
        let lags = lags.max(1);
        let forward = forward(&SINGLE, 2 * lags);
        let inverse = inverse(&DOUBLE, 2 * lags);
        let bins = lags + 1;
        Self {
            lags,
            padded: vec![0.0; 2 * lags],
            block: vec![Complex::default(); bins],
            ahead: vec![Complex::default(); bins],
            sum: vec![Complex::default(); bins],
            forward,
            inverse,
        }
    }

    /// Samples a block holds; [`Self::add`] wants twice as many.
    pub fn block_len(&self) -> usize {
        self.lags
    }

    /// Adds one block: `samples` are the block and what follows it, 2 × [`Self::block_len`] in all,
    /// zeros behind the end of the signal; the next call starts one block later.
    pub fn add(&mut self, samples: &[f32]) {
        let len = self.lags.min(samples.len());
        self.padded.fill(0.0);
        self.padded[..len].copy_from_slice(&samples[..len]);
        Self::transform(&*self.forward, &mut self.padded, &mut self.block);
        self.padded.fill(0.0);
        let len = samples.len().min(2 * self.lags);
        self.padded[..len].copy_from_slice(&samples[..len]);
        Self::transform(&*self.forward, &mut self.padded, &mut self.ahead);
        for ((sum, block), ahead) in self.sum.iter_mut().zip(&self.block).zip(&self.ahead) {
            let product = block.conj() * ahead;
            sum.re += f64::from(product.re);
            sum.im += f64::from(product.im);
        }
    }

    fn transform(fft: &dyn RealToComplex<f32>, input: &mut [f32], output: &mut [Complex<f32>]) {
        fft.process(input, output).expect("both buffers were made with the plan's lengths");
    }

    /// r\[0..lags\].
    ///
    /// # Panics
    /// Never: the buffers have the lengths of the plan.
    pub fn finish(mut self) -> Vec<f64> {
        let mut lags = vec![0.0; 2 * self.lags];
        if let Some(first) = self.sum.first_mut() {
            first.im = 0.0;
        }
        if let Some(last) = self.sum.last_mut() {
            last.im = 0.0;
        }
        self.inverse.process(&mut self.sum, &mut lags).expect("real ends and lengths of the plan");
        lags.truncate(self.lags);
        let scale = 1.0 / (2 * self.lags) as f64;
        for lag in &mut lags {
            *lag *= scale;
        }
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
    forward: Arc<dyn RealToComplex<f32>>,
    padded: Vec<f32>,
    spectrum: Vec<Complex<f32>>,
    root: Vec<f32>,
    sum: Vec<f64>,
    count: u64,
    inverse: Arc<dyn ComplexToReal<f64>>,
    mean: Vec<Complex<f64>>,
    lags: Vec<f64>,
}

/// Compression spreads r beyond the window: room for that, in window lengths.
const PADDING: usize = 6;

impl GeneralisedAutocorrelation {
    /// For windows of `size` samples, at least 2.
    pub fn new(size: usize) -> Self {
        let size = size.max(2);
        let fft_size = (PADDING * size).next_power_of_two();
        let step = std::f64::consts::TAU / (size - 1) as f64;
        Self {
            taper: (0..size).map(|n| (0.5 - 0.5 * (step * n as f64).cos()) as f32).collect(),
            forward: forward(&SINGLE, fft_size),
            padded: vec![0.0; fft_size],
            spectrum: vec![Complex::default(); fft_size / 2 + 1],
            root: vec![0.0; fft_size / 2 + 1],
            sum: vec![0.0; fft_size / 2 + 1],
            count: 0,
            inverse: inverse(&DOUBLE, fft_size),
            mean: vec![Complex::default(); fft_size / 2 + 1],
            lags: vec![0.0; fft_size],
        }
    }

    /// Adds one window; the autocorrelation of an all-zero one is zero.
    ///
    /// # Panics
    /// Never: the buffers have the lengths of the plan.
    pub fn add(&mut self, window: &[f32]) {
        self.padded.fill(0.0);
        for ((out, &x), &w) in self.padded.iter_mut().zip(window).zip(&self.taper) {
            *out = x * w;
        }
        self.forward
            .process(&mut self.padded, &mut self.spectrum)
            .expect("both buffers were made with the plan's lengths");
        for (root, bin) in self.root.iter_mut().zip(&self.spectrum) {
            *root = (bin.re * bin.re + bin.im * bin.im).sqrt();
        }
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
    ///
    /// # Panics
    /// Never: the buffers have the lengths of the plan.
    pub fn finish(mut self) -> Vec<f64> {
        let scale = 1.0 / self.count.max(1) as f64;
        for (bin, sum) in self.mean.iter_mut().zip(&self.sum) {
            *bin = Complex::new(*sum * scale, 0.0);
        }
        self.inverse
            .process(&mut self.mean, &mut self.lags)
            .expect("a real spectrum of the plan's length");
        self.lags.truncate(self.taper.len());
        self.lags
    }
}

/// Autocorrelation of windows of a fixed size, mean removed.
pub struct WindowAutocorrelation {
    taper: Option<Vec<f64>>,
    forward: Arc<dyn RealToComplex<f64>>,
    inverse: Arc<dyn ComplexToReal<f64>>,
    padded: Vec<f64>,
    spectrum: Vec<Complex<f64>>,
}

impl WindowAutocorrelation {
    /// For windows of `size` samples, at least 2, weighted by a Hann window if `tapered`.
    pub fn new(size: usize, tapered: bool) -> Self {
        let size = size.max(2);
        let fft_size = (2 * size).next_power_of_two();
        let step = std::f64::consts::TAU / (size - 1) as f64;
        let hann = || (0..size).map(|n| 0.5 - 0.5 * (step * n as f64).cos()).collect();
        Self {
            taper: tapered.then(hann),
            forward: forward(&DOUBLE, fft_size),
            inverse: inverse(&DOUBLE, fft_size),
            padded: vec![0.0; fft_size],
            spectrum: vec![Complex::default(); fft_size / 2 + 1],
        }
    }

    /// r\[`0..window.len()`\] of one window of the size given at first.
    ///
    /// # Panics
    /// Never: the buffers have the lengths of the plan.
    pub fn of(&mut self, window: &[f32]) -> &[f64] {
        let size = window.len().min(self.padded.len());
        let mean = window.iter().map(|&x| f64::from(x)).sum::<f64>() / size.max(1) as f64;
        self.padded.fill(0.0);
        for (out, &x) in self.padded.iter_mut().zip(window) {
            *out = f64::from(x) - mean;
        }
        for (out, w) in self.padded.iter_mut().zip(self.taper.iter().flatten()) {
            *out *= w;
        }
        self.forward
            .process(&mut self.padded, &mut self.spectrum)
            .expect("both buffers were made with the plan's lengths");
        let scale = 1.0 / self.padded.len() as f64;
        for bin in &mut self.spectrum {
            *bin = Complex::new((bin.re * bin.re + bin.im * bin.im) * scale, 0.0);
        }
        self.inverse
            .process(&mut self.spectrum, &mut self.padded)
            .expect("a real spectrum of the plan's length");
        self.padded.get(..size).unwrap_or_default()
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
            assert!((value - direct).abs() < 1e-9, "lag {lag}: {value} against {direct}");
        }
    }
}
