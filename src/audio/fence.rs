//! A window on an open file, read in large pieces.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};

use symphonia::core::io::MediaSource;

use crate::profile::{Wait, Watch};

/// First read after a jump: a header or a tag is rarely larger.
const SMALL_READ: usize = 16 << 10;
/// Reads grow up to this: at 256 kB the system calls of an hour of MP3 are a few hundred.
const LARGE_READ: usize = 256 << 10;

/// The end of the readable part of a file; may be moved while a reader is at work.
#[derive(Clone, Debug)]
pub(super) struct End(Arc<AtomicU64>);

impl End {
    /// Hides everything from byte `end` on.
    pub(super) fn set(&self, end: u64) {
        self.0.store(end, Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Bytes that may still be read: no demuxer reads for ever, or much at once, whatever it believes.
#[derive(Clone, Debug)]
pub(super) struct Leash(Arc<AtomicU64>);

impl Leash {
    /// Allows `bytes` from now on.
    pub(super) fn set(&self, bytes: u64) {
        self.0.store(bytes, Ordering::Relaxed);
    }

    /// Takes up to `wanted` bytes off.
    ///
    /// One reader at a time holds the end of a leash, so nothing comes between the two steps.
    fn take(&self, wanted: usize) -> io::Result<usize> {
        let left = self.0.load(Ordering::Relaxed);
        let taken = wanted.min(usize::try_from(left).unwrap_or(usize::MAX));
        if taken == 0 {
            return Err(io::ErrorKind::QuotaExceeded.into());
        }
        self.0.store(left - taken as u64, Ordering::Relaxed);
        Ok(taken)
    }
}

/// What the system said when the file could not be read. Demuxers take such an error for the end of a box or
/// for damage, and go on; whoever asks here is not misled.
#[derive(Clone, Debug, Default)]
pub(super) struct Disk(Arc<AtomicI32>);

impl Disk {
    fn note(&self, error: &io::Error) {
        self.0.store(error.raw_os_error().unwrap_or(0), Ordering::Relaxed);
    }

    /// The last error, if there was one.
    pub(super) fn error(&self) -> Option<io::Error> {
        let code = self.0.load(Ordering::Relaxed);
        (code != 0).then(|| io::Error::from_raw_os_error(code))
    }
}

/// What a reader is to see of a file: `head`, then the file from byte `start` to `end`.
///
/// The head stands in for headers that a demuxer would stumble over.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct View {
    pub(super) head: Vec<u8>,
    pub(super) start: u64,
    /// `None` for the end of the file.
    pub(super) end: Option<u64>,
}

/// Reads a [`View`] of a file through a private buffer and with a position of its own, so that
/// several readers can share one open file. Positions count from the start of the view.
pub(super) struct Fence {
    file: Arc<File>,
    watch: Watch,
    head: Vec<u8>,
    /// Add it to a position behind the head for the position in the file.
    shift: i64,
    end: End,
    leash: Leash,
    disk: Disk,
    position: u64,
    buffer: Vec<u8>,
    buffer_at: u64,
    next_read: usize,
}

impl Fence {
    /// A reader of `view` of a file of `len` bytes.
    pub(super) fn new(file: Arc<File>, view: View, len: u64) -> Self {
        let head_len = view.head.len() as u64;
        let behind = view.end.unwrap_or(len).min(len).saturating_sub(view.start);
        Self {
            file,
            watch: Watch::default(),
            shift: (view.start as i64).saturating_sub(head_len as i64),
            head: view.head,
            end: End(Arc::new(AtomicU64::new(head_len.saturating_add(behind)))),
            leash: Leash(Arc::new(AtomicU64::new(u64::MAX))),
            disk: Disk::default(),
            position: 0,
            buffer: Vec::new(),
            buffer_at: 0,
            next_read: SMALL_READ,
        }
    }

    /// Has the time measured that reads take.
    pub(super) fn watched(mut self, watch: &Watch) -> Self {
        self.watch = watch.clone();
        self
    }

    /// The handle by which the end can be moved later.
    pub(super) fn end(&self) -> End {
        self.end.clone()
    }

    /// The handle by which reading is limited; at first it is not.
    pub(super) fn leash(&self) -> Leash {
        self.leash.clone()
    }

    /// The handle by which errors of the disk are known.
    pub(super) fn disk(&self) -> Disk {
        self.disk.clone()
    }

    /// Reads exactly `N` bytes at `at`, if they are there.
    pub(super) fn bytes_at<const N: usize>(&mut self, at: u64) -> io::Result<Option<[u8; N]>> {
        let mut bytes = [0; N];
        Ok(self.fill_at(at, &mut bytes)?.then_some(bytes))
    }

    /// Fills `bytes` from `at`; false when the window ends before.
    pub(super) fn fill_at(&mut self, at: u64, bytes: &mut [u8]) -> io::Result<bool> {
        self.seek(SeekFrom::Start(at))?;
        match self.read_exact(bytes) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Bytes in the window.
    pub(super) fn len(&self) -> u64 {
        self.end.get()
    }

    /// The position in the file of a position behind the head.
    pub(super) fn file_position(&self, at: u64) -> u64 {
        at.saturating_add_signed(self.shift)
    }

    /// What can be copied out at the position without a system call.
    fn buffered(&self) -> &[u8] {
        let tail =
            |bytes: &'_ [u8], at: u64| usize::try_from(at).ok().filter(|&at| at < bytes.len());
        if let Some(at) = tail(&self.head, self.position) {
            return self.head.get(at..).unwrap_or(&[]);
        }
        let offset = self.position.checked_sub(self.buffer_at);
        let at = offset.and_then(|offset| tail(&self.buffer, offset));
        at.and_then(|at| self.buffer.get(at..)).unwrap_or(&[])
    }

    fn refill(&mut self) -> io::Result<()> {
        let follows = self.position == self.buffer_at + self.buffer.len() as u64;
        self.next_read = if follows { (self.next_read * 2).min(LARGE_READ) } else { SMALL_READ };
        self.buffer.resize(self.next_read, 0);
        let at = self.file_position(self.position);
        let (file, buffer) = (&self.file, &mut self.buffer);
        let read = self.watch.waiting(Wait::Read, || fill(file, buffer, at));
        let read = read.inspect_err(|error| self.disk.note(error));
        self.buffer_at = self.position;
        self.buffer.truncate(*read.as_ref().unwrap_or(&0));
        read.map(|_| ())
    }
}

/// Reads until `buffer` is full or the file ends: a disk that gives little at once is asked more often, and no
/// more is done for it. An error behind some bytes is told when it is met again at its place.
fn fill(file: &File, buffer: &mut [u8], at: u64) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match read_at(file, rest, at + filled as u64) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if filled == 0 => return Err(error),
            Err(_) => break,
        }
    }
    Ok(filled)
}

impl Read for Fence {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let left = self.end.get().saturating_sub(self.position);
        if left == 0 || out.is_empty() {
            return Ok(0);
        }
        if self.buffered().is_empty() {
            self.refill()?;
        }
        let ready = self.buffered();
        let count = ready.len().min(out.len()).min(usize::try_from(left).unwrap_or(usize::MAX));
        if count == 0 {
            return Ok(0);
        }
        let count = self.leash.take(count)?;
        let ready = self.buffered();
        if let (Some(to), Some(from)) = (out.get_mut(..count), ready.get(..count)) {
            to.copy_from_slice(from);
        }
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for Fence {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.end.get().checked_add_signed(by),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
        };
        self.position = target.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.position)
    }
}

impl MediaSource for Fence {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.len())
    }
}

#[cfg(unix)]
fn read_at(file: &File, buffer: &mut [u8], at: u64) -> io::Result<usize> {
    #[cfg(test)]
    let buffer = super::faults::strike(buffer, at)?;
    std::os::unix::fs::FileExt::read_at(file, buffer, at)
}

#[cfg(windows)]
fn read_at(file: &File, buffer: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn file_of(bytes: &[u8]) -> Arc<File> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        Arc::new(file)
    }

    #[test]
    fn reads_what_is_there_at_any_position() {
        let bytes: Vec<u8> = (0..700_000_u32).map(|i| (i * 7 + (i >> 8)) as u8).collect();
        let mut fence = Fence::new(file_of(&bytes), View::default(), bytes.len() as u64);
        let mut whole = Vec::new();
        fence.read_to_end(&mut whole).unwrap();
        assert!(whole == bytes);
        for at in [0_usize, 1, 16_383, 16_384, 300_000, 299_990, 699_996] {
            assert_eq!(fence.bytes_at::<4>(at as u64).unwrap().unwrap(), bytes[at..at + 4]);
        }
        assert_eq!(fence.bytes_at::<4>(699_997).unwrap(), None);
    }

    #[test]
    fn a_moved_end_hides_the_rest() {
        let bytes: Vec<u8> = (0..100).collect();
        let view = View { start: 10, ..View::default() };
        let mut fence = Fence::new(file_of(&bytes), view, 100);
        assert_eq!((fence.len(), fence.bytes_at::<1>(0).unwrap()), (90, Some([10])));
        fence.end().set(10);
        fence.seek(SeekFrom::Start(0)).unwrap();
        let mut rest = Vec::new();
        fence.read_to_end(&mut rest).unwrap();
        assert_eq!(rest, (10..20).collect::<Vec<u8>>());
        assert!(fence.seek(SeekFrom::Current(-11)).is_err());
    }

    #[test]
    fn a_leash_ends_reading_until_it_is_lengthened() {
        let mut fence = Fence::new(file_of(&[7; 100]), View::default(), 100);
        fence.leash().set(30);
        assert_eq!(fence.bytes_at::<20>(0).unwrap(), Some([7; 20]));
        assert_eq!(fence.bytes_at::<20>(0).unwrap_err().kind(), io::ErrorKind::QuotaExceeded);
        fence.leash().set(30);
        assert_eq!(fence.bytes_at::<20>(80).unwrap(), Some([7; 20]));
        assert_eq!(fence.bytes_at::<1>(100).unwrap(), None, "the end is no matter of the leash");
    }

    #[test]
    fn a_head_stands_in_for_what_is_there() {
        let bytes: Vec<u8> = (0..100).collect();
        let view = View { head: b"RIFF".to_vec(), start: 90, end: Some(95) };
        let mut fence = Fence::new(file_of(&bytes), view, 100);
        let mut all = Vec::new();
        fence.read_to_end(&mut all).unwrap();
        assert_eq!(all, b"RIFF\x5a\x5b\x5c\x5d\x5e");
        assert_eq!(fence.bytes_at::<3>(3).unwrap(), Some(*b"F\x5a\x5b"));
        assert_eq!(fence.bytes_at::<2>(8).unwrap(), None);
    }
}
