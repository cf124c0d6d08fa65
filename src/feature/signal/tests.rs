use super::*;
use crate::audio::Chunk;
use crate::units::{ChannelLayout, ChannelRole, Hertz, StreamSpec};
use proptest::prelude::*;

fn spec(rate: u32, channels: usize) -> StreamSpec {
    StreamSpec {
        rate: Hertz::new(rate).expect("a rate in range"),
        channels: ChannelLayout::front(channels).expect("a layout in range"),
    }
}

fn inspect(rate: u32, planes: &[Vec<f32>], cut: usize) -> Signal {
    let mut inspector = Inspector::new(&spec(rate, planes.len()));
    let frames = planes[0].len();
    for from in (0..frames).step_by(cut) {
        let part = |plane: &Vec<f32>| plane[from..(from + cut).min(frames)].to_vec();
        inspector.push(&Chunk::from_planes(planes.iter().map(part).collect()));
    }
    inspector.finish()
}

fn sine(rate: u32, hz: f64, amplitude: f64, seconds: f64) -> Vec<f32> {
    let step = std::f64::consts::TAU * hz / f64::from(rate);
    let frames = (seconds * f64::from(rate)) as usize;
    (0..frames).map(|i| (amplitude * (step * i as f64 + 0.1).sin()) as f32).collect()
}

fn noise(length: usize, seed: u32) -> Vec<f32> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1664525).wrapping_add(1013904223);
        (state >> 8) as f32 / 8_388_608.0 - 1.0
    };
    (0..length).map(|_| next()).collect()
}

fn near(value: Option<f64>, expected: f64, tolerance: f64) {
    let value = value.expect("defined");
    assert!((value - expected).abs() <= tolerance, "{value} is not {expected}");
}

#[test]
fn values_fit_the_catalogue() {
    let values = Signal::default().values();
    assert_eq!(values.len(), FIELDS.len());
    assert!(values.iter().zip(FIELDS).all(|(value, field)| value.kind() == field.kind));
}

#[test]
fn a_sine_is_known_from_physics() {
    for rate in [8_000, 44_100, 192_000] {
        let signal = inspect(rate, &[sine(rate, 441.0, 1.0, 5.0)], 16_384);
        near(signal.rms_dbfs, -3.0103, 1e-3);
        near(signal.crest_db, 3.0103, 1e-2);
        near(signal.zero_crossing_rate, 882.0 / f64::from(rate), 1e-4);
        near(signal.dc_offset, 0.0, 1e-4);
        assert_eq!((signal.stereo_correlation, signal.stereo_width), (None, None));
        assert!((signal.duration_s - 5.0).abs() < 1e-9);
    }
}

#[test]
fn silence_at_both_ends_is_found_to_the_block() {
    let (quiet, loud) = (vec![5e-4_f32; 44_100], sine(44_100, 1000.0, 0.5, 2.0));
    let signal = inspect(44_100, &[[&quiet[..], &loud, &quiet, &quiet].concat()], 1000);
    near(Some(signal.silence_start_s), 1.0, 0.02);
    near(Some(signal.silence_end_s), 2.0, 0.02);
}

#[test]
fn silence_has_length_and_little_else() {
    let signal = inspect(48_000, &[vec![0.0; 96_000], vec![0.0; 96_000]], 16_384);
    let expected = Signal {
        duration_s: 2.0,
        frames: 96_000,
        silence_start_s: 2.0,
        silence_end_s: 2.0,
        dc_offset: Some(0.0),
        zero_crossing_rate: Some(0.0),
        ..Signal::default()
    };
    assert_eq!(signal, expected);
}

#[test]
fn nothing_and_one_frame_are_answered() {
    assert_eq!(Inspector::new(&spec(44_100, 2)).finish(), Signal::default());
    let one = inspect(44_100, &[vec![0.5], vec![-0.5]], 1);
    assert_eq!((one.frames, one.zero_crossing_rate, one.stereo_correlation), (1, None, None));
    near(one.stereo_width, 1.0, 0.0);
}

#[test]
fn constant_signals_have_an_offset_and_no_correlation() {
    let signal = inspect(44_100, &[vec![0.25; 50_000], vec![-0.5; 50_000]], 16_384);
    near(signal.dc_offset, 0.5, 1e-7);
    assert_eq!(signal.stereo_correlation, None);
    assert_eq!(signal.clipping_runs, 0);
}

#[test]
fn the_stereo_image_is_known_from_its_definition() {
    let (a, b) = (noise(441_000, 1), noise(441_000, 2));
    let inverted: Vec<f32> = a.iter().map(|x| -x).collect();
    let cases = [(&a, 1.0, 0.0, 1e-6), (&b, 0.0, 0.5, 0.01), (&inverted, -1.0, 1.0, 1e-6)];
    for (right, correlation, width, tolerance) in cases {
        let signal = inspect(44_100, &[a.clone(), right.clone()], 16_384);
        near(signal.stereo_correlation, correlation, tolerance);
        near(signal.stereo_width, width, tolerance);
    }
}

#[test]
fn the_dynamic_range_is_known_from_physics() {
    let noise_range = 10.0 * 1.5_f64.log10(); // peak 1, mean square 1/3, twice that for the sine
    let square: Vec<f32> = (0..441_000).map(|i| if i / 50 % 2 == 0 { 0.5 } else { -0.5 }).collect();
    for (plane, expected, tolerance) in [
        (sine(44_100, 441.0, 0.5, 20.0), 0.0, 5e-3),
        (square, -3.0103, 1e-3),
        (noise(441_000, 5), noise_range, 0.03),
    ] {
        let signal = inspect(44_100, &[plane.clone(), plane.clone()], 16_384);
        near(signal.dynamic_range_db, expected, tolerance);
        // An empty channel is no part of the music.
        let silent = vec![0.0; plane.len()];
        near(inspect(44_100, &[plane, silent], 16_384).dynamic_range_db, expected, tolerance);
    }
    assert_eq!(inspect(44_100, &[sine(44_100, 441.0, 0.5, 2.9)], 16_384).dynamic_range_db, None);
}

#[test]
fn what_mono_loses_is_known_from_its_definition() {
    let (a, b) = (noise(441_000, 1), noise(441_000, 2));
    let inverted: Vec<f32> = a.iter().map(|x| -x).collect();
    let silent = vec![0.0; 441_000];
    let cases = [
        (&a, 0.0, Some(0.0), 1e-4),
        (&b, 3.0103, None, 0.1),
        (&silent, 3.0103, Some(0.0), 1e-3),
        (&inverted, 40.0, Some(1.0), 0.0),
    ];
    for (right, loss, share, tolerance) in cases {
        let signal = inspect(44_100, &[a.clone(), right.clone()], 16_384);
        near(signal.mono_loss_db, loss, tolerance);
        near(signal.mono_loss_max_db, loss, tolerance);
        assert!(share.is_none() || signal.out_of_phase_share == share, "{signal:?}");
    }
}

#[test]
fn the_part_that_is_out_of_phase_is_found() {
    let left = noise(10 * 44_100, 3);
    let mut right = left.clone();
    right[4 * 44_100..7 * 44_100].iter_mut().for_each(|x| *x = -*x);
    let signal = inspect(44_100, &[left, right], 16_384);
    near(signal.out_of_phase_share, 0.3, 0.05);
    near(signal.mono_loss_db, -10.0 * 0.7_f64.log10(), 0.05);
    assert!(signal.mono_loss_max_db.is_some_and(|loss| loss > 4.0), "{signal:?}");
}

#[test]
fn the_longest_silence_lies_between_sounds() {
    let loud = sine(44_100, 1000.0, 0.5, 1.0);
    let quiet = |seconds: usize| vec![0.0_f32; seconds * 44_100];
    let plane = [quiet(5), loud.clone(), quiet(2), loud.clone(), quiet(3), loud, quiet(9)].concat();
    near(Some(inspect(44_100, &[plane], 1000).silence_longest_s), 3.0, 0.041);
}

#[test]
fn clipping_is_counted_per_channel() {
    let clipped: Vec<f32> =
        sine(44_100, 100.0, 4.0, 1.0).iter().map(|x| x.clamp(-1.0, 1.0)).collect();
    let signal = inspect(44_100, &[clipped, vec![0.0; 44_100]], 777);
    // 100 periods, both half waves (one more at either end); |4 sin| >= 1 for 84 % of the time.
    assert!((199..=201).contains(&signal.clipping_runs), "{}", signal.clipping_runs);
    assert!((36_500..37_500).contains(&signal.clipped_samples), "{}", signal.clipped_samples);
}

#[test]
fn damage_does_not_spread() {
    let mut samples = sine(44_100, 441.0, 0.5, 3.0);
    let clean = inspect(44_100, &[samples.clone()], 16_384);
    samples[1000] = f32::NAN;
    samples[2000] = f32::INFINITY;
    samples[3000] = f32::MIN;
    let damaged = inspect(44_100, &[samples], 16_384);
    near(damaged.rms_dbfs, clean.rms_dbfs.expect("sound"), 1e-3);
    assert_eq!(damaged.clipping_runs, 0);
    assert!(damaged.dc_offset.is_some_and(|dc| dc < 1e-3));
}

#[test]
fn footprint_bounds_what_is_held() {
    for (rate, channels) in [(8_000, 1), (44_100, 2), (768_000, 8)] {
        let spec = spec(rate, channels);
        let mut inspector = Inspector::new(&spec);
        let chunk = Chunk::from_planes(vec![noise(16_384, 3); channels]);
        (0..100).for_each(|_| inspector.push(&chunk));
        let held = inspector.held_bytes();
        assert!(held <= Inspector::footprint(&spec, 1_638_400), "{rate} Hz: {held}");
    }
}

#[test]
fn the_low_frequency_channel_is_not_mixed() {
    let roles = vec![ChannelRole::Front, ChannelRole::LowFrequency];
    let channels = ChannelLayout::new(roles).expect("a layout in range");
    let mut inspector = Inspector::new(&StreamSpec { channels, ..spec(48_000, 1) });
    let planes = vec![vec![0.1; 48_000], sine(48_000, 40.0, 0.9, 1.0)];
    inspector.push(&Chunk::from_planes(planes));
    near(inspector.finish().zero_crossing_rate, 0.0, 0.0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_cut_does_not_show(
        cut in 1_usize..20_000, rate in 2_000_u32..96_000, channels in 1_usize..4, gain in 0.1_f32..1.2,
    ) {
        let plane = |c| noise(30_011, c as u32).iter().map(|x| (x * gain).clamp(-1.0, 1.0)).collect();
        let planes: Vec<Vec<f32>> = (0..channels).map(plane).collect();
        prop_assert_eq!(inspect(rate, &planes, cut), inspect(rate, &planes, 30_011));
    }

    #[test]
    fn values_stay_in_their_ranges(bits in prop::collection::vec(any::<u32>(), 0..3000)) {
        let (l, r) = bits.split_at(bits.len() / 2);
        let plane = |part: &[u32]| part.iter().map(|&b| f32::from_bits(b)).collect::<Vec<_>>();
        let planes = [plane(l), plane(&r[..l.len()])];
        let signal = inspect(8_000, &planes, 500);
        prop_assert!(signal.zero_crossing_rate.is_none_or(|z| (0.0..=1.0).contains(&z)));
        prop_assert!(signal.stereo_width.is_none_or(|w| (0.0..=1.0).contains(&w)));
        prop_assert!(signal.stereo_correlation.is_none_or(|c| (-1.0..=1.0).contains(&c)));
        prop_assert!(signal.rms_dbfs.is_none_or(f64::is_finite));
        prop_assert!(signal.crest_db.is_none_or(|c| c > -1e-3 && c.is_finite()));
        prop_assert!(signal.mono_loss_db.is_none_or(|loss| (0.0..=40.0).contains(&loss)));
        prop_assert!(signal.out_of_phase_share.is_none_or(|share| (0.0..=1.0).contains(&share)));
    }
}
