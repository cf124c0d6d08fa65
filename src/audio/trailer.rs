//! Where the audio of a file ends and the tags behind it begin.

use std::io;

use super::fence::Fence;

/// Tags that may be stacked at the end of one file; a guard, not a format rule.
const MAX_STACKED: usize = 16;

/// Returns the position of the first byte of the tags at the end, the length of the window when
/// there are none.
///
/// Streams without an index (MPEG audio, ADTS, native FLAC) are read until the file ends: without
/// this fence a picture in a trailing tag would be searched for frames, and the identity of the
/// audio would depend on its tags.
///
/// Method: `ID3v1` and its enhanced form, `APEv1`/`APEv2`, `Lyrics3v2` and appended `ID3v2.4`, in
/// any order, from the end backwards.
pub(super) fn audio_end(fence: &mut Fence) -> io::Result<u64> {
    let mut end = fence.len();
    for _ in 0..MAX_STACKED {
        let tag = tag_before(fence, end)?;
        if tag == 0 || tag > end {
            break;
        }
        end -= tag;
    }
    Ok(end)
}

/// Length of the tag that ends at `end`; 0 for none.
fn tag_before(fence: &mut Fence, end: u64) -> io::Result<u64> {
    for measure in [id3v1, ape, lyrics3, appended_id3v2] {
        let len = measure(fence, end)?;
        if len > 0 {
            return Ok(len);
        }
    }
    Ok(0)
}

fn bytes_before<const N: usize>(
    fence: &mut Fence,
    end: u64,
    distance: u64,
) -> io::Result<Option<[u8; N]>> {
    end.checked_sub(distance).map_or(Ok(None), |at| fence.bytes_at(at))
}

fn id3v1(fence: &mut Fence, end: u64) -> io::Result<u64> {
    if bytes_before(fence, end, 128)? != Some(*b"TAG") {
        return Ok(0);
    }
    let enhanced = bytes_before(fence, end, 128 + 227)? == Some(*b"TAG+");
    Ok(if enhanced { 128 + 227 } else { 128 })
}

/// The footer holds the size of the items and itself; a flag tells of a header before them.
fn ape(fence: &mut Fence, end: u64) -> io::Result<u64> {
    let Some(footer) = bytes_before::<32>(fence, end, 32)? else { return Ok(0) };
    let [b'A', b'P', b'E', b'T', b'A', b'G', b'E', b'X', _, _, _, _, s0, s1, s2, s3, rest @ ..] =
        footer
    else {
        return Ok(0);
    };
    let size = u64::from(u32::from_le_bytes([s0, s1, s2, s3]));
    let has_header = rest.get(7).is_some_and(|flags| flags & 0x80 != 0);
    Ok(size.max(32) + if has_header { 32 } else { 0 })
}

/// Six decimal digits of size before the closing mark.
fn lyrics3(fence: &mut Fence, end: u64) -> io::Result<u64> {
    if bytes_before(fence, end, 9)? != Some(*b"LYRICS200") {
        return Ok(0);
    }
    let digits = bytes_before::<6>(fence, end, 15)?.unwrap_or_default();
    let size = std::str::from_utf8(&digits).ok().and_then(|text| text.parse::<u64>().ok());
    Ok(size.map_or(0, |size| size + 15))
}

fn appended_id3v2(fence: &mut Fence, end: u64) -> io::Result<u64> {
    let Some(mut footer) = bytes_before::<10>(fence, end, 10)? else { return Ok(0) };
    if !footer.starts_with(b"3DI") {
        return Ok(0);
    }
    footer[..3].copy_from_slice(b"ID3");
    Ok(super::magic::id3v2_len(&footer))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::fence::View;
    use std::io::Write;
    use std::sync::Arc;

    fn end_of(parts: &[&[u8]]) -> u64 {
        let mut file = tempfile::tempfile().unwrap();
        let bytes = parts.concat();
        file.write_all(&bytes).unwrap();
        audio_end(&mut Fence::new(Arc::new(file), View::default(), bytes.len() as u64)).unwrap()
    }

    fn ape_tag(items: usize) -> Vec<u8> {
        let frame = |flags: u32| {
            let mut bytes = b"APETAGEX".to_vec();
            for field in [2000, items as u32 + 32, 1, flags, 0, 0] {
                bytes.extend(field.to_le_bytes());
            }
            bytes
        };
        [frame(0xa000_0000), vec![b'x'; items], frame(0x8000_0000)].concat()
    }

    #[test]
    fn stacked_tags_are_found() {
        let audio = [7_u8; 1000];
        let mut id3v1 = b"TAG".to_vec();
        id3v1.resize(128, b' ');
        let lyrics = b"LYRICSBEGININD00003110000022LYRICS200";
        assert_eq!(end_of(&[&audio]), 1000);
        assert_eq!(end_of(&[&audio, &id3v1]), 1000);
        assert_eq!(end_of(&[&audio, &ape_tag(50)]), 1000);
        assert_eq!(end_of(&[&audio, &ape_tag(50), &id3v1]), 1000);
        assert_eq!(end_of(&[&audio, lyrics, &id3v1]), 1000);
        assert_eq!(end_of(&[&audio, b"ID3\x04\0\x10\0\0\0\x00", b"3DI\x04\0\x10\0\0\0\0"]), 1000);
    }

    #[test]
    fn a_lying_size_is_not_followed() {
        let mut tag = ape_tag(50);
        let footer = tag.len() - 32;
        tag[footer + 12..footer + 16].copy_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(end_of(&[&[7; 1000], &tag]), 1000 + 114);
        assert_eq!(end_of(&[&[]]), 0);
    }
}
