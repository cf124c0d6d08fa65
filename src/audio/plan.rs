//! How the packets of a stream become music: what to cut, and what the headers promise.

use symphonia::core::audio::Channels;
use symphonia::core::codecs::audio::well_known::{CODEC_ID_OPUS, CODEC_ID_VORBIS};
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error;
use symphonia::core::packet::{Packet, PacketRef};
use symphonia::core::units::{Duration, TimeBase};

use super::codec;
use super::contain::contain;
use super::demux::Demuxer;
use super::error::SourceError;
use super::format::Format;
use super::mp4;
use super::trim::Trim;
use super::vorbis;

/// Frames in a packet: the most that FLAC can have, and more than any codec with fixed packets has.
const MOST_FRAMES: u64 = 1 << 16;

/// What is known of the file besides what the demuxer says.
pub(super) struct Cues<'a> {
    /// Tracks of an MP4.
    pub(super) movie: &'a [mp4::Track],
    /// The gapless record of iTunes.
    pub(super) itunes: Option<&'a str>,
    /// Bytes of the file.
    pub(super) bytes: u64,
}

/// Decided once per file from its headers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    /// What to cut by position.
    pub(super) trim: Trim,
    /// The cuts that the demuxer puts on packets are right (Ogg); else they are left out.
    pub(super) trust_packets: bool,
    /// Time stamps come from the file and count frames, so a gap in them is a gap in the music.
    pub(super) stamped: bool,
    /// Factor on all samples.
    pub(super) gain: f32,
    /// Nobody says where the stream ends, so the end of the file is the end.
    pub(super) open_ended: bool,
    /// Decoded frames, delay and padding included, that a reliable header promises.
    pub(super) promised: Option<u64>,
    expected_frames: Option<u64>,
}

impl Plan {
    pub(super) fn new(container: &str, demuxer: &Demuxer, cues: &Cues<'_>) -> Self {
        let params = demuxer.params();
        let total = demuxer.track().num_frames;
        let opus = opus_head(params, container);
        let counts_frames =
            params.sample_rate.and_then(TimeBase::try_from_recip) == demuxer.track().time_base;
        let trim = match container {
            "mp1" | "mp2" | "mp3" => lame_trim(demuxer),
            "mp4" => mp4_trim(demuxer, cues),
            _ => Trim::from_start(opus.map_or(0, |head| head.pre_skip)),
        };
        let expected_frames = match container {
            "mp1" | "mp2" | "mp3" => total,
            _ => total
                .map(|total| trim.music(total))
                .or_else(|| demuxer.rough_frames())
                .or_else(|| pcm_frames(demuxer, cues.bytes)),
        };
        let promised = match container {
            "mp1" | "mp2" | "mp3" => Some(trim.end).filter(|&end| end != u64::MAX),
            "flac" | "wave" | "aiff" | "mp4" => total.map(|total| total.min(trim.end)),
            _ => None,
        };
        Self {
            trim,
            trust_packets: container == "ogg",
            stamped: counts_frames && matches!(container, "ogg" | "flac"),
            gain: opus.map_or(1.0, |head| head.gain),
            open_ended: container == "wave" && total.is_none(),
            promised,
            expected_frames,
        }
    }

    /// The packet as the decoder is to see it.
    pub(super) fn view<'a>(&self, packet: &'a Packet) -> PacketRef<'a> {
        let mut view = packet.as_packet_ref();
        if !self.trust_packets {
            view.trim_start = Duration::ZERO;
            view.trim_end = Duration::ZERO;
        }
        view
    }

    /// The facts for the user.
    pub(super) fn format(&self, container: &'static str, demuxer: &Demuxer) -> Format {
        let (params, codec) = (demuxer.params(), demuxer.codec());
        let bits = params.bits_per_sample.or(params.bits_per_coded_sample);
        let bits = bits.filter(|&bits| bits > 0).or_else(|| coded_bits(codec.name, params));
        Format {
            container,
            codec: codec.name,
            bits_per_sample: bits.filter(|_| codec.lossless),
            lossless: codec.lossless,
            expected_frames: self.expected_frames,
            rate_hz: params.sample_rate,
            channels: params.channels.as_ref().map(Channels::count),
        }
    }
}

/// Frames of uncompressed samples that fit into `bytes`.
fn pcm_frames(demuxer: &Demuxer, bytes: u64) -> Option<u64> {
    let params = demuxer.params();
    let bits = coded_bits(demuxer.codec().name, params)?;
    bytes.checked_div(u64::from(bits / 8) * params.channels.as_ref()?.count() as u64)
}

/// Bits per sample where the demuxer does not say: in the name of a PCM format, in the sixth byte
/// of ALAC's set-up.
fn coded_bits(name: &str, params: &AudioCodecParameters) -> Option<u32> {
    if name == "alac" {
        return params.extra_data.as_deref()?.get(5).map(|&bits| bits.into());
    }
    let digits = name.strip_prefix("pcm_")?.chars().filter(char::is_ascii_digit);
    digits.collect::<String>().parse().ok()
}

/// Makes the decoder for the current parameters.
pub(super) fn decoder(params: &AudioCodecParameters) -> Result<Box<dyn AudioDecoder>, SourceError> {
    let mut params = params.clone();
    check_block(&params)?;
    if params.codec == CODEC_ID_OPUS {
        // The adapter would cut the pre-skip from the first packet only; it is cut by position.
        params.extra_data = None;
    }
    if params.codec == CODEC_ID_VORBIS {
        let setup = params.extra_data.as_deref().and_then(vorbis::corrected_setup);
        params.extra_data = setup.map(Vec::into_boxed_slice).or(params.extra_data);
    }
    let options = AudioDecoderOptions::default();
    contain(|| codec::decoders().make_audio_decoder(&params, &options)).map_err(|error| match error
    {
        source @ Error::DecodeError(_) => {
            let container = codec::describe(params.codec).name;
            SourceError::DamagedHeader { container, source }
        }
        other => refusal(&params, &other),
    })
}

/// The decoders of PCM and ADPCM make room for a whole packet before they see one, and what cannot
/// be allocated ends the process.
fn check_block(params: &AudioCodecParameters) -> Result<(), SourceError> {
    match params.max_frames_per_packet {
        Some(frames) if frames > MOST_FRAMES => Err(SourceError::LimitExceeded {
            what: "number of frames in a packet",
            value: frames as f64,
            limit: MOST_FRAMES as f64,
        }),
        _ => Ok(()),
    }
}

/// A decoder that refuses names the variant it does not read.
pub(super) fn refusal(params: &AudioCodecParameters, error: &Error) -> SourceError {
    let name = codec::describe(params.codec).name;
    let channels = params.channels.as_ref().map_or(0, Channels::count);
    let what = match (name, error) {
        ("aac", _) if channels > 2 => format!("aac with {channels} channels"),
        ("aac", Error::Unsupported("aac: aac too complex")) => {
            "aac beyond the low-complexity profile (HE-AAC and others)".to_owned()
        }
        ("opus", _) if channels > 2 => format!("opus with {channels} channels"),
        _ => format!("{name} ({error})"),
    };
    SourceError::Unsupported { what }
}

/// LAME's record of its delay and padding; the demuxer adds the decoder's own 529 samples.
///
/// Without the record nothing is cut: the length is then an estimate, and the demuxer's cut at the
/// estimate would lose music.
fn lame_trim(demuxer: &Demuxer) -> Trim {
    let track = demuxer.track();
    let Some(delay) = track.delay.map(u64::from) else { return Trim::NONE };
    let Some(music) = track.num_frames else { return Trim::from_start(delay) };
    let end = delay.saturating_add(music);
    Trim { start: delay, end, resume: end.saturating_add(track.padding.unwrap_or(0).into()) }
}

fn mp4_trim(demuxer: &Demuxer, cues: &Cues<'_>) -> Trim {
    let (track, rate) = (demuxer.track(), demuxer.params().sample_rate.unwrap_or(0));
    let total = track.num_frames;
    let listed = cues.movie.iter().find(|listed| listed.id == track.id);
    cues.itunes
        .and_then(|record| mp4::itunes_trim(record, total))
        .or_else(|| listed.map(|listed| listed.trim(rate, total)))
        .unwrap_or(Trim::NONE)
}

#[derive(Clone, Copy)]
struct OpusHead {
    pre_skip: u64,
    gain: f32,
}

/// Pre-skip (frames at 48 kHz) and output gain (dB in Q7.8, to be applied by every decoder) of the
/// identification header; RFC 7845, section 5.1. In MP4 the same fields are big-endian.
fn opus_head(params: &AudioCodecParameters, container: &str) -> Option<OpusHead> {
    let head = params.extra_data.as_deref().filter(|_| params.codec == CODEC_ID_OPUS)?;
    let field = |at: usize| head.get(at..at + 2)?.try_into().ok();
    let read = |bytes| match container {
        "mp4" => u16::from_be_bytes(bytes),
        _ => u16::from_le_bytes(bytes),
    };
    let pre_skip = u64::from(read(field(10)?));
    let gain_db = f32::from(read(field(16)?) as i16) / 256.0;
    Some(OpusHead { pre_skip, gain: 10.0_f32.powf(gain_db / 20.0) })
}
