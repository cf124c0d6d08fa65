//! `phonolite analyze`: the main job.

use std::io::Write;
use std::num::NonZeroUsize;
use std::path::Path;
use std::thread;

use anyhow::Context as _;
use serde_json::json;

use crate::audio::Limits;
use crate::cli::args::AnalyzeArgs;
use crate::cli::events::JsonEvents;
use crate::cli::progress::{Lines, ProgressBar, Quiet};
use crate::cli::{Context, Exit, Stop, report, signals, terminal};
use crate::library::{Job, Scan, ScanOptions};
use crate::memory::{Host, budget};
use crate::pipeline::{self, Cancel, Observer, Options, Reason, RunError, Summary};
use crate::store::{self, Readers, Store};

pub(super) fn run(arguments: &AnalyzeArgs, context: &Context) -> Result<Exit, Stop> {
    let options = options(arguments, context)?;
    let cancel = Cancel::default();
    signals::listen(&cancel).map_err(Stop::fault)?;
    let database = context.database()?;
    if arguments.dry_run {
        return dry_run(&database, &options, &cancel, arguments);
    }
    create_parent(&database)?;
    let store = Store::open(&database, &store::Options::default()).map_err(Stop::fault)?;
    let result = observed(&store, &options, &cancel, arguments);
    let closed = store.close().map_err(Stop::fault);
    let summary = result?;
    closed?;
    if !arguments.quiet && !arguments.json {
        terminal::note(&report::summary(&summary));
    }
    Ok(exit(&summary))
}

fn exit(summary: &Summary) -> Exit {
    match summary.stopped {
        Some(Reason::Signal(number)) => Exit::Signal(number),
        Some(Reason::Fault) => Exit::Fault,
        _ if summary.counts.failed + summary.unreadable + summary.models_failed > 0 => {
            Exit::SomeFailed
        }
        _ => Exit::Done,
    }
}

/// Runs under the observer that fits the terminal.
fn observed(
    store: &Store,
    options: &Options,
    cancel: &Cancel,
    arguments: &AnalyzeArgs,
) -> Result<Summary, Stop> {
    let bar;
    let observer: &dyn Observer = if arguments.json {
        &JsonEvents
    } else if arguments.quiet {
        &Quiet
    } else if terminal::is_interactive() {
        bar = ProgressBar::new();
        &bar
    } else {
        &Lines::new()
    };
    pipeline::run(store, options, cancel, observer).map_err(|error| match error {
        RunError::Scan(_) | RunError::Slot(_) => Stop::usage(error),
        _ => Stop::fault(error),
    })
}

fn options(arguments: &AnalyzeArgs, context: &Context) -> Result<Options, Stop> {
    let settings = &context.settings;
    if settings.dirs.is_empty() {
        return Err(Stop::usage(anyhow::anyhow!(
            "nothing to analyse: name a folder, as in `phonolite analyze --dir ~/Music`"
        )));
    }
    for root in &settings.dirs {
        // A library that is not mounted is told at once, not found empty.
        root.symlink_metadata()
            .with_context(|| format!("cannot find {}", root.display()))
            .map_err(Stop::usage)?;
    }
    let scan = ScanOptions {
        roots: settings.dirs.clone(),
        include: settings.include.clone(),
        exclude: settings.exclude.clone(),
        follow_symlinks: settings.follow_symlinks,
    };
    // A pattern that cannot be understood is told before anything is made on the disk.
    Scan::new(&scan).map_err(Stop::usage)?;
    let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    Ok(Options {
        scan,
        jobs: settings.jobs.map_or(cores, NonZeroUsize::get),
        cores,
        budget: settings.memory.unwrap_or_else(|| budget(Host::read())),
        force: arguments.force,
        retry_failed: arguments.retry_failed,
        prune: arguments.prune,
        limit: arguments.limit,
        models_dir: context.models_dir()?,
        models: settings.models.clone(),
        chunk_frames: arguments.chunk_frames,
        limits: Limits::default(),
        command_line: command_line(),
    })
}

/// The command line of this process, as text.
fn command_line() -> String {
    let words: Vec<String> =
        std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect();
    words.join(" ")
}

fn create_parent(database: &Path) -> Result<(), Stop> {
    let Some(parent) = database.parent().filter(|parent| !parent.as_os_str().is_empty()) else {
        return Ok(());
    };
    std::fs::create_dir_all(parent)
        .with_context(|| format!("cannot create the folder {}", parent.display()))
        .map_err(Stop::fault)
}

fn dry_run(
    database: &Path,
    options: &Options,
    cancel: &Cancel,
    arguments: &AnalyzeArgs,
) -> Result<Exit, Stop> {
    let readers = match Readers::open(database, 2) {
        Err(store::StoreError::NotFound { .. }) => Readers::empty(),
        other => other,
    };
    let readers =
        readers.with_context(|| format!("database {}", database.display())).map_err(Stop::fault)?;
    let mut out = terminal::out();
    let mut printed = Ok(());
    let found = pipeline::dry_run(&readers, options, cancel, |candidate, job| {
        let Some(verb) = verb(job) else { return };
        if printed.is_ok() && !arguments.quiet {
            printed = if arguments.json {
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
    if !arguments.json {
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
