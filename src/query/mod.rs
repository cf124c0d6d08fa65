//! The query language: from a line of text to a filter of the store.
//!
//! ```text
//! query   = any
//! any     = all { ("or" | "|") all }
//! all     = not { ["and"] not }
//! not     = ["-" | "not"] unit
//! unit    = "(" any ")" | term
//! term    = field operator values | word
//! ```
//!
//! | written | on numbers | on text |
//! |---|---|---|
//! | `f:v` | is `v`; `v..w`, `v..`, `..w` are ranges with both ends | contains `v`, whatever case and accents |
//! | `f=v` | is `v` | is `v`, whatever the case of its ASCII letters |
//! | `f!=v` | is known and is not `v` | the same |
//! | `f>v` `f>=v` `f<v` `f<=v` | as they say | – |
//! | `f~v` | `bpm` only: within 4 % of `v`, its half or its double | `key` only: `v` and the keys that mix with it |
//! | `f:v,w` | one of them | one of them |
//! | `has:f` | is known | is known |
//! | `word` | | title, artist, album or album artist contain it |
//!
//! A value with spaces, commas, parentheses or a leading operator stands in quotes, `"` or `'`; a quote
//! inside is written twice. Lengths of time (`duration`) are written `3:30`, `200`, `90s` or `3m`; ages
//! (`added`, `modified`) `30d`, `2w`, `6m`, `1y`, or a date `2024`, `2024-05`, `2024-05-17`; sizes `10M`.
//! Keys are written in any notation: `Am`, `"A minor"`, `8A`, `1m`.

mod error;
mod fields;
mod parse;
mod token;
mod value;

pub use error::QueryError;
pub use fields::{FIELD_ALIASES, column, named};
pub use value::{age_ms, seconds};

use crate::store::Filter;

/// Reads a query; the empty one lets everything pass.
///
/// Input: the query, and the present in milliseconds since 1970 (UTC), from which ages count.
///
/// # Errors
/// [`QueryError`] with the place in the text and, where there is one, a suggestion.
pub fn parse(text: &str, now_ms: i64) -> Result<Filter, QueryError> {
    parse::Parser::new(text, now_ms)?.query()
}
