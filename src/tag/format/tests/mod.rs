mod hostile;
mod id3;
mod mp4;
mod mutagen;
mod ogg;

use super::*;
use crate::tag::patch::Hashes;
use lofty::file::TaggedFileExt as _;
use lofty::tag::ItemKey;
use proptest::prelude::*;
use std::io::Write as _;
use std::path::Path;

const FIXTURES: [&str; 10] = [
    "lame.mp3",
    "plain.mp3",
    "layer2.mp2",
    "adts.aac",
    "flac.flac",
    "flac.oga",
    "vorbis.ogg",
    "opus.opus",
    "aac.m4a",
    "alac.m4a",
];

fn fixture(name: &str) -> Vec<u8> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    std::fs::read(root.join(name)).unwrap()
}

fn file_of(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file
}

fn holder(bytes: &[u8]) -> Box<dyn Holder> {
    open(file_of(bytes)).unwrap()
}

/// The file after a change, and the change.
fn changed(bytes: &[u8], change: impl FnOnce(&mut dyn Holder)) -> (Vec<u8>, Patch) {
    let mut tags = holder(bytes);
    change(tags.as_mut());
    let patch = tags.patch().unwrap();
    let mut out = Vec::new();
    let _: Hashes = patch.apply(&file_of(bytes), &mut out).unwrap();
    (out, patch)
}

fn undone(patch: &Patch, old: &[u8], new: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    patch.inverse(&file_of(old)).unwrap().apply(&file_of(new), &mut out).unwrap();
    out
}

/// Chunks of a RIFF or AIFF file with one of odd length, which is not padded when it is the last.
fn chunks(big_endian: bool, kind: [u8; 4], parts: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let size = |len: usize| {
        let len = len as u32;
        if big_endian { len.to_be_bytes() } else { len.to_le_bytes() }
    };
    let mut body = kind.to_vec();
    for (place, (name, data)) in parts.iter().enumerate() {
        body.extend_from_slice(*name);
        body.extend(size(data.len()));
        body.extend_from_slice(data);
        if data.len() % 2 == 1 && place + 1 < parts.len() {
            body.push(0);
        }
    }
    let head = if big_endian { b"FORM" } else { b"RIFF" };
    [&head[..], &size(body.len()), &body].concat()
}

fn wave() -> Vec<u8> {
    let format = [1, 0, 1, 0, 0x44, 0xac, 0, 0, 0x88, 0x58, 1, 0, 2, 0, 16, 0];
    chunks(false, *b"WAVE", &[(b"fmt ", &format), (b"data", &[7; 4000]), (b"junk", b"odd")])
}

fn aiff() -> Vec<u8> {
    let common = [0, 1, 0, 0, 7, 0xd0, 0, 16, 0x40, 0x0e, 0xac, 0x44, 0, 0, 0, 0, 0, 0];
    let sound = [&[0; 8][..], &[7; 4000]].concat();
    chunks(true, *b"AIFF", &[(b"COMM", &common), (b"SSND", &sound)])
}

/// RF64: the sizes stand in `ds64`.
fn rf64() -> Vec<u8> {
    let mut sizes = [0; 28];
    let format = [1, 0, 1, 0, 0x44, 0xac, 0, 0, 0x88, 0x58, 1, 0, 2, 0, 16, 0];
    sizes[8..16].copy_from_slice(&4000_u64.to_le_bytes());
    let parts: [(&[u8; 4], &[u8]); 3] =
        [(b"ds64", &sizes), (b"fmt ", &format), (b"data", &[7; 4000])];
    let mut file = chunks(false, *b"WAVE", &parts);
    let size = file.len() as u64 - 8;
    file[..8].copy_from_slice(b"RF64\xff\xff\xff\xff");
    file[20..28].copy_from_slice(&size.to_le_bytes());
    let data = file.len() - 4004;
    file[data..data + 4].copy_from_slice(&[0xff; 4]);
    file
}

/// Every container there is, with its name for messages.
fn containers() -> Vec<(&'static str, Vec<u8>)> {
    let made = [("wave", wave()), ("aiff", aiff()), ("rf64", rf64())];
    FIXTURES.map(|name| (name, fixture(name))).into_iter().chain(made).collect()
}

fn set_all(tags: &mut dyn Holder) {
    for field in Field::ALL {
        tags.set(field, &format!("{}", 100 + field as u8));
    }
}

#[test]
fn every_container_holds_every_field_and_gives_its_bytes_back() {
    for (name, old) in containers() {
        let (new, patch) = changed(&old, set_all);
        let tags = holder(&new);
        for field in Field::ALL {
            let expected = (100 + field as u8).to_string();
            assert_eq!(tags.get(field), Some(expected), "{name} {field:?}");
        }
        assert_eq!(undone(&patch, &old, &new), old, "{name}");
        let (without, _) = changed(&new, |tags| Field::ALL.iter().for_each(|f| tags.remove(*f)));
        let tags = holder(&without);
        assert!(Field::ALL.iter().all(|field| tags.get(*field).is_none()), "{name}");
        let (again, _) = changed(&without, set_all);
        assert_eq!(again.len(), new.len(), "{name}: the room is used again");
    }
}

#[test]
fn lofty_reads_what_was_written() {
    // It knows neither RF64 nor FLAC in Ogg.
    let known = |name: &str| !["rf64", "flac.oga"].contains(&name);
    for (name, old) in containers().into_iter().filter(|(name, _)| known(name)) {
        let (new, _) = changed(&old, |tags| {
            tags.set(Field::Bpm, "128");
            tags.set(Field::Key, "8A");
            tags.set(Field::TrackGain, "-7.23 dB");
            tags.set(Field::Comment, "8A - 128");
        });
        let probe = lofty::probe::Probe::new(std::io::Cursor::new(new)).guess_file_type().unwrap();
        let read = probe.read().unwrap_or_else(|error| panic!("{name}: {error}"));
        let tag = read.primary_tag().unwrap_or_else(|| panic!("{name}"));
        // It gives no text for the whole number that MP4 has.
        if !name.ends_with("m4a") {
            let bpm = tag.get_string(ItemKey::IntegerBpm).or(tag.get_string(ItemKey::Bpm));
            assert_eq!(bpm, Some("128"), "{name}");
        }
        assert_eq!(tag.get_string(ItemKey::InitialKey), Some("8A"), "{name}");
        assert_eq!(tag.get_string(ItemKey::ReplayGainTrackGain), Some("-7.23 dB"), "{name}");
        assert_eq!(tag.get_string(ItemKey::Comment), Some("8A - 128"), "{name}");
    }
}

#[test]
fn values_stay_where_they_stand_and_as_they_are_called() {
    let (old, _) = changed(&fixture("vorbis.ogg"), |tags| tags.set(Field::Key, "Am"));
    let place = old.windows(11).position(|bytes| bytes == b"INITIALKEY=").unwrap();
    let mut other = old.clone();
    // `Key` of Picard, and a lower case name: same length, so that no check sum of ours is needed.
    other[place..place + 11].copy_from_slice(b"initialkey=");
    let tags = open(file_of(&other)).unwrap();
    assert_eq!(tags.get(Field::Key).as_deref(), Some("Am"));
    let (new, _) = changed(&other, |tags| tags.set(Field::Key, "8A"));
    assert!(new.windows(13).any(|bytes| bytes == b"initialkey=8A"));
    assert!(!new.windows(11).any(|bytes| bytes == b"INITIALKEY="));
}

#[test]
fn chunks_follow_on_whatever_a_tag_weighs() {
    for (old, big_endian) in [(wave(), false), (aiff(), true)] {
        for text in ["1", "12", "123", "1234"] {
            let (new, _) = changed(&old, |tags| tags.set(Field::Bpm, text));
            let size = |at: usize| {
                let bytes = new[at..at + 4].try_into().unwrap();
                if big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }
            };
            assert_eq!(size(4) as usize + 8, new.len());
            let mut at = 12;
            while at < new.len() {
                let size = size(at + 4) as usize;
                at += 8 + size + size % 2;
            }
            assert_eq!(at, new.len(), "{text}");
        }
    }
}

#[test]
fn an_ape_tag_is_kept_in_step_and_id3v1_behind_it() {
    let mut items = Vec::new();
    for (key, value, flags) in [
        ("Title", &b"T"[..], 0_u32),
        ("Cover Art (Front)", &[0xff, 0xfb, 0, 1], 2),
        ("BPM", b"90", 0),
    ] {
        items.extend((value.len() as u32).to_le_bytes());
        items.extend(flags.to_le_bytes());
        items.extend([key.as_bytes(), &[0], value].concat());
    }
    let frame = |flags: u32| {
        let fields = [2000, items.len() as u32 + 32, 3, flags, 0, 0];
        [&b"APETAGEX"[..], &fields.map(u32::to_le_bytes).concat()].concat()
    };
    let ape = [frame(0xa000_0000), items.clone(), frame(0x8000_0000)].concat();
    let id3v1 = [&b"TAG"[..], &[b'x'; 125]].concat();
    for tail in [vec![], id3v1] {
        let old = [fixture("plain.mp3"), ape.clone(), tail.clone()].concat();
        assert_eq!(holder(&old).get(Field::Bpm).as_deref(), Some("90"));
        let (new, patch) = changed(&old, |tags| tags.set(Field::Bpm, "128"));
        assert!(new.starts_with(b"ID3\x04") && new.ends_with(&tail));
        let kept = items.len() - 2;
        let at = new.windows(kept).position(|bytes| bytes == &items[..kept]);
        assert!(at.is_none(), "the length of the item has changed");
        let first = items.len() - 2 - 12;
        assert!(new.windows(first).any(|bytes| bytes == &items[..first]), "others are kept");
        assert!(new.windows(7).any(|bytes| bytes == b"BPM\x00128"));
        // Header and footer say the same of the three items, which have grown by a byte.
        let end = new.len() - tail.len();
        let number = |at: usize| u32::from_le_bytes(new[at..at + 4].try_into().unwrap()) as usize;
        let size = items.len() + 1 + 32;
        for (at, flags) in [(end - size - 32, 0xa000_0000), (end - 32, 0x8000_0000)] {
            assert_eq!(&new[at..at + 8], b"APETAGEX");
            assert_eq!([number(at + 12), number(at + 16), number(at + 20)], [size, 3, flags]);
        }
        assert_eq!(undone(&patch, &old, &new), old);
    }
}

#[test]
fn padding_of_flac_takes_what_the_comments_need() {
    // A block of padding before the audio, which is found by the last block.
    let old = fixture("flac.flac");
    let (mut last, mut end) = (4, 4);
    while end == 4 || old[last] >> 7 == 0 {
        last = end;
        let len = u32::from_be_bytes(old[end..end + 4].try_into().unwrap()) & 0xff_ffff;
        end += 4 + len as usize;
    }
    let padding = [&[0x81, 0, 4, 0][..], &[0; 1024]].concat();
    let mut padded = [&old[..end], &padding, &old[end..]].concat();
    padded[last] &= 0x7f;
    let (with, _) = changed(&padded, |tags| tags.set(Field::Mood, "m"));
    let (new, patch) = changed(&with, |tags| tags.set(Field::Bpm, "128"));
    assert_eq!(undone(&patch, &with, &new), with);
    assert_eq!((with.len(), new.len()), (padded.len(), padded.len()));
    let sound = padded.len() - (old.len() - end);
    assert_eq!((&with[sound..], &new[sound..]), (&old[end..], &old[end..]));
    let (fewer, _) = changed(&new, |tags| tags.remove(Field::Mood));
    assert_eq!(fewer.len(), padded.len(), "what is removed becomes padding");
}

#[test]
fn what_is_not_written_says_what_it_is() {
    for (name, expected) in
        [("vorbis.mka", "Matroska and WebM"), ("alac.caf", "CAF"), ("pcm.mov", "QuickTime movies")]
    {
        match open(file_of(&fixture(name))) {
            Err(Unfit::Unsupported(what)) => assert_eq!(what, expected),
            other => panic!("{name}: {:?}", other.err()),
        }
    }
    let mut fragments = open(file_of(&fixture("fragmented.m4a"))).unwrap();
    fragments.set(Field::Bpm, "128");
    assert!(matches!(fragments.patch(), Err(Unfit::Unsupported("MP4 in fragments"))));
}

#[test]
fn a_wave_file_without_a_length_gets_no_tag_that_would_be_played() {
    let format = [1, 0, 1, 0, 0x44, 0xac, 0, 0, 0x88, 0x58, 1, 0, 2, 0, 16, 0];
    let file = chunks(false, *b"WAVE", &[(b"fmt ", &format), (b"data", &[])]);
    assert!(matches!(open(file_of(&file)), Err(Unfit::Unsupported(_))));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn damaged_files_are_refused_or_kept_whole(
        which in 0_usize..13,
        cut in 0.0_f64..1.3,
        strikes in proptest::collection::vec((0.0_f64..1.0, any::<u8>()), 0..12),
    ) {
        let mut file = containers().swap_remove(which).1;
        let head = file.len().min(4096);
        for (at, byte) in strikes {
            file[(at * head as f64) as usize] = byte;
        }
        file.truncate((cut * file.len() as f64) as usize);
        if let Ok(mut tags) = open(file_of(&file)) {
            tags.set(Field::Bpm, "128");
            if let Ok(patch) = tags.patch() {
                let mut new = Vec::new();
                if patch.apply(&file_of(&file), &mut new).is_ok() {
                    prop_assert_eq!(undone(&patch, &file, &new), file);
                }
            }
        }
    }
}
