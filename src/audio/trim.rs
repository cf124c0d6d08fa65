//! Which of the decoded frames are the music.

use std::ops::Range;

/// The frames that an encoder put before and behind the music, counted from the first frame that
/// the decoder gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Trim {
    /// First frame of the music.
    pub(super) start: u64,
    /// First frame behind the music.
    pub(super) end: u64,
    /// First frame behind the padding, from where everything counts again: files that were joined
    /// byte by byte go on behind the padding of the first.
    pub(super) resume: u64,
}

impl Trim {
    /// Everything is kept.
    pub(super) const NONE: Self = Self { start: 0, end: u64::MAX, resume: u64::MAX };

    /// The music begins at `start` and lasts to the end of the stream.
    pub(super) fn from_start(start: u64) -> Self {
        Self { start, ..Self::NONE }
    }

    /// Of a block of `frames` frames at position `at`, those that are music.
    pub(super) fn kept(self, at: u64, frames: usize) -> Range<usize> {
        let block = at..at.saturating_add(frames as u64);
        let before = overlap(&block, self.start..self.end);
        let kept = if before.is_empty() { overlap(&block, self.resume..u64::MAX) } else { before };
        // Both ends lie within the block, so they fit.
        (kept.start - at) as usize..(kept.end - at) as usize
    }

    /// Frames of music out of `total` decoded ones.
    pub(super) fn music(self, total: u64) -> u64 {
        let end = self.end.min(total);
        end.saturating_sub(self.start) + total.saturating_sub(self.resume)
    }
}

/// The part of `block` within `window`; empty at the start of the block when there is none.
fn overlap(block: &Range<u64>, window: Range<u64>) -> Range<u64> {
    let start = block.start.max(window.start);
    let end = block.end.min(window.end);
    if start < end { start..end } else { block.start..block.start }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delay_and_padding_are_left_out() {
        let trim = Trim { start: 1105, end: 3000, resume: 3456 };
        let kept: Vec<_> = (0..4).map(|block| trim.kept(block * 1152, 1152)).collect();
        assert_eq!(kept, [1105..1152, 0..1152, 0..696, 0..1152]);
        assert_eq!((trim.music(3456), trim.music(2000), trim.music(10)), (1895, 895, 0));
        assert_eq!(trim.music(4608), 1895 + 1152);
    }

    #[test]
    fn without_a_record_everything_is_kept() {
        assert_eq!(Trim::NONE.kept(u64::MAX - 5, 3), 0..3);
        assert_eq!(Trim::NONE.kept(0, 0), 0..0);
        assert_eq!(Trim::from_start(312).kept(0, 120), 0..0);
        assert_eq!(Trim::from_start(312).kept(240, 120), 72..120);
        assert_eq!(Trim::from_start(312).music(1000), 688);
    }
}
