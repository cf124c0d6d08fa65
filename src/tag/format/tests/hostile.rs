//! Tags that would cost a stack, or memory by the file, and fields that stand there under several names.

use super::*;

/// Boxes that hold each other: one recursion each ended the process, as no stack is that deep.
#[test]
fn boxes_within_boxes_do_not_end_the_stack() {
    const DEPTH: u32 = 100_000;
    let nested = |name: &[u8; 4]| -> Vec<u8> {
        (1..=DEPTH).rev().flat_map(|left| [(left * 8).to_be_bytes(), *name].concat()).collect()
    };
    let boxed = |name: &[u8; 4], body: &[u8]| {
        [&(body.len() as u32 + 8).to_be_bytes()[..], name, body].concat()
    };
    for name in [b"trak", b"mdia", b"udta", b"meta"] {
        let movie = boxed(b"moov", &nested(name));
        let file = [boxed(b"ftyp", b"M4A \0\0\0\0"), movie, boxed(b"mdat", &[7; 100])].concat();
        let Ok(mut tags) = open(file_of(&file)) else { continue };
        tags.set(Field::Bpm, "128");
        if let Ok(patch) = tags.patch() {
            let mut new = Vec::new();
            patch.apply(&file_of(&file), &mut new).unwrap();
            assert_eq!(undone(&patch, &file, &new), file);
        }
    }
}

/// Each costs more memory than bytes; a file of holes has as many as it likes.
#[test]
fn blocks_and_pages_without_end_are_refused() {
    let blocks = [&b"fLaC"[..], &[1, 0, 0, 0].repeat(100_000), &[0x81, 0, 0, 0]].concat();
    assert!(matches!(open(file_of(&blocks)), Err(Unfit::Damaged(_))));
    let page = |number: u32| {
        let flags = [2, 0, 1][(number as usize).min(2)];
        let head = [&b"OggS\0"[..], &[flags], &[0; 12], &number.to_le_bytes(), &[0; 4]].concat();
        [head, vec![0]].concat()
    };
    let pages: Vec<u8> = (0..100_000).flat_map(page).collect();
    assert!(matches!(open(file_of(&pages)), Err(Unfit::Unsupported(_))));
}

/// Some programs write a key twice, under both of its names: what was left made the proof of the copy fail.
#[test]
fn a_field_that_stands_there_under_two_names_is_removed_under_both() {
    let comments = [&b"INITIALKEY=Am"[..], b"BPM=90", b"KEY=A minor", b"initialkey=8A"];
    let number = |n: usize| (n as u32).to_le_bytes();
    let mut body = [number(0), number(comments.len())].concat();
    for text in comments {
        body.extend([&number(text.len())[..], text].concat());
    }
    let block = [&[0x84, 0, 0, body.len() as u8][..], &body].concat();
    let flac = [&b"fLaC\0\0\0\x22"[..], &[0; 34], &block].concat();
    let items: Vec<u8> = [("KEY", "A minor"), ("InitialKey", "Am"), ("BPM", "90")]
        .into_iter()
        .flat_map(|(key, text)| {
            let head = [number(text.len()), [0; 4]].concat();
            [&head, key.as_bytes(), &[0], text.as_bytes()].concat()
        })
        .collect();
    let footer = [2000, items.len() + 32, 3, 0, 0, 0].map(number).concat();
    let ape = [&fixture("plain.mp3"), &items, &b"APETAGEX"[..], &footer].concat();
    for old in [flac, ape] {
        assert!(holder(&old).get(Field::Key).is_some_and(|key| key.starts_with("Am")));
        let (new, patch) = changed(&old, |tags| tags.remove(Field::Key));
        assert_eq!(holder(&new).get(Field::Key), None);
        assert_eq!(holder(&new).get(Field::Bpm).as_deref(), Some("90"));
        assert_eq!(undone(&patch, &old, &new), old);
    }
}
