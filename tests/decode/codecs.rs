//! Coded audio comes out at its place, at its level and at its length.

use phonolite::audio::{Ended, Limits, Opened};

use crate::support::{Whole, decode_fixture, fixture};

/// The chirp of `fixtures/make.py`, left channel.
fn chirp(rate: u32, frames: usize) -> Vec<f32> {
    let sample = |n: usize| {
        let t = n as f64 / f64::from(rate);
        (0.5 * (std::f64::consts::TAU * (200.0 * t + 600.0 * t * t)).sin()) as f32
    };
    (0..frames).map(sample).collect()
}

/// Gain and residual (relative to the power of `want`) of the best match of `got`, shifted.
fn match_at(got: &[f32], want: &[f32], shift: usize) -> (f64, f64) {
    let pairs = || want.iter().zip(got.get(shift..).unwrap_or(&[]));
    let sum = |f: fn(f64, f64) -> f64| -> f64 {
        pairs().map(|(&w, &g)| f(f64::from(w), f64::from(g))).sum()
    };
    let (power, cross, energy) = (sum(|w, _| w * w), sum(|w, g| w * g), sum(|_, g| g * g));
    let gain = cross / power;
    (gain, (energy - gain * cross).max(0.0) / energy)
}

struct Expected {
    name: &'static str,
    codec: &'static str,
    rate: u32,
    /// Frames of the chirp.
    frames: usize,
    /// Frames that come out; more where the container does not say what to cut.
    given: usize,
    /// Frames before the chirp begins; 0 where the container tells of the delay.
    delay: usize,
    /// Power of the coding error.
    error: f64,
}

const LOSSLESS: f64 = 1.0e-8;
const LOSSY: f64 = 0.01;

#[rustfmt::skip]
const FIXTURES: [Expected; 15] = [
    Expected { name: "lame.mp3", codec: "mp3", rate: 44_100, frames: 66_150, given: 66_150, delay: 0, error: LOSSY },
    Expected { name: "plain.mp3", codec: "mp3", rate: 44_100, frames: 66_150, given: 67_968, delay: 1105, error: LOSSY },
    Expected { name: "layer2.mp2", codec: "mp2", rate: 44_100, frames: 44_100, given: 44_928, delay: 481, error: LOSSY },
    Expected { name: "aac.m4a", codec: "aac", rate: 44_100, frames: 66_150, given: 66_150, delay: 0, error: LOSSY },
    Expected { name: "adts.aac", codec: "aac", rate: 44_100, frames: 44_100, given: 46_080, delay: 1024, error: LOSSY },
    Expected { name: "vorbis.ogg", codec: "vorbis", rate: 44_100, frames: 66_150, given: 66_150, delay: 0, error: LOSSY },
    Expected { name: "vorbis.mka", codec: "vorbis", rate: 44_100, frames: 30_870, given: 31_296, delay: 0, error: LOSSY },
    Expected { name: "opus.opus", codec: "opus", rate: 48_000, frames: 72_000, given: 72_000, delay: 0, error: LOSSY },
    Expected { name: "opus.webm", codec: "opus", rate: 48_000, frames: 33_600, given: 34_248, delay: 0, error: LOSSY },
    Expected { name: "flac.flac", codec: "flac", rate: 44_100, frames: 13_230, given: 13_230, delay: 0, error: LOSSLESS },
    Expected { name: "flac.oga", codec: "flac", rate: 44_100, frames: 13_230, given: 13_230, delay: 0, error: LOSSLESS },
    Expected { name: "alac.m4a", codec: "alac", rate: 44_100, frames: 13_230, given: 13_230, delay: 0, error: LOSSLESS },
    Expected { name: "alac.caf", codec: "alac", rate: 44_100, frames: 8_820, given: 8_820, delay: 0, error: LOSSLESS },
    Expected { name: "ms.wav", codec: "adpcm_ms", rate: 44_100, frames: 8_820, given: 9_108, delay: 0, error: LOSSY },
    Expected { name: "ima.wav", codec: "adpcm_ima_wav", rate: 44_100, frames: 8_820, given: 9_153, delay: 0, error: LOSSY },
];

fn check(expected: &Expected, whole: &Whole) {
    let Expected { name, .. } = expected;
    assert_eq!((whole.format.codec, whole.rate), (expected.codec, expected.rate), "{name}");
    assert_eq!(whole.planes[0].len(), expected.given, "{name}");
    assert_eq!(whole.summary.damaged_packets, 0, "{name}");
    assert_eq!(whole.summary.ended, Some(Ended::Complete), "{name}");
    let want = chirp(expected.rate, expected.frames);
    let [left, right] = &whole.planes[..] else { panic!("{name} is stereo") };
    let (gain, error) = match_at(left, &want, expected.delay);
    // LAME makes constant bit rates 0.45 dB quieter, against clipping.
    let level = if *name == "lame.mp3" { 0.95 } else { 1.0 };
    assert!((gain - level).abs() < 0.01 && error < expected.error, "{name}: {gain} {error}");
    let (half, _) = match_at(right, &want, expected.delay);
    assert!((half - level / 2.0).abs() < 0.01, "{name}: {half}");
    for wrong in [expected.delay + 1, expected.delay.wrapping_sub(1)] {
        let (_, worse) = match_at(left, &want, wrong);
        assert!(worse > error || worse.is_nan(), "{name} is one frame off: {error} {worse}");
    }
}

#[test]
fn every_codec_is_in_place() {
    for expected in &FIXTURES {
        check(expected, &decode_fixture(expected.name));
    }
}

/// Every channel of a surround file is the chirp, at a level of its own.
#[test]
fn surround_channels_are_not_mixed_up() {
    let files: [(&str, &[f64]); 2] =
        [("quad.ogg", &[1.0, 0.8, 0.6, 0.4]), ("surround.ogg", &[1.0, 0.8, 0.6, 0.2, 0.4, 0.3])];
    for (name, levels) in files {
        let whole = decode_fixture(name);
        let want = chirp(44_100, 17_640);
        assert_eq!(whole.planes.len(), levels.len());
        for (channel, (plane, level)) in whole.planes.iter().zip(levels).enumerate() {
            // The low-frequency channel is band-limited by the encoder: only its place is certain.
            let low = levels.len() == 6 && channel == 3;
            let (gain, error) = match_at(plane, &want, 0);
            assert_eq!(plane.len(), want.len(), "{name}");
            assert!(low || (gain / level - 1.0).abs() < 0.03, "{name} {channel}: {gain}");
            assert!(low || error < 0.02, "{name} {channel}: {error}");
        }
    }
}

#[test]
fn packets_that_only_change_the_container_keep_their_name() {
    let identity = |name| {
        Opened::open(&fixture(name), &Limits::default()).unwrap().identify().unwrap().payload
    };
    assert_eq!(identity("flac.flac"), identity("flac.oga"));
    assert_ne!(identity("aac.m4a"), identity("lame.mp3"));
    let head = |name| Opened::open(&fixture(name), &Limits::default()).unwrap().head();
    assert_eq!(head("aac.m4a"), head("adts.aac"), "the same encoder on the same beginning");
}

#[test]
fn all_ways_through_a_file_agree() {
    for Expected { name, .. } in &FIXTURES {
        let mut opened = Opened::open(&fixture(name), &Limits::default()).unwrap();
        let head = opened.head();
        let identity = opened.identify().unwrap();
        let summary = opened.decode().unwrap().finish().unwrap();
        let direct = decode_fixture(name).summary;
        assert_eq!((head, identity.head), (identity.head, summary.head), "{name}");
        assert_eq!(
            (identity.payload, direct.payload),
            (summary.payload, summary.payload),
            "{name}"
        );
        assert_eq!((identity.packets, direct.packets), (direct.packets, summary.packets), "{name}");
        assert_eq!(summary.ended, None, "{name}: nobody asked for the samples");
    }
}
