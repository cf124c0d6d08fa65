//! What other programs take in: DJ libraries, beets, AcousticBrainz' JSON, MPD, Navidrome.
//!
//! | format | for | a name that is not UTF-8 |
//! |---|---|---|
//! | [`Rekordbox`] | rekordbox | percent-encoded bytes |
//! | [`Traktor`] | Traktor | left out and told: XML has no way to write it |
//! | [`Beets`] | beets, by the plug-in in `contrib/beets` | percent-encoded bytes |
//! | [`AcousticBrainz`] | what used the AcousticBrainz service | text for the eye, as it has it |
//! | [`mpd`] | the queue of a Music Player Daemon | left out and told: its protocol is UTF-8 |
//! | `Parquet`, with the feature `parquet` | data frames, `DuckDB` | text for the eye |
//! | [`nsp`] | smart playlists of Navidrome | – |
//!
//! Writers see one row after the other and hold none.

mod acousticbrainz;
mod beets;
mod facts;
mod grid;
pub mod mpd;
pub mod nsp;
#[cfg(feature = "parquet")]
mod parquet;
mod place;
mod rekordbox;
mod traktor;
mod xml;

pub use acousticbrainz::AcousticBrainz;
pub use beets::Beets;
#[cfg(feature = "parquet")]
pub use parquet::Parquet;
pub use place::Map;
pub use rekordbox::Rekordbox;
pub use traktor::Traktor;

use crate::store::{FileId, Row};
use std::io::{self, Write};
use std::path::PathBuf;

/// A playlist beside a collection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct List {
    /// Its name.
    pub name: String,
    /// Its files in order; one may come more than once.
    pub files: Vec<(FileId, PathBuf)>,
}

/// A format that is written row by row.
pub trait Export {
    /// What stands before the rows; `entries` is their number.
    ///
    /// # Errors
    /// Those of `out`, here and below.
    fn begin(&mut self, entries: usize, out: &mut dyn Write) -> io::Result<()>;

    /// A row, with the gain of its album.
    ///
    /// # Errors
    /// Those of `out`.
    fn row(&mut self, row: &Row, out: &mut dyn Write) -> io::Result<()>;

    /// What stands behind the rows.
    ///
    /// # Errors
    /// Those of `out`.
    fn end(&mut self, list: Option<&List>, out: &mut dyn Write) -> io::Result<()>;

    /// False for a row that the format cannot hold; it is not given to [`Self::row`].
    fn takes(&self, _row: &Row) -> bool {
        true
    }
}

#[cfg(test)]
mod tests;
