//! Timbre: the shape of the spectrum, and MFCC statistics.

mod contrast;
mod fields;
mod mfcc;
mod moments;
mod shape;
#[cfg(test)]
mod tests;

pub use fields::FIELDS;

use super::catalogue::Value;
use crate::dsp::mel::MEL_BANDS;
use contrast::{BANDS, contrast_db};
use mfcc::{COEFFICIENTS, Cosines};
use moments::{Classes, Frame, Sums, TRIANGLE};
use shape::{BINS, Shape};

/// Version of the stored numbers of this family.
pub const VERSION: u32 = 3;

/// Contrast, which costs as much as all the rest, is measured every so many frames: at 80 ms the
/// windows of 93 ms still overlap, and a mean is all that is made of it.
const CONTRAST_STEP: u64 = 4;

/// Mean and (population) standard deviation over frames.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// Mean.
    pub mean: f64,
    /// Standard deviation, >= 0.
    pub sd: f64,
}

/// What a track sounds like, over all frames that are loud enough.
///
/// Every field is `None` when no frame reaches -70 dBFS.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Timbre {
    /// First moment of the magnitude spectrum, 0..=11 025 Hz.
    pub centroid_hz: Option<Spread>,
    /// Square root of the second central moment of the magnitude spectrum, 0..=5 513 Hz.
    pub bandwidth_hz: Option<Spread>,
    /// Frequency below which 85 % of the magnitudes lie, 0..=11 025 Hz.
    pub rolloff_hz: Option<Spread>,
    /// Geometric over arithmetic mean of the power spectrum, 0 (tone) to 1 (white).
    pub flatness: Option<Spread>,
    /// Share of the magnitudes that is new since the frame before (20 ms), 0..=1; `None` also when
    /// no two frames in a row are loud enough.
    pub flux: Option<Spread>,
    /// Peak over valley in 0-200 Hz and six octaves above, in decibels, >= 0; every fourth frame.
    pub contrast_db: Option<[f64; BANDS]>,
    /// Mean of 20 MFCC.
    pub mfcc_mean: Option<[f64; COEFFICIENTS]>,
    /// Their (population) covariance: upper triangle, row by row.
    pub mfcc_covariance: Option<[f64; TRIANGLE]>,
    /// Mean absolute difference of the MFCC of two frames 20 ms apart; `None` as for the flux.
    pub mfcc_delta_mean: Option<[f64; COEFFICIENTS]>,
}

impl Timbre {
    fn new(sums: &Sums) -> Self {
        if sums.frames == 0 {
            return Self::default();
        }
        let [centroid_hz, bandwidth_hz, rolloff_hz, flatness, _] =
            std::array::from_fn(|i| spread(sums.figures[i], sums.squares[i], sums.frames));
        let frames = sums.frames as f64;
        let paired = sums.pairs > 0;
        Self {
            centroid_hz,
            bandwidth_hz,
            rolloff_hz,
            flatness,
            flux: spread(sums.figures[4], sums.squares[4], sums.pairs),
            contrast_db: (sums.contrasts > 0)
                .then(|| sums.contrast.map(|sum| sum / sums.contrasts as f64)),
            mfcc_mean: Some(sums.mfcc.map(|sum| sum / frames)),
            mfcc_covariance: Some(covariance(sums)),
            mfcc_delta_mean: paired.then(|| sums.delta.map(|sum| sum / sums.pairs as f64)),
        }
    }

    /// The values, in the order of [`FIELDS`].
    pub fn values(&self) -> Vec<Value> {
        let figures =
            [self.centroid_hz, self.bandwidth_hz, self.rolloff_hz, self.flatness, self.flux];
        let mut values: Vec<Value> = figures
            .into_iter()
            .flat_map(|spread| [spread.map(|s| s.mean), spread.map(|s| s.sd)])
            .map(Value::Real)
            .collect();
        values.extend([
            vector(self.contrast_db.as_ref().map(|x| &x[..])),
            vector(self.mfcc_mean.as_ref().map(|x| &x[..])),
            vector(self.mfcc_covariance.as_ref().map(|x| &x[..])),
            vector(self.mfcc_delta_mean.as_ref().map(|x| &x[..])),
        ]);
        values
    }
}

fn vector(values: Option<&[f64]>) -> Value {
    Value::Vector(values.map(|values| values.iter().map(|&x| x as f32).collect()))
}

/// `None` for no frames.
fn spread(sum: f64, squares: f64, count: u64) -> Option<Spread> {
    let count = (count > 0).then_some(count as f64)?;
    let mean = sum / count;
    Some(Spread { mean, sd: (squares / count - mean * mean).max(0.0).sqrt() })
}

fn covariance(sums: &Sums) -> [f64; TRIANGLE] {
    let frames = sums.frames as f64;
    let mut out = [0.0; TRIANGLE];
    let pairs = (0..COEFFICIENTS).flat_map(|i| (i..COEFFICIENTS).map(move |j| (i, j)));
    for (out, (i, j)) in out.iter_mut().zip(pairs) {
        let covariance =
            sums.products[i][j] / frames - sums.mfcc[i] / frames * sums.mfcc[j] / frames;
        *out = if i == j { covariance.max(0.0) } else { covariance };
    }
    out
}

/// Follows the timbre of a track, frame by frame.
///
/// Frames below -70 dBFS (RMS of the windowed signal) are silence. Of the others the quietest are
/// left out: as many whole level classes of 3 dB as hold at most 5 % of them. So the rule needs one
/// pass and bounded memory, and a change of gain hardly matters.
#[derive(Clone, Debug)]
pub struct Tracker {
    classes: Classes,
    /// Magnitudes of the frame before; zeros at first.
    magnitudes: Box<[f32; BINS]>,
    /// Frames that were no silence.
    heard: u64,
    /// The coefficients of the frame before, if it was no silence.
    mfcc: Option<[f32; COEFFICIENTS]>,
}

impl Default for Tracker {
    fn default() -> Self {
        Self::new()
    }
}

impl Tracker {
    /// A tracker that has heard nothing.
    pub fn new() -> Self {
        Self { classes: Classes::new(), magnitudes: Box::new([0.0; BINS]), heard: 0, mfcc: None }
    }

    /// Takes one frame of the short transform: 1025 linear magnitudes (a spectrum of another length
    /// is ignored) and their 40 linear mel bands. All finite and >= 0.
    pub fn push(&mut self, magnitudes: &[f32], mel: &[f32; MEL_BANDS]) {
        let Ok(magnitudes) = <&[f32; BINS]>::try_from(magnitudes) else { return };
        let mut shape = Shape::measure(magnitudes, &self.magnitudes);
        let before = self.mfcc.take();
        if before.is_none() {
            shape.flux = 0.0;
        }
        if Frame::is_heard(shape.power) {
            let mfcc = Cosines::shared().transform(mel);
            let contrast =
                self.heard.is_multiple_of(CONTRAST_STEP).then(|| contrast_db(magnitudes));
            self.heard += 1;
            let frame = Frame { power: shape.power, figures: shape.figures(), contrast, mfcc };
            self.classes.push(&frame, before.as_ref());
            self.mfcc = Some(mfcc);
        }
        *self.magnitudes = *magnitudes;
    }

    /// The timbre of all that was pushed.
    pub fn finish(self) -> Timbre {
        Timbre::new(&self.classes.loud())
    }

    /// Heap bytes held, whatever the length of the track.
    pub fn footprint() -> u64 {
        Classes::footprint() + size_of::<[f32; BINS]>() as u64
    }
}
