//! What is in a database, in a form that can be compared, and what must hold of it at any moment.

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

/// Columns that tell when and in which order something was done, not what was heard.
const COURSE: &[&str] = &["id", "added_at", "updated_at", "at", "run_id", "started_at"];

/// Rows of every table but those of runs, sorted, as SQL literals; tracks are named by their payload.
pub(crate) type Contents = BTreeMap<String, Vec<String>>;

pub(crate) fn contents(database: &Path) -> Contents {
    let conn = open(database);
    let tables = tables(&conn).into_iter().filter(|(table, _)| table != "run");
    tables.map(|(table, columns)| (rows(&conn, &table, &columns), table)).map(swap).collect()
}

fn swap<A, B>((a, b): (A, B)) -> (B, A) {
    (b, a)
}

/// The first difference of two databases, if there is one.
pub(crate) fn difference(expected: &Contents, found: &Contents) -> Option<String> {
    if !expected.keys().eq(found.keys()) {
        return Some(format!("tables {:?} and {:?}", expected.keys(), found.keys()));
    }
    expected.iter().zip(found.values()).find_map(|((table, expected), found)| {
        let short = |row: Option<&String>| row.map(|row| row.chars().take(300).collect::<String>());
        let unlike =
            (0..expected.len().max(found.len())).find(|&n| expected.get(n) != found.get(n));
        unlike.map(|n| {
            format!("{table} row {n}: {:?} {:?}", short(expected.get(n)), short(found.get(n)))
        })
    })
}

/// What is wrong with a database whose program was killed, if anything.
pub(crate) fn complaint(database: &Path) -> Option<String> {
    if !database.exists() {
        return None; // killed before it was made
    }
    let conn = open(database);
    let text = |sql: &str| conn.query_row(sql, [], |row| row.get::<_, String>(0));
    let sound = text("PRAGMA integrity_check").unwrap_or_else(|error| error.to_string());
    if sound != "ok" {
        return Some(sound);
    }
    invariants(&tables(&conn)).into_iter().find_map(|(what, sql)| {
        let count = conn.query_row(&sql, [], |row| row.get::<_, i64>(0)).expect("answers");
        (count != 0).then(|| format!("{count} {what}"))
    })
}

/// Files whose fate is known.
pub(crate) fn files(database: &Path) -> i64 {
    if !database.exists() {
        return 0;
    }
    // Killed before the first transaction there is no table.
    open(database).query_row("SELECT count(*) FROM file", [], |row| row.get(0)).unwrap_or(0)
}

/// Files that a run which ended in order still claims to be reading.
pub(crate) fn attempts_left(database: &Path) -> i64 {
    if !database.exists() {
        return 0;
    }
    let sql = "SELECT count(*) FROM attempt WHERE run_id IS NOT NULL";
    open(database).query_row(sql, [], |row| row.get(0)).expect("answers")
}

/// What there must be none of, and how it is counted.
fn invariants(tables: &[(String, Vec<String>)]) -> Vec<(String, String)> {
    if tables.is_empty() {
        return Vec::new(); // killed before the first transaction
    }
    let fixed = [
        ("broken references", "SELECT count(*) FROM pragma_foreign_key_check"),
        (
            "files without sound",
            "SELECT count(*) FROM file WHERE status = 'ok' AND track_id IS NULL",
        ),
        (
            "files that failed and did not",
            "SELECT count(*) FROM failure JOIN file USING (path) WHERE status = 'ok'",
        ),
        (
            "tracks without a file",
            "SELECT count(*) FROM recording WHERE id NOT IN
             (SELECT track_id FROM file WHERE track_id IS NOT NULL)",
        ),
        ("runs that were not buried", "SELECT max(0, count(*) - 1) FROM run WHERE outcome IS NULL"),
    ];
    let has = |columns: &[String], name| columns.iter().any(|column| column == name);
    let families =
        tables.iter().filter(|(_, columns)| has(columns, "track_id") && has(columns, "version"));
    let halves = families.map(|(family, _)| {
        let sql = format!(
            "SELECT count(*) FROM recording WHERE id NOT IN (SELECT track_id FROM {family})"
        );
        (format!("tracks without {family}"), sql)
    });
    fixed.into_iter().map(|(what, sql)| (what.into(), sql.into())).chain(halves).collect()
}

fn open(database: &Path) -> Connection {
    let conn =
        Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_WRITE).expect("opens");
    // The log is left to the next run, as a dead one left it.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).expect("set");
    conn
}

/// Names of the tables and of their columns.
fn tables(conn: &Connection) -> Vec<(String, Vec<String>)> {
    let list = |sql: &str| -> Vec<String> {
        let mut statement = conn.prepare(sql).expect("sound");
        let rows = statement.query_map([], |row| row.get(0)).expect("answers");
        rows.map(|row| row.expect("text")).collect()
    };
    list("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY 1")
        .into_iter()
        .map(|table| (list(&format!("SELECT name FROM pragma_table_info('{table}')")), table))
        .map(swap)
        .collect()
}

fn rows(conn: &Connection, table: &str, columns: &[String]) -> Vec<String> {
    let cells =
        columns.iter().filter(|name| !COURSE.contains(&name.as_str())).map(|name| {
            match name.as_str() {
                "track_id" => "quote((SELECT payload FROM recording WHERE id = track_id))".into(),
                name => format!("quote({name})"),
            }
        });
    let sql = format!("SELECT {} FROM {table}", cells.collect::<Vec<_>>().join(" || ', ' || "));
    let mut statement = conn.prepare(&sql).expect("sound");
    let rows = statement.query_map([], |row| row.get(0)).expect("answers");
    let mut rows: Vec<String> = rows.map(|row| row.expect("text")).collect();
    rows.sort();
    rows
}
