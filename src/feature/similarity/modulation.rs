//! How the onset function of a track moves: its modulation spectrum.

use std::f64::consts::TAU;
use std::sync::{Arc, LazyLock};

use crate::dsp::fft::{Plan, RealFft};
use crate::dsp::mel::MEL_BANDS;
use crate::feature::rhythm::onset_function::{BANDS, Flux};

/// Ranges of modulation frequency.
pub(super) const RANGES: usize = 7;

/// Length of a window, in frames of 20 ms: 10.24 s, five periods of the slowest modulation.
const WINDOW: usize = 512;

/// Frames from window to window.
const HOP: usize = WINDOW / 2;

/// Lowest modulation frequency, in hertz; the highest is five octaves above.
const LOWEST_HZ: f64 = 0.5;
const OCTAVES: f64 = 5.0;

/// Tables of the transform.
static PLAN: LazyLock<Arc<Plan>> = LazyLock::new(|| Arc::new(Plan::new(&hann())));

/// Frames per second.
const RATE_HZ: f64 = 50.0;

/// Added to each energy: a modulation of a thousandth, where a strong beat has about 1.
const FLOOR: f64 = 1e-6;

/// Natural logarithms of the energies of each band and range.
pub(super) type Energies = [[f64; RANGES]; BANDS];

/// Sums the modulation spectra of overlapping windows. Holds one window.
#[derive(Debug)]
pub(super) struct Modulation {
    flux: Flux,
    transform: RealFft,
    /// The frames since the start of the window, a list a band.
    window: [Vec<f32>; BANDS],
    spectrum: Vec<f32>,
    sums: Energies,
    windows: u64,
}

impl Modulation {
    pub(super) fn new() -> Self {
        Self {
            flux: Flux::default(),
            transform: RealFft::new(Arc::clone(&PLAN)),
            window: std::array::from_fn(|_| Vec::with_capacity(WINDOW)),
            spectrum: vec![0.0; WINDOW / 2 + 1],
            sums: Energies::default(),
            windows: 0,
        }
    }

    /// Takes the 40 mel bands of the next frame, as ln(1 + 1000 M).
    pub(super) fn push(&mut self, compressed: &[f32; MEL_BANDS]) {
        let rise = self.flux.push(compressed);
        for (window, rise) in self.window.iter_mut().zip(rise) {
            window.push(rise);
        }
        if self.window.first().is_some_and(|window| window.len() == WINDOW) {
            self.add_window(1.0);
            self.window.iter_mut().for_each(|window| drop(window.drain(..HOP)));
        }
    }

    /// Logarithms of the mean energies; `None` without a frame.
    ///
    /// What is left behind the last whole window counts when there is none, drawn out to its length.
    pub(super) fn finish(mut self) -> Option<Energies> {
        let left = self.window.first().map_or(0, Vec::len);
        if self.windows == 0 && left > 0 {
            self.window.iter_mut().for_each(|window| window.resize(WINDOW, 0.0));
            self.add_window(WINDOW as f64 / left as f64);
        }
        let mean = |sum: f64| (sum / self.windows as f64 + FLOOR).ln();
        (self.windows > 0).then(|| self.sums.map(|band| band.map(mean)))
    }

    fn add_window(&mut self, gain: f64) {
        for (window, sums) in self.window.iter().zip(&mut self.sums) {
            self.transform.magnitudes(window, &mut self.spectrum);
            for (bin, &magnitude) in self.spectrum.iter().enumerate() {
                if let Some(sum) = range_of(bin).and_then(|range| sums.get_mut(range)) {
                    *sum += gain * f64::from(magnitude) * f64::from(magnitude);
                }
            }
        }
        self.windows += 1;
    }

    /// Upper bound of the heap bytes held.
    pub(super) fn footprint() -> u64 {
        let numbers = (BANDS + 1) * (WINDOW + 1);
        RealFft::footprint(WINDOW) + (size_of::<f32>() * numbers) as u64
    }
}

/// The Hann window, scaled so that a sine of amplitude a on a bin has the magnitude a.
fn hann() -> Vec<f64> {
    let phase = |n: usize| TAU * n as f64 / WINDOW as f64;
    (0..WINDOW).map(|n| (0.5 - 0.5 * phase(n).cos()) * 4.0 / WINDOW as f64).collect()
}

/// The range a bin lies in.
fn range_of(bin: usize) -> Option<usize> {
    let hz = bin as f64 * RATE_HZ / WINDOW as f64;
    let range = (hz / LOWEST_HZ).log2() * RANGES as f64 / OCTAVES;
    (range >= 0.0 && range < RANGES as f64).then_some(range as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::mel::compress;

    /// A level that swells and sinks at `hz` in all bands, for `seconds`.
    fn swelling(hz: f64, seconds: f64) -> Energies {
        let mut modulation = Modulation::new();
        for frame in 0..(seconds * RATE_HZ) as usize {
            let level = (TAU * hz * frame as f64 / RATE_HZ).sin().exp() * 0.05;
            modulation.push(&compress(&[level as f32; MEL_BANDS]));
        }
        modulation.finish().expect("frames")
    }

    fn strongest(energies: [f64; RANGES]) -> usize {
        (0..RANGES).max_by(|&a, &b| energies[a].total_cmp(&energies[b])).expect("seven")
    }

    #[test]
    fn each_rate_has_its_range() {
        assert_eq!([5, 6, 163, 164].map(range_of), [None, Some(0), Some(6), None]);
        for (hz, range) in [(0.7, 0), (1.0, 1), (2.0, 2), (3.0, 3), (5.0, 4), (8.0, 5)] {
            assert_eq!(strongest(swelling(hz, 30.0)[0]), range, "{hz} Hz");
        }
    }

    #[test]
    fn a_short_track_is_like_a_long_one() {
        let (short, long) = (swelling(2.0, 8.0)[1], swelling(2.0, 60.0)[1]);
        assert_eq!((strongest(short), strongest(long)), (2, 2));
        assert!((short[2] - long[2]).abs() < 1.0, "{short:?} {long:?}");
    }

    #[test]
    fn stillness_is_the_floor_and_nothing_is_nothing() {
        assert!(Modulation::new().finish().is_none());
        let mut modulation = Modulation::new();
        (0..600).for_each(|_| modulation.push(&compress(&[0.3; MEL_BANDS])));
        let energies = modulation.finish().expect("frames");
        assert!(energies.as_flattened().iter().all(|e| (e - FLOOR.ln()).abs() < 1e-6));
    }
}
