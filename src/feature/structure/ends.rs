//! What lies before the music proper and behind it.

use super::result::Section;

/// Share of the track that an intro or an outro takes at most, and seconds.
const LONGEST: (f64, f64) = (0.25, 60.0);
/// Seconds below which it is a pick-up or what rings on.
const SHORTEST_S: f64 = 4.0;
/// Energy below that of the typical section at which a section is set apart.
const QUIETER: f64 = 0.12;

/// End of the intro and start of the outro in seconds; `None` where there is none.
///
/// An intro is what begins a track and is not heard again, or is clearly less loud than the typical
/// section; an outro the same at the end.
pub(super) fn ends(sections: &[Section], duration_s: f64) -> (Option<f64>, Option<f64>) {
    let longest = LONGEST.1.min(LONGEST.0 * duration_s);
    let typical = typical_energy(sections);
    let count = |label: &str| sections.iter().filter(|s| s.label == label).count();
    let apart = |section: &&Section| {
        let length = section.end_s - section.start_s;
        let quiet = section.energy < typical - QUIETER;
        length <= longest && (count(&section.label) == 1 || quiet)
    };
    if sections.len() < 3 {
        return (None, None);
    }
    let intro =
        sections.iter().take_while(apart).map(|s| s.end_s).take_while(|&end| end <= longest);
    let outro = sections.iter().rev().take_while(apart).map(|s| s.start_s);
    let outro = outro.take_while(|&start| start >= duration_s - longest);
    let intro = intro.last().filter(|&end| end >= SHORTEST_S);
    let outro = outro.last().filter(|&start| start <= duration_s - SHORTEST_S);
    (intro, outro)
}

/// Median of the energies, by time.
fn typical_energy(sections: &[Section]) -> f64 {
    let mut sorted: Vec<(f64, f64)> =
        sections.iter().map(|s| (s.energy, s.end_s - s.start_s)).collect();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let half = 0.5 * sorted.iter().map(|s| s.1).sum::<f64>();
    let mut passed = 0.0;
    let median = sorted.iter().find(|(_, length)| {
        passed += length;
        passed >= half
    });
    median.map_or(0.0, |(energy, _)| *energy)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sections(plan: &[(&str, f64, f64)]) -> Vec<Section> {
        let mut start_s = 0.0;
        let section = |&(label, length, energy): &(&str, f64, f64)| {
            let end_s = start_s + length;
            let section = Section { start_s, end_s, label: label.into(), energy };
            start_s = end_s;
            section
        };
        plan.iter().map(section).collect()
    }

    #[test]
    fn an_intro_is_not_heard_again_or_quiet() {
        let song =
            [("A", 10., 0.9), ("B", 30., 0.9), ("C", 30., 0.9), ("B", 30., 0.9), ("D", 8., 0.8)];
        assert_eq!(ends(&sections(&song), 108.0), (Some(10.0), Some(100.0)));
        let song =
            [("B", 10., 0.5), ("B", 30., 0.9), ("C", 30., 0.9), ("B", 30., 0.9), ("C", 8., 0.6)];
        assert_eq!(ends(&sections(&song), 108.0), (Some(10.0), Some(100.0)));
        let song = [("A", 20., 0.9), ("B", 30., 0.9), ("A", 20., 0.9), ("B", 30., 0.9)];
        assert_eq!(ends(&sections(&song), 100.0), (None, None));
    }

    #[test]
    fn a_last_chord_is_no_outro() {
        let song = [("A", 30., 0.9), ("B", 30., 0.9), ("A", 30., 0.9), ("C", 3., 0.2)];
        assert_eq!(ends(&sections(&song), 93.0), (None, None));
    }

    #[test]
    fn a_piece_of_one_or_two_sections_has_neither() {
        assert_eq!(ends(&sections(&[("A", 20., 0.9)]), 20.0), (None, None));
        assert_eq!(ends(&sections(&[("A", 2., 0.1), ("B", 20., 0.9)]), 22.0), (None, None));
        assert_eq!(ends(&[], 0.0), (None, None));
    }
}
