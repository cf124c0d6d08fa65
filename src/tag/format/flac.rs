//! FLAC: the comments are a block among others (RFC 9639, section 8).

use std::ops::Range;

use super::Holder;
use super::comments::Comments;
use super::input::Input;
use crate::tag::error::Unfit;
use crate::tag::field::Field;
use crate::tag::patch::Patch;

const PADDING: u8 = 1;
const COMMENTS: u8 = 4;
/// Longest block, in bytes.
const LONGEST: usize = (1 << 24) - 1;
/// Blocks that are walked through; a guard, not a format rule.
const MOST_BLOCKS: usize = 1 << 16;

/// A metadata block.
#[derive(Debug)]
struct Block {
    kind: u8,
    last: bool,
    /// Header and body in the file.
    range: Range<u64>,
}

impl Block {
    fn body_len(&self) -> usize {
        (self.range.end - self.range.start - 4) as usize
    }

    fn header(&self, len: usize) -> [u8; 4] {
        let [_, high, middle, low] = (len as u32).to_be_bytes();
        [self.kind | u8::from(self.last) << 7, high, middle, low]
    }
}

/// The comments of a FLAC file and the blocks around them.
#[derive(Debug)]
pub(super) struct Flac {
    blocks: Vec<Block>,
    found: Option<usize>,
    comments: Comments,
}

impl Flac {
    pub(super) fn read(input: &mut Input, start: u64) -> Result<Self, Unfit> {
        let mut blocks: Vec<Block> = Vec::new();
        let mut at = start + 4;
        while blocks.last().is_none_or(|block| !block.last) {
            let header = input.array::<4>(at)?.ok_or(Unfit::Damaged("a FLAC block"))?;
            let [kind, size @ ..] = header;
            let len = size.iter().fold(0_u64, |len, &byte| len << 8 | u64::from(byte));
            blocks.push(Block { kind: kind & 0x7f, last: kind >> 7 == 1, range: at..at + 4 + len });
            at += 4 + len;
            if at > input.len() || blocks.len() > MOST_BLOCKS {
                return Err(Unfit::Damaged("a FLAC block"));
            }
        }
        let found = blocks.iter().position(|block| block.kind == COMMENTS);
        let comments = match found.and_then(|place| blocks.get(place)) {
            Some(block) => {
                let body = input.bytes(block.range.start + 4..block.range.end)?;
                Comments::parse(&body)?
            }
            None => Comments::default(),
        };
        Ok(Self { blocks, found, comments })
    }

    /// Where the comments go: the range of their block, or behind the stream information.
    fn place(&self) -> Option<(Range<u64>, bool)> {
        match self.found.and_then(|place| self.blocks.get(place)) {
            Some(block) => Some((block.range.clone(), block.last)),
            None => self.blocks.first().map(|first| (first.range.end..first.range.end, false)),
        }
    }
}

impl Holder for Flac {
    fn get(&self, field: Field) -> Option<String> {
        self.comments.get(field)
    }

    fn set(&mut self, field: Field, text: &str) {
        self.comments.set(field, text);
    }

    fn remove(&mut self, field: Field) {
        self.comments.remove(field);
    }

    /// Padding behind the comments takes the difference where it can, so that the audio stays.
    fn patch(&self) -> Result<Patch, Unfit> {
        let (range, last) = self.place().ok_or(Unfit::Damaged("a FLAC block"))?;
        let body = self.comments.to_bytes();
        if body.len() > LONGEST {
            return Err(Unfit::Unsupported("a FLAC file whose comments are full"));
        }
        let only = self.found.is_none() && self.blocks.first().is_some_and(|first| first.last);
        let mut patch = Patch::default();
        if let (true, Some(first)) = (only, self.blocks.first()) {
            let flag = [first.kind];
            patch.replace(first.range.start..first.range.start + 1, flag.to_vec());
        }
        let own = Block { kind: COMMENTS, last: last || only, range: range.clone() };
        let grown = (4 + body.len()) as i64 - (range.end - range.start) as i64;
        patch.replace(range.clone(), [&own.header(body.len())[..], &body].concat());
        let padding = self.blocks.iter().find(|block| {
            let room = block.body_len() as i64 - grown;
            block.kind == PADDING
                && block.range.start >= range.end
                && (0..=LONGEST as i64).contains(&room)
        });
        if let Some(padding) = padding.filter(|_| grown != 0) {
            let room = (padding.body_len() as i64 - grown) as usize;
            patch.replace(
                padding.range.start..padding.range.start + 4,
                padding.header(room).to_vec(),
            );
            let end = padding.range.end;
            if grown > 0 {
                patch.replace(end - grown as u64..end, Vec::new());
            } else {
                patch.replace(end..end, vec![0; grown.unsigned_abs() as usize]);
            }
        }
        Ok(patch)
    }
}
