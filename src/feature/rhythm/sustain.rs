//! Whether the sound goes on between attacks, as music does, or stops, as speech does.

use super::onset_function::MEL_BANDS;

/// Frames of a block: 1 s.
const BLOCK: u32 = 50;
const BINS: usize = 64;
/// Fewer blocks cannot tell.
const LEAST_BLOCKS: u64 = 10;
/// Below this the sound is broken: speech reaches 0.27, music begins at 0.33.
const BROKEN: f64 = 0.4;

/// Median over blocks of one second of the lowest over the mean level, levels being means of a
/// log-mel frame: 0 for speech and clicks, near 1 for held tones.
#[derive(Debug)]
pub(super) struct Sustain {
    histogram: [u32; BINS],
    lowest: f32,
    sum: f32,
    frames: u32,
}

impl Default for Sustain {
    fn default() -> Self {
        Self { histogram: [0; BINS], lowest: f32::INFINITY, sum: 0.0, frames: 0 }
    }
}

impl Sustain {
    /// Adds the next frame.
    pub(super) fn push(&mut self, log_mel: &[f32; MEL_BANDS]) {
        let mut lanes = [0.0_f32; 8];
        for chunk in log_mel.chunks_exact(lanes.len()) {
            lanes.iter_mut().zip(chunk).for_each(|(lane, value)| *lane += value);
        }
        let level = lanes.iter().sum::<f32>();
        self.lowest = self.lowest.min(level);
        self.sum += level;
        self.frames += 1;
        if self.frames == BLOCK {
            self.close_block();
        }
    }

    fn close_block(&mut self) {
        let ratio = self.lowest * BLOCK as f32 / self.sum;
        if ratio.is_finite() {
            let bin = ((ratio.clamp(0.0, 1.0) * BINS as f32) as usize).min(BINS - 1);
            self.histogram[bin] = self.histogram[bin].saturating_add(1);
        }
        (self.lowest, self.sum, self.frames) = (f32::INFINITY, 0.0, 0);
    }

    /// True when the sound stops within most seconds, and for less than 10 s.
    pub(super) fn is_broken(&self) -> bool {
        let blocks: u64 = self.histogram.iter().map(|&count| u64::from(count)).sum();
        let below = (BROKEN * BINS as f64) as usize;
        let broken: u64 = self.histogram.iter().take(below).map(|&count| u64::from(count)).sum();
        blocks < LEAST_BLOCKS || 2 * broken >= blocks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sustain(level: impl Fn(u32) -> f32) -> Sustain {
        let mut sustain = Sustain::default();
        (0..500).for_each(|k| sustain.push(&[level(k); MEL_BANDS]));
        sustain
    }

    #[test]
    fn gaps_are_told_from_held_tones() {
        assert!(!sustain(|k| 3.0 + (k % 7) as f32 * 0.3).is_broken());
        assert!(sustain(|k| if k % 20 < 12 { 3.0 } else { 0.1 }).is_broken());
        assert!(sustain(|_| 0.0).is_broken());
        assert!(sustain(|_| f32::NAN).is_broken());
    }
}
