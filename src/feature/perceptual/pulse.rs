//! How strongly the onsets follow the beat.

use super::bands::BASS;
use super::frame::Frame;

/// Frames a second.
const FRAMES_PER_SECOND: f64 = 50.0;
/// Parts of a beat: at 120 BPM one is 62 ms, the length of an attack in the short spectra.
const PHASES: usize = 8;
/// Largest onset strength that can be kept.
const STRONGEST: f32 = 8.0;

/// Onset strength of every frame, of all bands and of the bass, one byte each.
#[derive(Clone, Debug, Default)]
pub(super) struct Onsets {
    all: Vec<u8>,
    bass: Vec<u8>,
}

/// How a track's onsets lie on its beats.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Pulse {
    /// Correlation ratio of onset strength and phase in the beat: 1 when every beat is alike.
    pub(super) clarity: f64,
    /// Share of the bass's onsets within an eighth of a beat around the beats, 0 where it is what
    /// chance gives, 1 where there are no others.
    pub(super) bass_on_beat: f64,
    /// One less five times the coefficient of variation of the times between beats, 0..=1.
    pub(super) regularity: f64,
}

impl Onsets {
    pub(super) fn push(&mut self, frame: &Frame) {
        let bass = frame.bass_rise / BASS.len() as f32;
        self.push_strengths(frame.rise / frame.mel.len() as f32, bass);
    }

    /// Onset strengths of the next frame, of all bands and of the bass, nepers a band.
    pub(super) fn push_strengths(&mut self, all: f32, bass: f32) {
        self.all.push(pack(all));
        self.bass.push(pack(bass));
    }

    /// `None` below three beats.
    pub(super) fn pulse(&self, beats_s: &[f64]) -> Option<Pulse> {
        let (mut all, mut bass) = (Profile::default(), Profile::default());
        for pair in beats_s.windows(2) {
            all.add(&self.all, pair[0], pair[1]);
            bass.add(&self.bass, pair[0], pair[1]);
        }
        Some(Pulse {
            clarity: all.ratio()?,
            bass_on_beat: bass.on_beat(),
            regularity: regularity(beats_s)?,
        })
    }

    #[cfg(test)]
    pub(super) fn held(&self) -> u64 {
        (self.all.capacity() + self.bass.capacity()) as u64
    }

    /// Upper bound of the heap bytes held after `frames` frames.
    pub(super) fn footprint(frames: u64) -> u64 {
        2 * 3 * (frames + 8)
    }
}

/// Square roots, so that small onsets keep their digits.
fn pack(strength: f32) -> u8 {
    (255.0 * (strength / STRONGEST).sqrt()).round() as u8
}

fn unpack(byte: u8) -> f64 {
    let root = f64::from(byte) / 255.0;
    f64::from(STRONGEST) * root * root
}

/// Sums of onset strength by phase in the beat.
#[derive(Clone, Copy, Debug, Default)]
struct Profile {
    counts: [f64; PHASES],
    sums: [f64; PHASES],
    squares: f64,
}

impl Profile {
    /// Adds the frames from one beat to the next.
    fn add(&mut self, strengths: &[u8], from_s: f64, to_s: f64) {
        // Windows begin to hear an attack a frame before its time.
        let (from, to) = (from_s * FRAMES_PER_SECOND - 1.0, to_s * FRAMES_PER_SECOND - 1.0);
        if to - from < 1.0 {
            return;
        }
        let first = from.ceil().max(0.0) as usize;
        let inside = strengths.iter().enumerate().skip(first).take_while(|(k, _)| (*k as f64) < to);
        for (k, &byte) in inside {
            let phase = (k as f64 - from) / (to - from);
            let at = (phase * PHASES as f64).round() as usize % PHASES;
            let strength = unpack(byte);
            self.counts[at] += 1.0;
            self.sums[at] += strength;
            self.squares += strength * strength;
        }
    }

    /// Correlation ratio, corrected for what chance gives (Kelley's epsilon): the root of the share
    /// of the variance that is between phases.
    fn ratio(&self) -> Option<f64> {
        let count: f64 = self.counts.iter().sum();
        let mean = self.sums.iter().sum::<f64>() / count;
        let total = self.squares - count * mean * mean;
        let phases = self.counts.iter().zip(&self.sums).filter(|(count, _)| **count > 0.0);
        let between: f64 =
            phases.map(|(count, sum)| count * (sum / count - mean) * (sum / count - mean)).sum();
        let free = count - PHASES as f64;
        if free <= 0.0 {
            return None;
        }
        let share =
            if total > 0.0 { 1.0 - (1.0 - between / total) * (count - 1.0) / free } else { 0.0 };
        Some(share.clamp(0.0, 1.0).sqrt())
    }

    fn on_beat(&self) -> f64 {
        /// Phases of the last, the first and the next eighth.
        const NEAR: [usize; 3] = [PHASES - 1, 0, 1];
        let (all, count): (f64, f64) = (self.sums.iter().sum(), self.counts.iter().sum());
        if all <= 0.0 {
            return 0.0;
        }
        let near = |values: &[f64; PHASES]| NEAR.iter().map(|&at| values[at]).sum::<f64>();
        let chance = near(&self.counts) / count;
        ((near(&self.sums) / all - chance) / (1.0 - chance)).clamp(0.0, 1.0)
    }
}

fn regularity(beats_s: &[f64]) -> Option<f64> {
    let count = beats_s.len().checked_sub(1).filter(|&count| count >= 2)? as f64;
    let gaps = || beats_s.windows(2).map(|pair| pair[1] - pair[0]);
    let mean = gaps().sum::<f64>() / count;
    let variance = gaps().map(|gap| (gap - mean) * (gap - mean)).sum::<f64>() / count;
    (mean > 0.0).then(|| (1.0 - 5.0 * variance.sqrt() / mean).clamp(0.0, 1.0))
}
