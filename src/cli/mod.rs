//! The command line: one file a verb.
//!
//! This layer and the two programs are the only places that know the terminal, the environment and
//! exit codes.

mod account;
mod args;
mod events;
mod fold;
mod logging;
mod manners;
mod profile;
mod progress;
mod report;
mod selection;
mod signals;
mod terminal;
mod verbs;
mod work;

pub use args::command;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use crate::config::{Layers, Settings, Surroundings};
use crate::store::{Readers, StoreError};
use args::{Arguments, Verb};

/// How a run of the program ended, as its exit code tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done, nothing to do included.
    Done,
    /// A query found nothing.
    Empty,
    /// The command line or the configuration is wrong.
    Usage,
    /// Done, some files failed, or something was found to be wrong.
    SomeFailed,
    /// Stopped by a fault.
    Fault,
    /// Stopped by a signal.
    Signal(u8),
}

impl Exit {
    fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Empty => 1,
            Self::Usage => 2,
            Self::SomeFailed => 3,
            Self::Fault => 4,
            Self::Signal(number) => 128u8.saturating_add(number),
        }
    }

    /// The stable name, as in accounts.
    fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Empty => "empty",
            Self::Usage => "usage",
            Self::SomeFailed => "some_failed",
            Self::Fault => "fault",
            Self::Signal(_) => "stopped",
        }
    }
}

/// Why a verb gave up, and the code that says so.
#[derive(Debug)]
pub(crate) struct Stop {
    exit: Exit,
    error: anyhow::Error,
}

impl Stop {
    /// The user's turn: the command line or the configuration is wrong.
    pub(crate) fn usage(error: impl Into<anyhow::Error>) -> Self {
        Self { exit: Exit::Usage, error: error.into() }
    }

    /// Nothing to be done here.
    pub(crate) fn fault(error: impl Into<anyhow::Error>) -> Self {
        Self { exit: Exit::Fault, error: error.into() }
    }
}

/// What a verb is given.
pub(crate) struct Context {
    pub(crate) settings: Settings,
    pub(crate) layers: Layers,
    pub(crate) surroundings: Surroundings,
    /// The command line behind the name of the program; what is not UTF-8 is shown as such.
    pub(crate) arguments: Vec<String>,
}

impl Context {
    /// The database: as set, or in the user's data directory.
    pub(crate) fn database(&self) -> Result<PathBuf, Stop> {
        let set = self.settings.db.clone().or_else(|| self.surroundings.database());
        set.ok_or_else(|| {
            Stop::usage(anyhow::anyhow!("no home directory: name the database with --db"))
        })
    }
}

impl Context {
    /// The folder of the user's models: as set, or `models` beside the database.
    pub(crate) fn models_dir(&self) -> Result<PathBuf, Stop> {
        match &self.settings.models_dir {
            Some(dir) => Ok(dir.clone()),
            None => Ok(self.database()?.with_file_name("models")),
        }
    }

    /// The database for reading; a missing one is told with what makes it.
    pub(crate) fn readers(&self) -> Result<Readers, Stop> {
        let database = self.database()?;
        Readers::open(&database, 1).map_err(|error| match error {
            StoreError::NotFound { .. } => Stop::usage(anyhow::anyhow!(
                "there is no database {}; `phonolite analyze --dir …` makes one",
                database.display()
            )),
            error => Stop::fault(error),
        })
    }
}

/// Panics of the threads that read files are caught and become failures of the file: they are told
/// there, and logged for those who look for the cause. Any other panic is printed as usual.
fn log_caught_panics() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let thread = std::thread::current();
        let caught =
            thread.name().is_some_and(|name| name.starts_with("file-") || name == "decode");
        if caught {
            tracing::debug!(%panic, "caught");
        } else {
            usual(panic);
        }
    }));
}

/// Runs the program; `arguments` begins with its name.
pub fn main(arguments: &[OsString]) -> ExitCode {
    log_caught_panics();
    let exit = match Arguments::try_parse_from(arguments) {
        Ok(parsed) => run(parsed, arguments),
        Err(error) => {
            terminal::print_usage(&error);
            if error.use_stderr() { Exit::Usage } else { Exit::Done }
        }
    };
    ExitCode::from(exit.code())
}

fn run(arguments: Arguments, line: &[OsString]) -> Exit {
    let outcome =
        context(&arguments, line).and_then(|context| verbs::run(arguments.verb, &context));
    outcome.unwrap_or_else(|stop| {
        if terminal::is_broken_pipe(&stop.error) {
            return Exit::Done; // the reader of a pipe has seen enough
        }
        terminal::error(&stop.error);
        stop.exit
    })
}

fn context(arguments: &Arguments, line: &[OsString]) -> Result<Context, Stop> {
    let surroundings = Surroundings {
        variables: std::env::vars_os().collect(),
        system_file: PathBuf::from("/etc/phonolite/config.toml"),
    };
    let mut layers = Layers::read(&surroundings).map_err(Stop::usage)?;
    arguments.add_flags(&mut layers);
    let settings = Settings::resolve(&layers).map_err(Stop::usage)?;
    if !matches!(arguments.verb, Verb::Completions { .. } | Verb::Man) {
        logging::start(&settings);
    }
    let line = line.iter().skip(1).map(|argument| argument.to_string_lossy().into_owned());
    Ok(Context { settings, layers, surroundings, arguments: line.collect() })
}
