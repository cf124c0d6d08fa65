//! Structure: sections, intro and outro, fades, where to mix, an excerpt.
//!
//! While the track is heard the spectrum of every 200 ms is kept in twenty bytes (`cells`). At the end
//! it is cut into at most 512 rows, bars where there is a pulse (`grid`), whose sound and harmony are
//! compared with each other (`similarity`). Where something new begins (`novelty`) sections are divided
//! (`divide`, `join`) and named by what they repeat (`label`). Levels give the energy (`energy`), fades
//! (`fades`), intro and outro (`ends`); all together the points to mix at (`mix`) and the excerpt
//! (`excerpt`). `models/structure` says how well it does.

mod cells;
mod divide;
mod ends;
mod energy;
mod excerpt;
mod fades;
mod grid;
mod join;
mod label;
mod mix;
mod novelty;
mod result;
mod similarity;
mod stored;
#[cfg(test)]
mod tests;

use super::rhythm::Rhythm;
use super::tonal::Tonal;
use crate::dsp::mel::MEL_BANDS;
use cells::Cells;
use energy::Energy;
use grid::Grid;
pub use result::{FIELDS, MixPoint, Section, Structure};
use similarity::Similarity;

/// Version of the stored numbers of this family.
pub const VERSION: u32 = 4;

/// Listens to a track.
#[derive(Clone, Debug, Default)]
pub struct Tracker {
    cells: Cells,
    grid: Grid,
    harmony: Similarity,
}

impl Tracker {
    /// A tracker that has heard nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes one frame of the short transform (20 ms): its 40 linear mel bands.
    pub fn push(&mut self, mel: &[f32; MEL_BANDS]) {
        self.cells.push(mel);
    }

    /// Takes the harmony, when the beats are known: `chromas` gives a chroma of 24 classes (whole and
    /// bass) between each two neighbours of ascending times in seconds.
    pub fn hear_harmony(
        &mut self,
        duration_s: f64,
        rhythm: &Rhythm,
        chromas: impl FnOnce(&[f64]) -> Vec<[f32; 24]>,
    ) {
        self.grid = Grid::new(rhythm.downbeats.as_deref().unwrap_or(&[]), duration_s);
        self.harmony = Similarity::of_harmony(&chromas(&self.grid.slots()));
    }

    /// The structure of all that was pushed, on the beats of `rhythm` and the harmony that was heard.
    pub fn finish(mut self, duration_s: f64, rhythm: &Rhythm, _tonal: &Tonal) -> Structure {
        self.cells.finish();
        let energy = Energy::of(&self.cells);
        if energy.loud_db().is_none() || self.grid.rows() == 0 {
            return Structure::default();
        }
        let sound = Similarity::of_sound(&self.cells, &self.grid);
        let novelty = novelty::novelty(&sound, &self.harmony);
        let boundaries = divide::divide(&novelty, self.grid.bars_per_row == Some(1));
        let both = sound.mean(&self.harmony);
        let boundaries = join::join(&both, &boundaries, self.grid.bars_per_row.is_some());
        let labels = label::label(&both, &boundaries);
        let sections = self.sections(&boundaries, &labels, &energy);
        let (intro_end_s, outro_start_s) = ends::ends(&sections, duration_s);
        let (fade_in_s, fade_out_s) = fades::fades(&energy, &rhythm.onsets);
        let (curve, step_s) = energy.curve();
        let mut structure = Structure {
            sections,
            intro_end_s,
            outro_start_s,
            fade_in_s,
            fade_out_s,
            mix_in: None,
            mix_out: None,
            excerpt_start_s: Some(excerpt::start(&self.grid, &both, &boundaries, &energy)),
            energy_curve: Some(curve),
            energy_curve_step_s: Some(step_s),
        };
        let downbeats = rhythm.downbeats.as_deref().unwrap_or(&[]);
        let between = |start, end| energy.between(start, end);
        (structure.mix_in, structure.mix_out) = mix::points(&structure, downbeats, between);
        structure
    }

    fn sections(&self, boundaries: &[usize], labels: &[usize], energy: &Energy) -> Vec<Section> {
        let one = |(&[start, end], &label): (&[usize; 2], &usize)| {
            let (start_s, end_s) = (self.grid.time(start), self.grid.time(end));
            let energy = energy.between(start_s, end_s);
            Section { start_s, end_s, label: label::letters(label), energy }
        };
        boundaries.array_windows().zip(labels).map(one).collect()
    }

    /// Upper bound of the heap bytes held for `frames` short frames, the end included: 100 bytes a
    /// second while listening, 72 more and up to 1.5 MB at the end.
    pub fn footprint(frames: u64) -> u64 {
        // Bars of half a second at least; their edges and parts, novelty and labels.
        let rows = (frames / 25 + 4).min(grid::MAX_ROWS as u64);
        let chromas = rows * (grid::SLOTS * 24 * size_of::<f32>()) as u64;
        let small = rows * 512 + (64 << 10);
        let bars = frames / 25 * 16;
        Cells::footprint(frames)
            + Energy::footprint(frames / 10 + 1)
            + Similarity::footprint(rows)
            + chromas
            + small
            + bars
    }
}
