//! Boxes of MP4.

use super::*;

/// Offsets of all chunks, found by the name of their table.
fn chunk_offsets(file: &[u8]) -> Vec<usize> {
    let at = file.windows(4).position(|bytes| bytes == b"stco").expect("a table");
    let number = |at: usize| u32::from_be_bytes(file[at..at + 4].try_into().unwrap()) as usize;
    (0..number(at + 8)).map(|index| number(at + 12 + 4 * index)).collect()
}

#[test]
fn chunks_of_mp4_are_found_on_whatever_side_of_the_movie_they_lie() {
    let old = fixture("aac.m4a");
    let boxes = |file: &[u8]| {
        let (mut found, mut at) = (Vec::new(), 0);
        while at < file.len() {
            let len = u32::from_be_bytes(file[at..at + 4].try_into().unwrap()) as usize;
            found.push((file[at + 4..at + 8].to_vec(), at..at + len));
            at += len;
        }
        found
    };
    // The same file with its movie box on the other side of the sound.
    let found = boxes(&old);
    let range = |name: &[u8]| found.iter().find(|(own, _)| own == name).unwrap().1.clone();
    let (movie, sound) = (range(b"moov"), range(b"mdat"));
    let first = movie.start < sound.start;
    let (near, far) =
        if first { (movie.clone(), sound.clone()) } else { (sound.clone(), movie.clone()) };
    let mut swapped = [
        &old[..near.start],
        &old[far.clone()],
        &old[near.end..far.start],
        &old[near.clone()],
        &old[far.end..],
    ]
    .concat();
    let moved = boxes(&swapped).iter().find(|(name, _)| name == b"mdat").unwrap().1.start;
    let table = swapped.windows(4).position(|bytes| bytes == b"stco").unwrap() + 12;
    for (index, offset) in chunk_offsets(&old).into_iter().enumerate() {
        let offset = (offset - sound.start + moved) as u32;
        swapped[table + 4 * index..table + 4 * index + 4].copy_from_slice(&offset.to_be_bytes());
    }
    for file in [old, swapped] {
        let (new, patch) = changed(&file, set_all);
        let (before, after) = (chunk_offsets(&file), chunk_offsets(&new));
        assert_eq!(before.len(), after.len());
        for (old_at, new_at) in before.into_iter().zip(after) {
            assert_eq!(file[old_at..old_at + 50], new[new_at..new_at + 50]);
        }
        assert_eq!(undone(&patch, &file, &new), file);
    }
}

#[test]
fn mp4_has_the_precise_tempo_beside_the_whole_one() {
    let old = fixture("aac.m4a");
    let (new, _) = changed(&old, |tags| tags.set(Field::Bpm, "127.96"));
    assert_eq!(holder(&new).get(Field::Bpm).as_deref(), Some("127.96"));
    let tempo = new.windows(4).position(|bytes| bytes == b"tmpo").unwrap();
    assert_eq!(new[tempo + 20..tempo + 22], 128_u16.to_be_bytes());
    let (whole, _) = changed(&new, |tags| tags.set(Field::Bpm, "64"));
    assert_eq!(holder(&whole).get(Field::Bpm).as_deref(), Some("64"), "both say the same");
}
