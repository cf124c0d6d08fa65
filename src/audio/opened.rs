//! A file that has been recognised, and is not decoded yet.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

use symphonia::core::errors::Error;
use symphonia::core::formats::FormatOptions;
use symphonia::core::formats::probe::Hint;
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::MetadataOptions;

use super::contain::contain;
use super::demux::{Container, Demuxer};
use super::error::SourceError;
use super::fence::{Fence, View};
use super::format::{Format, container_name};
use super::identity::{HeadHash, Identity};
use super::limits::Limits;
use super::plan::{Cues, Plan};
use super::source::Source;
use super::tags::{self, Tags};
use super::{magic, mp4, repair, riff_tags, sanity, trailer};
use crate::error::Stage;
use crate::profile::Watch;

/// Bytes that are looked at to recognise what is refused.
const MAGIC_BYTES: u64 = 512;
/// Bytes of headers and indices, tags not counted, that are read of a file; those of a film of four
/// hours have 5 MB.
const MOST_HEADERS: u64 = 16 << 20;

/// A recognised file: tags, facts and the name of its beginning are known, nothing is decoded.
///
/// From here on a caller takes the way it needs, all on the one open file:
/// [`identify`](Self::identify) reads the packets and names the whole payload; then, or at once,
/// [`decode`](Self::decode) gives the samples (and the name of the payload as well at the end).
/// `decode` right after opening reads nothing twice; after `identify` it begins anew on the same
/// handle.
pub struct Opened {
    disk: Disk,
    limits: Limits,
    view: View,
    demuxer: Option<Demuxer>,
    plan: Plan,
    format: Format,
    tags: Tags,
    head: HeadHash,
}

/// An open file, and who measures how long it is waited for.
struct Disk {
    file: Arc<File>,
    watch: Watch,
}

impl Opened {
    /// Opens and recognises the file at `path`; its name plays no part.
    pub fn open(path: &Path, limits: &Limits) -> Result<Self, SourceError> {
        Self::from_file(regular(path).map_err(|source| SourceError::Open { source })?, limits)
    }

    /// As [`Self::open`], and has the time measured that the disk is waited for.
    pub fn open_watched(path: &Path, limits: &Limits, watch: &Watch) -> Result<Self, SourceError> {
        let file = regular(path).map_err(|source| SourceError::Open { source })?;
        Self::from_disk(Disk { file: Arc::new(file), watch: watch.clone() }, limits)
    }

    /// Recognises an open file; its position is neither used nor kept.
    pub fn from_file(file: File, limits: &Limits) -> Result<Self, SourceError> {
        Self::from_disk(Disk { file: Arc::new(file), watch: Watch::default() }, limits)
    }

    fn from_disk(disk: Disk, limits: &Limits) -> Result<Self, SourceError> {
        let whole = View::default();
        let start = look(&mut fence(&disk, &whole)?, limits)?;
        let untagged = View { start, ..View::default() };
        let mut window = fence(&disk, &untagged)?;
        let views = if let Some(view) = repair::required(&mut window).map_err(reading)? {
            vec![view]
        } else {
            let fallback = repair::fallback(&mut window).map_err(reading)?;
            let untagged = Some(untagged).filter(|_| start > 0);
            [Some(whole), untagged, fallback].into_iter().flatten().collect()
        };
        let (view, container) = first_readable(&disk, views, limits)?;
        Self::from_container(disk, limits.clone(), view, container)
    }

    fn from_container(
        disk: Disk,
        limits: Limits,
        view: View,
        mut found: Container,
    ) -> Result<Self, SourceError> {
        let container = container_name(found.reader.format_info().short_name);
        let mut read = tags::read(found.reader.as_mut());
        let mut window = fence(&disk, &view)?;
        if matches!(container, "wave" | "aiff") {
            let more =
                riff_tags::read(&disk.file, &mut window, limits.tag_bytes).map_err(reading)?;
            read.tags.fill_from(more);
        }
        let movie = match container {
            "mp4" => mp4::tracks(&mut window).map_err(reading)?,
            _ => Vec::new(),
        };
        let demuxer = Demuxer::new(found).map_err(|error| name_the_codec(error, &movie));
        let mut demuxer = demuxer?;
        let cues =
            Cues { movie: &movie, itunes: read.itunes_gapless.as_deref(), bytes: window.len() };
        let plan = Plan::new(container, &demuxer, &cues);
        let format = plan.format(container, &demuxer);
        let head = demuxer.head()?;
        let demuxer = Some(demuxer);
        Ok(Self { disk, limits, view, demuxer, plan, format, tags: read.tags, head })
    }

    /// What the headers say of the stream.
    pub fn format(&self) -> &Format {
        &self.format
    }

    /// The tags.
    pub fn tags(&self) -> &Tags {
        &self.tags
    }

    /// Name of the first packets.
    pub fn head(&self) -> HeadHash {
        self.head
    }

    /// Reads all packets without decoding them, and names the payload.
    pub fn identify(&mut self) -> Result<Identity, SourceError> {
        self.take_demuxer()?.identify()
    }

    /// Goes on to the samples.
    pub fn decode(mut self) -> Result<Source, SourceError> {
        let demuxer = self.take_demuxer()?;
        Source::new(demuxer, self.plan, self.format, self.tags, self.limits)
    }

    fn take_demuxer(&mut self) -> Result<Demuxer, SourceError> {
        match self.demuxer.take() {
            Some(demuxer) => Ok(demuxer),
            None => Demuxer::new(probe(&self.disk, &self.view, &self.limits)?),
        }
    }
}

/// Opens a regular file. A pipe or a device may have taken its place since it was seen; opening the one would
/// wait for ever for somebody to write, reading the other may do anything.
fn regular(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits();
        std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, flags as i32);
    }
    let file = options.read(true).open(path)?;
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(io::Error::other("it is no regular file"))
    }
}

fn fence(disk: &Disk, view: &View) -> Result<Fence, SourceError> {
    let len = disk.file.metadata().map_err(|source| SourceError::Open { source })?.len();
    Ok(Fence::new(Arc::clone(&disk.file), view.clone(), len).watched(&disk.watch))
}

/// Tries the views in turn: a tag or a header that cannot be read costs itself, not the music
/// behind it. When all fail, the first failure is the one to tell.
fn first_readable(
    disk: &Disk,
    views: Vec<View>,
    limits: &Limits,
) -> Result<(View, Container), SourceError> {
    let mut first_failure = None;
    for view in views {
        match probe(disk, &view, limits) {
            Ok(container) => return Ok((view, container)),
            // Nothing is known of a file that the disk does not give.
            Err(error @ SourceError::Read { .. }) => return Err(error),
            Err(error) => first_failure = first_failure.or(Some(error)),
        }
    }
    Err(first_failure.unwrap_or(SourceError::Unrecognised))
}

fn reading(source: io::Error) -> SourceError {
    SourceError::Read { stage: Stage::Probe, source }
}

/// Refuses what is known not to be read; returns where the leading `ID3v2` tags end.
fn look(fence: &mut Fence, limits: &Limits) -> Result<u64, SourceError> {
    let mut start = 0;
    while let Some(head) = fence.bytes_at(start).map_err(reading)? {
        let tag = magic::id3v2_len(&head);
        if tag > limits.tag_bytes {
            let (value, limit) = (tag as f64, limits.tag_bytes as f64);
            return Err(SourceError::LimitExceeded { what: "tag size in bytes", value, limit });
        }
        if tag == 0 {
            break;
        }
        start += tag;
    }
    let end = trailer::audio_end(fence).map_err(reading)?;
    if fence.len() == 0 {
        return Err(SourceError::NoAudio { why: "the file is empty" });
    }
    if start >= end {
        return Err(SourceError::NoAudio { why: "there are only tags" });
    }
    match magic::refused(&head_of(fence, start)?) {
        Some(what) => Err(SourceError::Unsupported { what: what.to_owned() }),
        None => Ok(start),
    }
}

/// The first bytes from `start` on, as many as there are.
fn head_of(fence: &mut Fence, start: u64) -> Result<Vec<u8>, SourceError> {
    let mut head = vec![0; fence.len().saturating_sub(start).min(MAGIC_BYTES) as usize];
    fence.fill_at(start, &mut head).map_err(reading)?;
    Ok(head)
}

/// Finds the demuxer by content alone.
fn probe(disk: &Disk, view: &View, limits: &Limits) -> Result<Container, SourceError> {
    let mut window = fence(disk, view)?;
    let audio_end = trailer::audio_end(&mut window).map_err(reading)?;
    let head = head_of(&mut window, 0)?;
    if let Some(lie) = sanity::lie(&mut window).map_err(reading)? {
        return Err(unreadable(Error::DecodeError(lie), &head));
    }
    let (end, leash, disk) = (window.end(), window.leash(), window.disk());
    leash.set(limits.tag_bytes.saturating_add(MOST_HEADERS));
    let bytes = window.len();
    io::Seek::rewind(&mut window).map_err(reading)?;
    let stream = MediaSourceStream::new(Box::new(window), MediaSourceStreamOptions::default());
    let (format, metadata) = (FormatOptions::default(), MetadataOptions::default());
    let found =
        contain(|| symphonia::default::get_probe().probe(&Hint::new(), stream, format, metadata));
    if let Some(error) = disk.error() {
        return Err(reading(error));
    }
    let reader = found.map_err(|error| unreadable(error, &head))?;
    if is_unindexed(container_name(reader.format_info().short_name)) {
        end.set(audio_end);
    }
    Ok(Container { reader, leash, disk, bytes })
}

/// Streams of frames that end where the file ends: tags behind them must be hidden.
fn is_unindexed(container: &str) -> bool {
    matches!(container, "mp1" | "mp2" | "mp3" | "aac" | "flac")
}

fn unreadable(error: Error, head: &[u8]) -> SourceError {
    let container = claimed_container(head);
    match (error, container) {
        (Error::Unsupported(what), Some(_)) if !is_about_damage(what) => {
            SourceError::Unsupported { what: what.to_owned() }
        }
        (source, Some(container)) => SourceError::DamagedHeader { container, source },
        (_, None) => SourceError::Unrecognised,
    }
}

/// The demuxers call a missing header "unsupported", too.
fn is_about_damage(what: &str) -> bool {
    ["missing", "no suitable", "not marked"].iter().any(|sign| what.contains(sign))
}

fn claimed_container(head: &[u8]) -> Option<&'static str> {
    match head {
        [b'f', b'L', b'a', b'C', ..] => Some("flac"),
        [b'O', b'g', b'g', b'S', ..] => Some("ogg"),
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => Some("mp4"),
        [b'R', b'I', b'F', b'F' | b'X', ..] | [b'R', b'F', b'6', b'4', ..] => Some("wave"),
        [b'F', b'O', b'R', b'M', ..] => Some("aiff"),
        [b'c', b'a', b'f', b'f', ..] => Some("caf"),
        [0x1a, 0x45, 0xdf, 0xa3, ..] => Some("matroska"),
        [b'I', b'D', b'3', ..] => Some("mp3"),
        [0xff, second, ..] if second & 0xe0 == 0xe0 => Some("mpeg audio"),
        _ => None,
    }
}

/// An MP4 whose audio the demuxer does not know still says what it is.
fn name_the_codec(error: SourceError, movie: &[mp4::Track]) -> SourceError {
    let sound = movie.iter().find(|track| &track.handler == b"soun");
    match (error, sound) {
        (SourceError::NoAudio { .. }, Some(track)) => {
            let what = match &track.codec {
                b"drms" | b"enca" | b"drmi" => "audio encrypted by DRM".to_owned(),
                b"mp4a" => "this kind of MPEG-4 audio".to_owned(),
                other => format!("codec {} in MP4", other.escape_ascii()),
            };
            SourceError::Unsupported { what }
        }
        (error, _) => error,
    }
}
