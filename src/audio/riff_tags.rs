//! Tags in WAVE and AIFF: the demuxer reads those before the samples, most writers put them behind.

use std::fs::File;
use std::io;
use std::sync::Arc;

use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::{MetadataOptions, MetadataReader, MetadataRevision};
use symphonia::default::meta::Id3v2Reader;

use super::contain::contain;
use super::fence::{Fence, View};
use super::tags::Tags;

/// Chunks that are walked through; a guard, not a format rule.
const MAX_CHUNKS: usize = 4096;
/// Longest text of one field that is read, in bytes.
const MAX_TEXT: u64 = 4096;

/// Reads the tag chunks of the whole file; what cannot be understood is left out.
pub(super) fn read(file: &Arc<File>, fence: &mut Fence, max_bytes: u64) -> io::Result<Tags> {
    let mut tags = Tags::default();
    let big_endian = fence.bytes_at::<4>(0)? == Some(*b"FORM");
    let mut walk = Walk { fence, big_endian, at: 12, end: u64::MAX, left: MAX_CHUNKS };
    while let Some(Chunk { id, at, len }) = walk.next()? {
        match &id {
            b"id3 " | b"ID3 " if len <= max_bytes => {
                let start = walk.fence.file_position(at);
                let view = View { start, end: Some(start + len), ..View::default() };
                let window = Fence::new(Arc::clone(file), view, start + len);
                if let Some(block) = id3v2(window) {
                    tags.fill_from(Tags::of(&block));
                }
            }
            b"LIST" if walk.fence.bytes_at::<4>(at)? == Some(*b"INFO") => {
                let (at, end, left) = (at + 4, at + len, walk.left);
                let fence = &mut *walk.fence;
                info(&mut Walk { fence, big_endian, at, end, left }, &mut tags)?;
            }
            b"NAME" | b"AUTH" | b"ANNO" if big_endian => {
                let text = text(walk.fence, at, len)?;
                tags.take_text(id, &text);
            }
            _ => {}
        }
    }
    Ok(tags)
}

fn info(walk: &mut Walk<'_>, tags: &mut Tags) -> io::Result<()> {
    while let Some(Chunk { id, at, len }) = walk.next()? {
        let text = text(walk.fence, at, len)?;
        tags.take_text(id, &text);
    }
    Ok(())
}

fn id3v2(window: Fence) -> Option<MetadataRevision> {
    let stream = MediaSourceStream::new(Box::new(window), MediaSourceStreamOptions::default());
    let read = || Id3v2Reader::try_new(stream, MetadataOptions::default())?.read_all();
    Some(contain(read).ok()?.revision)
}

/// UTF-8, or else Latin-1, up to the first zero.
fn text(fence: &mut Fence, at: u64, len: u64) -> io::Result<String> {
    let mut bytes = vec![0; len.min(MAX_TEXT) as usize];
    if !fence.fill_at(at, &mut bytes)? {
        return Ok(String::new());
    }
    let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    bytes.truncate(end);
    Ok(String::from_utf8(bytes)
        .unwrap_or_else(|error| error.as_bytes().iter().map(|&byte| char::from(byte)).collect()))
}

struct Chunk {
    id: [u8; 4],
    at: u64,
    len: u64,
}

struct Walk<'a> {
    fence: &'a mut Fence,
    big_endian: bool,
    at: u64,
    end: u64,
    left: usize,
}

impl Walk<'_> {
    fn next(&mut self) -> io::Result<Option<Chunk>> {
        if self.left == 0 || self.at.saturating_add(8) > self.end {
            return Ok(None);
        }
        self.left -= 1;
        let Some(header) = self.fence.bytes_at::<8>(self.at)? else { return Ok(None) };
        let [i0, i1, i2, i3, size @ ..] = header;
        let len = u64::from(if self.big_endian {
            u32::from_be_bytes(size)
        } else {
            u32::from_le_bytes(size)
        });
        let chunk = Chunk { id: [i0, i1, i2, i3], at: self.at + 8, len };
        self.at = chunk.at.saturating_add(len + len % 2);
        Ok(Some(chunk))
    }
}
