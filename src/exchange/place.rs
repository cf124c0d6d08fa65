//! Paths as another machine sees them.

use crate::playlist::formats::percent_encoded;
use crate::store::path_bytes;
use std::path::{Path, PathBuf};

/// A beginning of paths, and what stands in its place on the machine of the other program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Map(pub Option<(PathBuf, String)>);

impl Map {
    /// The bytes of a path with `/` between its parts; a Windows path begins with its drive.
    pub(super) fn slashed(&self, path: &Path) -> Vec<u8> {
        let mapped = self.0.as_ref().and_then(|(from, to)| {
            let rest = path_bytes(path.strip_prefix(from).ok()?).into_owned();
            let to = to.replace('\\', "/");
            Some([to.trim_end_matches('/').as_bytes(), b"/", &rest].concat())
        });
        mapped.unwrap_or_else(|| path_bytes(path).into_owned())
    }

    /// As the `Location` of rekordbox: `file://localhost/…`, percent-encoded, the drive's colon as it is.
    pub(super) fn location(&self, path: &Path) -> String {
        let slashed = self.slashed(path);
        let (drive, rest) = drive(&slashed);
        let lead = if rest.starts_with(b"/") && drive.is_empty() { "" } else { "/" };
        format!("file://localhost{lead}{drive}{}", percent_encoded(rest))
    }
}

/// The drive of a Windows path with its colon, and the rest.
pub(super) fn drive(path: &[u8]) -> (&str, &[u8]) {
    match path {
        [letter, b':', ..] if letter.is_ascii_alphabetic() => {
            let (drive, rest) = path.split_at(2);
            (std::str::from_utf8(drive).unwrap_or_default(), rest)
        }
        _ => ("", path),
    }
}
