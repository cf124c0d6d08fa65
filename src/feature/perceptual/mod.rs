//! Perceptual scores, 0..=1, by published formulas.
//!
//! Each 20 ms frame of the short transform becomes a few numbers (`frame`); these are summed by
//! second (`seconds`), in the band of the voice (`voice`), and kept as onset strengths (`pulse`);
//! the samples go through a detrended fluctuation analysis (`fluctuation`). At the end all that is
//! known of the track is reduced to a dozen cues (`cues`), and each score is a short formula of them
//! (`scores`). The coefficients were set by hand on the clips of `benches/PERCEPTUAL.md`, which says
//! how far each score can be trusted.

mod band_pass;
mod bands;
mod cues;
mod fields;
mod fluctuation;
mod frame;
mod pulse;
mod scores;
mod seconds;
#[cfg(test)]
mod tests;
mod totals;
mod voice;

pub use fields::FIELDS;
pub use scores::Perceptual;

use super::extractor::Heard;
use crate::dsp::mel::MEL_BANDS;
use cues::Cues;
use fluctuation::Fluctuation;
use frame::Maker;
use pulse::Onsets;
use seconds::Seconds;
use totals::Totals;
use voice::Voice;

/// Version of the stored numbers of this family.
pub const VERSION: u32 = 4;

/// Listens to a track.
#[derive(Clone, Debug)]
pub struct Tracker {
    maker: Maker,
    totals: Totals,
    seconds: Seconds,
    voice: Voice,
    onsets: Onsets,
    fluctuation: Fluctuation,
}

impl Default for Tracker {
    fn default() -> Self {
        Self::new()
    }
}

impl Tracker {
    /// A tracker that has heard nothing.
    pub fn new() -> Self {
        Self {
            maker: Maker::new(),
            totals: Totals::default(),
            seconds: Seconds::new(),
            voice: Voice::new(),
            onsets: Onsets::default(),
            fluctuation: Fluctuation::new(),
        }
    }

    /// Takes mono samples at the analysis rate, any cut; all finite.
    pub fn push_samples(&mut self, samples: &[f32]) {
        self.fluctuation.push(samples);
    }

    /// Takes one frame of the short transform, 50 a second: its 40 linear mel bands, finite and
    /// >= 0, and the same compressed to ln(1 + 1000 M).
    pub fn push(&mut self, mel: &[f32; MEL_BANDS], compressed: &[f32; MEL_BANDS]) {
        let frame = self.maker.make(mel, compressed);
        self.totals.push(&frame);
        self.seconds.push(&frame);
        self.voice.push(&frame);
        self.onsets.push(&frame);
    }

    /// The scores, from what was pushed and what else was measured of the track.
    pub fn finish(self, heard: &Heard<'_>) -> Perceptual {
        let Self { totals, seconds, voice, onsets, fluctuation, .. } = self;
        let beats = heard.rhythm.beats.as_deref().unwrap_or(&[]);
        let pulse = onsets.pulse(beats);
        let cues = Cues::gather(&totals, &seconds.finish(), &voice, pulse, heard);
        Perceptual::new(cues, fluctuation.finish())
    }

    /// Upper bound of the heap bytes held after `frames` frames.
    pub fn footprint(frames: u64) -> u64 {
        Seconds::footprint(frames) + Onsets::footprint(frames) + Fluctuation::footprint()
    }
}
