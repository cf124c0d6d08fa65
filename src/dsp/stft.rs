//! Short-time Fourier transform of a stream.

use std::sync::{Arc, LazyLock};

use super::fft::{Plan, RealFft};
use super::window::hann;

/// Samples taken over at once, so that what is held does not depend on the caller.
const BLOCK: usize = 4096;

/// Magnitudes of centred, overlapping Hann windows.
///
/// Input: samples of one channel, finite, any cut. Output: for each frame k the magnitudes
/// `A[j] = (2/Σw) |Σ_n w[n] x[kH + n - N/2] e^(-2πi jn/N)|`, j = 0..=N/2, linear: a sine of
/// amplitude a on a bin gives a. Frame k is centred on sample kH; outside the signal x is 0; there
/// is one frame for every k with kH inside the signal. Silence gives zeros.
#[derive(Debug)]
pub struct Stft {
    fft: RealFft,
    window: usize,
    hop: usize,
    /// The signal from the start of the next frame on.
    pending: Vec<f32>,
    magnitudes: Vec<f32>,
    samples: u64,
    frames: u64,
}

impl Stft {
    /// Window and hop of the short transform, in samples: 92.9 ms and 20 ms at 22 050 Hz.
    pub const SHORT: (usize, usize) = (2048, 441);
    /// Window and hop of the long transform, in samples: 371.5 ms and 200 ms at 22 050 Hz.
    pub const LONG: (usize, usize) = (8192, 4410);

    /// A transform of `window` samples (raised to a power of two >= 64) every `hop` (1 to
    /// a window).
    pub fn new(window: usize, hop: usize) -> Self {
        let window = window.max(64).next_power_of_two();
        let mut pending = Vec::with_capacity(capacity(window));
        pending.resize(window / 2, 0.0);
        let magnitudes = vec![0.0; window / 2 + 1];
        let fft = RealFft::new(plan(window));
        Self { fft, window, hop: hop.clamp(1, window), pending, magnitudes, samples: 0, frames: 0 }
    }

    /// Calls `each` with the magnitudes of every frame that `samples` complete.
    pub fn push(&mut self, samples: &[f32], mut each: impl FnMut(&[f32])) {
        for block in samples.chunks(BLOCK) {
            self.samples += block.len() as u64;
            self.run(block, u64::MAX, &mut each);
        }
    }

    /// Calls `each` for the frames that reach beyond the end.
    pub fn finish(&mut self, mut each: impl FnMut(&[f32])) {
        let total = self.samples.div_ceil(self.hop as u64);
        while self.frames < total {
            self.run(&[0.0; BLOCK], total, &mut each);
        }
    }

    fn run(&mut self, block: &[f32], total: u64, each: &mut impl FnMut(&[f32])) {
        self.pending.extend_from_slice(block);
        let mut start = 0;
        while let Some(frame) = self.pending.get(start..start + self.window)
            && self.frames < total
        {
            self.fft.magnitudes(frame, &mut self.magnitudes);
            each(&self.magnitudes);
            self.frames += 1;
            start += self.hop;
        }
        self.pending.drain(..start);
    }

    /// Upper bound of the heap bytes held, whatever the length of the stream.
    pub fn footprint(window: usize) -> u64 {
        RealFft::footprint(window) + 4 * (capacity(window) + window / 2 + 1) as u64
    }
}

/// Tables of a Hann window under which a sine of amplitude a on a bin gives a.
fn plan(window: usize) -> Arc<Plan> {
    static SHORT: LazyLock<Arc<Plan>> = LazyLock::new(|| scaled(Stft::SHORT.0));
    static LONG: LazyLock<Arc<Plan>> = LazyLock::new(|| scaled(Stft::LONG.0));
    if window == Stft::SHORT.0 {
        Arc::clone(&SHORT)
    } else if window == Stft::LONG.0 {
        Arc::clone(&LONG)
    } else {
        scaled(window)
    }
}

fn scaled(window: usize) -> Arc<Plan> {
    let mut weights = hann(window);
    let scale = 2.0 / weights.iter().sum::<f64>();
    for w in &mut weights {
        *w *= scale;
    }
    Arc::new(Plan::new(&weights))
}

fn capacity(window: usize) -> usize {
    window + BLOCK
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    fn frames(signal: &[f32], (window, hop): (usize, usize), cut: usize) -> Vec<Vec<f32>> {
        let mut stft = Stft::new(window, hop);
        let mut frames = Vec::new();
        signal.chunks(cut).for_each(|part| stft.push(part, |m| frames.push(m.to_vec())));
        stft.finish(|m| frames.push(m.to_vec()));
        frames
    }

    fn noise(samples: usize) -> Vec<f32> {
        (0..samples).map(|n| ((n * n * 31) % 1009) as f32 / 1009.0 - 0.5).collect()
    }

    #[test]
    fn a_sine_on_a_bin_has_its_amplitude_there() {
        let signal: Vec<f32> = (0..20_000)
            .map(|n| (0.7 * (TAU * 40.0 * f64::from(n) / 2048.0).sin()) as f32)
            .collect();
        let frames = frames(&signal, Stft::SHORT, 1000);
        let middle = &frames[20];
        assert!((middle[40] - 0.7).abs() < 1e-5 && (middle[41] - 0.35).abs() < 1e-5);
        assert!(middle[50] < 1e-5);
    }

    #[test]
    fn there_is_a_frame_for_every_hop_that_begins() {
        for (samples, expected) in [(0, 0), (1, 1), (441, 1), (442, 2), (22_050, 50)] {
            assert_eq!(frames(&noise(samples), Stft::SHORT, 500).len(), expected);
        }
    }

    #[test]
    fn the_cut_does_not_show() {
        let signal = noise(30_011);
        for size in [Stft::SHORT, Stft::LONG, (64, 64)] {
            let whole = frames(&signal, size, signal.len());
            for cut in [1, 7, 441, 1000, 8193] {
                assert!(frames(&signal, size, cut) == whole, "{size:?} in pieces of {cut}");
            }
        }
    }

    #[test]
    fn silence_is_exactly_zero() {
        assert!(frames(&[0.0; 4000], Stft::SHORT, 4000).concat().iter().all(|&m| m == 0.0));
    }

    #[test]
    fn memory_stays_within_the_footprint() {
        for (window, hop) in [Stft::SHORT, Stft::LONG] {
            let mut stft = Stft::new(window, hop);
            (0..20).for_each(|_| stft.push(&noise(50_000), |_| ()));
            let held = 4 * (stft.pending.capacity() + stft.magnitudes.capacity()) as u64
                + RealFft::footprint(window);
            assert!(held <= Stft::footprint(window), "{held}");
        }
    }
}
