//! Edges, bounds, and cuts that must not show.

use super::*;
use proptest::prelude::*;

#[test]
fn nothing_is_undefined() {
    assert_eq!(Meter::new(&front(44_100, 2)).finish(), Loudness::default());
}

#[test]
fn silence_is_undefined() {
    for rate in [8_000, 44_100, 192_000] {
        let planes = vec![vec![0.0; 5 * rate as usize]; 2];
        assert_eq!(measure(&front(rate, 2), &planes), Loudness::default());
    }
}

#[test]
fn one_frame_has_peaks_only() {
    let loudness = measure(&front(44_100, 1), &[vec![-0.5]]);
    near(loudness.sample_peak_dbfs, -6.02, 0.01);
    near(loudness.true_peak_dbtp, -6.02, 0.01);
    assert_eq!((loudness.loudness_lufs, loudness.loudness_momentary_max_lufs), (None, None));
}

#[test]
fn loudness_begins_at_400_ms_and_short_term_at_3_s() {
    let measured = |frames| {
        let plane = tone(44_100, 1000.0, &[(-20.0, 4.0)]);
        measure(&front(44_100, 1), &[plane[..frames].to_vec()])
    };
    assert_eq!(measured(17_639).loudness_lufs, None);
    assert!(measured(17_640).loudness_lufs.is_some());
    assert_eq!(measured(132_299).loudness_range_lu, None);
    near(measured(132_300).loudness_range_lu, 0.0, 1e-9);
    assert!(measured(132_300).loudness_short_term_max_lufs.is_some());
}

#[test]
fn a_constant_is_not_heard() {
    let loudness = measure(&front(48_000, 1), &[vec![1.0; 480_000]]);
    // Only the step at the beginning passes the high-pass.
    assert!(loudness.loudness_lufs.is_some_and(|l| l < -10.0), "{loudness:?}");
    near(loudness.sample_peak_dbfs, 0.0, 0.0);
}

#[test]
fn every_rate_and_channel_count_is_measured() {
    for rate in [2_000, 3_999, 8_000, 11_025, 44_100, 192_000, 768_000] {
        for channels in 1..=8 {
            let planes = vec![noise(rate as usize, 5); channels];
            let loudness = measure(&front(rate, channels), &planes);
            let lufs = loudness.loudness_lufs.expect("sound");
            assert!((-10.0..15.0).contains(&lufs), "{rate} Hz, {channels} channels: {lufs}");
            assert!(loudness.true_peak_dbtp >= loudness.sample_peak_dbfs);
        }
    }
}

#[test]
fn damage_does_not_spread() {
    let spec = front(44_100, 1);
    let mut plane = tone(44_100, 1000.0, &[(-20.0, 5.0)]);
    let clean = measure(&spec, &[plane.clone()]);
    plane[100] = f32::NAN;
    plane[70_000] = f32::INFINITY;
    plane[100_000] = f32::MAX;
    let damaged = measure(&spec, &[plane]);
    near(damaged.loudness_lufs, clean.loudness_lufs.expect("sound"), 0.1);
    // A sample that is missing from a tone makes an edge.
    near(damaged.true_peak_dbtp, -20.0, 2.0);
    assert!(damaged.loudness_range_lu.is_some());
}

#[test]
fn gain_shifts_everything_by_as_much() {
    let spec = front(44_100, 1);
    let plane: Vec<f32> = noise(441_000, 3).iter().map(|x| x * 0.5).collect();
    let half: Vec<f32> = plane.iter().map(|x| x * 0.5).collect();
    let (a, b) = (measure(&spec, &[plane]), measure(&spec, &[half]));
    let shifted = |a: Option<f64>, b| near(b, a.expect("sound") - 20.0 * 2.0_f64.log10(), 1e-6);
    shifted(a.loudness_lufs, b.loudness_lufs);
    shifted(a.true_peak_dbtp, b.true_peak_dbtp);
    shifted(a.loudness_short_term_max_lufs, b.loudness_short_term_max_lufs);
    near(b.loudness_range_lu, a.loudness_range_lu.expect("sound"), 1e-6);
}

#[test]
fn the_histogram_gives_the_integrated_loudness_back() {
    let levels: Vec<_> = (0..40).map(|i| (-18.0 - f64::from(i * 7 % 40) * 0.33, 1.0)).collect();
    let plane = tone(44_100, 1000.0, &levels);
    let loudness = measure(&front(44_100, 1), &[plane]);
    let histogram = loudness.loudness_histogram.clone().expect("sound");
    assert_eq!(histogram.blocks(), 400 - 3);
    // Unshifted, gated as the standard says, bin centres for the blocks.
    let power = |edge: f64| 10.0_f64.powf((edge + 0.025) / 10.0);
    let mean = |gate: f64| {
        let passing = histogram.bins().filter(|&(edge, _)| power(edge) > gate);
        let (count, sum) = passing.fold((0.0, 0.0), |(count, sum), (edge, blocks)| {
            (count + f64::from(blocks), sum + f64::from(blocks) * power(edge))
        });
        sum / count
    };
    near(loudness.loudness_lufs, 10.0 * mean(mean(0.0) * 0.1).log10(), 0.02);
}

#[test]
fn the_curve_follows_the_level() {
    let plane = tone(44_100, 1000.0, &[(-20.0, 3.0), (-30.0, 2.0), (-200.0, 2.0), (-10.0, 1.5)]);
    let spec = front(44_100, 2);
    let curve = measure(&spec, &[plane.clone(), plane]).loudness_curve.expect("sound");
    assert_eq!((curve.step_s, curve.lufs.len()), (1, 8));
    // Two channels at 1 kHz: the level of the tone's peak, as in Tech 3341 case 1.
    for (second, expected) in [(1, -20.0), (2, -20.0), (4, -30.0), (6, -70.0), (7, -10.0)] {
        assert!((curve.lufs[second] - expected).abs() < 0.1, "{second} s: {curve:?}");
    }
}

#[test]
fn footprint_bounds_an_hour_and_does_not_explode() {
    for (rate, channels) in [(2_000, 1), (2_000, 8)] {
        let spec = front(rate, channels);
        let mut meter = Meter::new(&spec);
        let chunk = Chunk::from_planes(vec![noise(16_000, 9); channels]);
        (0..450).for_each(|_| meter.push(&chunk));
        let declared = Meter::footprint(&spec, 3600 * u64::from(rate));
        // Growing needs the old and the new copy at once, finishing a copy.
        assert!(meter.held_bytes() + 4 * 36_000 <= declared, "{} {declared}", meter.held_bytes());
    }
    let hours = |h: u64| Meter::footprint(&front(44_100, 2), h * 3600 * 44_100);
    assert!(hours(1) < 600_000, "{}", hours(1));
    assert!(hours(10) < 4_000_000, "{}", hours(10));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_cut_does_not_show(
        cut in 1_usize..9_000, rate in 2_000_u32..100_000, channels in 1_usize..6, seed in 1_u64..1000,
    ) {
        let planes: Vec<_> = (0..channels).map(|c| noise(31_007, seed + c as u64)).collect();
        let spec = front(rate, channels);
        prop_assert_eq!(measure_cut(&spec, &planes, cut), measure_cut(&spec, &planes, 31_007));
    }

    #[test]
    fn any_bits_give_numbers_or_nothing(bits in prop::collection::vec(any::<u32>(), 0..4000)) {
        let plane: Vec<f32> = bits.iter().map(|&b| f32::from_bits(b)).collect();
        let loudness = measure_cut(&front(2_000, 1), &[plane], 333);
        for value in loudness.values() {
            if let crate::feature::catalogue::Value::Real(Some(number)) = value {
                prop_assert!(number.is_finite());
            }
        }
        prop_assert!(loudness.true_peak_dbtp >= loudness.sample_peak_dbfs);
        prop_assert!(loudness.loudness_range_lu.is_none_or(|range| range >= 0.0));
    }
}
