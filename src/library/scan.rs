//! Walks directories.
//!
//! Taken: regular files that may be sound. Passed over and counted: hidden files and directories
//! (a leading dot, which covers the `._` companions of macOS), files that are no sound, symbolic
//! links unless they are to be followed, and everything that is no file (FIFOs, devices, sockets),
//! which is never opened. `.phonoliteignore` files leave out what they match, in the syntax of
//! `.gitignore`. The order is that of names within each directory, the same in every run.

use super::kind::may_be_sound;
use super::roots::{self, Root};
use crate::error::FailureKind;
use crate::store::Stamp;
use ignore::overrides::OverrideBuilder;
use ignore::{DirEntry, Walk, WalkBuilder};
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Name of the files that say what to leave out.
const IGNORE_FILE: &str = ".phonoliteignore";

/// What to scan.
#[derive(Clone, Debug, Default)]
pub struct ScanOptions {
    /// Directories and files. One inside another is fine: each file comes once.
    pub roots: Vec<PathBuf>,
    /// Globs of which a file must match one, if there are any.
    pub include: Vec<String>,
    /// Globs that leave out files and directories.
    pub exclude: Vec<String>,
    /// Whether symbolic links below the roots are followed.
    pub follow_symlinks: bool,
    /// Folders below the roots to which the scan keeps, if there are any; all rules of the roots hold.
    pub only: Vec<PathBuf>,
}

/// A directory walked to its end, all below it included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Walked {
    /// The root it lies below.
    pub root: PathBuf,
    /// The directory: the root itself, but in a scan of some folders only.
    pub below: PathBuf,
}

/// A file that may be sound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Where it lies; absolute.
    pub path: PathBuf,
    /// Its `stat`.
    pub stamp: Stamp,
    /// True when the user named this very file.
    pub named: bool,
}

/// Something that could not be scanned; the scan goes on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScanError {
    /// The system refused.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file or directory.
        path: PathBuf,
        /// What it said.
        source: std::io::Error,
    },
    /// A symbolic link leads back into a directory above it.
    #[error("the symbolic link {} leads back to {}", path.display(), ancestor.display())]
    Loop {
        /// The link.
        path: PathBuf,
        /// The directory.
        ancestor: PathBuf,
    },
    /// A named file is no file: a FIFO, a device, a socket.
    #[error("{} is not a regular file", path.display())]
    Special {
        /// What it is.
        path: PathBuf,
    },
    /// A pattern cannot be understood.
    #[error("the pattern {pattern:?} cannot be understood")]
    Pattern {
        /// The pattern.
        pattern: String,
        /// Why.
        source: ignore::Error,
    },
}

impl ScanError {
    /// What it is about; empty for a pattern.
    pub fn path(&self) -> &Path {
        match self {
            Self::Read { path, .. } | Self::Loop { path, .. } | Self::Special { path } => path,
            Self::Pattern { .. } => Path::new(""),
        }
    }

    /// The kind of failure, as stored.
    pub fn kind(&self) -> FailureKind {
        match self {
            Self::Special { .. } => FailureKind::UnsupportedFormat,
            Self::Read { .. } | Self::Loop { .. } | Self::Pattern { .. } => FailureKind::Io,
        }
    }
}

/// What a scan came across.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScanCounts {
    /// Files taken.
    pub files: u64,
    /// Directories entered.
    pub directories: u64,
    /// Files that are no sound.
    pub not_audio: u64,
    /// Hidden files and directories.
    pub hidden: u64,
    /// Symbolic links that were not followed.
    pub symlinks: u64,
    /// FIFOs, devices, sockets.
    pub special: u64,
    /// Errors.
    pub errors: u64,
}

/// A scan in progress: files and errors in turn.
pub struct Scan {
    options: ScanOptions,
    roots: Vec<Root>,
    waiting: VecDeque<Root>,
    errors: VecDeque<ScanError>,
    current: Option<(Root, Walk)>,
    finished: Vec<Walked>,
    counts: ScanCounts,
    hidden: Arc<AtomicU64>,
}

impl std::fmt::Debug for Scan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scan").field("roots", &self.roots).finish_non_exhaustive()
    }
}

impl Scan {
    /// Prepares a scan.
    ///
    /// # Errors
    /// [`ScanError::Pattern`] for a glob that cannot be understood. Roots that do not exist are
    /// items of the scan.
    pub fn new(options: &ScanOptions) -> Result<Self, ScanError> {
        let patterns = options.include.iter().chain(&options.exclude);
        patterns.clone().try_for_each(|glob| add(&mut OverrideBuilder::new("/"), glob, ""))?;
        let (roots, errors) = roots::normalise(&options.roots);
        Ok(Self {
            options: options.clone(),
            waiting: roots.iter().cloned().collect(),
            roots,
            errors: errors.into(),
            current: None,
            finished: Vec::new(),
            counts: ScanCounts::default(),
            hidden: Arc::default(),
        })
    }

    /// The places where it begins, each once; those that do not exist are left out.
    pub fn roots(&self) -> &[Root] {
        &self.roots
    }

    /// What it came across so far.
    pub fn counts(&self) -> ScanCounts {
        ScanCounts { hidden: self.hidden.load(Ordering::Relaxed), ..self.counts }
    }

    /// The directories walked to their end. Of the files known below them, those that were not
    /// met may be gone.
    pub fn finished(&self) -> &[Walked] {
        &self.finished
    }

    /// The walk below a directory; what lies below another root is left to that one.
    fn walk(&self, root: &Root) -> Result<Walk, ScanError> {
        let mut overrides = OverrideBuilder::new(&root.path);
        self.options.include.iter().try_for_each(|glob| add(&mut overrides, glob, ""))?;
        self.options.exclude.iter().try_for_each(|glob| add(&mut overrides, glob, "!"))?;
        let overrides = overrides.build().map_err(|source| pattern("", source))?;
        let others = self.roots.iter().filter(|other| *other != root).cloned().collect();
        let only = self.options.only.clone();
        let skip = Skip { root: root.clone(), others, only, hidden: Arc::clone(&self.hidden) };
        let mut walk = WalkBuilder::new(&root.path);
        walk.add_custom_ignore_filename(IGNORE_FILE);
        Ok(walk
            .standard_filters(false)
            .overrides(overrides)
            .follow_links(self.options.follow_symlinks)
            .sort_by_file_name(Ord::cmp)
            .filter_entry(move |entry| skip.keeps(entry))
            .build())
    }

    /// Enters the next root; an item when it is a file.
    fn enter(&mut self, root: Root) -> Option<Result<Candidate, ScanError>> {
        if !root.is_directory {
            return Some(self.named(root.path));
        }
        match self.walk(&root) {
            Ok(walk) => self.current = Some((root, walk)),
            Err(error) => return Some(Err(error)),
        }
        None
    }

    /// A file the user named is taken whatever it is called.
    fn named(&mut self, path: PathBuf) -> Result<Candidate, ScanError> {
        match path.metadata() {
            Ok(metadata) if metadata.is_file() => {
                self.counts.files += 1;
                Ok(Candidate { path, stamp: Stamp::of(&metadata), named: true })
            }
            Ok(_) => {
                self.counts.special += 1;
                Err(ScanError::Special { path })
            }
            Err(source) => Err(ScanError::Read { path, source }),
        }
    }

    /// Sorts one entry of a directory.
    fn sort(&mut self, entry: &DirEntry) -> Option<Result<Candidate, ScanError>> {
        let kind = entry.file_type()?;
        if kind.is_dir() {
            self.counts.directories += 1;
        } else if kind.is_symlink() {
            self.counts.symlinks += 1;
        } else if !kind.is_file() {
            self.counts.special += 1;
        } else if !may_be_sound(entry.path()) {
            self.counts.not_audio += 1;
        } else {
            return Some(self.candidate(entry));
        }
        None
    }

    fn candidate(&mut self, entry: &DirEntry) -> Result<Candidate, ScanError> {
        let path = entry.path().to_path_buf();
        match entry.metadata() {
            Ok(metadata) => {
                self.counts.files += 1;
                Ok(Candidate { path, stamp: Stamp::of(&metadata), named: false })
            }
            Err(error) => Err(translate(error, &path)),
        }
    }

    /// The next item without counting errors.
    fn advance(&mut self) -> Option<Result<Candidate, ScanError>> {
        loop {
            if let Some(error) = self.errors.pop_front() {
                return Some(Err(error));
            }
            let Some((root, walk)) = &mut self.current else {
                let root = self.waiting.pop_front()?;
                if let Some(item) = self.enter(root) {
                    return Some(item);
                }
                continue;
            };
            let item = match walk.next() {
                None => {
                    self.finished.extend(walked(root, &self.options.only));
                    self.current = None;
                    continue;
                }
                Some(Ok(entry)) => {
                    if let Some(error) = entry.error() {
                        self.errors.push_back(translate(error.clone(), entry.path()));
                    }
                    self.sort(&entry)
                }
                Some(Err(error)) => Some(Err(translate(error, &root.path.clone()))),
            };
            if item.is_some() {
                return item;
            }
        }
    }
}

impl Iterator for Scan {
    type Item = Result<Candidate, ScanError>;

    fn next(&mut self) -> Option<Self::Item> {
        let item = self.advance();
        self.counts.errors += u64::from(matches!(item, Some(Err(_))));
        item
    }
}

/// What the walk of a root has seen all of.
fn walked(root: &Root, only: &[PathBuf]) -> Vec<Walked> {
    let walked = |below: &PathBuf| Walked { root: root.path.clone(), below: below.clone() };
    if only.is_empty() {
        return vec![walked(&root.path)];
    }
    only.iter().filter(|folder| folder.starts_with(&root.path)).map(walked).collect()
}

/// What a walk does not enter.
struct Skip {
    root: Root,
    others: Vec<Root>,
    only: Vec<PathBuf>,
    hidden: Arc<AtomicU64>,
}

impl Skip {
    fn keeps(&self, entry: &DirEntry) -> bool {
        if entry.depth() == 0 {
            return true;
        }
        let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        self.hidden.fetch_add(u64::from(hidden), Ordering::Relaxed);
        !hidden && self.is_wanted(entry.path()) && !self.is_another_root(entry.path())
    }

    /// True for what lies in a wanted folder, or on the way to one.
    fn is_wanted(&self, path: &Path) -> bool {
        let wanted = |folder: &PathBuf| path.starts_with(folder) || folder.starts_with(path);
        self.only.is_empty() || self.only.iter().any(wanted)
    }

    fn is_another_root(&self, path: &Path) -> bool {
        if self.others.is_empty() {
            return false;
        }
        let canonical = path.strip_prefix(&self.root.path).map(|p| self.root.canonical.join(p));
        self.others.iter().any(|other| {
            other.path == path || canonical.as_ref().is_ok_and(|path| *path == other.canonical)
        })
    }
}

fn add(overrides: &mut OverrideBuilder, glob: &str, prefix: &str) -> Result<(), ScanError> {
    match overrides.add(&format!("{prefix}{glob}")) {
        Ok(_) => Ok(()),
        Err(source) => Err(pattern(glob, source)),
    }
}

fn pattern(glob: &str, source: ignore::Error) -> ScanError {
    ScanError::Pattern { pattern: glob.to_owned(), source }
}

/// Puts an error of the walk into the words of this module; `near` stands in where it names no
/// path.
fn translate(error: ignore::Error, near: &Path) -> ScanError {
    match error {
        ignore::Error::WithPath { path, err } => translate(*err, &path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => {
            translate(*err, near)
        }
        ignore::Error::Loop { ancestor, child } => ScanError::Loop { path: child, ancestor },
        ignore::Error::Io(source) => ScanError::Read { path: near.to_path_buf(), source },
        ignore::Error::Glob { ref glob, .. } => {
            let pattern = glob.clone().unwrap_or_default();
            ScanError::Pattern { pattern, source: error }
        }
        other => ScanError::Read { path: near.to_path_buf(), source: std::io::Error::other(other) },
    }
}

#[cfg(test)]
#[path = "scan_tests.rs"]
mod tests;
