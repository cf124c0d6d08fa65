//! Whoever edits tags does not touch the audio, so the name of the audio must stay.

use std::path::Path;

use lofty::config::WriteOptions;
use lofty::picture::{MimeType, Picture, PictureType};
use lofty::tag::{Accessor, ItemKey, Tag, TagExt, TagType};
use phonolite::audio::{Identity, Limits, Opened, Tags};

use crate::support::{Wave, aiff, fixture, identify, riff};

struct Seen {
    identity: Identity,
    tags: Tags,
    samples: usize,
}

fn look(path: &Path) -> Seen {
    let mut opened = Opened::open(path, &Limits::default()).unwrap();
    let identity = opened.identify().unwrap();
    let tags = opened.tags().clone();
    let samples = opened.decode().unwrap().finish().unwrap();
    assert_eq!(samples.payload, identity.payload);
    let whole =
        crate::support::decode_with(std::fs::File::open(path).unwrap(), &Limits::default(), 8192);
    Seen { identity, tags, samples: whole.unwrap().planes[0].len() }
}

/// A picture full of what looks like MPEG frame headers.
fn treacherous_picture() -> Picture {
    let frame = [0xff, 0xfb, 0x90, 0x64].iter().copied().chain(std::iter::repeat_n(0, 413));
    let data: Vec<u8> = frame.cycle().take(60_000).collect();
    Picture::unchecked(data).pic_type(PictureType::CoverFront).mime_type(MimeType::Jpeg).build()
}

fn write_tag(path: &Path, kind: TagType, long: bool) {
    let mut tag = Tag::new(kind);
    tag.set_title("Ringing Rock".into());
    tag.set_artist("Ånn Ôther".into());
    tag.set_album("Stones".into());
    tag.set_genre("Ambient".into());
    tag.set_track(7);
    tag.insert_text(ItemKey::RecordingDate, "1998-05-01".into());
    if long {
        tag.set_comment("x".repeat(20_000));
        tag.push_picture(treacherous_picture());
    }
    tag.save_to_path(path, WriteOptions::default()).unwrap();
}

fn keeps_its_name(name: &str, kinds: &[TagType]) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::copy(fixture(name), &path).unwrap();
    let before = look(&path);
    for &kind in kinds {
        for long in [false, true] {
            write_tag(&path, kind, long);
            let after = look(&path);
            assert_eq!(after.identity, before.identity, "{name} with {kind:?}");
            assert_eq!(after.samples, before.samples, "{name} with {kind:?}");
            assert_eq!(after.tags.title.as_deref(), Some("Ringing Rock"), "{name} with {kind:?}");
            assert_eq!(after.tags.album.as_deref(), Some("Stones"), "{name} with {kind:?}");
        }
    }
    if !matches!(kinds, [TagType::Id3v1]) {
        let tags = look(&path).tags;
        assert_eq!(tags.artist.as_deref(), Some("Ånn Ôther"), "{name}");
        assert_eq!((tags.year, tags.track), (Some(1998), Some(7)), "{name}");
        assert_eq!(tags.genre.as_deref(), Some("Ambient"), "{name}");
    }
}

#[test]
fn mp3_keeps_its_name() {
    keeps_its_name("lame.mp3", &[TagType::Id3v1]);
    keeps_its_name("lame.mp3", &[TagType::Id3v2, TagType::Ape, TagType::Id3v1]);
    keeps_its_name("plain.mp3", &[TagType::Ape, TagType::Id3v2, TagType::Id3v1]);
}

#[test]
fn adts_keeps_its_name() {
    keeps_its_name("adts.aac", &[TagType::Id3v2]);
}

#[test]
fn flac_and_ogg_keep_their_names() {
    keeps_its_name("flac.flac", &[TagType::VorbisComments]);
    keeps_its_name("vorbis.ogg", &[TagType::VorbisComments]);
    keeps_its_name("opus.opus", &[TagType::VorbisComments]);
}

#[test]
fn mp4_keeps_its_name() {
    keeps_its_name("aac.m4a", &[TagType::Mp4Ilst]);
    keeps_its_name("alac.m4a", &[TagType::Mp4Ilst]);
}

#[test]
fn wave_and_aiff_keep_their_names() {
    let data: Vec<u8> = (0..40_000_u32).map(|i| ((i * 31) >> 3) as u8).collect();
    let wave = Wave { tag: 1, bits: 16, channels: 2, rate: 44_100 };
    let plain = wave.file(&data);
    let list = riff(*b"LIST", &[b"INFO".as_slice(), &riff(*b"INAM", b"Ringing Rock\0")].concat());
    let before = identify(&plain);
    assert_eq!(identify(&wave.with_chunks(&data, &list, &[])), before);
    assert_eq!(identify(&wave.with_chunks(&data, &[], &list)), before);
    assert_eq!(identify(&wave.with_chunks(&data, &riff(*b"JUNK", &[0; 999]), &list)), before);
    assert_eq!(identify(&wave.rf64(&data)), before, "the same samples with larger sizes");
    assert_ne!(identify(&wave.file(&data[4..])).payload, before.payload);

    let folder = tempfile::tempdir().unwrap();
    for (name, file) in [("a.wav", plain), ("a.aiff", aiff(2, 16, 44_100, None, &data))] {
        let path = folder.path().join(name);
        std::fs::write(&path, file).unwrap();
        let before = look(&path).identity;
        let kinds: &[TagType] = match name {
            "a.wav" => &[TagType::RiffInfo, TagType::Id3v2],
            _ => &[TagType::AiffText, TagType::Id3v2],
        };
        for &kind in kinds {
            let mut tag = Tag::new(kind);
            tag.set_title("Ringing Rock".into());
            tag.save_to_path(&path, WriteOptions::default()).unwrap();
            let after = look(&path);
            assert_eq!(after.identity, before, "{name} with {kind:?}");
            assert_eq!(after.tags.title.as_deref(), Some("Ringing Rock"), "{name} with {kind:?}");
        }
    }
}

/// An APE tag with a picture full of MPEG frames.
fn ape_tag() -> Vec<u8> {
    let frame = [0xff, 0xfb, 0x90, 0x64].iter().copied().chain(std::iter::repeat_n(0, 413));
    let picture: Vec<u8> = frame.cycle().take(417 * 20).collect();
    let mut item = (picture.len() as u32).to_le_bytes().to_vec();
    item.extend(2_u32.to_le_bytes());
    item.extend(b"Cover Art (Front)\0");
    item.extend(picture);
    let frame = |flags: u32| {
        let fields = [2000, item.len() as u32 + 32, 1, flags, 0, 0];
        [&b"APETAGEX"[..], &fields.map(u32::to_le_bytes).concat()].concat()
    };
    [frame(0xa000_0000), item.clone(), frame(0x8000_0000)].concat()
}

/// Junk that taggers leave: an APE tag between the audio and an `ID3v1` tag, zeros before the audio.
#[test]
fn tags_by_hand_keep_the_name() {
    let audio = std::fs::read(fixture("plain.mp3")).unwrap();
    let before = identify(&audio);
    let mut id3v1 = b"TAG".to_vec();
    id3v1.resize(128, b'x');
    let id3v2 = |size: u8| {
        let mut tag = b"ID3\x03\x00\x00\x00\x00\x00".to_vec();
        tag.push(size);
        tag.resize(10 + usize::from(size), 0);
        tag
    };
    assert_eq!(identify(&[&audio[..], &id3v1].concat()), before);
    assert_eq!(identify(&[&audio[..], &ape_tag()].concat()), before);
    assert_eq!(identify(&[&audio[..], &ape_tag(), &id3v1].concat()), before);
    assert_eq!(identify(&[&id3v2(100), &audio[..], &id3v1].concat()), before);
    assert_eq!(identify(&[&id3v2(100), &id3v2(50), &audio[..]].concat()), before);
    assert_eq!(identify(&[&[0; 300], &audio[..]].concat()), before);
}
