//! Tags: what was heard, written into the files.
//!
//! [`Tagger::examine`] compares what should stand in the tags of a file ([`Subject`], [`Style`]) with
//! what does, and changes nothing. [`Tagger::write`] writes a copy beside the file, proves that its
//! sound is the same, notes in the journal how to take it back, and puts it in place. [`Undo`] takes
//! it back, byte by byte.
//!
//! No tag is written anew: a change is a patch of the bytes of the file, so whatever is not asked
//! for stays as it was, known or not.

mod diff;
mod error;
mod field;
mod format;
#[cfg(fuzzing)]
pub mod fuzzing;
mod patch;
mod plan;
mod replacement;
mod undo;

pub use diff::{Action, Change};
pub use error::TagError;
pub use field::Field;
pub use plan::{BpmFormat, KeyFormat, OpusGain, Style, Subject};
pub use replacement::WriteOptions;
pub use undo::{Undo, Undone};

use crate::store::{FileFacts, Journal, Readers, StoreError, TagEdit};
use diff::Written;
use format::Holder;
use patch::Patch;
use replacement::{Replacement, Target};

/// What is asked for, of any file.
#[derive(Clone, Debug, Default)]
pub struct Order {
    /// Fields to write.
    pub write: Vec<Field>,
    /// Fields to remove.
    pub remove: Vec<Field>,
    /// How values are spelt.
    pub style: Style,
    /// What somebody else set is replaced and removed too.
    pub force: bool,
    /// What may be done to files.
    pub options: WriteOptions,
}

/// Writes what was heard into files.
#[derive(Debug)]
pub struct Tagger<'a> {
    readers: &'a Readers,
    order: Order,
}

/// What would be done to one file.
#[derive(Debug)]
pub struct Proposal {
    /// Every field that was asked for and has a value, now or then.
    pub changes: Vec<Change>,
    target: Target,
    patch: Patch,
}

impl Proposal {
    /// True when the file would change.
    pub fn changes_the_file(&self) -> bool {
        self.changes.iter().any(|change| change.action.changes())
    }
}

impl<'a> Tagger<'a> {
    /// A tagger with its orders.
    pub fn new(readers: &'a Readers, order: Order) -> Self {
        Self { readers, order }
    }

    /// Compares what should stand in a file with what does. Only the tags are read, unless the file
    /// was touched since it was analysed: then its sound is compared, too.
    ///
    /// # Errors
    /// [`TagError`]: the file cannot be written, whatever the tags; or the store failed.
    pub fn examine(&self, subject: &Subject) -> Result<Proposal, TagError> {
        let order = &self.order;
        let target = Target::find(&subject.path, order.options)?;
        let unfit = |unfit| TagError::unfit(&target.path, unfit);
        let mut holder = format::open(target.open()?).map_err(unfit)?;
        let known = self.readers.file_state(&subject.path)?.file.map(|(_, stamp, _)| stamp);
        if known.is_none_or(|known| !target.stamp().unchanged_since(known))
            && replacement::sound(&target.path)?.0 != subject.payload
        {
            let path = target.path.clone();
            return Err(TagError::Changed { path, since: "it was analysed" });
        }
        let wanted = subject.texts(&order.write, &order.style, holder.is_opus());
        let written = Written::read(&self.readers.tag_changes(&subject.payload)?);
        let changes = diff::compare(holder.as_ref(), &wanted, &order.remove, &written, order.force);
        apply(holder.as_mut(), &changes);
        let changed = changes.iter().any(|change| change.action.changes());
        let patch = if changed { holder.patch().map_err(unfit)? } else { Patch::default() };
        Ok(Proposal { changes, target, patch })
    }

    /// Does what was proposed. The file changes wholly or not at all.
    ///
    /// # Errors
    /// [`TagError`]; the file is as it was.
    pub fn write(
        &self,
        subject: &Subject,
        proposal: Proposal,
        journal: &mut Journal,
    ) -> Result<(), TagError> {
        let Proposal { changes, target, patch } = proposal;
        let copy = Replacement::prepare(target, &patch, subject.payload)?;
        prove(&copy, &changes)?;
        let edit = TagEdit {
            path: subject.path.clone(),
            payload: subject.payload,
            before: copy.hashes.before,
            after: copy.hashes.after,
            mtime_ns: copy.mtime_ns(),
            back: copy.back.to_bytes(),
            changes: diff::to_json(&changes),
        };
        let mtime = self.order.options.keep_mtime.then_some(edit.mtime_ns);
        let id = journal.record(&edit)?;
        let tags = copy.tags.clone();
        let stamp = copy.commit(mtime).map_err(|error| withdrawn(journal, id, error))?;
        let facts = FileFacts { path: edit.path, stamp, container: None, tags };
        Ok(journal.written(id, Some((&facts, subject.track)), None)?)
    }
}

/// Forgets an edit that came to nothing; an error of the store weighs more than that of the file.
fn withdrawn(journal: &mut Journal, edit: crate::store::TagEditId, error: TagError) -> TagError {
    journal.withdraw(edit).map_or_else(|error: StoreError| error.into(), |()| error)
}

fn apply(holder: &mut dyn Holder, changes: &[Change]) {
    for change in changes.iter().filter(|change| change.action.changes()) {
        match &change.new {
            Some(text) => holder.set(change.field, text),
            None => holder.remove(change.field),
        }
    }
}

/// Reads the tags of the copy and compares them with what they are to be.
fn prove(copy: &Replacement, changes: &[Change]) -> Result<(), TagError> {
    let file = std::fs::File::open(copy.path());
    let file = file.map_err(|error| TagError::read(copy.path(), error))?;
    let holder = format::open(file).map_err(|unfit| TagError::unfit(copy.target(), unfit))?;
    for change in changes {
        let expected = if change.action.changes() { &change.new } else { &change.old };
        if holder.get(change.field) != *expected {
            return Err(TagError::Proof { path: copy.target().to_path_buf(), what: "a tag" });
        }
    }
    Ok(())
}
