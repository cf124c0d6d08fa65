//! A look at the whole installation: database, disk, files, models. Finds what is wrong or will be,
//! says how bad it is and what to do; changes nothing.

mod database;
mod disk;
mod files;
mod models;
#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::error::Gravity;

/// Something found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How bad it is.
    pub severity: Gravity,
    /// What it is, as a stable name.
    pub kind: &'static str,
    /// What it is, for people.
    pub message: String,
    /// What to do.
    pub suggestion: String,
}

/// What is looked at.
#[derive(Clone, Debug)]
pub struct Subject<'a> {
    /// The database.
    pub database: &'a Path,
    /// Folder of the user's models.
    pub models_dir: PathBuf,
    /// `/`; a tree that looks like it in tests.
    pub root: &'a Path,
}

/// Findings as they come.
#[derive(Debug, Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add(
        &mut self,
        severity: Gravity,
        kind: &'static str,
        message: impl Into<String>,
        suggestion: impl Into<String>,
    ) {
        let (message, suggestion) = (message.into(), suggestion.into());
        self.0.push(Finding { severity, kind, message, suggestion });
    }
}

/// Looks at everything: reads every page of the database, asks the disk for every file it knows.
/// The worst comes first.
pub fn examine(subject: &Subject<'_>) -> Vec<Finding> {
    let mut found = Findings::default();
    if database::look(subject.database, &mut found) {
        files::look(subject.database, &mut found);
    }
    disk::look(subject, &mut found);
    models::look(&subject.models_dir, &mut found);
    let mut findings = found.0;
    findings.sort_by_key(|finding| Reverse(finding.severity));
    findings
}

/// `1 track`, `2 tracks`.
fn number(count: u64, thing: &str) -> String {
    if count == 1 { format!("1 {thing}") } else { format!("{count} {thing}s") }
}
