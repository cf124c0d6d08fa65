//! The user's list of models: `manifest.toml` in the folder of models.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::SlotError;
use super::registry::ModelKey;
use super::spec::{Spec, is_name};
use crate::files;

/// Name of the list in the folder of models.
const FILE: &str = "manifest.toml";
/// Largest list and largest file of labels, in bytes.
const MAX_TEXT: u64 = 16 << 20;

const HEAD: &str = "# Models of the user: written by `phonolite models add` and `remove`, and free to be edited.\n\
# A model whose file, or whose spec, changes is computed again.\n\n";

/// The list.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The models, in the order they were added.
    #[serde(default, rename = "model")]
    pub models: Vec<Entry>,
}

/// One model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Under which it is asked for and stored.
    pub name: String,
    /// The file, beside the manifest or absolute.
    pub file: PathBuf,
    /// BLAKE3 of the file, hexadecimal.
    pub blake3: String,
    /// Licence of the weights, as the user knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licence: Option<String>,
    /// The front-end contract.
    pub spec: Spec,
}

impl Entry {
    pub(super) fn hash(&self) -> Result<[u8; 32], SlotError> {
        let hash = blake3::Hash::from_hex(self.blake3.as_bytes());
        let wrong = |_| SlotError::Name {
            name: self.name.clone(),
            reason: "its blake3 in the manifest is no hash",
        };
        hash.map(|hash| *hash.as_bytes()).map_err(wrong)
    }

    /// What decides the numbers.
    ///
    /// # Errors
    /// A hash that is none.
    pub fn key(&self) -> Result<ModelKey, SlotError> {
        let (file, front_end) = (self.hash()?, self.spec.hash());
        Ok(ModelKey { name: self.name.clone(), file, front_end })
    }
}

impl Manifest {
    /// Reads the list in `dir`; empty when there is none.
    ///
    /// # Errors
    /// [`SlotError::File`], [`SlotError::Manifest`].
    pub fn read(dir: &Path) -> Result<Self, SlotError> {
        let path = dir.join(FILE);
        let text = match read_text(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Self::default());
            }
            Err(error) => return Err(SlotError::file(&path, error)),
        };
        let manifest: Self = toml::from_str(&text).map_err(|error| SlotError::Manifest {
            path: path.clone(),
            reason: error.to_string(),
        })?;
        for (at, entry) in manifest.models.iter().enumerate() {
            let twice = manifest.models.iter().take(at).any(|other| other.name == entry.name);
            if twice || !is_name(&entry.name) {
                let reason = format!("{:?} is there twice, or no name", entry.name);
                return Err(SlotError::Manifest { path, reason });
            }
        }
        Ok(manifest)
    }

    /// Writes the list beside the old one and renames: it is whole at any moment.
    ///
    /// # Errors
    /// [`SlotError::File`].
    pub fn write(&self, dir: &Path) -> Result<(), SlotError> {
        let path = dir.join(FILE);
        let text = toml::to_string_pretty(self).map_err(|error| SlotError::Manifest {
            path: path.clone(),
            reason: error.to_string(),
        })?;
        fs::create_dir_all(dir)
            .and_then(|()| files::replace(&path, |file| write!(file, "{HEAD}{text}")))
            .map_err(|error| SlotError::file(&path, error))
    }

    /// The model of that name.
    ///
    /// # Errors
    /// [`SlotError::Unknown`].
    pub fn find(&self, name: &str) -> Result<&Entry, SlotError> {
        let known = || self.models.iter().map(|entry| entry.name.clone()).collect();
        let found = self.models.iter().find(|entry| entry.name == name);
        found.ok_or_else(|| SlotError::Unknown { name: name.to_owned(), known: known() })
    }
}

/// Copies `file` into `dir` and lists it; what the file holds is not looked at.
///
/// # Errors
/// A name that is taken, a file that cannot be copied.
pub fn add(
    dir: &Path,
    file: &Path,
    name: &str,
    licence: Option<String>,
    spec: Spec,
) -> Result<Entry, SlotError> {
    let refuse = |reason| SlotError::Name { name: name.to_owned(), reason };
    if !is_name(name) {
        return Err(refuse("letters, digits, - _ . only, at most 64"));
    }
    spec.check()?;
    let mut manifest = Manifest::read(dir)?;
    if manifest.models.iter().any(|entry| entry.name == name) {
        return Err(refuse("there is one already; remove it first, or choose another --name"));
    }
    let own = PathBuf::from(format!("{name}.onnx"));
    let entry = Entry {
        name: name.to_owned(),
        blake3: copy(file, &dir.join(&own))?,
        file: own,
        licence,
        spec,
    };
    manifest.models.push(entry.clone());
    manifest.write(dir)?;
    Ok(entry)
}

/// Copies a file and returns its BLAKE3 in hexadecimal.
fn copy(from: &Path, to: &Path) -> Result<String, SlotError> {
    if let Some(parent) = to.parent() {
        fs::create_dir_all(parent).map_err(|error| SlotError::file(parent, error))?;
    }
    let same =
        fs::canonicalize(from).ok().filter(|from| fs::canonicalize(to).ok().as_ref() == Some(from));
    if same.is_none() {
        fs::copy(from, to).map_err(|error| SlotError::file(from, error))?;
    }
    let failed = |error| SlotError::file(to, error);
    let mut hasher = blake3::Hasher::new();
    std::io::copy(&mut fs::File::open(to).map_err(failed)?, &mut hasher).map_err(failed)?;
    Ok(hasher.finalize().to_hex().to_string())
}

/// Takes a model off the list, and deletes its file if it was copied here.
///
/// # Errors
/// A name that is not there, a list that cannot be written.
pub fn remove(dir: &Path, name: &str) -> Result<Entry, SlotError> {
    let mut manifest = Manifest::read(dir)?;
    let entry = manifest.find(name)?.clone();
    manifest.models.retain(|other| other.name != name);
    manifest.write(dir)?;
    let shared = manifest.models.iter().any(|other| other.file == entry.file);
    if entry.file.is_relative() && !shared {
        let path = dir.join(&entry.file);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(SlotError::file(&path, error));
            }
            _ => {}
        }
    }
    Ok(entry)
}

impl Spec {
    /// Reads the files of labels below `dir` into the outputs.
    pub(super) fn read_labels(&mut self, dir: &Path) -> Result<(), SlotError> {
        for output in &mut self.output {
            if let Some(file) = output.labels_file.take() {
                output.labels = labels(&dir.join(file))?;
            }
        }
        Ok(())
    }
}

/// The names in a file of labels, one a line.
///
/// # Errors
/// [`SlotError::Labels`].
pub fn labels(path: &Path) -> Result<Vec<String>, SlotError> {
    let wrong = |reason: String| SlotError::Labels { path: path.to_path_buf(), reason };
    let text = read_text(path).map_err(|error| wrong(error.to_string()))?;
    let labels: Vec<String> = text.lines().map(|line| line.trim().to_owned()).collect();
    if labels.is_empty() || labels.iter().any(String::is_empty) {
        return Err(wrong("it must have a name on every line".into()));
    }
    Ok(labels)
}

fn read_text(path: &Path) -> std::io::Result<String> {
    use std::io::Read as _;
    let mut text = String::new();
    fs::File::open(path)?.take(MAX_TEXT).read_to_string(&mut text)?;
    Ok(text)
}
