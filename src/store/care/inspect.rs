//! What a doctor wants to know of a database. Nothing is changed.

use super::super::error::StoreError;
use super::super::lock::{self, LockState};
use super::super::{open, schema};
use super::{beside, length, sql};
use crate::feature::catalogue::Family;
use rusqlite::Connection;
use std::path::Path;

/// The state of a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspection {
    /// Its schema, and the newest one that this program knows.
    pub schema: (i64, i64),
    /// What SQLite found to be wrong with its pages; nothing in a sound one.
    pub damage: Vec<String>,
    /// Rows that refer to rows that are not there.
    pub broken_references: u64,
    /// Bytes of the file, and those of them that hold nothing.
    pub bytes: (u64, u64),
    /// Bytes of the write-ahead log.
    pub log_bytes: u64,
    /// What it holds; `None` for a damaged one and one of an earlier schema.
    pub contents: Option<Contents>,
    /// Whether a run is writing to it.
    pub lock: LockState,
}

/// What a database holds, as far as there is something to be said about it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// Paths.
    pub files: u64,
    /// Recordings.
    pub tracks: u64,
    /// Recordings that no file holds.
    pub orphans: u64,
    /// Files that count as analysed and hold nothing.
    pub unlinked: u64,
    /// Files that were being read when a run died.
    pub dead_attempts: u64,
    /// Files that runs died over, and that are not read any more.
    pub quarantined: u64,
    /// Files being read, if the run lives.
    pub open_attempts: u64,
    /// Files and folders that failed.
    pub failed: u64,
    /// Recordings with something missing or outdated.
    pub behind: u64,
    /// The same by family; those without are left out.
    pub behind_by_family: Vec<(&'static str, u64)>,
}

/// Looks at the database at `path`: reads every page of it.
///
/// # Errors
/// [`StoreError::NotFound`], [`StoreError::NotADatabase`], [`StoreError::Foreign`],
/// [`StoreError::Newer`], and those of opening. What is wrong inside is told, not an error.
pub fn inspect(path: &Path) -> Result<Inspection, StoreError> {
    let lock = lock::state(path);
    let (conn, schema) = look(path)?;
    let sql_error = |error| StoreError::from_sql(path, "inspecting it", error);
    let damage = damage(&conn).map_err(sql_error)?;
    let bytes = pages(&conn).map_err(sql_error)?;
    let current = schema.0 == schema.1 && damage.is_empty();
    let contents = if current { Some(contents(&conn).map_err(sql_error)?) } else { None };
    let broken = if damage.is_empty() { count(&conn, sql::BROKEN_REFERENCES) } else { Ok(0) };
    Ok(Inspection {
        schema,
        broken_references: broken.map_err(sql_error)?,
        damage,
        bytes,
        log_bytes: length(&beside(path, "-wal")),
        contents,
        lock,
    })
}

/// Bytes of a database, and those of them that hold nothing.
pub(super) fn pages(conn: &Connection) -> rusqlite::Result<(u64, u64)> {
    conn.query_row(sql::PAGES, [], |row| {
        let number = |at| row.get::<_, i64>(at).map(|n| n as u64);
        Ok((number(0)? * number(2)?, number(1)? * number(2)?))
    })
}

/// A connection that changes nothing, not even an old schema, and the schema of the database and of
/// this program.
pub(super) fn look(path: &Path) -> Result<(Connection, (i64, i64)), StoreError> {
    let conn = open::to_look(path)?;
    let found = conn
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .map_err(|error| StoreError::from_sql(path, "reading its header", error))?;
    Ok((conn, (found, schema::newest())))
}

/// What is wrong with the pages of a database.
pub(super) fn damage(conn: &Connection) -> rusqlite::Result<Vec<String>> {
    let told = conn.prepare(sql::INTEGRITY).and_then(|mut statement| {
        let lines = statement.query_map([], |row| row.get::<_, String>(0))?;
        lines.collect::<rusqlite::Result<Vec<_>>>()
    });
    match told {
        Ok(lines) => Ok(lines.into_iter().filter(|line| line != "ok").collect()),
        // So damaged that it cannot even be checked.
        Err(error) if is_damage(&error) => Ok(vec![error.to_string()]),
        Err(error) => Err(error),
    }
}

fn is_damage(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase, SystemIoFailure};
    matches!(error.sqlite_error_code(), Some(DatabaseCorrupt | NotADatabase | SystemIoFailure))
}

fn count(conn: &Connection, sql: &str) -> rusqlite::Result<u64> {
    conn.query_row(sql, [], |row| row.get::<_, i64>(0)).map(|n| n as u64)
}

fn contents(conn: &Connection) -> rusqlite::Result<Contents> {
    let pair = |sql| {
        conn.query_row(sql, [], |row| {
            Ok((row.get::<_, i64>(0)? as u64, row.get::<_, i64>(1)? as u64))
        })
    };
    let (dead_attempts, open_attempts) = pair(sql::ATTEMPTS)?;
    let (quarantined, failed) = pair(sql::HELD_BACK)?;
    let (files, tracks) = pair(sql::FILES_AND_TRACKS)?;
    let mut behind_by_family = Vec::new();
    for family in Family::ALL {
        let version = i64::from(family.version());
        let behind: i64 = conn.query_row(&sql::behind(family), [version], |row| row.get(0))?;
        if behind > 0 {
            behind_by_family.push((family.as_str(), behind as u64));
        }
    }
    Ok(Contents {
        files,
        tracks,
        orphans: count(conn, sql::ORPHANS)?,
        unlinked: count(conn, sql::UNLINKED)?,
        dead_attempts,
        quarantined,
        open_attempts,
        failed,
        behind: count(conn, &sql::any_behind())?,
        behind_by_family,
    })
}
