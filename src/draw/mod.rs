//! Pictures of a track: the envelope, and what its structure is.
//!
//! A picture is a [`Scene`] of a few kinds of shapes, written as SVG (`svg`) or painted and written as
//! PNG (`raster`). It has no background, and its colours are readable on white and on black.

mod colours;
mod envelope;
mod flame;
mod lettering;
mod marks;
mod plot;
mod raster;
mod scene;
mod svg;

pub use colours::Colour;
pub use flame::flamegraph;
pub use marks::{Mark, Marks, Stretch};
pub use plot::{Style, draw};
pub use raster::{PngError, to_png};
pub use scene::{Anchor, Scene, Shape};
pub use svg::to_svg;
