//! How alike two rows are: in sound, and in harmony.

use std::sync::LazyLock;

use super::cells::{BANDS, CELLS_PER_SECOND, Cells};
use super::grid::{Grid, SLOTS};
use crate::dsp::exp::exp_of_negative;
use crate::dsp::simd::{dot, kernel};

/// Cepstral coefficients that are compared, the level included.
const COEFFICIENTS: usize = 13;
/// Weight of the level among them: a repeat is often louder.
const LEVEL_WEIGHT: f32 = 0.5;
/// Pitch classes of the whole, then of the bass.
const CLASSES: usize = 24;
/// Squared distances that are at least typical, so that noise is not magnified where nothing changes:
/// of sound 2 dB a band in every part of a row, of harmony a twentieth of the largest that is common.
const LEAST_SOUND: f32 = (SLOTS * BANDS) as f32 * 4.0;
const LEAST_HARMONY: f32 = (SLOTS * 2) as f32 * 0.05;
/// Pairs of rows from which the typical distance is taken.
const SAMPLE: usize = 16_384;

/// Similarities of all pairs of rows, 255 = the same.
#[derive(Clone, Debug, Default)]
pub(super) struct Similarity {
    rows: usize,
    /// All rows are the same, as the harmony of drums.
    flat: bool,
    values: Vec<u8>,
}

impl Similarity {
    /// Number of rows.
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// How alike rows `a` and `b` are, 0..=1; 0 outside.
    #[inline]
    pub(super) fn get(&self, a: usize, b: usize) -> f32 {
        if a >= self.rows || b >= self.rows {
            return 0.0;
        }
        self.values.get(a * self.rows + b).map_or(0.0, |&value| f32::from(value) / 255.0)
    }

    /// `exp(-d² / median d²)` of vectors of `width` numbers, one a row; the median is taken as `least`
    /// where it is less.
    pub(super) fn of(vectors: &[f32], width: usize, least: f32) -> Self {
        let rows = vectors.len() / width;
        let mut similarity = Self { rows, flat: true, values: vec![255; rows * rows] };
        let [typical, largest] = distances(vectors, width, rows);
        if largest > 0.0 {
            similarity.flat = false;
            // Where most rows are the same, the median says nothing of the others.
            let scale = if typical > 0.0 { typical.max(least) } else { least.max(1e-3 * largest) };
            fill(&mut similarity, vectors, width, 1.0 / scale);
        }
        similarity
    }

    /// Sound: cepstra of four parts of every row.
    pub(super) fn of_sound(cells: &Cells, grid: &Grid) -> Self {
        let mut vectors = sounds(cells, grid);
        centre(&mut vectors, COEFFICIENTS);
        for level in vectors.iter_mut().step_by(COEFFICIENTS) {
            *level *= LEVEL_WEIGHT;
        }
        Self::of(&vectors, SLOTS * COEFFICIENTS, LEAST_SOUND)
    }

    /// Harmony: chromas of four parts of every row, whole and bass each of length 1.
    pub(super) fn of_harmony(chromas: &[[f32; CLASSES]]) -> Self {
        let mut vectors = chromas.as_flattened().to_vec();
        for chroma in vectors.chunks_exact_mut(CLASSES / 2) {
            let length = chroma.iter().map(|x| x * x).sum::<f32>().sqrt();
            for x in chroma.iter_mut() {
                *x /= length + 1e-9;
            }
        }
        centre(&mut vectors, CLASSES);
        Self::of(&vectors, SLOTS * CLASSES, LEAST_HARMONY)
    }

    /// The mean of two; of one, where all rows of the other are the same and say nothing.
    pub(super) fn mean(&self, other: &Self) -> Self {
        if other.flat {
            return self.clone();
        }
        let both = self.values.iter().zip(&other.values);
        let values = both.map(|(&a, &b)| u8::midpoint(a, b)).collect();
        Self { rows: self.rows, flat: false, values }
    }

    /// Upper bound of the heap bytes of all that is held while three are made of `rows` rows.
    pub(super) fn footprint(rows: u64) -> u64 {
        let numbers = rows * (SLOTS * (COEFFICIENTS + 2 * CLASSES)) as u64;
        3 * rows * rows + (numbers + SAMPLE as u64) * size_of::<f32>() as u64
    }
}

/// Subtracts the mean of every column.
fn centre(values: &mut [f32], width: usize) {
    let count = (values.len() / width).max(1) as f64;
    for column in 0..width {
        let of_column = || values.iter().skip(column).step_by(width);
        let mean = of_column().map(|&x| f64::from(x)).sum::<f64>() / count;
        values.iter_mut().skip(column).step_by(width).for_each(|x| *x -= mean as f32);
    }
}

/// Cepstra (DCT-II of the levels in decibels) of the parts of all rows.
fn sounds(cells: &Cells, grid: &Grid) -> Vec<f32> {
    static COSINES: LazyLock<[[f32; BANDS]; COEFFICIENTS]> = LazyLock::new(cosines);
    let mut vectors = Vec::with_capacity(grid.rows() * SLOTS * COEFFICIENTS);
    for &[start, end] in grid.slots().array_windows() {
        let levels = mean_levels(cells, start, end);
        vectors.extend(COSINES.iter().map(|row| dot(row, &levels)));
    }
    vectors
}

fn cosines() -> [[f32; BANDS]; COEFFICIENTS] {
    let angle = |i: usize, band: usize| i as f64 * (band as f64 + 0.5) / BANDS as f64;
    let scale = |i: usize| (if i == 0 { 1.0 } else { 2.0 } / BANDS as f64).sqrt();
    std::array::from_fn(|i| {
        std::array::from_fn(|band| {
            (scale(i) * (std::f64::consts::PI * angle(i, band)).cos()) as f32
        })
    })
}

/// Mean levels of the cells that begin between two times; of the nearest cell if none does.
fn mean_levels(cells: &Cells, start: f64, end: f64) -> [f32; BANDS] {
    let last = cells.len().saturating_sub(1);
    let cell = |time: f64| (time * CELLS_PER_SECOND).ceil().max(0.0) as usize;
    let (mut first, mut behind) = (cell(start).min(last), cell(end));
    if behind <= first {
        first = ((0.5 * (start + end) * CELLS_PER_SECOND) as usize).min(last);
        behind = first + 1;
    }
    let mut sums = [0.0; BANDS];
    let mut count = 0.0_f32;
    for cell in (first..behind).map_while(|at| cells.get(at)) {
        count += 1.0;
        sums.iter_mut().zip(cell.levels_db()).for_each(|(sum, level)| *sum += level);
    }
    sums.map(|sum| sum / count.max(1.0))
}

/// Median and largest of the squared distances of pairs that are spread over the track.
fn distances(vectors: &[f32], width: usize, rows: usize) -> [f32; 2] {
    let stride = (rows * rows / 2).div_ceil(SAMPLE).max(1);
    let mut distances = Vec::with_capacity(SAMPLE);
    for a in 0..rows {
        for b in (0..a).filter(|b| (a + b) % stride == 0) {
            distances.push(squared_distance(row_of(vectors, width, a), row_of(vectors, width, b)));
        }
    }
    let middle = distances.len() / 2;
    let largest = distances.iter().copied().fold(0.0, f32::max);
    if distances.is_empty() {
        return [0.0; 2];
    }
    [*distances.select_nth_unstable_by(middle, f32::total_cmp).1, largest]
}

#[inline(always)]
fn row_of(vectors: &[f32], width: usize, row: usize) -> &[f32] {
    vectors.get(row * width..(row + 1) * width).unwrap_or(&[])
}

kernel! {
    fn squared_distance(a: &[f32], b: &[f32]) -> f32 {
        (dot(a, a) + dot(b, b) - 2.0 * dot(a, b)).max(0.0)
    }

    fn fill(similarity: &mut Similarity, vectors: &[f32], width: usize, scale: f32) {
        let rows = similarity.rows;
        for a in 0..rows {
            let own = row_of(vectors, width, a);
            let square = dot(own, own);
            for b in 0..a {
                let other = row_of(vectors, width, b);
                let distance = square + dot(other, other) - 2.0 * dot(own, other);
                let value = (255.0 * exp_of_negative(-distance * scale) + 0.5) as u8;
                similarity.values[a * rows + b] = value;
                similarity.values[b * rows + a] = value;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_rows_are_the_same_and_others_are_not() {
        let vectors = [0.0, 1.0, 5.0, 2.0, 0.0, 1.0, 9.0, -4.0];
        let similarity = Similarity::of(&vectors, 2, 0.0);
        assert!((similarity.get(0, 2) - 1.0).abs() < 1e-6);
        assert!(similarity.get(0, 3) < similarity.get(0, 1));
        assert!((similarity.get(1, 3) - similarity.get(3, 1)).abs() < 1e-9);
        assert!(similarity.get(0, 4).abs() < 1e-9);
    }

    #[test]
    fn nothing_and_one_thing_only_are_no_danger() {
        assert_eq!(Similarity::of(&[], 4, 1.0).rows(), 0);
        let same = Similarity::of(&[2.0; 40], 4, 1.0);
        assert!((same.get(0, 9) - 1.0).abs() < 1e-9);
    }
}
