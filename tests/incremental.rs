//! Work is never redone because a file was moved, retagged or copied, or because another family got
//! a new version.

mod common;

use std::fs;

use common::{Library, Outcomes, run_observed};
use phonolite::pipeline::{Cancel, Outcome, Relink};
use rusqlite::Connection;

const SAMPLES: &[&str] =
    &["tone.mka", "sorohanro_solo_trumpet_06.ogg", "half_a_second.wav", "jazz_swing_132.mp3"];

fn outcomes(library: &Library) -> Outcomes {
    let outcomes = Outcomes::default();
    run_observed(&library.database(), &library.options(), &Cancel::default(), &outcomes);
    outcomes
}

fn sql<T: rusqlite::types::FromSql>(library: &Library, query: &str) -> T {
    let database = Connection::open(library.database()).expect("opens");
    database.query_row(query, [], |row| row.get(0)).expect("answers")
}

#[test]
fn an_unchanged_library_is_left_alone() {
    let library = Library::with(SAMPLES);
    assert_eq!(library.run().counts.analysed, 4);
    let rows = library.rows();
    let changes = |library: &Library| -> i64 {
        sql(library, "SELECT sum(updated_at) + sum(track_id) FROM file")
    };
    let before = changes(&library);
    let second = library.run();
    assert_eq!((second.counts.unchanged, second.counts.scanned), (4, 4));
    assert!(second.audio_s.abs() < 1e-12, "nothing was decoded");
    assert_eq!((library.rows(), changes(&library)), (rows, before));
    // The run is written down, and nothing else.
    assert_eq!(sql::<i64>(&library, "SELECT count(*) FROM run"), 2);
    assert!(second.store.writer.rows <= 2, "{:?}", second.store.writer);
}

#[test]
fn a_moved_file_is_linked_not_analysed() {
    let library = Library::with(SAMPLES);
    library.run();
    fs::create_dir(library.music().join("sub")).expect("made");
    fs::rename(library.music().join("tone.mka"), library.music().join("sub/moved.mka"))
        .expect("moved");
    let outcomes = outcomes(&library);
    assert_eq!(outcomes.of("moved.mka"), Outcome::Relinked { how: Relink::Moved });
    assert_eq!(sql::<i64>(&library, "SELECT count(*) FROM file"), 4, "no row is left behind");
}

#[test]
fn a_moved_file_with_new_inode_is_found_by_its_audio() {
    let library = Library::with(SAMPLES);
    library.run();
    // As a copy to another disk does: other inode, other time.
    let (old, new) = (library.music().join("tone.mka"), library.music().join("new.mka"));
    fs::copy(&old, &new).expect("copied");
    fs::remove_file(&old).expect("removed");
    let outcomes = outcomes(&library);
    assert_eq!(outcomes.of("new.mka"), Outcome::Relinked { how: Relink::Moved });
    assert_eq!(sql::<i64>(&library, "SELECT count(*) FROM file"), 4);
}

#[test]
fn a_copy_shares_the_measurement() {
    let library = Library::with(SAMPLES);
    library.run();
    fs::copy(library.music().join("tone.mka"), library.music().join("twin.mka")).expect("copied");
    assert_eq!(outcomes(&library).of("twin.mka"), Outcome::Relinked { how: Relink::Copy });
    assert_eq!(sql::<i64>(&library, "SELECT count(DISTINCT track_id) FROM file"), 4);
}

#[test]
fn a_retagged_file_reads_its_tags_again_and_nothing_else() {
    let library = Library::with(SAMPLES);
    library.run();
    let file = library.music().join("jazz_swing_132.mp3");
    let mut bytes = fs::read(&file).expect("read");
    let mut tag = [0u8; 128];
    tag[..3].copy_from_slice(b"TAG");
    tag[3..12].copy_from_slice(b"New title");
    bytes.extend(tag);
    fs::write(&file, bytes).expect("written");
    let outcome = outcomes(&library).of("jazz_swing_132.mp3");
    assert_eq!(outcome, Outcome::Relinked { how: Relink::Retagged });
    let title: String = sql(&library, "SELECT title FROM file WHERE path_text LIKE '%jazz_swing%'");
    assert_eq!(title, "New title");
}

#[test]
fn changed_audio_is_analysed_again() {
    let library = Library::new();
    let file = library.music().join("tone.wav");
    fs::write(&file, common::sine(440.0, 3.0)).expect("written");
    library.run();
    fs::write(&file, common::sine(550.0, 4.0)).expect("written");
    assert!(matches!(outcomes(&library).of("tone.wav"), Outcome::Analysed { .. }));
    assert_eq!(library.rows().len(), 1);
    let duration: f64 = sql(&library, "SELECT duration_s FROM track");
    assert!((duration - 4.0).abs() < 1e-9, "{duration}");
}

#[test]
fn only_the_family_with_a_new_version_is_computed() {
    let library = Library::with(&["sorohanro_solo_trumpet_06.ogg"]);
    library.run();
    let rows = library.rows();
    // As if an older program had measured the rhythm; the loudness is marked to see it survive.
    let database = Connection::open(library.database()).expect("opens");
    database
        .execute_batch("UPDATE rhythm SET version = 0, onset_count = -1; UPDATE loudness SET loudness_lufs = 1.5;")
        .expect("changed");
    drop(database);
    assert_eq!(library.run().counts.analysed, 1);
    let kept: f64 = sql(&library, "SELECT loudness_lufs FROM track");
    assert!((kept - 1.5).abs() < 1e-12, "left alone: {kept}");
    assert!(sql::<i64>(&library, "SELECT onset_count FROM track") >= 0, "computed again");
    assert_eq!(library.run().counts.unchanged, 1);
    assert_eq!(rows.len(), 1);
}

#[test]
fn missing_files_are_marked_and_only_pruned_when_asked() {
    let library = Library::with(SAMPLES);
    library.run();
    fs::remove_file(library.music().join("tone.mka")).expect("removed");
    let summary = library.run();
    assert_eq!((summary.missing, summary.pruned), (1, 0));
    assert_eq!(sql::<i64>(&library, "SELECT count(*) FROM file WHERE status = 'missing'"), 1);
    let options = phonolite::pipeline::Options { prune: true, ..library.options() };
    assert_eq!(library.run_with(&options).pruned, 1);
    assert_eq!(sql::<i64>(&library, "SELECT count(*) FROM recording"), 3);
}

#[test]
fn a_library_that_is_not_mounted_loses_nothing() {
    let library = Library::with(SAMPLES);
    library.run();
    fs::rename(library.music(), library.music().with_extension("away")).expect("moved");
    let options = library.options();
    let store =
        phonolite::store::Store::open(&library.database(), &phonolite::store::Options::default());
    let store = store.expect("opens");
    let ran = phonolite::pipeline::run(
        &store,
        &options,
        &Cancel::default(),
        &phonolite::pipeline::Silent,
    );
    if let Ok(summary) = ran {
        assert_eq!(summary.missing, 0);
    }
    store.close().expect("closes");
    assert_eq!(sql::<i64>(&library, "SELECT count(*) FROM file WHERE status = 'ok'"), 4);
}
