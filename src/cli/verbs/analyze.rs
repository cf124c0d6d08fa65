//! `phonolite analyze`: the main job.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use serde_json::json;

use crate::cli::account::{Account, AccountArgs, Tally};
use crate::cli::work::{self, WorkArgs};
use crate::cli::{Context, Exit, Stop, profile, report, signals, terminal};
use crate::library::Job;
use crate::pipeline::{self, Cancel, Options, RunError};
use crate::store::{Readers, StoreError};

pub(crate) const EXAMPLES: &str = "Examples:
  phonolite analyze --dir ~/Music --dir /mnt/nas/music
  phonolite analyze --dir ~/Music --memory 512M --jobs 2
  phonolite analyze song.mp3 --force         again, although it is known
  phonolite analyze --dir ~/Music --dry-run  what would be done
  phonolite analyze --dir ~/Music --json     events as JSON lines on standard output
  phonolite analyze --dir ~/Music --depth quick   estimates first; run it again without to deepen them
  phonolite analyze --dir ~/Music --profile out/  where the time goes, and what holds it back
  phonolite analyze --dir ~/Music --nice --max-cpu 25% --until 06:00 --report last.md";

/// Options of `analyze`.
#[derive(Debug, Args)]
pub(crate) struct AnalyzeArgs {
    #[command(flatten)]
    pub(crate) work: WorkArgs,
    /// Analyse again what is known
    #[arg(long)]
    force: bool,
    /// Say what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// Forget files that are gone
    #[arg(long)]
    prune: bool,
    /// Stop after so many files have been analysed
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
    /// Measure where the time goes: a table, a report for programs and a flamegraph in this folder
    #[arg(long, value_name = "FOLDER", conflicts_with = "dry_run")]
    profile: Option<PathBuf>,
    #[command(flatten)]
    account: AccountArgs,
}

pub(super) fn run(arguments: &AnalyzeArgs, context: &Context) -> Result<Exit, Stop> {
    let work = &arguments.work;
    work.manners.stand_back(None);
    let options = Options {
        force: arguments.force,
        prune: arguments.prune,
        limit: arguments.limit,
        profile: arguments.profile.is_some(),
        ..work.options(context, true)?
    };
    let cancel = Cancel::default();
    signals::listen(&cancel).map_err(Stop::fault)?;
    let database = context.database()?;
    if arguments.dry_run {
        return dry_run(&database, &options, &cancel, arguments);
    }
    arguments.profile.iter().try_for_each(|folder| profile::prepare(folder))?;
    let mut account = Account::begin("analyze");
    let tally = Tally::over(work.observer());
    let done = work::with_store(&database, |store| {
        pipeline::run(store, &options, &cancel, &tally).map_err(work::stop)
    });
    let exit = match &done {
        Ok(summary) => work::exit(summary),
        Err(stop) => stop.exit,
    };
    account.analysed(&done, tally.end());
    account.write(&arguments.account, exit, &database)?;
    let summary = done?;
    if !work.quiet && !work.json {
        terminal::note(&report::summary(&summary));
    }
    if let Some(folder) = &arguments.profile {
        let table = profile::write(folder, &summary)?;
        for table in table.iter().filter(|_| !work.quiet && !work.json) {
            terminal::note(&format!("\n{}", table.trim_end()));
        }
    }
    Ok(exit)
}

fn dry_run(
    database: &Path,
    options: &Options,
    cancel: &Cancel,
    arguments: &AnalyzeArgs,
) -> Result<Exit, Stop> {
    let readers = match Readers::open(database, 2) {
        Err(StoreError::NotFound { .. }) => Readers::empty(),
        other => other,
    };
    let readers =
        readers.with_context(|| format!("database {}", database.display())).map_err(Stop::fault)?;
    let mut out = terminal::out();
    let mut printed = Ok(());
    let found = pipeline::dry_run(&readers, options, cancel, |candidate, job| {
        let Some(verb) = verb(job) else { return };
        if printed.is_ok() && !arguments.work.quiet {
            printed = if arguments.work.json {
                writeln!(
                    out,
                    "{}",
                    json!({"would": verb, "path": candidate.path.to_string_lossy()})
                )
            } else {
                writeln!(out, "{verb} {}", candidate.path.display())
            };
        }
    });
    let found = found.map_err(|error| match error {
        RunError::Slot(_) => Stop::usage(error),
        _ => Stop::fault(error),
    })?;
    printed.and_then(|()| out.flush()).map_err(Stop::fault)?;
    if !arguments.work.json {
        terminal::note(&report::dry_run(&found));
    }
    Ok(Exit::Done)
}

/// What would be done, in a word; `None` for nothing.
fn verb(job: &Job) -> Option<&'static str> {
    match job {
        Job::Analyse(_) => Some("analyse"),
        Job::Check => Some("read"),
        Job::Moved(_) => Some("relink"),
        Job::Unchanged | Job::SkippedFailed | Job::Quarantined => None,
    }
}
