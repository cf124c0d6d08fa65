//! Which files may hold sound: by name where the name says so, else by their first bytes.
//!
//! The name only sorts out what is certainly not sound (covers, playlists, logs). What is taken is
//! recognised by content when it is opened.

use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Suffixes of files with sound or with a container that may hold some, in alphabetical order.
/// `bit` is how the conformance vectors of MPEG audio are named.
const SOUND: [&str; 63] = [
    "3g2", "3gp", "aa3", "aac", "ac3", "adts", "aif", "aifc", "aiff", "alac", "amr", "ape", "asf",
    "au", "avi", "bit", "bwf", "caf", "dff", "dsf", "dts", "eac3", "f4a", "f4v", "flac", "flv",
    "m1a", "m2a", "m4a", "m4b", "m4r", "m4v", "mka", "mkv", "mov", "mp1", "mp2", "mp3", "mp4",
    "mpa", "mpc", "mpga", "oga", "ogg", "ogm", "ogv", "ogx", "oma", "opus", "ra", "rf64", "shn",
    "snd", "spx", "tak", "tta", "w64", "wav", "wave", "weba", "webm", "wma", "wv",
];

/// Suffixes of what lies beside music and is none, in alphabetical order.
const NOT_SOUND: [&str; 75] = [
    "7z", "accurip", "asd", "asx", "bak", "bmp", "bz2", "cfg", "conf", "crc", "css", "csv", "cue",
    "db", "db-shm", "db-wal", "dll", "doc", "docx", "epub", "exe", "ffp", "gif", "gz", "htm",
    "html", "ini", "iso", "jpeg", "jpg", "js", "json", "jsonl", "lnk", "lock", "log", "lrc", "m3u",
    "m3u8", "md", "md5", "mid", "midi", "nfo", "nzb", "odt", "par2", "part", "pdf", "pls", "png",
    "py", "rar", "rtf", "sfv", "sh", "sha1", "sha256", "sqlite", "srt", "svg", "tar", "tif",
    "tiff", "tmp", "toml", "torrent", "txt", "url", "webp", "xml", "xspf", "yaml", "yml", "zip",
];

/// Longest suffix in the lists.
const LONGEST: usize = 8;

/// True when the file at `path` is to be opened as sound. Reads its first bytes when the name
/// says nothing; a file that cannot be read is passed over then.
pub fn may_be_sound(path: &Path) -> bool {
    let suffix = path.extension().and_then(|suffix| suffix.to_str());
    let suffix = suffix.filter(|suffix| suffix.len() <= LONGEST).map(str::to_ascii_lowercase);
    match suffix.as_deref() {
        Some(suffix) if SOUND.binary_search(&suffix).is_ok() => true,
        Some(suffix) if NOT_SOUND.binary_search(&suffix).is_ok() => false,
        _ => first_bytes(path).is_some_and(|head| begins_like_sound(&head)),
    }
}

fn first_bytes(path: &Path) -> Option<Vec<u8>> {
    let mut head = Vec::with_capacity(16);
    File::open(path).ok()?.take(16).read_to_end(&mut head).ok()?;
    Some(head)
}

/// True for the marks of the containers that are read. MPEG audio has no mark but its frame
/// header, which must be one that can occur: layer, rate and bit rate within their tables.
fn begins_like_sound(head: &[u8]) -> bool {
    match head {
        [b'f', b'L', b'a', b'C', ..]
        | [b'O', b'g', b'g', b'S', ..]
        | [b'I', b'D', b'3', 2..=4, ..]
        | [b'c', b'a', b'f', b'f', ..]
        | [0x1A, 0x45, 0xDF, 0xA3, ..]
        | [_, _, _, _, b'f', b't', b'y', b'p', ..]
        | [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', b'V', b'E', ..]
        | [b'R', b'F', b'6', b'4', _, _, _, _, b'W', b'A', b'V', b'E', ..]
        | [b'F', b'O', b'R', b'M', _, _, _, _, b'A', b'I', b'F', b'F' | b'C', ..] => true,
        [0xFF, sync, rates, _, ..] => {
            let adts = sync & 0xF6 == 0xF0 && (rates >> 2) & 15 < 13;
            let mpeg = sync & 0xE0 == 0xE0 && sync & 0x18 != 0x08 && sync & 0x06 != 0;
            adts || mpeg && rates >> 4 < 15 && rates & 0x0C != 0x0C
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_sorted_short_and_apart() {
        assert!(SOUND.is_sorted() && NOT_SOUND.is_sorted());
        assert!(SOUND.iter().all(|suffix| NOT_SOUND.binary_search(suffix).is_err()));
        assert!(SOUND.iter().chain(&NOT_SOUND).all(|suffix| suffix.len() <= LONGEST));
    }

    #[test]
    fn names_decide_where_they_can() {
        for name in ["a.mp3", "A.FLAC", "x/y.Opus", "v.bit", "no such file.wav"] {
            assert!(may_be_sound(Path::new(name)), "{name}");
        }
        for name in ["cover.JPG", "a.cue", "list.m3u8", "Thumbs.db", "no such file", "x.qqq"] {
            assert!(!may_be_sound(Path::new(name)), "{name}");
        }
    }

    #[test]
    fn content_decides_where_names_do_not() {
        let dir = tempfile::tempdir().unwrap();
        let with = |bytes: &[u8]| {
            let path = dir.path().join("track");
            std::fs::write(&path, bytes).unwrap();
            may_be_sound(&path)
        };
        assert!(with(b"fLaC\0\0\0\x22"));
        assert!(with(b"\0\0\0\x20ftypM4A "));
        assert!(with(b"RIFF\x24\0\0\0WAVEfmt "));
        assert!(with(b"\xFF\xFB\x90\x64"), "MPEG 1 layer III, 128 kbit/s, 44.1 kHz");
        assert!(with(b"\xFF\xF1\x50\x80"), "ADTS, 44.1 kHz");
        assert!(!with(b"RIFF\x24\0\0\0AVI LIST"));
        assert!(!with(b"\xFF\xFF\xFF\xFF"));
        assert!(!with(b"\xFF\xD8\xFF\xE0"), "JPEG");
        assert!(!with(b"\xFF\xFE<\0?\0"), "UTF-16 text");
        assert!(!with(b"#!/bin/sh"));
        assert!(!with(b""));
    }
}
