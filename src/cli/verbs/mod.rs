//! From a verb to its file.

mod analyze;
mod config;
mod errors;
mod export;
mod show;
mod stats;

use std::io::Write;

use super::args::{Verb, command};
use super::{Context, Exit, Stop};

/// Runs a verb.
pub(super) fn run(verb: Verb, context: &Context) -> Result<Exit, Stop> {
    match verb {
        Verb::Analyze(options) => analyze::run(&options, context),
        Verb::Show(options) => show::run(&options, context),
        Verb::Export(options) => export::run(&options, context),
        Verb::Errors(options) => errors::run(&options, context),
        Verb::Stats(options) => stats::run(&options, context),
        Verb::Config(options) => config::run(&options, context),
        Verb::Completions { shell } => completions(shell, context),
        Verb::Man => manual(context),
    }
}

fn completions(shell: clap_complete::Shell, context: &Context) -> Result<Exit, Stop> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut command(), "phonolite", &mut text);
    context.terminal.out().write_all(&text).map_err(Stop::fault)?;
    Ok(Exit::Done)
}

fn manual(context: &Context) -> Result<Exit, Stop> {
    let mut text = Vec::new();
    clap_mangen::Man::new(command()).render(&mut text).map_err(Stop::fault)?;
    context.terminal.out().write_all(&text).map_err(Stop::fault)?;
    Ok(Exit::Done)
}
