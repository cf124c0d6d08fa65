//! Lanes that panic, for tests: sound that begins with a mark takes one down.

use super::Lanes;
use crate::audio::Chunk;

/// First samples of such sound, 16 bit.
const MARK: [i16; 4] = [12_345, -12_345, 12_345, -12_345];

/// Panics when `chunk` begins with the mark: in the pool when lanes run there.
pub(super) fn strike(chunk: &Chunk, lanes: Lanes<'_>) {
    let begins = chunk.planes().next().is_some_and(|plane| {
        let mark = MARK.map(|sample| f32::from(sample) / 32_768.0);
        plane
            .get(..4)
            .is_some_and(|first| first.iter().zip(mark).all(|(a, b)| a.to_bits() == b.to_bits()))
    });
    match lanes {
        _ if !begins => {}
        Lanes::InTurn => panic!("a lane falls"),
        Lanes::SideBySide(pool) => pool.install(|| {
            rayon::join(|| panic!("a lane of the pool falls"), || ());
        }),
    }
}
