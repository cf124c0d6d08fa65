//! The database: one SQLite file in WAL mode.
//!
//! One thread writes ([`Writer`]): it owns the only write connection and commits in batches. Any
//! number of threads read ([`Readers`]) through a pool of read-only connections. All SQL the
//! program uses stands in `sql.rs` and in the numbered files of `schema/`.

mod answers;
mod apply;
mod codec;
mod columns;
mod commit;
mod error;
mod facts;
mod glance;
mod lock;
mod open;
mod ops;
mod path;
mod pool;
mod read;
mod row;
mod schema;
mod sql;
mod stats;
mod tags;
mod writer;

pub use answers::ModelAnswer;
pub use error::StoreError;
pub use facts::{FileFacts, FileId, RunId, Stamp, Status, TrackFacts, TrackId, unix_ms};
pub use glance::{Glance, Histogram, Share};
pub use open::{Options, Store};
pub use ops::{Failure, Op, Reply, RunCounts, RunEnd, RunStart};
pub use pool::Readers;
pub use read::{FailureRow, FileRow, FileState, KnownTrack, PastFailure, RunRow};
pub use row::{Row, column_names};
pub use stats::{PoolStats, StoreStats, WriterStats};
pub use writer::{Pending, Writer};

#[cfg(test)]
mod tests;
