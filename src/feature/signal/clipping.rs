//! Runs of samples at full scale.

/// Magnitude from which a sample may be clipped (-0.009 dBFS: 16-bit converters stop at 32 767).
pub(super) const FULL_SCALE: f32 = 0.999;

/// Consecutive samples at full scale that make a run: fewer are ordinary peaks.
const SHORTEST: u64 = 3;

/// Samples that are passed over together when none is at full scale.
const GROUP: usize = 16;

/// Counts the runs of one channel.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Clipping {
    current: u64,
    runs: u64,
    samples: u64,
}

impl Clipping {
    /// Takes the next samples, whose largest magnitude is `peak`.
    #[inline(always)]
    pub(super) fn push(&mut self, samples: &[f32], peak: f32) {
        if peak < FULL_SCALE {
            self.end_run();
            return;
        }
        for group in samples.chunks(GROUP) {
            if group.iter().fold(false, |any, x| any | (x.abs() >= FULL_SCALE)) {
                for sample in group {
                    self.step(sample.abs() >= FULL_SCALE);
                }
            } else {
                self.end_run();
            }
        }
    }

    #[inline(always)]
    fn step(&mut self, full: bool) {
        if full {
            self.current += 1;
        } else {
            self.end_run();
        }
    }

    #[inline(always)]
    fn end_run(&mut self) {
        if self.current >= SHORTEST {
            self.runs += 1;
            self.samples += self.current;
        }
        self.current = 0;
    }

    /// Number of runs, and of the samples in them.
    pub(super) fn finish(mut self) -> (u64, u64) {
        self.end_run();
        (self.runs, self.samples)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(samples: &[f32], cut: usize) -> (u64, u64) {
        let mut clipping = Clipping::default();
        for part in samples.chunks(cut) {
            clipping.push(part, part.iter().fold(0.0, |m, x| m.max(x.abs())));
        }
        clipping.finish()
    }

    #[test]
    fn three_in_a_row_are_a_run() {
        let mut samples = vec![0.0_f32; 100];
        samples[3..5].fill(1.0); // too short
        samples[14..19].fill(-1.0); // across a group
        samples[97..].fill(0.9995); // to the end
        for cut in [1, 2, 15, 16, 17, 100] {
            assert_eq!(count(&samples, cut), (2, 8), "cut {cut}");
        }
    }
}
