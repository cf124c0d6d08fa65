//! Ogg (RFC 3533) with Vorbis, Opus (RFC 7845) or FLAC: the comments are the second packet of the
//! stream.
//!
//! Its pages are laid out anew. Where the same number of pages will do, nothing behind them changes;
//! otherwise the pages behind get new numbers and check sums.

use std::cell::RefCell;

use super::Holder;
use super::comments::Comments;
use super::input::{self, Input};
use crate::tag::error::Unfit;
use crate::tag::field::Field;
use crate::tag::patch::Patch;

/// Segments of a page, at most.
const SEGMENTS: usize = 255;
/// Pages of the comments that are walked through; a guard, not a format rule.
const MOST_PAGES: usize = 1 << 16;
const CONTINUED: u8 = 1;
const FIRST: u8 = 2;
const LAST: u8 = 4;

const DAMAGED: Unfit = Unfit::Damaged("an Ogg page");

/// A page.
#[derive(Clone, Debug)]
struct Page {
    at: u64,
    flags: u8,
    granule: [u8; 8],
    serial: [u8; 4],
    number: u32,
    lacing: Vec<u8>,
}

impl Page {
    fn read(input: &mut Input, at: u64) -> Result<Option<Self>, Unfit> {
        let Some(head) = input.array::<27>(at)? else { return Ok(None) };
        let [b'O', b'g', b'g', b'S', 0, flags, rest @ ..] = head else { return Err(DAMAGED) };
        let (granule, rest) = rest.split_first_chunk::<8>().ok_or(DAMAGED)?;
        let (serial, rest) = rest.split_first_chunk::<4>().ok_or(DAMAGED)?;
        let (number, rest) = rest.split_first_chunk::<4>().ok_or(DAMAGED)?;
        let segments = u64::from(*rest.last().ok_or(DAMAGED)?);
        let lacing = input.bytes(at + 27..at + 27 + segments)?;
        let number = u32::from_le_bytes(*number);
        Ok(Some(Self { at, flags, granule: *granule, serial: *serial, number, lacing }))
    }

    fn body_at(&self) -> u64 {
        self.at + 27 + self.lacing.len() as u64
    }

    fn end(&self) -> u64 {
        self.body_at() + self.lacing.iter().map(|&byte| u64::from(byte)).sum::<u64>()
    }

    fn to_bytes(&self, body: &[u8]) -> Vec<u8> {
        let mut page = vec![b'O', b'g', b'g', b'S', 0, self.flags];
        page.extend_from_slice(&self.granule);
        page.extend_from_slice(&self.serial);
        page.extend(self.number.to_le_bytes());
        page.extend([0; 4]);
        page.push(self.lacing.len() as u8);
        page.extend_from_slice(&self.lacing);
        page.extend_from_slice(body);
        let sum = checksum(&page).to_le_bytes();
        page.splice(22..26, sum);
        page
    }
}

/// CRC-32 with the polynomial 0x04C11DB7, neither reflected nor inverted (RFC 3533, section 6).
fn checksum(bytes: &[u8]) -> u32 {
    const TABLE: [u32; 256] = {
        let mut table = [0; 256];
        let mut index = 0;
        while index < 256 {
            let mut sum = (index as u32) << 24;
            let mut bit = 0;
            while bit < 8 {
                sum = if sum & 1 << 31 != 0 { sum << 1 ^ 0x04c1_1db7 } else { sum << 1 };
                bit += 1;
            }
            table[index] = sum;
            index += 1;
        }
        table
    };
    bytes.iter().fold(0, |sum, &byte| {
        let index = (sum >> 24) as u8 ^ byte;
        sum << 8 ^ TABLE.get(usize::from(index)).copied().unwrap_or_default()
    })
}

/// The comments of a stream.
#[derive(Debug)]
pub(super) struct Ogg {
    /// Read again for the pages behind, when they get new numbers.
    input: RefCell<Input>,
    /// Pages from the second on that hold the comments, whole.
    pages: Vec<Page>,
    /// Lacing and bytes behind the comment packet on those pages.
    rest_lacing: Vec<u8>,
    rest: Vec<u8>,
    /// What stands before the comments in their packet.
    prefix: Vec<u8>,
    comments: Comments,
    opus: bool,
    /// The packet is a FLAC block, whose header has its length.
    flac: bool,
}

impl Ogg {
    pub(super) fn read(mut input: Input, start: u64) -> Result<Self, Unfit> {
        let first = Page::read(&mut input, start)?.ok_or(DAMAGED)?;
        let identification = input.bytes(first.body_at()..first.end())?;
        let mut at = first.end();
        let mut pages: Vec<Page> = Vec::new();
        let mut lacing: Vec<u8> = Vec::new();
        // The packet ends at the first segment that is not full.
        while lacing.iter().all(|&byte| byte == 255) {
            let page = Page::read(&mut input, at)?.ok_or(DAMAGED)?;
            if page.serial != first.serial || page.flags & FIRST != 0 {
                return Err(Unfit::Unsupported("Ogg files with several streams side by side"));
            }
            let continued = page.flags & CONTINUED != 0;
            if continued == pages.is_empty() || page.number != first.number + 1 + pages.len() as u32
            {
                return Err(DAMAGED);
            }
            lacing.extend_from_slice(&page.lacing);
            at = page.end();
            pages.push(page);
            if pages.len() > MOST_PAGES || at - first.end() > input::LONGEST {
                return Err(Unfit::Unsupported("a file with more than 64 MiB of tags"));
            }
        }
        let mut body = Vec::new();
        for page in &pages {
            body.extend(input.bytes(page.body_at()..page.end())?);
        }
        let ends = lacing.iter().position(|&byte| byte < 255).ok_or(DAMAGED)? + 1;
        let rest_lacing = lacing.split_off(ends);
        let len = lacing.iter().map(|&byte| usize::from(byte)).sum();
        let rest = body.split_off(len);
        let (opus, flac) =
            (identification.starts_with(b"OpusHead"), identification.starts_with(b"\x7fFLAC"));
        let prefix: &[u8] = match &identification {
            _ if opus => b"OpusTags",
            _ if flac => body.get(..4).ok_or(DAMAGED)?,
            id if id.starts_with(b"\x01vorbis") => b"\x03vorbis",
            _ => {
                return Err(Unfit::Unsupported(
                    "Ogg with another codec than Vorbis, Opus and FLAC",
                ));
            }
        };
        let prefix = prefix.to_vec();
        if flac && prefix.first().is_none_or(|kind| kind & 0x7f != 4) {
            return Err(Unfit::Unsupported("Ogg FLAC without comments"));
        }
        let comments = Comments::parse(body.strip_prefix(prefix.as_slice()).ok_or(DAMAGED)?)?;
        // Sound on the pages of the headers would take its time from a page that is cut anew.
        if pages.iter().any(|page| page.granule != [0; 8] && page.granule != [0xff; 8]) {
            return Err(Unfit::Unsupported("Ogg files whose sound begins within the headers"));
        }
        let input = RefCell::new(input);
        Ok(Self { input, pages, rest_lacing, rest, prefix, comments, opus, flac })
    }

    fn packet(&self) -> Result<Vec<u8>, Unfit> {
        let comments = self.comments.to_bytes();
        let mut packet = self.prefix.clone();
        if self.flac {
            let size = u32::try_from(comments.len()).ok().filter(|size| *size < 1 << 24);
            let size = size.ok_or(Unfit::Unsupported("a FLAC file whose comments are full"))?;
            packet.truncate(1);
            packet.extend(size.to_be_bytes().get(1..).unwrap_or_default());
        }
        packet.extend(comments);
        Ok(packet)
    }

    /// The packets on as many pages as before where that can be.
    fn laid_out(&self) -> Result<Vec<Vec<u8>>, Unfit> {
        let packet = self.packet()?;
        let mut lacing = vec![255; packet.len() / 255];
        lacing.push((packet.len() % 255) as u8);
        lacing.extend_from_slice(&self.rest_lacing);
        let body = [packet, self.rest.clone()].concat();
        let least = lacing.len().div_ceil(SEGMENTS);
        let count = self.pages.len().clamp(least, lacing.len().max(least));
        let model = self.pages.first().ok_or(DAMAGED)?;
        let (mut segments, mut bytes) = (lacing.as_slice(), body.as_slice());
        let (mut pages, mut inside) = (Vec::new(), false);
        for place in 0..count {
            let left = count - 1 - place;
            let (own, later) = segments.split_at((segments.len() - left).min(SEGMENTS));
            let len: usize = own.iter().map(|&byte| usize::from(byte)).sum();
            let (data, behind) = bytes.split_at_checked(len).ok_or(DAMAGED)?;
            (segments, bytes) = (later, behind);
            let ends_a_packet = own.iter().any(|&byte| byte < 255);
            let page = Page {
                flags: if inside { CONTINUED } else { 0 },
                granule: if ends_a_packet { [0; 8] } else { [0xff; 8] },
                number: model.number + place as u32,
                lacing: own.to_vec(),
                ..model.clone()
            };
            pages.push(page.to_bytes(data));
            inside = own.last() == Some(&255);
        }
        // A stream without sound ends here.
        if self.pages.last().is_some_and(|old| old.flags & LAST != 0) {
            return Err(Unfit::Unsupported("Ogg files without sound"));
        }
        Ok(pages)
    }
}

impl Holder for Ogg {
    fn get(&self, field: Field) -> Option<String> {
        self.comments.get(field)
    }

    fn set(&mut self, field: Field, text: &str) {
        self.comments.set(field, text);
    }

    fn remove(&mut self, field: Field) {
        self.comments.remove(field);
    }

    fn is_opus(&self) -> bool {
        self.opus
    }

    fn patch(&self) -> Result<Patch, Unfit> {
        let (first, last) = (self.pages.first().ok_or(DAMAGED)?, self.pages.last().ok_or(DAMAGED)?);
        let pages = self.laid_out()?;
        let shift = pages.len() as i64 - self.pages.len() as i64;
        let mut patch = Patch::default();
        patch.replace(first.at..last.end(), pages.concat());
        if shift != 0 {
            renumber(&mut self.input.borrow_mut(), last, shift, &mut patch)?;
        }
        Ok(patch)
    }
}

/// Gives the pages behind `after` numbers that follow on, up to the end of the stream.
fn renumber(input: &mut Input, after: &Page, shift: i64, patch: &mut Patch) -> Result<(), Unfit> {
    let mut at = after.end();
    while let Some(mut page) = Page::read(input, at)? {
        if page.serial != after.serial {
            return Err(Unfit::Unsupported("Ogg files with several streams side by side"));
        }
        page.number = page.number.wrapping_add_signed(shift as i32);
        let body = input.bytes(page.body_at()..page.end())?;
        let bytes = page.to_bytes(&body);
        // Number and check sum stand side by side.
        patch.replace(at + 18..at + 26, bytes.get(18..26).ok_or(DAMAGED)?.to_vec());
        at = page.end();
        if page.flags & LAST != 0 {
            break;
        }
    }
    Ok(())
}
