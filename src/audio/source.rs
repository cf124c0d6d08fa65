//! Samples, chunk by chunk.

use std::ops::Range;

use symphonia::core::audio::{AudioSpec, GenericAudioBufferRef};
use symphonia::core::codecs::audio::AudioDecoder;
use symphonia::core::errors::Error;
use symphonia::core::packet::Packet;

use super::chunk::Chunk;
use super::contain::{contain, is_panic};
use super::convert;
use super::demux::{Demuxer, Ended, Event};
use super::error::SourceError;
use super::excerpt::{Excerpts, Windows};
use super::format::Format;
use super::identity::{HeadHash, Identity, PayloadHash};
use super::limits::{Limits, checked_spec};
use super::plan::{self, Plan};
use super::tags::Tags;
use super::tally::Tally;
use crate::units::StreamSpec;

/// Longest silence that takes the place of one hole, in seconds: beyond it, time stamps and packet
/// lengths are damaged themselves.
const MAX_GAP_S: u64 = 10;
/// Silence in the place of holes, in seconds, that is not looked at.
const JUDGED_SILENCE_S: u64 = 60;
/// Packets after which the share of damaged ones is looked at for the first time.
const FIRST_JUDGEMENT: u64 = 256;

/// Decodes one file.
///
/// **Damage.** A packet that cannot be decoded is counted and becomes silence of its length, where
/// the length is known; so does a hole in the time stamps of Ogg and FLAC (up to ten seconds each).
/// What follows stays at its place. In streams without time stamps (MPEG audio, ADTS) what cannot
/// be recognised as a packet is skipped and closes up.
///
/// **Changes.** Chained Ogg streams with the same codec, rate and channel count are read on as one.
/// At a change of rate or channels the stream ends with [`Ended::SpecChanged`]: what follows is
/// another piece of music.
pub struct Source {
    demuxer: Demuxer,
    decoder: Box<dyn AudioDecoder>,
    plan: Plan,
    format: Format,
    tags: Tags,
    limits: Limits,
    spec: StreamSpec,
    /// Silence to give before what the decoder holds.
    silence: u64,
    /// Frames in the decoder's buffer that were not given yet.
    ready: Range<usize>,
    /// Frames decoded since the stream or the link of the chain began.
    position: u64,
    /// Frames of music that came so far, given or not.
    music: u64,
    /// What is given, when it is not all.
    windows: Option<Windows>,
    /// Packets were passed over since the last that was decoded.
    jumped: bool,
    /// Where the next packet should begin, in frames, by its time stamp.
    next_stamp: Option<i64>,
    tally: Tally,
    ended: Option<Ended>,
}

/// What is known of a stream at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Name of the payload: that of the whole file, also when the caller stopped before the end.
    pub payload: PayloadHash,
    /// Name of its first packets.
    pub head: HeadHash,
    /// Frames given, or passed over between excerpts.
    pub frames: u64,
    /// Packets of the track.
    pub packets: u64,
    /// Packets that could not be decoded, and stretches that held no packet.
    pub damaged_packets: u64,
    /// Samples that were no numbers, infinite or absurdly large, and were replaced by 0.
    pub bad_samples: u64,
    /// Bytes of all packets.
    pub payload_bytes: u64,
    /// Mean bit rate of the payload, in bit/s; 0 without frames.
    pub bitrate: u32,
    /// How the stream ended; `None` when the caller stopped before.
    pub ended: Option<Ended>,
}

impl Source {
    /// Decodes up to the first packet that tells rate and channels.
    pub(super) fn new(
        mut demuxer: Demuxer,
        plan: Plan,
        format: Format,
        tags: Tags,
        limits: Limits,
    ) -> Result<Self, SourceError> {
        let mut decoder = plan::decoder(demuxer.params())?;
        let mut tally = Tally::default();
        let first = first_sound(&mut demuxer, &mut decoder, &plan, &mut tally)?;
        let spec = checked_spec(&first.spec, &limits)?;
        let mut source = Self {
            demuxer,
            decoder,
            plan,
            format,
            tags,
            limits,
            spec,
            silence: 0,
            ready: 0..0,
            position: 0,
            music: 0,
            windows: None,
            jumped: false,
            next_stamp: None,
            tally,
            ended: None,
        };
        source.next_stamp = stamp_behind(&first.packet);
        source.push_silence(source.frames_in(first.lost_s));
        source.take_decoded();
        Ok(source)
    }

    /// Rate and channels, as decoded.
    pub fn spec(&self) -> &StreamSpec {
        &self.spec
    }

    /// What the headers say.
    pub fn format(&self) -> &Format {
        &self.format
    }

    /// The tags.
    pub fn tags(&self) -> &Tags {
        &self.tags
    }

    /// Gives excerpts only, to be asked for before anything was given; returns their frames, `None` when the
    /// stream does not tell its length or is too short for them: then all of it is given.
    ///
    /// All packets are read and hashed all the same: the name of the payload is that of the whole.
    pub fn keep_to(&mut self, excerpts: Excerpts) -> Option<u64> {
        let windows = Windows::new(excerpts, self.format.expected_frames?, self.spec.rate)?;
        let frames = windows.frames();
        self.windows = Some(windows);
        // What is decoded already lies at the very beginning.
        self.tally.passed += std::mem::take(&mut self.silence) + self.ready.len() as u64;
        self.ready = 0..0;
        Some(frames)
    }

    /// Appends frames until `chunk` holds `max_frames` of them or the stream ends; returns how many
    /// were appended, 0 at the end.
    ///
    /// `chunk` must have been [`reset`](Chunk::reset) to the channels of [`Self::spec`].
    ///
    /// # Errors
    /// A stream that ends without a single frame, too many damaged packets, more frames than the
    /// limit allows, or a failing disk.
    pub fn fill(&mut self, chunk: &mut Chunk, max_frames: usize) -> Result<usize, SourceError> {
        let before = chunk.frames();
        while chunk.frames() < max_frames {
            let room = max_frames - chunk.frames();
            if self.silence > 0 {
                let frames = room.min(usize::try_from(self.silence).unwrap_or(room));
                chunk.push_silence(frames);
                self.silence -= frames as u64;
            } else if !self.ready.is_empty() {
                let end = self.ready.end.min(self.ready.start + room);
                let frames = self.ready.start..end;
                self.ready.start = end;
                let decoded = self.decoder.last_decoded();
                self.tally.bad_samples += convert::append(&decoded, frames, self.plan.gain, chunk);
            } else if !self.advance()? {
                break;
            }
        }
        let appended = chunk.frames() - before;
        self.count(appended as u64)?;
        Ok(appended)
    }

    /// Reads the packets that are left, if any, and sums up.
    pub fn finish(self) -> Result<Summary, SourceError> {
        let tally = self.tally;
        let Identity { payload, head, packets, payload_bytes } = self.demuxer.identify()?;
        let frames = tally.frames + tally.passed;
        let seconds = self.spec.rate.seconds(frames);
        let bitrate = if seconds > 0.0 { payload_bytes as f64 * 8.0 / seconds } else { 0.0 };
        Ok(Summary {
            payload,
            head,
            frames,
            packets,
            damaged_packets: tally.damaged,
            bad_samples: tally.bad_samples,
            payload_bytes,
            bitrate: bitrate.round() as u32,
            ended: self.ended,
        })
    }

    fn count(&mut self, frames: u64) -> Result<(), SourceError> {
        self.tally.frames += frames;
        if self.ended.is_some() && self.tally.frames == 0 {
            return Err(self.tally.nothing());
        }
        let frames = self.tally.frames + self.tally.passed;
        let (value, limit) = (self.spec.rate.seconds(frames), self.limits.duration_s);
        if value > limit {
            return Err(SourceError::LimitExceeded { what: "duration in seconds", value, limit });
        }
        Ok(())
    }

    /// Takes the next event in; false at the end.
    fn advance(&mut self) -> Result<bool, SourceError> {
        if self.ended.is_some() {
            return Ok(false);
        }
        match self.demuxer.next()? {
            Event::Packet(packet) if self.passes_over(&packet) => {}
            Event::Packet(packet) => self.decode(&packet)?,
            Event::Restart => self.restart()?,
            Event::Damage => self.judge_damage()?,
            Event::End(ended) => self.ended = Some(self.corrected(ended)),
        }
        if self.ended.is_some() {
            self.tally.judge(self.limits.damaged_share)?;
        }
        Ok(self.ended.is_none())
    }

    /// Streams without an end mark just stop when they are cut: the header knows better.
    fn corrected(&self, ended: Ended) -> Ended {
        let short = self.plan.promised.is_some_and(|promised| self.position < promised);
        match ended {
            Ended::Complete if short => Ended::Truncated,
            Ended::Truncated if self.plan.open_ended => Ended::Complete,
            other => other,
        }
    }

    /// Passes over a packet that lies outside of the excerpts; false when it has to be decoded.
    fn passes_over(&mut self, packet: &Packet) -> bool {
        let Some(windows) = &self.windows else { return false };
        let frames = self.lasts(packet);
        // A packet of untold length is decoded: it might be the music.
        if frames == 0 || !windows.pass_over(&(self.music..self.music + frames)) {
            return false;
        }
        self.skip(frames);
        self.next_stamp = stamp_behind(packet);
        self.jumped = true;
        true
    }

    /// Frames that a packet decodes to, less what is cut from it (the end of an Ogg stream).
    fn lasts(&self, packet: &Packet) -> u64 {
        let (view, whole) =
            (self.plan.view(packet), self.frames_in(length_s(&self.demuxer, packet)));
        whole.saturating_sub(view.trim_start.get()).saturating_sub(view.trim_end.get())
    }

    /// Counts frames as gone by.
    fn skip(&mut self, frames: u64) {
        let music = self.plan.trim.kept(self.position, frames as usize).len() as u64;
        self.position += frames;
        self.music += music;
        self.tally.passed += music;
    }

    fn decode(&mut self, packet: &Packet) -> Result<(), SourceError> {
        self.tally.tried += 1;
        self.bridge_gap(packet);
        self.judge_silence()?;
        let jumped = std::mem::take(&mut self.jumped);
        if jumped {
            self.decoder.reset();
        }
        match contain(|| self.decoder.decode_ref(&self.plan.view(packet))) {
            Ok(decoded) if !fits(&decoded, &self.spec) => self.ended = Some(Ended::SpecChanged),
            Ok(decoded) => {
                if jumped {
                    // A decoder that begins anew may give less than the packet lasts (Vorbis: nothing).
                    let given = decoded.frames() as u64;
                    let due = self.lasts(packet);
                    self.skip(due.saturating_sub(given));
                }
                self.take_decoded();
            }
            Err(error) => {
                if is_panic(&error) {
                    self.decoder = plan::decoder(self.demuxer.params())?;
                }
                self.push_silence(self.frames_in(length_s(&self.demuxer, packet)));
                self.judge_damage()?;
            }
        }
        Ok(())
    }

    /// Another link of the chain begins: a new decoder, and its delay is to be cut again.
    fn restart(&mut self) -> Result<(), SourceError> {
        self.decoder = plan::decoder(self.demuxer.params())?;
        self.position = 0;
        self.next_stamp = None;
        Ok(())
    }

    fn take_decoded(&mut self) {
        let frames = self.decoder.last_decoded().frames();
        self.ready = self.within(self.plan.trim.kept(self.position, frames));
        self.tally.decoded += frames as u64;
        self.position += frames as u64;
    }

    fn push_silence(&mut self, frames: u64) {
        let frames = frames.min(MAX_GAP_S * u64::from(self.spec.rate.get()));
        let kept = self.within(self.plan.trim.kept(self.position, frames as usize));
        self.silence += kept.len() as u64;
        self.tally.silence += frames;
        self.position += frames;
    }

    /// What is given of the music in a block.
    fn within(&mut self, kept: Range<usize>) -> Range<usize> {
        let music = self.music..self.music + kept.len() as u64;
        self.music = music.end;
        let Some(windows) = &self.windows else { return kept };
        let given = windows.given(&music);
        let (from, frames) =
            ((given.start - music.start) as usize, (given.end - given.start) as usize);
        self.tally.passed += (kept.len() - frames) as u64;
        kept.start + from..kept.start + from + frames
    }

    /// Fills what the time stamps say is missing before `packet`.
    fn bridge_gap(&mut self, packet: &Packet) {
        let expected = std::mem::replace(&mut self.next_stamp, stamp_behind(packet));
        let Some(expected) = expected.filter(|_| self.plan.stamped) else { return };
        let gap = packet.pts.get().saturating_sub(expected);
        let longest = MAX_GAP_S as i64 * i64::from(self.spec.rate.get());
        if (1..=longest).contains(&gap) {
            self.tally.damaged += 1;
            self.push_silence(gap as u64);
        }
    }

    /// More holes than music is damage: a few bytes each would make days of silence.
    fn judge_silence(&self) -> Result<(), SourceError> {
        let Tally { decoded, silence, .. } = self.tally;
        let long = silence > JUDGED_SILENCE_S * u64::from(self.spec.rate.get());
        if long && silence as f64 > self.limits.damaged_share * (silence + decoded) as f64 {
            return Err(self.tally.too_much_damage());
        }
        Ok(())
    }

    fn frames_in(&self, seconds: f64) -> u64 {
        (seconds * f64::from(self.spec.rate.get())).round() as u64
    }

    fn judge_damage(&mut self) -> Result<(), SourceError> {
        self.tally.damaged += 1;
        if self.tally.tried >= FIRST_JUDGEMENT {
            self.tally.judge(self.limits.damaged_share)?;
        }
        Ok(())
    }
}

/// The first packet that could be decoded.
struct First {
    packet: Packet,
    spec: AudioSpec,
    /// Length of the packets before it that could not, in seconds.
    lost_s: f64,
}

/// Decodes until a packet gives a buffer.
fn first_sound(
    demuxer: &mut Demuxer,
    decoder: &mut Box<dyn AudioDecoder>,
    plan: &Plan,
    tally: &mut Tally,
) -> Result<First, SourceError> {
    let mut lost_s = 0.0;
    while tally.damaged < FIRST_JUDGEMENT {
        match demuxer.next()? {
            Event::Packet(packet) => {
                tally.tried += 1;
                match contain(|| decoder.decode_ref(&plan.view(&packet))) {
                    Ok(decoded) => {
                        let spec = decoded.spec().clone();
                        return Ok(First { packet, spec, lost_s });
                    }
                    Err(error @ Error::Unsupported(_)) => {
                        return Err(plan::refusal(demuxer.params(), &error));
                    }
                    Err(error) => {
                        tally.damaged += 1;
                        if is_panic(&error) {
                            *decoder = plan::decoder(demuxer.params())?;
                        }
                    }
                }
                lost_s += length_s(demuxer, &packet);
            }
            Event::Restart => *decoder = plan::decoder(demuxer.params())?,
            Event::Damage => tally.damaged += 1,
            Event::End(_) => break,
        }
    }
    Err(tally.nothing())
}

/// Length of all that a packet decodes to, in seconds.
fn length_s(demuxer: &Demuxer, packet: &Packet) -> f64 {
    let base = demuxer.track().time_base;
    let length = base.and_then(|base| base.calc_duration(packet.block_dur()));
    length.map_or(0.0, |length| length.as_secs_f64())
}

/// Where the packet behind this one should begin.
fn stamp_behind(packet: &Packet) -> Option<i64> {
    packet.pts.get().checked_add_unsigned(packet.block_dur().get())
}

fn fits(decoded: &GenericAudioBufferRef<'_>, spec: &StreamSpec) -> bool {
    let theirs = decoded.spec();
    theirs.rate() == spec.rate.get() && theirs.channels().count() == spec.channels.count()
}
