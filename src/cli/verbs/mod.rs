//! From a verb to its file.

mod analyze;
mod config;
mod errors;
mod export;
mod models;
mod show;
mod stats;

use std::io::Write;

use super::args::{Verb, command};
use super::{Context, Exit, Stop, terminal};

/// Runs a verb.
pub(super) fn run(verb: Verb, context: &Context) -> Result<Exit, Stop> {
    match verb {
        Verb::Analyze(options) => analyze::run(&options, context),
        Verb::Show(options) => show::run(&options, context),
        Verb::Export(options) => export::run(&options, context),
        Verb::Errors(options) => errors::run(&options, context),
        Verb::Stats(options) => stats::run(&options, context),
        Verb::Models(verb) => models::run(verb, context),
        Verb::Config(options) => config::run(&options, context),
        Verb::Completions { shell } => completions(shell),
        Verb::Man => manual(),
    }
}

fn completions(shell: clap_complete::Shell) -> Result<Exit, Stop> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut command(), "phonolite", &mut text);
    terminal::out().write_all(&text).map_err(Stop::fault)?;
    Ok(Exit::Done)
}

fn manual() -> Result<Exit, Stop> {
    let mut text = Vec::new();
    clap_mangen::Man::new(command()).render(&mut text).map_err(Stop::fault)?;
    terminal::out().write_all(&text).map_err(Stop::fault)?;
    Ok(Exit::Done)
}
