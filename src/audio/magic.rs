//! What the first bytes of a file say, as far as the demuxers do not say it themselves.

/// Formats that are recognised in order to be refused by name: offset, bytes, name.
const REFUSED: &[(usize, &[u8], &str)] = &[
    (0, b"wvpk", "WavPack"),
    (0, b"MPCK", "Musepack"),
    (0, b"MP+", "Musepack"),
    (0, b"MAC ", "Monkey's Audio"),
    (0, b"DSD ", "DSD (DSF)"),
    (0, b"FRM8", "DSD (DSDIFF)"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "Windows Media (ASF)"),
    (0, b"tBaK", "TAK"),
    (0, b"TTA1", "True Audio"),
    (0, b"TTA2", "True Audio"),
    (0, b"OFR ", "OptimFROG"),
    (0, b"LA02", "Lossless Audio"),
    (0, b"LA03", "Lossless Audio"),
    (0, b"LA04", "Lossless Audio"),
    (0, b"ajkg", "Shorten"),
    (0, b"#!AMR", "AMR"),
    (0, b".RMF", "RealMedia"),
    (0, b".ra\xfd", "RealAudio"),
    (0, b"\x0b\x77", "AC-3"),
    (0, b"\x7f\xfe\x80\x01", "DTS"),
    (0, b".snd", "AU"),
    (0, b"MThd", "MIDI"),
    (0, b"FLV\x01", "Flash video"),
    (8, b"AVI ", "AVI"),
    (8, b"WEBP", "a picture (WebP)"),
    (0, b"\x89PNG", "a picture (PNG)"),
    (0, b"\xff\xd8\xff", "a picture (JPEG)"),
    (0, b"GIF8", "a picture (GIF)"),
    (0, b"%PDF", "a PDF document"),
    (0, b"PK\x03\x04", "a ZIP archive"),
    (0, b"Rar!", "a RAR archive"),
    (0, b"\x1f\x8b\x08", "a gzip archive"),
    (0, b"<?xml", "an XML document"),
    (0, b"<!DOCTYPE", "an HTML page"),
    (0, b"<!doctype", "an HTML page"),
    (0, b"<html", "an HTML page"),
    (0, b"#EXTM3U", "a playlist"),
    (0, b"[playlist]", "a playlist"),
];

/// Codecs of the first packet of an Ogg stream that are not decoded.
const REFUSED_IN_OGG: &[(&[u8], &str)] = &[
    (b"Speex   ", "speex"),
    (b"CELT    ", "CELT"),
    (b"PCM     ", "PCM in Ogg"),
    (b"OggMIDI", "MIDI in Ogg"),
    (b"BBCD", "Dirac video in Ogg"),
];

/// The name of the format if the head of the file is one that is not read.
///
/// Input: at least the first 64 bytes behind any `ID3v2` tag, or all there are.
pub(super) fn refused(head: &[u8]) -> Option<&'static str> {
    let listed = REFUSED
        .iter()
        .find(|(offset, magic, _)| head.get(*offset..).is_some_and(|tail| tail.starts_with(magic)))
        .map(|(_, _, name)| *name);
    listed.or_else(|| ogg_codec(head)).or_else(|| is_text(head).then_some("plain text"))
}

/// The first packet of an Ogg page begins behind the header and the lacing table.
fn ogg_codec(head: &[u8]) -> Option<&'static str> {
    if !head.starts_with(b"OggS") {
        return None;
    }
    let packet = head.get(27 + usize::from(*head.get(26)?)..)?;
    REFUSED_IN_OGG.iter().find(|(magic, _)| packet.starts_with(magic)).map(|(_, name)| *name)
}

/// Printable ASCII throughout, and enough of it: no audio format begins so.
fn is_text(head: &[u8]) -> bool {
    let text = |&byte: &u8| matches!(byte, b'\t' | b'\n' | b'\r' | 0x20..=0x7e);
    head.len() >= 16 && head.iter().all(text)
}

/// Size of the `ID3v2` tag that begins here, its header and footer included; 0 when none does.
///
/// Method: id3v2.4.0-structure, section 3.1.
pub(super) fn id3v2_len(head: &[u8; 10]) -> u64 {
    let [b'I', b'D', b'3', major, minor, flags, s3, s2, s1, s0] = *head else { return 0 };
    if major == 0xff || minor == 0xff || (s3 | s2 | s1 | s0) & 0x80 != 0 {
        return 0;
    }
    let body = [s3, s2, s1, s0].iter().fold(0_u64, |size, &byte| (size << 7) | u64::from(byte));
    10 + body + if flags & 0x10 != 0 { 10 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_that_are_not_read_are_named() {
        assert_eq!(refused(b"wvpk\x00\x00\x00\x00"), Some("WavPack"));
        assert_eq!(refused(b"RIFF\x00\x00\x00\x00AVI LIST"), Some("AVI"));
        assert_eq!(refused(b"RIFF\x00\x00\x00\x00WAVEfmt "), None);
        assert_eq!(refused(b"hello, I am no music at all"), Some("plain text"));
        let mut page = b"OggS".to_vec();
        page.resize(26, 0);
        page.extend(*b"\x01\x50Speex   1.2");
        assert_eq!(refused(&page), Some("speex"));
        assert_eq!(refused(b"OggS"), None);
    }

    #[test]
    fn tag_sizes_are_syncsafe() {
        assert_eq!(id3v2_len(b"ID3\x04\x00\x00\x00\x00\x01\x01"), 10 + 129);
        assert_eq!(id3v2_len(b"ID3\x04\x00\x10\x00\x00\x00\x01"), 21);
        assert_eq!(id3v2_len(b"ID3\x04\x00\x00\x00\x00\x80\x01"), 0);
        assert_eq!(id3v2_len(b"\xff\xfb\x90\x00\x00\x00\x00\x00\x00\x00"), 0);
    }
}
