//! Frames and their magnitudes, with the conventions of those who trained.

use std::sync::Arc;

use crate::dsp::fft::{Plan, RealFft};
use crate::dsp::window::hann;
use crate::model::slot::spec::{Pad, Placed, Scaling, Spectrum, Window};

/// Samples taken over at once, so that what is held does not depend on the caller.
const BLOCK: usize = 4096;

/// Magnitudes of the frames of a stream.
#[derive(Debug)]
pub(super) struct Frames {
    fft: RealFft,
    bins: usize,
    reach: usize,
    lead: usize,
    hop: usize,
    pad: Pad,
    /// Frames go on to the last hop that begins within the signal.
    pad_end: bool,
    /// True once what lies before the signal is in `pending`.
    begun: bool,
    /// The signal from the start of the next frame on.
    pending: Vec<f32>,
    /// The last `lead + 1` samples.
    last: Vec<f32>,
    frame: Vec<f32>,
    magnitudes: Vec<f32>,
    samples: u64,
    count: u64,
}

impl Frames {
    pub(super) fn new(spectrum: &Spectrum) -> Self {
        let (reach, lead) = (spectrum.reach(), spectrum.lead());
        Self {
            fft: RealFft::new(Arc::new(Plan::new(&weights(spectrum)))),
            bins: spectrum.bins(),
            reach,
            lead,
            hop: spectrum.hop,
            pad: spectrum.pad,
            pad_end: spectrum.pad_end && !spectrum.centre,
            begun: false,
            pending: Vec::with_capacity(capacity(spectrum)),
            last: Vec::with_capacity(lead + 1 + BLOCK),
            frame: vec![0.0; spectrum.n_fft],
            magnitudes: vec![0.0; spectrum.bins()],
            samples: 0,
            count: 0,
        }
    }

    pub(super) fn bins(&self) -> usize {
        self.bins
    }

    /// Calls `each` with the magnitudes of every frame that `samples` complete; it may overwrite
    /// them.
    pub(super) fn push(&mut self, samples: &[f32], mut each: impl FnMut(&mut [f32])) {
        for block in samples.chunks(BLOCK) {
            self.samples += block.len() as u64;
            self.remember(block);
            self.pending.extend_from_slice(block);
            if !self.begun && self.pending.len() > self.lead {
                self.begin();
            }
            if self.begun {
                self.run(u64::MAX, &mut each);
            }
        }
    }

    /// Calls `each` for the frames that reach beyond the end.
    pub(super) fn finish(&mut self, mut each: impl FnMut(&mut [f32])) {
        if self.samples == 0 {
            return;
        }
        if !self.begun {
            self.begin();
        }
        let tail: Vec<f32> = (0..self.lead).map(|at| self.after(at)).collect();
        self.pending.extend(tail);
        self.run(u64::MAX, &mut each);
        let total = if self.pad_end { self.samples.div_ceil(self.hop as u64) } else { 0 };
        while self.count < total {
            self.pending.resize(self.reach, 0.0);
            self.run(total, &mut each);
        }
    }

    fn remember(&mut self, block: &[f32]) {
        self.last.extend_from_slice(block);
        let surplus = self.last.len().saturating_sub(self.lead + 1);
        self.last.drain(..surplus);
    }

    /// Puts what lies before the signal in front of it.
    fn begin(&mut self) {
        self.begun = true;
        let before: Vec<f32> = (1..=self.lead).rev().map(|back| self.before(back)).collect();
        self.pending.splice(..0, before);
    }

    /// The sample `back` places before the first.
    fn before(&self, back: usize) -> f32 {
        match self.pad {
            Pad::Zero => 0.0,
            Pad::Edge => self.pending.first().copied().unwrap_or(0.0),
            Pad::Reflect => mirrored(&self.pending, back),
        }
    }

    /// The sample `at + 1` places behind the last.
    fn after(&self, at: usize) -> f32 {
        match self.pad {
            Pad::Zero => 0.0,
            Pad::Edge => self.last.last().copied().unwrap_or(0.0),
            Pad::Reflect => {
                let place = bounced(at + 1, self.last.len());
                self.last.iter().rev().nth(place).copied().unwrap_or(0.0)
            }
        }
    }

    fn run(&mut self, total: u64, each: &mut impl FnMut(&mut [f32])) {
        let mut start = 0;
        while let Some(seen) = self.pending.get(start..start + self.reach)
            && self.count < total
        {
            let (front, _) = self.frame.split_at_mut(self.reach);
            front.copy_from_slice(seen);
            self.fft.magnitudes(&self.frame, &mut self.magnitudes);
            each(&mut self.magnitudes);
            self.count += 1;
            start += self.hop;
        }
        self.pending.drain(..start);
    }

    /// Heap bytes held now.
    #[cfg(test)]
    pub(super) fn held(&self) -> u64 {
        let numbers = self.pending.capacity()
            + self.last.capacity()
            + self.frame.capacity()
            + self.magnitudes.capacity();
        RealFft::footprint(self.frame.len()) + 4 * numbers as u64
    }

    /// Upper bound of the heap bytes held, whatever the length of the stream.
    pub(super) fn footprint(spectrum: &Spectrum) -> u64 {
        let numbers = 2 * capacity(spectrum)
            + 2 * (2 * spectrum.lead() + 1 + BLOCK)
            + 2 * (spectrum.n_fft + spectrum.bins());
        RealFft::footprint(spectrum.n_fft) + 4 * numbers as u64
    }
}

fn capacity(spectrum: &Spectrum) -> usize {
    spectrum.n_fft + 2 * spectrum.lead() + BLOCK
}

/// The signal mirrored at its first sample, `back` places before it.
pub(super) fn mirrored(signal: &[f32], back: usize) -> f32 {
    signal.get(bounced(back, signal.len())).copied().unwrap_or(0.0)
}

/// How far from the end it is mirrored at a walk of `steps` leads within `length` samples, which it
/// crosses as often as it has to.
fn bounced(steps: usize, length: usize) -> usize {
    let span = length.saturating_sub(1).max(1);
    let place = steps % (2 * span);
    let place = if place > span { 2 * span - place } else { place };
    place.min(length.saturating_sub(1))
}

/// The window in its place within the transform, scaled.
fn weights(spectrum: &Spectrum) -> Vec<f64> {
    let length = spectrum.window_length();
    let window = match spectrum.window {
        Window::HannPeriodic => hann(length),
        // One period of length N - 1, and the sample that closes it.
        Window::HannSymmetric => {
            let mut window = hann(length - 1);
            window.push(0.0);
            window
        }
        Window::Rectangular => vec![1.0; length],
    };
    let scale = match spectrum.scaling {
        Scaling::None => 1.0,
        Scaling::FrameLength => 1.0 / (spectrum.n_fft as f64).sqrt(),
        Scaling::Window => 1.0 / window.iter().map(|w| w * w).sum::<f64>().sqrt(),
    };
    let start = match spectrum.placed {
        Placed::Middle => (spectrum.n_fft - length) / 2,
        Placed::Start => 0,
    };
    let mut weights = vec![0.0; spectrum.n_fft];
    for (to, from) in weights.iter_mut().skip(start).zip(&window) {
        *to = from * scale;
    }
    weights
}
