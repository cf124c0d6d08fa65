//! Dynamic range of one channel, as the TT meter defines it.

use super::kernel::Moments;

/// Blocks of 20 ms in a long block of 3 s.
pub(super) const LONG_BLOCK: u32 = 150;

/// Share of the long blocks, the loudest ones, that the range is measured from.
const LOUD_SHARE: f64 = 0.2;

/// Long blocks by which their store grows: an hour, 5 kB.
const GROWTH: usize = 1200;

/// Follows one channel.
#[derive(Clone, Debug, Default)]
pub(super) struct Dynamics {
    squares: f64,
    peak: f32,
    frames: u64,
    held: u32,
    /// Mean square of each long block.
    powers: Vec<f32>,
    /// The two largest peaks of long blocks, the largest first.
    peaks: [f32; 2],
}

impl Dynamics {
    /// Takes the sums over the next 20 ms.
    pub(super) fn push(&mut self, block: &Moments, frames: usize) {
        self.squares += block.squares;
        self.peak = self.peak.max(block.peak);
        self.frames += frames as u64;
        self.held += 1;
        if self.held == LONG_BLOCK {
            self.end_block();
        }
    }

    fn end_block(&mut self) {
        if self.powers.len() == self.powers.capacity() {
            self.powers.reserve_exact(GROWTH);
        }
        self.powers.push((self.squares / self.frames.max(1) as f64) as f32);
        let [first, second] = self.peaks;
        self.peaks = [first.max(self.peak), second.max(self.peak.min(first))];
        (self.squares, self.peak, self.frames, self.held) = (0.0, 0.0, 0, 0);
    }

    /// The range in dB; `None` below one long block and in silence. What is left of a block at the
    /// end does not count.
    ///
    /// Method: second highest peak over the root mean square of the loudest fifth of the blocks (at
    /// least one), the latter taken with the factor of a sine (sqrt 2), so that a steady sine has
    /// 0 dB: Pleasurize Music Foundation, TT Dynamic Range Meter (DR14), 2009.
    pub(super) fn finish(mut self) -> Option<f64> {
        self.powers.sort_unstable_by(|a, b| b.total_cmp(a));
        let loudest = ((self.powers.len() as f64 * LOUD_SHARE) as usize).max(1);
        let loud = self.powers.get(..loudest)?;
        let power = 2.0 * loud.iter().copied().map(f64::from).sum::<f64>() / loudest as f64;
        let peak = f64::from(self.peaks[usize::from(self.powers.len() > 1)]);
        (power > 0.0 && peak > 0.0).then(|| 10.0 * (peak * peak / power).log10())
    }

    /// Upper bound of the heap bytes held after so many seconds, growing included.
    pub(super) fn footprint(seconds: u64) -> u64 {
        (seconds / 3 + 2 * GROWTH as u64) * 2 * size_of::<f32>() as u64
    }

    /// Heap bytes really held.
    #[cfg(test)]
    pub(super) fn held_bytes(&self) -> usize {
        self.powers.capacity() * size_of::<f32>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Long blocks of the given root mean squares and peaks.
    fn range(blocks: &[(f64, f32)]) -> Option<f64> {
        let mut dynamics = Dynamics::default();
        for &(rms, peak) in blocks {
            let block = Moments { sum: 0.0, squares: rms * rms * 100.0, peak };
            (0..LONG_BLOCK).for_each(|_| dynamics.push(&block, 100));
        }
        dynamics.finish()
    }

    #[test]
    fn the_loudest_fifth_and_the_second_peak_decide() {
        // Two of ten blocks: mean square (0.04 + 0.01) / 2, twice that for the sine; peak 0.8.
        let mut blocks = vec![(0.01, 0.1); 7];
        blocks.extend([(0.2, 0.9), (0.05, 0.8), (0.1, 0.3)]);
        let expected = 10.0 * (0.8_f64.powi(2) / 0.05).log10();
        assert!((range(&blocks).expect("sound") - expected).abs() < 1e-5);
    }

    #[test]
    fn one_block_has_one_peak() {
        let found = range(&[(0.25, 0.5)]).expect("sound");
        assert!((found - 10.0 * (0.25_f64 / 0.125).log10()).abs() < 1e-5, "{found}");
    }

    #[test]
    fn silence_and_less_than_a_block_have_none() {
        assert_eq!(range(&[]), None);
        assert_eq!(range(&[(0.0, 0.0); 5]), None);
        let mut short = Dynamics::default();
        let block = Moments { sum: 0.0, squares: 1.0, peak: 1.0 };
        (1..LONG_BLOCK).for_each(|_| short.push(&block, 100));
        assert_eq!(short.finish(), None);
    }
}
