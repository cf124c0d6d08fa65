//! `phonolite`: the shell around the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    phonolite::cli::main(&std::env::args_os().collect::<Vec<_>>())
}
