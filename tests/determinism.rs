//! The same input gives the same bytes: whatever the threads, the chunks and the order.

mod common;

use common::Library;

/// Several codecs, rates and channel counts.
const SAMPLES: &[&str] = &[
    "sorohanro_solo_trumpet_06.ogg",
    "speech_sense_and_sensibility.ogg",
    "surround_5_1.ogg",
    "tone.mka",
    "half_a_second.wav",
    "jig_117.m4a",
    "jazz_swing_132.mp3",
    "prog_five_four_128.opus",
];

#[test]
fn one_job_and_eight_give_the_same_rows() {
    let library = Library::with(SAMPLES);
    let rows = |jobs, cores| {
        let _ = std::fs::remove_file(library.database());
        library.run_with(&phonolite::pipeline::Options { jobs, cores, ..library.options() });
        library.rows()
    };
    let alone = rows(1, 1);
    assert_eq!(alone.len(), SAMPLES.len());
    assert_eq!(rows(8, 2), alone);
    assert_eq!(rows(1, 4), alone, "lanes side by side");
}

#[test]
fn the_length_of_chunks_does_not_show() {
    let library = Library::with(&SAMPLES[..6]);
    let rows = |chunk_frames| {
        let _ = std::fs::remove_file(library.database());
        library.run_with(&phonolite::pipeline::Options { chunk_frames, ..library.options() });
        library.rows()
    };
    let usual = rows(phonolite::audio::CHUNK_FRAMES);
    for chunk_frames in [1_000, 4_097, 65_536] {
        assert_eq!(rows(chunk_frames), usual, "{chunk_frames} frames a chunk");
    }
}
