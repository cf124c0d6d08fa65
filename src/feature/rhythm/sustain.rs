//! Whether the sound goes on between attacks, as music does, or stops and changes, as speech does.

use super::onset_function::MEL_BANDS;

/// Frames of a block: 1 s.
const BLOCK: u32 = 50;
/// Fewer blocks cannot tell.
const LEAST_BLOCKS: u64 = 10;
const BINS: usize = 64;
/// Below this median of lowest over mean level the sound is broken: speech reaches 0.27 (0.8 with
/// noise in its gaps), music begins at 0.33.
const BROKEN: f64 = 0.4;
/// Above this change from frame to frame, as a share of the level, the sound is restless: speech
/// begins at 0.14 (0.08 with noise in its gaps), music has 0.03 to 0.18, 0.06 in the middle.
const RESTLESS: f64 = 0.085;
const LANES: usize = 8;

/// Two measures of a track's log-mel frames: the lowest over the mean level within each second, and
/// the mean absolute change from frame to frame over the mean level.
#[derive(Debug)]
pub(super) struct Sustain {
    histogram: [u32; BINS],
    lowest: f32,
    sum: f32,
    frames: u32,
    before: Option<[f32; MEL_BANDS]>,
    change: f64,
    level: f64,
}

impl Default for Sustain {
    fn default() -> Self {
        Self {
            histogram: [0; BINS],
            lowest: f32::INFINITY,
            sum: 0.0,
            frames: 0,
            before: None,
            change: 0.0,
            level: 0.0,
        }
    }
}

impl Sustain {
    /// Adds the next frame; one that is not finite makes the track restless.
    pub(super) fn push(&mut self, log_mel: &[f32; MEL_BANDS]) {
        let level = sum(log_mel, |value| value);
        let before = self.before.replace(*log_mel).unwrap_or(*log_mel);
        let mut steps = *log_mel;
        for (step, before) in steps.iter_mut().zip(before) {
            *step -= before;
        }
        self.change += f64::from(sum(&steps, f32::abs));
        self.level += f64::from(level);
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

    /// True when the sound goes on, without much change, within most seconds: not speech. False
    /// below 10 s, which cannot tell.
    pub(super) fn is_sustained(&self) -> bool {
        let count = |bins: &[u32]| bins.iter().map(|&count| u64::from(count)).sum::<u64>();
        let blocks = count(&self.histogram);
        let broken = count(&self.histogram[..(BROKEN * BINS as f64) as usize]);
        blocks >= LEAST_BLOCKS && 2 * broken < blocks && self.change < RESTLESS * self.level
    }
}

/// Sum of `f` over the bands. Eight accumulators, so that the compiler may use lanes.
fn sum(values: &[f32; MEL_BANDS], f: impl Fn(f32) -> f32) -> f32 {
    let mut lanes = [0.0_f32; LANES];
    for chunk in values.chunks_exact(LANES) {
        for (lane, &value) in lanes.iter_mut().zip(chunk) {
            *lane += f(value);
        }
    }
    lanes.iter().sum()
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
    fn gaps_and_restlessness_are_told_from_held_tones() {
        assert!(sustain(|k| 3.0 + (k % 7) as f32 * 0.1).is_sustained());
        assert!(!sustain(|k| if k % 20 < 12 { 3.0 } else { 0.1 }).is_sustained());
        assert!(!sustain(|k| 3.0 + (k % 2) as f32).is_sustained());
        assert!(!sustain(|_| 0.0).is_sustained());
        assert!(!sustain(|_| f32::NAN).is_sustained());
    }

    #[test]
    fn a_short_track_cannot_tell() {
        let mut sustain = Sustain::default();
        (0..499).for_each(|_| sustain.push(&[3.0; MEL_BANDS]));
        assert!(!sustain.is_sustained());
    }
}
