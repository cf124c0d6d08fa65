//! The image between two channels, and what is lost of it in mono.

use super::SILENCE_POWER;
use super::dynamics::LONG_BLOCK;
use super::kernel::Moments;

/// Blocks of 20 ms in a window of 400 ms, over which the correlation is watched.
const SHORT_WINDOW: u32 = 20;

/// Largest loss that is told: `f32` sums do not resolve more.
const LARGEST_LOSS_DB: f64 = 40.0;

/// Correlation below which a window is out of phase; what lies nearer to zero may be rounding.
const OUT_OF_PHASE: f64 = -1e-3;

/// Sums over both channels of a stretch of frames.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    left: f64,
    right: f64,
    /// Of the squares of left minus right.
    difference: f64,
    frames: u64,
    blocks: u32,
}

impl Sums {
    fn add(&mut self, left: f64, right: f64, difference: f64, frames: u64) {
        self.left += left;
        self.right += right;
        self.difference += difference;
        self.frames += frames;
        self.blocks += 1;
    }

    /// These sums, when they are `blocks` long; they begin anew then.
    fn take(&mut self, blocks: u32) -> Option<Self> {
        (self.blocks >= blocks).then(|| std::mem::take(self))
    }

    /// True when the louder channel is no silence.
    fn sounds(&self) -> bool {
        self.left.max(self.right) > SILENCE_POWER * self.frames as f64
    }

    /// Share of the side signal in the energy of mid and side; `None` for digital silence.
    fn width(&self) -> Option<f64> {
        let both = 2.0 * (self.left + self.right);
        (both > 0.0).then(|| (self.difference / both).clamp(0.0, 1.0))
    }

    /// What a correlation meter shows, means not removed: -1 .. 1; 0 when a channel is empty.
    fn correlation(&self) -> f64 {
        let product = (self.left + self.right - self.difference) / 2.0;
        let scale = (self.left * self.right).sqrt();
        if scale > 1e-6 * (self.left + self.right) { product / scale } else { 0.0 }
    }

    /// Level that is lost in the mono mix (L+R)/2, in dB.
    fn mono_loss_db(&self) -> Option<f64> {
        self.width().map(|width| (-10.0 * (1.0 - width).log10()).clamp(0.0, LARGEST_LOSS_DB))
    }
}

/// Watches two channels.
#[derive(Clone, Debug, Default)]
pub(super) struct Stereo {
    whole: Sums,
    short: Sums,
    long: Sums,
    sounding: u64,
    out_of_phase: u64,
    largest_loss: Option<f64>,
}

/// What was seen; `None` where it is undefined.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Image {
    pub(super) correlation: Option<f64>,
    pub(super) width: Option<f64>,
    pub(super) out_of_phase_share: Option<f64>,
    pub(super) mono_loss_db: Option<f64>,
    pub(super) mono_loss_max_db: Option<f64>,
}

impl Stereo {
    /// Takes the sums of squares over the next 20 ms.
    pub(super) fn push(&mut self, left: f64, right: f64, difference: f64, frames: usize) {
        for sums in [&mut self.whole, &mut self.short, &mut self.long] {
            sums.add(left, right, difference, frames as u64);
        }
        if let Some(window) = self.short.take(SHORT_WINDOW).filter(Sums::sounds) {
            self.sounding += 1;
            self.out_of_phase += u64::from(window.correlation() < OUT_OF_PHASE);
        }
        if let Some(window) = self.long.take(LONG_BLOCK).filter(Sums::sounds) {
            let losses = [self.largest_loss, window.mono_loss_db()];
            self.largest_loss = losses.into_iter().flatten().reduce(f64::max);
        }
    }

    /// The image of the whole track, given the sums over each channel.
    pub(super) fn finish(&self, left: &Moments, right: &Moments) -> Image {
        Image {
            correlation: self.correlation(left, right),
            width: self.whole.width(),
            out_of_phase_share: (self.sounding > 0)
                .then(|| self.out_of_phase as f64 / self.sounding as f64),
            mono_loss_db: self.whole.mono_loss_db(),
            mono_loss_max_db: self.largest_loss,
        }
    }

    /// Pearson's correlation.
    fn correlation(&self, left: &Moments, right: &Moments) -> Option<f64> {
        let (l, r, frames) = (left, right, self.whole.frames.max(1) as f64);
        let product = (l.squares + r.squares - self.whole.difference) / 2.0;
        let covariance = product - l.sum * r.sum / frames;
        let variance = |m: &Moments| m.squares - m.sum * m.sum / frames;
        let (vl, vr) = (variance(l), variance(r));
        // Below a millionth of the power it is constant as far as sums of `f32` can tell.
        let varies = vl > 1e-6 * l.squares && vr > 1e-6 * r.squares;
        varies.then(|| (covariance / (vl * vr).sqrt()).clamp(-1.0, 1.0))
    }
}
