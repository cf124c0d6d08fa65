//! `ID3v2.2`, 2.3 and 2.4 (id3.org, "id3v2-00", "id3v2.3.0", "id3v2.4.0-structure" and "-frames").
//!
//! A tag keeps its version. Frames that are not set stay as they are, also such as are compressed,
//! encrypted or unknown. An extended header and a footer are left out of a changed tag, since their
//! check sums would be wrong.

use super::joined;
use crate::tag::error::Unfit;
use crate::tag::field::{Field, Id3Place};

/// Room that a tag gets when it has to grow, in bytes.
const ROOM: usize = 1024;
/// Longest tag that its header can tell, in bytes.
const LONGEST: usize = (1 << 28) - 1;

const UNSYNC: u8 = 0x80;
const EXTENDED: u8 = 0x40;
const FOOTER: u8 = 0x10;

const DAMAGED: Unfit = Unfit::Damaged("the ID3v2 tag");

/// Length of the tag that begins here, header and footer included; 0 when none does.
pub(super) fn length(head: &[u8; 10]) -> u64 {
    let [b'I', b'D', b'3', major, minor, flags, size @ ..] = *head else { return 0 };
    if major == 0xff || minor == 0xff || size.iter().any(|byte| byte & 0x80 != 0) {
        return 0;
    }
    let footer = if major == 4 && flags & FOOTER != 0 { 10 } else { 0 };
    10 + u64::from(syncsafe(size)) + footer
}

fn syncsafe(bytes: [u8; 4]) -> u32 {
    bytes.iter().fold(0, |number, &byte| number << 7 | u32::from(byte & 0x7f))
}

fn to_syncsafe(number: usize) -> [u8; 4] {
    [21, 14, 7, 0].map(|shift| (number >> shift & 0x7f) as u8)
}

/// A frame as it lies in the tag.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Frame {
    /// Name; three letters in version 2.
    id: Vec<u8>,
    /// Header and body.
    raw: Vec<u8>,
}

/// A tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Id3v2 {
    version: u8,
    flags: u8,
    /// Sizes of frames are plain numbers: in 2.2 and 2.3, and in 2.4 by writers that got it wrong.
    plain: bool,
    frames: Vec<Frame>,
}

impl Id3v2 {
    /// A tag of version 2.4 without frames.
    pub(super) fn new() -> Self {
        Self { version: 4, flags: 0, plain: false, frames: Vec::new() }
    }

    /// Reads a tag from its header to its end.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, Unfit> {
        let header: &[u8; 10] = bytes.first_chunk().ok_or(DAMAGED)?;
        let [_, _, _, version, _, flags, size @ ..] = *header;
        let body = bytes.get(10..10 + syncsafe(size) as usize).ok_or(DAMAGED)?;
        if !(2..=4).contains(&version) || version == 2 && flags & EXTENDED != 0 {
            return Err(Unfit::Unsupported("an ID3v2 tag of a version before 2.2 or behind 2.4"));
        }
        let whole = version < 4 && flags & UNSYNC != 0;
        let body = if whole { resynchronised(body) } else { body.to_vec() };
        let skip = if flags & EXTENDED == 0 { 0 } else { extended_len(version, &body)? };
        let body = body.get(skip..).ok_or(DAMAGED)?;
        let kept = flags & !EXTENDED & !FOOTER & if whole { !UNSYNC } else { 0xff };
        let sizes: &[bool] = if version == 4 { &[false, true] } else { &[true] };
        let read = sizes.iter().find_map(|&plain| Some((plain, frames(body, version, plain)?)));
        let (plain, frames) = read.ok_or(DAMAGED)?;
        Ok(Self { version, flags: kept, plain, frames })
    }

    /// The tag in `found` bytes where it fits into them, else with some room to grow.
    pub(super) fn to_bytes(&self, found: usize) -> Result<Vec<u8>, Unfit> {
        if self.frames.is_empty() && found == 0 {
            return Ok(Vec::new());
        }
        let frames: usize = self.frames.iter().map(|frame| frame.raw.len()).sum();
        let needed = 10 + frames;
        let total = if needed <= found { found } else { needed + ROOM };
        if total > LONGEST {
            return Err(Unfit::Unsupported("an ID3v2 tag that is full"));
        }
        let mut bytes = vec![b'I', b'D', b'3', self.version, 0, self.flags];
        bytes.extend(to_syncsafe(total - 10));
        self.frames.iter().for_each(|frame| bytes.extend_from_slice(&frame.raw));
        bytes.resize(total, 0);
        Ok(bytes)
    }

    pub(super) fn get(&self, field: Field) -> Option<String> {
        self.frames.iter().find_map(|frame| Some(self.value(frame, field)?.1))
    }

    pub(super) fn set(&mut self, field: Field, text: &str) {
        let described = self.frames.iter().find_map(|frame| Some(self.value(frame, field)?.0));
        let frame = self.frame(field, described.as_deref(), text);
        let first = self.frames.iter().position(|frame| self.value(frame, field).is_some());
        self.remove(field);
        self.frames.insert(first.unwrap_or(self.frames.len()), frame);
    }

    pub(super) fn remove(&mut self, field: Field) {
        let kept = |frame: &Frame| self.value(frame, field).is_none();
        let kept = self.frames.iter().filter(|frame| kept(frame)).cloned().collect();
        self.frames = kept;
    }

    /// Description and value if the frame holds the field. What cannot be read has the value "?",
    /// so that it counts as set by somebody else.
    fn value(&self, frame: &Frame, field: Field) -> Option<(String, String)> {
        let place = field.id3(self.version);
        if frame.id != id(place, self.version) {
            return None;
        }
        let Some(body) = self.body(frame) else {
            let by_name = matches!(place, Id3Place::Text(_));
            return by_name.then(|| (String::new(), "?".into()));
        };
        let (encoding, rest) = body.split_first()?;
        match place {
            Id3Place::Text(_) => Some((String::new(), text(*encoding, rest))),
            Id3Place::User(name) => {
                let (described, rest) = cut(*encoding, rest);
                let described = text(*encoding, described);
                let own = described.eq_ignore_ascii_case(name);
                own.then(|| (described, text(*encoding, rest)))
            }
            Id3Place::Comment => {
                let (described, rest) = cut(*encoding, rest.get(3..)?);
                described_by_nothing(*encoding, described)
                    .then(|| (String::new(), text(*encoding, rest)))
            }
        }
    }

    /// The body of a frame without what its flags add; `None` where it is compressed or encrypted.
    fn body(&self, frame: &Frame) -> Option<Vec<u8>> {
        if self.version == 2 {
            return frame.raw.get(6..).map(<[u8]>::to_vec);
        }
        let (flags, body) = (*frame.raw.get(9)?, frame.raw.get(10..)?);
        if self.version == 3 {
            let grouped = usize::from(flags & 0x20 != 0);
            return if flags & 0xc0 == 0 { Some(body.get(grouped..)?.to_vec()) } else { None };
        }
        if flags & 0x0c != 0 {
            return None;
        }
        let skip = usize::from(flags & 0x40 != 0) + if flags & 1 != 0 { 4 } else { 0 };
        let unsync = flags & 2 != 0 || self.flags & UNSYNC != 0;
        let body = body.get(skip..)?;
        Some(if unsync { resynchronised(body) } else { body.to_vec() })
    }

    fn frame(&self, field: Field, described: Option<&str>, value: &str) -> Frame {
        let place = field.id3(self.version);
        let described = match place {
            Id3Place::User(name) => described.unwrap_or(name),
            Id3Place::Text(_) | Id3Place::Comment => "",
        };
        let encoding = match self.version {
            _ if value.is_ascii() && described.is_ascii() => 0,
            4 => 3,
            _ => 1,
        };
        let mut body = vec![encoding];
        match place {
            Id3Place::Text(_) => {}
            Id3Place::User(_) => push_text(&mut body, encoding, described, true),
            Id3Place::Comment => {
                body.extend_from_slice(b"eng");
                push_text(&mut body, encoding, "", true);
            }
        }
        push_text(&mut body, encoding, value, false);
        let id = id(place, self.version);
        let size = body.len() as u32;
        let mut raw = id.clone();
        match self.version {
            2 => raw.extend(size.to_be_bytes().get(1..).unwrap_or_default()),
            _ if self.plain => raw.extend(size.to_be_bytes()),
            _ => raw.extend(to_syncsafe(body.len())),
        }
        if self.version > 2 {
            raw.extend([0, 0]);
        }
        raw.extend(body);
        Frame { id, raw }
    }
}

/// The name of a frame; version 2 has names of three letters.
fn id(place: Id3Place, version: u8) -> Vec<u8> {
    let (long, short) = match place {
        Id3Place::Text("TBPM") => ("TBPM", "TBP"),
        Id3Place::Text("TKEY") => ("TKEY", "TKE"),
        Id3Place::Text(name) => (name, name),
        Id3Place::User(_) => ("TXXX", "TXX"),
        Id3Place::Comment => ("COMM", "COM"),
    };
    if version == 2 { short.into() } else { long.into() }
}

fn extended_len(version: u8, body: &[u8]) -> Result<usize, Unfit> {
    let size: &[u8; 4] = body.first_chunk().ok_or(DAMAGED)?;
    Ok(if version == 4 { syncsafe(*size) as usize } else { 4 + u32::from_be_bytes(*size) as usize })
}

/// All frames up to the padding; `None` where the bytes are none.
fn frames(body: &[u8], version: u8, plain: bool) -> Option<Vec<Frame>> {
    let (id_len, header) = if version == 2 { (3, 6) } else { (4, 10) };
    let mut frames = Vec::new();
    let mut rest = body;
    while rest.first().is_some_and(|&byte| byte != 0) {
        let id = rest.get(..id_len)?;
        // iTunes has put names of three letters, with a zero or a space, into version 3.
        let named = |byte: &u8| {
            byte.is_ascii_uppercase() || byte.is_ascii_digit() || matches!(byte, 0 | b' ')
        };
        if !id.iter().all(named) {
            return None;
        }
        let size = rest.get(id_len..id_len + if version == 2 { 3 } else { 4 })?;
        let is_safe = size.iter().all(|byte| byte & 0x80 == 0);
        let bits = if plain { 8 } else { 7 };
        let size = size.iter().fold(0, |number, &byte| number << bits | u32::from(byte));
        if !plain && !is_safe {
            return None;
        }
        let (raw, tail) = rest.split_at_checked(header + size as usize)?;
        frames.push(Frame { id: id.to_vec(), raw: raw.to_vec() });
        rest = tail;
    }
    rest.iter().all(|&byte| byte == 0).then_some(frames)
}

/// Undoes the unsynchronisation: a zero was put behind every 0xFF.
fn resynchronised(bytes: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(bytes.len());
    let mut after_ff = false;
    for &byte in bytes {
        if !(after_ff && byte == 0) {
            plain.push(byte);
        }
        after_ff = byte == 0xff;
    }
    plain
}

/// Cuts at the zero that ends a text.
fn cut(encoding: u8, bytes: &[u8]) -> (&[u8], &[u8]) {
    let wide = matches!(encoding, 1 | 2);
    let width = if wide { 2 } else { 1 };
    let end = bytes.chunks_exact(width).position(|letter| letter.iter().all(|&byte| byte == 0));
    let end = end.map_or(bytes.len(), |end| end * width);
    let (text, rest) = bytes.split_at_checked(end).unwrap_or((bytes, &[]));
    (text, rest.get(width..).unwrap_or(&[]))
}

fn described_by_nothing(encoding: u8, described: &[u8]) -> bool {
    text(encoding, described).is_empty()
}

/// Text of an encoding; several values are joined.
fn text(encoding: u8, bytes: &[u8]) -> String {
    let decoded = match encoding {
        0 => bytes.iter().map(|&byte| char::from(byte)).collect(),
        1 => match bytes {
            [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
            [0xff, 0xfe, rest @ ..] | rest => utf16(rest, u16::from_le_bytes),
        },
        2 => utf16(bytes, u16::from_be_bytes),
        _ => String::from_utf8_lossy(bytes).into_owned(),
    };
    let values = decoded.trim_end_matches('\0').split('\0');
    joined(values.map(|value| value.trim_start_matches('\u{feff}')))
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units = bytes.chunks_exact(2).filter_map(|pair| pair.try_into().ok()).map(unit);
    char::decode_utf16(units).map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

fn push_text(body: &mut Vec<u8>, encoding: u8, text: &str, ended: bool) {
    if encoding == 1 {
        body.extend([0xff, 0xfe]);
        body.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    } else {
        body.extend_from_slice(text.as_bytes());
    }
    if ended {
        body.extend_from_slice(if encoding == 1 { &[0, 0] } else { &[0] });
    }
}
