//! Views of a file that hide headers the demuxers stumble over.

use std::io;

use super::fence::{Fence, View};

/// Chunks or blocks that are walked through; a guard, not a format rule.
const MAX_BLOCKS: usize = 4096;

/// RF64 and BW64 (EBU Tech 3306) as a WAVE of unknown size that ends with its data: the only way to
/// see such a file, which otherwise would be searched for MPEG frames.
pub(super) fn required(fence: &mut Fence) -> io::Result<Option<View>> {
    match fence.bytes_at::<4>(0)? {
        Some([b'R', b'F', b'6', b'4'] | [b'B', b'W', b'6', b'4']) => large_wave(fence),
        _ => Ok(None),
    }
}

/// Another way to see a file that cannot be read as it is.
///
/// - WAVE whose sizes contradict each other (recorders that died) as one of unknown size.
/// - FLAC with an unreadable metadata block without any but its stream information.
pub(super) fn fallback(fence: &mut Fence) -> io::Result<Option<View>> {
    match fence.bytes_at::<4>(0)? {
        Some([b'R', b'I', b'F', b'F']) => Ok(Some(boundless_wave(fence, None))),
        Some([b'f', b'L', b'a', b'C']) => bare_flac(fence),
        _ => Ok(None),
    }
}

fn boundless_wave(fence: &Fence, end: Option<u64>) -> View {
    View {
        head: b"RIFF\xff\xff\xff\xff".to_vec(),
        start: fence.file_position(8),
        end: end.map(|end| fence.file_position(end)),
    }
}

/// The size of the data stands in the first chunk; behind the data there may be other chunks.
fn large_wave(fence: &mut Fence) -> io::Result<Option<View>> {
    let Some(head) = fence.bytes_at::<36>(0)? else { return Ok(None) };
    let [.., d0, d1, d2, d3, d4, d5, d6, d7] = head;
    let size = u64::from_le_bytes([d0, d1, d2, d3, d4, d5, d6, d7]);
    let mut at = 12_u64;
    for _ in 0..MAX_BLOCKS {
        let Some([i0, i1, i2, i3, s0, s1, s2, s3]) = fence.bytes_at::<8>(at)? else { break };
        if &[i0, i1, i2, i3] == b"data" {
            let end = at.saturating_add(8).saturating_add(size);
            return Ok(Some(boundless_wave(fence, Some(end))));
        }
        let len = u64::from(u32::from_le_bytes([s0, s1, s2, s3]));
        at = at.saturating_add(8 + len + len % 2);
    }
    Ok(None)
}

/// Marker and stream information, marked as the last block, then the frames.
fn bare_flac(fence: &mut Fence) -> io::Result<Option<View>> {
    const INFO: usize = 4 + 4 + 34;
    let Some(mut head) = fence.bytes_at::<INFO>(0)? else { return Ok(None) };
    let mut at = 4_u64;
    for _ in 0..MAX_BLOCKS {
        let Some([kind, l2, l1, l0]) = fence.bytes_at::<4>(at)? else { break };
        at += 4 + u64::from(u32::from_be_bytes([0, l2, l1, l0]));
        if kind & 0x80 != 0 {
            head[4] = 0x80;
            let start = fence.file_position(at);
            return Ok(Some(View { head: head.to_vec(), start, end: None }));
        }
    }
    Ok(None)
}
