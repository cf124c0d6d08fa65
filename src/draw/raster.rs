//! A scene as pixels, and as PNG.

use super::colours::Colour;
use super::lettering;
use super::scene::{Scene, Shape};

/// Parts of a pixel, either way, of which a polygon covers some.
const PARTS: usize = 4;

/// Why a picture could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot encode the picture")]
pub struct PngError(#[from] png::EncodingError);

/// The scene as a PNG file: 8 bits a channel, with transparency.
///
/// # Errors
///
/// When the encoder refuses it, as a picture without pixels.
pub fn to_png(scene: &Scene) -> Result<Vec<u8>, PngError> {
    let pixels = paint(scene);
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, scene.width, scene.height);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&pixels)?;
    writer.finish()?;
    Ok(bytes)
}

/// Red, green, blue and opacity of all pixels, line by line.
fn paint(scene: &Scene) -> Vec<u8> {
    let mut canvas = Canvas::new(scene.width as usize, scene.height as usize);
    for shape in &scene.shapes {
        match shape {
            Shape::Bars { fill, bars } => bars.iter().for_each(|bar| canvas.bar(*fill, *bar)),
            Shape::Line { stroke, width, points } => canvas.lines(*stroke, *width, &[points]),
            Shape::Area { fill, points } => canvas.area(*fill, points),
            Shape::Text { fill, size, at, anchor, text } => {
                let (lines, width) = lettering::lines(text, *size, *at, *anchor);
                canvas.lines(*fill, width, &lines);
            }
        }
    }
    canvas.pixels.iter().flat_map(|pixel| pixel.bytes()).collect()
}

/// Colour times opacity, and opacity.
#[derive(Clone, Copy, Debug, Default)]
struct Pixel([f32; 4]);

impl Pixel {
    /// Puts a colour on top of it.
    fn cover(&mut self, colour: Colour, share: f32) {
        let opacity = colour.opacity * share;
        let [red, green, blue] = colour.rgb.map(|x| f32::from(x) * opacity);
        for (old, new) in self.0.iter_mut().zip([red, green, blue, opacity]) {
            *old = *old * (1.0 - opacity) + new;
        }
    }

    fn bytes(self) -> [u8; 4] {
        let [red, green, blue, opacity] = self.0;
        let plain = |x: f32| (x / opacity.max(1e-6)).round() as u8;
        [plain(red), plain(green), plain(blue), (255.0 * opacity).round() as u8]
    }
}

struct Canvas {
    width: usize,
    height: usize,
    pixels: Vec<Pixel>,
}

impl Canvas {
    fn new(width: usize, height: usize) -> Self {
        Self { width, height, pixels: vec![Pixel::default(); width * height] }
    }

    fn cover(&mut self, x: usize, y: usize, colour: Colour, share: f32) {
        let inside = x < self.width && share > 0.0;
        if let Some(pixel) = self.pixels.get_mut(y * self.width + x).filter(|_| inside) {
            pixel.cover(colour, share.min(1.0));
        }
    }

    fn bar(&mut self, colour: Colour, [x, y, width, height]: [f32; 4]) {
        let columns = covered(x, x + width, self.width);
        let rows = covered(y, y + height, self.height);
        for (row, down) in rows {
            for &(column, across) in &columns {
                self.cover(column, row, colour, across * down);
            }
        }
    }

    /// Lines with round ends; where they meet the colour is not laid on twice.
    fn lines(&mut self, colour: Colour, width: f32, lines: &[impl AsRef<[[f32; 2]]>]) {
        let reach = width / 2.0 + 0.5;
        let mut shares = std::collections::BTreeMap::new();
        for [a, b] in lines.iter().flat_map(|line| line.as_ref().array_windows()) {
            let columns = covered(a[0].min(b[0]) - reach, a[0].max(b[0]) + reach, self.width);
            for (row, _) in covered(a[1].min(b[1]) - reach, a[1].max(b[1]) + reach, self.height) {
                for &(column, _) in &columns {
                    let centre = [column as f32 + 0.5, row as f32 + 0.5];
                    let share = (reach - distance(centre, *a, *b)).clamp(0.0, 1.0);
                    let old = shares.entry((row, column)).or_insert(0.0_f32);
                    *old = old.max(share * width.min(1.0));
                }
            }
        }
        for ((row, column), share) in shares {
            self.cover(column, row, colour, share);
        }
    }

    /// A polygon, by the even-odd rule.
    fn area(&mut self, colour: Colour, points: &[[f32; 2]]) {
        let bounds = |axis: usize| {
            let values = || points.iter().map(|point| point[axis]);
            (values().fold(f32::MAX, f32::min), values().fold(f32::MIN, f32::max))
        };
        let ((left, right), (top, bottom)) = (bounds(0), bounds(1));
        let columns = covered(left, right, self.width);
        for (row, _) in covered(top, bottom, self.height) {
            for &(column, _) in &columns {
                let part = |n: usize| (n as f32 + 0.5) / PARTS as f32;
                let parts = (0..PARTS * PARTS)
                    .map(|n| [column as f32 + part(n % PARTS), row as f32 + part(n / PARTS)]);
                let inside = parts.filter(|&point| is_inside(point, points)).count();
                self.cover(column, row, colour, inside as f32 / (PARTS * PARTS) as f32);
            }
        }
    }
}

/// Pixels between two places, and how much of each.
fn covered(from: f32, to: f32, size: usize) -> Vec<(usize, f32)> {
    let (from, to) = (from.clamp(0.0, size as f32), to.clamp(0.0, size as f32));
    let share = |at: usize| (to.min(at as f32 + 1.0) - from.max(at as f32)).max(0.0);
    // NaN becomes 0: nothing is covered.
    (from as usize..to.ceil() as usize).map(|at| (at, share(at))).collect()
}

/// From a point to a stretch of line.
fn distance(point: [f32; 2], a: [f32; 2], b: [f32; 2]) -> f32 {
    let (along, across) = ([b[0] - a[0], b[1] - a[1]], [point[0] - a[0], point[1] - a[1]]);
    let square = along[0] * along[0] + along[1] * along[1];
    let place = (along[0] * across[0] + along[1] * across[1]) / square.max(1e-9);
    let place = place.clamp(0.0, 1.0);
    (across[0] - place * along[0]).hypot(across[1] - place * along[1])
}

fn is_inside([x, y]: [f32; 2], points: &[[f32; 2]]) -> bool {
    let closed = points.iter().zip(points.iter().cycle().skip(1));
    let crossed = closed.filter(|(a, b)| {
        (a[1] > y) != (b[1] > y) && x < a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0])
    });
    crossed.count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    const RED: Colour = Colour::new(255, 0, 0);

    fn scene(shape: Shape) -> Scene {
        Scene { width: 8, height: 4, shapes: vec![shape] }
    }

    fn opacity(scene: &Scene, x: usize, y: usize) -> u8 {
        paint(scene)[4 * (y * 8 + x) + 3]
    }

    #[test]
    fn a_bar_covers_its_pixels_and_parts_of_others() {
        let scene = scene(Shape::Bars { fill: RED, bars: vec![[1.0, 1.0, 2.5, 2.0]] });
        assert_eq!([0, 1, 2, 3, 4].map(|x| opacity(&scene, x, 1)), [0, 255, 255, 128, 0]);
        assert_eq!([0, 1, 2, 3].map(|y| opacity(&scene, 1, y)), [0, 255, 255, 0]);
        assert_eq!(paint(&scene)[4 * (8 + 3)..][..3], [255, 0, 0], "an edge keeps the colour");
    }

    #[test]
    fn lines_and_areas_are_where_they_should_be() {
        let line = Shape::Line { stroke: RED, width: 1.0, points: vec![[0.0, 1.5], [8.0, 1.5]] };
        assert_eq!([0, 1, 2].map(|y| opacity(&scene(line.clone()), 4, y)), [0, 255, 0]);
        let area = Shape::Area { fill: RED, points: vec![[0., 0.], [4., 0.], [4., 4.], [0., 4.]] };
        assert_eq!(
            [(0, 0), (3, 3), (4, 0)].map(|(x, y)| opacity(&scene(area.clone()), x, y)),
            [255, 255, 0]
        );
    }

    #[test]
    fn what_lies_outside_or_nowhere_is_no_danger() {
        let odd = [f32::NAN, f32::INFINITY, -1e30, 1e30];
        for x in odd {
            paint(&scene(Shape::Bars { fill: RED, bars: vec![[x, x, x, x]] }));
            paint(&scene(Shape::Line {
                stroke: RED,
                width: 2.0,
                points: vec![[x, 0.0], [0.0, x]],
            }));
            paint(&scene(Shape::Area { fill: RED, points: vec![[x, 0.0], [0.0, x], [1.0, 1.0]] }));
        }
        paint(&scene(Shape::Area { fill: RED, points: vec![] }));
    }

    #[test]
    fn the_file_is_png_of_the_size() {
        let file = to_png(&scene(Shape::Bars { fill: RED, bars: vec![[0., 0., 8., 4.]] }));
        let file = file.expect("encodes");
        assert_eq!(file[..8], *b"\x89PNG\r\n\x1a\n");
        assert_eq!(file[16..24], [0, 0, 0, 8, 0, 0, 0, 4]);
        assert!(to_png(&Scene::new(0, 4)).is_err());
    }
}
