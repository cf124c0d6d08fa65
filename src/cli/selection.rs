//! `--where`, `--sort` and `--limit`: which files a verb is about.

use clap::Args;

use crate::cli::Stop;
use crate::query;
use crate::store::{FileId, Filter, Question, Readers, Sort, TrackId, unix_ms};

/// `--where QUERY`, the same for every verb that chooses files.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct Where {
    /// Only files that pass this query, or all queries given (see `phonolite query --help`)
    #[arg(long = "where", value_name = "QUERY", allow_hyphen_values = true)]
    condition: Vec<String>,
}

impl Where {
    /// True when it was given at all.
    pub(super) fn is_given(&self) -> bool {
        !self.condition.is_empty()
    }

    /// What files must pass; everything passes where nothing was given.
    pub(super) fn filter(&self) -> Result<Filter, Stop> {
        all(self.condition.iter().map(String::as_str))
    }

    /// The question without an order.
    pub(super) fn question(&self) -> Result<Question, Stop> {
        Ok(Question { filter: self.filter()?, sort: Vec::new(), limit: None })
    }

    /// The files that pass, in the order of their paths; 8 bytes each.
    pub(super) fn files(&self, readers: &Readers) -> Result<Vec<FileId>, Stop> {
        readers.select(&self.question()?).map_err(Stop::fault)
    }

    /// The same as numbers that ascend; `None` where nothing was asked.
    pub(super) fn only(&self, readers: &Readers) -> Result<Option<Vec<FileId>>, Stop> {
        let files = self.is_given().then(|| self.files(readers)).transpose()?;
        Ok(files.map(|mut files| {
            files.sort_unstable();
            files
        }))
    }

    /// Those of them that were analysed, with their tracks.
    pub(super) fn tracks(&self, readers: &Readers) -> Result<Vec<(FileId, TrackId)>, Stop> {
        readers.select_tracks(&self.question()?).map_err(Stop::fault)
    }
}

/// Reads queries that must all be passed; an error shows the place in the one that is wrong.
fn all<'a>(texts: impl Iterator<Item = &'a str>) -> Result<Filter, Stop> {
    let read = |text: &str| {
        query::parse(text, unix_ms())
            .map_err(|error| Stop::usage(anyhow::anyhow!("{error}\n{}", error.underline(text))))
    };
    let mut filters = texts.map(read).collect::<Result<Vec<_>, _>>()?;
    // One alone is left as it is: conditions within a list are searched for together.
    Ok(if filters.len() == 1 { filters.remove(0) } else { Filter::All(filters) })
}

/// The question of a text and `--where`, with an order such as `-energy,artist`.
pub(super) fn question(
    text: &str,
    wanted: &Where,
    sort: &[String],
    limit: Option<u64>,
) -> Result<Question, Stop> {
    let sort = sort.iter().map(|name| key(name)).collect::<Result<_, _>>()?;
    let given = Some(text).filter(|text| !text.is_empty());
    let filter = all(given.into_iter().chain(wanted.condition.iter().map(String::as_str)))?;
    Ok(Question { filter, sort, limit })
}

fn key(name: &str) -> Result<Sort, Stop> {
    let plain = name.strip_prefix('-');
    Ok(Sort { column: column(plain.unwrap_or(name))?, descending: plain.is_some() })
}

/// A column by its name or an alias.
pub(super) fn column(name: &str) -> Result<crate::store::Column, Stop> {
    query::named(name).map_err(|message| Stop::usage(anyhow::anyhow!("{message}")))
}
