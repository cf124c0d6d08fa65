//! From a verb to its file.

pub(super) mod albums;
pub(super) mod analyze;
pub(super) mod backup;
pub(super) mod batch;
mod config;
pub(super) mod doctor;
pub(super) mod duplicates;
pub(super) mod errors;
pub(super) mod export;
pub(super) mod fingerprint;
mod holdings;
pub(super) mod models;
pub(super) mod playlist;
pub(super) mod query;
pub(super) mod restore;
pub(super) mod set;
mod show;
pub(super) mod similar;
pub(super) mod stats;
pub(super) mod tag;
mod vacuum;
#[cfg(feature = "watch")]
pub(super) mod watch;
pub(super) mod waveform;

use std::io::Write;

use super::args::{Verb, command};
use super::{Context, Exit, Stop, terminal};
use crate::store::StoreError;

/// Runs a verb.
pub(super) fn run(verb: Verb, context: &Context) -> Result<Exit, Stop> {
    match verb {
        Verb::Analyze(options) => analyze::run(&options, context),
        Verb::Batch(options) => batch::run(&options, context),
        #[cfg(feature = "watch")]
        Verb::Watch(options) => watch::run(&options, context),
        Verb::Show(options) => show::run(&options, context),
        Verb::Export(options) => export::run(&options, context),
        Verb::Playlist(options) => playlist::run(&options, context),
        Verb::Query(options) => query::run(&options, context),
        Verb::Set(options) => set::run(&options, context),
        Verb::Retempo(options) => set::retempo(&options, context),
        Verb::Tag(options) => tag::run(&options, context),
        Verb::Albums(options) => albums::run(&options, context),
        Verb::Errors(options) => errors::run(&options, context),
        Verb::Similar(options) => similar::run(&options, context),
        Verb::Waveform(options) => waveform::run(&options, context),
        Verb::Stats(options) => stats::run(&options, context),
        Verb::Duplicates(options) => duplicates::run(&options, context),
        Verb::Fingerprint(options) => fingerprint::run(&options, context),
        Verb::Models(verb) => models::run(verb, context),
        Verb::Doctor(options) => doctor::run(&options, context),
        Verb::Backup(options) => backup::run(&options, context),
        Verb::Restore(options) => restore::run(&options, context),
        Verb::Vacuum(options) => vacuum::run(&options, context),
        Verb::Config(options) => config::run(&options, context),
        Verb::Completions { shell } => completions(shell),
        Verb::Man => manual(),
    }
}

/// What is not there, or none of ours, is the user's turn; the rest is a fault.
fn store_error(error: StoreError) -> Stop {
    match error {
        StoreError::NotFound { .. } => Stop::usage(error),
        _ => Stop::fault(error),
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
