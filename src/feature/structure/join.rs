//! Neighbours that nothing separates become one section.

use super::label::likeness_in_order;
use super::similarity::Similarity;

/// What keeps two sections apart.
struct Demand {
    /// Share of the similarity within them above which the similarity between them is as good.
    left: f32,
    /// How much more alike rows in their order are than any rows, where a theme is played again.
    in_order: f32,
}

/// Bars of a pulse come in phrases: a boundary needs little more to be believed.
const WITH_PULSE: Demand = Demand { left: 1.0, in_order: 0.03 };
/// Steps of time do not: a boundary needs evidence.
const WITHOUT_PULSE: Demand = Demand { left: 0.95, in_order: 0.1 };

/// Boundaries without those that separate nothing.
///
/// Two sections are apart when rows of one are less like rows of the other than like their own. They
/// are apart as well when the second repeats the first: its rows follow each other in the same order,
/// which says where it begins. In a drone, a loop of one bar, or noise neither holds, and whatever
/// boundary was found there is chance.
pub(super) fn join(similarity: &Similarity, boundaries: &[usize], pulse: bool) -> Vec<usize> {
    let demand = if pulse { WITH_PULSE } else { WITHOUT_PULSE };
    let mut kept: Vec<usize> = Vec::with_capacity(boundaries.len());
    for &[start, end] in boundaries.array_windows() {
        let before = kept.last().map(|&before| [before, start]);
        if before.is_none_or(|before| are_apart(similarity, before, [start, end], &demand)) {
            kept.push(start);
        }
    }
    kept.extend(boundaries.last());
    if !pulse {
        drop_scraps(&mut kept);
    }
    kept
}

/// Rows that a section at either end has at least where there is no pulse: the first seconds of noise
/// differ from the rest by chance.
const LEAST_END: usize = 4;

fn drop_scraps(boundaries: &mut Vec<usize>) {
    if let [first, second, _, ..] = boundaries[..]
        && second - first < LEAST_END
    {
        boundaries.remove(1);
    }
    if let [.., _, last_but_one, last] = boundaries[..]
        && last - last_but_one < LEAST_END
    {
        boundaries.remove(boundaries.len() - 2);
    }
}

fn are_apart(similarity: &Similarity, a: [usize; 2], b: [usize; 2], demand: &Demand) -> bool {
    let across = across(similarity, a, b);
    let within = [a, b].into_iter().filter_map(|section| within(similarity, section));
    let others = within.fold(None, |least: Option<f32>, x| Some(least.map_or(x, |y| x.min(y))));
    others.is_none_or(|others| across < demand.left * others)
        || likeness_in_order(similarity, a, b) > across + demand.in_order
}

/// Mean similarity of all pairs of rows of two sections.
fn across(similarity: &Similarity, [a, b]: [usize; 2], [c, d]: [usize; 2]) -> f32 {
    let of_row = |row: usize| (c..d).map(|other| similarity.get(row, other)).sum::<f32>();
    (a..b).map(of_row).sum::<f32>() / ((b - a) * (d - c)).max(1) as f32
}

/// Mean similarity of the pairs of two rows of a section; `None` for a single row.
fn within(similarity: &Similarity, [a, b]: [usize; 2]) -> Option<f32> {
    let pairs = (b - a) * (b - a - 1) / 2;
    let of_row = |row: usize| (a..row).map(|other| similarity.get(row, other)).sum::<f32>();
    (pairs > 0).then(|| (a..b).map(of_row).sum::<f32>() / pairs as f32)
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
        assert_eq!(join(&rows(&drone), &[0, 4, 8, 12, 16], false), [0, 12, 16]);
        let theme: Vec<f32> = (0..16).map(|row| 5.0 * (row % 4) as f32).collect();
        for pulse in [false, true] {
            assert_eq!(join(&rows(&theme), &[0, 8, 16], pulse), [0, 8, 16]);
        }
    }

    #[test]
    fn noise_has_no_sections_wherever_they_are_looked_for() {
        let mut seed = 7_u32;
        let noise: Vec<f32> = std::iter::repeat_with(|| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 8) as f32 / (1 << 23) as f32
        })
        .take(80 * 16)
        .collect();
        assert_eq!(join(&Similarity::of(&noise, 16, 0.0), &[0, 16, 40, 56, 80], false), [0, 80]);
    }

    #[test]
    fn scraps_at_the_ends_belong_to_their_neighbours() {
        let cut = |mut boundaries: Vec<usize>| {
            drop_scraps(&mut boundaries);
            boundaries
        };
        assert_eq!(cut(vec![0, 2, 40, 78, 80]), [0, 40, 80]);
        assert_eq!(cut(vec![0, 2, 80]), [0, 80]);
        assert_eq!(cut(vec![0, 2, 3]), [0, 3]);
        assert_eq!(cut(vec![0, 3]), [0, 3]);
    }

    #[test]
    fn nothing_stays_nothing() {
        assert_eq!(join(&Similarity::default(), &[0], true), [0]);
        assert_eq!(join(&rows(&[1.0]), &[0, 1], true), [0, 1]);
    }
}
