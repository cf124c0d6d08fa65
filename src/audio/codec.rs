//! Names and properties of codecs, and the decoders at hand.

use std::sync::OnceLock;

use symphonia::core::codecs::audio::AudioCodecId;
use symphonia::core::codecs::audio::well_known::*;
use symphonia::core::codecs::registry::CodecRegistry;

/// What has to be known of a codec, its parameters aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Codec {
    /// Lower-case name, as `FFmpeg` has it.
    pub(super) name: &'static str,
    /// Samples come out as they went in.
    pub(super) lossless: bool,
    /// Packets are an arbitrary cut of a run of samples.
    pub(super) pcm: bool,
    /// The parameters besides rate and channels decide what is decoded, and hold no tags.
    pub(super) keyed_by_extra: bool,
}

const fn lossy(name: &'static str) -> Codec {
    Codec { name, lossless: false, pcm: false, keyed_by_extra: false }
}

const fn lossless(name: &'static str) -> Codec {
    Codec { lossless: true, ..lossy(name) }
}

const fn pcm(name: &'static str) -> Codec {
    Codec { pcm: true, ..lossless(name) }
}

const fn companded(name: &'static str) -> Codec {
    Codec { pcm: true, ..lossy(name) }
}

const fn keyed(codec: Codec) -> Codec {
    Codec { keyed_by_extra: true, ..codec }
}

const CODECS: &[(AudioCodecId, Codec)] = &[
    (CODEC_ID_MP1, lossy("mp1")),
    (CODEC_ID_MP2, lossy("mp2")),
    (CODEC_ID_MP3, lossy("mp3")),
    (CODEC_ID_AAC, lossy("aac")),
    (CODEC_ID_VORBIS, keyed(lossy("vorbis"))),
    (CODEC_ID_OPUS, keyed(lossy("opus"))),
    (CODEC_ID_FLAC, lossless("flac")),
    (CODEC_ID_ALAC, keyed(lossless("alac"))),
    (CODEC_ID_PCM_S8, pcm("pcm_s8")),
    (CODEC_ID_PCM_U8, pcm("pcm_u8")),
    (CODEC_ID_PCM_S16LE, pcm("pcm_s16le")),
    (CODEC_ID_PCM_S16BE, pcm("pcm_s16be")),
    (CODEC_ID_PCM_U16LE, pcm("pcm_u16le")),
    (CODEC_ID_PCM_U16BE, pcm("pcm_u16be")),
    (CODEC_ID_PCM_S24LE, pcm("pcm_s24le")),
    (CODEC_ID_PCM_S24BE, pcm("pcm_s24be")),
    (CODEC_ID_PCM_U24LE, pcm("pcm_u24le")),
    (CODEC_ID_PCM_U24BE, pcm("pcm_u24be")),
    (CODEC_ID_PCM_S32LE, pcm("pcm_s32le")),
    (CODEC_ID_PCM_S32BE, pcm("pcm_s32be")),
    (CODEC_ID_PCM_U32LE, pcm("pcm_u32le")),
    (CODEC_ID_PCM_U32BE, pcm("pcm_u32be")),
    (CODEC_ID_PCM_F32LE, pcm("pcm_f32le")),
    (CODEC_ID_PCM_F32BE, pcm("pcm_f32be")),
    (CODEC_ID_PCM_F64LE, pcm("pcm_f64le")),
    (CODEC_ID_PCM_F64BE, pcm("pcm_f64be")),
    (CODEC_ID_PCM_ALAW, companded("pcm_alaw")),
    (CODEC_ID_PCM_MULAW, companded("pcm_mulaw")),
    (CODEC_ID_ADPCM_MS, lossy("adpcm_ms")),
    (CODEC_ID_ADPCM_IMA_WAV, lossy("adpcm_ima_wav")),
    (CODEC_ID_ADPCM_IMA_QT, lossy("adpcm_ima_qt")),
    (CODEC_ID_ADPCM_G722, lossy("adpcm_g722")),
    (CODEC_ID_ADPCM_G726, lossy("adpcm_g726")),
    (CODEC_ID_AC3, lossy("ac3")),
    (CODEC_ID_EAC3, lossy("eac3")),
    (CODEC_ID_AC4, lossy("ac4")),
    (CODEC_ID_DCA, lossy("dts")),
    (CODEC_ID_SPEEX, lossy("speex")),
    (CODEC_ID_MUSEPACK, lossy("musepack")),
    (CODEC_ID_WMA, lossy("wma")),
    (CODEC_ID_ATRAC3, lossy("atrac3")),
    (CODEC_ID_RA10, lossy("realaudio")),
    (CODEC_ID_RA20, lossy("realaudio")),
    (CODEC_ID_COOK, lossy("cook")),
    (CODEC_ID_WAVPACK, lossless("wavpack")),
    (CODEC_ID_MONKEYS_AUDIO, lossless("ape")),
    (CODEC_ID_TTA, lossless("tta")),
    (CODEC_ID_TRUEHD, lossless("truehd")),
];

/// Looks a codec up; a codec that is not listed is called `unknown`.
pub(super) fn describe(id: AudioCodecId) -> Codec {
    CODECS.iter().find(|(listed, _)| *listed == id).map_or(lossy("unknown"), |(_, codec)| *codec)
}

/// The decoders: all of symphonia's, and Opus through libopus.
pub(super) fn decoders() -> &'static CodecRegistry {
    static DECODERS: OnceLock<CodecRegistry> = OnceLock::new();
    DECODERS.get_or_init(|| {
        let mut registry = CodecRegistry::new();
        symphonia::default::register_enabled_codecs(&mut registry);
        registry.register_audio_decoder::<symphonia_adapter_libopus::OpusDecoder>();
        registry
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_decoder_has_a_named_codec() {
        for (id, codec) in CODECS {
            assert_eq!(describe(*id), *codec, "{} is listed twice", codec.name);
        }
        for id in [CODEC_ID_OPUS, CODEC_ID_MP3, CODEC_ID_AAC, CODEC_ID_ALAC, CODEC_ID_ADPCM_MS] {
            assert!(decoders().get_audio_decoder(id).is_some());
        }
        assert_eq!(describe(CODEC_ID_SBC).name, "unknown");
    }
}
