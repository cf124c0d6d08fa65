//! The half minute that stands for the whole.

use super::energy::Energy;
use super::grid::Grid;
use super::similarity::Similarity;

/// Length of the excerpt, in seconds.
pub(super) const LENGTH_S: f64 = 30.0;
/// Weight of the energy beside the likeness to the rest of the track.
const ENERGY: f64 = 0.3;
/// What the beginning of a section is worth.
const AT_SECTION: f64 = 0.02;

/// Start of the excerpt in seconds: where half a minute is most like the whole track (Cooper and
/// Foote, "Automatic music summarization via similarity analysis", ISMIR 2002), loud rather than
/// quiet, and a section begins.
pub(super) fn start(
    grid: &Grid,
    similarity: &Similarity,
    sections: &[usize],
    energy: &Energy,
) -> f64 {
    let rows = grid.rows();
    let duration_s = grid.time(rows);
    let likeness: Vec<f64> = (0..rows).map(|row| likeness(grid, similarity, row)).collect();
    let mut best = (f64::NEG_INFINITY, 0.0);
    for row in 0..rows {
        let start = grid.time(row);
        let end = start + LENGTH_S;
        if row > 0 && end > duration_s {
            break;
        }
        let within = (row..rows).take_while(|&row| grid.time(row) < end);
        let (mut sum, mut seconds) = (0.0, 0.0);
        for row in within {
            let length = grid.time(row + 1).min(end) - grid.time(row);
            sum += length * likeness.get(row).copied().unwrap_or(0.0);
            seconds += length;
        }
        let bonus = if sections.contains(&row) { AT_SECTION } else { 0.0 };
        let value = sum / seconds.max(1e-9) + ENERGY * energy.between(start, end) + bonus;
        if value > best.0 {
            best = (value, start);
        }
    }
    best.1
}

/// Mean similarity of a row with all, by time.
fn likeness(grid: &Grid, similarity: &Similarity, row: usize) -> f64 {
    let length = |row: usize| grid.time(row + 1) - grid.time(row);
    let of = |other: usize| length(other) * f64::from(similarity.get(row, other));
    (0..grid.rows()).map(of).sum::<f64>() / grid.time(grid.rows()).max(1e-9)
}
