//! Taking back what a run wrote.

use super::diff::{self, Change};
use super::error::TagError;
use super::patch::{self, Patch};
use super::replacement::{Replacement, Target, WriteOptions};
use super::{Action, Field, withdrawn};
use crate::store::{FileFacts, Journal, Readers, StoreError, TagEdit, TagEditId, TrackId};
use serde_json::Value;
use std::fs::File;
use std::path::{Path, PathBuf};

/// Takes back the edits of a run, the last one first.
#[derive(Debug)]
pub struct Undo<'a> {
    readers: &'a Readers,
    options: WriteOptions,
}

/// What became of an edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undone {
    /// The file.
    pub path: PathBuf,
    /// What changes in it; the old text is what stands there before.
    pub changes: Vec<Change>,
    /// False when the file was as before already: the run died before it was written.
    pub changed: bool,
}

impl<'a> Undo<'a> {
    /// Undoes in a library.
    pub fn new(readers: &'a Readers, options: WriteOptions) -> Self {
        Self { readers, options }
    }

    /// Where the file of an edit lies now: where it was, or where a file with that sound is.
    ///
    /// # Errors
    /// Those of the store.
    pub fn path_of(&self, edit: &TagEdit) -> Result<PathBuf, StoreError> {
        if edit.path.exists() {
            return Ok(edit.path.clone());
        }
        let known = self.readers.track_by_payload(&edit.payload)?;
        let files = match known {
            Some(known) => self.readers.files_of_track(known.track)?,
            None => Vec::new(),
        };
        let written = |path: &Path| {
            File::open(path).and_then(|file| patch::hash_of(&file)).is_ok_and(|h| h == edit.after)
        };
        let moved = files.into_iter().map(|file| file.path).find(|path| written(path));
        Ok(moved.unwrap_or_else(|| edit.path.clone()))
    }

    /// Says what taking back an edit would do.
    ///
    /// # Errors
    /// [`TagError::Changed`] for a file that is neither as written nor as it was before.
    pub fn examine(&self, edit: &TagEdit) -> Result<Undone, TagError> {
        let path = self.path_of(edit)?;
        let target = Target::find(&path, self.options)?;
        let found = patch::hash_of(&target.open()?);
        let found = found.map_err(|error| TagError::read(&target.path, error))?;
        if found != edit.after && found != edit.before {
            return Err(TagError::Changed { path: target.path, since: "its tags were written" });
        }
        Ok(Undone { path, changes: reversed(&edit.changes), changed: found == edit.after })
    }

    /// Gives a file the bytes and the time it had before an edit.
    ///
    /// # Errors
    /// [`TagError`]; the file is as it was.
    pub fn take_back(
        &self,
        id: TagEditId,
        edit: &TagEdit,
        journal: &mut Journal,
    ) -> Result<Undone, TagError> {
        let undone = self.examine(edit)?;
        if !undone.changed {
            journal.undone(id)?;
            return Ok(undone);
        }
        let target = Target::find(&undone.path, self.options)?;
        let damaged = || TagError::Damaged { path: undone.path.clone(), what: "the journal" };
        let patch = Patch::from_bytes(&edit.back).ok_or_else(damaged)?;
        let copy = Replacement::prepare(target, &patch, edit.payload)?;
        if copy.hashes.after != edit.before {
            return Err(TagError::Proof { path: undone.path, what: "the whole" });
        }
        let back = TagEdit {
            path: undone.path.clone(),
            payload: edit.payload,
            before: copy.hashes.before,
            after: copy.hashes.after,
            mtime_ns: copy.mtime_ns(),
            back: copy.back.to_bytes(),
            changes: diff::to_json(&undone.changes),
        };
        let new = journal.record(&back)?;
        let tags = copy.tags.clone();
        let stamp =
            copy.commit(Some(edit.mtime_ns)).map_err(|error| withdrawn(journal, new, error))?;
        let facts = FileFacts { path: undone.path.clone(), stamp, container: None, tags };
        let track = self.track(&facts)?;
        journal.written(new, track.map(|track| (&facts, track)), Some(id))?;
        Ok(undone)
    }

    /// The track of a file that the library still knows.
    fn track(&self, facts: &FileFacts) -> Result<Option<TrackId>, StoreError> {
        let state = self.readers.file_state(&facts.path)?;
        Ok(state.track.map(|known| known.track))
    }
}

/// The changes of an edit the other way round.
fn reversed(changes: &str) -> Vec<Change> {
    let list: Vec<Value> = serde_json::from_str(changes).unwrap_or_default();
    let change = |change: Value| {
        let text = |name: &str| change.get(name).and_then(Value::as_str).map(str::to_owned);
        let field = Field::named(&text("field")?)?.first().copied()?;
        let (old, new) = (text("new"), text("old"));
        let action = match (&old, &new) {
            (_, None) => Action::Remove,
            (None, _) => Action::Add,
            _ => Action::Replace,
        };
        Some(Change { field, old, new, action })
    };
    list.into_iter().filter_map(change).collect()
}
