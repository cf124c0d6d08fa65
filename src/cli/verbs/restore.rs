//! `phonolite restore`: a copy in the place of the database.

use std::path::PathBuf;

use clap::Args;

use super::holdings;
use crate::cli::{Context, Exit, Stop, terminal};
use crate::store::{StoreError, care};

pub(crate) const EXAMPLES: &str = "The copy is checked first, and refused if it is damaged, of another program or of a newer version.
The old database stands beside as DATABASE.before-restore until the new one is in place; it stays
there if it was damaged, or with --keep-old. While a run or another program has the database open
nothing is done.

Examples:
  phonolite restore library-2026-11-21.db --dry-run
  phonolite restore library-2026-11-21.db";

/// Options of `restore`.
#[derive(Debug, Args)]
pub(crate) struct RestoreArgs {
    /// A copy that `phonolite backup` made
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Check the copy, say what it holds, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// Keep the old database beside the new one
    #[arg(long)]
    keep_old: bool,
}

pub(super) fn run(options: &RestoreArgs, context: &Context) -> Result<Exit, Stop> {
    let database = context.database()?;
    if options.dry_run {
        let held = care::examine(&options.file).map_err(super::store_error)?;
        let (file, place) = (terminal::shown(&options.file), terminal::shown(&database));
        terminal::note(&format!("phonolite: {file} is sound: {}", holdings::text(&held)));
        let now = match care::examine(&database) {
            Ok(now) => holdings::text(&now),
            Err(StoreError::NotFound { .. }) => "nothing".into(),
            Err(error) => error.to_string(),
        };
        terminal::note(&format!("phonolite: would take the place of {place}: {now}"));
        return Ok(Exit::Done);
    }
    let done =
        care::restore(&options.file, &database, options.keep_old).map_err(super::store_error)?;
    let (place, text) = (terminal::shown(&database), holdings::text(&done.holdings));
    terminal::note(&format!("phonolite: {place} restored: {text}"));
    if let Some(old) = done.kept {
        terminal::note(&format!(
            "phonolite: the old database is kept as {}",
            terminal::shown(&old)
        ));
    }
    Ok(Exit::Done)
}
