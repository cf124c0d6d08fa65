//! The beat grid of a row as DJ programs hold it: places from which on a tempo holds.

use super::facts::Facts;

/// Tempi that differ by less are one.
const SAME_TEMPO: f64 = 0.005;

/// From here on this tempo.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Mark {
    /// Seconds.
    pub(super) start_s: f64,
    /// Beats per minute, above 0.
    pub(super) bpm: f64,
    /// Number of this beat in its bar, from 1.
    pub(super) beat: usize,
}

/// The grid: one mark where the tempo is constant or was set, one a bar where it wanders, none where
/// it is not known.
///
/// A tempo that was set, or folded into a range, is what the grid runs at, from the first bar on: beats
/// that were heard at another one say nothing about the rest.
pub(super) fn grid(facts: Facts<'_>) -> Vec<Mark> {
    let (beats, bars) = (facts.times("beats"), facts.times("downbeats"));
    let Some(bpm) = facts.real("bpm").filter(|bpm| *bpm > 0.0) else { return Vec::new() };
    let same = |grid: &f64| (grid / bpm - 1.0).abs() < SAME_TEMPO;
    if let Some(grid) = facts.real("grid_bpm").filter(same) {
        let start = facts.real("grid_offset_s").or(beats.first().copied()).unwrap_or(0.0);
        return vec![Mark { start_s: start.max(0.0), bpm: grid, beat: first_beat(facts) }];
    }
    let steady = facts.real("grid_bpm").is_some() || facts.real("bpm_corrected").is_some();
    let wandering: Vec<Mark> = bars.array_windows().filter_map(|bar| of_bar(beats, *bar)).collect();
    if steady || wandering.is_empty() {
        let start = bars.first().or(beats.first()).copied();
        return start.map(|start_s| Mark { start_s, bpm, beat: 1 }).into_iter().collect();
    }
    wandering
}

/// The tempo of a bar by its beats.
fn of_bar(beats: &[f64], [start, end]: [f64; 2]) -> Option<Mark> {
    let near = |time: f64| beats.partition_point(|&beat| beat < time - 0.01);
    let count = near(end).checked_sub(near(start)).filter(|&count| count > 0)?;
    let bpm = 60.0 * count as f64 / (end - start);
    (end > start && bpm.is_finite()).then_some(Mark { start_s: start, bpm, beat: 1 })
}

/// Number of the first beat in its bar, counted back from the first bar line.
fn first_beat(facts: Facts<'_>) -> usize {
    let metre = metre(facts);
    let first = facts.times("downbeats").first();
    let before = first.map_or(0, |&bar| {
        facts.times("beats").iter().take_while(|&&beat| beat < bar - 0.01).count()
    });
    (metre - before % metre) % metre + 1
}

/// Beats a bar, 4 where it is not known.
pub(super) fn metre(facts: Facts<'_>) -> usize {
    facts.whole("metre").and_then(|metre| usize::try_from(metre).ok()).map_or(4, |m| m.max(1))
}
