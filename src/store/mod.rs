//! The database: one SQLite file in WAL mode.
//!
//! One thread writes ([`Writer`]): it owns the only write connection and commits in batches. Any
//! number of threads read ([`Readers`]) through a pool of read-only connections. All SQL the
//! program uses stands in `sql/` and in the numbered files of `schema/`.

mod albums;
mod answers;
mod apply;
pub mod care;
mod codec;
mod column;
mod columns;
mod commit;
mod copies;
mod correct;
mod error;
mod facts;
mod filter;
mod fold;
mod glance;
mod lock;
mod open;
mod ops;
mod path;
mod pool;
mod question;
mod read;
mod row;
mod schema;
mod shelf;
mod similar;
mod sql;
mod stats;
mod tagging;
mod tags;
mod writer;

pub use albums::{AlbumFile, AlbumKey, TrackLoudness};
pub use answers::ModelAnswer;
pub use column::{Column, Quantity};
pub use copies::{Copy, FingerprintRow};
pub use correct::{Correction, correct};
pub use error::StoreError;
pub use facts::{FileFacts, FileId, RunId, Stamp, Status, TrackFacts, TrackId, unix_ms};
pub use filter::{Compare, Filter};
pub use glance::{Glance, Histogram, Share};
pub use lock::LockState;
pub use open::{Options, Store};
pub use ops::{Failure, Op, Reply, RunCounts, RunEnd, RunStart};
pub use path::{from_bytes as path_from_bytes, to_bytes as path_bytes};
pub use pool::Readers;
pub use question::{Cells, Question, Sort};
pub use read::{FailureRow, FileRow, FileState, KnownTrack, PastFailure, RunRow};
pub use row::{Row, column_names};
pub use shelf::{SavedPlaylist, forget_playlist, remember_chosen, save_playlist};
pub use similar::{Comparable, Label};
pub use stats::{PoolStats, StoreStats, WriterStats};
pub use tagging::{Journal, TagEdit, TagEditId, TagRun};
pub use writer::{Pending, Writer};

#[cfg(test)]
mod tests;
