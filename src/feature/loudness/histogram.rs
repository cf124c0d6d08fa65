//! How loud the blocks of a track are: what the gates of an album are closed over.

use super::gating::{ABSOLUTE_GATE_LUFS, GATING_BLOCK, blocks, lufs, power};

/// Width of a bin, in LU.
pub(super) const BIN_LU: f64 = 0.05;

/// Bins from -70 LUFS up to +134.8 LUFS, which eight channels of the largest samples do not reach.
pub(super) const MOST_BINS: usize = 4096;

/// The number of 400 ms blocks (every 100 ms) above -70 LUFS in each bin of 0.05 LU.
///
/// Stored as a BLOB: the number of the first bin that is not empty (`u16` little-endian; bin k begins
/// at -70 + 0.05 k LUFS), then the count of that and of each following bin up to the last that is not
/// empty, each as an unsigned LEB128 number (seven bits a byte, the lowest first, the eighth bit set
/// where more follow). A song takes some hundred bytes; no track more than 20 kB.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockHistogram {
    first: usize,
    counts: Vec<u32>,
}

impl BlockHistogram {
    /// Most heap bytes that one holds.
    pub(super) const MOST_BYTES: u64 = (MOST_BINS * size_of::<u32>()) as u64;

    /// Counts consecutive 100 ms energies; `None` when no block passes.
    pub(super) fn of(energies: &[f32]) -> Option<Self> {
        let bin = |z| Some(((lufs(z)? - ABSOLUTE_GATE_LUFS) / BIN_LU) as usize);
        let absolute = power(ABSOLUTE_GATE_LUFS);
        let passing = || blocks(energies, GATING_BLOCK).filter(|&z| z > absolute).filter_map(bin);
        let passing = || passing().map(|bin| bin.min(MOST_BINS - 1));
        let (first, last) = (passing().min()?, passing().max()?);
        let mut counts = vec![0_u32; last - first + 1];
        for bin in passing() {
            if let Some(count) = counts.get_mut(bin - first) {
                *count = count.saturating_add(1);
            }
        }
        Some(Self { first, counts })
    }

    /// Loudness at the lower edge of each bin in LUFS, and the number of its blocks.
    pub(super) fn bins(&self) -> impl Iterator<Item = (f64, u32)> + Clone {
        let edge = |bin| ABSOLUTE_GATE_LUFS + (self.first + bin) as f64 * BIN_LU;
        self.counts.iter().enumerate().map(move |(bin, &count)| (edge(bin), count))
    }

    /// Number of blocks.
    pub fn blocks(&self) -> u64 {
        self.counts.iter().map(|&count| u64::from(count)).sum()
    }

    /// The BLOB described above.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = (self.first as u16).to_le_bytes().to_vec();
        for &count in &self.counts {
            let mut rest = count;
            while rest > 0x7F {
                bytes.push(rest as u8 | 0x80);
                rest >>= 7;
            }
            bytes.push(rest as u8);
        }
        bytes
    }

    /// The inverse of [`Self::to_bytes`]; `None` for anything else.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (first, mut rest) = bytes.split_first_chunk::<2>()?;
        let first = usize::from(u16::from_le_bytes(*first));
        let mut counts = Vec::new();
        while !rest.is_empty() {
            let (count, behind) = varint(rest)?;
            counts.push(count);
            rest = behind;
        }
        let ends = [counts.first(), counts.last()];
        let is_sound = ends.into_iter().all(|end| end.is_some_and(|&count| count > 0));
        (is_sound && first + counts.len() <= MOST_BINS).then_some(Self { first, counts })
    }
}

/// An unsigned LEB128 number that fits 32 bits, and what is behind it.
fn varint(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let end = bytes.iter().take(5).position(|byte| byte & 0x80 == 0)? + 1;
    let (number, behind) = bytes.split_at_checked(end)?;
    let value = number.iter().rev().fold(0_u64, |value, byte| value << 7 | u64::from(byte & 0x7F));
    Some((u32::try_from(value).ok()?, behind))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_block_above_the_gate_is_counted() {
        let levels = [(-20.02, 100), (-65.0, 50), (-80.0, 20)];
        let energies: Vec<f32> = levels
            .iter()
            .flat_map(|&(level, count)| std::iter::repeat_n(power(level) as f32, count))
            .collect();
        let histogram = BlockHistogram::of(&energies).expect("sound");
        let passing = blocks(&energies, 4).filter(|&z| z > power(-70.0)).count();
        assert_eq!(histogram.blocks(), passing as u64);
        let (edge, count) = histogram.bins().last().expect("bins");
        assert!((edge + 20.05).abs() < 1e-9 && count >= 97, "{edge} {count}");
    }

    #[test]
    fn nothing_above_the_gate_has_no_histogram() {
        for energies in [&[][..], &[0.5; 3], &[0.0; 100], &[1e-9; 100]] {
            assert_eq!(BlockHistogram::of(energies), None);
        }
    }

    #[test]
    fn the_layout_is_the_documented_one() {
        let histogram = BlockHistogram { first: 0x102, counts: vec![1, 0, 300] };
        assert_eq!(histogram.to_bytes(), [2, 1, 1, 0, 0xAC, 2]);
    }

    #[test]
    fn damage_is_refused() {
        let cases: [&[u8]; 8] = [
            &[],
            &[1],
            &[1, 0],                         // no bin
            &[1, 0, 0],                      // an empty one
            &[1, 0, 5, 0x80],                // cut
            &[255, 255, 1],                  // out of range
            &[1, 0, 255, 255, 255, 255, 31], // above 32 bits
            &[1, 0, 128, 128, 128, 128, 128, 1],
        ];
        for bytes in cases {
            assert_eq!(BlockHistogram::from_bytes(bytes), None, "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn bytes_round_trip(first in 0_usize..3000, mut counts in prop::collection::vec(any::<u32>(), 1..300)) {
            let last = counts.len() - 1;
            counts[0] |= 1;
            counts[last] |= 1;
            let histogram = BlockHistogram { first, counts };
            prop_assert_eq!(BlockHistogram::from_bytes(&histogram.to_bytes()), Some(histogram));
        }

        #[test]
        fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            if let Some(histogram) = BlockHistogram::from_bytes(&bytes) {
                prop_assert!(histogram.bins().all(|(edge, _)| edge.is_finite()));
            }
        }
    }
}
