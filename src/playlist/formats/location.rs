//! From a path to what stands in a playlist, and back.

use super::Entry;
use crate::store::path_bytes;
use std::fmt::Write as _;
use std::path::{Component, Path, PathBuf};

/// How paths are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// In full.
    #[default]
    Absolute,
    /// From the folder of the playlist where they share more than the root, else in full.
    Relative,
    /// As `file:` URLs.
    Url,
}

/// How a playlist is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Writing {
    /// How paths are written.
    pub style: Style,
    /// The folder that relative paths count from.
    pub base: PathBuf,
    /// A beginning of paths, and what stands in its place: the library as the player sees it.
    pub map: Option<(PathBuf, String)>,
    /// Title of the playlist.
    pub title: Option<String>,
}

impl Writing {
    /// The bytes of a path, for formats that hold bytes in lines.
    pub(super) fn line(&self, path: &Path) -> Vec<u8> {
        let plain = self.plain(path);
        let breaks = plain.iter().any(|byte| matches!(byte, b'\n' | b'\r'));
        if self.style == Style::Url || breaks || plain.trim_ascii() != plain {
            return url(path).into_bytes();
        }
        // What would be taken for a comment or a URL.
        let mistaken = plain.starts_with(b"#") || scheme(&plain).is_some();
        if mistaken { [b"./", plain.as_slice()].concat() } else { plain }
    }

    fn plain(&self, path: &Path) -> Vec<u8> {
        if let Some(mapped) = self.mapped(path) {
            return mapped;
        }
        match self.relative(path) {
            Some(relative) => path_bytes(&relative).into_owned(),
            None => path_bytes(path).into_owned(),
        }
    }

    fn mapped(&self, path: &Path) -> Option<Vec<u8>> {
        let (from, to) = self.map.as_ref()?;
        let rest = path_bytes(path.strip_prefix(from).ok()?).into_owned();
        let windows = to.contains('\\');
        let slash = if windows { b'\\' } else { b'/' };
        let mut bytes = to.trim_end_matches(['/', '\\']).as_bytes().to_vec();
        bytes.push(slash);
        bytes.extend(rest.iter().map(|&byte| if windows && byte == b'/' { b'\\' } else { byte }));
        Some(bytes)
    }

    /// The way from the base, if they share more than the root.
    fn relative(&self, path: &Path) -> Option<PathBuf> {
        if self.style != Style::Relative {
            return None;
        }
        let (base, there): (Vec<_>, Vec<_>) =
            (self.base.components().collect(), path.components().collect());
        let shared = base.iter().zip(&there).take_while(|(a, b)| a == b).count();
        if shared < 2 {
            return None;
        }
        let up = base.iter().skip(shared).map(|_| Component::ParentDir);
        Some(up.chain(there.iter().skip(shared).copied()).collect())
    }

    /// A URI reference: relative where that is asked for, `file:` otherwise.
    pub(super) fn uri(&self, path: &Path) -> String {
        let relative = self.map.is_none().then(|| self.relative(path)).flatten();
        match (relative, self.mapped(path)) {
            (Some(relative), _) => escaped(&path_bytes(&relative)),
            (None, Some(mapped)) => windows_or_unix(&mapped),
            (None, None) => url(path),
        }
    }
}

/// The `file:` URL of an absolute path (RFC 8089).
pub(super) fn url(path: &Path) -> String {
    format!("file://{}", escaped(&path_bytes(path)))
}

fn windows_or_unix(path: &[u8]) -> String {
    let slashed: Vec<u8> = path.iter().map(|&b| if b == b'\\' { b'/' } else { b }).collect();
    let lead = if slashed.starts_with(b"/") { "" } else { "/" };
    format!("file://{lead}{}", escaped(&slashed))
}

/// Percent-encodes all but the unreserved characters of RFC 3986 and `/`; a first segment with a
/// colon is kept from being taken for a scheme.
pub fn escaped(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for &byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

/// Undoes percent-encoding; a sign that begins no code stands for itself.
fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        let code = text.get(at + 1..at + 3).filter(|_| byte == b'%');
        // Not only what the number reader takes: it knows a plus.
        let code = code.filter(|code| code.iter().all(u8::is_ascii_hexdigit));
        let code =
            code.and_then(|code| u8::from_str_radix(std::str::from_utf8(code).ok()?, 16).ok());
        bytes.push(code.unwrap_or(byte));
        at += if code.is_some() { 3 } else { 1 };
    }
    bytes
}

/// The paths that what stands in a playlist may mean.
pub(super) fn entry(place: &[u8], base: &Path) -> Entry {
    let text = String::from_utf8_lossy(place).into_owned();
    let mut paths: Vec<PathBuf> = Vec::new();
    let mut add = |bytes: &[u8]| {
        let path = normal(&base.join(crate::store::path_from_bytes(bytes)));
        if !bytes.is_empty() && !bytes.contains(&0) && !paths.contains(&path) {
            paths.push(path);
        }
    };
    match scheme(place) {
        Some(b"file") => add(&of_url(place)),
        Some(_) => {}
        None => {
            add(place);
            if std::str::from_utf8(place).is_err() {
                add(&latin1(place));
            }
            if place.contains(&b'\\') {
                add(&slashed(place));
            }
            if place.contains(&b'%') {
                add(&unescaped(place));
            }
        }
    }
    Entry { text, paths }
}

/// Letters before a colon; one letter is a drive.
fn scheme(place: &[u8]) -> Option<&[u8]> {
    let colon = place.iter().position(|&byte| byte == b':')?;
    let name = place.get(..colon).filter(|name| name.len() > 1)?;
    let after = place.get(colon + 1..)?;
    let letters = name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+.-".contains(byte));
    let is_file = name.eq_ignore_ascii_case(b"file");
    (letters && (is_file || after.starts_with(b"//"))).then_some(if is_file {
        b"file"
    } else {
        name
    })
}

/// The path of a `file:` URL, whatever its host.
fn of_url(url: &[u8]) -> Vec<u8> {
    let rest = url.get(5..).unwrap_or_default();
    let path = match rest.strip_prefix(b"//") {
        Some(rest) => {
            rest.iter().position(|&b| b == b'/').and_then(|at| rest.get(at..)).unwrap_or_default()
        }
        None => rest,
    };
    unescaped(path)
}

/// Windows-1252 is Latin-1 but for a few signs that are rare in names.
fn latin1(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().map(|&byte| char::from(byte)).collect::<String>().into_bytes()
}

fn slashed(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().map(|&byte| if byte == b'\\' { b'/' } else { byte }).collect()
}

/// Without `.` and, where it can be told from the text, `..`.
fn normal(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut normal, component| {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                normal.pop();
            }
            other => normal.push(other),
        }
        normal
    })
}
