//! One file, from attempt to outcome.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use super::models::{self, Answers, Listeners};
use super::outcome::{Failure, Outcome, Relink};
use super::run::{Active, Shared};
use super::stream::{self, CHUNKS, Interruption};
use crate::audio::{self, Chunk, Excerpts, Opened, Source};
use crate::error::{FailureKind, Stage};
use crate::feature::{Depth, Extractor, Families, Lanes, Record, of_excerpts};
use crate::library::{Candidate, Identity, Job, Planned, settle};
use crate::memory::AdmitError;
use crate::model::slot::Model;
use crate::profile::{Step, Wait, Watch};
use crate::store::{self, FileFacts, Op, Stamp, TrackFacts};
use crate::units::StreamSpec;

/// Bytes a decoder and its buffers hold at most, chunks not counted: the read buffer, the tables of
/// the codec and one decoded packet (a FLAC block has up to 65 535 frames).
const DECODER_BYTES: u64 = 1 << 20;

/// Length taken for granted when a file does not tell its own: ten minutes at its rate.
const UNTOLD_SECONDS: u64 = 600;

/// Frames in a byte of music, at most: those of Opus at 6 kbit/s.
const DENSEST: u64 = 64;

/// A file to be read, and what is to be done with it.
pub(super) struct Work {
    pub(super) candidate: Candidate,
    pub(super) planned: Planned,
}

/// Does the work and tells the outcome; nothing of it escapes, not even a panic.
pub(super) fn run(shared: &Shared<'_>, work: Work) {
    let since = Instant::now();
    let Work { candidate, planned } = as_it_is_now(work);
    let watch = shared.watch();
    let cancelled = || shared.cancel.interrupts();
    let entered = watch.waiting(Wait::Manners, || shared.gate.enter(&cancelled));
    let outcome = if !entered || shared.cancel.interrupts() {
        Outcome::Cancelled
    } else {
        attempt(shared, &candidate, &planned, &watch)
    };
    shared.profiler.iter().for_each(|profiler| profiler.take(&watch, since.elapsed()));
    shared.done(&candidate, &outcome, since);
}

/// The scan looks ahead by minutes: what was retagged meanwhile is read as it is, not found changed.
fn as_it_is_now(mut work: Work) -> Work {
    // What is gone or no file any more fails when it is opened.
    let Ok(metadata) = std::fs::metadata(&work.candidate.path) else { return work };
    let now = Stamp::of(&metadata);
    if metadata.is_file() && !now.unchanged_since(work.candidate.stamp) {
        work.candidate.stamp = now;
        work.planned.job = Job::Check;
    }
    work
}

/// Notes the attempt, reads the file, and has the result written.
fn attempt(
    shared: &Shared<'_>,
    candidate: &Candidate,
    planned: &Planned,
    watch: &Watch,
) -> Outcome {
    let (run, path, stamp) = (shared.run, candidate.path.clone(), candidate.stamp);
    // Committed before the file is opened: should it take the process down, the next run knows.
    let noted = watch.waiting(Wait::Attempt, || shared.write_now(Op::Attempt { run, path, stamp }));
    if noted.is_err() {
        return Outcome::Cancelled;
    }
    shared.observer.observe(&super::event::Event::Reading { path: &candidate.path });
    let read = catch_unwind(AssertUnwindSafe(|| read(shared, candidate, planned, watch)));
    let read = read.unwrap_or_else(|panic| {
        let text = stream::panic_text(&*panic);
        Err(Interruption::Failed(Failure::new(Stage::Analyse, FailureKind::Internal, text)))
    });
    let (ops, outcome) = match read {
        Ok(done) => done,
        Err(Interruption::Failed(failure)) => {
            let failure = blamed(failure, candidate);
            (vec![failed(shared, candidate, &failure)], Outcome::Failed(failure))
        }
        Err(Interruption::Cancelled) => {
            (vec![Op::Release { path: candidate.path.clone() }], Outcome::Cancelled)
        }
    };
    // An outcome counts only when its record is on its way to the disk.
    let write = |op| watch.waiting(Wait::Queue, || shared.write(op));
    let written = ops.into_iter().try_for_each(write);
    written.map_or(Outcome::Cancelled, |()| outcome)
}

/// What a file was found to be while somebody wrote to it is no property of the file.
fn blamed(failure: Failure, candidate: &Candidate) -> Failure {
    match failure.kind {
        FailureKind::Io | FailureKind::Internal | FailureKind::OutOfBudget => failure,
        _ => match unchanged_on_disk(candidate) {
            Err(Interruption::Failed(changed)) => changed,
            _ => failure,
        },
    }
}

/// The operation that stores a failure.
pub(super) fn failed(shared: &Shared<'_>, candidate: &Candidate, failure: &Failure) -> Op {
    Op::Failed(store::Failure {
        run: shared.run,
        path: candidate.path.clone(),
        stamp: Some(candidate.stamp),
        stage: failure.stage,
        kind: failure.kind,
        message: failure.message.clone(),
    })
}

/// Opens the file once and either finds its audio in the store or analyses it.
fn read(
    shared: &Shared<'_>,
    candidate: &Candidate,
    planned: &Planned,
    watch: &Watch,
) -> Result<(Vec<Op>, Outcome), Interruption> {
    let mut lap = watch.lap();
    let limits = &shared.options.limits;
    let opened =
        watch.waiting(Wait::Opening, || Opened::open_watched(&candidate.path, limits, watch));
    let mut opened = opened?;
    let mut wanted = match planned.job {
        Job::Analyse(families) => Wanted { families, models: models::due(shared, planned.track)? },
        _ => match known(shared, candidate, planned, &mut opened)? {
            Known::Whole(done) => return Ok((vec![done.0], done.1)),
            Known::Stale(wanted) => wanted,
        },
    };
    if wanted.is_nothing() {
        // Planned for a model that turned out to be none.
        return Ok((vec![Op::Release { path: candidate.path.clone() }], Outcome::Unchanged));
    }
    let told = opened.format().expected_frames.map(|told| plausible(told, candidate.stamp.size));
    let mut source = watch.waiting(Wait::Opening, || opened.decode())?;
    lap.mark(Step::Open);
    let (depth, told) = depth(shared, &mut source, told);
    if depth != shared.options.depth {
        // A track too short for excerpts is heard as a whole, and that is worth being kept.
        wanted.families = depth.families();
    }
    #[cfg(test)]
    super::fault_tests::before_sound(&candidate.path);
    let (source, records, answers) = analyse(shared, source, told, &wanted, watch)?;
    lap.skip();
    let file = file_facts(candidate, source.format(), source.tags());
    let (format, spec) = (source.format().clone(), source.spec().clone());
    let summary = source.finish()?;
    lap.mark(Step::Decode);
    unchanged_on_disk(candidate)?;
    let track = track_facts(&format, &spec, &summary, depth);
    let records = match depth {
        Depth::Full => records,
        Depth::Quick => of_excerpts(records, track.frames, track.duration_s),
    };
    let outcome =
        Outcome::Analysed { duration_s: track.duration_s, damaged_packets: track.damaged_packets };
    let payload = track.payload;
    let analysed = Op::Analysed { file, track, records };
    Ok((std::iter::once(analysed).chain(answers.ops(payload)).collect(), outcome))
}

/// Excerpts that a quick run hears; `examples/evaluate --excerpts` tries others on labelled music.
pub const QUICK: Excerpts = Excerpts { count: 1, seconds: 30.0 };

/// How much of a file is heard, and the frames of it.
fn depth(shared: &Shared<'_>, source: &mut Source, told: Option<u64>) -> (Depth, Option<u64>) {
    let quick = shared.options.depth == Depth::Quick;
    match quick.then(|| source.keep_to(QUICK)).flatten() {
        Some(frames) => (Depth::Quick, Some(frames)),
        None => (Depth::Full, told),
    }
}

/// What is to be computed of a track.
struct Wanted {
    families: Families,
    models: Vec<Arc<Model>>,
}

impl Wanted {
    /// Everything, as for audio that is new.
    fn all(shared: &Shared<'_>) -> Result<Self, Interruption> {
        Ok(Self { families: shared.options.depth.families(), models: models::due(shared, None)? })
    }

    fn is_nothing(&self) -> bool {
        self.families.is_empty() && self.models.is_empty()
    }
}

/// What a header promises, as far as `bytes` can hold it. A file that does hold more, as only
/// silence can, gets its memory as it goes; one that lies is not refused for its lie.
fn plausible(told: u64, bytes: u64) -> u64 {
    told.min(bytes.saturating_mul(DENSEST))
}

/// What the store knows of the audio in a file.
enum Known {
    /// All that is wanted: the file is only linked.
    Whole(Box<(Op, Outcome)>),
    /// Some families are missing or outdated; all, for new audio.
    Stale(Wanted),
}

/// Compares the beginning of the payload with the store, and only where it is known the whole of it:
/// a library that is new is not read twice.
fn known(
    shared: &Shared<'_>,
    candidate: &Candidate,
    planned: &Planned,
    opened: &mut Opened,
) -> Result<Known, Interruption> {
    let readers = shared.store.readers();
    let head_known = readers.head_is_known(&opened.head());
    if shared.options.force || !shared.kept(head_known)? {
        return Ok(Known::Stale(Wanted::all(shared)?));
    }
    let identity = opened.identify()?;
    let settled = settle(readers, &identity.payload, shared.options.depth);
    let (track, stale, vacated) = match shared.kept(settled)? {
        Identity::New => return Ok(Known::Stale(Wanted::all(shared)?)),
        Identity::Known { track, stale, vacated } => (track, stale, vacated),
    };
    let stale = Wanted { families: stale, models: models::due(shared, Some(track))? };
    if !stale.is_nothing() {
        return Ok(Known::Stale(stale));
    }
    unchanged_on_disk(candidate)?;
    let how = match vacated {
        _ if planned.track == Some(track) => Relink::Retagged,
        Some(_) => Relink::Moved,
        None => Relink::Copy,
    };
    let file = file_facts(candidate, opened.format(), opened.tags());
    let link = Op::Link { file, track, replaces: vacated };
    Ok(Known::Whole(Box::new((link, Outcome::Relinked { how }))))
}

/// Decodes the source through the lanes, within a ticket of the governor.
fn analyse(
    shared: &Shared<'_>,
    source: Source,
    told: Option<u64>,
    wanted: &Wanted,
    watch: &Watch,
) -> Result<(Source, Vec<Record>, Answers), Interruption> {
    let spec = source.spec().clone();
    let chunk_frames = shared.options.chunk_frames;
    let ask = |frames| footprint(&spec, frames, chunk_frames, wanted);
    let cancelled = || shared.cancel.interrupts();
    let mut promised = told.unwrap_or(UNTOLD_SECONDS * u64::from(spec.rate.get()));
    let admitted = watch.waiting(Wait::Memory, || shared.governor.admit(ask(promised), &cancelled));
    let ticket = admitted?;
    let _active = Active::enter(&shared.active);
    let mut extractor = Extractor::new(&spec, wanted.families).watched(watch);
    let mut listeners = Listeners::new(shared, &wanted.models, &spec);
    let mut seen = 0;
    let source = stream::stream(source, chunk_frames, shared.cancel, watch, |chunk| {
        seen += chunk.frames() as u64;
        if seen > promised {
            // The header lied or said nothing: ask for half as much again.
            promised = seen + seen / 2;
            watch.waiting(Wait::Memory, || ticket.grow_to(ask(promised), &cancelled))?;
        }
        hear(chunk, &mut extractor, &mut listeners, lanes(shared), watch);
        if watch.waiting(Wait::Manners, || shared.gate.breathe(&cancelled)) {
            Ok(())
        } else {
            Err(Interruption::Cancelled)
        }
    })?;
    let answers = listeners.finish(shared);
    let records = extractor.finish(lanes(shared));
    drop(ticket);
    Ok((source, records, answers))
}

/// Gives a chunk to the descriptors and to the models: networks are arithmetic like lanes.
fn hear(
    chunk: &Chunk,
    extractor: &mut Extractor,
    listeners: &mut Listeners,
    lanes: Lanes<'_>,
    watch: &Watch,
) {
    let models = |listeners: &mut Listeners| {
        let mut lap = watch.lap();
        listeners.push(chunk);
        lap.mark(Step::Models);
    };
    match lanes {
        Lanes::SideBySide(pool) if !listeners.is_empty() => pool.install(|| {
            rayon::join(|| extractor.push(chunk, lanes), || models(listeners));
        }),
        _ => {
            extractor.push(chunk, lanes);
            if !listeners.is_empty() {
                models(listeners);
            }
        }
    }
}

/// Bytes one file may hold while it is analysed.
fn footprint(spec: &StreamSpec, frames: u64, chunk_frames: usize, wanted: &Wanted) -> u64 {
    let chunks = (CHUNKS * spec.channels.count() * chunk_frames * size_of::<f32>()) as u64;
    let models = Listeners::footprint(&wanted.models, spec, frames);
    DECODER_BYTES + chunks + Extractor::footprint(spec, frames, wanted.families) + models
}

/// Side by side while there are fewer files than cores, in turn otherwise; looked at anew for every
/// chunk, so that the last long file of a library gets all cores.
fn lanes<'a>(shared: &'a Shared<'_>) -> Lanes<'a> {
    let files = shared.active.load(Ordering::Relaxed);
    if files < shared.options.cores { Lanes::SideBySide(&shared.pool) } else { Lanes::InTurn }
}

impl From<AdmitError> for Interruption {
    fn from(error: AdmitError) -> Self {
        match error {
            AdmitError::FarAbove { .. } => {
                let (stage, kind) = (Stage::Admit, FailureKind::OutOfBudget);
                Self::Failed(Failure::new(stage, kind, error.to_string()))
            }
            _ => Self::Cancelled,
        }
    }
}

/// A file that changed while it was read belongs to neither state: it fails and is read again by
/// the next run.
fn unchanged_on_disk(candidate: &Candidate) -> Result<(), Interruption> {
    let now = std::fs::metadata(&candidate.path).map(|metadata| Stamp::of(&metadata));
    match now {
        Ok(now) if now.unchanged_since(candidate.stamp) => Ok(()),
        _ => {
            let message = "the file changed while it was read";
            let failure = Failure::new(Stage::Decode, FailureKind::Changed, message);
            Err(Interruption::Failed(failure))
        }
    }
}

fn file_facts(candidate: &Candidate, format: &audio::Format, tags: &audio::Tags) -> FileFacts {
    FileFacts {
        path: candidate.path.clone(),
        stamp: candidate.stamp,
        container: Some(format.container.into()),
        tags: tags.clone(),
    }
}

fn track_facts(
    format: &audio::Format,
    spec: &StreamSpec,
    summary: &audio::Summary,
    depth: Depth,
) -> TrackFacts {
    TrackFacts {
        payload: summary.payload,
        head: Some(summary.head),
        codec: format.codec.into(),
        lossless: format.lossless,
        bits_per_sample: format.bits_per_sample,
        sample_rate_hz: spec.rate.get(),
        channels: spec.channels.count() as u32,
        frames: summary.frames,
        duration_s: spec.rate.seconds(summary.frames),
        bitrate_bps: Some(u64::from(summary.bitrate)).filter(|&rate| rate > 0),
        damaged_packets: summary.damaged_packets,
        depth,
    }
}
