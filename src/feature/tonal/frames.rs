//! What is kept of each frame: three chromas in 38 bytes.
//!
//! Chromas need the tuning, which is known at the end. The peaks of half a minute wait, and are
//! then folded with the tuning of everything heard so far: a track of up to 30 s is folded with
//! its own tuning, in a longer one the estimate has settled within a cent or two by then.

use super::chroma::{CLASSES, Chroma, Fold, to_bytes, to_maximum};
use super::spectrum::{MAX_PEAKS, Peak, is_in_tuning_range};

/// Frames that wait for the tuning: 30 s.
const PENDING_FRAMES: usize = 150;

/// Level of an audible frame is kept in half decibels above this.
const LEVEL_FLOOR_DB: f32 = -120.0;

/// Frames in a block of memory: growing must not copy hours.
const BLOCK: usize = 512;

/// One frame of 200 ms.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Frame {
    wide: [u8; CLASSES],
    melody: [u8; CLASSES],
    bass: [u8; CLASSES],
    /// 0 in silence, else half decibels above the floor.
    level: u8,
    /// Share of the weight that belongs to tones, 255 = all.
    tones: u8,
}

impl Frame {
    /// Magnitude of the loudest bin in decibels; `None` in silence.
    pub(super) fn level_db(&self) -> Option<f32> {
        (self.level > 0).then(|| f32::from(self.level) / 2.0 + LEVEL_FLOOR_DB)
    }

    /// Share of the weight of all peaks that stands clear of noise, 0..=1.
    pub(super) fn tone_share(&self) -> f64 {
        f64::from(self.tones) / 255.0
    }

    /// Chroma of 53 to 998 Hz, largest class 1; zero without peaks.
    pub(super) fn wide(&self) -> Chroma {
        from_bytes(&self.wide)
    }

    /// Chroma of 77 to 1499 Hz counted for three subharmonics, largest class 1.
    pub(super) fn melody(&self) -> Chroma {
        from_bytes(&self.melody)
    }

    /// Chroma of 53 to 222 Hz, largest class 1.
    pub(super) fn bass(&self) -> Chroma {
        from_bytes(&self.bass)
    }

    fn fold(&mut self, peaks: &[PendingPeak], tuning: f32) {
        let mut fold = Fold::default();
        for peak in peaks {
            fold.add(peak.pitch, tuning, peak.weight);
        }
        self.wide = to_bytes(&to_maximum(fold.wide));
        self.melody = to_bytes(&to_maximum(fold.melody));
        self.bass = to_bytes(&to_maximum(fold.bass));
    }
}

fn from_bytes(bytes: &[u8; CLASSES]) -> Chroma {
    bytes.map(|b| f32::from(b) / 255.0)
}

/// A peak that waits for the tuning.
#[derive(Clone, Copy)]
struct PendingPeak {
    pitch: f32,
    weight: f32,
}

/// All frames of a track, in order.
#[derive(Default)]
pub(super) struct Frames {
    blocks: Vec<Vec<Frame>>,
    pending: Vec<(Frame, u16)>,
    peaks: Vec<PendingPeak>,
}

impl Frames {
    /// Upper bound of the heap bytes held for `frames` frames.
    pub(super) fn footprint(frames: u64) -> u64 {
        let blocks = frames.div_ceil(BLOCK as u64);
        let table = blocks.next_power_of_two().max(4) * size_of::<Vec<Frame>>() as u64;
        let peaks = (PENDING_FRAMES * MAX_PEAKS).next_power_of_two() * size_of::<PendingPeak>();
        let pending = PENDING_FRAMES.next_power_of_two() * size_of::<(Frame, u16)>();
        // While a table grows, the old one (half as long) is still there.
        let growing = table + (peaks + pending) as u64;
        blocks * (BLOCK * size_of::<Frame>()) as u64 + growing * 3 / 2
    }

    pub(super) fn push_silence(&mut self) {
        self.pending.push((Frame::default(), 0));
    }

    pub(super) fn push(&mut self, loudest: f32, peaks: &[Peak]) {
        let low = || peaks.iter().filter(|peak| is_in_tuning_range(peak));
        let all: f32 = low().map(|p| p.weight).sum();
        let tones: f32 = low().filter(|p| p.tone).map(|p| p.weight).sum();
        let level = 2.0 * (20.0 * loudest.log10() - LEVEL_FLOOR_DB);
        let frame = Frame {
            level: level.round().clamp(1.0, 255.0) as u8,
            tones: (255.0 * tones / all.max(f32::MIN_POSITIVE)).round() as u8,
            ..Frame::default()
        };
        self.pending.push((frame, peaks.len() as u16));
        self.peaks.extend(peaks.iter().map(|p| PendingPeak { pitch: p.pitch, weight: p.weight }));
    }

    /// True when half a minute waits for [`Self::settle`].
    pub(super) fn is_due(&self) -> bool {
        self.pending.len() >= PENDING_FRAMES
    }

    /// Folds what waits, with this tuning in semitones.
    pub(super) fn settle(&mut self, tuning: f32) {
        let (pending, peaks) = (std::mem::take(&mut self.pending), std::mem::take(&mut self.peaks));
        let mut rest = peaks.as_slice();
        for &(mut frame, count) in &pending {
            let (own, others) = rest.split_at(usize::from(count).min(rest.len()));
            rest = others;
            frame.fold(own, tuning);
            self.keep(frame);
        }
        (self.pending, self.peaks) = (pending, peaks);
        self.pending.clear();
        self.peaks.clear();
    }

    fn keep(&mut self, frame: Frame) {
        match self.blocks.last_mut() {
            Some(block) if block.len() < BLOCK => block.push(frame),
            _ => {
                let mut block = Vec::with_capacity(BLOCK);
                block.push(frame);
                self.blocks.push(block);
            }
        }
    }

    /// The settled frames.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Frame> {
        self.blocks.iter().flatten()
    }

    /// Number of settled frames.
    pub(super) fn len(&self) -> usize {
        self.blocks.iter().map(Vec::len).sum()
    }

    /// Settled frames `range`; what lies behind the end is left out.
    pub(super) fn range(&self, range: std::ops::Range<usize>) -> impl Iterator<Item = &Frame> {
        let frame = |at: usize| self.blocks.get(at / BLOCK).and_then(|b| b.get(at % BLOCK));
        range.map_while(frame)
    }

    #[cfg(test)]
    pub(super) fn held(&self) -> u64 {
        let blocks: usize = self.blocks.iter().map(|b| b.capacity() * size_of::<Frame>()).sum();
        let table = self.blocks.capacity() * size_of::<Vec<Frame>>();
        let pending = self.pending.capacity() * size_of::<(Frame, u16)>();
        (blocks + table + pending + self.peaks.capacity() * size_of::<PendingPeak>()) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peak(pitch: f32, weight: f32) -> Peak {
        Peak { pitch, weight, tone: true }
    }

    fn folded(peaks: &[Peak], tuning: f32) -> Frame {
        let mut frames = Frames::default();
        frames.push(0.1, peaks);
        frames.settle(tuning);
        *frames.iter().next().unwrap()
    }

    #[test]
    fn folding_with_the_tuning_undoes_the_detuning() {
        for detune in [-0.45, -0.2, 0.0, 0.13, 0.49] {
            let frame = folded(&[peak(60.0 + detune, 2.0), peak(67.0 + detune, 1.0)], detune);
            let chroma = frame.wide();
            assert!((chroma[0] - 1.0).abs() < 1e-3 && (chroma[7] - 0.5).abs() < 0.01, "{chroma:?}");
            assert!((chroma.iter().sum::<f32>() - 1.5).abs() < 0.01, "{detune} {chroma:?}");
        }
    }

    #[test]
    fn a_frame_stays_small() {
        assert_eq!(size_of::<Frame>(), 38, "5 a second: 190 bytes per second of audio");
    }

    #[test]
    fn bass_and_melody_hear_their_ranges() {
        let frame = folded(&[peak(45.0, 1.0), peak(88.0, 1.0)], 0.0);
        assert!(frame.bass()[9] > 0.99 && frame.bass()[4] < 0.01, "A2 only");
        assert!(frame.wide()[9] > 0.99 && frame.wide()[4] < 0.01, "E6 is above 998 Hz");
        assert!(frame.melody()[9] > 0.9 && frame.melody()[4] > 0.7, "{:?}", frame.melody());
    }

    #[test]
    fn ranges_cross_blocks_and_end() {
        let mut frames = Frames::default();
        for _ in 0..1000 {
            frames.push_silence();
        }
        frames.settle(0.0);
        assert_eq!(frames.len(), 1000);
        assert_eq!(frames.range(500..520).count(), 20);
        assert_eq!(frames.range(990..2000).count(), 10);
    }

    #[test]
    fn the_level_is_kept_to_half_a_decibel() {
        let level = folded(&[peak(60.0, 1.0)], 0.0).level_db();
        assert!((level.unwrap() + 20.0).abs() < 0.3);
        assert_eq!(Frame::default().level_db(), None);
    }
}
