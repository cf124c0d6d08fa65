//! A library that is watched: files that are new or have changed are analysed once they have settled.
//!
//! What the system tells of changes ([`Source`]) is a hint, never a truth: [`Settling`] waits until
//! size and time of a file stand still, and the folders concerned are then scanned as always. Where
//! hints were lost, everything is scanned. A root that goes away (a disk unmounted) is waited for;
//! what was heard of it is kept.

mod roots;
mod settling;
mod source;
#[cfg(test)]
mod tests;

pub use roots::Roots;
pub use settling::{Due, Settling};
pub use source::{Hint, Notifications, Source, WatchError};

use std::path::Path;
use std::time::{Duration, Instant};

use crate::store::Stamp;

/// Longest wait for a hint before roots and settling files are looked at.
const TICK: Duration = Duration::from_millis(250);

/// Pause before work is tried again that could not be done.
const AGAIN: Duration = Duration::from_secs(5);

/// What became of a piece of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// It is done.
    Whole,
    /// Another run is at work: to be tried again.
    Later,
}

/// What happens, for who shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News<'a> {
    /// A root is watched.
    Watching(&'a Path),
    /// A root is gone: it is waited for.
    Gone(&'a Path),
    /// More has changed than was told: everything is looked at.
    Overflow,
}

/// Watches `roots` until `cancelled`, and has `work` do what is due.
///
/// # Errors
/// Those of the source (the system's limit of watches) and of `work`.
pub fn watch<E: From<WatchError>>(
    roots: &mut Roots,
    source: &mut dyn Source,
    cancelled: &dyn Fn() -> bool,
    mut work: impl FnMut(&Due) -> Result<Done, E>,
    mut tell: impl FnMut(News<'_>),
) -> Result<(), E> {
    let begun = Instant::now();
    let mut settling = Settling::default();
    let mut not_before = Duration::ZERO;
    while !cancelled() {
        for change in roots.look() {
            match change {
                roots::Change::Came(root) => {
                    source.watch(&root)?;
                    tell(News::Watching(&root));
                    settling.everything(begun.elapsed());
                }
                roots::Change::Went(root) => {
                    source.forget(&root);
                    tell(News::Gone(&root));
                }
            }
        }
        for hint in source.wait(TICK) {
            match hint {
                Hint::Touched(path) => settling.touched(path, begun.elapsed(), stamp),
                Hint::Lost => {
                    tell(News::Overflow);
                    settling.everything(begun.elapsed());
                }
            }
        }
        let now = begun.elapsed();
        if now < not_before || !roots.any() {
            continue;
        }
        let due = settling.due(now, stamp);
        if due != Due::Nothing && work(&due)? == Done::Later {
            settling.put_back(due, now);
            not_before = now + AGAIN;
        }
    }
    Ok(())
}

/// How a path stands; `None` when nothing is there.
fn stamp(path: &Path) -> Option<Stamp> {
    path.symlink_metadata().ok().map(|metadata| Stamp::of(&metadata))
}
