//! WAVE (RIFF, RF64, BW64) and AIFF: an `ID3v2` tag in a chunk of its own.

use std::ops::Range;

use super::Holder;
use super::id3v2::Id3v2;
use super::input::Input;
use crate::tag::error::Unfit;
use crate::tag::field::Field;
use crate::tag::patch::Patch;

/// Chunks that are walked through; a guard, not a format rule.
const MOST_CHUNKS: usize = 4096;
/// Where the sizes of 64 bits begin in the chunk `ds64`, which is the first.
const DS64: u64 = 20;
/// A size that says: look in `ds64`.
const ELSEWHERE: u64 = 0xffff_ffff;

/// The tag chunk of a file and its frame.
#[derive(Debug)]
pub(super) struct Riff {
    id3: Id3v2,
    /// The chunk with its header and padding, or an empty range where it is to be.
    range: Range<u64>,
    /// Name of the chunk.
    name: [u8; 4],
    big_endian: bool,
    /// Size in the frame of the file, and whether it stands in `ds64`.
    size: u64,
    long: bool,
}

impl Riff {
    pub(super) fn read(input: &mut Input) -> Result<Self, Unfit> {
        let damaged = || Unfit::Damaged("the chunks of the file");
        let head = input.array::<12>(0)?.ok_or_else(damaged)?;
        let big_endian = head.starts_with(b"FORM");
        let long = head.starts_with(b"RF64") || head.starts_with(b"BW64");
        let mut walk = Walk { input, big_endian };
        let long_sizes = if long { walk.long_sizes()? } else { None };
        let size = match long_sizes {
            Some((size, _)) => size,
            None => u64::from(walk.number(4)?.ok_or_else(damaged)?),
        };
        let end = size.checked_add(8).filter(|end| *end <= walk.input.len());
        let end = end.ok_or(Unfit::Unsupported("a file that does not say how long it is"))?;
        let (mut at, mut found) = (12, None);
        for _ in 0..MOST_CHUNKS {
            if at + 8 > end {
                break;
            }
            let name = walk.input.array::<4>(at)?.ok_or_else(damaged)?;
            let len = u64::from(walk.number(at + 4)?.ok_or_else(damaged)?);
            // Players take the rest of the file for sound then, and would play the tag.
            if &name == b"data" && len == 0 {
                return Err(Unfit::Unsupported("a file that does not say how long it is"));
            }
            let len = match long_sizes {
                Some((_, data)) if &name == b"data" && len == ELSEWHERE => data,
                _ => len,
            };
            let next = at.checked_add(8 + len).filter(|next| *next <= end).ok_or_else(damaged)?;
            let padded = (next + len % 2).min(end);
            if name.eq_ignore_ascii_case(b"id3 ") && found.is_none() {
                found = Some((name, at..padded, walk.input.bytes(at + 8..next)?));
            }
            at = padded;
        }
        let new = if big_endian { *b"ID3 " } else { *b"id3 " };
        let (name, range, id3) = match found {
            Some((name, range, bytes)) => (name, range, Id3v2::parse(&bytes)?),
            None => (new, end..end, Id3v2::new()),
        };
        Ok(Self { id3, range, name, big_endian, size, long })
    }

    fn number(&self, number: u64) -> Result<Vec<u8>, Unfit> {
        let full = || Unfit::Unsupported("a file that has no room for more than 4 GiB");
        let number = u32::try_from(number).map_err(|_| full())?;
        let bytes = if self.big_endian { number.to_be_bytes() } else { number.to_le_bytes() };
        Ok(bytes.to_vec())
    }
}

struct Walk<'a> {
    input: &'a mut Input,
    big_endian: bool,
}

impl Walk<'_> {
    fn number(&mut self, at: u64) -> Result<Option<u32>, Unfit> {
        let read = if self.big_endian { u32::from_be_bytes } else { u32::from_le_bytes };
        Ok(self.input.array(at)?.map(read))
    }

    /// Sizes of the whole and of the samples in `ds64`.
    fn long_sizes(&mut self) -> Result<Option<(u64, u64)>, Unfit> {
        if self.input.array::<4>(12)? != Some(*b"ds64") {
            return Ok(None);
        }
        let mut read = |at| Ok::<_, Unfit>(self.input.array(at)?.map(u64::from_le_bytes));
        Ok(read(DS64)?.zip(read(DS64 + 8)?))
    }
}

impl Holder for Riff {
    fn get(&self, field: Field) -> Option<String> {
        self.id3.get(field)
    }

    fn set(&mut self, field: Field, text: &str) {
        self.id3.set(field, text);
    }

    fn remove(&mut self, field: Field) {
        self.id3.remove(field);
    }

    fn patch(&self) -> Result<Patch, Unfit> {
        let found = (self.range.end - self.range.start).saturating_sub(8);
        let mut tag = self.id3.to_bytes(found as usize)?;
        tag.resize(tag.len() + tag.len() % 2, 0);
        let mut patch = Patch::default();
        if tag.is_empty() {
            return Ok(patch);
        }
        // A chunk behind one of odd length without its padding byte gets it first.
        let before = if self.range.is_empty() { self.range.start % 2 } else { 0 };
        let mut chunk = vec![0; before as usize];
        chunk.extend_from_slice(&self.name);
        chunk.extend(self.number(tag.len() as u64)?);
        chunk.extend(tag);
        let size = self.size + chunk.len() as u64 - (self.range.end - self.range.start);
        if self.long {
            patch.replace(DS64..DS64 + 8, size.to_le_bytes().to_vec());
        } else {
            patch.replace(4..8, self.number(size)?);
        }
        patch.replace(self.range.clone(), chunk);
        Ok(patch)
    }
}
