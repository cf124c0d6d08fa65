//! Fades at both ends, by what they are: a level that rises or falls steadily.

use super::cells::CELLS_PER_SECOND;
use super::energy::Energy;

/// Cells of a value that is fitted: 1 s, in which beats even out.
const SMOOTH: usize = 5;
/// Values that are looked at from an end on: 60 s, one a cell.
const LOOKED_AT: usize = 300;
/// Values of steady level beside the fade, at least: 4 s.
const STEADY: usize = 20;
/// Shortest and longest fade, in values: 3 s and 45 s.
const LENGTHS: (usize, usize) = (15, 225);
/// A fade goes through so many decibels.
const LEAST_DB: f64 = 12.0;
/// Level below the loud parts at which the sound has gone, in decibels.
const GONE_DB: f64 = 40.0;
/// Root mean square deviation from the model, in decibels, that is still steady.
const STEADY_DB: f64 = 4.5;
/// Share of the squared deviation from one level that the fade must explain.
const EXPLAINED: f64 = 0.78;
/// Onsets a second in a fade; a last chord that dies away has none.
const LEAST_ONSETS_HZ: f64 = 0.4;

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
    let level =
        |cell: usize| energy.level_db(cell.saturating_sub(SMOOTH / 2), cell + SMOOTH / 2 + 1);
    // Both are read outwards: from the music to the end.
    let out: Vec<f64> = (last + 1 - span..=last).map(level).collect();
    let into: Vec<f64> = (first..first + span).rev().map(level).collect();
    let seconds = |cell: usize| cell as f64 / CELLS_PER_SECOND;
    let out = fade(&out).map(|length| (seconds(last + 1 - length), seconds(last + 1)));
    let into = fade(&into).map(|length| (seconds(first), seconds(first + length)));
    let played = |&(start, end): &(f64, f64)| {
        let count = onsets.iter().filter(|&&time| (start..end).contains(&time)).count();
        count as f64 >= LEAST_ONSETS_HZ * (end - start)
    };
    (into.filter(played).map(|(_, end)| end), out.filter(played).map(|(start, _)| start))
}

/// Number of values, counted from the last, over which the level falls to the end.
///
/// Method: least squares with a level that is constant and then falls by a steady number of decibels
/// a second, or as a steadily falling amplitude; the better of the two, of all lengths.
fn fade(levels: &[f64]) -> Option<usize> {
    let longest = LENGTHS.1.min(levels.len().checked_sub(STEADY)?);
    let flat = deviation(levels, |_| 0.0, 0.0);
    let lengths = LENGTHS.0..=longest;
    let fits = lengths.flat_map(|length| {
        [steady_decibels(levels, length), Some(steady_amplitude(levels, length))]
    });
    let best = fits.flatten().min_by(|a, b| a.squares.total_cmp(&b.squares))?;
    let rms = (best.squares / levels.len() as f64).sqrt();
    let (before, fading) = levels.split_at(levels.len() - best.length);
    let (_, end) = fading.split_at(best.length.saturating_sub(SMOOTH));
    let falls_far = mean(before) - mean(end) >= LEAST_DB;
    let found = falls_far
        && best.drop_db >= LEAST_DB
        && rms < STEADY_DB
        && best.squares < (1.0 - EXPLAINED) * flat;
    found.then_some(best.length)
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
    let shape = |at: usize| at.saturating_sub(start) as f64;
    let slope = slope(levels, shape);
    let fit =
        Fit { length, drop_db: -slope * length as f64, squares: deviation(levels, shape, slope) };
    (slope < 0.0).then_some(fit)
}

/// Falls to nothing just behind the last value.
fn steady_amplitude(levels: &[f64], length: usize) -> Fit {
    let start = levels.len() - length;
    let left = |at: usize| {
        (length + 1 - at.saturating_sub(start).min(length)) as f64 / (length + 1) as f64
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
}
