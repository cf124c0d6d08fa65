//! Where a scan begins: the directories and files the user named, brought into one form.

use super::scan::ScanError;
use std::path::{Component, Path, PathBuf};

/// A place where a scan begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    /// Absolute, without `.` and `..`.
    pub path: PathBuf,
    /// The same without symbolic links: two names of one place agree here.
    pub canonical: PathBuf,
    /// True for a directory, false for a file.
    pub is_directory: bool,
}

/// Brings the named paths into one form and drops those that name a place twice. What does not
/// exist is told as an error; the others are scanned all the same.
pub(super) fn normalise(named: &[PathBuf]) -> (Vec<Root>, Vec<ScanError>) {
    let mut roots: Vec<Root> = Vec::new();
    let mut errors = Vec::new();
    for path in named {
        match root(path) {
            Ok(root) if roots.iter().any(|other| other.canonical == root.canonical) => {}
            Ok(root) => roots.push(root),
            Err(source) => {
                errors
                    .push(ScanError::Read { path: absolute(path).unwrap_or(path.clone()), source });
            }
        }
    }
    roots.sort_by(|a, b| a.path.cmp(&b.path));
    (roots, errors)
}

fn root(named: &Path) -> std::io::Result<Root> {
    let path = absolute(named)?;
    let canonical = path.canonicalize()?;
    let is_directory = canonical.metadata()?.is_dir();
    Ok(Root { path, canonical, is_directory })
}

/// An absolute path without `.` and `..`.
///
/// `a/../b` is `b` only if `a` is no symbolic link, so the part up to the last `..` is looked up
/// on disk; what follows is kept as it was named.
fn absolute(named: &Path) -> std::io::Result<PathBuf> {
    let path = std::path::absolute(named)?;
    let components: Vec<_> = path.components().collect();
    match components.iter().rposition(|part| *part == Component::ParentDir) {
        None => Ok(components.iter().collect()),
        Some(last) => {
            let (before, after) = components.split_at(last + 1);
            let before = before.iter().collect::<PathBuf>().canonicalize()?;
            Ok(before.join(after.iter().collect::<PathBuf>()).components().collect())
        }
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    fn names(roots: &[Root], base: &Path) -> Vec<String> {
        let inside = |root: &Root| root.path.strip_prefix(base).unwrap().display().to_string();
        roots.iter().map(inside).collect()
    }

    #[test]
    fn one_place_is_named_once() {
        let dir = tempfile::tempdir().unwrap();
        let base = dir.path().canonicalize().unwrap();
        fs::create_dir_all(base.join("a/b")).unwrap();
        symlink(base.join("a"), base.join("link")).unwrap();
        let named = ["a", "a/", "a/./", "a/b/..", "link", "a/b"].map(|name| base.join(name));
        let (roots, errors) = normalise(&named);
        assert!(errors.is_empty(), "{errors:?}");
        assert_eq!(names(&roots, &base), ["a", "a/b"]);
    }

    #[test]
    fn two_dots_behind_a_link_go_where_the_link_points() {
        let dir = tempfile::tempdir().unwrap();
        let base = dir.path().canonicalize().unwrap();
        fs::create_dir_all(base.join("far/away/music")).unwrap();
        fs::create_dir_all(base.join("music")).unwrap();
        symlink(base.join("far/away"), base.join("link")).unwrap();
        let (roots, _) = normalise(&[base.join("link/../away/music")]);
        assert_eq!(names(&roots, &base), ["far/away/music"]);
    }

    #[test]
    fn what_is_not_there_is_an_error_of_its_own() {
        let dir = tempfile::tempdir().unwrap();
        let (roots, errors) = normalise(&[dir.path().join("no"), dir.path().to_path_buf()]);
        assert_eq!((roots.len(), errors.len()), (1, 1));
    }
}
