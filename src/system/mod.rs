//! What the operating system says of this process and its surroundings, and the little that is
//! asked of it: mounts, free space, own CPU time and peak memory, load, battery, priority.
//!
//! Everything that is not Linux answers `None` where it has no such thing; nobody relies on more.

mod mounts;
mod priority;
mod process;
mod senses;
mod space;

pub use mounts::{Mount, mount_of};
pub use priority::{NotNicer, be_nice};
pub use process::{cpu_time, host_name, peak_memory_bytes, thread_cpu_time};
pub use senses::{load, on_battery};
pub use space::{Space, may_write, space};
