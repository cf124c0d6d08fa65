//! A file that is read here and there, never past its end and never at any length.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

use crate::tag::error::Unfit;

/// Longest part that is read at once, in bytes: tags with all their pictures.
pub(super) const LONGEST: u64 = 64 << 20;

/// A file and its length.
#[derive(Debug)]
pub(super) struct Input {
    file: File,
    len: u64,
}

impl Input {
    pub(super) fn new(file: File) -> io::Result<Self> {
        let len = file.metadata()?.len();
        Ok(Self { file, len })
    }

    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// The bytes of a range, which must lie within the file.
    pub(super) fn bytes(&mut self, range: Range<u64>) -> Result<Vec<u8>, Unfit> {
        let size = range.end.checked_sub(range.start).filter(|_| range.end <= self.len);
        let size = size.ok_or(Unfit::Damaged("the length of a tag"))?;
        if size > LONGEST {
            return Err(Unfit::Unsupported("a file with more than 64 MiB of tags"));
        }
        let mut bytes = vec![0; size as usize];
        self.file.seek(SeekFrom::Start(range.start))?;
        self.file.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// `N` bytes from `at` on; `None` where the file ends before.
    pub(super) fn array<const N: usize>(&mut self, at: u64) -> Result<Option<[u8; N]>, Unfit> {
        if at.checked_add(N as u64).is_none_or(|end| end > self.len) {
            return Ok(None);
        }
        let mut bytes = [0; N];
        self.file.seek(SeekFrom::Start(at))?;
        self.file.read_exact(&mut bytes)?;
        Ok(Some(bytes))
    }
}
