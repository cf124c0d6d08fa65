//! What a run would do, without doing it.

use super::cancel::Cancel;
use super::run::{Options, RunError, policy};
use crate::library::{Candidate, Job, Planner, Scan};
use crate::model::slot::Registry;
use crate::store;

/// What a dry run found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DryRun {
    /// Files that would be read, counting those whose content may turn out to be known.
    pub to_read: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Files that would be left alone.
    pub unchanged: u64,
    /// Files that would be re-linked.
    pub moved: u64,
    /// Files that failed before and would not be tried.
    pub skipped_failed: u64,
    /// Folders that cannot be read.
    pub unreadable: u64,
}

/// Says what a run would do, file by file to `each`, and does nothing.
pub fn dry_run(
    readers: &store::Readers,
    options: &Options,
    cancel: &Cancel,
    mut each: impl FnMut(&Candidate, &Job),
) -> Result<DryRun, RunError> {
    let mut found = DryRun::default();
    let keys = Registry::new(&options.models_dir, &options.models, None)?.keys()?;
    let mut planner = Planner::new(readers, policy(options)).with_models(&keys);
    for candidate in Scan::new(&options.scan)? {
        if cancel.no_new_files() || options.limit.is_some_and(|limit| found.to_read >= limit) {
            break;
        }
        let Ok(candidate) = candidate else {
            found.unreadable += 1;
            continue;
        };
        let planned = planner.plan(&candidate)?;
        match planned.job {
            Job::Analyse(_) | Job::Check => {
                found.to_read += 1;
                found.bytes += candidate.stamp.size;
            }
            Job::Unchanged => found.unchanged += 1,
            Job::Moved(_) => found.moved += 1,
            Job::SkippedFailed | Job::Quarantined => found.skipped_failed += 1,
        }
        each(&candidate, &planned.job);
    }
    Ok(found)
}
