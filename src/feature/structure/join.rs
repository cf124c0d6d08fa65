//! Neighbours that cannot be told apart become one section.

use super::similarity::Similarity;

/// Mean similarity of all rows of one section with all of the next from which nothing separates them.
const UNIFORM: f32 = 0.75;

/// Boundaries and labels without the boundaries between equal neighbours.
///
/// A theme that is played twice keeps its two sections: its bars follow each other in an order, which
/// says where it begins again. Where every row is like every other, as in a drone or a loop of one
/// bar, a boundary would say nothing.
pub(super) fn join(
    similarity: &Similarity,
    boundaries: &[usize],
    labels: &[usize],
) -> (Vec<usize>, Vec<usize>) {
    let mut kept: Vec<(usize, usize)> = Vec::with_capacity(labels.len());
    for (&[start, end], &label) in boundaries.array_windows().zip(labels) {
        let goes_on = kept.last().is_some_and(|&(before, of)| {
            of == label && likeness(similarity, [before, start], [start, end]) >= UNIFORM
        });
        if !goes_on {
            kept.push((start, label));
        }
    }
    let labels = kept.iter().map(|section| section.1).collect();
    let starts = kept.into_iter().map(|section| section.0);
    (starts.chain(boundaries.last().copied()).collect(), labels)
}

/// Mean similarity of all pairs of rows of two sections.
fn likeness(similarity: &Similarity, [a, b]: [usize; 2], [c, d]: [usize; 2]) -> f32 {
    let of_row = |row: usize| (c..d).map(|other| similarity.get(row, other)).sum::<f32>();
    (a..b).map(of_row).sum::<f32>() / ((b - a) * (d - c)).max(1) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows that are the same have the same number.
    fn rows(numbers: &[f32]) -> Similarity {
        Similarity::of(numbers, 1, 0.0)
    }

    #[test]
    fn a_drone_is_one_section_and_a_theme_played_twice_is_two() {
        let drone: Vec<f32> = (0..16).map(|row| if row < 12 { 0.0 } else { 9.0 }).collect();
        let (boundaries, labels) = join(&rows(&drone), &[0, 4, 8, 12, 16], &[0, 0, 0, 1]);
        assert_eq!((&boundaries[..], &labels[..]), (&[0, 12, 16][..], &[0, 1][..]));
        let theme: Vec<f32> = (0..16).map(|row| 5.0 * (row % 4) as f32).collect();
        let (boundaries, labels) = join(&rows(&theme), &[0, 8, 16], &[0, 0]);
        assert_eq!((&boundaries[..], &labels[..]), (&[0, 8, 16][..], &[0, 0][..]));
    }

    #[test]
    fn other_labels_and_nothing_stay_as_they_are() {
        let same = rows(&[1.0; 8]);
        assert_eq!(join(&same, &[0, 4, 8], &[0, 1]), (vec![0, 4, 8], vec![0, 1]));
        assert_eq!(join(&Similarity::default(), &[0], &[]), (vec![0], vec![]));
    }
}
