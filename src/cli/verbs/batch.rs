//! `phonolite batch`: what is to be done every night.

use std::path::Path;

use clap::Args;

use super::playlist;
use crate::cli::account::{Account, AccountArgs, Tally};
use crate::cli::report::{bytes, thousands};
use crate::cli::work::{self, WorkArgs};
use crate::cli::{Context, Exit, Stop, signals, terminal};
use crate::pipeline::{self, Cancel, Options, Reason, Summary};
use crate::store::{Op, Reply, Store, StoreError, care, unix_ms};

/// Level at which a nightly job stands back behind everybody else.
const NICE: u8 = 19;

pub(crate) const EXAMPLES: &str = "In turn: what is new or changed is analysed; files that have been gone for longer than --prune-after
are forgotten (never while their disk is not mounted); saved playlists are made anew; the database is
optimised; the reports are written. It stands back behind other programs (--nice=0 does not).

Exit codes: 0 done (also when stopped by --until or --max-duration), 3 some files or playlists failed,
4 fault (also: another run is at work), 130/143 signal.

Examples:
  phonolite batch --dir /mnt/nas/music --until 06:00 --report last-night.md
  phonolite batch --dir ~/Music --quiet --max-cpu 50% --metrics-file /var/lib/node_exporter/phonolite.prom";

/// Options of `batch`.
#[derive(Debug, Args)]
pub(crate) struct BatchArgs {
    #[command(flatten)]
    pub(crate) work: WorkArgs,
    /// Forget files that have been gone for so long
    #[arg(long, value_name = "AGE", default_value = "30d", value_parser = age)]
    prune_after: i64,
    /// Leave saved playlists as they are
    #[arg(long)]
    no_playlists: bool,
    #[command(flatten)]
    account: AccountArgs,
}

fn age(text: &str) -> Result<i64, String> {
    let age = crate::query::age_ms(text).map(|ms| ms as i64);
    age.ok_or_else(|| "an age such as 30d, 2w or 6m is needed".into())
}

pub(super) fn run(arguments: &BatchArgs, context: &Context) -> Result<Exit, Stop> {
    arguments.work.manners.stand_back(Some(NICE));
    let options = arguments.work.options(context, true)?;
    let cancel = Cancel::default();
    signals::listen(&cancel).map_err(Stop::fault)?;
    let database = context.database()?;
    let mut account = Account::begin("batch");
    let tally = Tally::over(arguments.work.observer());
    let analysed = analyse(&database, &options, &cancel, &tally, arguments.prune_after);
    let (done, pruned) = match analysed {
        Ok((summary, pruned)) => (Ok(summary), pruned),
        Err(stop) => (Err(stop), None),
    };
    account.analysed(&done, tally.end());
    let exit = match &done {
        Ok(summary) => {
            let exit = work::exit(summary);
            afterwards(arguments, context, &cancel, pruned, exit, &mut account)
        }
        Err(stop) => stop.exit,
    };
    account.write(&arguments.account, exit, &database)?;
    let summary = done?;
    if !arguments.work.quiet && !arguments.work.json {
        for stage in account.stages() {
            terminal::note(&stage.line());
        }
        if summary.counts.failed > 0 {
            terminal::note("see `phonolite errors` for what failed and what to do");
        }
    }
    Ok(exit)
}

/// Analyses and forgets under one lock; tells how many files were forgotten, if that was looked at.
fn analyse(
    database: &Path,
    options: &Options,
    cancel: &Cancel,
    tally: &Tally,
    prune_after_ms: i64,
) -> Result<(Summary, Option<u64>), Stop> {
    work::with_store(database, |store| {
        let summary = pipeline::run(store, options, cancel, tally).map_err(work::stop)?;
        let pruned = prune(store, &summary, prune_after_ms).map_err(Stop::fault)?;
        Ok((summary, pruned))
    })
}

/// Forgets what has long been gone below roots that were walked to their end.
fn prune(store: &Store, summary: &Summary, after_ms: i64) -> Result<Option<u64>, StoreError> {
    if summary.stopped.is_some() {
        return Ok(None);
    }
    let before_ms = unix_ms().saturating_sub(after_ms);
    let op = Op::PruneOld { before_ms, roots: summary.walked.clone() };
    match store.writer().call(op)? {
        Reply::Count(count) => Ok(Some(count)),
        _ => Ok(None),
    }
}

/// Playlists and database, once the library is known anew.
fn afterwards(
    arguments: &BatchArgs,
    context: &Context,
    cancel: &Cancel,
    pruned: Option<u64>,
    exit: Exit,
    account: &mut Account,
) -> Exit {
    let interrupted = || matches!(cancel.reason(), Some(Reason::Signal(_) | Reason::Fault));
    if let Some(pruned) = pruned {
        account.stage("prune", || Ok(format!("{} files forgotten", thousands(pruned))));
    }
    let mut well = true;
    if !arguments.no_playlists && !interrupted() {
        well &= account.stage("playlists", || refresh(context));
    }
    // Who asked for the machine at six wants it at six.
    if cancel.reason().is_none() {
        well &= account.stage("optimise", || optimise(context));
    }
    match (cancel.reason(), exit) {
        (Some(Reason::Signal(number)), _) => Exit::Signal(number),
        (_, Exit::Done) if !well => Exit::SomeFailed,
        (_, exit) => exit,
    }
}

fn refresh(context: &Context) -> anyhow::Result<String> {
    let made = playlist::refresh_all(context).map_err(|stop| stop.error)?;
    let (done, empty) = (made.made.len(), made.empty.len());
    if let Some((name, error)) = made.failed.first() {
        let failed = made.failed.len();
        return Err(anyhow::anyhow!(
            "{failed} of {} failed, {name}: {error}",
            done + empty + failed
        ));
    }
    Ok(format!("{done} made anew, {empty} without a track"))
}

fn optimise(context: &Context) -> anyhow::Result<String> {
    let database = context.database().map_err(|stop| stop.error)?;
    match care::optimise(&database) {
        Ok(done) => Ok(format!("{} -> {}", bytes(done.before), bytes(done.after))),
        Err(StoreError::InUse { .. }) => Ok("left out: another run has begun".into()),
        Err(error) => Err(error.into()),
    }
}
