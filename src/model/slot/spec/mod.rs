//! What has to be known of a model besides its file: the front-end contract.

mod check;
mod output;
mod patch;
mod sound;

pub use check::is_name;
pub use output::{Activation, Aggregate, Constant, Output, State};
pub use patch::{Last, Patch, PatchNorm, PatchOf};
pub use sound::{
    Base, Log, Mel, MelNorm, MelScale, Pad, Placed, Scaling, Spectrum, Straight, Window,
};

use serde::{Deserialize, Serialize};

use super::SlotError;
use crate::dsp::resample::Quality;
use crate::units::Hertz;

/// Raised when the same specification gives other numbers: stored outputs are then outdated.
const FRONT_END_VERSION: u32 = 1;

/// The front-end contract of a model, as written in TOML.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// Rate, resampler and layout of the input.
    pub input: Input,
    /// The short-time Fourier transform; without it the model hears samples.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spectrum: Option<Spectrum>,
    /// Mel bands over the spectrum; without them the model sees its bins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mel: Option<Mel>,
    /// The logarithm over bands or bins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<Log>,
    /// How the stream is cut.
    pub patch: Patch,
    /// What is kept of the answers.
    pub output: Vec<Output>,
    /// Tensors that go from one patch to the next.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub state: Vec<State>,
    /// Inputs that never change.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub constant: Vec<Constant>,
}

/// The input tensor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Name of the tensor; by default the first that is neither state nor constant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tensor: Option<String>,
    /// Sample rate, hertz.
    pub rate_hz: u32,
    /// How much of the band the resampler keeps.
    #[serde(default)]
    pub resampler: Quality,
    /// Order of the axes.
    pub layout: Layout,
    /// Patches a run, as the file was exported; the last batch is filled up, the rest forgotten.
    #[serde(default = "one")]
    pub batch: usize,
}

/// Order of the axes: batch, time, frequency, channel (1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Layout {
    BTF,
    BFT,
    B1TF,
    B1FT,
    BTF1,
    BFT1,
    TF,
    /// Samples.
    BT,
    /// Samples.
    B1T,
    /// Samples.
    BT1,
    /// Samples, without a batch.
    T,
}

impl Layout {
    /// The shape of `batch` patches of `time` frames of `width` numbers.
    pub fn shape(self, batch: usize, time: usize, width: usize) -> Vec<usize> {
        match self {
            Self::BTF => vec![batch, time, width],
            Self::BFT => vec![batch, width, time],
            Self::B1TF => vec![batch, 1, time, width],
            Self::B1FT => vec![batch, 1, width, time],
            Self::BTF1 => vec![batch, time, width, 1],
            Self::BFT1 => vec![batch, width, time, 1],
            Self::TF => vec![time, width],
            Self::BT => vec![batch, time],
            Self::B1T => vec![batch, 1, time],
            Self::BT1 => vec![batch, time, 1],
            Self::T => vec![time],
        }
    }

    /// True when frequency comes before time.
    pub fn is_transposed(self) -> bool {
        matches!(self, Self::BFT | Self::B1FT | Self::BFT1)
    }

    fn is_of_samples(self) -> bool {
        matches!(self, Self::BT | Self::B1T | Self::BT1 | Self::T)
    }

    fn has_batch(self) -> bool {
        !matches!(self, Self::TF | Self::T)
    }
}

fn one() -> usize {
    1
}

impl Spec {
    /// Reads and checks a specification.
    ///
    /// # Errors
    /// [`SlotError::Spec`] says what is wrong.
    pub fn parse(text: &str) -> Result<Self, SlotError> {
        let spec: Self = toml::from_str(text).map_err(|e| SlotError::Spec(e.to_string()))?;
        spec.check()?;
        Ok(spec)
    }

    /// BLAKE3 of everything that decides the numbers.
    pub fn hash(&self) -> [u8; 32] {
        // A value of this type always serialises: there are no maps with odd keys in it.
        let text = serde_json::to_string(self).unwrap_or_default();
        *blake3::hash(format!("{FRONT_END_VERSION} {text}").as_bytes()).as_bytes()
    }

    /// The sample rate.
    pub fn rate(&self) -> Result<Hertz, SlotError> {
        Hertz::new(self.input.rate_hz)
            .ok_or_else(|| SlotError::Spec("input.rate_hz is out of range".into()))
    }

    /// Numbers a frame of a patch has.
    pub fn width(&self) -> usize {
        match (&self.spectrum, &self.mel) {
            (Some(_), Some(mel)) => mel.bands,
            (Some(spectrum), None) => spectrum.bins(),
            (None, _) => 1,
        }
    }

    /// Frames (or samples) of a patch as the model sees it.
    pub fn patch_frames(&self) -> usize {
        match &self.spectrum {
            Some(spectrum) if self.patch.of == PatchOf::Samples => {
                crate::model::slot::front_end::frames_of(spectrum, self.patch.length)
            }
            _ => self.patch.length,
        }
    }

    /// The shape of the input tensor.
    pub fn input_shape(&self) -> Vec<usize> {
        self.input.layout.shape(self.input.batch, self.patch_frames(), self.width())
    }
}
