//! Uncompressed audio comes out exactly as it was written.

use phonolite::audio::{Ended, Limits};
use phonolite::units::ChannelRole::{Front, LowFrequency, Surround};
use phonolite::units::MAX_CHANNELS;

use crate::support::{Wave, aiff, caf, decode, decode_with, file_of};

const RATES: [u32; 12] = [
    8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000, 88_200, 96_000, 176_400, 192_000,
    384_000,
];

/// Samples in 1/128 of full scale, so that every format of eight bits or more holds them exactly.
fn steps(frames: usize, channels: usize) -> Vec<i8> {
    (0..frames * channels).map(|i| ((i * 37 + i / 11) % 256) as u8 as i8).collect()
}

fn expected(steps: &[i8], channels: usize) -> Vec<Vec<f32>> {
    let plane = |c: usize| steps.iter().skip(c).step_by(channels).map(|&s| f32::from(s) / 128.0);
    (0..channels).map(|c| plane(c).collect()).collect()
}

fn bytes<const N: usize>(steps: &[i8], encode: impl Fn(i8) -> [u8; N]) -> Vec<u8> {
    steps.iter().flat_map(|&step| encode(step)).collect()
}

fn le24(s: i8) -> [u8; 3] {
    [0, 0, s as u8]
}

fn float(s: i8) -> f32 {
    f32::from(s) / 128.0
}

#[test]
fn every_depth_of_wave_is_exact() {
    let steps = steps(3000, 2);
    let want = expected(&steps, 2);
    let wave = |tag, bits| Wave { tag, bits, channels: 2, rate: 44_100 };
    let double = |s: i8| (f64::from(s) / 128.0).to_le_bytes();
    let files = [
        ("pcm_u8", wave(1, 8).file(&bytes(&steps, |s| [(s as u8) ^ 0x80]))),
        ("pcm_s16le", wave(1, 16).file(&bytes(&steps, |s| [0, s as u8]))),
        ("pcm_s24le", wave(1, 24).file(&bytes(&steps, le24))),
        ("pcm_s32le", wave(1, 32).file(&bytes(&steps, |s| [0, 0, 0, s as u8]))),
        ("pcm_f32le", wave(3, 32).file(&bytes(&steps, |s| float(s).to_le_bytes()))),
        ("pcm_f64le", wave(3, 64).file(&bytes(&steps, double))),
        ("pcm_s16le", wave(1, 16).rf64(&bytes(&steps, |s| [0, s as u8]))),
    ];
    for (codec, file) in files {
        let whole = decode(&file).unwrap_or_else(|error| panic!("{codec}: {error:?}"));
        assert_eq!((whole.format.codec, whole.format.container), (codec, "wave"));
        assert!(whole.planes == want, "{codec}");
        assert!(whole.format.lossless);
        let bits = codec.trim_matches(|c: char| !c.is_ascii_digit()).parse().ok();
        assert_eq!(whole.format.bits_per_sample, bits, "{codec}");
        // The header of RF64 is left to its size in bytes.
        let expected = whole.format.expected_frames.unwrap();
        assert!((3000..3030).contains(&expected), "{codec}: {expected}");
        assert_eq!(whole.summary.ended, Some(Ended::Complete));
    }
}

#[test]
fn every_depth_of_aiff_and_caf_is_exact() {
    let steps = steps(3000, 2);
    let want = expected(&steps, 2);
    let s16be = bytes(&steps, |s| [s as u8, 0]);
    let s24be = bytes(&steps, |s| [s as u8, 0, 0]);
    let s32be = bytes(&steps, |s| [s as u8, 0, 0, 0]);
    let f32be = bytes(&steps, |s| float(s).to_be_bytes());
    let f32le = bytes(&steps, |s| float(s).to_le_bytes());
    let s16le = bytes(&steps, |s| [0, s as u8]);
    let files = [
        ("pcm_s8", aiff(2, 8, 44_100, None, &bytes(&steps, |s| [s as u8]))),
        ("pcm_s16be", aiff(2, 16, 44_100, None, &s16be)),
        ("pcm_s24be", aiff(2, 24, 44_100, None, &s24be)),
        ("pcm_s32be", aiff(2, 32, 44_100, None, &s32be)),
        ("pcm_s16le", aiff(2, 16, 44_100, Some(b"sowt"), &s16le)),
        ("pcm_f32be", aiff(2, 32, 44_100, Some(b"fl32"), &f32be)),
        ("pcm_s16be", caf(2, 16, 44_100, *b"lpcm", 0, &s16be)),
        ("pcm_s24be", caf(2, 24, 44_100, *b"lpcm", 0, &s24be)),
        ("pcm_s16le", caf(2, 16, 44_100, *b"lpcm", 2, &s16le)),
        ("pcm_f32le", caf(2, 32, 44_100, *b"lpcm", 3, &f32le)),
    ];
    for (codec, file) in files {
        let whole = decode(&file).unwrap_or_else(|error| panic!("{codec}: {error:?}"));
        assert_eq!(whole.format.codec, codec);
        assert_eq!(whole.rate, 44_100);
        assert!(whole.planes == want, "{codec} in {}", whole.format.container);
    }
}

/// ITU-T G.711: sign, exponent, mantissa; A-law 0xd5 is the smallest positive step, μ-law 0xff 0.
#[test]
fn companded_audio_follows_g711() {
    let alaw = Wave { tag: 6, bits: 8, channels: 1, rate: 8_000 };
    let whole = decode(&alaw.file(&[0xd5, 0x55, 0xaa, 0x2a, 0x80])).unwrap();
    assert_eq!(whole.format.codec, "pcm_alaw");
    assert!(!whole.format.lossless);
    let levels: Vec<f32> = whole.planes[0].iter().map(|s| s * 32_768.0).collect();
    assert_eq!(levels, [8.0, -8.0, 32_256.0, -32_256.0, 5_504.0]);
    let mulaw = Wave { tag: 7, ..alaw };
    let whole = decode(&mulaw.file(&[0xff, 0x7f, 0x80, 0x00, 0xfe])).unwrap();
    assert_eq!(whole.format.codec, "pcm_mulaw");
    let levels: Vec<f32> = whole.planes[0].iter().map(|s| s * 32_768.0).collect();
    assert_eq!(levels, [0.0, 0.0, 32_124.0, -32_124.0, 8.0]);
}

#[test]
fn every_rate_and_channel_count_is_read() {
    for (index, rate) in RATES.into_iter().enumerate() {
        let channels = 1 + index % MAX_CHANNELS;
        let steps = steps(2000, channels);
        let wave = Wave { tag: 1, bits: 16, channels: channels as u16, rate };
        let whole = decode(&wave.file(&bytes(&steps, |s| [0, s as u8]))).unwrap();
        assert_eq!((whole.rate, whole.planes.len()), (rate, channels));
        assert!(whole.planes == expected(&steps, channels), "{channels} channels");
    }
}

#[test]
fn surround_has_its_roles() {
    let wave = Wave { tag: 1, bits: 16, channels: 6, rate: 48_000 };
    let file = file_of(&wave.file(&[0; 120]));
    let source = phonolite::audio::from_file(file, &Limits::default()).unwrap();
    let roles = [Front, Front, Front, LowFrequency, Surround, Surround];
    assert_eq!(source.spec().channels.roles(), roles);
}

#[test]
fn the_chunk_length_does_not_show() {
    let steps = steps(5000, 2);
    let file =
        Wave { tag: 1, bits: 16, channels: 2, rate: 44_100 }.file(&bytes(&steps, |s| [0, s as u8]));
    for step in [1, 7, 1151, 1152, 1153, 4999, 100_000] {
        let whole = decode_with(file_of(&file), &Limits::default(), step).unwrap();
        assert!(whole.planes == expected(&steps, 2), "{step}");
    }
}

#[test]
fn bad_floats_are_silenced_and_counted() {
    let samples = [0.5_f32, f32::NAN, f32::INFINITY, -0.5, 1.0e20, 2.0];
    let data: Vec<u8> = samples.iter().flat_map(|s| s.to_le_bytes()).collect();
    let wave = Wave { tag: 3, bits: 32, channels: 1, rate: 44_100 };
    let whole = decode(&wave.file(&data)).unwrap();
    assert_eq!(whole.planes[0], [0.5, 0.0, 0.0, -0.5, 0.0, 2.0]);
    assert_eq!(whole.summary.bad_samples, 3);
}

#[test]
fn a_file_that_was_cut_gives_what_is_there() {
    let steps = steps(5000, 1);
    let mut file =
        Wave { tag: 1, bits: 16, channels: 1, rate: 44_100 }.file(&bytes(&steps, |s| [0, s as u8]));
    file.truncate(file.len() - 4000);
    let whole = decode(&file).unwrap();
    assert_eq!(whole.planes[0].len(), 3000);
    assert_eq!(whole.summary.ended, Some(Ended::Truncated));
}
