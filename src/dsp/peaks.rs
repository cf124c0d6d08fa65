//! Peaks of sampled curves.

/// Where the parabola through three equidistant values is highest, relative to the middle one.
///
/// Output: -0.5..=0.5 steps; 0 where the middle is no peak.
pub fn parabola_offset(before: f64, here: f64, after: f64) -> f64 {
    let curvature = before - 2.0 * here + after;
    if curvature < 0.0 { (0.5 * (before - after) / curvature).clamp(-0.5, 0.5) } else { 0.0 }
}

/// [`parabola_offset`] at `values[index]`; 0 at the ends of `values`.
pub fn refined_offset(values: &[f64], index: usize) -> f64 {
    match index.checked_sub(1).and_then(|first| values.get(first..first + 3)) {
        Some(&[before, here, after]) => parabola_offset(before, here, after),
        _ => 0.0,
    }
}

/// Indices of the local maxima of `values`, ascending; of a plateau the first index, ends excluded.
pub fn local_maxima(values: &[f64]) -> impl Iterator<Item = usize> + '_ {
    values
        .windows(3)
        .enumerate()
        .filter(|(_, three)| three[1] > three[0] && three[1] >= three[2])
        .map(|(index, _)| index + 1)
}

/// Index of the largest value, the first of equals; `None` for an empty slice.
pub fn argmax(values: &[f64]) -> Option<usize> {
    let mut best: Option<(usize, f64)> = None;
    for (index, &value) in values.iter().enumerate() {
        if best.is_none_or(|(_, highest)| value > highest) {
            best = Some((index, value));
        }
    }
    best.map(|(index, _)| index)
}

/// Linear interpolation of `values` at a fractional index; 0 behind the last, the first value before.
pub fn interpolate(values: &[f64], position: f64) -> f64 {
    let position = position.max(0.0);
    let index = position as usize;
    match (values.get(index), values.get(index + 1)) {
        (Some(here), Some(next)) => here + (position - index as f64) * (next - here),
        (Some(&last), None) if position <= index as f64 => last,
        _ => 0.0,
    }
}

/// Linear interpolation between the order statistics of ascending `sorted`, share 0..=1; 0 for none.
pub fn quantile(sorted: &[f64], share: f64) -> f64 {
    interpolate(sorted, share * sorted.len().saturating_sub(1) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parabola_is_found_exactly() {
        let at = |x: f64| 3.0 - (x - 0.3) * (x - 0.3);
        assert!((parabola_offset(at(-1.0), at(0.0), at(1.0)) - 0.3).abs() < 1e-12);
        assert!(parabola_offset(0.0, 0.0, 0.0).abs() < 1e-12);
    }

    #[test]
    fn maxima_are_inside_and_counted_once() {
        let found: Vec<usize> = local_maxima(&[9.0, 1.0, 2.0, 2.0, 1.0, 3.0, 0.0, 4.0]).collect();
        assert_eq!(found, [2, 5]);
        assert_eq!(argmax(&[1.0, 3.0, 3.0]), Some(1));
        assert_eq!(argmax(&[]), None);
    }

    #[test]
    fn between_values_it_is_linear() {
        let values = [1.0, 3.0, 7.0];
        for (position, expected) in [(-1.0, 1.0), (0.5, 2.0), (2.0, 7.0), (2.1, 0.0), (9.0, 0.0)] {
            assert!((interpolate(&values, position) - expected).abs() < 1e-12, "{position}");
        }
        assert!((quantile(&values, 0.25) - 2.0).abs() < 1e-12);
        assert!(quantile(&[], 0.5).abs() < 1e-12);
    }
}
