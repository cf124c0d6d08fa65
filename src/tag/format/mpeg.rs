//! Streams of frames (MPEG audio, ADTS): an `ID3v2` tag before them, an APE tag behind them.
//!
//! Fields are written into `ID3v2`, which every player reads, and into an APE tag only where one is
//! there already: some players believe it first.

use std::ops::Range;

use super::Holder;
use super::ape::Ape;
use super::id3v2::{self, Id3v2};
use super::input::Input;
use crate::tag::error::Unfit;
use crate::tag::field::Field;
use crate::tag::patch::Patch;

/// Where the tags before the audio end.
pub(super) fn end_of_id3v2(input: &mut Input) -> Result<u64, Unfit> {
    let mut at = 0;
    while let Some(head) = input.array::<10>(at)? {
        let len = id3v2::length(&head);
        if len == 0 {
            break;
        }
        at += len;
    }
    Ok(at)
}

/// The tags of a stream.
#[derive(Debug)]
pub(super) struct Mpeg {
    id3: Id3v2,
    range: Range<u64>,
    ape: Option<Ape>,
}

impl Mpeg {
    pub(super) fn read(input: &mut Input) -> Result<Self, Unfit> {
        let len = input.array::<10>(0)?.map_or(0, |head| id3v2::length(&head));
        let id3 = if len > 0 { Id3v2::parse(&input.bytes(0..len)?)? } else { Id3v2::new() };
        Ok(Self { id3, range: 0..len, ape: Ape::find(input)? })
    }
}

impl Holder for Mpeg {
    fn get(&self, field: Field) -> Option<String> {
        self.id3.get(field).or_else(|| self.ape.as_ref()?.get(field))
    }

    fn set(&mut self, field: Field, text: &str) {
        self.id3.set(field, text);
        if let Some(ape) = &mut self.ape {
            ape.set(field, text);
        }
    }

    fn remove(&mut self, field: Field) {
        self.id3.remove(field);
        if let Some(ape) = &mut self.ape {
            ape.remove(field);
        }
    }

    fn patch(&self) -> Result<Patch, Unfit> {
        let mut patch = Patch::default();
        patch.replace(self.range.clone(), self.id3.to_bytes(self.range.end as usize)?);
        if let Some(ape) = &self.ape {
            patch.replace(ape.range(), ape.to_bytes());
        }
        Ok(patch)
    }
}
