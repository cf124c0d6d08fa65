//! Numbers that demuxers believe and count up to: they are compared with the size of the file first.

use std::io;

use super::fence::Fence;

/// Boxes or chunks that are walked through. A film of four hours in fragments of a second has
/// 100 000 boxes.
const MAX_BOXES: u32 = 1 << 20;
/// Entries in the packet table of a CAF: 24 hours of AAC have 3.7 million, and the demuxer holds 32
/// bytes for each.
const MAX_PACKETS: u64 = 4 << 20;
/// Depth of `moof/traf/trun`.
const DEPTH: u32 = 2;

/// What cannot be true of the file, if anything.
pub(super) fn lie(fence: &mut Fence) -> io::Result<Option<&'static str>> {
    match fence.bytes_at::<8>(0)? {
        Some([_, _, _, _, b'f', b't', b'y', b'p']) => fragments(fence),
        Some([b'c', b'a', b'f', b'f', ..]) => packet_table(fence),
        _ => Ok(None),
    }
}

/// The demuxer steps through the samples of every fragment, stored or not, before it reads one; a
/// sample has at least one byte somewhere.
///
/// ISO/IEC 14496-12, sections 8.8.4 to 8.8.8.
fn fragments(fence: &mut Fence) -> io::Result<Option<&'static str>> {
    let mut walk = Fragments { left: MAX_BOXES, samples: 0 };
    let end = fence.len();
    walk.boxes(fence, 0, end, 0)?;
    let believable = walk.samples <= end && walk.left > 0;
    Ok((!believable).then_some("more samples in fragments than bytes in the file"))
}

struct Fragments {
    left: u32,
    samples: u64,
}

impl Fragments {
    fn boxes(&mut self, fence: &mut Fence, mut at: u64, end: u64, depth: u32) -> io::Result<()> {
        while at.saturating_add(8) <= end && self.left > 0 {
            self.left -= 1;
            let Some([s0, s1, s2, s3, kind @ ..]) = fence.bytes_at::<8>(at)? else { break };
            let (header, size) = match u32::from_be_bytes([s0, s1, s2, s3]) {
                0 => (8, end - at),
                1 => (16, number(fence, at + 8)?),
                size => (8, u64::from(size)),
            };
            if size < header {
                break;
            }
            let next = at.saturating_add(size).min(end);
            match &kind {
                b"moof" | b"traf" if depth < DEPTH => {
                    self.boxes(fence, at + header, next, depth + 1)?;
                }
                b"trun" => self.samples += number(fence, at + header)? & u64::from(u32::MAX),
                _ => {}
            }
            at = next;
        }
        Ok(())
    }
}

/// Apple's CAF specification, "Packet Table Chunk": the number of packets comes first.
fn packet_table(fence: &mut Fence) -> io::Result<Option<&'static str>> {
    let mut at = 8;
    for _ in 0..MAX_BOXES {
        let Some([kind @ .., _, _, _, _, _, _, _, _]) = fence.bytes_at::<12>(at)? else { break };
        if &kind == b"pakt" {
            let packets = number(fence, at + 12)?;
            return Ok((packets > MAX_PACKETS).then_some("too many packets in the packet table"));
        }
        let size = number(fence, at + 4)?;
        let Some(next) = at.checked_add(12).and_then(|at| at.checked_add(size)) else { break };
        at = next;
    }
    Ok(None)
}

/// A big-endian number of eight bytes; 0 behind the end.
fn number(fence: &mut Fence, at: u64) -> io::Result<u64> {
    Ok(fence.bytes_at(at)?.map_or(0, u64::from_be_bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::fence::View;
    use std::io::Write;
    use std::sync::Arc;

    fn verdict(bytes: &[u8]) -> bool {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        let mut fence = Fence::new(Arc::new(file), View::default(), bytes.len() as u64);
        lie(&mut fence).unwrap().is_some()
    }

    fn atom(kind: [u8; 4], body: &[u8]) -> Vec<u8> {
        [&(body.len() as u32 + 8).to_be_bytes(), kind.as_slice(), body].concat()
    }

    #[test]
    fn fragments_have_no_more_samples_than_bytes() {
        let film = |samples: u32| {
            let run = atom(*b"trun", &[[0; 4], samples.to_be_bytes()].concat());
            let moof = atom(*b"moof", &atom(*b"traf", &run));
            [atom(*b"ftyp", b"isom"), atom(*b"free", &[0; 100]), moof].concat()
        };
        assert!(!verdict(&film(100)));
        assert!(verdict(&film(200)));
        assert!(verdict(&film(u32::MAX)));
    }

    #[test]
    fn packet_tables_have_a_size_that_can_be_held() {
        let caf = |packets: u64| {
            let chunk = |kind: &[u8; 4], body: &[u8]| {
                [kind.as_slice(), &(body.len() as u64).to_be_bytes(), body].concat()
            };
            let table = chunk(b"pakt", &packets.to_be_bytes());
            [b"caff\x00\x01\x00\x00".to_vec(), chunk(b"desc", &[0; 32]), table].concat()
        };
        assert!(!verdict(&caf(3_700_000)));
        assert!(verdict(&caf(1 << 40)));
        assert!(!verdict(b"caff\x00\x01\x00\x00desc\xff\xff\xff\xff\xff\xff\xff\xff"));
    }
}
