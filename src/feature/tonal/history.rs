//! What is kept of each frame until the tuning of the whole track is known.

use super::chroma::{CLASSES, Chroma, FINE, Folding};
use super::spectrum::Peak;

/// Pitches of the chroma: A1 (which peaks in the bin of 53.8 Hz and must count) to B5.
const LOW_HZ: f64 = 53.0;
const HIGH_HZ: f64 = 998.0;

/// Pitches of the bass chroma: up to A3.
const BASS_HIGH_HZ: f64 = 222.0;

/// Level of an audible frame is kept in half decibels above this.
const LEVEL_FLOOR_DB: f32 = -120.0;

/// Frames in a block of memory: growing must not copy hours of history.
const BLOCK: usize = 512;

/// One frame in 74 bytes: pitch-class histograms three times finer than semitones, so that they
/// can be folded with a tuning found later, each scaled to a maximum of 255.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Frame {
    fine: [u8; FINE],
    bass: [u8; FINE],
    /// 0 in silence, else half decibels above the floor.
    level: u8,
    /// Share of the weight that belongs to tones, 255 = all.
    tones: u8,
}

impl Frame {
    const SILENT: Self = Self { fine: [0; FINE], bass: [0; FINE], level: 0, tones: 0 };

    fn new(loudest: f32, peaks: &[Peak]) -> Self {
        let (mut fine, mut bass) = ([0.0; FINE], [0.0; FINE]);
        let (mut all, mut tones) = (0.0_f32, 0.0_f32);
        for peak in peaks.iter().filter(|p| (LOW_HZ..HIGH_HZ).contains(&p.hz)) {
            spread(&mut fine, peak);
            if peak.hz < BASS_HIGH_HZ {
                spread(&mut bass, peak);
            }
            all += peak.weight;
            tones += if peak.tone { peak.weight } else { 0.0 };
        }
        let level = 2.0 * (20.0 * loudest.log10() - LEVEL_FLOOR_DB);
        Self {
            fine: scaled(&fine),
            bass: scaled(&bass),
            level: level.round().clamp(1.0, 255.0) as u8,
            tones: (255.0 * tones / all.max(f32::MIN_POSITIVE)).round() as u8,
        }
    }

    /// Magnitude of the loudest bin in decibels; `None` in silence.
    pub(super) fn level_db(&self) -> Option<f64> {
        (self.level > 0).then(|| f64::from(self.level) / 2.0 + f64::from(LEVEL_FLOOR_DB))
    }

    /// Share of the weight of all peaks that stands clear of noise, 0..=1.
    pub(super) fn tone_share(&self) -> f64 {
        f64::from(self.tones) / 255.0
    }

    /// Chroma, largest class 1; zero without peaks.
    pub(super) fn chroma(&self, folding: &Folding) -> Chroma {
        folding.fold(&self.fine)
    }

    /// Chroma of 55 to 220 Hz, largest class 1; zero without peaks.
    #[allow(dead_code, reason = "kept for chords and the learned key model")]
    pub(super) fn bass(&self, folding: &Folding) -> Chroma {
        folding.fold(&self.bass)
    }
}

/// Shares the weight of a peak between the two nearest fine classes.
fn spread(fine: &mut [f32; FINE], peak: &Peak) {
    let per_semitone = (FINE / CLASSES) as f64;
    let at = (peak.pitch * per_semitone).rem_euclid(FINE as f64);
    let (below, above) = (at as usize % FINE, (at as usize + 1) % FINE);
    let part = at.fract() as f32;
    fine[below] += peak.weight * (1.0 - part);
    fine[above] += peak.weight * part;
}

fn scaled(fine: &[f32; FINE]) -> [u8; FINE] {
    let most = fine.iter().copied().fold(f32::MIN_POSITIVE, f32::max);
    fine.map(|w| (255.0 * w / most).round() as u8)
}

/// All frames of a track, in order.
#[derive(Default)]
pub(super) struct History {
    blocks: Vec<Vec<Frame>>,
}

impl History {
    /// Upper bound of the heap bytes held for `frames` frames.
    pub(super) fn footprint(frames: u64) -> u64 {
        let blocks = frames.div_ceil(BLOCK as u64);
        let table = blocks.next_power_of_two().max(4) * size_of::<Vec<Frame>>() as u64;
        // While the table of blocks grows, the old one (half as long) is still there.
        blocks * (BLOCK * size_of::<Frame>()) as u64 + table * 3 / 2
    }

    pub(super) fn push_silence(&mut self) {
        self.push_frame(Frame::SILENT);
    }

    pub(super) fn push(&mut self, loudest: f32, peaks: &[Peak]) {
        self.push_frame(Frame::new(loudest, peaks));
    }

    fn push_frame(&mut self, frame: Frame) {
        match self.blocks.last_mut() {
            Some(block) if block.len() < BLOCK => block.push(frame),
            _ => {
                let mut block = Vec::with_capacity(BLOCK);
                block.push(frame);
                self.blocks.push(block);
            }
        }
    }

    pub(super) fn frames(&self) -> impl Iterator<Item = &Frame> {
        self.blocks.iter().flatten()
    }

    #[cfg(test)]
    pub(super) fn held(&self) -> u64 {
        let blocks: usize = self.blocks.iter().map(|b| b.capacity() * size_of::<Frame>()).sum();
        (blocks + self.blocks.capacity() * size_of::<Vec<Frame>>()) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peak(pitch: f64, weight: f32) -> Peak {
        Peak { hz: 440.0 * ((pitch - 69.0) / 12.0).exp2(), pitch, weight, tone: true }
    }

    #[test]
    fn folding_with_the_tuning_undoes_the_detuning() {
        for detune in [-0.45, -0.2, 0.0, 0.13, 0.49] {
            let frame = Frame::new(0.1, &[peak(60.0 + detune, 2.0), peak(67.0 + detune, 1.0)]);
            let chroma = frame.chroma(&Folding::new(detune));
            assert!((chroma[0] - 1.0).abs() < 1e-6 && (chroma[7] - 0.5).abs() < 0.01, "{chroma:?}");
            assert!(chroma.iter().sum::<f32>() < 1.55, "{detune} {chroma:?}");
        }
    }

    #[test]
    fn a_frame_stays_small() {
        assert_eq!(size_of::<Frame>(), 74, "5 a second: 370 bytes per second of audio");
    }

    #[test]
    fn the_level_is_kept_to_half_a_decibel() {
        let level = Frame::new(0.1, &[peak(60.0, 1.0)]).level_db();
        assert!((level.unwrap() + 20.0).abs() < 0.3);
        assert_eq!(Frame::SILENT.level_db(), None);
    }
}
