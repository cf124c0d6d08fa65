//! The library at a glance: these read everything, by intent. `?1` is a JSON array of the files that
//! count, or NULL for all.

use crate::feature::catalogue::Family;

/// The condition that a file counts.
macro_rules! counts {
    ($file:literal) => {
        concat!("(?1 IS NULL OR ", $file, " IN (SELECT value FROM json_each(?1)))")
    };
}

pub(in crate::store) const TOTALS: &str = concat!(
    "SELECT count(*), count(*) FILTER (WHERE status = 'ok'), \
     count(*) FILTER (WHERE status = 'failed'), count(*) FILTER (WHERE status = 'missing'), \
     total(size) FILTER (WHERE status <> 'missing'), count(DISTINCT artist), count(DISTINCT album) \
     FROM file WHERE ",
    counts!("id")
);

pub(in crate::store) const TRACKS: &str = concat!(
    "SELECT count(*) FROM recording r WHERE ?1 IS NULL OR EXISTS \
     (SELECT 1 FROM file f WHERE f.track_id = r.id AND ",
    counts!("f.id"),
    ")"
);

pub(in crate::store) const QUICK_TRACKS: &str = concat!(
    "SELECT count(*) FROM recording r WHERE r.depth = 'quick' AND (?1 IS NULL OR EXISTS \
     (SELECT 1 FROM file f WHERE f.track_id = r.id AND ",
    counts!("f.id"),
    "))"
);

pub(in crate::store) const BY_CODEC: &str = concat!(
    "SELECT r.codec, count(*), total(r.duration_s) \
     FROM file f CROSS JOIN recording r ON r.id = f.track_id WHERE f.status <> 'missing' AND ",
    counts!("f.id"),
    " GROUP BY r.codec ORDER BY count(*) DESC, r.codec"
);

pub(in crate::store) const BY_GENRE: &str = concat!(
    "SELECT f.genre, count(*), total(r.duration_s) \
     FROM file f CROSS JOIN recording r ON r.id = f.track_id \
     WHERE f.status <> 'missing' AND f.genre IS NOT NULL AND ",
    counts!("f.id"),
    " GROUP BY f.genre ORDER BY count(*) DESC, f.genre LIMIT 10"
);

pub(in crate::store) const BY_FAILURE: &str = concat!(
    "SELECT kind, count(*), 0.0 FROM failure WHERE ?1 IS NULL OR path IN \
     (SELECT path FROM file WHERE ",
    counts!("id"),
    ") GROUP BY kind ORDER BY count(*) DESC, kind"
);

/// Files by the value of a named descriptor.
pub(in crate::store) fn shares(family: Family, field: &str) -> String {
    format!(
        "SELECT d.{field}, count(*), total(r.duration_s) FROM file f \
         CROSS JOIN recording r ON r.id = f.track_id CROSS JOIN {} d ON d.track_id = r.id \
         WHERE f.status <> 'missing' AND d.{field} IS NOT NULL AND {} \
         GROUP BY d.{field} ORDER BY count(*) DESC, d.{field}",
        family.as_str(),
        counts!("f.id")
    )
}

/// Files by the range of width `?2` in which a numeric descriptor lies. Truncation rounds towards
/// zero; the comparison makes it round down.
pub(in crate::store) fn histogram(family: Family, field: &str) -> String {
    format!(
        "SELECT CAST(d.{field} / ?2 AS INTEGER) - (d.{field} < 0 AND \
         d.{field} <> CAST(d.{field} / ?2 AS INTEGER) * ?2) AS bin, count(*) FROM file f \
         CROSS JOIN {} d ON d.track_id = f.track_id \
         WHERE f.status <> 'missing' AND d.{field} IS NOT NULL AND {} GROUP BY bin ORDER BY bin",
        family.as_str(),
        counts!("f.id")
    )
}
