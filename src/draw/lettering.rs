//! Letters for painted pictures: strokes on a grid, four units wide and six high.

use super::scene::Anchor;

/// Units from the base line to the top of a capital.
const HEIGHT: f32 = 6.0;
/// Height of a capital, of the size of the text.
const CAPITAL: f32 = 0.7;
/// Units from one letter to the next.
const ADVANCE: f32 = 5.6;
/// Width of a stroke, of the size of the text.
const STROKE: f32 = 0.115;

/// Strokes of a letter: runs of points "xy", divided by spaces; y counts upwards from the base line, and
/// `a` is -1.
fn strokes(letter: char) -> &'static str {
    match letter {
        '0' | 'O' => "10304145 4536 361605 050110",
        '1' => "142620 1030",
        '2' => "05163645441100 0040",
        '3' => "05163645443313 3342413010 1001",
        '4' => "300636 3030 3602 0242",
        '5' => "460603334241301001",
        '6' => "4536160501103041423304",
        '7' => "064610",
        '8' => "1333444536160504 041333 334241301001 0213",
        '9' => "0110304145361605041343",
        'A' => "002640 1232",
        'B' => "000636454433 033342413000",
        'C' => "4536160501103041",
        'D' => "0006264442402000",
        'E' => "46060040 0333",
        'F' => "460600 0333",
        'G' => "453616050110304143 4323",
        'H' => "0006 4046 0343",
        'I' => "2026 1030 1636",
        'J' => "4641301001",
        'K' => "0006 4602 1340",
        'L' => "060040",
        'M' => "0006234640",
        'N' => "00064046",
        'P' => "00063645443303",
        'Q' => "10304145 4536 361605 050110 2240",
        'R' => "00063645443303 2340",
        'S' => "45361605041333424130 301001",
        'T' => "2026 0646",
        'U' => "060110304146",
        'V' => "062046",
        'W' => "0610243046",
        'X' => "0046 0640",
        'Y' => "062346 2320",
        'Z' => "06460040",
        'a' => "0314344340 4232 1001 0112 1232 103041",
        'b' => "0006 03143443413010 1001",
        'c' => "43341403011030",
        'd' => "4640 43341403011030 3041",
        'e' => "02424334140301103041",
        'f' => "36261520 0434",
        'g' => "444a 4a1a 43341403011030 3041",
        'h' => "0006 03143443 4340",
        'i' => "2024 2526",
        'k' => "0006 3402 1340",
        'l' => "2620",
        'm' => "0004 03142320 2334 434340 3443",
        'n' => "0004 03143443 4340",
        'o' => "10304143 433414 140301 0110",
        'p' => "040a 03143443413010 1001",
        'q' => "444a 43341403011030 3041",
        'r' => "0004 031434",
        's' => "4334140312324130 301001",
        't' => "26213041 0434",
        'u' => "040110304144 4440",
        'v' => "042044",
        'w' => "0410233044",
        'x' => "0044 0440",
        'y' => "0420 441a",
        'z' => "04440040",
        'j' => "241a 2526",
        ':' => "2021 2324",
        '.' => "2020",
        ',' => "211a",
        '-' => "1333",
        '\'' => "2624",
        '/' => "0046",
        _ => "",
    }
}

/// The strokes of a text as lines, and their width.
pub(super) fn lines(
    text: &str,
    size: f32,
    at: [f32; 2],
    anchor: Anchor,
) -> (Vec<Vec<[f32; 2]>>, f32) {
    let unit = size * CAPITAL / HEIGHT;
    let width = (text.chars().count() as f32 * ADVANCE - (ADVANCE - 4.0)) * unit;
    let start = match anchor {
        Anchor::Start => at[0],
        Anchor::Middle => at[0] - width / 2.0,
        Anchor::End => at[0] - width,
    };
    let mut lines = Vec::new();
    for (place, letter) in text.chars().enumerate() {
        let left = start + place as f32 * ADVANCE * unit;
        for run in strokes(letter).split_whitespace() {
            let point =
                |xy: &[u8; 2]| [left + coordinate(xy[0]) * unit, at[1] - coordinate(xy[1]) * unit];
            lines.push(run.as_bytes().as_chunks::<2>().0.iter().map(point).collect());
        }
    }
    (lines, size * STROKE)
}

fn coordinate(byte: u8) -> f32 {
    if byte == b'a' { -1.0 } else { f32::from(byte.saturating_sub(b'0')) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strokes_are_whole_and_on_the_grid() {
        for letter in ('!'..='~').filter(|&letter| !strokes(letter).is_empty()) {
            for run in strokes(letter).split_whitespace() {
                assert!(run.len() >= 4 && run.len().is_multiple_of(2), "{letter} {run}");
                assert!(run.bytes().all(|b| b"0123456a".contains(&b)), "{letter} {run}");
            }
        }
        let spoken = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:.mixintroutrfadexcerpt energy";
        assert!(spoken.chars().all(|l| l == ' ' || !strokes(l).is_empty()));
    }

    #[test]
    fn a_text_lies_where_its_anchor_says() {
        let middle = |anchor| {
            let (lines, _) = lines("HH", 20.0, [100.0, 50.0], anchor);
            let xs = || lines.iter().flatten().map(|point| point[0]);
            f32::midpoint(xs().fold(f32::MAX, f32::min), xs().fold(f32::MIN, f32::max))
        };
        assert!((middle(Anchor::Middle) - 100.0).abs() < 0.01);
        assert!(middle(Anchor::Start) > 100.0 && middle(Anchor::End) < 100.0);
    }
}
