//! `phonolite watch`: new and changed files as they come.

use std::path::Path;

use anyhow::anyhow;
use clap::Args;

use crate::cli::work::{self, WorkArgs};
use crate::cli::{Context, Exit, Stop, report, signals, terminal};
use crate::pipeline::{self, Cancel, Options, Reason};
use crate::store::{self, Store, StoreError};
use crate::system::mount_of;
use crate::watch::{Done, Due, News, Notifications, Roots, WatchError, watch};

pub(crate) const EXAMPLES: &str = "Everything is looked at once; then a file is analysed when its size and time have stood still for
2 s. A folder that goes away (a disk unmounted) is waited for, and what was heard of it is kept.
While nothing is due the database is free for other runs. Ctrl-C ends it, exit code 130.

Changes that other machines make on a network file system are not told: there, use `phonolite batch`.

Examples:
  phonolite watch --dir ~/Music --nice
  phonolite watch --dir /media/usb --json --pause-on-battery";

/// Options of `watch`.
#[derive(Debug, Args)]
pub(crate) struct WatchArgs {
    #[command(flatten)]
    pub(crate) work: WorkArgs,
}

impl From<WatchError> for Stop {
    fn from(error: WatchError) -> Self {
        Self::fault(error)
    }
}

pub(super) fn run(arguments: &WatchArgs, context: &Context) -> Result<Exit, Stop> {
    let work = &arguments.work;
    work.manners.stand_back(None);
    let options = work.options(context, false)?;
    let database = context.database()?;
    work::create_parent(&database)?;
    let cancel = Cancel::default();
    signals::listen(&cancel).map_err(Stop::fault)?;
    let mut source = Notifications::new()?;
    let mut roots = Roots::new(&options.scan.roots);
    let quiet = work.quiet || work.json;
    watch(
        &mut roots,
        &mut source,
        &|| cancel.no_new_files(),
        |due| analyse(due, &options, &database, arguments, &cancel),
        |news| tell(news, quiet),
    )?;
    match cancel.reason() {
        Some(Reason::Signal(number)) => Ok(Exit::Signal(number)),
        Some(Reason::Fault) => Err(Stop::fault(anyhow!("the database can no longer be written"))),
        _ => Ok(Exit::Done),
    }
}

/// One run over what is due. The database is opened for it alone, so that others may have it in
/// between.
fn analyse(
    due: &Due,
    options: &Options,
    database: &Path,
    arguments: &WatchArgs,
    cancel: &Cancel,
) -> Result<Done, Stop> {
    let mut options = options.clone();
    // A root that is not there now is waited for; to the run it would be an unreadable folder.
    options.scan.roots.retain(|root| root.is_dir());
    if let Due::Folders(folders) = due {
        options.scan.only = folders.iter().cloned().collect();
    }
    let store = match Store::open(database, &store::Options::default()) {
        Err(StoreError::InUse { .. }) => return Ok(Done::Later),
        other => other.map_err(Stop::fault)?,
    };
    let observer = arguments.work.observer();
    let result = pipeline::run(&store, &options, cancel, &*observer).map_err(work::stop);
    let closed = store.close().map_err(Stop::fault);
    let summary = result?;
    closed?;
    let news = summary.counts.scanned - summary.counts.unchanged + summary.missing > 0;
    if news && !arguments.work.quiet && !arguments.work.json {
        terminal::note(&report::counts(&summary));
    }
    Ok(Done::Whole)
}

fn tell(news: News<'_>, quiet: bool) {
    match news {
        News::Watching(root) if !quiet => {
            terminal::note(&format!("phonolite: watching {}", terminal::shown(root)));
            let network = mount_of(root, Path::new("/")).is_some_and(|mount| mount.is_network());
            if network {
                terminal::note(
                    "phonolite: it lies on a network file system: changes by other machines are not \
                     told; use `phonolite batch` for them",
                );
            }
        }
        News::Gone(root) => {
            terminal::note(&format!(
                "phonolite: {} is gone: waiting for it",
                terminal::shown(root)
            ));
        }
        News::Overflow if !quiet => {
            terminal::note("phonolite: much has changed: looking at everything");
        }
        News::Watching(_) | News::Overflow => {}
    }
}
