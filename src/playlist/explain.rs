//! Why each track follows the one before, in words and as a plot.

use super::track::{Track, key_affinity};
use crate::feature::tonal::Key;
use crate::search::{ASPECTS, Aspect};
use std::fmt::Write as _;

/// One step of a playlist.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Distance of sound; 1 is that of two tracks taken at random; `None` where one was never compared.
    pub distance: Option<f64>,
    /// The same by aspect, in the order of [`Aspect::ALL`]; `None` where one was never compared.
    pub aspects: Option<[f64; ASPECTS]>,
    /// What the keys do; `None` where one is unknown.
    pub key: Option<&'static str>,
    /// Change of tempo as a share, half and double time aside, and the octaves left aside.
    pub tempo: Option<(f64, i32)>,
    /// Change of energy.
    pub energy: Option<f64>,
}

impl Step {
    /// The step from one track to the next.
    pub fn between(
        from: &Track,
        to: &Track,
        distance: Option<f64>,
        aspects: Option<[f64; ASPECTS]>,
    ) -> Self {
        Self {
            distance,
            aspects,
            key: from.key.zip(to.key).map(|(from, to)| key_move(from, to)),
            tempo: from.bpm.zip(to.bpm).and_then(|(from, to)| tempo_change(from, to)),
            energy: from.energy.zip(to.energy).map(|(from, to)| to - from),
        }
    }

    /// In one line: `sound 0.42 (timbre 0.40, …) · same key · tempo +1.6 % · energy +0.05`.
    pub fn words(&self) -> String {
        let known = self.distance.map(|distance| format!("sound {distance:.2}"));
        let mut text = known.unwrap_or_else(|| "sound unknown".into());
        if let Some(aspects) = self.aspects {
            let named = Aspect::ALL.iter().zip(aspects);
            let named = named.map(|(aspect, apart)| format!("{} {apart:.2}", aspect.as_str()));
            let _ = write!(text, " ({})", named.collect::<Vec<_>>().join(", "));
        }
        let _ = write!(text, " · {}", self.key.unwrap_or("key unknown"));
        match self.tempo {
            Some((change, octaves)) => {
                let _ = write!(text, " · tempo {:+.1} %", change * 100.0);
                text.push_str(match octaves {
                    0 => "",
                    1 => " in double time",
                    -1 => " in half time",
                    _ => " octaves apart",
                });
            }
            None => text.push_str(" · tempo unknown"),
        }
        if let Some(energy) = self.energy {
            let _ = write!(text, " · energy {energy:+.2}");
        }
        text
    }
}

/// From one tempo to another: 100 to 104 is (.04, 0), 87 to 174 (0, 1). `None` where one is none.
fn tempo_change(from: f64, to: f64) -> Option<(f64, i32)> {
    let octaves = (to / from).log2();
    let whole = octaves.round();
    octaves.is_finite().then(|| ((octaves - whole).exp2() - 1.0, whole as i32))
}

fn key_move(from: Key, to: Key) -> &'static str {
    let affinity = key_affinity(Some(from), Some(to));
    match affinity {
        a if a > 0.95 => "same key",
        a if a > 0.8 && from.mode() == to.mode() => "one step on the wheel",
        a if a > 0.8 => "relative key",
        a if a > 0.5 => "two steps on the wheel",
        a if a > 0.3 => "one step and the other mode",
        _ => "distant key",
    }
}

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Numbers as a line of bars from the lowest to the highest; a blank where one is unknown.
pub fn bars(numbers: &[Option<f64>], low: f64, high: f64) -> String {
    let bar = |number: &Option<f64>| match number {
        Some(number) if high > low => {
            let share = ((number - low) / (high - low)).clamp(0.0, 1.0);
            BARS.get((share * 7.0).round() as usize).copied().unwrap_or('█')
        }
        Some(_) => '▄',
        None => ' ',
    };
    numbers.iter().map(bar).collect()
}

/// Width and height of a plot, and its margins, in pixels.
const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 360.0;
const LEFT: f64 = 56.0;
const TOP: f64 = 28.0;
const PANEL: f64 = 128.0;

/// Tempo, energy and keys over a playlist as SVG; readable on light and dark.
pub fn plot(tracks: &[Track], camelot: &[Option<String>]) -> String {
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
         font-family=\"sans-serif\" font-size=\"11\" fill=\"#808080\">\n"
    );
    let tempi: Vec<Option<f64>> = tracks.iter().map(|track| track.bpm).collect();
    let known: Vec<f64> = tempi.iter().flatten().copied().collect();
    let low = known.iter().copied().fold(f64::INFINITY, f64::min);
    let high = known.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let (low, high) = if known.is_empty() { (60.0, 180.0) } else { (low - 2.0, high + 2.0) };
    panel(&mut svg, TOP, "tempo (BPM)", "#3b82c4", &tempi, (low, high));
    let energies: Vec<Option<f64>> = tracks.iter().map(|track| track.energy).collect();
    panel(&mut svg, TOP + PANEL + 32.0, "energy", "#d9773c", &energies, (0.0, 1.0));
    for (place, key) in camelot.iter().enumerate().filter_map(|(p, k)| Some((p, k.as_ref()?))) {
        let x = across(place, camelot.len());
        let _ = writeln!(
            svg,
            "<text x=\"{x:.1}\" y=\"{:.0}\" text-anchor=\"middle\">{key}</text>",
            HEIGHT - 12.0
        );
    }
    let _ = writeln!(svg, "<text x=\"4\" y=\"{:.0}\">key</text>\n</svg>", HEIGHT - 12.0);
    svg
}

fn across(place: usize, count: usize) -> f64 {
    LEFT + (WIDTH - LEFT - 24.0) * place as f64 / (count.max(2) - 1) as f64
}

fn panel(
    svg: &mut String,
    top: f64,
    title: &str,
    colour: &str,
    numbers: &[Option<f64>],
    (low, high): (f64, f64),
) {
    let down = |number: f64| top + PANEL * (1.0 - (number - low) / (high - low));
    let _ = writeln!(svg, "<text x=\"{LEFT}\" y=\"{:.0}\">{title}</text>", top - 8.0);
    for number in [low, f64::midpoint(low, high), high] {
        let (y, digits) = (down(number), usize::from(high <= 1.0));
        let _ = writeln!(
            svg,
            "<path d=\"M{LEFT} {y:.1}H{:.0}\" stroke=\"#808080\" stroke-opacity=\".3\"/>\
             <text x=\"{:.0}\" y=\"{:.1}\" text-anchor=\"end\">{number:.digits$}</text>",
            WIDTH - 24.0,
            LEFT - 6.0,
            y + 4.0
        );
    }
    let points = numbers.iter().enumerate().filter_map(|(place, number)| Some((place, (*number)?)));
    let points: Vec<(f64, f64)> =
        points.map(|(place, number)| (across(place, numbers.len()), down(number))).collect();
    let line: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
    let _ = writeln!(
        svg,
        "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>",
        line.join(" ")
    );
    for (x, y) in points {
        let _ = writeln!(svg, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"{colour}\"/>");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn track(bpm: f64, key: &str, energy: f64) -> Track {
        Track { bpm: Some(bpm), key: key.parse().ok(), energy: Some(energy), ..Track::default() }
    }

    #[test]
    fn a_step_is_told_in_words() {
        let (from, to) = (track(120.0, "8A", 0.5), track(62.4, "9A", 0.55));
        let words =
            Step::between(&from, &to, Some(0.4249), Some([0.4, 0.5, 0.6, 0.7, 0.8])).words();
        assert_eq!(
            words,
            "sound 0.42 (timbre 0.40, rhythm 0.50, harmony 0.60, mood 0.70, loudness 0.80) · one \
             step on the wheel · tempo +4.0 % in half time · energy +0.05"
        );
        let back = Step::between(&to, &from, Some(0.4249), None).words();
        assert_eq!(
            back,
            "sound 0.42 · one step on the wheel · tempo -3.8 % in double time · energy -0.05"
        );
        let unknown = Step::between(&from, &Track::default(), None, None).words();
        assert_eq!(unknown, "sound unknown · key unknown · tempo unknown");
    }

    #[test]
    fn bars_span_their_range() {
        assert_eq!(bars(&[Some(0.0), Some(1.0), None, Some(0.5)], 0.0, 1.0), "▁█ ▅");
        assert_eq!(bars(&[Some(3.0)], 3.0, 3.0), "▄");
    }

    #[test]
    fn a_plot_is_xml_with_a_point_a_track() {
        let tracks = [track(120.0, "8A", 0.5), Track::default(), track(128.0, "9A", 0.7)];
        let svg = plot(&tracks, &[Some("8A".into()), None, Some("9A".into())]);
        let mut reader = quick_xml::Reader::from_str(&svg);
        while reader.read_event().expect("well-formed") != quick_xml::events::Event::Eof {}
        assert_eq!(svg.matches("<circle").count(), 4, "two known tempi, two known energies");
        assert!(!svg.contains("NaN") && !plot(&[], &[]).contains("NaN"));
    }
}
