//! The fields a query may name.

use super::error::QueryError;
use super::token::Text;
use crate::feature::Kind;
use crate::store::Column;

/// Other names of columns: those of tags, of other programs, and short ones.
pub const FIELD_ALIASES: [(&str, &str); 26] = [
    ("tempo", "bpm"),
    ("camelot", "key_camelot"),
    ("openkey", "key_openkey"),
    ("initial_key", "key"),
    ("loudness", "loudness_lufs"),
    ("lufs", "loudness_lufs"),
    ("range", "loudness_range_lu"),
    ("peak", "true_peak_dbtp"),
    ("length", "duration_s"),
    ("duration", "duration_s"),
    ("size", "size_bytes"),
    ("added", "added_at"),
    ("modified", "modified_at"),
    ("albumartist", "album_artist"),
    ("date", "year"),
    ("track", "track_number"),
    ("disc", "disc_number"),
    ("rate", "sample_rate_hz"),
    ("samplerate", "sample_rate_hz"),
    ("bits", "bits_per_sample"),
    ("bitrate", "bitrate_bps"),
    ("format", "codec"),
    ("file", "path"),
    ("beat", "metre"),
    ("time_signature", "metre"),
    ("tuning", "tuning_hz"),
];

/// The column a name stands for.
pub fn column(name: &str) -> Option<Column> {
    let name = name.to_ascii_lowercase();
    let alias = FIELD_ALIASES.iter().find(|(alias, _)| *alias == name);
    Column::find(alias.map_or(name.as_str(), |(_, name)| name))
}

/// The column a name stands for.
///
/// # Errors
/// What is wrong, with the nearest name.
pub fn named(name: &str) -> Result<Column, String> {
    column(name).ok_or_else(|| {
        let near = nearest(name).map(|near| format!(", did you mean `{near}`?"));
        format!("there is no field `{name}`{}", near.unwrap_or_default())
    })
}

/// The column of a term; lists and curves cannot be asked for.
pub(super) fn of_term(name: &Text) -> Result<Column, QueryError> {
    let error = |message| QueryError::new(name.at.clone(), message);
    let column = named(&name.content).map_err(error)?;
    match column.kind() {
        Kind::Real | Kind::Integer | Kind::Text => Ok(column),
        Kind::Times | Kind::Vector | Kind::Json | Kind::Bytes => {
            let message = format!("`{}` is a list; only has:{0} can be asked of it", column.name());
            Err(QueryError::new(name.at.clone(), message))
        }
    }
}

/// The name that takes the fewest edits; `None` when all are far.
fn nearest(name: &str) -> Option<&'static str> {
    let worth = name.len() <= crate::config::LONGEST_SLIP;
    let names = Column::all().filter(|_| worth).map(Column::name);
    let names = names.chain(FIELD_ALIASES.map(|(alias, _)| alias).into_iter().filter(|_| worth));
    let near = |known: &'static str| (crate::config::edit_distance(name, known), known);
    let (distance, known) = names.map(near).min()?;
    (distance <= 1 + name.len() / 3).then_some(known)
}
