//! Files that are fit and unfit to be a database.

use super::*;
use rusqlite::Connection;

fn error_of(path: &Path) -> StoreError {
    let reading = Readers::open(path, 1).err();
    let error = Store::open(path, &Options::default()).unwrap_err();
    if let Some(reading) = reading {
        assert_eq!(std::mem::discriminant(&reading), std::mem::discriminant(&error), "{reading}");
    }
    assert!(!error.to_string().contains('\n'), "one line: {error}");
    error
}

#[test]
fn reading_does_not_make_a_database() {
    let (_dir, path) = place();
    assert!(matches!(Readers::open(&path, 1), Err(StoreError::NotFound { .. })));
    assert!(!path.exists());
}

#[test]
fn a_file_of_anything_else_is_refused_and_left_alone() {
    let (dir, path) = place();
    for bytes in [&b"this is a shopping list, not a database"[..], &[0x5A; 10_000]] {
        std::fs::write(&path, bytes).unwrap();
        assert!(matches!(error_of(&path), StoreError::NotADatabase { .. }));
        assert_eq!(std::fs::read(&path).unwrap(), bytes);
        assert_eq!(dir.path().read_dir().unwrap().count(), 1, "and nothing put beside it");
    }
}

#[test]
fn the_database_of_another_program_is_refused_and_left_alone() {
    let (_dir, path) = place();
    let conn = Connection::open(&path).unwrap();
    conn.execute_batch("CREATE TABLE address (name TEXT)").unwrap();
    drop(conn);
    let before = std::fs::read(&path).unwrap();
    assert!(matches!(error_of(&path), StoreError::Foreign { application_id: 0, .. }));
    Connection::open(&path).unwrap().execute_batch("PRAGMA application_id = 7").unwrap();
    assert!(matches!(error_of(&path), StoreError::Foreign { application_id: 7, .. }));
    Connection::open(&path).unwrap().execute_batch("PRAGMA application_id = 0").unwrap();
    assert_eq!(std::fs::read(&path).unwrap().len(), before.len());
}

#[test]
fn a_newer_database_is_refused_and_left_alone() {
    let (_dir, path) = place();
    drop(open(&path));
    Connection::open(&path).unwrap().execute_batch("PRAGMA user_version = 999").unwrap();
    let before = std::fs::read(&path).unwrap();
    assert!(matches!(error_of(&path), StoreError::Newer { found: 999, .. }));
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn an_older_database_is_brought_up_to_date_with_its_rows() {
    let (_dir, path) = place();
    let conn = Connection::open(&path).unwrap();
    conn.execute_batch(include_str!("../schema/001_first.sql")).unwrap();
    conn.execute_batch(
        "INSERT INTO file (path, path_text, size, mtime_ns, device, inode, status, added_at, \
         updated_at) VALUES (x'2f61', '/a', 1, 2, 3, 4, 'failed', 5, 6); PRAGMA user_version = 1;",
    )
    .unwrap();
    drop(conn);
    let readers = Readers::open(&path, 1).unwrap();
    assert_eq!(readers.files_under(None).map(Result::unwrap).count(), 1);
    let state = readers.file_state(Path::new("/a")).unwrap();
    assert_eq!(state.file.unwrap().1, Stamp { size: 1, mtime_ns: 2, device: 3, inode: 4 });
}

#[test]
fn an_empty_file_becomes_a_database() {
    let (_dir, path) = place();
    std::fs::write(&path, "").unwrap();
    drop(open(&path));
    assert!(Readers::open(&path, 1).unwrap().file_state(Path::new("/a")).is_ok());
}

#[test]
fn a_truncated_database_is_an_error() {
    let (_dir, path) = place();
    let store = open(&path);
    for seed in 0..200 {
        stored(&store, analysed(format!("/{seed}"), seed));
    }
    drop(store);
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let outcome = Readers::open(&path, 1)
        .and_then(|readers| readers.rows().collect::<Result<Vec<_>, _>>().map(|rows| rows.len()));
    match outcome {
        Err(error) => assert!(matches!(error, StoreError::Damaged { .. }), "{error}"),
        Ok(rows) => panic!("{rows} rows of half a database"),
    }
}

#[test]
fn a_directory_is_no_database() {
    let dir = tempfile::tempdir().unwrap();
    assert!(matches!(error_of(dir.path()), StoreError::Open { .. }));
}

#[test]
fn a_locked_database_is_an_error_in_the_end() {
    let (_dir, path) = place();
    drop(open(&path));
    let other = Connection::open(&path).unwrap();
    other.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE").unwrap();
    let error = Readers::open(&path, 1).unwrap_err();
    assert!(matches!(error, StoreError::Locked { waited_s, .. } if waited_s > 1.0), "{error}");
}

#[test]
fn the_directory_of_a_database_is_made() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("deep/down/library.db");
    drop(open(&path));
    assert!(path.is_file());
}

#[test]
fn a_second_run_is_told_of_the_first() {
    let (_dir, path) = place();
    let first = open(&path);
    assert!(matches!(
        Store::open(&path, &Options::default()),
        Err(StoreError::InUse { holder, .. }) if holder.contains("process")
    ));
    assert!(Readers::open(&path, 1).is_ok(), "reading is free");
    drop(first);
    drop(open(&path));
}

#[test]
fn a_closed_database_is_one_file() {
    let (dir, path) = place();
    let store = open(&path);
    stored(&store, analysed("/a", 1));
    let _ = store.readers().file_state(Path::new("/a")).unwrap();
    store.close().unwrap();
    let mut left: Vec<_> =
        dir.path().read_dir().unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["library.db", "library.db.lock"], "the log is folded in");
}

#[test]
fn readers_cannot_write() {
    let (_dir, path) = place();
    let store = open(&path);
    let error = store.readers().with("testing", |conn| conn.execute("DELETE FROM file", []));
    assert!(matches!(error, Err(StoreError::ReadOnly { .. })));
}

/// The super-user may write everywhere, so this says something for other users only; the way to
/// read in an unwritable directory is tried directly.
#[cfg(unix)]
#[test]
fn a_read_only_database_is_read_but_not_written() {
    use std::fs::{Permissions, set_permissions};
    use std::os::unix::fs::PermissionsExt;
    let (dir, path) = place();
    let store = open(&path);
    stored(&store, analysed("/a", 1));
    drop(store);
    set_permissions(&path, Permissions::from_mode(0o444)).unwrap();
    set_permissions(dir.path(), Permissions::from_mode(0o555)).unwrap();
    let readers = Readers::open(&path, 1).unwrap();
    assert!(readers.row_by_path(Path::new("/a")).unwrap().is_some());
    if std::fs::File::create(dir.path().join("x")).is_err() {
        let error = Store::open(&path, &Options::default()).unwrap_err();
        assert!(matches!(error, StoreError::ReadOnly { .. }), "{error}");
    }
    set_permissions(dir.path(), Permissions::from_mode(0o755)).unwrap();
}

/// A database of the first hour, with one track of five families, as `phonolite analyze` made it.
const V2: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/stores/v2.sqlite");

#[test]
fn an_older_database_is_brought_up_and_keeps_what_it_holds() {
    let (_dir, path) = place();
    std::fs::copy(V2, &path).unwrap();
    let store = open(&path);
    let row = store.readers().row_by_path(Path::new("/music/sorohanro_solo_trumpet_06.ogg"));
    let row = row.unwrap().expect("kept");
    assert_eq!(row.get("codec"), Some(&Value::Text(Some("vorbis".into()))));
    assert!(matches!(row.get("loudness_lufs"), Some(Value::Real(Some(_)))), "{row:?}");
    let track = store.readers().track(row.track.unwrap()).unwrap().unwrap();
    assert!(track.stale.contains(Family::Structure), "what it never had is due");
    let conn = rusqlite::Connection::open(&path).unwrap();
    let titles: i64 = conn.query_row("SELECT count(*) FROM track", [], |r| r.get(0)).unwrap();
    assert_eq!(titles, 1, "the view is whole");
    assert_eq!(store.readers().tag_runs().unwrap(), [], "the journal of tags is there");
}
