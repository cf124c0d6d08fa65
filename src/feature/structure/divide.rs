//! The best division into sections.

/// Novelty, in standard deviations, that a boundary must have.
const PRICE: f32 = 1.0;
/// What a section costs whose length is a multiple of 8 rows, of 4, of 2, and any other.
const PHRASE: [f32; 4] = [0.0, 0.3, 0.6, 1.2];
/// Share of that cost for the first and the last section: a track may begin and end anywhere.
const PHRASE_AT_END: f32 = 0.3;
/// What a section of fewer than four rows costs, and one of a single row on top.
const SHORT: [f32; 2] = [1.5, 2.0];
/// Rows from which on length costs, and how much a row.
const LONG: (usize, f32) = (16, 0.1);
/// Rows of a section at most.
const LONGEST: usize = 64;

/// Rows at which sections begin, with the number of rows as the last.
///
/// Maximises the novelty of the boundaries less what the lengths cost, by dynamic programming: music
/// comes in phrases of 4, 8 and 16 bars (Sargent, Bimbot and Vincent, ISMIR 2011). The first and the
/// last section are freer.
pub(super) fn divide(novelty: &[f32], bars: bool) -> Vec<usize> {
    let rows = novelty.len().saturating_sub(1);
    let mut best = vec![(f32::NEG_INFINITY, 0); rows + 1];
    if let Some(first) = best.first_mut() {
        *first = (0.0, 0);
    }
    for end in 1..=rows {
        let gain = if end < rows { novelty.get(end).map_or(0.0, |x| x - PRICE) } else { 0.0 };
        for start in end.saturating_sub(LONGEST)..end {
            let cost = cost(end - start, start == 0 || end == rows, bars);
            let total = best.get(start).map_or(f32::NEG_INFINITY, |b| b.0) - cost + gain;
            if let Some(best) = best.get_mut(end).filter(|best| total > best.0) {
                *best = (total, start);
            }
        }
    }
    trace(&best)
}

fn cost(length: usize, at_end: bool, bars: bool) -> f32 {
    let long = LONG.1 * length.saturating_sub(LONG.0) as f32;
    let phrase = match length {
        _ if !bars => 0.0,
        _ if length.is_multiple_of(8) => PHRASE[0],
        _ if length.is_multiple_of(4) => PHRASE[1],
        _ if length.is_multiple_of(2) => PHRASE[2],
        _ => PHRASE[3],
    };
    let short = match length {
        1 => SHORT[0] + SHORT[1],
        2 | 3 => SHORT[0],
        _ => 0.0,
    };
    let share = if at_end { PHRASE_AT_END } else { 1.0 };
    share * phrase + short + long
}

fn trace(best: &[(f32, usize)]) -> Vec<usize> {
    let mut boundaries = vec![best.len().saturating_sub(1)];
    while let Some(&(_, start)) = boundaries.last().filter(|&&b| b > 0).and_then(|&b| best.get(b)) {
        boundaries.push(start);
    }
    boundaries.reverse();
    boundaries
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peaks(rows: usize, at: &[usize]) -> Vec<f32> {
        (0..=rows).map(|row| if at.contains(&row) { 3.0 } else { 0.0 }).collect()
    }

    #[test]
    fn boundaries_are_where_something_new_begins() {
        assert_eq!(divide(&peaks(40, &[8, 16, 32]), true), [0, 8, 16, 32, 40]);
        assert_eq!(divide(&peaks(40, &[5, 13, 29]), true), [0, 5, 13, 29, 40], "any length first");
    }

    #[test]
    fn a_phrase_of_eight_bars_wins_over_one_of_seven() {
        let mut curve = peaks(32, &[8, 24]);
        (curve[15], curve[16]) = (3.2, 3.0);
        assert_eq!(divide(&curve, true), [0, 8, 16, 24, 32]);
        assert_eq!(divide(&curve, false), [0, 8, 15, 24, 32], "without bars there are no phrases");
    }

    #[test]
    fn nothing_new_is_one_section_or_few_and_nothing_is_none() {
        assert_eq!(divide(&peaks(12, &[]), true), [0, 12]);
        assert!(divide(&peaks(512, &[]), true).len() < 40);
        assert_eq!(divide(&[0.0], true), [0]);
        assert_eq!(divide(&[0.0; 2], true), [0, 1]);
    }
}
