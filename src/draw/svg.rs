//! A scene as SVG 1.1.

use std::fmt::Write;

use crate::xml::escaped;

use super::colours::Colour;
use super::scene::{Anchor, Scene, Shape};

/// The scene as an SVG document.
pub fn to_svg(scene: &Scene) -> String {
    let (width, height) = (scene.width, scene.height);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" font-family=\"system-ui, Helvetica, Arial, sans-serif\">\n"
    );
    for shape in &scene.shapes {
        write_shape(&mut out, shape);
    }
    out.push_str("</svg>\n");
    out
}

// Writing to a String cannot fail.
fn write_shape(out: &mut String, shape: &Shape) {
    match shape {
        Shape::Bars { fill, bars } => {
            let _ = write!(out, "<path {} d=\"", paint("fill", *fill));
            for &[x, y, width, height] in bars {
                let (x, y, w, h) = (short(x), short(y), short(width), short(height));
                let _ = write!(out, "M{x} {y}h{w}v{h}h-{w}z");
            }
            out.push_str("\"/>\n");
        }
        Shape::Line { stroke, width, points } => {
            let _ = writeln!(
                out,
                "<polyline fill=\"none\" {} stroke-width=\"{}\" stroke-linejoin=\"round\" \
                 stroke-linecap=\"round\" points=\"{}\"/>",
                paint("stroke", *stroke),
                short(*width),
                list(points)
            );
        }
        Shape::Area { fill, points } => {
            let _ =
                writeln!(out, "<polygon {} points=\"{}\"/>", paint("fill", *fill), list(points));
        }
        Shape::Text { fill, size, at: [x, y], anchor, text } => {
            let anchor = match anchor {
                Anchor::Start => "start",
                Anchor::Middle => "middle",
                Anchor::End => "end",
            };
            let _ = writeln!(
                out,
                "<text {} font-size=\"{}\" x=\"{}\" y=\"{}\" text-anchor=\"{anchor}\">{}</text>",
                paint("fill", *fill),
                short(*size),
                short(*x),
                short(*y),
                escaped(text)
            );
        }
    }
}

fn paint(name: &str, colour: Colour) -> String {
    let [red, green, blue] = colour.rgb;
    let mut paint = format!("{name}=\"#{red:02x}{green:02x}{blue:02x}\"");
    if colour.opacity < 1.0 {
        let _ = write!(paint, " {name}-opacity=\"{}\"", short(colour.opacity));
    }
    paint
}

fn list(points: &[[f32; 2]]) -> String {
    points.iter().map(|&[x, y]| format!("{},{}", short(x), short(y))).collect::<Vec<_>>().join(" ")
}

/// Two decimals at most; never "NaN" or "inf".
fn short(x: f32) -> String {
    let x = if x.is_finite() { x } else { 0.0 };
    let text = format!("{x:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".into() } else { text.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_finite() {
        let numbers = [1.0, 0.5, -0.001, 12.345, f32::NAN, f32::INFINITY].map(short);
        assert_eq!(numbers, ["1", "0.5", "0", "12.35", "0", "0"]);
    }
}
