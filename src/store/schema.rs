//! The schema: numbered SQL files, applied in order, and the check that a file is ours at all.

use super::error::StoreError;
use super::{columns, sql};
use rusqlite::{Connection, TransactionBehavior};
use rusqlite_migration::{Error as MigrationError, M, Migrations};
use std::path::Path;

/// `application_id` of our databases: "PHON".
const APPLICATION_ID: i32 = 0x5048_4F4E;

const STEPS: &[M<'static>] = &[
    M::up(include_str!("schema/001_first.sql")).foreign_key_check(),
    M::up(include_str!("schema/002_families.sql")).foreign_key_check(),
    M::up(include_str!("schema/003_derived.sql")).foreign_key_check(),
    M::up(include_str!("schema/004_models.sql")).foreign_key_check(),
    M::up(include_str!("schema/005_questions.sql")).foreign_key_check(),
    M::up(include_str!("schema/006_tags.sql")).foreign_key_check(),
    M::up(include_str!("schema/007_containers.sql")).foreign_key_check(),
    M::up(include_str!("schema/008_depth.sql")).foreign_key_check(),
];

const MIGRATIONS: Migrations<'static> = Migrations::from_slice(STEPS);

/// How a database relates to the schema of this program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Age {
    /// Nothing in it yet.
    Empty,
    /// Ours, from an earlier version.
    Older,
    /// Ours, as it should be.
    Current,
}

/// The schema of this program.
pub(super) fn newest() -> i64 {
    STEPS.len() as i64
}

/// Tells what a database is, without touching it.
pub(super) fn examine(conn: &Connection, path: &Path) -> Result<Age, StoreError> {
    let number = |sql: &str| conn.query_row(sql, [], |row| row.get::<_, i64>(0));
    let read =
        |sql: &str| number(sql).map_err(|e| StoreError::from_sql(path, "reading its header", e));
    let objects = read(sql::COUNT_OBJECTS)?;
    let application_id = read("PRAGMA application_id")? as i32;
    let found = read("PRAGMA user_version")?;
    let known = newest();
    let path = path.to_path_buf();
    match application_id {
        0 if objects == 0 && found == 0 => Ok(Age::Empty),
        APPLICATION_ID if found > known => Err(StoreError::Newer { path, found, known }),
        APPLICATION_ID if found == known => Ok(Age::Current),
        APPLICATION_ID => Ok(Age::Older),
        _ => Err(StoreError::Foreign { path, application_id }),
    }
}

/// Applies what is missing.
pub(super) fn migrate(conn: &mut Connection, path: &Path) -> Result<(), StoreError> {
    // Two programs that open a new database together must not both create it.
    conn.set_transaction_behavior(TransactionBehavior::Immediate);
    MIGRATIONS.to_latest(conn).map_err(|error| match error {
        MigrationError::RusqliteError { err, .. } => {
            StoreError::from_sql(path, "creating its tables", err)
        }
        other => StoreError::Open { path: path.to_path_buf(), source: std::sync::Arc::new(other) },
    })?;
    renew_view(conn).map_err(|e| StoreError::from_sql(path, "creating its view", e))
}

/// Makes the view `track` anew from the catalogue: it holds no data, and a numbered file a change
/// would only repeat it.
fn renew_view(conn: &mut Connection) -> rusqlite::Result<()> {
    let transaction = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(&format!("DROP VIEW IF EXISTS track; {}", columns::create_view()))?;
    transaction.commit()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feature::catalogue::Family;
    use std::collections::BTreeSet;

    fn fresh() -> Connection {
        let mut conn = Connection::open_in_memory().expect("memory");
        migrate(&mut conn, Path::new(":memory:")).expect("the schema is sound");
        conn
    }

    fn columns_of(conn: &Connection, table: &str) -> BTreeSet<(String, String)> {
        let mut statement = conn.prepare("SELECT name, type FROM pragma_table_info(?1)").unwrap();
        let rows = statement.query_map([table], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.map(|row| row.expect("a column")).collect()
    }

    #[test]
    fn migrations_are_sound() {
        MIGRATIONS.validate().expect("valid");
        assert_eq!(examine(&fresh(), Path::new("x")).unwrap(), Age::Current);
    }

    #[test]
    fn family_tables_are_the_catalogue() {
        let conn = fresh();
        for family in Family::ALL {
            let mut wanted: BTreeSet<_> = [("track_id", "INTEGER"), ("version", "INTEGER")]
                .map(|(name, kind)| (name.to_owned(), kind.to_owned()))
                .into();
            for field in family.fields() {
                wanted.insert((field.name.to_owned(), columns::sql_type(field.kind).to_owned()));
            }
            assert_eq!(columns_of(&conn, family.as_str()), wanted, "table {}", family.as_str());
        }
    }

    #[test]
    fn the_view_shows_everything_once() {
        let found = columns_of(&fresh(), "track").into_iter().map(|(name, _)| name);
        let wanted = ["file_id", "track_id"].into_iter().map(String::from);
        let wanted = wanted.chain(columns::base_columns().map(|base| base.name.to_owned()));
        let wanted = wanted.chain(columns::descriptors().map(|(_, x)| x.name.to_owned()));
        assert_eq!(found.collect::<BTreeSet<_>>(), wanted.collect::<BTreeSet<_>>());
        let names: Vec<_> = columns::descriptors().map(|(_, field)| field.name).collect();
        let unique: BTreeSet<_> = names.iter().collect();
        assert_eq!(unique.len(), names.len(), "two families share a name: {names:?}");
    }

    /// Prints the SQL of the family tables as the catalogue has them now, to take what is new from
    /// for a numbered file.
    #[test]
    #[ignore = "a tool, not a test: cargo test print_schema -- --ignored --nocapture"]
    fn print_schema() {
        for family in Family::ALL {
            println!("{}", columns::create_table(family));
        }
    }
}
