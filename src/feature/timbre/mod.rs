//! To be written.

use super::catalogue::Field;

/// Version of the stored numbers of this family.
pub const VERSION: u32 = 1;

/// The descriptors, in storage order.
pub const FIELDS: &[Field] = &[];
