//! Any bytes as a sound file: recognised, tags read, named without decoding, decoded.

#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use phonolite::audio::{Chunk, Limits, Opened};
use phonolite_fuzz::{file_of, mended, uncaught};

const FRAMES: usize = 16_384;
/// Samples of all channels after which enough was heard.
const ENOUGH: usize = 4_000_000;

fuzz_target!(|bytes: &[u8]| uncaught(|| hear(bytes)));

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let size = fuzzer_mutate(data, size, max_size);
    mended(&mut data[..size], seed);
    size
});

fn hear(bytes: &[u8]) {
    let limits = Limits { duration_s: 600.0, ..Limits::default() };
    let Ok(mut opened) = Opened::from_file(file_of(bytes), &limits) else { return };
    let head = opened.head();
    let named = opened.identify().ok();
    let Ok(mut source) = opened.decode() else { return };
    let (mut chunk, mut heard) = (Chunk::default(), 0);
    loop {
        let channels = source.spec().channels.count();
        chunk.reset(channels);
        match source.fill(&mut chunk, FRAMES) {
            Ok(0) => break,
            Ok(frames) => heard += frames * channels,
            Err(_) => return,
        }
        assert!(chunk.frames() <= FRAMES, "a chunk of {} frames", chunk.frames());
        assert!(chunk.planes().flatten().all(|sample| sample.is_finite()), "a sample is no number");
        if heard > ENOUGH {
            return;
        }
    }
    let (Ok(summary), Some(named)) = (source.finish(), named) else { return };
    assert_eq!((summary.payload, summary.head), (named.payload, head), "one file, two names");
}
