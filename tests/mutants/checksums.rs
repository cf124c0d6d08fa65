//! Checksums of changed files, set right: a demuxer that checks them looks no further otherwise.

/// Mends the pages of Ogg and the frame headers of FLAC.
pub(crate) fn mend(bytes: &mut [u8]) {
    mend_ogg(bytes);
    mend_flac(bytes);
}

/// RFC 3533, section 6: CRC-32 of polynomial 0x04c11db7 over the page with a checksum of 0.
fn mend_ogg(bytes: &mut [u8]) {
    let mut at = 0;
    while let Some(len) = page_len(&bytes[at..]) {
        let page = &mut bytes[at..at + len];
        page[22..26].fill(0);
        let sum = crc(page, 32, 0x04c1_1db7) as u32;
        page[22..26].copy_from_slice(&sum.to_le_bytes());
        at += len;
        let rest = &bytes[at..];
        at += rest.windows(4).position(|window| window == b"OggS").unwrap_or(rest.len());
    }
}

pub(crate) fn page_len(bytes: &[u8]) -> Option<usize> {
    let segments = usize::from(*bytes.get(26).filter(|_| bytes.starts_with(b"OggS"))?);
    let table = bytes.get(27..27 + segments)?;
    let len = 27 + segments + table.iter().map(|&len| usize::from(len)).sum::<usize>();
    (len <= bytes.len()).then_some(len)
}

/// RFC 9639, sections 9.1.8 and 9.3: CRC-8 of the header, CRC-16 of the frame.
fn mend_flac(bytes: &mut [u8]) {
    let start = bytes.windows(4).position(|window| window == b"fLaC");
    let Some(start) = start else { return };
    let frames: Vec<usize> = (start..bytes.len().saturating_sub(16))
        .filter(|&at| bytes[at] == 0xff && bytes[at + 1] & 0xfe == 0xf8)
        .filter(|&at| flac_header_len(&bytes[at..]).is_some())
        .collect();
    let ends = frames.iter().skip(1).copied().chain([bytes.len()]);
    for (at, end) in frames.iter().copied().zip(ends) {
        let Some(header) = flac_header_len(&bytes[at..]).filter(|len| at + len + 3 < end) else {
            continue;
        };
        bytes[at + header] = crc(&bytes[at..at + header], 8, 0x07) as u8;
        let sum = crc(&bytes[at..end - 2], 16, 0x8005) as u16;
        bytes[end - 2..end].copy_from_slice(&sum.to_be_bytes());
    }
}

/// Bytes before the checksum of a frame header; RFC 9639, section 9.1.
fn flac_header_len(frame: &[u8]) -> Option<usize> {
    let &[_, _, sizes, layout, number, ..] = frame else { return None };
    let number = match number.leading_ones() {
        0 => 1,
        ones @ 2..=7 => ones as usize,
        _ => return None,
    };
    let block = match sizes >> 4 {
        0 => return None,
        6 => 1,
        7 => 2,
        _ => 0,
    };
    let rate = match sizes & 15 {
        12 => 1,
        13 | 14 => 2,
        15 => return None,
        _ => 0,
    };
    (layout >> 4 <= 10 && layout & 1 == 0).then_some(4 + number + block + rate)
}

/// A checksum bit by bit, most significant first, from 0.
fn crc(bytes: &[u8], width: u32, polynomial: u64) -> u64 {
    let top = 1 << (width - 1);
    bytes.iter().fold(0, |sum, &byte| {
        let sum = sum ^ (u64::from(byte) << (width - 8));
        (0..8).fold(sum, |sum, _| {
            let carry = sum & top != 0;
            ((sum << 1) ^ if carry { polynomial } else { 0 }) & (u64::MAX >> (64 - width))
        })
    })
}

#[test]
fn mending_a_sound_file_changes_nothing() {
    for name in ["vorbis.ogg", "flac.flac", "flac.oga", "opus.opus"] {
        let sound = std::fs::read(crate::support::fixture(name)).expect("a fixture");
        let mut mended = sound.clone();
        mend(&mut mended);
        let changed = sound.iter().zip(&mended).filter(|(one, other)| one != other).count();
        assert_eq!(changed, 0, "{name}");
    }
}
