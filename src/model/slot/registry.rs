//! Models of a run: loaded at first need, once, for all threads.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use super::SlotError;
use super::answer::Axes;
use super::manifest::{Entry, Manifest};
use super::session::{self, Session};
use super::spec::Spec;
use crate::memory::{Governor, Resident};

/// Largest file of a model, in bytes; a Protocol Buffers message cannot be longer.
const MAX_FILE: u64 = (1 << 31) - 1;

/// Bytes held while a model is loaded, per byte of its file: the file, the message parsed from it,
/// its tensors, and the same laid out for the processor.
const LOADING: u64 = 4;

/// What the runtime holds whatever the model.
const RUNTIME_BYTES: u64 = 1 << 20;

/// What decides the numbers of a model.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModelKey {
    /// Its name.
    pub name: String,
    /// BLAKE3 of its file.
    pub file: [u8; 32],
    /// BLAKE3 of its specification.
    pub front_end: [u8; 32],
}

/// A model ready to run.
pub struct Model {
    key: ModelKey,
    spec: Spec,
    axes: Vec<Axes>,
    session: Box<dyn Session>,
    _memory: Option<Resident>,
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Model").field("key", &self.key).finish_non_exhaustive()
    }
}

impl Model {
    /// Loads a model of the manifest in `dir`, within the budget of `governor` if there is one.
    ///
    /// # Errors
    /// Whatever is wrong with the file, its labels or its fit to the specification.
    pub fn load(
        dir: &Path,
        entry: &Entry,
        governor: Option<&Governor>,
        cancelled: &dyn Fn() -> bool,
    ) -> Result<Self, SlotError> {
        let mut spec = entry.spec.clone();
        spec.check()?;
        spec.read_labels(dir)?;
        let path = dir.join(&entry.file);
        let length = std::fs::metadata(&path).map_err(|error| SlotError::file(&path, error))?.len();
        if length > MAX_FILE {
            return Err(SlotError::TooLarge { bytes: length, limit: MAX_FILE });
        }
        let ask = LOADING * length + RUNTIME_BYTES;
        let memory = governor.map(|governor| governor.settle(ask, cancelled)).transpose()?;
        let bytes = read(&path, length)?;
        let found = *blake3::hash(&bytes).as_bytes();
        if found != entry.hash()? {
            let found = blake3::Hash::from(found).to_hex().to_string();
            return Err(SlotError::Altered { expected: entry.blake3.clone(), found });
        }
        let session = session::open(&bytes, &spec)?;
        drop(bytes);
        if let Some(memory) = &memory {
            memory.shrink_to(2 * session.weight_bytes() + RUNTIME_BYTES);
        }
        let axes = spec.output.iter().zip(session.output_shapes());
        let axes = axes.map(|(output, shape)| Axes::new(output, shape));
        let axes = axes.collect::<Result<_, _>>()?;
        Ok(Self { key: entry.key()?, spec, axes, session, _memory: memory })
    }

    /// What decides its numbers.
    pub fn key(&self) -> &ModelKey {
        &self.key
    }

    /// Its specification, with the labels read.
    pub fn spec(&self) -> &Spec {
        &self.spec
    }

    /// What runs it.
    pub fn session(&self) -> &dyn Session {
        &*self.session
    }

    pub(super) fn axes(&self) -> impl Iterator<Item = Axes> + '_ {
        self.axes.iter().copied()
    }
}

fn read(path: &Path, length: u64) -> Result<Vec<u8>, SlotError> {
    let failed = |error| SlotError::file(path, error);
    let mut bytes = Vec::with_capacity(length as usize);
    // Not a byte more than was asked for, should the file grow.
    File::open(path).map_err(failed)?.take(length).read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
}

/// One model of a run.
struct Slot {
    entry: Entry,
    model: OnceLock<Result<Arc<Model>, SlotError>>,
    told: AtomicBool,
}

/// The models a run was asked for.
pub struct Registry {
    dir: PathBuf,
    slots: Vec<Slot>,
    governor: Option<Governor>,
}

impl Registry {
    /// Finds `names` in the manifest in `dir`; loads nothing.
    ///
    /// # Errors
    /// A manifest that cannot be read, a name that is not in it.
    pub fn new(
        dir: &Path,
        names: &[String],
        governor: Option<Governor>,
    ) -> Result<Self, SlotError> {
        let manifest = if names.is_empty() { Manifest::default() } else { Manifest::read(dir)? };
        let mut slots: Vec<Slot> = Vec::new();
        for name in names {
            if slots.iter().any(|slot| slot.entry.name == *name) {
                continue;
            }
            let entry = manifest.find(name)?.clone();
            slots.push(Slot { entry, model: OnceLock::new(), told: AtomicBool::new(false) });
        }
        Ok(Self { dir: dir.to_path_buf(), slots, governor })
    }

    /// True when no model is asked for.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// What decides the numbers of each model, in the order asked for.
    ///
    /// # Errors
    /// A manifest whose hashes are no hashes.
    pub fn keys(&self) -> Result<Vec<ModelKey>, SlotError> {
        self.slots.iter().map(|slot| slot.entry.key()).collect()
    }

    /// The model of that name, loaded by whoever comes first; others wait. To be asked by threads
    /// that hold no memory ticket.
    ///
    /// # Errors
    /// What it could not be loaded for; the same to everybody.
    pub fn get(&self, name: &str, cancelled: &dyn Fn() -> bool) -> Result<Arc<Model>, SlotError> {
        let slot = self.slots.iter().find(|slot| slot.entry.name == name);
        let unknown = || SlotError::Unknown { name: name.to_owned(), known: Vec::new() };
        let slot = slot.ok_or_else(unknown)?;
        let load = || {
            let model = Model::load(&self.dir, &slot.entry, self.governor.as_ref(), cancelled);
            model.map(Arc::new)
        };
        slot.model.get_or_init(load).clone()
    }

    /// True for the first who asks about a model: a failure is told once.
    pub fn tell(&self, name: &str) -> bool {
        let slot = self.slots.iter().find(|slot| slot.entry.name == name);
        slot.is_some_and(|slot| !slot.told.swap(true, Ordering::SeqCst))
    }

    /// Models whose failure was told.
    pub fn failures(&self) -> u64 {
        self.slots.iter().filter(|slot| slot.told.load(Ordering::SeqCst)).count() as u64
    }

    /// Where the file of a model lies.
    pub fn path(&self, name: &str) -> PathBuf {
        let slot = self.slots.iter().find(|slot| slot.entry.name == name);
        slot.map_or_else(|| self.dir.clone(), |slot| self.dir.join(&slot.entry.file))
    }
}
