//! The envelope itself.

use super::colours::{self, Colour, PLAIN};
use super::scene::Scene;
use crate::feature::waveform::{Column, Waveform};

/// Opacity of the peaks behind the mean, and how dark the mean is.
const PEAKS: f32 = 0.7;
const MEAN: f32 = 0.72;
/// Peak that fills the height at least (-40 dBFS): what only hisses stays a line.
const LEAST_PEAK: f32 = 0.01;
/// Height of the thinnest bar, so that silence is a line.
const THINNEST: f32 = 1.0;

/// A place in a picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Frame {
    pub(super) left: f32,
    pub(super) top: f32,
    pub(super) width: f32,
    pub(super) height: f32,
}

impl Frame {
    pub(super) fn bottom(&self) -> f32 {
        self.top + self.height
    }

    /// The place of a time in a track of so many seconds.
    pub(super) fn x(&self, time_s: f64, duration_s: f64) -> f32 {
        let share = if duration_s > 0.0 { time_s / duration_s } else { 0.0 };
        self.left + self.width * share.clamp(0.0, 1.0) as f32
    }
}

/// Largest sample, 0 and up.
pub(super) fn peak(waveform: &Waveform) -> f32 {
    waveform.columns.iter().map(|column| column.max.max(-column.min)).fold(0.0, f32::max)
}

/// Draws peaks and mean of every column; the largest peak takes the height of the frame, so that a
/// quiet track can be read as well as a loud one.
pub(super) fn draw(scene: &mut Scene, frame: Frame, waveform: &Waveform, coloured: bool) {
    let scale = 1.0 / peak(waveform).max(LEAST_PEAK);
    let bars = bars(waveform, frame.width as usize);
    let colour = |column: &Column| if coloured { colours::of_bands(column.bands) } else { PLAIN };
    for (x, width, column) in &bars {
        let behind = colour(column).with_opacity(PEAKS);
        let extent = [column.min.min(-column.rms), column.max.max(column.rms)];
        bar(scene, frame, behind, [*x, *width], extent.map(|x| scale * x));
    }
    for (x, width, column) in &bars {
        let rms = scale * column.rms;
        bar(scene, frame, colour(column).darkened(MEAN), [*x, *width], [-rms, rms]);
    }
}

fn bar(scene: &mut Scene, frame: Frame, fill: Colour, [x, width]: [f32; 2], [low, high]: [f32; 2]) {
    let (middle, half) = (frame.top + frame.height / 2.0, frame.height / 2.0);
    let (mut top, mut bottom) = (middle - half * high, middle - half * low);
    if bottom - top < THINNEST {
        let centre = f32::midpoint(top, bottom);
        (top, bottom) = (centre - THINNEST / 2.0, centre + THINNEST / 2.0);
    }
    scene.bar(fill, [frame.left + x, top, width, bottom - top]);
}

/// Whole pixels and what is drawn on them: columns that share a pixel are joined, and a column that has
/// several keeps its colour over all of them.
fn bars(waveform: &Waveform, pixels: usize) -> Vec<(f32, f32, Column)> {
    let (count, column_s) = (waveform.columns.len(), waveform.column_s());
    let edge = |column: usize| {
        let share = column as f64 * column_s / waveform.duration_s.max(1e-9);
        ((share * pixels as f64).round() as usize).min(pixels)
    };
    let mut bars: Vec<(usize, usize, Column)> = Vec::with_capacity(count.min(pixels));
    for (at, column) in waveform.columns.iter().enumerate() {
        let (from, to) = (edge(at), edge(at + 1));
        let end = bars.last().map_or(0, |&(left, width, _)| left + width);
        match bars.last_mut() {
            // A column without a pixel of its own joins the one before it.
            Some((_, _, last)) if to <= end => *last = joined(last, column),
            _ => bars.push((from.max(end), to.max(from + 1) - from.max(end), *column)),
        }
    }
    bars.into_iter().map(|(x, width, column)| (x as f32, width as f32, column)).collect()
}

fn joined(a: &Column, b: &Column) -> Column {
    let power = |a: f32, b: f32| f32::midpoint(a * a, b * b).sqrt();
    Column {
        min: a.min.min(b.min),
        max: a.max.max(b.max),
        rms: power(a.rms, b.rms),
        bands: std::array::from_fn(|band| power(a.bands[band], b.bands[band])),
    }
}

#[cfg(test)]
mod tests {
    use super::super::scene::Shape;
    use super::*;

    fn waveform(columns: usize, level: u8, cut: f64) -> Waveform {
        let column = |i: usize| Column { max: i as f32 / 1e4, ..Column::default() };
        let columns: Vec<Column> = (0..columns).map(column).collect();
        let whole = Waveform { duration_s: 0.0, level, columns };
        let duration_s = whole.columns.len() as f64 * whole.column_s() - cut;
        Waveform { duration_s, ..whole }
    }

    #[test]
    fn bars_cover_the_width_without_gaps() {
        for (columns, pixels) in [(1, 100), (3, 100), (562, 1200), (640, 640), (640, 200), (5, 3)] {
            let bars = bars(&waveform(columns, 4, 0.1), pixels);
            let mut x = 0.0;
            for (left, width, _) in &bars {
                assert!((left - x).abs() < 1e-6, "{columns} {pixels}: {left} behind {x}");
                x = left + width;
            }
            assert!((x - pixels as f32).abs() <= 1.0, "{columns} {pixels}: {x}");
        }
    }

    #[test]
    fn the_largest_peak_fills_the_height_however_quiet_the_track() {
        let frame = Frame { left: 0.0, top: 10.0, width: 100.0, height: 80.0 };
        let tallest = |peak: f32| {
            let mut waveform = waveform(400, 4, 0.0);
            waveform.columns.iter_mut().for_each(|column| column.max = 0.3 * peak);
            waveform.columns[7].min = -peak;
            let mut scene = Scene::new(100, 100);
            draw(&mut scene, frame, &waveform, true);
            let bars = scene.shapes.iter().flat_map(|shape| match shape {
                Shape::Bars { bars, .. } => &bars[..],
                _ => &[],
            });
            bars.map(|[_, y, _, height]| y + height).fold(0.0, f32::max)
        };
        for peak in [0.02, 0.5, 1.0, 1.7] {
            assert!((tallest(peak) - 90.0).abs() < 1e-3, "{peak}: {}", tallest(peak));
        }
        assert!(tallest(1e-4) < 52.0, "hiss stays a line");
    }

    #[test]
    fn a_peak_is_not_lost_in_a_narrow_picture() {
        let mut waveform = waveform(600, 4, 0.0);
        waveform.columns[301].max = 0.9;
        let bars = bars(&waveform, 50);
        assert!(bars.iter().any(|(_, _, column)| column.max > 0.89));
    }
}
