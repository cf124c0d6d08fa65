//! Faults of the disk, for tests: what a read gives instead of bytes.

use std::cell::RefCell;
use std::io;
use std::time::Duration;

use super::{Limits, Opened, Source};

/// What a faulty disk does when it is read.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fault {
    /// A bad sector: every read that touches this byte fails with `EIO`.
    Sector(u64),
    /// So many reads are interrupted by a signal before each that is not.
    Interrupts(u32),
    /// At most so many bytes come at once.
    Trickle(usize),
    /// Every read takes so long.
    Slow(Duration),
}

#[derive(Default)]
struct Disk {
    fault: Option<Fault>,
    reads: u32,
}

thread_local! {
    /// The disk of the files that this thread reads.
    static DISK: RefCell<Disk> = RefCell::default();
}

/// Runs `work` with a faulty disk; returns the number of reads as well.
fn with<T>(fault: Fault, work: impl FnOnce() -> T) -> (T, u32) {
    DISK.with_borrow_mut(|disk| *disk = Disk { fault: Some(fault), reads: 0 });
    let done = work();
    let disk = DISK.with_borrow_mut(std::mem::take);
    (done, disk.reads)
}

/// What of `buffer` a read at `at` may fill, or the error it ends with.
pub(super) fn strike(buffer: &mut [u8], at: u64) -> io::Result<&mut [u8]> {
    let (fault, reads) = DISK.with_borrow_mut(|disk| {
        disk.reads += 1;
        (disk.fault, disk.reads)
    });
    let touched = at..at + buffer.len() as u64;
    match fault {
        Some(Fault::Sector(bad)) if touched.contains(&bad) => {
            Err(io::Error::from_raw_os_error(rustix::io::Errno::IO.raw_os_error()))
        }
        Some(Fault::Interrupts(times)) if reads % (times + 1) != 0 => {
            Err(io::Error::from_raw_os_error(rustix::io::Errno::INTR.raw_os_error()))
        }
        Some(Fault::Slow(time)) => {
            std::thread::sleep(time);
            Ok(buffer)
        }
        Some(Fault::Trickle(most)) => Ok(&mut buffer[..most.min(touched.count())]),
        _ => Ok(buffer),
    }
}

mod tests {
    use std::fs::{self, File};
    use std::path::{Path, PathBuf};

    use super::*;
    use crate::audio::{Chunk, SourceError};
    use crate::error::{FailureKind, Stage};
    use crate::profile::{Profiler, Wait, Whole};

    fn fixtures() -> Vec<PathBuf> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
        let sound =
            |path: &PathBuf| path.is_file() && path.extension().is_some_and(|kind| kind != "py");
        let mut paths: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(sound)
            .collect();
        paths.sort();
        assert!(paths.len() > 15);
        paths
    }

    /// The sum of all samples and their number, by the one way or by both.
    fn read(path: &Path, identify: bool) -> Result<(f64, u64), SourceError> {
        let mut opened = Opened::from_file(File::open(path).unwrap(), &Limits::default())?;
        if identify {
            opened.identify()?;
        }
        let mut source: Source = opened.decode()?;
        let mut chunk = Chunk::with_capacity(source.spec().channels.count(), 4096);
        let mut sum = 0.0;
        loop {
            chunk.reset(source.spec().channels.count());
            if source.fill(&mut chunk, 4096)? == 0 {
                break;
            }
            sum += chunk.planes().flatten().copied().map(f64::from).sum::<f64>();
        }
        Ok((sum, source.finish()?.frames))
    }

    fn bits(read: (f64, u64)) -> (u64, u64) {
        (read.0.to_bits(), read.1)
    }

    #[test]
    fn a_bad_sector_is_an_error_of_the_disk_in_every_container() {
        for path in fixtures() {
            let len = path.metadata().unwrap().len();
            for part in 0..12 {
                let bad = len * part / 12;
                for identify in [false, true] {
                    let (found, _) = with(Fault::Sector(bad), || read(&path, identify));
                    let Err(error) = found else { panic!("{} byte {bad}", path.display()) };
                    assert_eq!(error.kind(), FailureKind::Io, "{} {bad}: {error}", path.display());
                    assert!([Stage::Probe, Stage::Decode].contains(&error.stage()), "{error}");
                }
            }
        }
    }

    /// Demuxers that meet such a sector within their headers speak of a damaged box, or leave the box out.
    #[test]
    fn a_bad_sector_anywhere_in_a_long_file_is_an_error_of_the_disk() {
        const SECTORS: u64 = 160;
        let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
        for name in
            ["jig_117.m4a", "tone.mka", "dnb_175.ogg", "ballad_68.flac", "jazz_swing_132.mp3"]
        {
            let path = samples.join(name);
            let len = path.metadata().unwrap().len();
            // Indices lie in front or at the end: there every place is tried.
            let near =
                (0..SECTORS).map(|n| n * 512).flat_map(|at| [at, len.saturating_sub(at + 1)]);
            let far = (0..SECTORS).map(|n| len / SECTORS * n);
            for bad in near.chain(far).filter(|&bad| bad < len) {
                let name_it = || {
                    let file = File::open(&path).unwrap();
                    Opened::from_file(file, &Limits::default())?.identify()
                };
                let (found, _) = with(Fault::Sector(bad), name_it);
                let Err(error) = found else { panic!("{name}: byte {bad} is never read") };
                assert_eq!(error.kind(), FailureKind::Io, "{name} byte {bad}: {error}");
            }
        }
    }

    #[test]
    fn signals_and_slow_disks_change_nothing() {
        for path in fixtures() {
            let undisturbed = bits(read(&path, false).unwrap());
            for fault in [Fault::Interrupts(3), Fault::Trickle(997), Fault::Trickle(1)] {
                let (found, _) = with(fault, || read(&path, false));
                assert_eq!(bits(found.unwrap()), undisturbed, "{} {fault:?}", path.display());
            }
        }
    }

    /// What makes a profile say that a run waits for its disk.
    #[test]
    fn every_read_of_a_slow_disk_is_measured() {
        let path = fixtures().swap_remove(0);
        let profiler = Profiler::default();
        let watch = profiler.watch();
        let slow = Duration::from_millis(2);
        let (_, reads) = with(Fault::Slow(slow), || {
            let opened = Opened::open_watched(&path, &Limits::default(), &watch).unwrap();
            opened.decode().unwrap().finish().unwrap()
        });
        profiler.take(&watch, Duration::from_secs(1));
        let whole = Duration::from_secs(1);
        let (cpu, writer_cpu) = (Duration::ZERO, Duration::ZERO);
        let whole = Whole { elapsed: whole, cpu, writer_cpu, cores: 1, jobs: 1 };
        assert!(profiler.profile(whole).waits[&Wait::Read].sum >= slow * reads);
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_in_the_place_of_a_file_is_refused_and_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe.mp3");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        for path in [pipe.as_path(), Path::new("/dev/zero"), folder.path()] {
            let Err(error) = Opened::open(path, &Limits::default()) else { panic!("opened") };
            assert_eq!((error.kind(), error.stage()), (FailureKind::Io, Stage::Open));
        }
    }
}
