//! `phonolite errors`: files that failed, why, and what to do.

use std::io::Write;

use serde_json::json;

use crate::cli::args::ErrorsArgs;
use crate::cli::{Context, Exit, Stop, terminal};
use crate::error::FailureKind;
use crate::store::FailureRow;

pub(super) fn run(options: &ErrorsArgs, context: &Context) -> Result<Exit, Stop> {
    let readers = context.readers()?;
    let mut out = terminal::out();
    let mut kinds: Vec<FailureKind> = Vec::new();
    let mut count = 0_u64;
    for failure in readers.failures() {
        let failure = failure.map_err(Stop::fault)?;
        let printed = if options.json {
            writeln!(out, "{}", object(&failure))
        } else {
            let (path, kind) = (terminal::shown(&failure.path), &failure.kind);
            writeln!(out, "{path}: {kind} ({}): {}", failure.stage, failure.message)
        };
        printed.map_err(Stop::fault)?;
        kinds.extend(FailureKind::from_name(&failure.kind));
        kinds.sort_unstable();
        kinds.dedup();
        count += 1;
    }
    if !options.json {
        hints(&kinds, &mut out).map_err(Stop::fault)?;
    }
    out.flush().map_err(Stop::fault)?;
    if count == 0 && !options.json {
        terminal::note("no file failed");
    }
    Ok(Exit::Done)
}

fn hints(kinds: &[FailureKind], out: &mut impl Write) -> std::io::Result<()> {
    if !kinds.is_empty() {
        writeln!(out, "\nWhat to do:")?;
    }
    kinds.iter().try_for_each(|kind| writeln!(out, "  {:20} {}", kind.as_str(), kind.hint()))
}

fn object(failure: &FailureRow) -> serde_json::Value {
    json!({
        "path": failure.path.to_string_lossy(),
        "stage": failure.stage,
        "kind": failure.kind,
        "message": failure.message,
        "hint": FailureKind::from_name(&failure.kind).map(FailureKind::hint),
        "at_unix_ms": failure.at,
        "run": failure.run.0,
    })
}
