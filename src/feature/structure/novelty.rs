//! Where something new begins.

use super::similarity::Similarity;

/// Rows on either side that a change of sound is heard in.
const REACH: usize = 4;
/// Width of the taper of the kernel, in rows.
const TAPER: f32 = 0.6 * REACH as f32;
/// Rows on either side along a diagonal that must agree for a repetition.
const CONTEXT: usize = 2;
/// Share of all rows that count as repetitions of a row, and how much less alike others may be that
/// count as well: which of many equal rows are the nearest is chance.
const NEIGHBOURS: f64 = 0.1;
const TIE: f32 = 0.02;
/// Standard deviation of a change of sound below which nothing changes at all.
const LEAST_CHANGE: f32 = 0.02;
/// Standard deviations of the smoothing of repetitions, in rows: over time and over lag.
const SMOOTH: [f64; 2] = [1.5, 1.0];

/// How much begins at the start of each row, in standard deviations; 0 at both ends.
///
/// The sum of two standardised curves: a change of sound (checkerboard kernel, Foote, "Automatic
/// audio segmentation using a measure of audio novelty", ICME 2000) and a change of what the harmony
/// repeats (structure features, Serrà, Müller, Grosche and Arcos, IEEE Trans. Multimedia 16, 2014).
pub(super) fn novelty(sound: &Similarity, harmony: &Similarity) -> Vec<f32> {
    let mut sum = standardised(change(sound), LEAST_CHANGE);
    let other = standardised(repetition_change(harmony), 1e-6);
    sum.iter_mut().zip(other).for_each(|(sum, x)| *sum += x);
    sum
}

/// Deviation from the median in standard deviations, of which one is `least` at least; the ends are 0.
fn standardised(mut curve: Vec<f32>, least: f32) -> Vec<f32> {
    let count = curve.len();
    let Some(inner) = count.checked_sub(1).and_then(|end| curve.get_mut(1..end)) else {
        return curve;
    };
    let mut sorted = inner.to_vec();
    sorted.sort_unstable_by(f32::total_cmp);
    let median = sorted.get(sorted.len() / 2).copied().unwrap_or(0.0);
    let length = inner.len().max(1) as f64;
    let mean = inner.iter().map(|&x| f64::from(x)).sum::<f64>() / length;
    let squares = inner.iter().map(|&x| (f64::from(x) - mean).powi(2)).sum::<f64>();
    let deviation = (squares / length).sqrt() as f32;
    for x in inner.iter_mut() {
        *x = (*x - median) / deviation.max(least);
    }
    for end in [0, count - 1] {
        curve[end] = 0.0;
    }
    curve
}

/// Similarity within both sides less similarity across, at the start of each row and at the end.
fn change(similarity: &Similarity) -> Vec<f32> {
    let rows = similarity.rows();
    (0..=rows).map(|at| contrast(similarity, at, REACH.min(at).min(rows - at))).collect()
}

fn contrast(similarity: &Similarity, at: usize, reach: usize) -> f32 {
    if reach < 2 {
        return 0.0;
    }
    let taper = |i: usize| (-((i as f32 + 0.5) / TAPER).powi(2)).exp();
    let (mut within, mut across, mut total) = (0.0, 0.0, 0.0);
    for i in 0..reach {
        for j in 0..reach {
            let weight = taper(i) * taper(j);
            within += weight * similarity.get(at + i, at + j);
            within += weight * similarity.get(at - 1 - i, at - 1 - j);
            across += weight * similarity.get(at - 1 - i, at + j);
            total += weight;
        }
    }
    (0.5 * within - across) / total
}

/// Change of the set of lags at which a row is repeated, squared; at the start of each row.
fn repetition_change(similarity: &Similarity) -> Vec<f32> {
    let rows = similarity.rows();
    let mut change = vec![0.0; rows + 1];
    if rows < 2 {
        return change;
    }
    let repeats = repetitions(similarity);
    let over_time = gaussian(SMOOTH[0]);
    let over_lag = gaussian(SMOOTH[1]);
    let mut lags = vec![0.0_f32; 2 * rows];
    for (at, change) in change.iter_mut().enumerate().take(rows).skip(1) {
        lags.fill(0.0);
        add_lags(&mut lags, &repeats, at, &over_time, 1.0);
        add_lags(&mut lags, &repeats, at - 1, &over_time, -1.0);
        *change = smoothed_power(&lags, &over_lag);
    }
    let largest = change.iter().copied().fold(0.0, f32::max).max(1e-12);
    for x in &mut change {
        *x /= largest;
    }
    change
}

/// For each row the rows that repeat it: both among the most similar of the other, in context.
fn repetitions(similarity: &Similarity) -> Vec<Vec<u16>> {
    let rows = similarity.rows();
    let wanted = ((NEIGHBOURS * rows as f64) as usize).clamp(2.min(rows), rows);
    let mut contexts: Vec<Vec<u16>> = Vec::with_capacity(rows);
    for a in 0..rows {
        let context: Vec<f32> = (0..rows).map(|b| in_context(similarity, a, b)).collect();
        let mut sorted = context.clone();
        let (_, least, _) = sorted.select_nth_unstable_by(rows - wanted, f32::total_cmp);
        let near =
            (0..rows).filter(|&b| b != a && context.get(b).is_some_and(|x| *x >= *least - TIE));
        contexts.push(near.map(|b| b as u16).collect());
    }
    let mutual = |a: usize, b: u16| {
        contexts.get(usize::from(b)).is_some_and(|near| near.binary_search(&(a as u16)).is_ok())
    };
    let own =
        |(a, near): (usize, &Vec<u16>)| near.iter().copied().filter(|&b| mutual(a, b)).collect();
    contexts.iter().enumerate().map(own).collect()
}

/// Mean similarity along the diagonal around a pair; less towards the ends; least for a row itself.
fn in_context(similarity: &Similarity, a: usize, b: usize) -> f32 {
    if a == b {
        return -1.0;
    }
    let near = (0..=2 * CONTEXT).filter_map(|step| {
        Some(similarity.get((a + step).checked_sub(CONTEXT)?, (b + step).checked_sub(CONTEXT)?))
    });
    near.sum::<f32>() / (2 * CONTEXT + 1) as f32
}

/// Adds the lags of the repetitions around row `at`.
fn add_lags(lags: &mut [f32], repeats: &[Vec<u16>], at: usize, over_time: &[f32], sign: f32) {
    let (rows, reach) = (repeats.len(), over_time.len() / 2);
    for (step, weight) in over_time.iter().enumerate() {
        let Some(row) = (at + step).checked_sub(reach) else { continue };
        for &other in repeats.get(row).map_or(&[][..], Vec::as_slice) {
            if let Some(lag) = lags.get_mut(rows + usize::from(other) - row) {
                *lag += sign * weight;
            }
        }
    }
}

/// Sum of the squares of the smoothed lags.
fn smoothed_power(lags: &[f32], over_lag: &[f32]) -> f32 {
    let smooth = |near: &[f32]| near.iter().zip(over_lag).map(|(x, w)| x * w).sum::<f32>();
    lags.windows(over_lag.len()).map(|near| smooth(near).powi(2)).sum()
}

/// A Gaussian of four standard deviations either way, of sum 1.
fn gaussian(deviation: f64) -> Vec<f32> {
    let reach = (4.0 * deviation).round() as i32;
    let weight = |x: i32| (-0.5 * (f64::from(x) / deviation).powi(2)).exp();
    let total: f64 = (-reach..=reach).map(weight).sum();
    (-reach..=reach).map(|x| (weight(x) / total) as f32).collect()
}
