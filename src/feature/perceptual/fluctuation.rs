//! Detrended fluctuation analysis: how a track's level wanders at scales of 0.3 to 9 seconds.

use crate::dsp::simd::{LANES, add, kernel, mul, sub, sum};

/// Samples of a frame, 220 and 221 in turn: 10 ms without drift.
const SHORT_FRAME: usize = 220;
/// Blocks in frames: 310 ms up to 8.8 s, each 1.1 times the one before (Essentia's defaults).
const SCALES: [usize; 36] = [
    31, 34, 37, 41, 45, 49, 54, 60, 66, 73, 80, 88, 97, 107, 117, 129, 142, 156, 172, 189, 208,
    229, 252, 277, 305, 335, 369, 406, 447, 491, 540, 595, 654, 719, 791, 871,
];
/// Frames that are worked on at once: sums over them start from zero, so that an hour is as exact
/// as a minute.
const STRETCH: usize = 4096;

/// Standard deviation of each 10 ms of mono at the analysis rate.
#[derive(Clone, Debug)]
struct Envelope {
    samples: [f32; SHORT_FRAME + 1],
    filled: usize,
    /// Length of the frame being filled.
    length: usize,
}

impl Envelope {
    fn new() -> Self {
        Self { samples: [0.0; SHORT_FRAME + 1], filled: 0, length: SHORT_FRAME }
    }

    /// Takes what the frame still needs; returns the rest, and the frame's value once it is full.
    fn take<'a>(&mut self, samples: &'a [f32]) -> (&'a [f32], Option<f64>) {
        let (now, rest) = samples.split_at(samples.len().min(self.length - self.filled));
        self.samples[self.filled..self.filled + now.len()].copy_from_slice(now);
        self.filled += now.len();
        if self.filled < self.length {
            return (rest, None);
        }
        let value = deviation(&self.samples[..self.length]);
        self.filled = 0;
        self.length = 2 * SHORT_FRAME + 1 - self.length;
        (rest, Some(f64::from(value)))
    }
}

kernel! {
    /// Standard deviation of a sample of the population; 0 where it is not a number.
    fn deviation(samples: &[f32]) -> f32 {
        let count = samples.len() as f32;
        let mean = total(samples, 0.0, false) / count;
        let variance = total(samples, mean, true) / (count - 1.0);
        if variance > 0.0 && variance < f32::MAX { variance.sqrt() } else { 0.0 }
    }
}

/// Sum of x - `from`, or of its square.
#[inline(always)]
fn total(samples: &[f32], from: f32, square: bool) -> f32 {
    let (blocks, rest) = samples.as_chunks::<LANES>();
    let mut last = [from; LANES];
    last[..rest.len()].copy_from_slice(rest);
    let mut lanes = [0.0; LANES];
    for block in blocks.iter().chain([&last]) {
        let x = sub(block, &[from; LANES]);
        lanes = add(&lanes, &if square { mul(&x, &x) } else { x });
    }
    sum(&lanes)
}

/// Running sums over the frames of a stretch, relative to its first value.
#[derive(Clone, Debug, Default)]
struct Sums {
    /// Before frame k: the sums of y, k y and y².
    rows: Vec<[f64; 3]>,
}

impl Sums {
    fn of(&mut self, walk: impl Iterator<Item = f64>) {
        self.rows.clear();
        let mut total = [0.0; 3];
        self.rows.push(total);
        let mut origin = None;
        for (k, value) in walk.enumerate() {
            let y = value - *origin.get_or_insert(value);
            total[0] += y;
            total[1] += k as f64 * y;
            total[2] += y * y;
            self.rows.push(total);
        }
    }

    /// Mean squared residual of the line through `scale` frames from `start` on.
    fn residual(&self, start: usize, scale: usize) -> f64 {
        let n = scale as f64;
        let [a, b] = [self.rows[start], self.rows[start + scale]];
        let (y, ky, yy) = (b[0] - a[0], b[1] - a[1], b[2] - a[2]);
        let xx = n * (n * n - 1.0) / 12.0;
        let xy = ky - (start as f64 + (n - 1.0) / 2.0) * y;
        ((yy - y * y / n - xy * xy / xx) / n).max(0.0)
    }
}

/// Detrended fluctuation analysis of the envelope of a stream.
///
/// Method: Streich and Herrera, "Detrended fluctuation analysis of music signals: danceability
/// estimation and further semantic characterization", AES 118, 2005, with the scales, the steps and
/// the slope of Essentia's `Danceability`. A line is taken out of each block, so the mean of the
/// envelope, which Essentia subtracts first, need not be known: memory does not grow.
#[derive(Clone, Debug)]
pub(super) struct Fluctuation {
    envelope: Envelope,
    /// Level summed up to the last frame.
    walk: f64,
    /// The sums so far, from frame `first` on.
    pending: Vec<f64>,
    /// Index of the first pending frame; no block begins before it any more.
    first: usize,
    /// Per scale: where the next block begins, and the squared residuals so far.
    next: [usize; SCALES.len()],
    residuals: [f64; SCALES.len()],
    sums: Sums,
}

impl Fluctuation {
    pub(super) fn new() -> Self {
        Self {
            envelope: Envelope::new(),
            walk: 0.0,
            pending: Vec::with_capacity(STRETCH + 1),
            first: 0,
            next: [0; SCALES.len()],
            residuals: [0.0; SCALES.len()],
            sums: Sums { rows: Vec::with_capacity(STRETCH + 1) },
        }
    }

    /// Takes mono samples at the analysis rate.
    pub(super) fn push(&mut self, mut samples: &[f32]) {
        while !samples.is_empty() {
            let (rest, value) = self.envelope.take(samples);
            samples = rest;
            if let Some(value) = value {
                self.step(value);
            }
        }
    }

    fn step(&mut self, deviation: f64) {
        self.walk += deviation;
        self.pending.push(self.walk);
        if self.pending.len() == STRETCH {
            self.work();
        }
    }

    /// Adds up all blocks that end before the last pending frame, and lets go of what is done.
    fn work(&mut self) {
        self.sums.of(self.pending.iter().copied());
        let end = self.first + self.pending.len();
        for ((&scale, next), residuals) in
            SCALES.iter().zip(&mut self.next).zip(&mut self.residuals)
        {
            while *next + scale < end {
                *residuals += self.sums.residual(*next - self.first, scale);
                *next += jump(scale);
            }
        }
        let done = self.next.iter().copied().min().unwrap_or(end).min(end);
        self.pending.drain(..done - self.first);
        self.first = done;
    }

    /// Danceability of Essentia, 0 to about 3: the inverse of the mean slope of the fluctuation over
    /// the scale, both logarithmic. `None` for silence and below 0.7 s; higher is steadier.
    pub(super) fn finish(mut self) -> Option<f64> {
        self.work();
        let frames = self.first + self.pending.len();
        let fluctuation = |(&scale, &residuals): (&usize, &f64)| {
            let blocks = (frames - scale) as f64 / jump(scale) as f64;
            (scale as f64, if blocks > 0.0 { (residuals / blocks).sqrt() } else { 0.0 })
        };
        let known = SCALES.iter().zip(&self.residuals).take_while(|(scale, _)| **scale <= frames);
        let curve: Vec<(f64, f64)> = known.map(fluctuation).collect();
        let steps = curve.len().checked_sub(1).filter(|&steps| steps > 0)?;
        let sum: f64 = curve.windows(2).map_while(slope).sum();
        let mean = sum / steps as f64;
        (mean > 0.0).then(|| 1.0 / mean)
    }

    #[cfg(test)]
    pub(super) fn held(&self) -> u64 {
        let rows = self.sums.rows.capacity() * size_of::<[f64; 3]>();
        (self.pending.capacity() * size_of::<f64>() + rows) as u64
    }

    /// Upper bound of the heap bytes held, whatever the length of the track.
    pub(super) fn footprint() -> u64 {
        ((STRETCH + 1) * (size_of::<f64>() * 2 + size_of::<[f64; 3]>())) as u64
    }
}

/// Frames from the beginning of a block to that of the next.
fn jump(scale: usize) -> usize {
    (scale / 50).max(1)
}

/// Slope between two neighbouring scales; `None` where there is no fluctuation.
fn slope(pair: &[(f64, f64)]) -> Option<f64> {
    let &[(before, low), (after, high)] = pair else { return None };
    // The 3 is of the original article: short blocks are fitted too well.
    (low > 0.0 && high > 0.0)
        .then(|| (high / low).log10() / ((after + 3.0) / (before + 3.0)).log10())
}
