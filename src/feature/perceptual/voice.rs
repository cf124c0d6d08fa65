//! What moves in the band of the voice without drums and bass moving too.

use super::band_pass::BandPass;
use super::bands::{BASS, TREBLE, VOICE};
use super::frame::Frame;
use crate::dsp::mel::MEL_BANDS;
use std::ops::Range;

/// Frames between the spectra that are compared: 40 ms, within a phoneme.
const LAG: usize = 2;

/// Second moments of N quantities, the last of which is to be explained by the others.
#[derive(Clone, Copy, Debug)]
struct Moments<const N: usize> {
    count: f64,
    sums: [f64; N],
    products: [[f64; N]; N],
}

impl<const N: usize> Moments<N> {
    const NONE: Self = Self { count: 0.0, sums: [0.0; N], products: [[0.0; N]; N] };

    fn push(&mut self, x: [f64; N]) {
        self.count += 1.0;
        for i in 0..N {
            self.sums[i] += x[i];
            for j in 0..N {
                self.products[i][j] += x[i] * x[j];
            }
        }
    }

    /// Share of the last quantity's variance that no linear combination of the others has, 0..=1;
    /// `None` where it does not vary.
    fn unexplained(&self) -> Option<f64> {
        let mut m = self.covariance();
        let before = m[N - 1][N - 1];
        let scale = std::array::from_fn::<f64, N, _>(|i| m[i][i]);
        // Elimination of one regressor after the other: what remains is the residual.
        for p in 0..N - 1 {
            if m[p][p] <= 1e-9 * scale[p] || scale[p] <= 0.0 {
                continue;
            }
            for i in p + 1..N {
                let factor = m[i][p] / m[p][p];
                let (above, below) = m.split_at_mut(i);
                let pairs = below[0].iter_mut().zip(&above[p]);
                for (x, pivot) in pairs.skip(p + 1) {
                    *x -= factor * pivot;
                }
            }
        }
        (before > 1e-12).then(|| (m[N - 1][N - 1] / before).clamp(0.0, 1.0))
    }

    fn covariance(&self) -> [[f64; N]; N] {
        let mean = |sum: f64| sum / self.count.max(1.0);
        std::array::from_fn(|i| {
            std::array::from_fn(|j| {
                mean(self.products[i][j]) - mean(self.sums[i]) * mean(self.sums[j])
            })
        })
    }
}

/// What the band of the voice does by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct VoiceCues {
    /// Share of its level's modulation at 2.5-8 Hz that bass and treble do not share, 0..=1.
    pub(super) own_syllables: f64,
    /// Natural logarithm of that modulation's energy over the energy of the level.
    pub(super) log_depth: f64,
    /// Share of the change of its spectrum's shape that onsets, bass and treble do not explain.
    pub(super) own_motion: f64,
}

/// Follows the band of the voice.
#[derive(Clone, Debug)]
pub(super) struct Voice {
    filter: BandPass,
    /// Of bass, treble and voice.
    states: [[f32; 2]; 3],
    syllables: Moments<3>,
    carried: f64,
    /// Logarithmic spectra of the last frames, the oldest first; fewer after silence.
    before: [[f32; MEL_BANDS]; LAG],
    known: usize,
    motion: Moments<4>,
}

impl Voice {
    pub(super) fn new() -> Self {
        Self {
            filter: BandPass::new(2.5, 8.0),
            states: [[0.0; 2]; 3],
            syllables: Moments::NONE,
            carried: 0.0,
            before: [[0.0; MEL_BANDS]; LAG],
            known: 0,
            motion: Moments::NONE,
        }
    }

    pub(super) fn push(&mut self, frame: &Frame) {
        let levels = [BASS, TREBLE, VOICE].map(|range| level(&frame.mel, range));
        let mut filtered = [0.0; 3];
        for ((y, state), &x) in filtered.iter_mut().zip(&mut self.states).zip(&levels) {
            *y = f64::from(self.filter.step(state, x));
        }
        if !frame.is_heard() {
            self.known = 0;
            return;
        }
        self.syllables.push(filtered);
        self.carried += f64::from(levels[2]) * f64::from(levels[2]);
        self.compare(frame);
    }

    fn compare(&mut self, frame: &Frame) {
        let [oldest, .., newest] = &self.before;
        if self.known == LAG {
            let change = |range| f64::from(change(&frame.log, oldest, range));
            self.motion.push([
                change(BASS),
                change(TREBLE),
                f64::from(frame.rise),
                f64::from(shape_change(&frame.log, oldest)),
            ]);
        }
        self.before = [*newest, frame.log];
        self.known = (self.known + 1).min(LAG);
    }

    /// `None` where nothing moves.
    pub(super) fn finish(&self) -> Option<VoiceCues> {
        let depth = self.syllables.products[2][2] / self.carried.max(1e-12);
        let own_syllables = self.syllables.unexplained()?;
        Some(VoiceCues {
            own_syllables,
            log_depth: (own_syllables * depth).max(1e-9).ln(),
            own_motion: self.motion.unexplained()?,
        })
    }
}

/// Mean square root of the magnitudes.
fn level(mel: &[f32; MEL_BANDS], range: Range<usize>) -> f32 {
    let bands = &mel[range];
    bands.iter().map(|x| x.sqrt()).sum::<f32>() / bands.len() as f32
}

/// Mean difference of two logarithmic spectra.
fn change(now: &[f32; MEL_BANDS], before: &[f32; MEL_BANDS], range: Range<usize>) -> f32 {
    let (now, before) = (&now[range.clone()], &before[range]);
    now.iter().zip(before).map(|(a, b)| (a - b).abs()).sum::<f32>() / now.len() as f32
}

/// The same in the band of the voice, after the difference of level is taken out.
fn shape_change(now: &[f32; MEL_BANDS], before: &[f32; MEL_BANDS]) -> f32 {
    let (now, before) = (&now[VOICE], &before[VOICE]);
    let count = now.len() as f32;
    let rise = now.iter().zip(before).map(|(a, b)| a - b).sum::<f32>() / count;
    now.iter().zip(before).map(|(a, b)| (a - b - rise).abs()).sum::<f32>() / count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_a_sum_of_others_is_explained() {
        let mut moments = Moments::<3>::NONE;
        let mut own = Moments::<3>::NONE;
        for n in 0..1000_u32 {
            let [a, b, c] = [17, 31, 53].map(|k| f64::from(n * n * k % 101));
            moments.push([a, b, 5.0 + 2.0 * a - 3.0 * b]);
            own.push([a, a, c]);
        }
        assert!(moments.unexplained().expect("it varies") < 1e-9);
        assert!(own.unexplained().expect("it varies") > 0.9);
        assert_eq!(Moments::<3>::NONE.unexplained(), None);
    }
}
