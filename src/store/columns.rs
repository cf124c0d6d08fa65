//! From the catalogue to SQL: what the family tables, their statements and the view look like.

use super::tags;
use crate::feature::catalogue::{Family, Field, Kind};
use std::fmt::Write as _;

/// A column of a row that belongs to the file or the track rather than to a family.
pub(super) struct Base {
    /// Name in the view, in JSON and in CSV.
    pub(super) name: &'static str,
    /// Kind of its values.
    pub(super) kind: Kind,
    /// Where it comes from: `f` is the file, `r` the recording. Empty for the file's column of the
    /// same name.
    pub(super) source: &'static str,
}

/// Descriptors that a user may set; what was set is in force, what was measured stays in its table.
pub(super) const CORRECTED: [&str; 4] = ["bpm", "key", "key_camelot", "key_openkey"];

impl Base {
    fn source(&self) -> String {
        if self.source.is_empty() { format!("f.{}", self.name) } else { self.source.to_owned() }
    }
}

const fn base(name: &'static str, kind: Kind, source: &'static str) -> Base {
    Base { name, kind, source }
}

/// Columns of a row in front of those of the families, but for the tags.
const BEFORE: [Base; 1] = [base("path", Kind::Text, "f.path_text")];
const AFTER: [Base; 16] = [
    base("size_bytes", Kind::Integer, "f.size"),
    base("status", Kind::Text, "f.status"),
    base("audio_hash", Kind::Text, "lower(hex(r.payload))"),
    base("container", Kind::Text, ""),
    base("codec", Kind::Text, "r.codec"),
    base("lossless", Kind::Integer, "r.lossless"),
    base("bits_per_sample", Kind::Integer, "r.bits_per_sample"),
    base("sample_rate_hz", Kind::Integer, "r.sample_rate_hz"),
    base("channels", Kind::Integer, "r.channels"),
    base("frames", Kind::Integer, "r.frames"),
    base("duration_s", Kind::Real, "r.duration_s"),
    base("bitrate_bps", Kind::Integer, "r.bitrate_bps"),
    base("damaged_packets", Kind::Integer, "r.damaged_packets"),
    base("depth", Kind::Text, "r.depth"),
    base("bpm_corrected", Kind::Real, "correction.bpm"),
    base("key_corrected", Kind::Text, "correction.key"),
];

/// Every descriptor of every family, in storage order.
pub(super) fn descriptors() -> impl Iterator<Item = (Family, &'static Field)> {
    Family::ALL.into_iter().flat_map(|f| f.fields().iter().map(move |field| (f, field)))
}

/// The base columns; a descriptor hides the one of the same name.
pub(super) fn base_columns() -> impl Iterator<Item = Base> {
    let tags = tags::COLUMNS.map(|(name, kind)| base(name, kind, ""));
    let all = BEFORE.into_iter().chain(tags).chain(AFTER);
    all.filter(|base| descriptors().all(|(_, field)| field.name != base.name))
}

/// The type of a column.
#[cfg(test)]
pub(super) fn sql_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Real => "REAL",
        Kind::Integer => "INTEGER",
        Kind::Text | Kind::Json => "TEXT",
        Kind::Times | Kind::Vector | Kind::Bytes => "BLOB",
    }
}

/// `CREATE TABLE` of a family.
#[cfg(test)]
pub(super) fn create_table(family: Family) -> String {
    let mut sql = format!(
        "CREATE TABLE {family} (\n    track_id INTEGER PRIMARY KEY REFERENCES recording (id) ON DELETE CASCADE,\n    version INTEGER NOT NULL",
        family = family.as_str()
    );
    for field in family.fields() {
        let _ = write!(sql, ",\n    {} {}", field.name, sql_type(field.kind));
    }
    sql + "\n) STRICT;\n"
}

/// `CREATE VIEW` of everything, a row a file.
pub(super) fn create_view() -> String {
    let joins = row_joins("f.track_id").replace(" LEFT", "\nLEFT");
    format!(
        "CREATE VIEW track AS\nSELECT\n    f.id AS file_id,\n    f.track_id AS track_id{}\nFROM file f\nLEFT JOIN recording r ON r.id = f.track_id{joins};\n",
        selection(",\n    ", true)
    )
}

/// The base columns and the descriptors, each after `separator`, named or not.
pub(super) fn selection(separator: &str, named: bool) -> String {
    let base = base_columns().map(|base| (base.source(), base.name));
    let families = descriptors().map(|(family, x)| (in_force(family, x.name), x.name));
    base.chain(families).fold(String::new(), |mut sql, (source, name)| {
        let _ = write!(sql, "{separator}{source}");
        if named {
            let _ = write!(sql, " AS {name}");
        }
        sql
    })
}

/// Joins all families to a track.
pub(super) fn family_joins(track: &str) -> String {
    Family::ALL.map(Family::as_str).iter().fold(String::new(), |mut sql, family| {
        let _ = write!(sql, " LEFT JOIN {family} ON {family}.track_id = {track}");
        sql
    })
}

/// Joins all families and what the user set to a track.
pub(super) fn row_joins(track: &str) -> String {
    family_joins(track) + &format!(" LEFT JOIN correction ON correction.track_id = {track}")
}

/// The value of a descriptor that counts: the user's, or else the measured one.
pub(super) fn in_force(family: Family, name: &str) -> String {
    let measured = format!("{}.{name}", family.as_str());
    if CORRECTED.contains(&name) {
        format!("coalesce(correction.{name}, {measured})")
    } else {
        measured
    }
}

/// The versions of all families, in storage order, each after a comma.
pub(super) fn family_versions() -> String {
    Family::ALL.iter().fold(String::new(), |mut sql, family| {
        let _ = write!(sql, ", {}.version", family.as_str());
        sql
    })
}

/// The statement that stores a record: track, version, values.
pub(super) fn upsert(family: Family) -> String {
    let mut names = String::new();
    let mut places = String::new();
    let mut updates = String::from("version = excluded.version");
    for (place, field) in family.fields().iter().enumerate() {
        let _ = write!(names, ", {}", field.name);
        let _ = write!(places, ", ?{}", place + 3);
        let _ = write!(updates, ", {0} = excluded.{0}", field.name);
    }
    format!(
        "INSERT INTO {} (track_id, version{names}) VALUES (?1, ?2{places}) \
         ON CONFLICT (track_id) DO UPDATE SET {updates}",
        family.as_str()
    )
}
