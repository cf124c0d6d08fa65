//! Any stream to mono at the rate a model was trained at.
//!
//! ```text
//! mix -> halve while >= 4 x the target -> polyphase to the target
//! ```

use super::bank::Prototype;
use super::fractional::{Fractional, Ratio};
use super::halfband::HalfBand;
use super::{Resampler, Stage};
use crate::units::{Hertz, StreamSpec};

/// How much of the band below the lower Nyquist frequency is kept; above it, nothing is
/// (80 dB down), whatever the quality.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quality {
    /// 80 %: short filters.
    Fast,
    /// 91 %, as most resamplers that training data came through.
    #[default]
    Standard,
    /// 96 %: long filters.
    High,
}

impl Quality {
    /// The share of the band that is kept.
    fn kept(self) -> f64 {
        match self {
            Self::Fast => 0.80,
            Self::Standard => 0.91,
            Self::High => 0.96,
        }
    }
}

impl Resampler {
    /// A resampler of one stream to `target`; sample n sits at n / `target` seconds of the input.
    ///
    /// At the rate of the stream samples pass unchanged.
    pub fn to_rate(spec: &StreamSpec, target: Hertz, quality: Quality) -> Self {
        Self::with_stages(spec, target, stages(spec.rate, target, quality))
    }

    /// Upper bound of the heap bytes held by [`Resampler::to_rate`], whatever the length.
    pub fn footprint_to_rate(spec: &StreamSpec, target: Hertz, quality: Quality) -> u64 {
        Self::footprint_of(&stages(spec.rate, target, quality))
    }
}

fn stages(rate: Hertz, target: Hertz, quality: Quality) -> Vec<Stage> {
    let mut stages = Vec::new();
    if rate == target {
        return stages;
    }
    let lower_hz = f64::from(rate.get().min(target.get())) / 2.0;
    let pass_hz = lower_hz * quality.kept();
    let mut rate_hz = f64::from(rate.get());
    let mut output = u64::from(target.get());
    while rate_hz >= 4.0 * f64::from(target.get()) {
        stages.push(Stage::Half(HalfBand::new(rate_hz, lower_hz)));
        rate_hz /= 2.0;
        output *= 2;
    }
    let prototype = Prototype::new(pass_hz / rate_hz, lower_hz / rate_hz);
    let ratio = Ratio::new(output, u64::from(rate.get()));
    stages.push(Stage::Fraction(Fractional::new(ratio, &prototype)));
    stages
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::Chunk;
    use crate::units::ChannelLayout;
    use std::f64::consts::TAU;

    const RATES: [u32; 8] = [8_000, 11_025, 22_050, 32_000, 44_100, 48_000, 96_000, 192_000];
    const TARGETS: [u32; 5] = [8_000, 16_000, 22_050, 32_000, 48_000];

    fn resample(rate: u32, target: u32, quality: Quality, mono: &[f32], cut: usize) -> Vec<f32> {
        let (spec, target) = request(rate, target);
        let mut resampler = Resampler::to_rate(&spec, target, quality);
        let mut out = Vec::new();
        for part in mono.chunks(cut) {
            resampler.push(&Chunk::from_planes(vec![part.to_vec()]), &mut out);
        }
        resampler.finish(&mut out);
        assert!(resampler.held() <= Resampler::footprint_to_rate(&spec, target, quality));
        out
    }

    fn request(rate: u32, target: u32) -> (StreamSpec, Hertz) {
        let rate = Hertz::new(rate).expect("in range");
        let channels = ChannelLayout::front(1).expect("one");
        (StreamSpec { rate, channels }, Hertz::new(target).expect("in range"))
    }

    fn sine(rate: u32, hz: f64, frames: usize) -> Vec<f32> {
        (0..frames).map(|n| (TAU * hz * n as f64 / f64::from(rate)).sin() as f32).collect()
    }

    #[test]
    fn what_is_kept_keeps_its_place_and_its_size() {
        for (rate, target) in RATES.iter().flat_map(|&r| TARGETS.map(|t| (r, t))) {
            let hz = 0.35 * f64::from(rate.min(target));
            let out = resample(rate, target, Quality::Standard, &sine(rate, hz, 20_000), 7_777);
            let expected = sine(target, hz, out.len());
            let middle = out.len() / 4..out.len() * 3 / 4;
            let worst = out[middle.clone()].iter().zip(&expected[middle]);
            let worst = worst.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(worst < 1.2e-3, "{rate} -> {target}: {worst}");
            assert_eq!(out.len() as u64, (20_000 * u64::from(target)).div_ceil(u64::from(rate)));
        }
    }

    #[test]
    fn what_would_fold_is_gone() {
        let energy = |out: &[f32]| {
            let middle = &out[out.len() / 4..out.len() * 3 / 4];
            (middle.iter().map(|x| x * x).sum::<f32>() / middle.len() as f32).sqrt()
        };
        for (rate, target) in
            [(44_100, 16_000), (48_000, 16_000), (96_000, 22_050), (192_000, 8_000)]
        {
            for quality in [Quality::Fast, Quality::Standard, Quality::High] {
                for share in [1.02, 1.3, 1.9] {
                    let hz = share * f64::from(target) / 2.0;
                    let out = resample(rate, target, quality, &sine(rate, hz, 40_000), 16_384);
                    assert!(energy(&out) < 1e-4, "{rate} -> {target}, {hz} Hz: {}", energy(&out));
                }
            }
        }
    }

    #[test]
    fn the_cut_does_not_show() {
        let noise: Vec<f32> =
            (0..30_000_u64).map(|n| (n * n * 31 % 1009) as f32 / 1009.0).collect();
        for (rate, target) in
            [(44_100, 16_000), (8_000, 48_000), (96_000, 16_000), (44_056, 32_000)]
        {
            let whole = resample(rate, target, Quality::High, &noise, noise.len());
            for cut in [1, 13, 2048, 16_384] {
                let parts = resample(rate, target, Quality::High, &noise, cut);
                assert!(parts == whole, "{rate} -> {target} in pieces of {cut}");
            }
        }
    }
}
