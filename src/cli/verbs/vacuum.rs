//! `phonolite vacuum`: room given back to the disk.

use serde_json::json;

use super::holdings::say;
use crate::cli::args::JsonArgs;
use crate::cli::report::bytes;
use crate::cli::{Context, Exit, Stop, terminal};
use crate::store::care;

pub(super) fn run(options: &JsonArgs, context: &Context) -> Result<Exit, Stop> {
    let done = care::vacuum(&context.database()?).map_err(super::store_error)?;
    if options.json {
        say(&json!({ "before_bytes": done.before, "after_bytes": done.after }).to_string())?;
    } else {
        terminal::note(&format!("phonolite: {} -> {}", bytes(done.before), bytes(done.after)));
    }
    Ok(Exit::Done)
}
