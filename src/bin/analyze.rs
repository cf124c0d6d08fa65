//! `analyze …` is `phonolite analyze …`.

use std::ffi::OsString;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments: Vec<OsString> = std::env::args_os().collect();
    arguments.insert(arguments.len().min(1), "analyze".into());
    phonolite::cli::main(&arguments)
}
