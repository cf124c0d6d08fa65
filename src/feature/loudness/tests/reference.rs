//! Against the `ebur128` crate, an independent port of libebur128.
//!
//! Known differences, none of them a tolerance: (1) its high-pass has the numerator (1, -2, 1) at every
//! rate, ours the pass-band gain of the 48 kHz table; the gain between them is computed here.
//! (2) It takes short-term values for the range once a second, so the range is computed here from
//! its short-term readings every 100 ms. (3) Its interpolator is a Hann-windowed sinc of 49 taps, ours the
//! table of BS.1770 Annex 2: they agree for what is well below half the rate, so the true peak is compared on
//! band-limited noise.

use super::*;
use ebur128::{Channel, EbuR128, Mode};
use proptest::prelude::*;

/// What the crate reads.
struct Reference {
    integrated: f64,
    range: f64,
    short_term_max: f64,
    true_peak: f64,
    sample_peak: f64,
}

fn channel(role: ChannelRole) -> Channel {
    match role {
        ChannelRole::Front => Channel::Left,
        ChannelRole::Surround => Channel::LeftSurround,
        ChannelRole::LowFrequency => Channel::Unused,
    }
}

/// Range by the listing of Tech 3342.
fn range_of(mut short_term: Vec<f64>) -> f64 {
    short_term.retain(|&l| l >= -70.0);
    let power = short_term.iter().map(|l| 10.0_f64.powf(l / 10.0)).sum::<f64>();
    let gate = 10.0 * (power / short_term.len() as f64).log10() - 20.0;
    short_term.retain(|&l| l >= gate);
    short_term.sort_by(f64::total_cmp);
    let level = |p: f64| short_term[((short_term.len() - 1) as f64 * p).round() as usize];
    level(0.95) - level(0.10)
}

fn reference(spec: &StreamSpec, planes: &[Vec<f32>]) -> Reference {
    let map: Vec<_> = spec.channels.roles().iter().map(|&role| channel(role)).collect();
    reference_mapped(spec, planes, &map)
}

fn reference_mapped(spec: &StreamSpec, planes: &[Vec<f32>], map: &[Channel]) -> Reference {
    let (rate, channels) = (spec.rate.get(), planes.len());
    let mut meter =
        EbuR128::new(channels as u32, rate, Mode::all() - Mode::HISTOGRAM).expect("valid");
    meter.set_channel_map(map).expect("valid");
    let mut short_term = Vec::new();
    let step = rate as usize / 10;
    for (i, from) in (0..planes[0].len()).step_by(step).enumerate() {
        let part = |plane: &'_ Vec<f32>| plane[from..(from + step).min(plane.len())].to_vec();
        let parts: Vec<Vec<f32>> = planes.iter().map(part).collect();
        let slices: Vec<&[f32]> = parts.iter().map(Vec::as_slice).collect();
        meter.add_frames_planar_f32(&slices).expect("valid");
        if i >= 29 && parts[0].len() == step {
            short_term.push(meter.loudness_shortterm().expect("valid"));
        }
    }
    let largest = |peak: &dyn Fn(u32) -> f64| {
        20.0 * (0..channels as u32).map(peak).fold(0.0, f64::max).log10()
    };
    Reference {
        integrated: meter.loudness_global().expect("valid"),
        short_term_max: short_term.iter().copied().fold(f64::MIN, f64::max),
        range: range_of(short_term),
        true_peak: largest(&|c| meter.true_peak(c).expect("valid")),
        sample_peak: largest(&|c| meter.sample_peak(c).expect("valid")),
    }
}

/// Level of our high-pass over theirs, in dB.
fn gain_between(rate: u32) -> f64 {
    let denominator = |rate: f64| {
        let k = (std::f64::consts::PI * 38.13547087602444 / rate).tan();
        1.0 + k / 0.5003270373238773 + k * k
    };
    20.0 * (denominator(48_000.0) / denominator(f64::from(rate))).log10()
}

/// Noise whose level steps, low-passed so that interpolators agree.
fn steps(rate: u32, seed: u64, levels: &[f32]) -> Vec<f32> {
    let length = rate as usize * levels.len();
    let mut state = [0.0_f32; 4];
    let smooth = |x: f32| {
        state.iter_mut().fold(x, |x, s| {
            *s += 0.25 * (x - *s);
            *s
        })
    };
    let white: Vec<f32> = noise(length, seed);
    let coloured = white.into_iter().map(smooth).collect::<Vec<_>>();
    let level = |i: usize| 10.0_f32.powf(levels[i / rate as usize] / 20.0);
    coloured.iter().enumerate().map(|(i, x)| x * level(i)).collect()
}

fn compare(spec: &StreamSpec, planes: &[Vec<f32>], tolerance_peak: f64) {
    let (ours, theirs) = (measure(spec, planes), reference(spec, planes));
    let gain = gain_between(spec.rate.get());
    near(ours.loudness_lufs, theirs.integrated + gain, 0.01);
    near(ours.loudness_short_term_max_lufs, theirs.short_term_max + gain, 0.01);
    near(ours.loudness_range_lu, theirs.range, 0.05);
    near(ours.sample_peak_dbfs, theirs.sample_peak, 1e-5);
    near(ours.true_peak_dbtp, theirs.true_peak, tolerance_peak);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn noise_with_level_steps_agrees(
        rate in prop::sample::select(vec![8_000_u32, 16_000, 22_050, 32_000, 44_100, 48_000]),
        channels in 1_usize..=6,
        levels in prop::collection::vec(-40.0_f32..0.0, 6..14),
        seed in 1_u64..1_000_000,
    ) {
        use ChannelRole::{Front, LowFrequency, Surround};
        let roles = &[Front, Front, Front, LowFrequency, Surround, Surround][..channels];
        let planes: Vec<_> = (0..channels).map(|c| steps(rate, seed + c as u64, &levels)).collect();
        compare(&stream(rate, roles), &planes, 0.02);
    }
}

/// What a file calls its speakers, where they stand, and the weight the crate gives to that place.
#[test]
fn surround_layouts_agree() {
    use ChannelRole::{Front, LowFrequency, Surround};
    let (rate, levels) = (48_000, [-20.0, -10.0, -35.0, -15.0, -12.0, -22.0]);
    let front = [Channel::Left, Channel::Right, Channel::Center, Channel::Unused];
    let roles = [Front, Front, Front, LowFrequency];
    let rear = [Channel::Mp135, Channel::Mm135];
    let sides = [Channel::Mp090, Channel::Mm090];
    let surround = [Channel::LeftSurround, Channel::RightSurround];
    let layouts = [
        ([&roles[..], &[Surround; 2]].concat(), [&front[..], &surround].concat()),
        (
            [&roles[..], &[Front, Front, Surround, Surround]].concat(),
            [&front[..], &rear, &sides].concat(),
        ),
    ];
    for (roles, map) in layouts {
        let planes: Vec<_> =
            (0..roles.len()).map(|c| steps(rate, 77 + c as u64, &levels)).collect();
        let spec = stream(rate, &roles);
        let (ours, theirs) = (measure(&spec, &planes), reference_mapped(&spec, &planes, &map));
        near(ours.loudness_lufs, theirs.integrated, 0.01);
        near(ours.loudness_range_lu, theirs.range, 0.05);
    }
}

#[test]
fn high_rates_agree() {
    for rate in [88_200, 96_000, 176_400, 192_000] {
        let levels = [-20.0, -10.0, -35.0, -15.0, -12.0];
        let planes = [steps(rate, 11, &levels), steps(rate, 12, &levels)];
        compare(&front(rate, 2), &planes, 0.02);
    }
}
