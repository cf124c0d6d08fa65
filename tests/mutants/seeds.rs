//! The sound files that mutants are made from: one of every container and codec, all short.

use std::fs;
use std::path::PathBuf;

use crate::common;
use crate::support::{Wave, aiff, caf, fixture};

pub(crate) struct Seed {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

/// Fixtures and samples up to this size; longer ones cost time and show nothing more.
const LONGEST: u64 = 90_000;

/// Those whose name contains `text`; all for the empty one.
pub(crate) fn of(text: &str) -> Vec<Seed> {
    let seeds: Vec<Seed> = all().into_iter().filter(|seed| seed.name.contains(text)).collect();
    assert!(!seeds.is_empty(), "no seed is called {text}");
    seeds
}

fn all() -> Vec<Seed> {
    let mut paths: Vec<PathBuf> = [fixture(""), common::samples()]
        .iter()
        .flat_map(|folder| fs::read_dir(folder).expect("readable"))
        .map(|entry| entry.expect("readable").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|kind| !["py", "md", "toml"].iter().any(|other| kind == *other))
        })
        .filter(|path| path.metadata().is_ok_and(|facts| facts.is_file() && facts.len() < LONGEST))
        .collect();
    paths.sort();
    paths.into_iter().map(read).chain(written()).collect()
}

fn read(path: PathBuf) -> Seed {
    let name = path.file_name().expect("a name").to_string_lossy().into_owned();
    Seed { name, bytes: fs::read(path).expect("readable") }
}

/// What no fixture has: plain samples in their containers, and tags of all kinds.
fn written() -> Vec<Seed> {
    let noise: Vec<u8> = (0..24_000_u32).map(|n| ((n * n) >> 7) as u8).collect();
    let wave = |tag, bits, channels| Wave { tag, bits, channels, rate: 22_050 };
    let plain = fs::read(fixture("plain.mp3")).expect("a fixture");
    let tagged = [id3v2(), plain.clone(), ape(), b"TAG".to_vec(), vec![b'x'; 125]].concat();
    let flac = fs::read(fixture("flac.flac")).expect("a fixture");
    let list = b"LIST\x14\x00\x00\x00INFOINAM\x08\x00\x00\x00a title\x00".as_slice();
    [
        ("pcm24.wav", wave(1, 24, 2).with_chunks(&noise, list, &id3_chunk())),
        ("float.wav", wave(3, 32, 6).file(&noise)),
        ("alaw.wav", wave(6, 8, 1).file(&noise)),
        ("rf64.wav", wave(1, 16, 2).rf64(&noise)),
        ("pcm.aiff", aiff(2, 16, 44_100, None, &noise)),
        ("sowt.aifc", aiff(2, 16, 44_100, Some(b"sowt"), &noise)),
        ("pcm.caf", caf(2, 16, 44_100, *b"lpcm", 0, &noise)),
        ("tagged.mp3", tagged),
        ("tagged.flac", [id3v2(), flac].concat()),
    ]
    .map(|(name, bytes)| Seed { name: name.into(), bytes })
    .into()
}

fn id3_chunk() -> Vec<u8> {
    let tag = id3v2();
    [b"id3 ".as_slice(), &(tag.len() as u32).to_le_bytes(), &tag].concat()
}

/// A tag of version 2.4 with texts, a comment, a picture, chapters and a table of events.
fn id3v2() -> Vec<u8> {
    let frame = |id: &[u8; 4], body: &[u8]| {
        [id.as_slice(), &[0, 0, 0, body.len() as u8, 0, 0], body].concat()
    };
    let frames = [
        frame(b"TIT2", b"\x03a title"),
        frame(b"TPE1", b"\x01\xff\xfea\x00b\x00"),
        frame(b"TXXX", b"\x00REPLAYGAIN_TRACK_GAIN\x00-3.21 dB"),
        frame(b"COMM", b"\x00eng\x00a comment"),
        frame(b"USLT", b"\x03eng\x00words"),
        frame(b"APIC", b"\x00image/png\x00\x03\x00\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR"),
        frame(b"CHAP", b"one\x00\x00\x00\x00\x00\x00\x00\x03\xe8\xff\xff\xff\xff\xff\xff\xff\xff"),
        frame(b"CTOC", b"toc\x00\x03\x01one\x00"),
        frame(b"ETCO", b"\x02\x01\x00\x00\x00\x00\x02\x00\x00\x00\x10"),
        frame(b"POPM", b"a@b\x00\x80\x00\x00\x00\x05"),
        frame(b"UFID", b"http://musicbrainz.org\x00abcdef"),
    ]
    .concat();
    let size = frames.len() as u32;
    let header = [b"ID3\x04\x00\x00\x00\x00".as_slice(), &[(size >> 7) as u8, size as u8 & 0x7f]];
    [header.concat(), frames].concat()
}

fn ape() -> Vec<u8> {
    let item = b"\x05\x00\x00\x00\x00\x00\x00\x00Title\x00other";
    let frame = |flags: u32| {
        let mut bytes = b"APETAGEX".to_vec();
        for field in [2000, item.len() as u32 + 32, 1, flags, 0, 0] {
            bytes.extend(field.to_le_bytes());
        }
        bytes
    };
    [frame(0xa000_0000), item.to_vec(), frame(0x8000_0000)].concat()
}
