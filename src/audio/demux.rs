//! Packets of the chosen track, hashed as they go by.

use std::collections::VecDeque;
use std::io::ErrorKind;

use symphonia::core::audio::Channels;
use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::{AudioCodecParameters, CODEC_ID_NULL_AUDIO};
use symphonia::core::errors::Error;
use symphonia::core::formats::{FormatReader, Track, TrackFlags};
use symphonia::core::packet::Packet;

use super::codec::{self, Codec};
use super::contain::{contain, is_panic};
use super::error::SourceError;
use super::fence::{Disk, Leash};
use super::identity::{HEAD_PACKETS, Hasher, HeadHash, Identity};
use crate::error::Stage;

/// Failures in a row after which a demuxer is taken to be stuck.
const MAX_FAILURES: u32 = 64;

/// Bytes that a demuxer may read for one packet. A block of eight channels of FLAC has 2 MB, a
/// picture of a film some more; what is larger is a length that lies, and would be held in memory.
const MOST_READ: u64 = 16 << 20;
/// How often a demuxer may read as much as that and find no packet.
const MAX_OVERRUNS: u32 = 4;
/// Bytes of packets, at least one each, for a byte of the file. More than one means that packets
/// overlap; what Matroska strips off its packets and an index that is denser than its packets
/// explain some of it.
const MOST_PAYLOAD: u64 = 4;
/// The same for the smallest of files.
const SLACK: u64 = 64 << 10;

/// How the stream came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Where the container says, or where the file ends if it says nothing.
    Complete,
    /// In the middle of a packet or page: the file is cut off.
    Truncated,
    /// Before a part with another codec, rate or channel count (chained Ogg, a change within an
    /// elementary stream). The part before it is one track; what follows is left out.
    SpecChanged,
    /// The container could not be followed any further.
    Unreadable,
}

/// A format reader over a file, and what keeps it in bounds.
pub(super) struct Container {
    pub(super) reader: Box<dyn FormatReader>,
    pub(super) leash: Leash,
    pub(super) disk: Disk,
    /// Bytes of the file.
    pub(super) bytes: u64,
}

/// What the demuxer comes upon.
pub(super) enum Event {
    /// A packet of the track.
    Packet(Packet),
    /// The next packet begins another chained stream with the same parameters.
    Restart,
    /// Something that is no packet.
    Damage,
    /// Nothing follows.
    End(Ended),
}

pub(super) struct Demuxer {
    reader: Box<dyn FormatReader>,
    leash: Leash,
    disk: Disk,
    /// Bytes of packets that may still come.
    payload_left: u64,
    track: Track,
    params: AudioCodecParameters,
    hasher: Hasher,
    ahead: VecDeque<Event>,
    failures: u32,
    overruns: u32,
    ended: Option<Ended>,
}

impl Demuxer {
    /// Chooses the track: the default audio track if it can be decoded, else the first that can.
    pub(super) fn new(container: Container) -> Result<Self, SourceError> {
        let Container { reader, leash, disk, bytes } = container;
        let (track, params) = choose(reader.tracks())?;
        let hasher = Hasher::new(codec::describe(params.codec), &params);
        Ok(Self {
            reader,
            leash,
            disk,
            payload_left: bytes.saturating_mul(MOST_PAYLOAD).saturating_add(SLACK),
            track,
            params,
            hasher,
            ahead: VecDeque::new(),
            failures: 0,
            overruns: 0,
            ended: None,
        })
    }

    pub(super) fn track(&self) -> &Track {
        &self.track
    }

    /// Length of the medium as the container states it, in frames.
    pub(super) fn rough_frames(&self) -> Option<u64> {
        let media = self.reader.media_info();
        let seconds = media.time_base?.calc_duration(media.duration?)?.as_secs_f64();
        Some((seconds * f64::from(self.params.sample_rate?)).round() as u64)
    }

    pub(super) fn params(&self) -> &AudioCodecParameters {
        &self.params
    }

    pub(super) fn codec(&self) -> Codec {
        codec::describe(self.params.codec)
    }

    /// Reads ahead as far as the head hash needs; the packets are kept for [`Self::next`].
    pub(super) fn head(&mut self) -> Result<HeadHash, SourceError> {
        while self.hasher.packets() < HEAD_PACKETS && self.ended.is_none() {
            let event = self.pull()?;
            self.ahead.push_back(event);
        }
        Ok(self.hasher.head())
    }

    /// The next event; after the end, the end again.
    pub(super) fn next(&mut self) -> Result<Event, SourceError> {
        match self.ahead.pop_front() {
            Some(event) => Ok(event),
            None => self.pull(),
        }
    }

    /// Reads what is left and gives the name of the whole.
    pub(super) fn identify(mut self) -> Result<Identity, SourceError> {
        self.ahead.clear();
        while self.ended.is_none() {
            self.pull()?;
        }
        Ok(self.hasher.finish())
    }

    fn pull(&mut self) -> Result<Event, SourceError> {
        loop {
            if let Some(ended) = self.ended {
                return Ok(Event::End(ended));
            }
            let event = match self.next_packet() {
                Ok(Some(packet)) if !self.may_hold(&packet) => self.end(Ended::Unreadable),
                Ok(Some(packet)) if packet.track_id == self.track.id => {
                    self.failures = 0;
                    self.hasher.push(&packet.data);
                    return Ok(Event::Packet(packet));
                }
                Ok(Some(_)) => continue,
                Ok(None) => self.end(Ended::Complete),
                Err(error) => self.fail(error)?,
            };
            return Ok(event);
        }
    }

    fn next_packet(&mut self) -> Result<Option<Packet>, Error> {
        self.leash.set(MOST_READ);
        let packet = contain(|| self.reader.next_packet());
        self.disk.error().map_or(packet, |error| Err(Error::IoError(error)))
    }

    /// False when the packets come to more than the file can hold: the container leads in a circle.
    fn may_hold(&mut self, packet: &Packet) -> bool {
        let left = self.payload_left.checked_sub(packet.data.len() as u64 + 1);
        self.payload_left = left.unwrap_or(0);
        left.is_some()
    }

    fn end(&mut self, how: Ended) -> Event {
        self.ended = Some(how);
        Event::End(how)
    }

    fn fail(&mut self, error: Error) -> Result<Event, SourceError> {
        match error {
            Error::ResetRequired => Ok(self.follow_chain()),
            error if is_panic(&error) => Ok(self.end(Ended::Unreadable)),
            Error::IoError(error) if error.kind() == ErrorKind::UnexpectedEof => {
                Ok(self.end(Ended::Truncated))
            }
            Error::IoError(error) if error.kind() == ErrorKind::QuotaExceeded => {
                self.overruns += 1;
                let led_astray = self.overruns > MAX_OVERRUNS;
                Ok(if led_astray { self.end(Ended::Unreadable) } else { Event::Damage })
            }
            Error::IoError(source) if source.raw_os_error().is_some() => {
                Err(SourceError::Read { stage: Stage::Decode, source })
            }
            _ => {
                self.failures += 1;
                let stuck = self.failures > MAX_FAILURES;
                Ok(if stuck { self.end(Ended::Unreadable) } else { Event::Damage })
            }
        }
    }

    /// Another chained stream begins: read on if it can be joined to the one before.
    fn follow_chain(&mut self) -> Event {
        self.failures += 1;
        match choose(self.reader.tracks()) {
            Ok((track, params))
                if self.failures <= MAX_FAILURES && joins(&self.params, &params) =>
            {
                self.track = track;
                self.params = params;
                Event::Restart
            }
            _ => self.end(Ended::SpecChanged),
        }
    }
}

fn joins(before: &AudioCodecParameters, after: &AudioCodecParameters) -> bool {
    let channels = |params: &AudioCodecParameters| params.channels.as_ref().map(Channels::count);
    before.codec == after.codec
        && before.sample_rate == after.sample_rate
        && channels(before) == channels(after)
}

fn choose(tracks: &[Track]) -> Result<(Track, AudioCodecParameters), SourceError> {
    let audio = || tracks.iter().filter_map(|track| Some((track, audio_params(track)?)));
    let decodable = || audio().filter(|(_, params)| has_decoder(params));
    let is_default = |track: &Track| track.flags.contains(TrackFlags::DEFAULT);
    let chosen = decodable().find(|(track, _)| is_default(track)).or_else(|| decodable().next());
    match (chosen, audio().next()) {
        (Some((track, params)), _) => Ok((track.clone(), params.clone())),
        (None, Some((_, params))) => Err(unsupported(params)),
        (None, None) if tracks.is_empty() => Err(SourceError::NoAudio { why: "no track" }),
        (None, None) => Err(SourceError::NoAudio { why: "no audio track" }),
    }
}

fn audio_params(track: &Track) -> Option<&AudioCodecParameters> {
    match &track.codec_params {
        Some(CodecParameters::Audio(params)) => Some(params),
        _ => None,
    }
}

fn has_decoder(params: &AudioCodecParameters) -> bool {
    params.codec != CODEC_ID_NULL_AUDIO
        && codec::decoders().get_audio_decoder(params.codec).is_some()
}

fn unsupported(params: &AudioCodecParameters) -> SourceError {
    let name = codec::describe(params.codec).name;
    let what = if name == "unknown" { format!("codec {}", params.codec) } else { name.to_owned() };
    SourceError::Unsupported { what }
}
