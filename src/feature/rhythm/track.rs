//! Beats by dynamic programming.

use super::drift::Course;
use super::evidence::Evidence;
use crate::dsp::simd::{kernel, larger64};

/// λ of Ellis 2007: cost of a beat interval that differs from the period.
const TIGHTNESS: f64 = 100.0;
/// The last beat is sought within this many periods of the end.
const TAIL_PERIODS: f64 = 1.2;
/// Frames handled at once.
const BLOCK: usize = 4096;
/// A back-pointer is one byte: no beat interval is longer, 5.1 s.
const LONGEST_STEP: usize = u8::MAX as usize;
/// Totals that are compared together.
const TOGETHER: usize = 4;

/// Frames of the beats, ascending.
///
/// Method: Ellis, "Beat tracking by dynamic programming", JNMR 2007:
/// `C(k) = s(k) + max(0, max_j C(j) - λ ln²((k-j)/T_k))`, T/2 <= k-j <= 2T, traced back from the best
/// of the last 1.2 T. Holds one byte a frame.
pub(super) fn track(evidence: &Evidence, course: &Course) -> Vec<u32> {
    let frames = evidence.frames();
    let mut steps = vec![0; frames];
    let mut search = Search::new();
    let tail = (TAIL_PERIODS * course.period(frames.saturating_sub(1))) as usize + 1;
    let mut last = (0, f64::NEG_INFINITY);
    let mut block = vec![0.0; BLOCK];
    let mut periods = vec![0.0; BLOCK];
    for (at, steps) in steps.chunks_mut(BLOCK).enumerate() {
        let first = at * BLOCK;
        let (block, periods) = (&mut block[..steps.len()], &mut periods[..steps.len()]);
        evidence.read_strength(first as isize, block);
        course.read(first, periods);
        search.begin_block(steps.len());
        advance(&mut search, block, periods, steps);
        for (frame, &total) in (first..).zip(&search.totals[LONGEST_STEP..]) {
            if frame + tail >= frames && total >= last.1 {
                last = (frame, total);
            }
        }
    }
    trace(&steps, last.0)
}

fn trace(steps: &[u8], last: usize) -> Vec<u32> {
    let mut frames = Vec::new();
    let mut frame = last;
    while let Some(&step) = steps.get(frame) {
        frames.push(frame as u32);
        if step == 0 {
            break;
        }
        frame -= usize::from(step);
    }
    frames.reverse();
    frames
}

/// What is known at a frame.
struct Search {
    /// Totals of the [`LONGEST_STEP`] frames before the block, then of the block.
    totals: Vec<f64>,
    /// Logarithms of the steps, the longest first.
    logs: [f64; LONGEST_STEP],
    /// Period for which the costs hold.
    period: f64,
    longest: usize,
    /// Costs of the allowed steps, the longest first, as the totals lie in memory; a multiple of
    /// [`TOGETHER`], at the end infinite.
    costs: Vec<f64>,
}

impl Search {
    fn new() -> Self {
        Self {
            totals: vec![f64::NEG_INFINITY; LONGEST_STEP],
            logs: std::array::from_fn(|i| ((LONGEST_STEP - i) as f64).ln()),
            period: 0.0,
            longest: 1,
            costs: Vec::with_capacity(LONGEST_STEP + TOGETHER),
        }
    }

    fn begin_block(&mut self, frames: usize) {
        self.totals.drain(..self.totals.len() - LONGEST_STEP);
        self.totals.resize(LONGEST_STEP + frames + TOGETHER, f64::NEG_INFINITY);
    }
}

kernel! {
    fn advance(search: &mut Search, block: &[f32], periods: &[f64], steps: &mut [u8]) {
        for (i, ((&value, &period), step)) in block.iter().zip(periods).zip(steps).enumerate() {
            // The same number as in the frame before, not one near it: then the costs stand.
            if period.to_bits() != search.period.to_bits() {
                set_costs(search, period);
            }
            let at = LONGEST_STEP + i;
            let before = &search.totals[at - search.longest..];
            let (best, found) = best_of(before, &search.costs);
            let follows = best > 0.0;
            *step = if follows { (search.longest - found) as u8 } else { 0 };
            search.totals[at] = f64::from(value) + if follows { best } else { 0.0 };
        }
        let end = search.totals.len() - TOGETHER;
        search.totals.truncate(end);
    }
}

#[inline(always)]
fn set_costs(search: &mut Search, period: f64) {
    let longest = ((2.0 * period).ceil() as usize).clamp(1, LONGEST_STEP);
    let shortest = ((0.5 * period) as usize).clamp(1, longest);
    let log = period.ln();
    search.costs.clear();
    for ln in &search.logs[LONGEST_STEP - longest..=LONGEST_STEP - shortest] {
        search.costs.push(TIGHTNESS * ((ln - log) * (ln - log)));
    }
    let whole = search.costs.len().next_multiple_of(TOGETHER);
    search.costs.resize(whole, f64::INFINITY);
    (search.period, search.longest) = (period, longest);
}

/// Highest total less cost, and the first place of it.
#[inline(always)]
fn best_of(before: &[f64], costs: &[f64]) -> (f64, usize) {
    let mut lanes = [f64::NEG_INFINITY; TOGETHER];
    let (before, costs) = (before.as_chunks::<TOGETHER>().0, costs.as_chunks::<TOGETHER>().0);
    for (total, cost) in before.iter().zip(costs) {
        for lane in 0..TOGETHER {
            lanes[lane] = larger64(total[lane] - cost[lane], lanes[lane]);
        }
    }
    let best = larger64(larger64(lanes[0], lanes[1]), larger64(lanes[2], lanes[3]));
    for (at, (total, cost)) in before.iter().zip(costs).enumerate() {
        for lane in 0..TOGETHER {
            if total[lane] - cost[lane] >= best {
                return (best, at * TOGETHER + lane);
            }
        }
    }
    (f64::NEG_INFINITY, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_is_the_first_of_the_highest() {
        let (before, costs) = (
            [1.0, 5.0, 2.0, 6.0, 9.0, 9.0, 0.0, 0.0],
            [1.0, 1.0, 0.0, 2.0, 9.0, 9.0, 0.0, f64::INFINITY],
        );
        let (best, at) = best_of(&before, &costs);
        assert!((best - 4.0).abs() < 1e-12 && at == 1);
        let (best, _) = best_of(&[f64::NEG_INFINITY; 4], &[0.0; 4]);
        assert!(best < 0.0);
    }

    #[test]
    fn costs_span_half_to_twice_the_period() {
        let mut search = Search::new();
        set_costs(&mut search, 25.0);
        assert_eq!(search.longest, 50);
        let finite = search.costs.iter().filter(|cost| cost.is_finite()).count();
        assert_eq!(finite, 50 - 12 + 1);
        assert!(search.costs[25].abs() < 1e-20, "a step of the period costs nothing");
        set_costs(&mut search, 500.0);
        assert_eq!(search.longest, LONGEST_STEP);
    }
}
