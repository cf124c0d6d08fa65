//! Statements of the care for a database. All of them look at everything, by intent.

use crate::feature::catalogue::Family;

/// At most so many lines: one tells as much as a thousand.
pub(in crate::store) const INTEGRITY: &str = "PRAGMA integrity_check(20)";

pub(in crate::store) const BROKEN_REFERENCES: &str =
    "SELECT count(*) FROM pragma_foreign_key_check";

pub(in crate::store) const PAGES: &str = "SELECT (SELECT page_count FROM pragma_page_count), \
     (SELECT freelist_count FROM pragma_freelist_count), (SELECT page_size FROM pragma_page_size)";

/// Tracks of no file, but for those that a user has corrected.
pub(in crate::store) const ORPHANS: &str = "SELECT count(*) FROM recording WHERE NOT EXISTS \
     (SELECT 1 FROM file WHERE file.track_id = recording.id) AND NOT EXISTS \
     (SELECT 1 FROM correction WHERE correction.track_id = recording.id)";

/// Files that count as analysed and are linked to nothing.
pub(in crate::store) const UNLINKED: &str =
    "SELECT count(*) FROM file WHERE status = 'ok' AND track_id IS NULL";

/// Attempts that dead runs have left, and those of runs that have not ended.
pub(in crate::store) const ATTEMPTS: &str = "SELECT count(*) FILTER (WHERE deaths > 0), \
     count(*) FILTER (WHERE run_id IS NOT NULL) FROM attempt";

pub(in crate::store) const HELD_BACK: &str =
    "SELECT count(*) FILTER (WHERE kind = 'quarantined'), count(*) FROM failure";

pub(in crate::store) const FILES_AND_TRACKS: &str =
    "SELECT (SELECT count(*) FROM file), (SELECT count(*) FROM recording)";

pub(in crate::store) const LAST_RUN: &str = "SELECT max(started_at) FROM run";

/// Tracks with a file whose record of a family is missing or of another version than `?1`.
pub(in crate::store) fn behind(family: Family) -> String {
    format!(
        "SELECT count(*) FROM recording r LEFT JOIN {} d ON d.track_id = r.id \
         WHERE (d.version IS NULL OR d.version < ?1) AND {}",
        family.as_str(),
        PRESENT
    )
}

const PRESENT: &str =
    "EXISTS (SELECT 1 FROM file f WHERE f.track_id = r.id AND f.status <> 'missing')";

/// Tracks with a file of which any family is missing or outdated.
pub(in crate::store) fn any_behind() -> String {
    let outdated: Vec<String> = Family::ALL
        .iter()
        .map(|family| {
            let (table, version) = (family.as_str(), family.version());
            format!(
                "NOT EXISTS (SELECT 1 FROM {table} WHERE {table}.track_id = r.id \
                 AND {table}.version >= {version})"
            )
        })
        .collect();
    format!("SELECT count(*) FROM recording r WHERE {PRESENT} AND ({})", outdated.join(" OR "))
}
