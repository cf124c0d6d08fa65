//! Columns that a question may name.

use super::columns::{CORRECTED, base_columns, descriptors};
use crate::feature::catalogue::{Family, Kind};

/// What the numbers of a column are, beyond their kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// A number, a count, a switch.
    Plain,
    /// Seconds.
    Seconds,
    /// Bytes.
    Bytes,
    /// Milliseconds since 1970 (UTC).
    Moment,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// An expression over the file `f` or what its user set; empty for its column of the same name.
    File(&'static str),
    /// An expression over the recording `r`.
    Recording(&'static str),
    /// The column of the same name in the table of a family.
    Family(Family),
}

/// A column of a file, of its recording or of a family; named as in `show --json`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    name: &'static str,
    kind: Kind,
    place: Place,
}

/// Columns that are of use in a question and are not shown with a file.
const HIDDEN: [Column; 2] = [
    Column { name: "added_at", kind: Kind::Integer, place: Place::File("f.added_at") },
    Column {
        name: "modified_at",
        kind: Kind::Integer,
        place: Place::File("(f.mtime_ns / 1000000)"),
    },
];

impl Column {
    /// Every column, in the order they are shown.
    pub fn all() -> impl Iterator<Item = Self> {
        let base = base_columns().map(|base| {
            let place = match base.source {
                source if source.contains("r.") => Place::Recording(source),
                source => Place::File(source),
            };
            Self { name: base.name, kind: base.kind, place }
        });
        let families = descriptors().map(|(family, field)| Self {
            name: field.name,
            kind: field.kind,
            place: Place::Family(family),
        });
        base.chain(families).chain(HIDDEN)
    }

    /// The column of this name.
    pub fn find(name: &str) -> Option<Self> {
        Self::all().find(|column| column.name == name)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        self.name
    }

    /// Kind of its values.
    pub fn kind(self) -> Kind {
        self.kind
    }

    /// What its numbers are.
    pub fn quantity(self) -> Quantity {
        match (self.name, self.kind) {
            ("size_bytes", _) => Quantity::Bytes,
            (name, Kind::Integer) if name.ends_with("_at") => Quantity::Moment,
            (name, Kind::Real) if name.ends_with("_s") => Quantity::Seconds,
            _ => Quantity::Plain,
        }
    }

    /// The family it belongs to, if it was measured.
    pub(super) fn family(self) -> Option<Family> {
        match self.place {
            Place::Family(family) => Some(family),
            Place::File(_) | Place::Recording(_) => None,
        }
    }

    /// True when a user may have set it against what was measured.
    pub(super) fn is_corrected(self) -> bool {
        CORRECTED.contains(&self.name)
    }

    /// The expression that gives its value, within a statement over the file `f` and the recording `r`; for a
    /// descriptor one that joins all families.
    pub(super) fn source(self) -> String {
        match self.place {
            Place::File("") => format!("f.{}", self.name),
            Place::File(source) | Place::Recording(source) => {
                match source.strip_prefix("correction.") {
                    // A condition joins no corrections.
                    Some(set) => {
                        format!("(SELECT {set} FROM correction WHERE track_id = f.track_id)")
                    }
                    None => source.to_owned(),
                }
            }
            Place::Family(family) => super::columns::in_force(family, self.name),
        }
    }
}
