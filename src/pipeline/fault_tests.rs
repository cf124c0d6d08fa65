//! Faults around one file: it changes under the reader, a lane or the decoder fails, memory is refused.
//! Whatever it is, the file has the right outcome, the others go on, and everything is given back.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::stream::{self, Interruption, SampleSource};
use super::{Cancel, Event, Observer, Options, Outcome, Reason, Summary, run};
use crate::audio::{Chunk, SourceError};
use crate::error::{FailureKind, Gravity, Stage};
use crate::profile::{Kind, Profiler, Wait, Watch, Whole};
use crate::store::{self, Store};
use crate::units::{ChannelLayout, Hertz, StreamSpec};

/// Changes a file when its headers have been read and its sound has not; the name says how.
pub(super) fn before_sound(path: &Path) {
    let Some(name) = path.file_stem().and_then(|name| name.to_str()) else { return };
    change(path, name.strip_prefix("during-").unwrap_or_default());
}

fn change(path: &Path, how: &str) {
    let beside = path.with_extension("new");
    match how {
        "shrinks" => File::options().write(true).open(path).unwrap().set_len(300_000).unwrap(),
        "empties" => File::options().write(true).open(path).unwrap().set_len(0).unwrap(),
        "grows" => File::options().append(true).open(path).unwrap().write_all(&[0; 99]).unwrap(),
        "vanishes" => fs::remove_file(path).unwrap(),
        "is-replaced" => {
            fs::write(&beside, wave(&vec![7; 50_000])).unwrap();
            fs::rename(beside, path).unwrap();
        }
        "becomes-a-pipe" => {
            fs::remove_file(path).unwrap();
            assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
        }
        "becomes-a-folder" => {
            fs::remove_file(path).unwrap();
            fs::create_dir(path).unwrap();
        }
        _ => {}
    }
}

/// Keeps outcomes by name, and changes files whose name asks for it before they are opened.
#[derive(Default)]
struct Watcher(Mutex<BTreeMap<String, Vec<Outcome>>>);

impl Observer for Watcher {
    fn observe(&self, event: &Event<'_>) {
        match event {
            Event::Reading { path } => {
                let name = path.file_stem().unwrap().to_str().unwrap();
                change(path, name.strip_prefix("before-").unwrap_or_default());
            }
            Event::File { path, outcome, .. } => {
                let name = path.file_stem().unwrap().to_string_lossy().into_owned();
                self.0.lock().unwrap().entry(name).or_default().push((*outcome).clone());
            }
            _ => {}
        }
    }
}

fn wave(samples: &[i16]) -> Vec<u8> {
    let bytes = samples.len() as u32 * 2;
    let mut file = b"RIFF".to_vec();
    file.extend((36 + bytes).to_le_bytes());
    file.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    file.extend(22_050_u32.to_le_bytes());
    file.extend(44_100_u32.to_le_bytes());
    file.extend(b"\x02\0\x10\0data");
    file.extend(bytes.to_le_bytes());
    file.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
    file
}

/// Half a minute that no other has: more than a reader takes ahead.
fn long(pitch: i16) -> Vec<u8> {
    wave(
        &(0..600_000)
            .map(|n: i32| (n * i32::from(pitch) % 20_001 - 10_000) as i16)
            .collect::<Vec<_>>(),
    )
}

fn analyse(folder: &Path, jobs: usize, cores: usize) -> (Summary, BTreeMap<String, Vec<Outcome>>) {
    let music = folder.join("music");
    let options = Options { jobs, cores, ..Options::over(vec![music], 256 << 20) };
    let store = Store::open(&folder.join("library.db"), &store::Options::default()).unwrap();
    let watcher = Watcher::default();
    let summary = run(&store, &options, &Cancel::default(), &watcher).unwrap();
    store.close().unwrap();
    let (governor, counts) = (summary.governor, summary.counts);
    assert_eq!((governor.reserved, governor.tickets), (0, 0), "all is given back");
    assert_eq!(counts.total(), counts.scanned, "every file has one outcome");
    (summary, watcher.0.into_inner().unwrap())
}

fn library(files: &[(&str, Vec<u8>)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("music")).unwrap();
    for (name, bytes) in files {
        fs::write(folder.path().join("music").join(format!("{name}.wav")), bytes).unwrap();
    }
    folder
}

fn failure(outcomes: &BTreeMap<String, Vec<Outcome>>, name: &str) -> (Stage, FailureKind) {
    match outcomes[name].as_slice() {
        [Outcome::Failed(failure)] => (failure.stage, failure.kind),
        other => panic!("{name}: {other:?}"),
    }
}

#[cfg(unix)]
#[test]
fn a_file_that_changes_under_the_reader_fails_alone_and_is_read_again() {
    use FailureKind::{Changed, Io};
    let cases = [
        ("before-vanishes", Io),
        ("before-becomes-a-pipe", Io),
        ("before-becomes-a-folder", Io),
        ("before-empties", Changed),
        ("before-shrinks", Changed),
        ("before-grows", Changed),
        ("before-is-replaced", Changed),
        ("during-vanishes", Changed),
        ("during-becomes-a-pipe", Changed),
        ("during-empties", Changed),
        ("during-shrinks", Changed),
        ("during-grows", Changed),
        ("during-is-replaced", Changed),
    ];
    let pitched = cases.iter().zip(1..).map(|((name, _), pitch)| (*name, long(pitch)));
    let files: Vec<_> = pitched.chain([("sound", long(77))]).collect();
    let folder = library(&files);
    let (summary, outcomes) = analyse(folder.path(), 2, 2);
    for (name, kind) in cases {
        assert_eq!(failure(&outcomes, name).1, kind, "{name}");
    }
    assert_eq!((summary.counts.failed, summary.counts.analysed), (13, 1));
    // What can still be read is, and nothing that was read in between has stayed.
    for (name, _) in &cases {
        let path = folder.path().join(format!("music/{name}.wav"));
        let calm = folder.path().join(format!("music/{}.wav", name.replace('-', "_")));
        let _ = fs::rename(path, calm);
    }
    let (again, _) = analyse(folder.path(), 2, 2);
    let counts = again.counts;
    assert_eq!((counts.analysed, counts.relinked, counts.unchanged, counts.failed), (5, 1, 1, 2));
}

#[test]
fn a_lane_that_panics_takes_only_its_file_down() {
    let mut marked = vec![12_345, -12_345, 12_345, -12_345];
    marked.extend((0..60_000).map(|n| (n % 999) as i16));
    for (jobs, cores) in [(2, 1), (1, 2)] {
        let folder = library(&[("a", long(3)), ("falls", wave(&marked)), ("z", long(5))]);
        let (summary, outcomes) = analyse(folder.path(), jobs, cores);
        assert_eq!(failure(&outcomes, "falls"), (Stage::Analyse, FailureKind::Internal));
        assert_eq!((summary.counts.analysed, summary.counts.failed), (2, 1));
    }
}

/// A second of silence a chunk, until something happens.
struct Faulty {
    spec: StreamSpec,
    chunks: u32,
    then: fn() -> Result<usize, SourceError>,
}

impl Faulty {
    fn new(chunks: u32, then: fn() -> Result<usize, SourceError>) -> Self {
        let rate = Hertz::new(22_050).unwrap();
        Self { spec: StreamSpec { rate, channels: ChannelLayout::front(1).unwrap() }, chunks, then }
    }
}

impl SampleSource for Faulty {
    fn spec(&self) -> &StreamSpec {
        &self.spec
    }

    fn fill(&mut self, chunk: &mut Chunk, frames: usize) -> Result<usize, SourceError> {
        let Some(left) = self.chunks.checked_sub(1) else { return (self.then)() };
        self.chunks = left;
        chunk.push_silence(frames);
        Ok(frames)
    }
}

fn broken_disk() -> Result<usize, SourceError> {
    let source = std::io::Error::from_raw_os_error(rustix::io::Errno::IO.raw_os_error());
    Err(SourceError::Read { stage: Stage::Decode, source })
}

fn defect() -> Result<usize, SourceError> {
    panic!("a defect of the decoder")
}

#[allow(clippy::unnecessary_wraps, reason = "as a source answers")]
fn slow() -> Result<usize, SourceError> {
    std::thread::sleep(Duration::from_millis(20));
    Ok(0)
}

/// The kind of failure with which a stream ends, if it does, and the chunks that were heard.
fn listen(
    source: Faulty,
    cancel: &Cancel,
    mut hear: impl FnMut(u32) -> Result<(), Interruption>,
) -> (Option<FailureKind>, u32) {
    let mut heard = 0;
    let ended = stream::stream(source, 64, cancel, &Watch::default(), |_| {
        heard += 1;
        hear(heard)
    });
    let kind = match ended {
        Ok(_) => None,
        Err(Interruption::Failed(failure)) => Some(failure.kind),
        Err(Interruption::Cancelled) => Some(FailureKind::TimedOut), // stands for it here
    };
    (kind, heard)
}

#[test]
fn the_decode_thread_ends_whatever_ends_the_stream() {
    let calm = |_| Ok(());
    let go_on = Cancel::default();
    // Ten chunks are more than the channel holds.
    for chunks in [0, 1, 5, 6, 7, 10, 100] {
        assert_eq!(listen(Faulty::new(chunks, || Ok(0)), &go_on, calm), (None, chunks));
        assert_eq!(listen(Faulty::new(chunks, slow), &go_on, calm), (None, chunks));
        let (kind, heard) = listen(Faulty::new(chunks, broken_disk), &go_on, calm);
        assert_eq!((kind, heard), (Some(FailureKind::Io), chunks));
        let (kind, heard) = listen(Faulty::new(chunks, defect), &go_on, calm);
        assert_eq!((kind, heard), (Some(FailureKind::Internal), chunks));
    }
    // The listener gives up while the decoder waits for room.
    let refused = |_| Err(Interruption::Failed(stream::failure_of(&broken_disk().unwrap_err())));
    assert_eq!(listen(Faulty::new(u32::MAX, slow), &go_on, refused), (Some(FailureKind::Io), 1));
    let panics = || listen(Faulty::new(u32::MAX, slow), &go_on, |_| panic!("a lane"));
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(panics)).is_err());
    // Somebody asks to stop in between.
    let stop = Cancel::default();
    let (kind, heard) = listen(Faulty::new(u32::MAX, slow), &stop, |heard| {
        if heard == 20 {
            stop.request(Reason::Signal(15));
        }
        Ok(())
    });
    assert!(kind == Some(FailureKind::TimedOut) && heard <= 20 + stream::CHUNKS as u32, "{heard}");
}

#[test]
fn a_listener_slower_than_the_disk_holds_no_more_than_the_chunks() {
    let begun = Instant::now();
    let (kind, heard) = listen(Faulty::new(30, || Ok(0)), &Cancel::default(), |_| {
        std::thread::sleep(Duration::from_millis(1));
        Ok(())
    });
    assert_eq!((kind, heard), (None, 30));
    assert!(begun.elapsed() >= Duration::from_millis(30), "nothing is dropped");
}

/// A disk that takes its time for every chunk; watched as the reader of a file is.
struct SlowDisk(Faulty, Watch);

impl SampleSource for SlowDisk {
    fn spec(&self) -> &StreamSpec {
        &self.0.spec
    }

    fn fill(&mut self, chunk: &mut Chunk, frames: usize) -> Result<usize, SourceError> {
        self.1.waiting(Wait::Read, || std::thread::sleep(Duration::from_millis(5)));
        self.0.fill(chunk, frames)
    }
}

#[test]
fn a_slow_disk_is_named_as_what_holds_a_run_back() {
    let profiler = Profiler::default();
    let watch = profiler.watch();
    let begun = Instant::now();
    let source = SlowDisk(Faulty::new(50, || Ok(0)), watch.clone());
    stream::stream(source, 64, &Cancel::default(), &watch, |_| Ok(())).unwrap();
    let elapsed = begun.elapsed();
    profiler.take(&watch, elapsed);
    let (cpu, writer_cpu) = (elapsed / 50, Duration::ZERO);
    let told = profiler.profile(Whole { elapsed, cpu, writer_cpu, cores: 2, jobs: 2 });
    let found = told.findings();
    assert!(found[0].kind == Kind::Io && found[0].severity > Gravity::Low, "{found:?}");
}

#[test]
fn times_of_files_may_be_anything() {
    let day = Duration::from_hours(24);
    let odd = [
        ("future", std::time::SystemTime::now() + 40_000 * day),
        ("before-1970", std::time::UNIX_EPOCH - 10_000 * day),
        ("1970", std::time::UNIX_EPOCH),
    ];
    let files: Vec<_> =
        odd.iter().zip(1..).map(|((name, _), pitch)| (*name, long(pitch))).collect();
    let folder = library(&files);
    let at = |name: &str| -> PathBuf { folder.path().join(format!("music/{name}.wav")) };
    for (name, time) in odd {
        File::options().write(true).open(at(name)).unwrap().set_modified(time).unwrap();
    }
    assert_eq!(analyse(folder.path(), 2, 2).0.counts.analysed, 3);
    assert_eq!(analyse(folder.path(), 2, 2).0.counts.unchanged, 3, "the times are kept exactly");
    // The clock was set back while the file was written anew.
    fs::write(at("future"), long(9)).unwrap();
    let (summary, _) = analyse(folder.path(), 2, 2);
    assert_eq!((summary.counts.analysed, summary.counts.unchanged), (1, 2));
}
