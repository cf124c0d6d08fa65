//! One file: decode thread → bounded channel of recycled chunks → lanes.

use std::thread;

use crossbeam_channel::{Receiver, Sender, bounded};

use super::cancel::Cancel;
use super::outcome::Failure;
use crate::audio::{Chunk, Source, SourceError};
use crate::error::{FailureKind, Stage};
use crate::profile::{Step, Wait, Watch};
use crate::units::StreamSpec;

/// Chunks on their way at most; more would hold memory, fewer would make the threads take turns.
pub(super) const DEPTH: usize = 4;

/// Chunks that exist: those on their way, one being filled, one being read.
pub(super) const CHUNKS: usize = DEPTH + 2;

/// What the decode thread reads from: a decoder, or a source with faults in tests.
pub(super) trait SampleSource: Send {
    /// Rate and channels.
    fn spec(&self) -> &StreamSpec;
    /// Appends frames until `chunk` holds `frames` of them; 0 at the end.
    fn fill(&mut self, chunk: &mut Chunk, frames: usize) -> Result<usize, SourceError>;
}

impl SampleSource for Source {
    fn spec(&self) -> &StreamSpec {
        Self::spec(self)
    }

    fn fill(&mut self, chunk: &mut Chunk, frames: usize) -> Result<usize, SourceError> {
        Self::fill(self, chunk, frames)
    }
}

/// Why no samples come any more before the end of a file.
#[derive(Debug)]
pub(super) enum Interruption {
    /// The file failed.
    Failed(Failure),
    /// The run is to stop.
    Cancelled,
}

impl From<SourceError> for Interruption {
    fn from(error: SourceError) -> Self {
        Self::Failed(failure_of(&error))
    }
}

/// The failure of a file behind an error of its source, causes included.
pub(super) fn failure_of(error: &SourceError) -> Failure {
    let mut message = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        message.push_str(": ");
        message.push_str(&error.to_string());
        cause = error.source();
    }
    Failure::new(error.stage(), error.kind(), message)
}

/// Decodes `source` to its end on a thread of its own and hands every chunk to `consume` on this
/// one, in order. Returns the source, so that it can be asked for its summary.
///
/// Holds [`CHUNKS`] chunks of `frames` frames whatever the length of the file. When `consume` fails
/// or panics the decode thread ends at its next send.
pub(super) fn stream<S: SampleSource>(
    mut source: S,
    frames: usize,
    cancel: &Cancel,
    watch: &Watch,
    mut consume: impl FnMut(&Chunk) -> Result<(), Interruption>,
) -> Result<S, Interruption> {
    let channels = source.spec().channels.count();
    let (full_out, full_in) = bounded::<Chunk>(DEPTH);
    let (empty_out, empty_in) = bounded::<Chunk>(CHUNKS);
    for _ in 0..CHUNKS {
        // Room for every chunk: this cannot block or fail while both ends are held here.
        let _ = empty_out.send(Chunk::with_capacity(channels, frames));
    }
    thread::scope(|scope| {
        let decoder = thread::Builder::new()
            .name("decode".into())
            .spawn_scoped(scope, move || {
                decode(&mut source, frames, cancel, watch, &empty_in, &full_out).map(|()| source)
            })
            .map_err(|error| no_thread(&error))?;
        let mut full = std::iter::from_fn(|| watch.waiting(Wait::Chunk, || full_in.recv().ok()));
        let consumed = full.try_for_each(|chunk| {
            consume(&chunk)?;
            let _ = empty_out.send(chunk); // the decoder may be done already
            Ok(())
        });
        // Closing both ends releases a decoder that waits.
        drop((full_in, empty_out));
        let decoded = decoder.join().unwrap_or_else(|panic| Err(internal(&panic_text(&*panic))));
        consumed.and(decoded)
    })
}

fn decode(
    source: &mut impl SampleSource,
    frames: usize,
    cancel: &Cancel,
    watch: &Watch,
    empty: &Receiver<Chunk>,
    full: &Sender<Chunk>,
) -> Result<(), Interruption> {
    let channels = source.spec().channels.count();
    let mut lap = watch.lap();
    while let Ok(mut chunk) = watch.waiting(Wait::Room, || empty.recv()) {
        if cancel.interrupts() {
            return Err(Interruption::Cancelled);
        }
        chunk.reset(channels);
        let filled = source.fill(&mut chunk, frames)?;
        lap.mark(Step::Decode);
        if filled == 0 || full.send(chunk).is_err() {
            break;
        }
    }
    Ok(())
}

/// The system has no thread to spare now; that is nothing of the file's.
fn no_thread(error: &std::io::Error) -> Interruption {
    let message = format!("cannot start a decode thread: {error}");
    Interruption::Failed(Failure::new(Stage::Decode, FailureKind::Io, message))
}

fn internal(message: &str) -> Interruption {
    Interruption::Failed(Failure::new(Stage::Decode, FailureKind::Internal, message))
}

/// The message of a caught panic.
pub(super) fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    format!("panic: {}", text.unwrap_or_else(|| "of unknown cause".into()))
}
