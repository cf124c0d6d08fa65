//! Options and course of a run, the same for every verb that analyses.

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, ValueEnum};

use super::events::JsonEvents;
use super::manners::MannersArgs;
use super::progress::{Lines, ProgressBar, Quiet};
use super::{Context, Exit, Stop, terminal};
use crate::config::{Layers, Raw};
use crate::feature::Depth;
use crate::library::{Scan, ScanOptions};
use crate::memory::{Host, budget};
use crate::pipeline::{Observer, Options, Reason, RunError, Summary};
use crate::store::{self, Store};

/// What is analysed, and within what limits.
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "switches of a command line")]
pub(crate) struct WorkArgs {
    /// Folders and files to analyse
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// A folder to analyse; may be given more than once
    #[arg(long, value_name = "FOLDER")]
    dir: Vec<PathBuf>,
    /// Files in flight [default: number of cores]
    #[arg(short, long, value_name = "N")]
    jobs: Option<OsString>,
    /// Memory budget, e.g. 512M [default: min(0.8 x cgroup limit, 0.5 x available)]
    #[arg(long, value_name = "SIZE")]
    memory: Option<OsString>,
    /// How much of a track is heard: all of it, or an excerpt; a later full run deepens what was heard quickly
    #[arg(long, value_enum, value_name = "DEPTH", default_value_t)]
    depth: DepthArg,
    /// Try failed and quarantined files again
    #[arg(long)]
    retry_failed: bool,
    /// Follow symbolic links
    #[arg(long)]
    follow_symlinks: bool,
    /// Take only files that match this glob; may be given more than once
    #[arg(long, value_name = "GLOB")]
    include: Vec<OsString>,
    /// Pass over files and folders that match this glob; may be given more than once
    #[arg(long, value_name = "GLOB")]
    exclude: Vec<OsString>,
    /// Compute these models of yours as well, separated by commas; `phonolite models` manages them
    #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
    models: Vec<OsString>,
    /// Events as JSON lines on standard output
    #[arg(long)]
    pub(crate) json: bool,
    /// No progress and no summary
    #[arg(short, long)]
    pub(crate) quiet: bool,
    /// Frames a chunk, for experiments; results do not depend on it
    #[arg(long, value_name = "FRAMES", hide = true, default_value_t = crate::audio::CHUNK_FRAMES, value_parser = chunk_frames)]
    chunk_frames: usize,
    #[command(flatten)]
    pub(crate) manners: MannersArgs,
}

/// How much of a track is heard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum DepthArg {
    /// All of it
    #[default]
    Full,
    /// Half a minute from its middle: tempo, key, loudness and scores are estimates
    Quick,
}

impl DepthArg {
    fn depth(self) -> Depth {
        match self {
            Self::Full => Depth::Full,
            Self::Quick => Depth::Quick,
        }
    }
}

fn chunk_frames(text: &str) -> Result<usize, String> {
    let frames = text.parse().ok().filter(|frames| (1..=1 << 20).contains(frames));
    frames.ok_or_else(|| "a number from 1 to 1048576 is needed".into())
}

impl WorkArgs {
    /// Adds what is a setting as well to the highest layer.
    pub(super) fn add_flags(&self, layers: &mut Layers) {
        let mut one = |name: &str, value: Option<OsString>| {
            if let Some(value) = value {
                layers.set_flag(name, Raw::One(value));
            }
        };
        one("jobs", self.jobs.clone());
        one("memory", self.memory.clone());
        one("follow_symlinks", self.follow_symlinks.then(|| "true".into()));
        let roots = self.dir.iter().chain(&self.paths);
        let roots: Vec<OsString> = roots.map(|path| path.clone().into_os_string()).collect();
        let lists = [
            ("dir", &roots),
            ("include", &self.include),
            ("exclude", &self.exclude),
            ("models", &self.models),
        ];
        for (name, values) in lists {
            if !values.is_empty() {
                layers.set_flag(name, Raw::Many(values.clone()));
            }
        }
    }

    /// The options of a run; `present`: every root has to be there.
    pub(super) fn options(&self, context: &Context, present: bool) -> Result<Options, Stop> {
        let settings = &context.settings;
        if settings.dirs.is_empty() {
            return Err(Stop::usage(anyhow::anyhow!(
                "nothing to analyse: name a folder, as in `phonolite analyze --dir ~/Music`"
            )));
        }
        for root in settings.dirs.iter().filter(|_| present) {
            // A library that is not mounted is told at once, not found empty.
            root.symlink_metadata()
                .with_context(|| format!("cannot find {}", super::terminal::shown(root)))
                .map_err(Stop::usage)?;
        }
        let scan = ScanOptions {
            roots: settings.dirs.clone(),
            include: settings.include.clone(),
            exclude: settings.exclude.clone(),
            follow_symlinks: settings.follow_symlinks,
            only: Vec::new(),
        };
        // A pattern that cannot be understood is told before anything is made on the disk.
        Scan::new(&scan).map_err(Stop::usage)?;
        let plain = Options::over(Vec::new(), budget_in_force(settings.memory));
        let depth = self.depth.depth();
        // What a model says of an excerpt would be taken for its answer to the track.
        let models = if depth == Depth::Full { settings.models.clone() } else { Vec::new() };
        Ok(Options {
            scan,
            jobs: settings.jobs.map_or(plain.cores, NonZeroUsize::get),
            retry_failed: self.retry_failed,
            models_dir: context.models_dir()?,
            models,
            depth,
            chunk_frames: self.chunk_frames,
            manners: self.manners.rules(),
            command_line: command_line(),
            ..plain
        })
    }

    /// The observer that fits the terminal and what was asked for.
    pub(super) fn observer(&self) -> Box<dyn Observer> {
        if self.json {
            Box::new(JsonEvents)
        } else if self.quiet {
            Box::new(Quiet)
        } else if terminal::is_interactive() {
            Box::new(ProgressBar::new())
        } else {
            Box::new(Lines::new())
        }
    }
}

fn budget_in_force(set: Option<u64>) -> u64 {
    set.unwrap_or_else(|| budget(Host::read()))
}

/// The command line of this process, as text.
pub(super) fn command_line() -> String {
    let words: Vec<String> =
        std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect();
    words.join(" ")
}

/// Opens the database for a run, and closes it whatever came of `job`.
pub(super) fn with_store<T>(
    database: &Path,
    job: impl FnOnce(&Store) -> Result<T, Stop>,
) -> Result<T, Stop> {
    create_parent(database)?;
    let store = Store::open(database, &store::Options::default()).map_err(Stop::fault)?;
    let result = job(&store);
    let closed = store.close().map_err(Stop::fault);
    let done = result?;
    closed?;
    Ok(done)
}

/// Makes the folder of the database.
pub(super) fn create_parent(database: &Path) -> Result<(), Stop> {
    let Some(parent) = database.parent().filter(|parent| !parent.as_os_str().is_empty()) else {
        return Ok(());
    };
    std::fs::create_dir_all(parent)
        .with_context(|| format!("cannot create the folder {}", super::terminal::shown(parent)))
        .map_err(Stop::fault)
}

/// Whose turn it is when a run could not be.
pub(super) fn stop(error: RunError) -> Stop {
    match error {
        RunError::Scan(_) | RunError::Slot(_) => Stop::usage(error),
        _ => Stop::fault(error),
    }
}

/// How a run ended.
pub(super) fn exit(summary: &Summary) -> Exit {
    match summary.stopped {
        Some(Reason::Signal(number)) => Exit::Signal(number),
        Some(Reason::Fault) => Exit::Fault,
        _ if summary.counts.failed + summary.unreadable + summary.models_failed > 0 => {
            Exit::SomeFailed
        }
        _ => Exit::Done,
    }
}
