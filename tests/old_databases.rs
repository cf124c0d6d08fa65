//! Databases of earlier schemas are brought up to date and keep what they hold; a newer one is refused
//! by everything and left alone.

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use phonolite::feature::Value;
use phonolite::store::{Options, Readers, Store, StoreError, care};

/// Databases as the program made them when their schema was the newest, with the tracks in them.
const FIXTURES: [(i64, &str, &[&str]); 2] = [
    (2, "v2.sqlite", &["sorohanro_solo_trumpet_06.ogg"]),
    (
        5,
        "v5.sqlite",
        &["half_a_second.wav", "sorohanro_solo_trumpet_06.ogg", "speech_sense_and_sensibility.ogg"],
    ),
];

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/stores").join(name)
}

/// A copy of a fixture in a folder of its own.
fn copy(name: &str) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().expect("made");
    let path = dir.path().join("library.db");
    fs::copy(fixture(name), &path).expect("copied");
    (dir, path)
}

fn durations(readers: &Readers, names: &[&str]) -> Vec<Option<f64>> {
    let duration = |name: &&str| {
        let row = readers.row_by_path(&Path::new("/music").join(name)).expect("readable")?;
        match row.get("duration_s") {
            Some(Value::Real(seconds)) => *seconds,
            _ => None,
        }
    };
    names.iter().map(duration).collect()
}

#[test]
fn earlier_databases_are_brought_up_to_date_with_all_they_hold() {
    for (schema, name, tracks) in FIXTURES {
        let (_dir, path) = copy(name);
        let held = care::examine(&path).expect("sound");
        assert_eq!((held.schema, held.tracks), (schema, tracks.len() as u64), "{name}");
        let store = Store::open(&path, &Options::default()).expect("opens");
        let durations = durations(store.readers(), tracks);
        assert!(durations.iter().all(|seconds| seconds.is_some_and(|s| s > 0.4)), "{durations:?}");
        assert_eq!(store.readers().rows().flatten().count(), tracks.len(), "{name}");
        store.close().expect("closes");
        let after = care::examine(&path).expect("sound after all");
        assert!(after.schema >= held.schema && after.tracks == held.tracks, "{name}");
    }
}

#[test]
fn a_copy_of_an_earlier_schema_is_restored_and_brought_up_to_date() {
    for (schema, name, tracks) in FIXTURES {
        let (_dir, path) = copy("v2.sqlite");
        let done = care::restore(&fixture(name), &path, false).expect("restored");
        assert_eq!(done.holdings.schema, schema, "{name}: as it was");
        let readers = Readers::open(&path, 1).expect("opens");
        assert!(durations(&readers, tracks).iter().all(Option::is_some), "{name}");
    }
}

#[test]
fn a_downgrade_is_refused_everywhere_and_changes_nothing() {
    let (dir, path) = copy("v5.sqlite");
    let newer = rusqlite::Connection::open(&path).expect("opens");
    newer.execute_batch("PRAGMA user_version = 9999").expect("set");
    drop(newer);
    let before = fs::read(&path).expect("there");
    let copy = dir.path().join("copy.db");
    let refusals = [
        Store::open(&path, &Options::default()).err(),
        Readers::open(&path, 1).err(),
        care::inspect(&path).err(),
        care::backup(&path, &copy, &|| false).err(),
        care::vacuum(&path).err(),
        care::examine(&path).err(),
    ];
    for (place, refusal) in refusals.into_iter().enumerate() {
        let refusal = refusal.unwrap_or_else(|| panic!("{place} went on"));
        assert!(matches!(refusal, StoreError::Newer { found: 9_999, .. }), "{place}: {refusal}");
    }
    assert_eq!(fs::read(&path).expect("there"), before);
    assert!(!copy.exists());
    // The way back is a copy from before the upgrade.
    care::restore(&fixture("v5.sqlite"), &path, false).expect("restored");
    assert!(Readers::open(&path, 1).is_ok());
}
