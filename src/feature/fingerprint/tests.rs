use super::*;
use crate::units::{ChannelLayout, Hertz};

fn spec(rate_hz: u32, channels: usize) -> StreamSpec {
    StreamSpec {
        rate: Hertz::new(rate_hz).expect("sound"),
        channels: ChannelLayout::front(channels).expect("sound"),
    }
}

/// Seconds of chords that change, with a little noise.
fn music(rate_hz: u32, seconds: f64) -> Vec<f32> {
    let mut state = 1_u32;
    let sample = |n: usize| {
        let t = n as f64 / f64::from(rate_hz);
        let step = (t * 2.0) as i32 % 7;
        let root = 220.0 * 2f64.powf(f64::from(step * 5 % 12) / 12.0);
        let chord =
            [1.0, 1.26, 1.498].map(|ratio| (std::f64::consts::TAU * root * ratio * t).sin());
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (0.2 * chord.iter().sum::<f64>() + 0.02 * (f64::from(state) / 4e9 - 0.5)) as f32
    };
    (0..(f64::from(rate_hz) * seconds) as usize).map(sample).collect()
}

fn fingerprint(spec: &StreamSpec, planes: &[Vec<f32>], chunk: usize) -> Fingerprint {
    let mut tracker = Tracker::new(spec);
    let frames = planes[0].len();
    for from in (0..frames).step_by(chunk) {
        let to = (from + chunk).min(frames);
        let cut = planes.iter().map(|plane| plane[from..to].to_vec()).collect();
        tracker.push(&Chunk::from_planes(cut));
    }
    tracker.finish()
}

#[test]
fn the_cut_into_chunks_does_not_show() {
    for (rate, channels) in [(44_100, 2), (48_000, 1), (32_000, 3), (11_025, 2), (8_000, 1)] {
        let plane = music(rate, 8.0);
        let planes = vec![plane; channels];
        let spec = spec(rate, channels);
        let whole = fingerprint(&spec, &planes, usize::MAX / 2);
        assert!(whole.hashes.len() > 40, "{rate}: {}", whole.hashes.len());
        for chunk in [313, 4096, 16_384] {
            assert_eq!(fingerprint(&spec, &planes, chunk), whole, "{rate} Hz, chunks of {chunk}");
        }
    }
}

#[test]
fn only_two_minutes_are_heard() {
    let rate = 22_050;
    let plane = music(rate, 130.0);
    let long = fingerprint(&spec(rate, 1), std::slice::from_ref(&plane), 16_384);
    assert_eq!(long.hashes.len(), 948, "the length of every fingerprint of fpcalc");
    assert!((long.covered_s - 120.0).abs() < 1e-9);
    let shorter = fingerprint(&spec(rate, 1), &[plane[..rate as usize * 125].to_vec()], 16_384);
    assert_eq!(shorter, long);
}

#[test]
fn what_is_too_short_has_no_fingerprint() {
    for seconds in [0.0, 0.001, 0.3, 2.7] {
        let heard = fingerprint(&spec(44_100, 2), &vec![music(44_100, seconds); 2], 16_384);
        assert_eq!(heard.hashes, [0; 0], "{seconds} s");
        assert_eq!(heard.values()[0], Value::Bytes(None));
    }
    assert_eq!(fingerprint(&spec(44_100, 1), &[music(44_100, 2.75)], 999).hashes.len(), 1);
}

#[test]
fn silence_is_one_hash_over_and_over() {
    let heard = fingerprint(&spec(44_100, 1), &[vec![0.0; 44_100 * 10]], 16_384);
    assert!(heard.hashes.windows(2).all(|pair| pair[0] == pair[1]));
    // The hash fpcalc gives for silence.
    assert_eq!(heard.hashes.first(), Some(&627_964_279));
}

#[test]
fn bad_samples_do_no_harm() {
    for bad in [f32::NAN, f32::INFINITY, -1e30] {
        let mut plane = music(44_100, 5.0);
        plane[1000] = bad;
        assert!(!fingerprint(&spec(44_100, 1), &[plane], 16_384).hashes.is_empty());
    }
}

#[test]
fn gain_changes_almost_no_bit() {
    let loud = music(44_100, 30.0);
    let soft: Vec<f32> = loud.iter().map(|sample| sample * 0.5).collect();
    let [loud, soft] = [loud, soft].map(|plane| fingerprint(&spec(44_100, 1), &[plane], 16_384));
    let pairs = loud.hashes.iter().zip(&soft.hashes);
    let differing: u32 = pairs.map(|(a, b)| (a ^ b).count_ones()).sum();
    assert!(differing < loud.hashes.len() as u32 * 32 / 100, "{differing}");
}

#[test]
fn bytes_are_hashes() {
    assert_eq!(from_bytes(&[1, 0, 0, 0, 0, 0, 0, 128]), Some(vec![1, 1 << 31]));
    assert_eq!(from_bytes(&[1, 2, 3]), None);
}

#[test]
fn memory_stays_within_the_footprint() {
    let chunk = crate::audio::CHUNK_FRAMES;
    for (rate, channels) in [(2_000, 8), (8_000, 1), (44_100, 2), (48_000, 6), (768_000, 2)] {
        let spec = spec(rate, channels);
        let mut tracker = Tracker::new(&spec);
        for _ in 0..60 {
            tracker.push(&Chunk::from_planes(vec![vec![0.25; chunk]; channels]));
        }
        let held = tracker.resampler.held()
            + tracker.chroma.held()
            + tracker.hasher.held()
            + (2 * tracker.mono.capacity() + 4 * tracker.downmix.sums()) as u64;
        let bound = Tracker::footprint(&spec, 60 * chunk as u64);
        assert!(held <= bound, "{rate} Hz, {channels} channels: {held} > {bound}");
        assert!(bound < 8 << 20, "{rate} Hz: {bound}");
    }
}

/// A table of 48 kHz has 13 000 taps, which a short file would wait for.
#[test]
fn the_table_of_a_rate_is_made_once_for_all_files() {
    let bank = |rate_hz| resample::shared_bank(Rates::new(rate_hz));
    assert!(std::sync::Arc::ptr_eq(&bank(48_000), &bank(48_000)));
    assert!(bank(48_000).len() > bank(44_100).len());
}
