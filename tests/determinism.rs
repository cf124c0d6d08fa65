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

/// The same packets in two containers are one track, and each file keeps its own container.
#[test]
fn twins_keep_their_containers_whichever_is_met_first() {
    let fixtures = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let kinds = [("flac", "flac"), ("oga", "ogg"), ("mka", "matroska"), ("mp4", "mp4")];
    for first in 0..kinds.len() {
        let library = Library::new();
        for (place, (suffix, _)) in kinds.iter().cycle().skip(first).take(kinds.len()).enumerate() {
            let copy = library.music().join(format!("{place}.{suffix}"));
            std::fs::copy(fixtures.join(format!("flac.{suffix}")), copy).expect("copied");
        }
        let summary =
            library.run_with(&phonolite::pipeline::Options { jobs: 1, ..library.options() });
        assert_eq!((summary.counts.analysed, summary.counts.relinked), (2, 2));
        library.run_with(&phonolite::pipeline::Options { force: true, ..library.options() });
        for row in library.rows() {
            let (_, container) = kinds
                .iter()
                .find(|(suffix, _)| row.contains(&format!(".{suffix}\"")))
                .expect("one of them");
            assert!(row.contains(&format!("\"container\":\"{container}\"")), "{row:.300}");
        }
    }
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
