//! `--where`, `--sort` and `--limit`: which files a verb is about.

use crate::cli::Stop;
use crate::query;
use crate::store::{Filter, Question, Sort, unix_ms};

/// Reads a query; an error shows the place in it.
pub(super) fn filter(text: &str) -> Result<Filter, Stop> {
    query::parse(text, unix_ms())
        .map_err(|error| Stop::usage(anyhow::anyhow!("{error}\n{}", error.underline(text))))
}

/// The question of a query with an order such as `-energy,artist`.
pub(super) fn question(text: &str, sort: &[String], limit: Option<u64>) -> Result<Question, Stop> {
    let sort = sort.iter().map(|name| key(name)).collect::<Result<_, _>>()?;
    Ok(Question { filter: filter(text)?, sort, limit })
}

fn key(name: &str) -> Result<Sort, Stop> {
    let plain = name.strip_prefix('-');
    Ok(Sort { column: column(plain.unwrap_or(name))?, descending: plain.is_some() })
}

/// A column by its name or an alias.
pub(super) fn column(name: &str) -> Result<crate::store::Column, Stop> {
    query::named(name).map_err(|message| Stop::usage(anyhow::anyhow!("{message}")))
}
