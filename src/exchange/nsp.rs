//! Smart playlists of Navidrome (`.nsp`): a query as its JSON rules.
//!
//! Fields and operators are those of Navidrome's `model/criteria` (0.55 and newer, where tags are fields).
//! Navidrome plays by its own database: `bpm` is what the tags say, which `phonolite tag` can write. What it
//! cannot say is an error that names it; nothing is left out in silence.

use crate::store::{Column, Compare, Filter};
use serde_json::{Value, json};

/// Milliseconds in a day.
const DAY_MS: f64 = 86_400_000.0;

/// What stands beside the rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Smart {
    /// Its name.
    pub name: Option<String>,
    /// At most so many tracks.
    pub limit: Option<usize>,
}

/// Something that Navidrome has no rule for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NspError {
    /// A field that it does not know.
    #[error("Navidrome's rules do not know the field `{0}` (it has {known})", known = known())]
    Field(&'static str),
    /// A condition that it cannot state.
    #[error("Navidrome's rules cannot say this of `{field}`: {what}")]
    Condition {
        /// The field.
        field: &'static str,
        /// What of it.
        what: &'static str,
    },
    /// No condition at all: every track would be in the list.
    #[error("a smart playlist needs a rule: --where QUERY")]
    Empty,
}

/// Our columns, and the fields of Navidrome with what one of their units is in ours.
const FIELDS: [(&str, &str, f64); 22] = [
    ("title", "title", 0.0),
    ("artist", "artist", 0.0),
    ("album", "album", 0.0),
    ("album_artist", "albumartist", 0.0),
    ("composer", "composer", 0.0),
    ("genre", "genre", 0.0),
    ("mood", "mood", 0.0),
    ("grouping", "grouping", 0.0),
    ("comment", "comment", 0.0),
    ("label", "recordlabel", 0.0),
    ("isrc", "isrc", 0.0),
    ("path", "filepath", 0.0),
    ("year", "year", 1.0),
    ("track_number", "tracknumber", 1.0),
    ("disc_number", "discnumber", 1.0),
    ("bpm", "bpm", 1.0),
    ("tag_bpm", "bpm", 1.0),
    ("channels", "channels", 1.0),
    ("duration_s", "duration", 1.0),
    ("size_bytes", "size", 1.0),
    ("bitrate_bps", "bitrate", 1000.0),
    ("bits_per_sample", "bitdepth", 1.0),
];

fn known() -> String {
    let names = FIELDS.map(|(name, ..)| name).join(", ");
    format!("{names}, added_at, modified_at")
}

/// The rules of a filter as the text of an `.nsp` file. `now_ms` is the present, from which ages count.
///
/// # Errors
/// [`NspError`] for what Navidrome cannot say.
pub fn write(filter: &Filter, list: &Smart, now_ms: i64) -> Result<String, NspError> {
    if *filter == Filter::All(Vec::new()) {
        return Err(NspError::Empty);
    }
    let rule = rule(filter, false, now_ms)?;
    let mut object = match rule {
        Value::Object(rule) if rule.contains_key("all") || rule.contains_key("any") => rule,
        rule => serde_json::Map::from_iter([("all".to_owned(), json!([rule]))]),
    };
    if let Some(name) = &list.name {
        object.insert("name".into(), json!(name));
    }
    if let Some(limit) = list.limit {
        object.insert("limit".into(), json!(limit));
        object.insert("sort".into(), json!("random"));
    }
    Ok(format!("{:#}\n", Value::Object(object)))
}

/// A rule, or its opposite: Navidrome has no "not", so a negation moves inwards.
fn rule(filter: &Filter, not: bool, now_ms: i64) -> Result<Value, NspError> {
    let each = |parts: &[Filter]| -> Result<Vec<Value>, NspError> {
        parts.iter().map(|part| rule(part, not, now_ms)).collect()
    };
    match filter {
        Filter::All(parts) => Ok(json!({ if not { "any" } else { "all" }: each(parts)? })),
        Filter::Any(parts) => Ok(json!({ if not { "all" } else { "any" }: each(parts)? })),
        Filter::Not(part) => rule(part, !not, now_ms),
        Filter::Compare(column, how, number) => compare(*column, *how, *number, not, now_ms),
        Filter::Is(column, text) => word(*column, if not { "isNot" } else { "is" }, text),
        Filter::Contains(column, text) => {
            word(*column, if not { "notContains" } else { "contains" }, text)
        }
        Filter::Known(column) => {
            Err(NspError::Condition { field: column.name(), what: "whether it is known" })
        }
        Filter::Tracks(_) => Err(NspError::Condition { field: "path", what: "a list of tracks" }),
    }
}

fn field(column: Column) -> Result<(&'static str, f64), NspError> {
    let found = FIELDS.iter().find(|(name, ..)| *name == column.name());
    found.map(|&(_, name, unit)| (name, unit)).ok_or(NspError::Field(column.name()))
}

fn word(column: Column, operator: &str, text: &str) -> Result<Value, NspError> {
    let (name, _) = field(column)?;
    Ok(json!({ operator: { name: text } }))
}

fn compare(
    column: Column,
    how: Compare,
    number: f64,
    not: bool,
    now_ms: i64,
) -> Result<Value, NspError> {
    let how = if not { opposite(how) } else { Some(how) };
    if let Some(name) = moment(column) {
        return date(column, name, how, number, now_ms);
    }
    let (name, unit) = field(column)?;
    let number = number / unit.max(1.0);
    // Navidrome keeps whole numbers in all of these but the duration, where the end is no matter.
    Ok(match how {
        None => json!({"isNot": {name: whole(number)}}),
        Some(Compare::Equal) => json!({"is": {name: whole(number)}}),
        Some(Compare::Less) => json!({"lt": {name: whole(number.ceil())}}),
        Some(Compare::LessOrEqual) => json!({"lt": {name: whole(number.floor() + 1.0)}}),
        Some(Compare::Greater) => json!({"gt": {name: whole(number.floor())}}),
        Some(Compare::GreaterOrEqual) => json!({"gt": {name: whole(number.ceil() - 1.0)}}),
    })
}

/// `None` is "not equal".
fn opposite(how: Compare) -> Option<Compare> {
    match how {
        Compare::Less => Some(Compare::GreaterOrEqual),
        Compare::LessOrEqual => Some(Compare::Greater),
        Compare::Equal => None,
        Compare::GreaterOrEqual => Some(Compare::Less),
        Compare::Greater => Some(Compare::LessOrEqual),
    }
}

fn moment(column: Column) -> Option<&'static str> {
    match column.name() {
        "added_at" => Some("dateadded"),
        "modified_at" => Some("datemodified"),
        _ => None,
    }
}

/// Ages in whole days are rules that move with time; anything else is a date.
fn date(
    column: Column,
    name: &str,
    how: Option<Compare>,
    ms: f64,
    now_ms: i64,
) -> Result<Value, NspError> {
    let days = (now_ms as f64 - ms) / DAY_MS;
    let aged = days >= 1.0 && (days - days.round()).abs() < 0.01;
    let day = || {
        let moment = jiff::Timestamp::from_millisecond(ms as i64).ok();
        moment.map(|moment| moment.to_zoned(jiff::tz::TimeZone::UTC).date().to_string())
    };
    let operator = match how {
        Some(Compare::Greater | Compare::GreaterOrEqual) if aged => "inTheLast",
        Some(Compare::Less | Compare::LessOrEqual) if aged => "notInTheLast",
        Some(Compare::Greater | Compare::GreaterOrEqual) => "after",
        Some(Compare::Less | Compare::LessOrEqual) => "before",
        _ => return Err(NspError::Condition { field: column.name(), what: "one moment" }),
    };
    let value = if aged { json!(days.round() as i64) } else { json!(day()) };
    Ok(json!({ operator: { name: value } }))
}

fn whole(number: f64) -> Value {
    if number.fract().abs() < f64::EPSILON { json!(number as i64) } else { json!(number) }
}
