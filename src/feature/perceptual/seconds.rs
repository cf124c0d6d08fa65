//! What is said of each second: its level, its pauses, its syllables, its noise.

use super::band_pass::BandPass;
use super::bands::AIR;
use super::frame::{Frame, SILENCE};
use crate::dsp::mel::MEL_BANDS;
use crate::dsp::simd::{LANES, add, kernel, mul, sums};

/// Frames of a second.
const FRAMES: usize = 50;
/// Parts of a second that are compared to find its quietest: 200 ms each.
const PARTS: usize = 5;

/// One second that is not silence.
#[derive(Clone, Copy, Debug)]
pub(super) struct Second {
    /// Power in decibels, as [`Frame::power`].
    pub(super) level_db: f32,
    /// Share of frames with less than half the mean level: Scheirer and Slaney 1997.
    pub(super) pauses: f32,
    /// Share of the bands' energy that is modulated at 3-6 Hz: the rate of syllables.
    pub(super) syllables: f32,
    /// How much of 1-6.5 kHz never stops and is smooth across bands, 0..=1.
    pub(super) hiss: f32,
}

/// Cuts the frames into seconds.
#[derive(Clone, Debug)]
pub(super) struct Seconds {
    filter: BandPass,
    state: [[f32; MEL_BANDS]; 2],
    levels: [f32; FRAMES],
    filled: usize,
    parts: [[f32; MEL_BANDS]; PARTS],
    power: f64,
    modulated: f64,
    carried: f64,
    heard: Vec<Second>,
}

impl Seconds {
    pub(super) fn new() -> Self {
        Self {
            filter: BandPass::new(3.0, 6.0),
            state: [[0.0; MEL_BANDS]; 2],
            levels: [0.0; FRAMES],
            filled: 0,
            parts: [[0.0; MEL_BANDS]; PARTS],
            power: 0.0,
            modulated: 0.0,
            carried: 0.0,
            heard: Vec::new(),
        }
    }

    pub(super) fn push(&mut self, frame: &Frame) {
        let [modulated, carried] = modulation(&self.filter, &mut self.state, &frame.mel);
        self.modulated += f64::from(modulated);
        self.carried += f64::from(carried);
        self.power += f64::from(frame.power);
        for (part, x) in self.parts[self.filled * PARTS / FRAMES].iter_mut().zip(&frame.mel) {
            *part += x;
        }
        self.levels[self.filled] = frame.power.sqrt();
        self.filled += 1;
        if self.filled == FRAMES {
            self.end();
        }
    }

    fn end(&mut self) {
        let power = self.power / FRAMES as f64;
        if power > f64::from(SILENCE) {
            self.heard.push(Second {
                level_db: (10.0 * power.log10()) as f32,
                pauses: pauses(&self.levels),
                syllables: (self.modulated / self.carried.max(1e-9)) as f32,
                hiss: hiss(&self.parts),
            });
        }
        (self.filled, self.power, self.modulated, self.carried) = (0, 0.0, 0.0, 0.0);
        self.parts = [[0.0; MEL_BANDS]; PARTS];
    }

    /// The seconds that were no silence, in order; what is left over at the end does not count.
    pub(super) fn finish(self) -> Vec<Second> {
        self.heard
    }

    #[cfg(test)]
    pub(super) fn held(&self) -> u64 {
        (self.heard.capacity() * size_of::<Second>()) as u64
    }

    /// Upper bound of the heap bytes held after `frames` frames.
    pub(super) fn footprint(frames: u64) -> u64 {
        // A vector doubles as it grows and holds the old half meanwhile.
        (frames / FRAMES as u64 + 4) * 3 * size_of::<Second>() as u64
    }
}

fn pauses(levels: &[f32; FRAMES]) -> f32 {
    let half = levels.iter().sum::<f32>() / (2 * FRAMES) as f32;
    levels.iter().filter(|&&level| level < half).count() as f32 / FRAMES as f32
}

/// The quietest part of each band over its mean, less where the quietest parts are rough across
/// bands: tones end and leave gaps, a room and an audience leave a smooth floor.
fn hiss(parts: &[[f32; MEL_BANDS]; PARTS]) -> f32 {
    /// Roughness that counts as twice as little noise, over ln 2, in nepers.
    const ROUGH: f32 = 2.0 / 8.685889638;
    let (mut lowest, mut mean) = ([f32::MAX; MEL_BANDS], [0.0; MEL_BANDS]);
    for part in parts {
        for ((lowest, mean), &x) in lowest.iter_mut().zip(&mut mean).zip(part) {
            *lowest = lowest.min(x);
            *mean += x / PARTS as f32;
        }
    }
    let (lowest, mean) = (&lowest[AIR], &mean[AIR]);
    let share = lowest.iter().sum::<f32>() / (mean.iter().sum::<f32>() + 1e-6);
    let logs: Vec<f32> = lowest.iter().map(|x| (x + 1e-5).ln()).collect();
    let bends: f32 = logs.windows(3).map(|w| (w[2] - 2.0 * w[1] + w[0]).abs()).sum();
    let roughness = bends / (logs.len() - 2) as f32;
    (share * (-roughness / ROUGH).exp()).min(1.0)
}

kernel! {
    /// Energy of the filtered and of the unfiltered square roots of the bands.
    fn modulation(filter: &BandPass, state: &mut [[f32; MEL_BANDS]; 2], mel: &[f32; MEL_BANDS]) -> [f32; 2] {
        let (mut modulated, mut carried) = ([0.0; LANES], [0.0; LANES]);
        let [first, second] = state;
        let states = first.as_chunks_mut::<LANES>().0.iter_mut().zip(second.as_chunks_mut::<LANES>().0);
        for (block, (first, second)) in mel.as_chunks::<LANES>().0.iter().zip(states) {
            let mut y = [0.0; LANES];
            for i in 0..LANES {
                let mut state = [first[i], second[i]];
                y[i] = filter.step(&mut state, block[i].sqrt());
                [first[i], second[i]] = state;
            }
            modulated = add(&modulated, &mul(&y, &y));
            carried = add(&carried, block);
        }
        sums(&[modulated, carried])
    }
}
