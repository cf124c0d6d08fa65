//! How SQLite serves every statement.

use super::super::sql::*;
use super::*;
use crate::store::{Column, Compare, Filter};
use std::collections::BTreeSet;

/// Whether a statement may read a whole table.
#[derive(Clone, Copy, PartialEq)]
enum May {
    Search,
    Scan,
}
use May::{Scan, Search};

macro_rules! statements {
    ($($may:ident: $($name:ident)+;)+) => {
        vec![$($((stringify!($name), { let sql: &str = &$name; sql.to_owned() }, $may),)+)+]
    };
}

/// Every statement. `Scan` are: what is asked to count everything; the tables `attempt`, `run`
/// and `tag_run`, of as many rows as files are in flight and runs were made; orphans, which only a look at every
/// track can find.
fn statements() -> Vec<(&'static str, String, May)> {
    let mut all = statements! {
        Search: TRACK_OF_PAYLOAD FILE_STATE TRACK_BY_PAYLOAD TRACK_BY_ID HEAD_IS_KNOWN
            FILES_OF_TRACK FILES_BY_INODE FILES_UNDER ROWS ROW_BY_PATH ROW_BY_ID FAILURES RUNS
            CORRECTION CORRECT UNCORRECT CHOSEN_SINCE CHOOSE SAVE_PLAYLIST FORGET_PLAYLIST
            PLAYLISTS INSERT_RUN FORGET_SCAN_FAILURES FORGET_SCAN_FAILURE END_RUN ATTEMPT
            FORGET_ATTEMPT RELEASE_ATTEMPT FORGET_LIVELY FORGET_FAILURE UPSERT_RECORDING
            UPSERT_FILE RELOCATE_FILE FORGET_OLD_FAILURE RESTAMP_FILE FAIL_FILE UPSERT_FAILURE
            MARK_MISSING LONG_GONE DEVICES FORGET_FILE PRUNE_FAILURES PRUNE_ATTEMPTS PRUNE_FILES
            DATABASE_BYTES COMPARABLE LABEL BEGIN_TAG_RUN RECORD_TAG_EDIT WITHDRAW_TAG_EDIT
            TAG_EDIT_WRITTEN TAG_EDIT_UNDONE TAG_EDITS TAG_EDIT TAG_CHANGES
            GENERATION ALBUM_KEY FILES_OF_ALBUM FILES_WITHOUT_ALBUM NEXT_ALBUM TRACK_LOUDNESS
            FINGERPRINTS FINGERPRINT COPIES INSERT_MODEL MODEL_ID FORGET_ANSWERS INSERT_ANSWER
            HAS_ANSWERS ANSWERS HAS_MODELS HEARD_WHOLE;
        Scan: TOTALS TRACKS QUICK_TRACKS BY_CODEC BY_GENRE BY_FAILURE BURY_RUNS COUNT_DEATHS PRUNE_TRACKS
            COUNT_OBJECTS TRACKS_PRESENT SHARED_TRACKS PRESENT_TRACKS TAG_RUNS;
    };
    for family in Family::ALL {
        all.push(("upsert", upsert(family).to_owned(), Search));
        if let Some(field) = family.fields().first() {
            all.push(("shares", shares(family, field.name), Scan));
            all.push(("histogram", histogram(family, field.name), Scan));
        }
    }
    all
}

/// Tables that grow with the library.
fn grows(table: &str) -> bool {
    let names = ["file", "f", "recording", "r", "failure", "x", "d", "model_output"];
    names.contains(&table) || Family::ALL.iter().any(|family| family.as_str() == table)
}

/// Scans of large tables in the plan of a statement. A scan in the order of an index that the
/// statement limits is none; SQLite calls it a search there.
fn scans(conn: &rusqlite::Connection, sql: &str) -> Vec<String> {
    let mut statement = conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let mut rows = statement.raw_query();
    let mut found = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        let step: String = row.get(3).unwrap();
        let table = step.strip_prefix("SCAN ").and_then(|rest| rest.split(' ').next());
        // The index of missing files holds nothing else.
        let table = table.filter(|_| !step.ends_with(" INDEX file_missing"));
        if table.is_some_and(grows) || step.contains("AUTOMATIC") || step.contains("TEMP B-TREE") {
            found.push(step);
        }
    }
    found
}

#[test]
fn no_statement_reads_a_whole_table_where_an_index_serves() {
    let (_dir, path) = place();
    let store = open(&path);
    // Some rows, so that the planner decides as it does in earnest.
    for seed in 0..50 {
        stored(&store, analysed(format!("/{seed}"), seed));
    }
    let conn = rusqlite::Connection::open(&path).unwrap();
    for analysed in [false, true] {
        for (name, sql, may) in statements() {
            let scans = scans(&conn, &sql);
            assert!(may == Scan || scans.is_empty(), "{name}: {scans:?}\n{sql}");
        }
        if !analysed {
            conn.execute_batch("ANALYZE").unwrap();
        }
    }
}

#[test]
fn the_check_sees_a_scan() {
    let (_dir, path) = place();
    drop(open(&path));
    let conn = rusqlite::Connection::open(&path).unwrap();
    assert_eq!(scans(&conn, "SELECT * FROM file WHERE title = 'x'").len(), 1);
    assert_eq!(scans(&conn, "SELECT id FROM file WHERE path > x'00' ORDER BY mtime_ns").len(), 1);
}

#[test]
fn every_statement_is_listed_and_none_stands_elsewhere() {
    let mut listed: BTreeSet<_> = statements().into_iter().map(|(name, ..)| name).collect();
    listed.extend([
        "shares",
        "histogram",
        "matching",
        "cells",
        "of_family",
        "in_force",
        "listed",
        "held",
        "of_tracks",
    ]);
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store");
    let files = |folder: &Path| folder.read_dir().unwrap().map(|entry| entry.unwrap().path());
    for entry in files(&here).chain(files(&here.join("sql"))) {
        if entry.extension().is_none_or(|suffix| suffix != "rs") {
            continue;
        }
        let source = std::fs::read_to_string(&entry).unwrap();
        let source = source.split("#[cfg(test)]\nmod tests {").next().unwrap();
        if entry.starts_with(here.join("sql")) {
            for line in source.lines() {
                let inside = line.strip_prefix("pub(in crate::store) ");
                let Some(line) = line.strip_prefix("pub(super) ").or(inside) else { continue };
                if line.starts_with("use ") {
                    continue;
                }
                let name = line.split([' ', ':', '(']).nth(1).unwrap();
                assert!(listed.contains(name), "{name} is not listed");
            }
        } else if !entry.ends_with("columns.rs") {
            for verb in ["\"SELECT", "\"INSERT", "\"UPDATE", "\"DELETE"] {
                assert!(!source.contains(verb), "{verb} in {}", entry.display());
            }
        }
    }
}

/// What a query may ask most often is answered from an index, corrections or not.
#[test]
fn questions_search_by_index() {
    let (_dir, path) = place();
    let store = open(&path);
    for seed in 0..50 {
        stored(&store, analysed(format!("/{seed}"), seed));
    }
    let conn = rusqlite::Connection::open(&path).unwrap();
    conn.execute_batch("ANALYZE").unwrap();
    let column = |name| Column::find(name).unwrap();
    let range = |name| {
        let end = |how, number| Filter::Compare(column(name), how, number);
        Filter::All(vec![end(Compare::GreaterOrEqual, 1.0), end(Compare::LessOrEqual, 1.2)])
    };
    let questions = [
        range("bpm"),
        range("loudness_lufs"),
        range("year"),
        range("added_at"),
        Filter::Is(column("key"), "A minor".into()),
        Filter::Is(column("artist"), "x".into()),
        Filter::All(vec![range("bpm"), Filter::Is(column("key"), "A minor".into())]),
        Filter::All(vec![range("bpm"), Filter::Is(column("artist"), "x".into())]),
    ];
    for filter in questions {
        let clause = filter.clause();
        let sql = matching("", &clause.text, "f.id", "-1");
        let plan = plan(&conn, &sql);
        let scans: Vec<_> = plan
            .iter()
            .filter(|step| step.starts_with("SCAN ") && !step.contains("correction"))
            .collect();
        assert!(scans.is_empty(), "{sql}\n{plan:#?}");
        if filter.names("artist") && filter.names("bpm") {
            let one_by_one =
                |step: &String| step.starts_with("SEARCH rhythm USING INTEGER PRIMARY");
            assert!(plan.iter().any(one_by_one), "few files: each is looked up\n{plan:#?}");
        }
    }
}

fn plan(conn: &rusqlite::Connection, sql: &str) -> Vec<String> {
    let mut statement = conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let mut rows = statement.raw_query();
    let mut steps = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        steps.push(row.get(3).unwrap());
    }
    steps
}
