//! Damage and malice cost the file at hand, never more.

use phonolite::audio::{Ended, Limits, SourceError};
use phonolite::error::{FailureKind, Severity, Stage};

use crate::support::{Wave, decode, decode_with, file_of, fixture, riff};

fn kind(bytes: &[u8]) -> FailureKind {
    match decode(bytes) {
        Ok(whole) => panic!("decoded {} frames", whole.planes[0].len()),
        Err(error) => {
            assert_eq!(error.severity(), Severity::FailFile);
            error.kind()
        }
    }
}

fn bytes_of(name: &str) -> Vec<u8> {
    std::fs::read(fixture(name)).unwrap()
}

const ALL: [&str; 15] = [
    "lame.mp3",
    "plain.mp3",
    "layer2.mp2",
    "aac.m4a",
    "adts.aac",
    "vorbis.ogg",
    "vorbis.mka",
    "opus.opus",
    "opus.webm",
    "flac.flac",
    "flac.oga",
    "alac.m4a",
    "alac.caf",
    "ms.wav",
    "ima.wav",
];

/// A small generator (Knuth's MMIX constants), so that the test is the same everywhere.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as usize % bound
    }
}

#[test]
fn what_is_no_audio_is_named() {
    assert_eq!(kind(b""), FailureKind::NoAudio);
    assert_eq!(kind(b"ID3\x04\x00\x00\x00\x00\x00\x05hello"), FailureKind::NoAudio);
    assert_eq!(kind(b"This is a letter, not a song."), FailureKind::UnsupportedFormat);
    assert_eq!(kind(b"wvpk\x00\x01\x02\x03"), FailureKind::UnsupportedFormat);
    assert_eq!(kind(&vec![0; 5000]), FailureKind::UnsupportedFormat);
    assert_eq!(kind(b"fLaC\x01\x02\x03"), FailureKind::Damaged);
    let wave = Wave { tag: 1, bits: 16, channels: 2, rate: 44_100 };
    assert_eq!(kind(&wave.file(&[])), FailureKind::NoAudio);
}

#[test]
fn limits_are_kept() {
    let wave = |channels, rate| Wave { tag: 1, bits: 16, channels, rate }.file(&vec![0; 40_000]);
    assert_eq!(kind(&wave(9, 44_100)), FailureKind::LimitExceeded);
    assert_eq!(kind(&wave(2, 1_000)), FailureKind::LimitExceeded);
    assert_eq!(kind(&wave(2, 900_000)), FailureKind::LimitExceeded);
    let short = Limits { duration_s: 0.1, ..Limits::default() };
    let error = decode_with(file_of(&wave(2, 44_100)), &short, 1000).err().unwrap();
    assert_eq!((error.kind(), error.stage()), (FailureKind::LimitExceeded, Stage::Decode));
    let mono = Limits { channels: 1, ..Limits::default() };
    assert!(decode_with(file_of(&wave(2, 44_100)), &mono, 1000).is_err());
    let strict = Limits { tag_bytes: 100, ..Limits::default() };
    let tagged = [b"ID3\x03\x00\x00\x00\x00\x01\x00".as_slice(), &[0; 128], &bytes_of("lame.mp3")];
    let error = decode_with(file_of(&tagged.concat()), &strict, 1000).err().unwrap();
    assert!(matches!(error, SourceError::LimitExceeded { .. }), "{error}");
}

#[test]
fn a_lying_header_is_not_believed() {
    let mut wave = Wave { tag: 1, bits: 16, channels: 2, rate: 44_100 }.file(&[1; 4000]);
    wave[40..44].copy_from_slice(&0x7fff_ffff_u32.to_le_bytes());
    let whole = decode(&wave).unwrap();
    assert_eq!((whole.planes[0].len(), whole.summary.ended), (1000, Some(Ended::Truncated)));
    let mut flac = bytes_of("flac.flac");
    flac[21] |= 0x0f;
    flac[22..26].fill(0xff);
    let whole = decode(&flac).unwrap();
    assert_eq!(whole.planes[0].len(), 13_230);
    assert_eq!(whole.format.expected_frames, Some(0xf_ffff_ffff));
    let list = riff(*b"LIST", b"INFO");
    let mut huge =
        Wave { tag: 1, bits: 16, channels: 2, rate: 44_100 }.with_chunks(&[1; 4000], &list, &[]);
    huge[40..44].copy_from_slice(&0xffff_fff0_u32.to_le_bytes());
    let _ = decode(&huge);
}

#[test]
fn unreadable_tags_cost_only_themselves() {
    let mut flac = bytes_of("flac.flac");
    let clean = decode(&flac).unwrap();
    assert_eq!(flac[42] & 0x7f, 4, "a comment block follows the stream information");
    flac[46..50].fill(0xff);
    let whole = decode(&flac).unwrap();
    assert!(whole.planes == clean.planes);
    assert_eq!(whole.summary.payload, clean.summary.payload);
    let mut mp3 = b"ID3\x07\x00\xff\x00\x00\x01\x00".to_vec();
    mp3.extend([0xff; 128]);
    mp3.extend(bytes_of("lame.mp3"));
    assert_eq!(decode(&mp3).unwrap().planes[0].len(), 66_150);
}

#[test]
fn chunks_behind_the_samples_are_no_samples() {
    let wave = Wave { tag: 1, bits: 16, channels: 2, rate: 44_100 };
    let mut file = wave.rf64(&[1; 4000]);
    file.extend(riff(*b"LIST", &[b'I'; 3000]));
    let whole = decode(&file).unwrap();
    assert_eq!((whole.planes[0].len(), whole.summary.ended), (1000, Some(Ended::Complete)));
}

#[test]
fn a_damaged_packet_keeps_what_follows_in_place() {
    let mut file = bytes_of("lame.mp3");
    let clean = decode(&file).unwrap();
    // Byte 30 of a frame lies behind the header and side information of its predecessor.
    let middle = file.len() / 2;
    file[middle..middle + 200].fill(0x55);
    let whole = decode(&file).unwrap();
    let frames = clean.planes[0].len();
    assert!(whole.planes[0].len().abs_diff(frames) <= 2 * 1152);
    let mut file = bytes_of("vorbis.ogg");
    let start = file.len() * 3 / 4;
    file[start..start + 50].fill(0);
    let clean = decode(&bytes_of("vorbis.ogg")).unwrap();
    let whole = decode(&file).unwrap();
    assert_eq!(whole.summary.damaged_packets, 1, "a page whose checksum is wrong");
    assert_eq!(whole.planes[0].len(), clean.planes[0].len());
    let end = |planes: &[Vec<f32>]| planes[0][62_000..].to_vec();
    assert_eq!(end(&whole.planes), end(&clean.planes), "the end is where it was");
}

#[test]
fn files_cut_anywhere_end_in_order() {
    for name in ALL {
        let bytes = bytes_of(name);
        for part in 0..40 {
            let cut = bytes.len() * part / 40;
            if let Err(error) = decode(&bytes[..cut]) {
                assert_ne!(error.kind(), FailureKind::Internal, "{name} cut at {cut}");
            }
        }
    }
}

/// Panics of decoders come out as damage, too: `tests/mutants` goes further.
#[test]
fn flipped_bytes_end_in_order() {
    let mut dice = Dice(2024);
    for name in ALL {
        let bytes = bytes_of(name);
        for _ in 0..30 {
            let mut file = bytes.clone();
            for _ in 0..=dice.below(20) {
                let at = dice.below(file.len());
                file[at] = dice.below(256) as u8;
            }
            if let Ok(whole) = decode(&file) {
                let finite = whole.planes.iter().flatten().all(|s| s.abs() <= 1.0e6);
                assert!(finite, "{name}");
            }
        }
    }
}
