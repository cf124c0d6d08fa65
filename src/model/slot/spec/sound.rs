//! From samples to frames: spectrum, bands, logarithm.

use serde::{Deserialize, Serialize};

/// Short-time Fourier transform.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spectrum {
    /// Length of the transform, samples; a power of two.
    pub n_fft: usize,
    /// Length of the window, samples; `n_fft` by default. A shorter one is filled up with zeros.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub win_length: Option<usize>,
    /// From frame to frame, samples.
    pub hop: usize,
    /// The window.
    #[serde(default)]
    pub window: Window,
    /// Where a shorter window sits in the transform: decides where frames begin.
    #[serde(default)]
    pub placed: Placed,
    /// True when frame k is centred on sample k·hop, false when it begins there.
    #[serde(default = "yes")]
    pub centre: bool,
    /// What lies outside the signal, for centred frames.
    #[serde(default)]
    pub pad: Pad,
    /// True when silence follows the signal until a frame has begun at every hop within it; for
    /// frames that are not centred.
    #[serde(default)]
    pub pad_end: bool,
    /// Exponent of the magnitudes: 1 or 2.
    #[serde(default = "two")]
    pub power: u8,
    /// Division of the transform.
    #[serde(default)]
    pub scaling: Scaling,
}

impl Spectrum {
    /// Length of the window, samples.
    pub fn window_length(&self) -> usize {
        self.win_length.unwrap_or(self.n_fft)
    }

    /// Samples that a frame looks at.
    pub fn reach(&self) -> usize {
        match self.placed {
            Placed::Middle => self.n_fft,
            Placed::Start => self.window_length(),
        }
    }

    /// Samples before the place of a frame that belong to it.
    pub fn lead(&self) -> usize {
        if self.centre { self.reach() / 2 } else { 0 }
    }

    /// Bins of a frame.
    pub fn bins(&self) -> usize {
        self.n_fft / 2 + 1
    }
}

/// Window functions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Window {
    /// Hann of period N: librosa, torch, `TensorFlow`.
    #[default]
    HannPeriodic,
    /// Hann of period N - 1, zero at both ends: `NumPy`, Essentia.
    HannSymmetric,
    /// All ones.
    Rectangular,
}

/// Where a window shorter than the transform sits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Placed {
    /// In its middle: librosa, torch. A frame is as long as the transform.
    #[default]
    Middle,
    /// At its start: `TensorFlow`, Essentia. A frame is as long as the window.
    Start,
}

/// What is taken for the signal outside its ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pad {
    /// Silence.
    #[default]
    Zero,
    /// The signal mirrored at its first and last sample, which are not repeated.
    Reflect,
    /// The first and the last sample.
    Edge,
}

/// Division of the transform.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scaling {
    /// None.
    #[default]
    None,
    /// By the root of the length of the transform: `normalized="frame_length"` of torchaudio.
    FrameLength,
    /// By the root of the sum of squares of the window: `normalized="window"` of torchaudio.
    Window,
}

/// Mel bands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mel {
    /// Number of bands.
    pub bands: usize,
    /// Lower edge of the first, hertz.
    #[serde(default)]
    pub low_hz: f64,
    /// Upper edge of the last, hertz; half the rate by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high_hz: Option<f64>,
    /// The mel scale.
    pub scale: MelScale,
    /// Height of the triangles.
    #[serde(default)]
    pub norm: MelNorm,
    /// Along which axis the triangles have straight sides.
    #[serde(default)]
    pub straight: Straight,
}

/// Mel scales.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MelScale {
    /// 2595 log10(1 + f/700).
    Htk,
    /// Straight to 1 kHz, logarithmic above: Slaney's Auditory Toolbox, librosa's default.
    Slaney,
}

/// Height of mel triangles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MelNorm {
    /// 1.
    #[default]
    None,
    /// 2 / (high - low), hertz: librosa's `norm="slaney"`.
    Slaney,
    /// The same by Essentia's name.
    UnitTri,
}

/// Along which axis triangles have straight sides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Straight {
    /// Hertz: librosa, torchaudio.
    #[default]
    Hertz,
    /// Mel: `TensorFlow`, `VGGish`. The bin of 0 Hz does not count.
    Mel,
}

/// `factor * log(max(a x + b, floor))`, and limits within the patch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// The base.
    pub base: Base,
    /// Gain in front.
    #[serde(default = "unit")]
    pub a: f64,
    /// Offset in front.
    #[serde(default)]
    pub b: f64,
    /// Smallest argument.
    #[serde(default)]
    pub floor: f64,
    /// Gain behind: 10 for decibels of a power.
    #[serde(default = "unit")]
    pub factor: f64,
    /// Takes the largest value of the patch off all.
    #[serde(default)]
    pub relative: bool,
    /// Raises what is further below the largest value of the patch than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<f64>,
}

/// Bases of logarithms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Base {
    /// e.
    Ln,
    /// 10.
    Log10,
}

fn two() -> u8 {
    2
}
fn yes() -> bool {
    true
}
fn unit() -> f64 {
    1.0
}
