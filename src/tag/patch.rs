//! A change of a file as places and bytes, and the way back.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;

/// Bytes that are moved at once.
const BUFFER: usize = 256 << 10;
/// Runs shorter than this are written down, not referred to.
const BLOCK: usize = 64;

/// What stands in a place from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Op {
    /// These bytes.
    Bytes(Vec<u8>),
    /// A part of the file that is being changed.
    Copy(Range<u64>),
}

/// One place: `remove` bytes from `at` on give way to others.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Splice {
    at: u64,
    remove: u64,
    insert: Vec<Op>,
}

/// A change of a file, from its beginning to its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Patch(Vec<Splice>);

/// BLAKE3 of a whole file before and after a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hashes {
    pub(super) before: [u8; 32],
    pub(super) after: [u8; 32],
}

impl Patch {
    /// Puts `bytes` in the place of a range that lies behind all those before.
    pub(super) fn replace(&mut self, range: Range<u64>, bytes: Vec<u8>) {
        let remove = range.end.saturating_sub(range.start);
        if remove == 0 && bytes.is_empty() {
            return;
        }
        self.0.push(Splice { at: range.start, remove, insert: vec![Op::Bytes(bytes)] });
    }

    /// Writes the changed file to `out`, and names both.
    pub(super) fn apply(&self, source: &File, out: &mut impl Write) -> io::Result<Hashes> {
        let mut writer = Hashing { out, state: blake3::Hasher::new() };
        let mut before = blake3::Hasher::new();
        let mut at = 0;
        for splice in &self.0 {
            let kept = splice.at.checked_sub(at).ok_or(io::ErrorKind::InvalidData)?;
            walk(source, at..at + kept, |bytes| {
                before.update(bytes);
                writer.write_all(bytes)
            })?;
            at = splice.at.checked_add(splice.remove).ok_or(io::ErrorKind::InvalidData)?;
            walk(source, splice.at..at, |bytes| {
                before.update(bytes);
                Ok(())
            })?;
            for op in &splice.insert {
                match op {
                    Op::Bytes(bytes) => writer.write_all(bytes)?,
                    Op::Copy(range) => walk(source, range.clone(), |b| writer.write_all(b))?,
                }
            }
        }
        let end = source.metadata()?.len().max(at);
        walk(source, at..end, |bytes| {
            before.update(bytes);
            writer.write_all(bytes)
        })?;
        let after = *writer.state.finalize().as_bytes();
        Ok(Hashes { before: *before.finalize().as_bytes(), after })
    }

    /// The change that makes the old file of the new one. What stands in both is referred to, so a
    /// picture that was moved costs nothing.
    pub(super) fn inverse(&self, source: &File) -> io::Result<Self> {
        let (mut back, mut grown) = (Vec::new(), 0_i64);
        for splice in &self.0 {
            let mut old = Vec::new();
            walk(source, splice.at..splice.at + splice.remove, |bytes| old.write_all(bytes))?;
            let mut new = Vec::new();
            for op in &splice.insert {
                match op {
                    Op::Bytes(bytes) => new.extend_from_slice(bytes),
                    Op::Copy(range) => walk(source, range.clone(), |b| new.write_all(b))?,
                }
            }
            let at = splice.at.checked_add_signed(grown).ok_or(io::ErrorKind::InvalidData)?;
            back.push(Splice { at, remove: new.len() as u64, insert: delta(&old, &new, at) });
            grown += new.len() as i64 - old.len() as i64;
        }
        Ok(Self(back))
    }

    /// For the journal.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let number = |bytes: &mut Vec<u8>, n: u64| bytes.extend_from_slice(&n.to_le_bytes());
        for splice in &self.0 {
            number(&mut bytes, splice.at);
            number(&mut bytes, splice.remove);
            number(&mut bytes, splice.insert.len() as u64);
            for op in &splice.insert {
                match op {
                    Op::Bytes(inserted) => {
                        bytes.push(0);
                        number(&mut bytes, inserted.len() as u64);
                        bytes.extend_from_slice(inserted);
                    }
                    Op::Copy(range) => {
                        bytes.push(1);
                        number(&mut bytes, range.start);
                        number(&mut bytes, range.end);
                    }
                }
            }
        }
        bytes
    }

    /// The inverse of [`Self::to_bytes`]; `None` for anything else.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes;
        let mut splices = Vec::new();
        while !rest.is_empty() {
            let (at, remove, ops) = (number(&mut rest)?, number(&mut rest)?, number(&mut rest)?);
            let insert = (0..ops).map(|_| op(&mut rest)).collect::<Option<_>>()?;
            splices.push(Splice { at, remove, insert });
        }
        Some(Self(splices))
    }

    /// Bytes by which the file grows.
    #[cfg(test)]
    pub(super) fn growth(&self) -> i64 {
        let len = |op: &Op| match op {
            Op::Bytes(bytes) => bytes.len() as u64,
            Op::Copy(range) => range.end - range.start,
        };
        let inserted = |splice: &Splice| splice.insert.iter().map(len).sum::<u64>() as i64;
        self.0.iter().map(|splice| inserted(splice) - splice.remove as i64).sum()
    }
}

fn number(rest: &mut &[u8]) -> Option<u64> {
    let (number, tail) = rest.split_first_chunk::<8>()?;
    *rest = tail;
    Some(u64::from_le_bytes(*number))
}

fn op(rest: &mut &[u8]) -> Option<Op> {
    let (kind, tail) = rest.split_first()?;
    *rest = tail;
    match kind {
        0 => {
            let len = usize::try_from(number(rest)?).ok()?;
            let (bytes, tail) = rest.split_at_checked(len)?;
            *rest = tail;
            Some(Op::Bytes(bytes.to_vec()))
        }
        1 => {
            let (start, end) = (number(rest)?, number(rest)?);
            (start <= end).then_some(Op::Copy(start..end))
        }
        _ => None,
    }
}

/// Reads a range of a file in order.
fn walk(
    mut file: &File,
    range: Range<u64>,
    mut take: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<()> {
    let mut left = range.end.saturating_sub(range.start);
    if left == 0 {
        return Ok(());
    }
    file.seek(SeekFrom::Start(range.start))?;
    let mut buffer = vec![0; BUFFER.min(left as usize)];
    while left > 0 {
        let wanted = buffer.len().min(left as usize);
        let part = buffer.get_mut(..wanted).unwrap_or_default();
        file.read_exact(part)?;
        take(part)?;
        left -= wanted as u64;
    }
    Ok(())
}

struct Hashing<'a, W> {
    out: &'a mut W,
    state: blake3::Hasher,
}

impl<W: Write> Write for Hashing<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.state.update(bytes.get(..written).unwrap_or(bytes));
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// BLAKE3 of a whole file.
pub(super) fn hash_of(file: &File) -> io::Result<[u8; 32]> {
    let mut state = blake3::Hasher::new();
    walk(file, 0..file.metadata()?.len(), |bytes| {
        state.update(bytes);
        Ok(())
    })?;
    Ok(*state.finalize().as_bytes())
}

/// `old` in terms of `new`, which lies at `new_at` of its file: runs of at least 64 bytes that both
/// have are referred to. Method: the blocks of `new` are indexed, `old` is looked through byte by
/// byte, matches are followed as far as they go.
fn delta(old: &[u8], new: &[u8], new_at: u64) -> Vec<Op> {
    let mut blocks: HashMap<&[u8], usize> = HashMap::new();
    for (index, block) in new.chunks_exact(BLOCK).enumerate() {
        blocks.entry(block).or_insert(index * BLOCK);
    }
    let mut ops = Vec::new();
    let (mut at, mut told) = (0, 0);
    while let Some(block) = old.get(at..at + BLOCK) {
        let Some(&found) = blocks.get(block) else {
            at += 1;
            continue;
        };
        let same = |pair: &(&u8, &u8)| pair.0 == pair.1;
        let pairs = |a: usize, b: usize| old.iter().skip(a).zip(new.iter().skip(b));
        let ahead = pairs(at, found).take_while(same).count();
        let before = old.get(told..at).unwrap_or_default().iter().rev();
        let behind = before.zip(new.get(..found).unwrap_or_default().iter().rev());
        let behind = behind.take_while(same).count();
        push_bytes(&mut ops, old.get(told..at - behind).unwrap_or_default());
        let start = new_at + (found - behind) as u64;
        ops.push(Op::Copy(start..start + (behind + ahead) as u64));
        at += ahead;
        told = at;
    }
    push_bytes(&mut ops, old.get(told..).unwrap_or_default());
    ops
}

fn push_bytes(ops: &mut Vec<Op>, bytes: &[u8]) {
    if !bytes.is_empty() {
        ops.push(Op::Bytes(bytes.to_vec()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn file_of(bytes: &[u8]) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file
    }

    fn applied(patch: &Patch, bytes: &[u8]) -> (Vec<u8>, Hashes) {
        let mut out = Vec::new();
        let hashes = patch.apply(&file_of(bytes), &mut out).unwrap();
        (out, hashes)
    }

    proptest! {
        #[test]
        fn the_way_back_gives_the_same_bytes(
            old in proptest::collection::vec(0_u8..4, 0..3000),
            mut cuts in proptest::collection::vec((0_usize..3000, 0_usize..400), 0..6),
            bytes in proptest::collection::vec(0_u8..4, 0..700),
        ) {
            cuts.sort_unstable();
            let (mut patch, mut from) = (Patch::default(), 0);
            for (at, len) in cuts {
                let at = at.clamp(from, old.len().max(from)).min(old.len());
                let end = (at + len).min(old.len());
                patch.replace(at as u64..end as u64, bytes.clone());
                from = end;
            }
            let (new, there) = applied(&patch, &old);
            prop_assert_eq!(new.len() as i64, old.len() as i64 + patch.growth());
            let back = patch.inverse(&file_of(&old)).unwrap();
            let back = Patch::from_bytes(&back.to_bytes()).unwrap();
            let (again, home) = applied(&back, &new);
            prop_assert_eq!(&again, &old);
            prop_assert_eq!((there.before, there.after), (home.after, home.before));
            prop_assert_eq!(there.before, hash_of(&file_of(&old)).unwrap());
        }
    }

    #[test]
    fn a_picture_that_moves_is_not_written_down() {
        let mut picture = vec![0; 200_000];
        blake3::Hasher::new().finalize_xof().fill(&mut picture);
        let old = [b"head".as_slice(), &picture, b"tail"].concat();
        let new = [b"longer head".as_slice(), &picture, b"new", b"tail"].concat();
        let mut patch = Patch::default();
        patch.replace(0..old.len() as u64, new);
        let back = patch.inverse(&file_of(&old)).unwrap().to_bytes();
        assert!(back.len() < 100, "{}", back.len());
    }

    #[test]
    fn a_damaged_journal_is_no_patch() {
        let mut patch = Patch::default();
        patch.replace(3..5, vec![1, 2, 3]);
        let bytes = patch.to_bytes();
        assert_eq!(Patch::from_bytes(&bytes), Some(patch));
        assert_eq!(Patch::from_bytes(&bytes[..bytes.len() - 1]), None);
        assert_eq!(Patch::from_bytes(&[9; 40]), None);
    }
}
