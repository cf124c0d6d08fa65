//! Sums over all frames that are no silence.

use super::frame::Frame;

/// What is summed over a track.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Totals {
    frames: f64,
    power: f64,
    log_power: f64,
    centroid_hz: f64,
    texture_db: f64,
    compressed: f64,
    rise: f64,
}

impl Totals {
    pub(super) fn push(&mut self, frame: &Frame) {
        if !frame.is_heard() {
            return;
        }
        self.frames += 1.0;
        self.power += f64::from(frame.power);
        self.log_power += f64::from(frame.power).log10();
        self.centroid_hz += f64::from(frame.moment_hz / frame.magnitude);
        self.texture_db += f64::from(frame.texture_db);
        self.compressed += f64::from(frame.compressed);
        self.rise += f64::from(frame.rise);
    }

    /// Mean centroid of the mel magnitudes, in hertz.
    pub(super) fn centroid_hz(&self) -> f64 {
        self.centroid_hz / self.frames
    }

    /// Mean roughness of the logarithmic spectrum across bands, in decibels.
    pub(super) fn texture_db(&self) -> f64 {
        self.texture_db / self.frames
    }

    /// Level of the mean over the mean level, in decibels: how far the loud parts stand out.
    pub(super) fn dynamics_db(&self) -> f64 {
        10.0 * ((self.power / self.frames).log10() - self.log_power / self.frames)
    }

    /// Share of the compressed spectrum that rises from one frame to the next.
    pub(super) fn rising_share(&self) -> f64 {
        if self.compressed > 0.0 { self.rise / self.compressed } else { 0.0 }
    }
}
