//! MPEG Layer III through nanomp3, for symphonia's demuxers.
//!
//! The samples are those of symphonia's own decoder within 1e-5 (`tests/decode`), at two thirds of its
//! cost. Where the two could differ is in what is broken; there this one does as symphonia does: a
//! packet is one frame, and a stream keeps its rate and channels.

use nanomp3_core::{Channels as Count, DecodeError, Decoder, FrameInfo, MAX_SAMPLES_PER_FRAME};
use symphonia::core::audio::layouts::{CHANNEL_LAYOUT_MONO, CHANNEL_LAYOUT_STEREO};
use symphonia::core::audio::{
    AsGenericAudioBufferRef, Audio, AudioBuffer, AudioMut, AudioSpec, GenericAudioBufferRef,
};
use symphonia::core::codecs::CodecInfo;
use symphonia::core::codecs::audio::well_known::CODEC_ID_MP3;
use symphonia::core::codecs::audio::{
    AudioCodecParameters, AudioDecoder, AudioDecoderOptions, FinalizeResult,
};
use symphonia::core::codecs::registry::{RegisterableAudioDecoder, SupportedAudioCodec};
use symphonia::core::errors::{Result, decode_error, unsupported_error};
use symphonia::core::packet::PacketRef;

/// Frames of a packet of MPEG 1; of MPEG 2 and 2.5 half of it.
const LONGEST: usize = MAX_SAMPLES_PER_FRAME / 2;
/// Lowest rate of MPEG 1, in hertz.
const MPEG_1_HZ: u32 = 32_000;

static CODECS: [SupportedAudioCodec; 1] = [SupportedAudioCodec {
    id: CODEC_ID_MP3,
    info: CodecInfo { short_name: "mp3", long_name: "MPEG Audio Layer 3", profiles: &[] },
}];

/// Decoder of one stream.
pub(super) struct Mp3Decoder {
    params: AudioCodecParameters,
    decoder: Box<Decoder>,
    /// What the decoder gives: channels in turn.
    woven: Vec<f32>,
    decoded: AudioBuffer<f32>,
}

impl Mp3Decoder {
    fn decode_frame(&mut self, packet: &PacketRef<'_>) -> Result<()> {
        let (used, decoded) = self.decoder.decode(packet.data, &mut self.woven);
        let (info, frames) = match decoded {
            Ok(info) => (info, info.samples_produced),
            // The stream was cut out of a longer one: what its first frames borrow from is not there.
            Err(DecodeError::ReservoirUnavailable(info)) => {
                self.woven.fill(0.0);
                (info, if info.sample_rate < MPEG_1_HZ { LONGEST / 2 } else { LONGEST })
            }
            Err(DecodeError::UnsupportedLayer(_)) => return decode_error("mp3: another layer"),
            Err(_) => return decode_error("mp3: damaged frame"),
        };
        if used != packet.data.len() {
            return decode_error("mp3: the packet is not one frame");
        }
        let spec = spec(&info);
        if self.decoded.is_unused() {
            self.decoded = AudioBuffer::new(spec, LONGEST);
        } else if *self.decoded.spec() != spec {
            return decode_error("mp3: rate or channels change");
        }
        self.decoded.clear();
        self.decoded.render_uninit(Some(frames));
        let samples = frames * usize::from(info.channels.num());
        self.decoded.copy_from_slice_interleaved(&self.woven.get(..samples).unwrap_or(&[]));
        self.decoded.trim(packet.trim_start.get() as usize, packet.trim_end.get() as usize);
        Ok(())
    }
}

fn spec(info: &FrameInfo) -> AudioSpec {
    let channels = match info.channels {
        Count::Mono => CHANNEL_LAYOUT_MONO,
        Count::Stereo => CHANNEL_LAYOUT_STEREO,
    };
    AudioSpec::new(info.sample_rate, channels)
}

impl AudioDecoder for Mp3Decoder {
    fn codec_info(&self) -> &CodecInfo {
        let [codec] = &CODECS;
        &codec.info
    }

    fn codec_params(&self) -> &AudioCodecParameters {
        &self.params
    }

    fn reset(&mut self) {
        *self.decoder = Decoder::new();
    }

    fn decode_ref(&mut self, packet: &PacketRef<'_>) -> Result<GenericAudioBufferRef<'_>> {
        self.decode_frame(packet).inspect_err(|_| self.decoded.clear())?;
        Ok(self.decoded.as_generic_audio_buffer_ref())
    }

    fn finalize(&mut self) -> FinalizeResult {
        FinalizeResult::default()
    }

    fn last_decoded(&self) -> GenericAudioBufferRef<'_> {
        self.decoded.as_generic_audio_buffer_ref()
    }
}

impl RegisterableAudioDecoder for Mp3Decoder {
    fn try_registry_new(
        params: &AudioCodecParameters,
        _options: &AudioDecoderOptions,
    ) -> Result<Box<dyn AudioDecoder>> {
        if params.codec != CODEC_ID_MP3 {
            return unsupported_error("mp3: another codec");
        }
        Ok(Box::new(Self {
            params: params.clone(),
            decoder: Box::new(Decoder::new()),
            woven: vec![0.0; MAX_SAMPLES_PER_FRAME],
            decoded: AudioBuffer::default(),
        }))
    }

    fn supported_codecs() -> &'static [SupportedAudioCodec] {
        &CODECS
    }
}
