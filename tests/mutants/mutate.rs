//! How a sound file is made into one that lies.

#![allow(clippy::ptr_arg, reason = "all mutations have one signature")]

use crate::checksums;
use crate::dice::Dice;
use crate::seeds::Seed;

/// Where containers keep their numbers: fields lie behind these marks, or (MP4) before them.
#[rustfmt::skip] // a table
const MARKS: &[&[u8]] = &[
    b"RIFF", b"WAVE", b"fmt ", b"data", b"fact", b"LIST", b"ds64", b"FORM", b"COMM", b"SSND",
    b"ID3 ", b"ID3", b"TAG", b"APETAGEX", b"TIT2", b"TXXX", b"APIC", b"COMM", b"Xing", b"Info",
    b"LAME", b"VBRI", b"fLaC", b"OggS", b"\x01vorbis", b"\x03vorbis", b"\x05vorbis", b"OpusHead",
    b"OpusTags", b"\x7fFLAC", b"caff", b"desc", b"pakt", b"kuki", b"chan", b"info", b"ftyp",
    b"moov", b"mvhd", b"trak", b"tkhd", b"edts", b"elst", b"mdia", b"mdhd", b"hdlr", b"minf",
    b"stbl", b"stsd", b"stts", b"stsc", b"stsz", b"stco", b"co64", b"ctts", b"mp4a", b"esds",
    b"alac", b"udta", b"meta", b"ilst", b"mdat", b"moof", b"mvex", b"trex", b"traf", b"tfhd",
    b"trun", b"sidx", b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67", b"\x11\x4d\x9b\x74",
    b"\x15\x49\xa9\x66", b"\x16\x54\xae\x6b", b"\xae", b"\xe1", b"\xb5", b"\x9f", b"\x86",
    b"\x63\xa2", b"\x1f\x43\xb6\x75", b"\xe7", b"\xa3", b"\xa0", b"\xa1", b"\x1c\x53\xbb\x6b",
    b"\x12\x54\xc3\x67", b"\xec", b"\xff\xfb", b"\xff\xfa", b"\xff\xf2", b"\xff\xf3", b"\xff\xe3", b"\xff\xf1", b"\xff\xf9", b"\xff\xf8", b"\xff\xfd",
];

/// How far before and behind a mark its fields lie.
const BEFORE: usize = 8;
const BEHIND: usize = 48;

/// One change of the bytes; `others` are the files it may borrow from.
type Mutation = fn(&mut Vec<u8>, &[Seed], &mut Dice);

/// Lies about numbers are what demuxers believe: they come more often than noise.
const MUTATIONS: &[Mutation] = &[
    flip_bits,
    set_bytes,
    scatter,
    lie,
    lie,
    lie,
    lie,
    lie_in_ebml,
    cut,
    cut_out,
    duplicate,
    swap,
    splice,
    headers_only,
    huge_tag,
    stretch,
];

/// A changed copy of `seed`: one to four mutations, checksums set right in most cases, so that what
/// is behind them is reached.
pub(crate) fn mutant(seed: &Seed, others: &[Seed], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = seed.bytes.clone();
    for _ in 0..=dice.below(4) {
        dice.pick(MUTATIONS)(&mut bytes, others, dice);
    }
    if !dice.once_in(5) {
        checksums::mend(&mut bytes);
    }
    bytes
}

/// A place in the file; every other time in its first kilobyte, where the headers are.
fn place(bytes: &[u8], dice: &mut Dice) -> usize {
    let bound = if dice.once_in(2) { bytes.len().min(1024) } else { bytes.len() };
    dice.below(bound)
}

fn region(bytes: &[u8], dice: &mut Dice) -> std::ops::Range<usize> {
    let at = place(bytes, dice);
    at..at + dice.length(bytes.len() - at)
}

fn flip_bits(bytes: &mut Vec<u8>, _: &[Seed], dice: &mut Dice) {
    for _ in 0..=dice.below(8) {
        let at = place(bytes, dice);
        if let Some(byte) = bytes.get_mut(at) {
            *byte ^= 1 << dice.below(8);
        }
    }
}

fn set_bytes(bytes: &mut Vec<u8>, _: &[Seed], dice: &mut Dice) {
    let region = region(bytes, dice);
    match dice.below(3) {
        0 => bytes[region].fill(0),
        1 => bytes[region].fill(0xff),
        _ => bytes[region].fill_with(|| dice.byte()),
    }
}

/// Single bytes changed throughout.
fn scatter(bytes: &mut Vec<u8>, _: &[Seed], dice: &mut Dice) {
    let apart = 16 << dice.below(8);
    for byte in bytes {
        if dice.once_in(apart) {
            *byte = dice.byte();
        }
    }
}

/// Sets a number near a mark to one that invites trouble.
fn lie(bytes: &mut Vec<u8>, _: &[Seed], dice: &mut Dice) {
    let Some((mark, width)) = find_mark(bytes, dice) else { return };
    let at = (mark + width + dice.below(BEFORE + BEHIND)).saturating_sub(BEFORE + width);
    let width = *dice.pick(&[1, 2, 3, 4, 4, 4, 8]);
    let value = trouble(bytes.len() as u64, width, dice);
    let digits = value.to_be_bytes();
    let mut digits = digits[8 - width..].to_vec();
    if dice.once_in(2) {
        digits.reverse();
    }
    overwrite(bytes, at, &digits);
}

/// The place and the length of a mark that occurs in the file.
fn find_mark(bytes: &[u8], dice: &mut Dice) -> Option<(usize, usize)> {
    let first = dice.below(MARKS.len());
    let mut marks = (0..MARKS.len()).map(|index| MARKS[(first + index) % MARKS.len()]);
    marks.find_map(|mark| {
        let found: Vec<usize> = bytes
            .windows(mark.len())
            .enumerate()
            .filter_map(|(at, window)| (window == mark).then_some(at))
            .take(64)
            .collect();
        (!found.is_empty()).then(|| (*dice.pick(&found), mark.len()))
    })
}

/// The ends of the range of a number, the middle, the size of the file and its neighbours.
fn trouble(len: u64, width: usize, dice: &mut Dice) -> u64 {
    let max = u64::MAX >> (64 - 8 * width);
    let any = dice.number();
    let near = len.saturating_add(any % 33).saturating_sub(16);
    let values = [
        0,
        1,
        2,
        max,
        max - 1,
        max / 2,
        max / 2 + 1,
        max - 7,
        max / 3,
        len,
        near,
        any % 65536,
        any,
    ];
    *dice.pick(&values) & max
}

/// Sizes of EBML elements, "unknown" included; RFC 8794, section 6.
fn lie_in_ebml(bytes: &mut Vec<u8>, others: &[Seed], dice: &mut Dice) {
    #[rustfmt::skip] // a table
    const IDS: &[&[u8]] = &[
        b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67", b"\x16\x54\xae\x6b", b"\xae", b"\x63\xa2",
        b"\xe1", b"\x1f\x43\xb6\x75", b"\xa3", b"\xa0", b"\xa1", b"\x12\x54\xc3\x67",
        b"\x1c\x53\xbb\x6b",
    ];
    #[rustfmt::skip] // a table
    const SIZES: &[&[u8]] = &[
        b"\x01\xff\xff\xff\xff\xff\xff\xff", b"\x01\xff\xff\xff\xff\xff\xff\xfe", b"\xff", b"\xfe",
        b"\x80", b"\x81", b"\x1f\xff\xff\xff", b"\x10\x7f\xff\xff\xff", b"\x40\x00", b"\x00",
        b"\x08\x7f\xff\xff\xff",
    ];
    if !bytes.starts_with(b"\x1a\x45\xdf\xa3") {
        return lie(bytes, others, dice);
    }
    let id = *dice.pick(IDS);
    let found: Vec<_> =
        (0..bytes.len()).filter(|&at| bytes[at..].starts_with(id)).take(256).collect();
    if !found.is_empty() {
        let (at, size) = (*dice.pick(&found) + id.len(), *dice.pick(SIZES));
        overwrite(bytes, at, size);
    }
}

fn overwrite(bytes: &mut [u8], at: usize, with: &[u8]) {
    let to = bytes.iter_mut().skip(at);
    to.zip(with).for_each(|(to, from)| *to = *from);
}

fn cut(bytes: &mut Vec<u8>, _: &[Seed], dice: &mut Dice) {
    bytes.truncate(place(bytes, dice));
}

fn cut_out(bytes: &mut Vec<u8>, _: &[Seed], dice: &mut Dice) {
    let region = region(bytes, dice);
    bytes.drain(region);
}

fn duplicate(bytes: &mut Vec<u8>, _: &[Seed], dice: &mut Dice) {
    let region = region(bytes, dice);
    let copy = bytes[region.clone()].repeat(1 + dice.below(3));
    bytes.splice(region.end..region.end, copy);
}

fn swap(bytes: &mut Vec<u8>, _: &[Seed], dice: &mut Dice) {
    let (one, other) = (region(bytes, dice), place(bytes, dice));
    for (step, at) in one.enumerate() {
        if other + step < bytes.len() {
            bytes.swap(at, other + step);
        }
    }
}

/// The beginning of this file and the end of another, or a piece of the other in the middle.
fn splice(bytes: &mut Vec<u8>, others: &[Seed], dice: &mut Dice) {
    let other = &dice.pick(others).bytes;
    let (at, piece) = (place(bytes, dice), region(other, dice));
    let piece = other[piece].to_vec();
    if dice.once_in(2) {
        bytes.truncate(at);
    }
    bytes.splice(at..at, piece);
}

fn headers_only(bytes: &mut Vec<u8>, _: &[Seed], dice: &mut Dice) {
    bytes.truncate(16 << dice.below(7));
}

/// A tag in front or behind that claims more than there is.
fn huge_tag(bytes: &mut Vec<u8>, _: &[Seed], dice: &mut Dice) {
    let mut size = [0; 4];
    size.fill_with(|| *dice.pick(&[0, 1, 0x0f, 0x7f, 0xff]));
    let flags = [0, 0x10, 0x40, 0x80, 0xc0][dice.below(5)];
    let mut tag = [b"ID3".as_slice(), &[2 + dice.below(3) as u8, 0, flags], &size].concat();
    let frame =
        *dice.pick(&[b"TIT2", b"APIC", b"COMM", b"TXXX", b"SYLT", b"ETCO", b"CHAP", b"GEOB"]);
    size.fill_with(|| *dice.pick(&[0, 0, 1, 0x7f, 0xff]));
    tag.extend([frame.as_slice(), &size, &[0, dice.byte() & 0xf]].concat());
    tag.extend((0..dice.length(400)).map(|_| dice.byte()));
    if dice.once_in(4) {
        let mut footer = b"APETAGEX\xd0\x07\x00\x00".to_vec();
        footer.extend(size);
        footer.extend([dice.byte(), 0, 0, 0, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0]);
        bytes.extend(footer);
    } else {
        bytes.splice(0..0, tag);
    }
}

/// A run of one small piece, as a defective writer leaves it.
fn stretch(bytes: &mut Vec<u8>, _: &[Seed], dice: &mut Dice) {
    let at = place(bytes, dice);
    let piece = bytes[at..(at + 1 + dice.below(64)).min(bytes.len())].to_vec();
    bytes.splice(at..at, piece.repeat(1 + dice.below(200)));
}
