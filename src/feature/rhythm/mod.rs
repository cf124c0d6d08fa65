//! To be written.

use super::catalogue::Field;

/// Version of the stored numbers of this family.
pub const VERSION: u32 = 1;

/// The descriptors, in storage order.
pub const FIELDS: &[Field] = &[];
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Tracker;
#[allow(missing_docs)]
pub struct Rhythm;
#[allow(missing_docs)]
impl Tracker {
    pub fn new() -> Self {
        Self
    }
    pub fn push(&mut self, _: &[f32; 40]) {}
    pub fn finish(self, _: f64) -> Rhythm {
        Rhythm
    }
    pub fn footprint(_: u64) -> u64 {
        0
    }
}
#[allow(missing_docs)]
impl Rhythm {
    pub fn values(&self) -> Vec<super::catalogue::Value> {
        Vec::new()
    }
}
