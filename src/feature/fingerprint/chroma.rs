//! Energies of the twelve notes, smoothed and normalised.

use super::RATE_HZ;
use crate::dsp::fft::{Plan, RealFft};
use std::collections::VecDeque;
use std::f64::consts::TAU;
use std::sync::{Arc, LazyLock};

/// Samples in a frame.
const FRAME: usize = 4096;
/// Samples between two frames.
pub(super) const HOP: usize = FRAME / 3;
/// Lowest and highest frequency that counts, in hertz.
const RANGE_HZ: (f64, f64) = (28.0, 3520.0);
/// The lowest A, where octaves begin, in hertz.
const BASE_HZ: f64 = 440.0 / 16.0;
/// Tables of the transform.
static PLAN: LazyLock<Arc<Plan>> = LazyLock::new(|| Arc::new(Plan::new(&hamming())));
/// First bin that counts, and the note of it and of each that follows.
static NOTE_OF_BIN: LazyLock<(usize, Vec<u8>)> = LazyLock::new(|| {
    let bin = |hz: f64| (FRAME as f64 * hz / f64::from(RATE_HZ)).round() as usize;
    let (first, end) = (bin(RANGE_HZ.0), bin(RANGE_HZ.1));
    (first, (first..end).map(note).collect())
});
/// Weights of five neighbouring frames.
const SMOOTHING: [f64; 5] = [0.25, 0.75, 1.0, 0.75, 0.25];
/// Below this norm there is silence.
const SILENCE: f64 = 0.01;

/// Notes of an octave, from A.
pub(super) const NOTES: usize = 12;

/// One row of the image: a note each, norm 1, or all 0 in silence.
pub(super) type Row = [f64; NOTES];

/// From samples to rows, one a hop.
#[derive(Debug)]
pub(super) struct ChromaStream {
    fft: RealFft,
    samples: Vec<f32>,
    magnitudes: Vec<f32>,
    latest: VecDeque<Row>,
}

impl ChromaStream {
    pub(super) fn new() -> Self {
        Self {
            fft: RealFft::new(Arc::clone(&PLAN)),
            samples: Vec::new(),
            magnitudes: vec![0.0; FRAME / 2 + 1],
            latest: VecDeque::with_capacity(SMOOTHING.len() + 1),
        }
    }

    /// Takes samples and gives the rows that they complete.
    pub(super) fn push(&mut self, samples: &[i16], mut give: impl FnMut(&Row)) {
        self.samples.extend(samples.iter().map(|&sample| f32::from(sample)));
        let (first_bin, notes) = &*NOTE_OF_BIN;
        let mut at = 0;
        while let Some(frame) = self.samples.get(at..at + FRAME) {
            self.fft.magnitudes(frame, &mut self.magnitudes);
            let row = energies(&self.magnitudes, *first_bin, notes);
            if let Some(row) = smoothed(&mut self.latest, row) {
                give(&normalised(row));
            }
            at += HOP;
        }
        self.samples.drain(..at.min(self.samples.len()));
    }

    /// Heap bytes held, at most, when up to `samples` samples arrive at once.
    pub(super) fn footprint(samples: u64) -> u64 {
        let rows = (SMOOTHING.len() + 1) * size_of::<Row>();
        // Vectors double when they grow.
        let held = 2 * 4 * (FRAME as u64 + samples);
        RealFft::footprint(FRAME) + held + (4 * (FRAME / 2 + 1) + rows) as u64
    }

    #[cfg(test)]
    pub(super) fn held(&self) -> u64 {
        let rows = self.latest.capacity() * size_of::<Row>();
        let floats = 4 * (self.samples.capacity() + self.magnitudes.capacity());
        RealFft::footprint(FRAME) + (floats + rows) as u64
    }
}

/// The window, with 16-bit full scale at 1: R. W. Hamming's, symmetric.
fn hamming() -> Vec<f64> {
    let step = TAU / (FRAME - 1) as f64;
    let weight = |n: usize| (0.54 - 0.46 * (step * n as f64).cos()) / f64::from(i16::MAX);
    (0..FRAME).map(weight).collect()
}

/// The note a bin counts for, from A, rounded down.
fn note(bin: usize) -> u8 {
    let hz = bin as f64 * f64::from(RATE_HZ) / FRAME as f64;
    let octave = (hz / BASE_HZ).log2();
    ((octave - octave.floor()) * NOTES as f64) as u8
}

fn energies(magnitudes: &[f32], first_bin: usize, notes: &[u8]) -> Row {
    let mut row = [0.0; NOTES];
    for (magnitude, note) in magnitudes.iter().skip(first_bin).zip(notes) {
        if let Some(sum) = row.get_mut(usize::from(*note)) {
            *sum += f64::from(*magnitude) * f64::from(*magnitude);
        }
    }
    row
}

/// The weighted sum of the last five rows, once there are five.
fn smoothed(latest: &mut VecDeque<Row>, row: Row) -> Option<Row> {
    latest.push_back(row);
    if latest.len() > SMOOTHING.len() {
        latest.pop_front();
    }
    let mut sum = [0.0; NOTES];
    for (row, weight) in latest.iter().zip(SMOOTHING) {
        for (sum, energy) in sum.iter_mut().zip(row) {
            *sum += energy * weight;
        }
    }
    (latest.len() == SMOOTHING.len()).then_some(sum)
}

fn normalised(row: Row) -> Row {
    let norm = row.iter().map(|energy| energy * energy).sum::<f64>().sqrt();
    if norm < SILENCE { [0.0; NOTES] } else { row.map(|energy| energy / norm) }
}
