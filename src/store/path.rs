//! Paths as the database keeps them: the bytes the file system knows them by.

use std::path::{MAIN_SEPARATOR, Path, PathBuf};

/// The bytes of a path.
///
/// On Unix they are the path itself. Elsewhere they are its UTF-8 form; a name that has none is
/// kept with replacement characters, and its file is looked at anew in every run.
#[cfg(unix)]
pub fn to_bytes(path: &Path) -> std::borrow::Cow<'_, [u8]> {
    std::os::unix::ffi::OsStrExt::as_bytes(path.as_os_str()).into()
}

/// The bytes of a path: its UTF-8 form.
#[cfg(not(unix))]
pub fn to_bytes(path: &Path) -> std::borrow::Cow<'_, [u8]> {
    path.to_string_lossy().into_owned().into_bytes().into()
}

/// The inverse of [`to_bytes`].
#[cfg(unix)]
pub fn from_bytes(bytes: &[u8]) -> PathBuf {
    let name: &std::ffi::OsStr = std::os::unix::ffi::OsStrExt::from_bytes(bytes);
    name.into()
}

/// The inverse of [`to_bytes`].
#[cfg(not(unix))]
pub fn from_bytes(bytes: &[u8]) -> PathBuf {
    String::from_utf8_lossy(bytes).into_owned().into()
}

/// A path for the eye: what is not UTF-8 becomes U+FFFD.
pub(super) fn to_text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// Bounds, both exclusive, between which the bytes of all paths below `root` lie; of all paths for
/// `None`.
pub(super) fn bounds(root: Option<&Path>) -> (Vec<u8>, Vec<u8>) {
    let Some(root) = root else { return (Vec::new(), vec![0xFF]) };
    let separator = MAIN_SEPARATOR as u8;
    let mut below = to_bytes(root).into_owned();
    while below.last() == Some(&separator) {
        below.pop();
    }
    let mut above = below.clone();
    below.push(separator);
    above.push(separator + 1);
    (below, above)
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    #[test]
    fn bytes_round_trip() {
        for bytes in [&b"/music/a.mp3"[..], b"/\xFF\xFE/\x80", b"/\n'\"", b""] {
            assert_eq!(to_bytes(&from_bytes(bytes)).as_ref(), bytes);
        }
    }

    #[test]
    fn bounds_enclose_what_is_below_and_nothing_else() {
        let within = |root: Option<&str>, path: &str| {
            let (low, high) = bounds(root.map(Path::new));
            low.as_slice() < path.as_bytes() && path.as_bytes() < high.as_slice()
        };
        assert!(within(Some("/m"), "/m/a"));
        assert!(within(Some("/m/"), "/m/a/b"));
        assert!(within(Some("/"), "/a"));
        assert!(within(None, "/a"));
        assert!(!within(Some("/m"), "/m2/a"));
        assert!(!within(Some("/m"), "/m.mp3"));
        assert!(!within(Some("/m"), "/m"));
    }
}
