//! Names and properties of codecs, and the decoders at hand.

use std::sync::OnceLock;

use symphonia::core::codecs::audio::AudioCodecId;
use symphonia::core::codecs::audio::well_known as id;
use symphonia::core::codecs::registry::CodecRegistry;

use super::mp3::Mp3Decoder;

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
    (id::CODEC_ID_MP1, lossy("mp1")),
    (id::CODEC_ID_MP2, lossy("mp2")),
    (id::CODEC_ID_MP3, lossy("mp3")),
    (id::CODEC_ID_AAC, lossy("aac")),
    (id::CODEC_ID_VORBIS, keyed(lossy("vorbis"))),
    (id::CODEC_ID_OPUS, keyed(lossy("opus"))),
    (id::CODEC_ID_FLAC, lossless("flac")),
    (id::CODEC_ID_ALAC, keyed(lossless("alac"))),
    (id::CODEC_ID_PCM_S8, pcm("pcm_s8")),
    (id::CODEC_ID_PCM_U8, pcm("pcm_u8")),
    (id::CODEC_ID_PCM_S16LE, pcm("pcm_s16le")),
    (id::CODEC_ID_PCM_S16BE, pcm("pcm_s16be")),
    (id::CODEC_ID_PCM_U16LE, pcm("pcm_u16le")),
    (id::CODEC_ID_PCM_U16BE, pcm("pcm_u16be")),
    (id::CODEC_ID_PCM_S24LE, pcm("pcm_s24le")),
    (id::CODEC_ID_PCM_S24BE, pcm("pcm_s24be")),
    (id::CODEC_ID_PCM_U24LE, pcm("pcm_u24le")),
    (id::CODEC_ID_PCM_U24BE, pcm("pcm_u24be")),
    (id::CODEC_ID_PCM_S32LE, pcm("pcm_s32le")),
    (id::CODEC_ID_PCM_S32BE, pcm("pcm_s32be")),
    (id::CODEC_ID_PCM_U32LE, pcm("pcm_u32le")),
    (id::CODEC_ID_PCM_U32BE, pcm("pcm_u32be")),
    (id::CODEC_ID_PCM_F32LE, pcm("pcm_f32le")),
    (id::CODEC_ID_PCM_F32BE, pcm("pcm_f32be")),
    (id::CODEC_ID_PCM_F64LE, pcm("pcm_f64le")),
    (id::CODEC_ID_PCM_F64BE, pcm("pcm_f64be")),
    (id::CODEC_ID_PCM_ALAW, companded("pcm_alaw")),
    (id::CODEC_ID_PCM_MULAW, companded("pcm_mulaw")),
    (id::CODEC_ID_ADPCM_MS, lossy("adpcm_ms")),
    (id::CODEC_ID_ADPCM_IMA_WAV, lossy("adpcm_ima_wav")),
    (id::CODEC_ID_ADPCM_IMA_QT, lossy("adpcm_ima_qt")),
    (id::CODEC_ID_ADPCM_G722, lossy("adpcm_g722")),
    (id::CODEC_ID_ADPCM_G726, lossy("adpcm_g726")),
    (id::CODEC_ID_AC3, lossy("ac3")),
    (id::CODEC_ID_EAC3, lossy("eac3")),
    (id::CODEC_ID_AC4, lossy("ac4")),
    (id::CODEC_ID_DCA, lossy("dts")),
    (id::CODEC_ID_SPEEX, lossy("speex")),
    (id::CODEC_ID_MUSEPACK, lossy("musepack")),
    (id::CODEC_ID_WMA, lossy("wma")),
    (id::CODEC_ID_ATRAC3, lossy("atrac3")),
    (id::CODEC_ID_RA10, lossy("realaudio")),
    (id::CODEC_ID_RA20, lossy("realaudio")),
    (id::CODEC_ID_COOK, lossy("cook")),
    (id::CODEC_ID_WAVPACK, lossless("wavpack")),
    (id::CODEC_ID_MONKEYS_AUDIO, lossless("ape")),
    (id::CODEC_ID_TTA, lossless("tta")),
    (id::CODEC_ID_TRUEHD, lossless("truehd")),
];

/// Looks a codec up; a codec that is not listed is called `unknown`.
pub(super) fn describe(codec: AudioCodecId) -> Codec {
    CODECS.iter().find(|(listed, _)| *listed == codec).map_or(lossy("unknown"), |(_, codec)| *codec)
}

/// The decoders: all of symphonia's, but MP3 through nanomp3, and Opus through libopus.
pub(super) fn decoders() -> &'static CodecRegistry {
    static DECODERS: OnceLock<CodecRegistry> = OnceLock::new();
    DECODERS.get_or_init(|| {
        let mut registry = CodecRegistry::new();
        symphonia::default::register_enabled_codecs(&mut registry);
        registry.register_audio_decoder::<Mp3Decoder>();
        #[cfg(feature = "opus")]
        registry.register_audio_decoder::<symphonia_adapter_libopus::OpusDecoder>();
        registry
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_decoder_has_a_named_codec() {
        for (listed, codec) in CODECS {
            assert_eq!(describe(*listed), *codec, "{} is listed twice", codec.name);
        }
        for codec in [
            #[cfg(feature = "opus")]
            id::CODEC_ID_OPUS,
            id::CODEC_ID_MP3,
            id::CODEC_ID_AAC,
            id::CODEC_ID_ALAC,
            id::CODEC_ID_ADPCM_MS,
        ] {
            assert!(decoders().get_audio_decoder(codec).is_some());
        }
        assert_eq!(describe(id::CODEC_ID_SBC).name, "unknown");
    }
}
