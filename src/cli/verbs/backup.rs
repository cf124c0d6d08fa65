//! `phonolite backup`: a copy of the database, while it is in use.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::holdings;
use crate::cli::{Context, Exit, Stop, signals, terminal};
use crate::pipeline::{Cancel, Reason};
use crate::store::{StoreError, care};

pub(crate) const EXAMPLES: &str = "The copy is the state of one moment, is checked page by page, and takes the place of an older copy
only when it is whole. A run that analyses meanwhile is not disturbed.

Examples:
  phonolite backup /mnt/nas/library-$(date +%F).db
  phonolite restore /mnt/nas/library-2026-11-21.db";

/// Options of `backup`.
#[derive(Debug, Args)]
pub(crate) struct BackupArgs {
    /// Where the copy goes
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// As one JSON object
    #[arg(long)]
    json: bool,
}

pub(super) fn run(options: &BackupArgs, context: &Context) -> Result<Exit, Stop> {
    let database = context.database()?;
    let cancel = Cancel::default();
    signals::listen(&cancel).map_err(Stop::fault)?;
    let made = care::backup(&database, &options.file, &|| cancel.interrupts());
    let made = match (made, cancel.reason()) {
        (Err(StoreError::Cancelled { .. }), Some(Reason::Signal(number))) => {
            return Ok(Exit::Signal(number));
        }
        (made, _) => made.map_err(super::store_error)?,
    };
    if options.json {
        let mut value = holdings::json(&made);
        value["file"] = json!(options.file.to_string_lossy());
        holdings::say(&value.to_string())?;
    } else {
        let (file, text) = (terminal::shown(&options.file), holdings::text(&made));
        terminal::note(&format!("phonolite: {file}: checked, {text}"));
    }
    Ok(Exit::Done)
}
