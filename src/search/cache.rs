//! The matrix of a database, kept in a file beside it.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::error::SearchError;
use super::layout::{Bytes, Generation, Layout};
use super::mapping::Mapping;
use super::matrix::Matrix;
use crate::files;
use crate::store::Readers;

/// Where the matrix of a database is kept: a file that may be deleted at any time.
pub fn cache_path(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".similarity");
    name.into()
}

/// The matrix of a database: the file beside it if that is whole and up to date, else made anew and,
/// where that is allowed, kept there.
///
/// # Errors
/// [`SearchError::Empty`] when no track can be compared; what the database says.
pub fn open(readers: &Readers, database: &Path) -> Result<Matrix, SearchError> {
    let path = cache_path(database);
    let generation = readers.generation()?;
    if let Some(matrix) = load(&path, &generation) {
        return Ok(matrix);
    }
    let matrix = Matrix::build_as(readers, &generation)?;
    match files::replace(&path, |file| file.write_all(matrix.layout.bytes())) {
        Ok(()) => Ok(load(&path, &generation).unwrap_or(matrix)),
        Err(error) => {
            tracing::info!("the similarity matrix is not kept: {}: {error}", path.display());
            Ok(matrix)
        }
    }
}

fn load(path: &Path, generation: &Generation) -> Option<Matrix> {
    let bytes = match Mapping::open(path) {
        Ok(mapping) => Bytes::Mapped(mapping),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
        // Not every file system can map.
        Err(_) => Bytes::Owned(fs::read(path).ok()?),
    };
    Layout::read(bytes, generation).and_then(Matrix::new)
}
