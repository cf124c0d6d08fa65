//! What a picture is made of.

use super::colours::Colour;

/// Where the point of a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// At its beginning.
    Start,
    /// In its middle.
    Middle,
    /// At its end.
    End,
}

/// A shape. Lengths in pixels, from the upper left corner.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// Rectangles of one colour: x, y, width, height of each.
    Bars {
        /// Their colour.
        fill: Colour,
        /// Corner and size.
        bars: Vec<[f32; 4]>,
    },
    /// A line through points.
    Line {
        /// Its colour.
        stroke: Colour,
        /// Its width.
        width: f32,
        /// x, y.
        points: Vec<[f32; 2]>,
    },
    /// A filled polygon.
    Area {
        /// Its colour.
        fill: Colour,
        /// x, y of the corners.
        points: Vec<[f32; 2]>,
    },
    /// A line of text.
    Text {
        /// Its colour.
        fill: Colour,
        /// Height of the letters with their ascent, as in CSS.
        size: f32,
        /// x and y of the base line.
        at: [f32; 2],
        /// Which part of the text lies at x.
        anchor: Anchor,
        /// What is written.
        text: String,
    },
}

/// A picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Scene {
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// What is drawn, the first at the bottom.
    pub shapes: Vec<Shape>,
}

impl Scene {
    /// An empty picture.
    pub fn new(width: u32, height: u32) -> Self {
        Self { width, height, shapes: Vec::new() }
    }

    pub(super) fn bar(&mut self, fill: Colour, bar: [f32; 4]) {
        match self.shapes.last_mut() {
            Some(Shape::Bars { fill: last, bars }) if *last == fill => bars.push(bar),
            _ => self.shapes.push(Shape::Bars { fill, bars: vec![bar] }),
        }
    }

    pub(super) fn line(&mut self, stroke: Colour, width: f32, points: Vec<[f32; 2]>) {
        self.shapes.push(Shape::Line { stroke, width, points });
    }

    pub(super) fn area(&mut self, fill: Colour, points: Vec<[f32; 2]>) {
        self.shapes.push(Shape::Area { fill, points });
    }

    pub(super) fn text(
        &mut self,
        fill: Colour,
        size: f32,
        at: [f32; 2],
        anchor: Anchor,
        text: impl Into<String>,
    ) {
        self.shapes.push(Shape::Text { fill, size, at, anchor, text: text.into() });
    }
}
