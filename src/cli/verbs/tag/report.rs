//! What `phonolite tag` says of each file, and the counts at the end.

use std::fmt::Write as _;
use std::io::Write;
use std::path::Path;

use serde_json::json;

use crate::cli::{Stop, terminal};
use crate::tag::{Action, Change, TagError};

/// Tells what becomes of each file, and counts.
pub(super) struct Report {
    apply: bool,
    json: bool,
    out: Box<dyn Write>,
    pub(super) run: Option<i64>,
    pub(super) files: u64,
    changed: u64,
    tags: u64,
    kept: u64,
    pub(super) refused: u64,
}

impl Report {
    pub(super) fn new(apply: bool, json: bool) -> Self {
        let out = Box::new(terminal::out());
        Self { apply, json, out, run: None, files: 0, changed: 0, tags: 0, kept: 0, refused: 0 }
    }

    /// An error of the store ends the run, any other is the file's own.
    pub(super) fn file(
        &mut self,
        path: &Path,
        outcome: Result<(Vec<Change>, bool), TagError>,
    ) -> Result<(), Stop> {
        self.files += 1;
        let told = match outcome {
            Ok((changes, changed)) => self.told(path, &changes, changed),
            Err(TagError::Store(error)) => return Err(Stop::fault(error)),
            Err(error) => self.refusal(path, error),
        };
        told.map_err(Stop::fault)
    }

    fn told(&mut self, path: &Path, changes: &[Change], changed: bool) -> std::io::Result<()> {
        let made = changes.iter().filter(|change| change.action.changes()).count() as u64;
        let kept = changes.iter().filter(|change| change.action == Action::Keep).count() as u64;
        if changed {
            self.changed += 1;
            self.tags += made;
        }
        self.kept += kept;
        if self.json {
            let object = |c: &Change| json!({"tag": c.field.as_str(), "old": c.old, "new": c.new, "action": c.action.as_str()});
            let outcome = match (changed, self.apply) {
                (false, _) => "unchanged",
                (true, true) => "written",
                (true, false) => "would_write",
            };
            let changes: Vec<_> = changes.iter().map(object).collect();
            let path = path.to_string_lossy();
            return writeln!(
                self.out,
                "{}",
                json!({"path": path, "outcome": outcome, "changes": changes})
            );
        }
        let shown = changes.iter().filter(|change| change.action != Action::Same);
        let lines: Vec<String> = shown.map(line).collect();
        if lines.is_empty() {
            return Ok(());
        }
        writeln!(self.out, "{}\n{}", path.display(), lines.join("\n"))
    }

    fn refusal(&mut self, path: &Path, error: TagError) -> std::io::Result<()> {
        self.refused += 1;
        let kind = error.kind();
        let message = format!("{:#}", anyhow::Error::from(error));
        if self.json {
            let path = path.to_string_lossy();
            let error = json!({"kind": kind.as_str(), "message": message});
            return writeln!(
                self.out,
                "{}",
                json!({"path": path, "outcome": "refused", "error": error})
            );
        }
        self.out.flush()?; // in the order of events
        terminal::note(&format!("phonolite: {message}"));
        Ok(())
    }

    pub(super) fn end(&mut self) -> std::io::Result<()> {
        if self.json {
            let counts = json!({
                "files": self.files, "changed": self.changed, "tags": self.tags, "kept": self.kept,
                "refused": self.refused, "applied": self.apply, "run": self.run,
            });
            writeln!(self.out, "{}", json!({"summary": counts}))?;
            return self.out.flush();
        }
        self.out.flush()?;
        let does = if self.apply { "changed" } else { "would change" };
        let mut text =
            format!("{} files: {} {does} ({} tags)", self.files, self.changed, self.tags);
        for (count, what) in [
            (self.kept, "tags of others kept (--force replaces them)"),
            (self.refused, "files refused"),
        ] {
            if count > 0 {
                let _ = write!(text, ", {count} {what}");
            }
        }
        if let Some(run) = self.run.filter(|_| self.changed > 0) {
            let _ = write!(text, "; `phonolite tag --undo {run} --apply` takes it back");
        } else if self.changed > 0 {
            text.push_str("; --apply does it");
        }
        terminal::note(&text);
        Ok(())
    }
}

/// A change for the eye.
fn line(change: &Change) -> String {
    let text = |text: &Option<String>| {
        let text = text.as_deref().unwrap_or("-");
        text.replace(|c: char| c.is_control(), " ")
    };
    let kept = if change.action == Action::Keep { "  (kept: set by somebody else)" } else { "" };
    format!("  {:22} {} → {}{kept}", change.field.as_str(), text(&change.old), text(&change.new))
}
