//! Onset times by peak picking.

use super::kept::Kept;
use super::onset_function::BANDS;
use crate::dsp::peaks::parabola_offset;

/// Frames before and behind that a peak must exceed: onsets are at least 60 ms apart.
const MAXIMUM_REACH: usize = 2;
/// Frames before and behind whose mean a peak must exceed: 100 and 60 ms.
const MEAN_BEFORE: usize = 5;
const MEAN_BEHIND: usize = 3;
/// By how much, in mean log-mel rise.
const DELTA: f32 = 0.05;
const BLOCK: usize = 4096;

/// Number of onsets.
pub(super) fn count(kept: &Kept) -> usize {
    let mut count = 0;
    for_each(kept, |_| count += 1);
    count
}

/// Calls `each` with the position of every onset, in frames (fractional), ascending.
///
/// Method: a frame that is the maximum of ±40 ms and more than [`DELTA`] above the mean of
/// [-100, +60] ms; Böck, Krebs & Schedl, "Evaluating the online capabilities of onset detection
/// methods", ISMIR 2012, at 50 frames/s; moved to the top of the parabola.
pub(super) fn for_each(kept: &Kept, mut each: impl FnMut(f64)) {
    let mut block = vec![0.0; BLOCK + MEAN_BEFORE + MEAN_BEHIND];
    for first in (0..kept.len()).step_by(BLOCK) {
        kept.mix([1.0 / BANDS as f32; BANDS], first as isize - MEAN_BEFORE as isize, &mut block);
        for (i, near) in block.windows(MEAN_BEFORE + 1 + MEAN_BEHIND).enumerate() {
            if let Some(offset) = peak(near) {
                each((first + i) as f64 + offset);
            }
        }
    }
}

/// Offset in frames of the peak at the middle of `near`; `None` if there is none.
fn peak(near: &[f32]) -> Option<f64> {
    let here = near[MEAN_BEFORE];
    let mean = near.iter().sum::<f32>() / near.len() as f32;
    let before = &near[MEAN_BEFORE - MAXIMUM_REACH..MEAN_BEFORE];
    let behind = &near[MEAN_BEFORE + 1..=MEAN_BEFORE + MAXIMUM_REACH];
    let highest = before.iter().all(|&b| here > b) && behind.iter().all(|&b| here >= b);
    (highest && here > mean + DELTA).then(|| {
        let at = |i: usize| f64::from(near[i]);
        parabola_offset(at(MEAN_BEFORE - 1), at(MEAN_BEFORE), at(MEAN_BEFORE + 1))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peaks_are_found_across_blocks_and_small_ones_are_not() {
        let mut kept = Kept::default();
        for k in 0..10_000_usize {
            let strength = if k % 50 == 0 { 1.0 } else { (k % 3) as f32 * 0.01 };
            kept.push([strength; BANDS]);
        }
        let mut found = Vec::new();
        for_each(&kept, |frame: f64| found.push(frame));
        assert_eq!((count(&kept), found.len()), (200, 200));
        assert!(found.iter().enumerate().all(|(i, k)| (k - i as f64 * 50.0).abs() < 0.1));
    }
}
