//! A library of short files: sound of its own, copies, and what is broken.

use std::fs;
use std::path::Path;

use crate::common::{sine, wave};

/// Rate of what is made here, Hz.
const RATE: u32 = 22_050;

/// Writes `count` files into `folder`, and the fixtures of all formats beside them; some of those are the same
/// sound in several containers.
pub(crate) fn make(folder: &Path, count: u32) {
    for number in 0..count {
        let (name, bytes) = file(number);
        fs::write(folder.join(name), bytes).expect("written");
    }
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    for entry in fs::read_dir(fixtures).expect("readable").flatten() {
        if entry.path().is_file() {
            fs::copy(entry.path(), folder.join(entry.file_name())).expect("copied");
        }
    }
}

/// Of eight files five are WAVE and one FLAC, one is a copy and one is broken.
fn file(number: u32) -> (String, Vec<u8>) {
    let seconds = 0.2 + f64::from(number % 9) / 10.0;
    let hz = 110.0 + f64::from(number);
    match number % 8 {
        5 => (format!("{number:05}.flac"), flac(&samples(hz, seconds))),
        6 => (format!("{number:05}.wav"), file(number - 6).1),
        7 => broken(number),
        _ => (format!("{number:05}.wav"), sine(hz, seconds)),
    }
}

fn broken(number: u32) -> (String, Vec<u8>) {
    let whole = flac(&samples(300.0 + f64::from(number), 0.5));
    match number / 8 % 4 {
        0 => (format!("{number:05}.mp3"), Vec::new()),
        1 => (format!("{number:05}.mp3"), format!("no music {number}\n").repeat(99).into_bytes()),
        2 => (format!("{number:05}.flac"), whole[..30].to_vec()),
        _ => (format!("{number:05}.wav"), wave(RATE, 1, &[])),
    }
}

fn samples(hz: f64, seconds: f64) -> Vec<i16> {
    let step = std::f64::consts::TAU * hz / f64::from(RATE);
    let frames = (f64::from(RATE) * seconds) as usize;
    (0..frames).map(|n| ((step * n as f64).sin() * 8192.0) as i16).collect()
}

/// A FLAC file of verbatim subframes: RFC 9639, sections 8.2 and 9.
fn flac(samples: &[i16]) -> Vec<u8> {
    const BLOCK: usize = 4096;
    let mut bytes = b"fLaC\x80\x00\x00\x22".to_vec();
    bytes.extend([0x10, 0, 0x10, 0, 0, 0, 0, 0, 0, 0]);
    let layout = (u64::from(RATE) << 44) | (15 << 36) | samples.len() as u64;
    bytes.extend(layout.to_be_bytes());
    bytes.extend([0; 16]);
    for (number, block) in samples.chunks(BLOCK).enumerate() {
        let start = bytes.len();
        bytes.extend([0xff, 0xf8, 0x70, 0x08, number as u8]);
        bytes.extend((block.len() as u16 - 1).to_be_bytes());
        bytes.push(crc(&bytes[start..], 8, 0x07) as u8);
        bytes.push(0x02);
        bytes.extend(block.iter().flat_map(|sample| sample.to_be_bytes()));
        let sum = crc(&bytes[start..], 16, 0x8005) as u16;
        bytes.extend(sum.to_be_bytes());
    }
    bytes
}

/// A checksum bit by bit, most significant first, from 0.
fn crc(bytes: &[u8], width: u32, polynomial: u32) -> u32 {
    let (top, mask) = (1 << (width - 1), (1 << width) - 1);
    bytes.iter().fold(0, |sum, &byte| {
        (0..8).fold(sum ^ (u32::from(byte) << (width - 8)), |sum, _| {
            ((sum << 1) ^ if sum & top == 0 { 0 } else { polynomial }) & mask
        })
    })
}
