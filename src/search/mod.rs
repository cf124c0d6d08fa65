//! Which tracks sound alike.
//!
//! Every track is a point (`space`): the statistics of its MFCC and its vectors of rhythm, harmony, mood and
//! loudness, laid out so that the straight distance within an aspect is the distance of the tracks in
//! it. A query weighs the aspects and asks how near two tracks are *as seen from both of them*
//! (mutual proximity), given how crowded it is where they lie, which keeps a few tracks from being
//! everybody's neighbour. All points of a
//! library stand in a [`Matrix`], a file beside the database that is mapped into memory; a scan over
//! coarse codes proposes candidates, exact distances rank them.

mod around;
mod aspect;
mod build;
mod cache;
mod code;
mod crowd;
mod error;
mod hear;
mod layout;
mod library;
mod mapping;
mod matrix;
mod nearest;
mod point;
mod proximity;
mod scan;
mod space;
mod symmetric;
#[cfg(test)]
mod tests;
mod traits;

pub use around::Cloud;
pub use aspect::{ASPECTS, Aspect, Weights, WeightsError};
pub use cache::{cache_path, open};
pub use error::SearchError;
pub use hear::hear;
pub use library::{Entry, Library};
pub use matrix::{Matrix, Seed};
pub use nearest::{Artists, Distance, Match, Request};
pub use traits::Traits;
