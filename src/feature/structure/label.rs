//! Which sections repeat each other.

use super::similarity::Similarity;

/// Similarity from which two groups of sections are one.
const SAME: f32 = 0.55;
/// Share of the longer section below which two lengths are too different, and what it costs.
const UNLIKE_LENGTH: (f32, f32) = (0.5, 0.7);
/// Sections that are compared with all others; beyond, each is compared with as many before it.
const COMPARED: usize = 128;

/// A number for every section: the same for those that repeat each other, from 0 in order of time.
///
/// Method: mean similarity along the best diagonal of two sections; groups are joined while the mean
/// over their pairs is high enough (average linkage).
pub(super) fn label(similarity: &Similarity, boundaries: &[usize]) -> Vec<usize> {
    let sections: Vec<[usize; 2]> = boundaries.array_windows().copied().collect();
    let mut labels = Vec::with_capacity(sections.len());
    for part in sections.chunks(COMPARED) {
        let first = labels.iter().max().map_or(0, |&label: &usize| label + 1);
        labels.extend(of_part(similarity, part).into_iter().map(|label| first + label));
    }
    labels
}

fn of_part(similarity: &Similarity, sections: &[[usize; 2]]) -> Vec<usize> {
    let count = sections.len();
    let alike = |(a, b): (usize, usize)| match (sections.get(a), sections.get(b)) {
        (Some(a), Some(b)) => alikeness(similarity, *a, *b),
        _ => 0.0,
    };
    let pairs = (0..count * count).map(|pair| (pair / count, pair % count));
    let table: Vec<f32> = pairs.map(alike).collect();
    let mut groups: Vec<Vec<usize>> = (0..count).map(|section| vec![section]).collect();
    while let Some((into, from)) = closest(&groups, &table, count) {
        let joined = groups.remove(from);
        if let Some(group) = groups.get_mut(into) {
            group.extend(joined);
        }
    }
    in_order(&groups, count)
}

/// The two groups that are most alike, the earlier first, if they are alike enough.
fn closest(groups: &[Vec<usize>], table: &[f32], count: usize) -> Option<(usize, usize)> {
    let mut best = (SAME, None);
    for (from, a) in groups.iter().enumerate() {
        for (into, b) in groups.iter().enumerate().take(from) {
            let pairs = a.iter().flat_map(|a| b.iter().map(move |b| a * count + b));
            let sum: f32 = pairs.filter_map(|pair| table.get(pair)).sum();
            let mean = sum / (a.len() * b.len()) as f32;
            if mean >= best.0 {
                best = (mean, Some((into, from)));
            }
        }
    }
    best.1
}

/// Numbers of the groups by their first section.
fn in_order(groups: &[Vec<usize>], count: usize) -> Vec<usize> {
    let mut labels = vec![0; count];
    let mut order: Vec<&Vec<usize>> = groups.iter().collect();
    order.sort_by_key(|group| group.iter().min().copied());
    for (label, group) in order.into_iter().enumerate() {
        for &section in group {
            if let Some(place) = labels.get_mut(section) {
                *place = label;
            }
        }
    }
    labels
}

/// Likeness in order, less for lengths that are too different.
fn alikeness(similarity: &Similarity, a: [usize; 2], b: [usize; 2]) -> f32 {
    let best = likeness_in_order(similarity, a, b);
    let lengths = [a[1] - a[0], b[1] - b[0]].map(|rows| rows as f32);
    let unlike = lengths[0].min(lengths[1]) < UNLIKE_LENGTH.0 * lengths[0].max(lengths[1]);
    if unlike { best * UNLIKE_LENGTH.1 } else { best }
}

/// Mean similarity of the shorter section with the part of the longer one it fits best.
pub(super) fn likeness_in_order(similarity: &Similarity, a: [usize; 2], b: [usize; 2]) -> f32 {
    let (short, long) = if a[1] - a[0] <= b[1] - b[0] { (a, b) } else { (b, a) };
    let (rows, room) = (short[1] - short[0], long[1] - long[0]);
    let along = |shift: usize| {
        let pairs = (0..rows).map(|row| similarity.get(short[0] + row, long[0] + shift + row));
        pairs.sum::<f32>() / rows.max(1) as f32
    };
    (0..=room - rows).map(along).fold(0.0, f32::max)
}

/// A, B … Z, AA, AB …
pub(super) fn letters(label: usize) -> String {
    let last = char::from(b'A' + (label % 26) as u8);
    match label / 26 {
        0 => last.to_string(),
        more => format!("{}{last}", letters(more - 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_go_on_behind_z() {
        let names = [0, 25, 26, 51, 52, 701, 702].map(letters);
        assert_eq!(names, ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]);
    }

    #[test]
    fn labels_count_by_first_appearance() {
        assert_eq!(in_order(&[vec![1, 3], vec![0, 2], vec![4]], 5), [0, 1, 0, 1, 2]);
    }
}
