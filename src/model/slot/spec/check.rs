//! Contradictions and absurd sizes, found before anything is made of them.

use super::{Spec, Spectrum};
use crate::model::slot::SlotError;

/// Longest transform, in samples.
const MAX_FFT: usize = 1 << 15;
/// Most numbers a patch may have.
const MAX_PATCH: usize = 1 << 24;
/// Most patches a batch may have.
const MAX_BATCH: usize = 1024;
/// Most numbers of a state or a constant.
const MAX_STATE: usize = 1 << 20;

impl Spec {
    /// Checks that the numbers make sense together and stay within what memory allows.
    pub fn check(&self) -> Result<(), SlotError> {
        self.rate()?;
        self.check_spectrum()?;
        self.check_mel()?;
        self.check_log()?;
        self.check_patch()?;
        self.check_outputs()?;
        self.check_states()
    }

    fn check_spectrum(&self) -> Result<(), SlotError> {
        let Some(spectrum) = &self.spectrum else {
            let alone = self.mel.is_none() && self.log.is_none();
            need(alone, "mel and log need a spectrum")?;
            return need(self.input.layout.is_of_samples(), "a layout with F needs a spectrum");
        };
        let Spectrum { n_fft, hop, power, .. } = *spectrum;
        let length = spectrum.window_length();
        need(!self.input.layout.is_of_samples(), "a spectrum needs a layout with F")?;
        let sound = n_fft.is_power_of_two() && (64..=MAX_FFT).contains(&n_fft);
        need(sound, "spectrum.n_fft must be a power of two from 64 to 32768")?;
        need((2..=n_fft).contains(&length), "spectrum.win_length must be 2 to n_fft")?;
        need(
            (1..=spectrum.reach()).contains(&hop),
            "spectrum.hop must be 1 to the length of a frame",
        )?;
        need(power == 1 || power == 2, "spectrum.power must be 1 or 2")
    }

    fn check_mel(&self) -> Result<(), SlotError> {
        let Some(mel) = &self.mel else { return Ok(()) };
        let half = f64::from(self.input.rate_hz) / 2.0;
        let high = mel.high_hz.unwrap_or(half);
        need((1..=1024).contains(&mel.bands), "mel.bands must be 1 to 1024")?;
        let ordered = 0.0 <= mel.low_hz && mel.low_hz < high && high <= half;
        need(ordered, "mel.low_hz < mel.high_hz <= rate_hz / 2 must hold")
    }

    fn check_log(&self) -> Result<(), SlotError> {
        let Some(log) = &self.log else { return Ok(()) };
        let finite = [log.a, log.b, log.floor, log.factor].iter().all(|x| x.is_finite());
        need(finite && log.a > 0.0 && log.factor > 0.0, "log.a and log.factor must be above 0")?;
        let positive = log.b >= 1e-30 || log.floor >= 1e-30;
        need(
            positive && log.b >= 0.0,
            "log.b or log.floor must be above 0: silence has no logarithm",
        )?;
        let range = log.range.is_none_or(|range| range > 0.0 && range.is_finite());
        need(range, "log.range must be above 0")
    }

    fn check_patch(&self) -> Result<(), SlotError> {
        let patch = &self.patch;
        let numbers = self.patch_frames().saturating_mul(self.width());
        need(numbers > 0 && patch.length > 0, "patch.length is shorter than a frame")?;
        let within =
            numbers.saturating_mul(self.input.batch) <= MAX_PATCH && patch.length <= MAX_PATCH;
        need(within, "a batch of patches has more than 16 million numbers")?;
        let stepped = (1..=patch.length).contains(&patch.step());
        need(stepped, "patch.hop must be 1 to patch.length")?;
        need(patch.lead <= MAX_PATCH, "patch.lead is too long")?;
        let finite = patch.shift.is_finite() && patch.scale.is_finite();
        need(finite, "patch.shift and patch.scale must be numbers")?;
        let batch = self.input.batch;
        need((1..=MAX_BATCH).contains(&batch), "input.batch must be 1 to 1024")?;
        need(batch == 1 || self.input.layout.has_batch(), "a layout without B needs a batch of 1")
    }

    fn check_outputs(&self) -> Result<(), SlotError> {
        need(!self.output.is_empty(), "there must be an output")?;
        for (at, output) in self.output.iter().enumerate() {
            need(is_name(&output.name), "output.name must be letters, digits, - and _")?;
            let unique = self.output.iter().take(at).all(|other| other.name != output.name);
            need(unique, "two outputs have the same name")?;
            let one_list = output.labels.is_empty() || output.labels_file.is_none();
            need(one_list, "an output has labels or a labels_file, not both")?;
            need(output.axis != Some(0), "output.axis 0 is the batch")?;
        }
        Ok(())
    }

    fn check_states(&self) -> Result<(), SlotError> {
        let alone = self.state.is_empty() || self.input.batch == 1;
        need(alone, "a model with states takes one patch at a time")?;
        let constants = self.constant.iter().map(|c| (&c.shape, Some(c.integers.len())));
        let states = self.state.iter().map(|state| (&state.shape, None));
        for (shape, given) in constants.chain(states) {
            let numbers = shape.iter().try_fold(1_usize, |n, &d| n.checked_mul(d));
            let numbers = numbers.filter(|n| (1..=MAX_STATE).contains(n));
            let numbers =
                numbers.ok_or_else(|| wrong("a state or constant is empty or too large"))?;
            let fits = given.is_none_or(|given| given == numbers);
            need(fits, "constant.integers has not as many numbers as its shape")?;
        }
        Ok(())
    }
}

/// True for what can be a name of a model or an output: letters, digits, `-`, `_` and `.`, the first
/// a letter or digit, at most 64.
pub fn is_name(name: &str) -> bool {
    let first = name.chars().next().is_some_and(|c| c.is_ascii_alphanumeric());
    let all = name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    first && all && name.len() <= 64
}

fn wrong(text: &str) -> SlotError {
    SlotError::Spec(text.to_owned())
}

fn need(condition: bool, text: &str) -> Result<(), SlotError> {
    if condition { Ok(()) } else { Err(wrong(text)) }
}
