//! What a database holds, in a line.

use std::io::Write;

use serde_json::{Value, json};

use crate::cli::report::{bytes, thousands};
use crate::cli::{Stop, terminal};
use crate::store::care::Holdings;

pub(super) fn text(held: &Holdings) -> String {
    let last = held.last_run.and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
    let last = last.map_or_else(|| "never analysed".to_owned(), |at| format!("last run {at:.0}"));
    format!(
        "{} files, {} recordings, {}, schema {}, {last}",
        thousands(held.files),
        thousands(held.tracks),
        bytes(held.bytes),
        held.schema,
    )
}

pub(super) fn json(held: &Holdings) -> Value {
    json!({
        "files": held.files,
        "recordings": held.tracks,
        "bytes": held.bytes,
        "schema": held.schema,
        "last_run_unix_ms": held.last_run,
    })
}

/// One line to standard output.
pub(super) fn say(text: &str) -> Result<(), Stop> {
    let mut out = terminal::out();
    writeln!(out, "{text}").and_then(|()| out.flush()).map_err(Stop::fault)
}
