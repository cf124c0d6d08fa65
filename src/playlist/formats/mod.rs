//! Playlist files: M3U8, XSPF, JSPF, PLS, CSV and JSON, read and written.
//!
//! | format | a path is | a path with a line break, or that is not UTF-8 |
//! |---|---|---|
//! | M3U8, M3U, PLS | the bytes as they are | line break: a `file:` URL; else the bytes |
//! | XSPF, JSPF | a URI reference (RFC 3986) | the same |
//! | CSV, JSON | text | `path` for the eye, `location` is the `file:` URL |
//!
//! What is read may have been written anywhere: byte order marks, CR LF, Latin-1, `file:` URLs and
//! Windows paths are understood. An entry is turned into the paths it may mean, the likeliest first.

mod csv;
mod error;
mod json;
mod location;
mod m3u;
mod pls;
mod xspf;

pub use csv::csv_cell;
pub use error::ListError;
pub use location::{Style, Writing, escaped as percent_encoded};
pub use m3u::caption;

use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Largest playlist file that is read.
pub const LARGEST_BYTES: u64 = 64 << 20;

/// A playlist format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Extended M3U in UTF-8.
    M3u8,
    /// XML Shareable Playlist Format, version 1 (xspf.org).
    Xspf,
    /// The same as JSON.
    Jspf,
    /// The INI-like format of `SHOUTcast`, version 2.
    Pls,
    /// Comma-separated values with a heading (RFC 4180).
    Csv,
    /// A JSON object with `tracks`.
    Json,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 6] =
        [Self::M3u8, Self::Xspf, Self::Jspf, Self::Pls, Self::Csv, Self::Json];

    /// Its name, which is the suffix of its files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::M3u8 => "m3u8",
            Self::Xspf => "xspf",
            Self::Jspf => "jspf",
            Self::Pls => "pls",
            Self::Csv => "csv",
            Self::Json => "json",
        }
    }

    /// The format of a file by its suffix; `.m3u` is M3U8, since a reader takes both.
    pub fn of_path(path: &Path) -> Option<Self> {
        let suffix = path.extension()?.to_str()?.to_ascii_lowercase();
        let suffix = if suffix == "m3u" { "m3u8" } else { suffix.as_str() };
        Self::ALL.into_iter().find(|format| format.as_str() == suffix)
    }
}

/// A track in a playlist to be written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Item {
    /// Where it lies, absolute.
    pub path: PathBuf,
    /// Tags.
    pub title: Option<String>,
    /// Tags.
    pub artist: Option<String>,
    /// Tags.
    pub album: Option<String>,
    /// Length in seconds.
    pub duration_s: Option<f64>,
}

/// An entry of a playlist that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What stands in the file, for messages.
    pub text: String,
    /// The paths it may mean, the likeliest first; none for what is no local file.
    pub paths: Vec<PathBuf>,
}

/// Writes a playlist.
///
/// # Errors
/// Those of `out`.
pub fn write(
    items: &[Item],
    format: Format,
    writing: &Writing,
    out: &mut impl Write,
) -> io::Result<()> {
    match format {
        Format::M3u8 => m3u::write(items, writing, out),
        Format::Xspf => xspf::write(items, writing, out),
        Format::Jspf => json::write_jspf(items, writing, out),
        Format::Pls => pls::write(items, writing, out),
        Format::Csv => csv::write(items, writing, out),
        Format::Json => json::write(items, writing, out),
    }
}

/// Reads a playlist whose relative paths count from `base`.
///
/// # Errors
/// [`ListError`] names the place in a file that is not of its format.
pub fn read(bytes: &[u8], format: Format, base: &Path) -> Result<Vec<Entry>, ListError> {
    let decoded = utf16(bytes);
    let bytes = decoded.as_deref().unwrap_or(bytes);
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let places = match format {
        Format::M3u8 => m3u::read(bytes),
        Format::Pls => pls::read(bytes),
        Format::Xspf => xspf::read(bytes)?,
        Format::Jspf => json::read_jspf(bytes)?,
        Format::Csv => csv::read(bytes)?,
        Format::Json => json::read(bytes)?,
    };
    Ok(places.iter().map(|place| location::entry(place, base)).collect())
}

/// What begins as UTF-16 does, as UTF-8: Windows shells write lists so.
fn utf16(bytes: &[u8]) -> Option<Vec<u8>> {
    let unit: fn([u8; 2]) -> u16 = match bytes {
        [0xFF, 0xFE, ..] => u16::from_le_bytes,
        [0xFE, 0xFF, ..] => u16::from_be_bytes,
        _ => return None,
    };
    let units: Vec<u16> = bytes.as_chunks().0.iter().skip(1).map(|pair| unit(*pair)).collect();
    Some(String::from_utf16_lossy(&units).into_bytes())
}

#[cfg(test)]
mod tests;
