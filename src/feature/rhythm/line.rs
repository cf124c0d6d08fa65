//! Lines through beats: exact tempo, first beat, tempo over time.

use crate::dsp::peaks::quantile;

/// Beats within this of the line are on it, seconds.
const TOLERANCE_S: f64 = 0.040;
/// Rounds of leaving out what is away.
const ROUNDS: usize = 6;
const LEAST_BEATS: usize = 4;
/// Window and hop of the tempo over time, seconds.
const WINDOW_S: f64 = 20.0;
const HOP_S: f64 = 10.0;

/// A line of beat times against beat numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Line {
    /// Seconds a beat.
    pub(super) period_s: f64,
    /// Beat number zero, the first one, seconds.
    pub(super) first_s: f64,
    /// Share of the beats within 40 ms of the line.
    pub(super) share: f64,
}

impl Line {
    /// Least squares, repeated without beats that are away; `None` below four beats.
    pub(super) fn fit(times: &[f64], period_s: f64) -> Option<Self> {
        if times.len() < LEAST_BEATS {
            return None;
        }
        let numbers = numbers(times, period_s);
        let mut keep = vec![true; times.len()];
        let mut errors = Vec::with_capacity(times.len());
        let (mut period_s, mut first_s) = (period_s, 0.0);
        for _ in 0..ROUNDS {
            (period_s, first_s) = least_squares(&numbers, times, &keep)?;
            let error = |(n, t): (&f64, &f64)| (t - (first_s + period_s * n)).abs();
            errors.clear();
            errors.extend(numbers.iter().zip(times).map(error));
            errors.sort_by(f64::total_cmp);
            let limit = quantile(&errors, 0.5).max(TOLERANCE_S);
            let now: Vec<bool> =
                numbers.iter().zip(times).map(|pair| error(pair) <= limit).collect();
            if now == keep || now.iter().filter(|&&near| near).count() < LEAST_BEATS {
                break;
            }
            keep = now;
        }
        let near = errors.partition_point(|&error| error <= TOLERANCE_S);
        Some(Self { period_s, first_s, share: near as f64 / times.len() as f64 })
    }
}

/// Number of each beat, gaps counted.
fn numbers(times: &[f64], period_s: f64) -> Vec<f64> {
    let mut number = 0.0;
    let steps = times.windows(2).map(|pair| ((pair[1] - pair[0]) / period_s).round_ties_even());
    let behind = steps.map(|step| {
        number += step.max(1.0);
        number
    });
    std::iter::once(0.0).chain(behind).collect()
}

/// (slope, intercept) of the kept points; `None` if they do not define a line.
fn least_squares(x: &[f64], y: &[f64], keep: &[bool]) -> Option<(f64, f64)> {
    let points = || x.iter().zip(y).zip(keep).filter(|(_, keep)| **keep).map(|(point, _)| point);
    let (mut count, mut mean_x, mut mean_y) = (0.0, 0.0, 0.0);
    for (x, y) in points() {
        (count, mean_x, mean_y) = (count + 1.0, mean_x + x, mean_y + y);
    }
    (mean_x, mean_y) = (mean_x / count, mean_y / count);
    let (mut products, mut squares) = (0.0, 0.0);
    for (x, y) in points() {
        products += (x - mean_x) * (y - mean_y);
        squares += (x - mean_x) * (x - mean_x);
    }
    let slope = products / squares;
    slope.is_finite().then_some((slope, mean_y - slope * mean_x))
}

/// Tempo in BPM of every window of 20 s, one every 10 s from the first beat on.
pub(super) fn tempo_curve(times: &[f64]) -> Vec<f64> {
    let Some((&first, &last)) = times.first().zip(times.last()) else { return Vec::new() };
    let end = (first + 0.1).max(last - WINDOW_S + 0.1);
    let starts = (0..).map(|i| first + f64::from(i) * HOP_S).take_while(|&start| start < end);
    starts.filter_map(|start| window_tempo(times, start)).collect()
}

fn window_tempo(times: &[f64], start: f64) -> Option<f64> {
    let from = times.partition_point(|&t| t < start);
    let to = times.partition_point(|&t| t < start + WINDOW_S);
    let inside = times.get(from..to).filter(|inside| inside.len() >= LEAST_BEATS)?;
    let mut gaps: Vec<f64> = inside.windows(2).map(|pair| pair[1] - pair[0]).collect();
    gaps.sort_by(f64::total_cmp);
    Line::fit(inside, quantile(&gaps, 0.5)).map(|line| 60.0 / line.period_s)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_ignores_what_is_away_and_counts_gaps() {
        let mut times: Vec<f64> = (0..100).map(|i| 0.3 + 0.5 * f64::from(i)).collect();
        times[40] += 0.2;
        times.remove(60);
        let line = Line::fit(&times, 0.49).unwrap();
        assert!((line.period_s - 0.5).abs() < 1e-9 && (line.first_s - 0.3).abs() < 1e-9);
        assert!((line.share - 98.0 / 99.0).abs() < 1e-9);
        assert_eq!(Line::fit(&times[..3], 0.5), None);
        assert!(Line::fit(&[1.0; 9], 0.5).is_some());
    }

    #[test]
    fn the_curve_follows_the_tempo() {
        let mut times: Vec<f64> = (0..100).map(|i| 0.5 * f64::from(i)).collect();
        times.extend((1..100).map(|i| 49.5 + 0.4 * f64::from(i)));
        let curve = tempo_curve(&times);
        assert!((curve[0] - 120.0).abs() < 1e-6 && (curve[curve.len() - 1] - 150.0).abs() < 1e-6);
        assert_eq!((tempo_curve(&times[..10]).len(), tempo_curve(&[]).len()), (1, 0));
    }
}
