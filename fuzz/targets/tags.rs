//! Any bytes as a file whose tags are read, written, removed and given back.

#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};
use phonolite::audio::{Limits, Opened};
use phonolite_fuzz::{file_of, mended, uncaught};

fuzz_target!(|bytes: &[u8]| {
    uncaught(|| {
        if let Ok(opened) = Opened::from_file(file_of(bytes), &Limits::default()) {
            assert!(opened.tags().bpm.is_none_or(|bpm| bpm.is_finite() && bpm > 0.0));
        }
        phonolite::tag::fuzzing::rewrite(bytes, file_of);
    });
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let size = fuzzer_mutate(data, size, max_size);
    mended(&mut data[..size], seed);
    size
});
