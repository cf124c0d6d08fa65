//! The one place where a file is mapped into memory.

#![allow(unsafe_code, reason = "mapping a file is unsafe by nature; see below why it holds here")]

use std::fs::File;
use std::io;
use std::path::Path;

use memmap2::Mmap;

/// The bytes of a file of ours, mapped for reading.
pub(super) struct Mapping(Mmap);

impl Mapping {
    /// Maps the file at `path`.
    ///
    /// # Errors
    /// What the system says, among others for an empty file.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        if !file.metadata()?.is_file() {
            return Err(io::Error::other("not a regular file"));
        }
        // SAFETY: the bytes of a mapping must not change while they are borrowed. The file is a
        // cache that only this program writes, always whole under a name of its own which is then
        // renamed over the old one: a file once visible is never written to again, and one that is
        // replaced lives on until its last mapping is gone. Whoever else truncates it breaks his own
        // cache; that stops the process and cannot lead it astray, as nothing read from here is used
        // as an index, a length or a pointer: all are numbers, and bounds come from the length of
        // the mapping.
        let map = unsafe { Mmap::map(&file)? };
        Ok(Self(map))
    }

    /// The bytes.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}
