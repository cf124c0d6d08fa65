//! Fades at both ends, by what they are: a level that rises or falls steadily.

use super::cells::CELLS_PER_SECOND;
use super::energy::Energy;

/// Cells of a value that is fitted: 0.6 s, in which quick beats even out.
const SMOOTH: usize = 3;
/// Values that are looked at from an end on: 60 s, one a cell.
const LOOKED_AT: usize = 300;
/// Values of steady level beside the fade: as many as those of the fade, but at least 4 s and at
/// most 15 s. What the music does farther off has nothing to do with it.
const STEADY: (usize, usize) = (20, 75);
/// Shortest and longest fade, in values: 1.6 s and 45 s.
const LENGTHS: (usize, usize) = (8, 225);
/// A fade goes through so many decibels.
const LEAST_DB: f64 = 12.0;
/// Level below the loud parts at which the sound has gone, in decibels.
const GONE_DB: f64 = 40.0;
/// Root mean square deviation from the model, in decibels, that is still steady.
const STEADY_DB: f64 = 4.5;
/// Share of the squared deviation from one level that the fade must explain.
const EXPLAINED: f64 = 0.85;
/// Onsets a second in a fade; a last chord that dies away has none.
const LEAST_ONSETS_HZ: f64 = 0.4;
/// Seconds at the loud end of a fade in which an onset does not count: that chord's own.
const STRUCK_S: f64 = 0.5;

/// End of the fade-in and start of the fade-out, in seconds; `None` where there is none.
pub(super) fn fades(energy: &Energy, onsets: &[f64]) -> (Option<f64>, Option<f64>) {
    let Some(loud) = energy.loud_db() else { return (None, None) };
    let audible = |&cell: &usize| energy.level_db(cell, cell + 1) > loud - GONE_DB;
    let (Some(first), Some(last)) =
        ((0..energy.cells()).find(audible), (0..energy.cells()).rev().find(audible))
    else {
        return (None, None);
    };
    // The other end, which may fade as well, is not looked at.
    let span = ((last + 1 - first) / 2).min(LOOKED_AT);
    // What lies beyond an end is silence and would only blur it.
    let level = |cell: usize| {
        let (from, to) = (cell.saturating_sub(SMOOTH / 2), cell + SMOOTH / 2 + 1);
        energy.level_db(from.max(first), to.min(last + 1))
    };
    // Both are read outwards: from the music to the end.
    let out: Vec<f64> = (last + 1 - span..=last).map(level).collect();
    let into: Vec<f64> = (first..first + span).rev().map(level).collect();
    let seconds = |cell: usize| cell as f64 / CELLS_PER_SECOND;
    let out = fade(&out).map(|length| (seconds(last + 1 - length), seconds(last + 1)));
    let into = fade(&into).map(|length| (seconds(first), seconds(first + length)));
    let played = |start: f64, end: f64| {
        let count = onsets.iter().filter(|&&time| (start..end).contains(&time)).count();
        count as f64 >= LEAST_ONSETS_HZ * (end - start)
    };
    let into = into.filter(|&(start, end)| played(start, end - STRUCK_S));
    let out = out.filter(|&(start, end)| played(start + STRUCK_S, end));
    (into.map(|(_, end)| end), out.map(|(start, _)| start))
}

/// Number of values, counted from the last, over which the level falls to the end.
///
/// Method: least squares with a level that is constant and then falls by a steady number of decibels
/// a second, or as a steadily falling amplitude; the one that explains most of its stretch, of all
/// lengths.
fn fade(levels: &[f64]) -> Option<usize> {
    let mut best: Option<Fit> = None;
    for length in LENGTHS.0..=LENGTHS.1 {
        let stretch = length + length.clamp(STEADY.0, STEADY.1);
        let Some(start) = levels.len().checked_sub(stretch) else { break };
        let levels = levels.get(start..).unwrap_or(&[]);
        let flat = deviation(levels, |_| 0.0, 0.0).max(1e-9);
        let (before, fading) = levels.split_at(levels.len() - length);
        let (_, end) = fading.split_at(length - (length / 5).max(2));
        if mean(before) - mean(end) < LEAST_DB {
            continue;
        }
        let fits = [steady_decibels(levels, length), Some(steady_amplitude(levels, length))];
        for Fit { drop_db, squares, .. } in fits.into_iter().flatten() {
            let fit = Fit { length, drop_db, squares: squares / flat };
            let steady = (squares / stretch as f64).sqrt() < STEADY_DB;
            let better = best.is_none_or(|best| fit.squares < best.squares);
            if drop_db >= LEAST_DB && steady && fit.squares < 1.0 - EXPLAINED && better {
                best = Some(fit);
            }
        }
    }
    best.map(|fit| fit.length)
}

fn mean(levels: &[f64]) -> f64 {
    levels.iter().sum::<f64>() / levels.len().max(1) as f64
}

/// A fade that was tried.
#[derive(Clone, Copy)]
struct Fit {
    length: usize,
    drop_db: f64,
    squares: f64,
}

/// Falls by the slope that fits best.
fn steady_decibels(levels: &[f64], length: usize) -> Option<Fit> {
    let start = levels.len() - length;
    let shape = |at: usize| (at + 1).saturating_sub(start) as f64;
    let slope = slope(levels, shape);
    let fit =
        Fit { length, drop_db: -slope * length as f64, squares: deviation(levels, shape, slope) };
    (slope < 0.0).then_some(fit)
}

/// Falls to nothing half a value behind the last.
fn steady_amplitude(levels: &[f64], length: usize) -> Fit {
    let start = levels.len() - length;
    let whole = length as f64 + 0.5;
    let left = |at: usize| {
        let gone = if at < start { 0.0 } else { (at - start) as f64 + 0.5 };
        (whole - gone) / whole
    };
    let shape = |at: usize| 20.0 * left(at).log10();
    Fit { length, drop_db: GONE_DB, squares: deviation(levels, shape, 1.0) }
}

/// Least squares of `levels` on a constant and a shape.
fn slope(levels: &[f64], shape: impl Fn(usize) -> f64) -> f64 {
    let count = levels.len() as f64;
    let (mut x, mut y, mut xx, mut xy) = (0.0, 0.0, 0.0, 0.0);
    for (at, &level) in levels.iter().enumerate() {
        let place = shape(at);
        (x, y, xx, xy) = (x + place, y + level, xx + place * place, xy + place * level);
    }
    (count * xy - x * y) / (count * xx - x * x).max(1e-9)
}

/// Sum of squares around the best constant plus `slope` times the shape.
fn deviation(levels: &[f64], shape: impl Fn(usize) -> f64, slope: f64) -> f64 {
    let (mut sum, mut squares) = (0.0, 0.0);
    for (at, &level) in levels.iter().enumerate() {
        let rest = level - slope * shape(at);
        (sum, squares) = (sum + rest, squares + rest * rest);
    }
    (squares - sum * sum / levels.len().max(1) as f64).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 20 s at -20 dB with beats, then what `gain` makes of the next 10 s.
    fn levels(gain: impl Fn(f64) -> f64) -> Vec<f64> {
        let beat = |at: usize| if at.is_multiple_of(3) { 1.5 } else { -0.8 };
        let after = |at: usize| gain((at as f64 - 99.0).max(0.0) / 51.0);
        (0..150).map(|at| -20.0 + beat(at) + after(at)).collect()
    }

    #[test]
    fn both_kinds_of_fade_are_found_where_they_begin() {
        for curve in [levels(|x| -40.0 * x), levels(|x| 20.0 * (1.0 - x).max(0.01).log10())] {
            let length = fade(&curve).expect("a fade");
            assert!(length.abs_diff(50) <= 5, "{length}");
        }
    }

    #[test]
    fn what_does_not_fall_steadily_is_no_fade() {
        assert_eq!(fade(&levels(|_| 0.0)), None);
        assert_eq!(fade(&levels(|x| if x > 0.0 { -10.0 } else { 0.0 })), None, "a quiet coda");
        assert_eq!(fade(&levels(|x| if x > 0.9 { -30.0 } else { 0.0 })), None, "a stop");
        assert_eq!(fade(&levels(|x| -8.0 * x)), None, "a diminuendo");
        assert_eq!(fade(&[]), None);
    }

    #[test]
    fn a_short_fade_is_found_whatever_the_music_did_before() {
        for cells in [10, 25, 40] {
            let verse = |at: usize| if at < 60 { -32.0 } else { -20.0 };
            let beat = |at: usize| if at.is_multiple_of(2) { 1.0 } else { -1.0 };
            let gone = |at: usize| (at + cells).saturating_sub(149) as f64 / cells as f64;
            let levels: Vec<f64> =
                (0..150).map(|at| verse(at) + beat(at) - 50.0 * gone(at)).collect();
            let length = fade(&levels).expect("a fade");
            assert!(length.abs_diff(cells) <= 3, "{length} of {cells}");
        }
    }
}
