//! Albums: which files make one, and the gain that plays it at one level.
//!
//! An album is what has the same title and the same album artist in its tags, compared without
//! regard to ASCII case, on any number of discs and in any folders; without an album artist a
//! compilation is everybody's, anything else its artist's. Files whose tags name no album make one
//! with those beside them in the same folder, folders such as `CD 1` and `Disc 2` taken together.
//!
//! Gains are computed when they are asked for, so they are right whatever was added, removed or
//! retagged. A recording that lies in several files counts once.

mod folder;
mod gain;

pub use gain::{COLUMNS, Gain};

use crate::store::{AlbumFile, AlbumKey, FileId, Readers, StoreError};
use folder::album_folder;
use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};

/// Albums whose gains are kept while files are gone through in the order of their paths.
const KEPT: usize = 64;

/// What tells albums apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Identity {
    Tagged(AlbumKey),
    Folder(PathBuf),
}

impl Identity {
    fn of_file(readers: &Readers, file: FileId, path: &Path) -> Result<Self, StoreError> {
        let key = readers.album_key(file)?;
        Ok(key.map_or_else(|| Self::Folder(album_folder(path)), Self::Tagged))
    }

    fn files(&self, readers: &Readers) -> Result<Vec<AlbumFile>, StoreError> {
        match self {
            Self::Tagged(key) => readers.files_of_album(key),
            Self::Folder(folder) => {
                let below = readers.files_without_album(Some(folder));
                below
                    .filter(|file| file.as_ref().map_or(true, |f| album_folder(&f.path) == *folder))
                    .collect()
            }
        }
    }
}

/// An album with its gain.
#[derive(Clone, Debug, PartialEq)]
pub struct Album {
    /// Its title as one of its files has it; `None` when it is a folder.
    pub title: Option<String>,
    /// Its artist as the same file has it; `None` for a compilation without one, and for a folder.
    pub artist: Option<String>,
    /// The folder, when the tags name no album.
    pub folder: Option<PathBuf>,
    /// Number of files.
    pub files: u64,
    /// What was measured.
    pub gain: Gain,
}

/// The gains of the albums of files, one file after the other; the last 64 albums are kept.
#[derive(Debug)]
pub struct Gains<'a> {
    readers: &'a Readers,
    kept: VecDeque<(Identity, Gain)>,
}

impl<'a> Gains<'a> {
    /// Gains out of a database.
    pub fn new(readers: &'a Readers) -> Self {
        Self { readers, kept: VecDeque::with_capacity(KEPT) }
    }

    /// The gain of the album that a file belongs to.
    pub fn of_file(&mut self, file: FileId, path: &Path) -> Result<Gain, StoreError> {
        let album = Identity::of_file(self.readers, file, path)?;
        if let Some((_, gain)) = self.kept.iter().find(|(kept, _)| *kept == album) {
            return Ok(*gain);
        }
        let gain = Gain::of(self.readers, &album.files(self.readers)?)?;
        self.kept.truncate(KEPT - 1);
        self.kept.push_front((album, gain));
        Ok(gain)
    }
}

/// Every album: those that tags name by title and artist, then the folders, by path; or those of
/// them, as a whole, that hold one of the files `only` (ascending).
///
/// Holds the paths of the files whose tags name no album.
pub fn all<'a>(
    readers: &'a Readers,
    only: Option<&'a [FileId]>,
) -> Result<impl Iterator<Item = Result<Album, StoreError>> + 'a, StoreError> {
    let mut folders: BTreeMap<PathBuf, Vec<AlbumFile>> = BTreeMap::new();
    for file in readers.files_without_album(None) {
        let file = file?;
        folders.entry(album_folder(&file.path)).or_default().push(file);
    }
    folders.retain(|_, files| wanted(files, only));
    let folders = folders.into_iter().map(move |(folder, files)| {
        let files_count = files.len() as u64;
        let gain = Gain::of(readers, &files)?;
        Ok(Album { title: None, artist: None, folder: Some(folder), files: files_count, gain })
    });
    Ok(tagged(readers, only).chain(folders))
}

fn tagged<'a>(
    readers: &'a Readers,
    only: Option<&'a [FileId]>,
) -> impl Iterator<Item = Result<Album, StoreError>> + 'a {
    keys(readers).filter_map(move |key| {
        let mut files = key.and_then(|key| readers.files_of_album(&key));
        if let Ok(files) = &mut files
            && !wanted(files, only)
        {
            files.clear();
        }
        files.and_then(|files| with_gain(readers, &files)).transpose()
    })
}

/// True for an album of which a file was asked for.
fn wanted(files: &[AlbumFile], only: Option<&[FileId]>) -> bool {
    only.is_none_or(|only| files.iter().any(|file| only.binary_search(&file.id).is_ok()))
}

/// The albums that tags name, in order.
fn keys(readers: &Readers) -> impl Iterator<Item = Result<AlbumKey, StoreError>> {
    let (mut last, mut ended) = (None, false);
    std::iter::from_fn(move || {
        if ended {
            return None;
        }
        let next = readers.next_album(last.as_ref()).transpose();
        last = next.as_ref().and_then(|key| key.as_ref().ok()).cloned();
        ended = last.is_none();
        next
    })
}

/// An album of tagged files; `None` when there are none.
fn with_gain(readers: &Readers, files: &[AlbumFile]) -> Result<Option<Album>, StoreError> {
    let Some(first) = files.first() else { return Ok(None) };
    let gain = Gain::of(readers, files)?;
    let (title, artist) = (first.album.clone(), first.artist.clone());
    Ok(Some(Album { title, artist, folder: None, files: files.len() as u64, gain }))
}

#[cfg(test)]
mod tests;
