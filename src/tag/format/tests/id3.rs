//! `ID3v2`, with what other programs leave there.

use super::*;

/// Frames of other programs: a picture, a rating, what lofty drops or writes anew, and what nobody
/// can read.
fn foreign_frames(version: u8) -> Vec<Vec<u8>> {
    let frame = |id: &str, flags: [u8; 2], body: &[u8]| {
        let size = body.len() as u32;
        let mut frame = id.as_bytes().to_vec();
        match version {
            2 => frame.extend(&size.to_be_bytes()[1..]),
            3 => frame.extend(size.to_be_bytes()),
            _ => frame.extend([21, 14, 7, 0].map(|shift| (size >> shift & 0x7f) as u8)),
        }
        if version > 2 {
            frame.extend(flags);
        }
        frame.extend_from_slice(body);
        frame
    };
    if version == 2 {
        return vec![
            frame("TT2", [0; 2], b"\x01\xff\xfeT\0"),
            frame("PIC", [0; 2], &[&b"\0JPG\x03\0"[..], &[0xff; 300]].concat()),
            frame("TXX", [0; 2], b"\0mine\0value"),
            frame("XYZ", [0; 2], &[0xff, 0x00, 0xff, 0xe0]),
        ];
    }
    let (compressed, encrypted) = if version == 3 { (0x80, 0x40) } else { (0x08, 0x04) };
    vec![
        frame("TIT2", [0; 2], b"\x01\xff\xfeT\0"),
        frame("TPE1", [0; 2], b"\x00One\0Two"),
        frame("APIC", [0; 2], &[&b"\0image/jpeg\0\x03\0"[..], &[0xff; 300]].concat()),
        frame("POPM", [0; 2], b"Windows Media Player 9 Series\0\xc4\0\0\0\x07"),
        frame("PRIV", [0; 2], b"TRAKTOR4\0\xff\x00\xff\xe0raw"),
        frame("GEOB", [0; 2], b"\0application/octet-stream\0\0Serato Markers2\0\x01\x01"),
        frame("TXXX", [0; 2], b"\x01\xff\xfem\0\0\0\xff\xfev\0"),
        frame("COMM", [0; 2], b"\0engiTunNORM\0 000"),
        frame("XABC", [0; 2], &[0xff, 0x00, 0xff, 0xfb]),
        frame("TCON", [0, compressed], &[1, 2, 3, 4, 5, 6]),
        frame("TSRC", [0, encrypted], &[9, 8, 7]),
    ]
}

fn id3v2(version: u8, frames: &[Vec<u8>], padding: usize) -> Vec<u8> {
    let body = [frames.concat(), vec![0; padding]].concat();
    let size = [21, 14, 7, 0].map(|shift| (body.len() >> shift & 0x7f) as u8);
    [&[b'I', b'D', b'3', version, 0, 0][..], &size, &body].concat()
}

#[test]
fn frames_of_others_stay_byte_by_byte_in_their_version() {
    let audio = fixture("plain.mp3");
    for version in [2, 3, 4] {
        let frames = foreign_frames(version);
        for padding in [0, 600] {
            let old = [id3v2(version, &frames, padding), audio.clone()].concat();
            let (new, patch) = changed(&old, |tags| {
                tags.set(Field::Bpm, "128");
                tags.set(Field::Comment, "ours");
                tags.set(Field::Energy, "7");
            });
            assert_eq!(new[3], version);
            let foreign = frames.concat();
            assert_eq!(new[10..10 + foreign.len()], foreign, "2.{version}, {padding}");
            assert!(new.ends_with(&audio));
            assert_eq!(new.len() == old.len(), padding > 0, "padding is used");
            assert_eq!(holder(&new).get(Field::Comment).as_deref(), Some("ours"));
            assert_eq!(undone(&patch, &old, &new), old);
        }
    }
}

#[test]
fn a_tag_without_synchronisation_keeps_its_meaning() {
    let audio = fixture("plain.mp3");
    let plain = id3v2(3, &foreign_frames(3), 0);
    let mut body = Vec::new();
    for &byte in &plain[10..] {
        body.push(byte);
        if byte == 0xff {
            body.push(0);
        }
    }
    let mut tag = id3v2(3, &[body], 0);
    tag[5] = 0x80;
    let old = [tag, audio.clone()].concat();
    let (new, patch) = changed(&old, |tags| tags.set(Field::Bpm, "128"));
    assert_eq!(new[5] & 0x80, 0);
    assert_eq!(new[10..plain.len()], plain[10..]);
    assert_eq!(undone(&patch, &old, &new), old);
}

#[test]
fn a_field_that_is_set_again_stands_once() {
    let set = |bytes: &[u8], number: &str| {
        let all = |tags: &mut dyn Holder| {
            tags.set(Field::Bpm, number);
            tags.set(Field::TrackGain, number);
        };
        changed(bytes, all).0
    };
    let twice = set(&set(&fixture("plain.mp3"), "120"), "90");
    let head = &twice[..4096].to_ascii_uppercase();
    for name in ["TBPM", "REPLAYGAIN_TRACK_GAIN"] {
        let found = head.windows(name.len()).filter(|bytes| *bytes == name.as_bytes()).count();
        assert_eq!(found, 1, "{name}");
    }
}

#[test]
fn a_frame_that_cannot_be_read_is_somebody_elses() {
    let mut bpm = b"TBPM\0\0\0\x03\0\x80".to_vec();
    bpm.extend([1, 2, 3]);
    let old = [id3v2(3, &[bpm], 10), fixture("plain.mp3")].concat();
    assert_eq!(holder(&old).get(Field::Bpm).as_deref(), Some("?"));
}

#[test]
fn texts_of_all_encodings_are_read() {
    for (body, expected) in [
        (&b"\x00Am"[..], "Am"),
        (b"\x01\xff\xfeA\0m\0\0\0", "Am"),
        (b"\x01\xfe\xff\0A\0m", "Am"),
        (b"\x02\0A\0m", "Am"),
        (b"\x03Am\0C\0", "Am; C"),
    ] {
        let mut frame = b"TKEY\0\0\0".to_vec();
        frame.push(body.len() as u8);
        frame.extend([0, 0]);
        frame.extend_from_slice(body);
        let file = [id3v2(4, &[frame], 0), fixture("plain.mp3")].concat();
        assert_eq!(holder(&file).get(Field::Key).as_deref(), Some(expected));
    }
}
