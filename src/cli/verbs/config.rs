//! `phonolite config`: every setting, its value and where it comes from.

use std::io::Write;

use serde_json::json;

use crate::cli::args::JsonArgs;
use crate::cli::{Context, Exit, Stop, terminal};
use crate::config::{KEYS, Key};

pub(super) fn run(options: &JsonArgs, context: &Context) -> Result<Exit, Stop> {
    let mut out = terminal::out();
    if options.json {
        let all: serde_json::Map<String, serde_json::Value> = KEYS
            .iter()
            .map(|key| {
                let entry = json!({
                    "value": value(key, context),
                    "origin": context.layers.origin(key.name).to_string(),
                    "variable": key.variable(),
                    "help": key.help,
                });
                (key.name.to_string(), entry)
            })
            .collect();
        serde_json::to_writer_pretty(&mut out, &all).map_err(Stop::fault)?;
        writeln!(out).map_err(Stop::fault)?;
    } else {
        for key in KEYS {
            let origin = context.layers.origin(key.name);
            writeln!(out, "{:16} {:40} {origin}", key.name, value(key, context))
                .map_err(Stop::fault)?;
        }
    }
    out.flush().map_err(Stop::fault)?;
    Ok(Exit::Done)
}

/// The value in force, as text.
fn value(key: &Key, context: &Context) -> String {
    if let Some((raw, _)) = context.layers.get(key.name) {
        return raw.to_text();
    }
    match key.name {
        "db" => context.database().map(|path| path.display().to_string()).unwrap_or_default(),
        "jobs" | "memory" => "auto".into(),
        "follow_symlinks" => "false".into(),
        "log_level" => "warn".into(),
        "log_format" => "text".into(),
        _ => String::new(),
    }
}
