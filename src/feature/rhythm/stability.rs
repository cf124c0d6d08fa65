//! Whether the tempo holds.

/// Span of a local tempo, seconds.
const SPAN_S: f64 = 20.0;
/// Least beats and spans for a statement.
const LEAST_BEATS: usize = 8;
const LEAST_SPANS: usize = 2;
/// A tempo is constant when the middle half of the local tempi lies within this share.
const CONSTANT: f64 = 0.99;

/// 1 - IQR / median of the local tempi, 0..=1, each the least-squares slope of the beats within
/// 20 s (half overlapping); `None` below two such spans.
pub(super) fn stability(beats_s: &[f64]) -> Option<f64> {
    let mut slopes = local_periods(beats_s);
    if slopes.len() < LEAST_SPANS {
        return None;
    }
    slopes.sort_by(f64::total_cmp);
    let median = quantile(&slopes, 0.5);
    let spread = quantile(&slopes, 0.75) - quantile(&slopes, 0.25);
    (median > 0.0).then(|| (1.0 - spread / median).clamp(0.0, 1.0))
}

/// True when `stability` means a constant tempo.
pub(super) fn is_constant(stability: f64) -> bool {
    stability >= CONSTANT
}

fn local_periods(beats_s: &[f64]) -> Vec<f64> {
    let Some((&first, &last)) = beats_s.first().zip(beats_s.last()) else { return Vec::new() };
    let spans = ((last - first - SPAN_S) / (SPAN_S / 2.0)).floor() as i64 + 1;
    (0..spans.max(0))
        .filter_map(|span| {
            let start = first + span as f64 * SPAN_S / 2.0;
            let from = beats_s.partition_point(|&t| t < start);
            let to = beats_s.partition_point(|&t| t <= start + SPAN_S);
            slope(beats_s.get(from..to)?)
        })
        .collect()
}

/// Least-squares slope of times against their index; `None` below [`LEAST_BEATS`].
pub(super) fn slope(times: &[f64]) -> Option<f64> {
    if times.len() < LEAST_BEATS {
        return None;
    }
    let count = times.len() as f64;
    let middle = (count - 1.0) / 2.0;
    let mean = times.iter().sum::<f64>() / count;
    let products: f64 =
        times.iter().enumerate().map(|(i, t)| (i as f64 - middle) * (t - mean)).sum();
    Some(products / (count * (count * count - 1.0) / 12.0))
}

/// Linear interpolation between order statistics of ascending `sorted`.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let position = share * sorted.len().saturating_sub(1) as f64;
    let index = position as usize;
    match (sorted.get(index), sorted.get(index + 1)) {
        (Some(low), Some(high)) => low + (position - index as f64) * (high - low),
        (Some(&low), None) => low,
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grid_is_stable_and_a_change_is_not() {
        let grid: Vec<f64> = (0..200).map(|i| 0.3 + 0.5 * f64::from(i)).collect();
        assert!(stability(&grid).is_some_and(|s| s > 0.9999));
        let mut changed = grid.clone();
        changed.extend((1..200).map(|i| grid[199] + 0.4 * f64::from(i)));
        assert!(stability(&changed).is_some_and(|s| !is_constant(s)));
        assert_eq!(stability(&grid[..30]), None, "15 s are too short to tell");
        assert_eq!(stability(&[]), None);
    }
}
