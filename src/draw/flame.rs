//! A flamegraph: who takes how much of a whole, and within whom.
//!
//! Gregg, "The Flame Graph", Communications of the ACM 59(6), 2016: width is the share, the one below
//! is where it belongs to, order has no meaning.

use std::fmt::Write;

use crate::xml::escaped;

/// Height of a frame, pixels.
const ROW: f64 = 22.0;
/// Width of the picture.
const WIDTH: f64 = 1200.0;
/// Room above, for the title.
const HEAD: f64 = 30.0;
/// Width of a letter, about.
const LETTER: f64 = 6.6;
/// Frames narrower than this are not seen.
const NARROWEST: f64 = 0.3;

/// A frame with all that lies on it.
#[derive(Clone, Debug, PartialEq)]
struct Frame {
    name: String,
    /// Weight, with all that lies on it.
    weight: f64,
    above: Vec<Self>,
}

impl Frame {
    fn new(name: &str) -> Self {
        Self { name: name.to_owned(), weight: 0.0, above: Vec::new() }
    }

    fn put(&mut self, stack: &[&str], weight: f64) {
        self.weight += weight;
        let Some((name, rest)) = stack.split_first() else { return };
        let place = self.above.iter().position(|frame| frame.name == *name);
        let place = place.unwrap_or_else(|| {
            self.above.push(Self::new(name));
            self.above.len() - 1
        });
        self.above.get_mut(place).into_iter().for_each(|frame| frame.put(rest, weight));
    }

    fn depth(&self) -> usize {
        1 + self.above.iter().map(Self::depth).max().unwrap_or(0)
    }
}

/// Draws stacks, each from the outermost frame to the innermost with its weight (seconds), as an SVG
/// document. Weights that are no positive numbers are left out.
pub fn flamegraph<'a>(
    title: &str,
    root: &str,
    stacks: impl IntoIterator<Item = (Vec<&'a str>, f64)>,
) -> String {
    let mut base = Frame::new(root);
    for (stack, weight) in stacks {
        if weight.is_finite() && weight > 0.0 {
            base.put(&stack, weight);
        }
    }
    let height = HEAD + ROW * base.depth() as f64 + 4.0;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" \
         viewBox=\"0 0 {WIDTH} {height}\" font-family=\"system-ui, Helvetica, Arial, sans-serif\" \
         font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n\
         <text x=\"{}\" y=\"19\" text-anchor=\"middle\" font-size=\"14\">{}</text>\n",
        WIDTH / 2.0,
        escaped(title)
    );
    let whole = base.weight;
    draw(&mut out, &base, whole, 0.0, height - ROW - 2.0);
    out.push_str("</svg>\n");
    out
}

/// Draws a frame and what lies on it. Writing to a String cannot fail.
fn draw(out: &mut String, frame: &Frame, whole: f64, x: f64, y: f64) {
    let share = if whole > 0.0 { frame.weight / whole } else { 1.0 };
    let width = WIDTH * share;
    if width < NARROWEST {
        return;
    }
    let name = escaped(&frame.name);
    let [red, green, blue] = colour(&frame.name);
    let _ = write!(
        out,
        "<g><title>{name}: {:.3} s, {:.1} %</title><rect x=\"{x:.2}\" y=\"{y:.1}\" width=\"{:.2}\" \
         height=\"{:.1}\" rx=\"2\" fill=\"rgb({red},{green},{blue})\"/>",
        frame.weight,
        100.0 * share,
        (width - 0.5).max(NARROWEST),
        ROW - 1.0
    );
    let text = format!("{} {:.1} %", frame.name, 100.0 * share);
    let fits = |text: &str| text.chars().count() as f64 * LETTER + 8.0 <= width;
    if let Some(text) = [text.as_str(), frame.name.as_str()].into_iter().find(|text| fits(text)) {
        let _ = write!(
            out,
            "<text x=\"{:.2}\" y=\"{:.1}\">{}</text>",
            x + 4.0,
            y + 15.0,
            escaped(text)
        );
    }
    out.push_str("</g>\n");
    let mut at = x;
    for above in &frame.above {
        draw(out, above, whole, at, y - ROW);
        at += WIDTH * above.weight / whole;
    }
}

/// A warm colour that a name always has.
fn colour(name: &str) -> [u8; 3] {
    let hash = name.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193) // FNV-1a
    });
    [220 + (hash % 36) as u8, 120 + (hash >> 8) as u8 % 100, 60 + (hash >> 16) as u8 % 50]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn widths(svg: &str, name: &str) -> Vec<f64> {
        let frames = svg.lines().filter(|line| line.contains(&format!("<title>{name}:")));
        let width = |line: &str| line.split("width=\"").nth(1)?.split('"').next()?.parse().ok();
        frames.filter_map(width).collect()
    }

    #[test]
    fn widths_are_shares_and_lie_on_what_they_belong_to() {
        let svg = flamegraph(
            "a < b",
            "all",
            [(vec!["x", "deep"], 1.0), (vec!["x"], 1.0), (vec!["y"], 6.0), (vec!["z"], f64::NAN)],
        );
        let near = |name: &str, wide: f64| {
            let found = widths(&svg, name);
            assert!(found.len() == 1 && (found[0] - wide).abs() < 1.0, "{name}: {found:?}");
        };
        near("all", 1200.0);
        near("x", 300.0);
        near("deep", 150.0);
        near("y", 900.0);
        assert!(widths(&svg, "z").is_empty() && svg.contains("a &lt; b"));
        let mut reader = quick_xml::Reader::from_str(&svg);
        while reader.read_event().expect("well-formed") != quick_xml::events::Event::Eof {}
    }

    #[test]
    fn nothing_is_a_picture_too() {
        assert!(flamegraph("", "all", []).contains("<title>all:"));
    }
}
