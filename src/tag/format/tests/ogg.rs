//! Pages of Ogg.

use super::*;

/// Pages of an Ogg file, with their check sums proven.
fn pages(file: &[u8]) -> Vec<(u32, &[u8])> {
    let (mut pages, mut rest) = (Vec::new(), file);
    while !rest.is_empty() {
        let segments = usize::from(rest[26]);
        let body: usize = rest[27..27 + segments].iter().map(|&byte| usize::from(byte)).sum();
        let (page, tail) = rest.split_at(27 + segments + body);
        let mut zeroed = page.to_vec();
        zeroed[22..26].fill(0);
        // The definition, bit by bit.
        let sum = zeroed.iter().fold(0_u32, |sum, &byte| {
            (0..8).fold(sum ^ u32::from(byte) << 24, |sum, _| {
                if sum >> 31 == 1 { sum << 1 ^ 0x04c1_1db7 } else { sum << 1 }
            })
        });
        assert_eq!(page[22..26], sum.to_le_bytes());
        pages.push((u32::from_le_bytes(page[18..22].try_into().unwrap()), &page[27 + segments..]));
        rest = tail;
    }
    pages
}

#[test]
fn ogg_pages_follow_on_whatever_the_comments_weigh() {
    for name in ["vorbis.ogg", "opus.opus", "flac.oga"] {
        let old = fixture(name);
        let (large, there) = changed(&old, |tags| tags.set(Field::Comment, &"x".repeat(200_000)));
        let (small, back) = changed(&large, |tags| tags.set(Field::Comment, "x"));
        for (file, label) in [(&large, "large"), (&small, "small")] {
            let numbers: Vec<u32> = pages(file).iter().map(|(number, _)| *number).collect();
            let expected: Vec<u32> = (0..numbers.len() as u32).collect();
            assert_eq!(numbers, expected, "{name} {label}");
            assert_eq!(pages(file).last(), pages(file).last());
        }
        assert!(pages(&large).len() > pages(&old).len(), "{name}");
        assert_eq!(pages(&large).last().unwrap().1, pages(&old).last().unwrap().1, "{name}");
        assert_eq!(undone(&there, &old, &large), old, "{name}");
        assert_eq!(undone(&back, &large, &small), large, "{name}");
    }
}

#[test]
fn a_few_words_more_leave_the_pages_of_the_sound_alone() {
    for name in ["vorbis.ogg", "opus.opus", "flac.oga"] {
        let old = fixture(name);
        let (new, _) = changed(&old, |tags| tags.set(Field::Bpm, "128"));
        assert_eq!(pages(&new).len(), pages(&old).len(), "{name}");
        assert_eq!(pages(&new).last(), pages(&old).last(), "{name}");
    }
}
