//! Names for the audio of a file that do not change with its tags.

use std::fmt;

use symphonia::core::codecs::audio::AudioCodecParameters;

use super::codec::Codec;

/// Packets that go into the [`HeadHash`].
pub(super) const HEAD_PACKETS: u64 = 32;

/// Packets are gathered up to this size before they are hashed: BLAKE3 is four times as fast on
/// runs of many of its 1 kB blocks as on single packets.
const GATHERED: usize = 64 << 10;

/// BLAKE3 of the audio payload.
///
/// What goes in: a version, the codec's name, rate and channels; for Vorbis, Opus and ALAC the
/// decoder's set-up (identification and set-up header, never the comment); then every packet that
/// the demuxer gives for the chosen track, each with its length before it. For PCM there is no
/// length, as the cut into packets is arbitrary.
///
/// So it stays the same when tags, pictures, padding, Xing headers or the file name change, and
/// when the packets are moved to another container as they are (FLAC to Ogg, ADTS to MP4, Vorbis
/// and Opus to Matroska). It changes with every byte of coded audio, and with the output gain in an
/// Opus header, as that changes the samples.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PayloadHash(pub [u8; 32]);

/// The same over the first 32 packets (or all if there are fewer), cut to 16 bytes: a cheap way to
/// say that two files cannot have the same payload.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HeadHash(pub [u8; 16]);

macro_rules! hexadecimal {
    ($name:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }
    };
}
hexadecimal!(PayloadHash);
hexadecimal!(HeadHash);

/// What is known of the payload when all its packets have gone by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Name of the payload.
    pub payload: PayloadHash,
    /// Name of its beginning.
    pub head: HeadHash,
    /// Packets of the chosen track.
    pub packets: u64,
    /// Their bytes.
    pub payload_bytes: u64,
}

/// Takes the packets one after another.
pub(super) struct Hasher {
    state: blake3::Hasher,
    gathered: Vec<u8>,
    with_length: bool,
    packets: u64,
    bytes: u64,
    head: Option<HeadHash>,
}

impl Hasher {
    pub(super) fn new(codec: Codec, params: &AudioCodecParameters) -> Self {
        let mut state = blake3::Hasher::new();
        state.update(b"phonolite payload 1\0");
        state.update(codec.name.as_bytes());
        state.update(&[0]);
        state.update(&params.sample_rate.unwrap_or(0).to_le_bytes());
        let channels = params.channels.as_ref().map_or(0, |channels| channels.count() as u32);
        state.update(&channels.to_le_bytes());
        let extra = params.extra_data.as_deref().filter(|_| codec.keyed_by_extra).unwrap_or(&[]);
        state.update(&(extra.len() as u64).to_le_bytes());
        state.update(extra);
        Self {
            state,
            gathered: Vec::with_capacity(GATHERED),
            with_length: !codec.pcm,
            packets: 0,
            bytes: 0,
            head: None,
        }
    }

    pub(super) fn push(&mut self, packet: &[u8]) {
        if self.gathered.len() + packet.len() + 8 > GATHERED {
            self.flush();
        }
        if self.with_length {
            self.gathered.extend_from_slice(&(packet.len() as u64).to_le_bytes());
        }
        if packet.len() > GATHERED / 2 {
            self.flush();
            self.state.update(packet);
        } else {
            self.gathered.extend_from_slice(packet);
        }
        self.packets += 1;
        self.bytes += packet.len() as u64;
        if self.packets == HEAD_PACKETS {
            self.head = Some(self.head_now());
        }
    }

    /// Packets so far.
    pub(super) fn packets(&self) -> u64 {
        self.packets
    }

    /// Hash of the first packets; of those so far when they are fewer.
    pub(super) fn head(&mut self) -> HeadHash {
        self.head.unwrap_or_else(|| self.head_now())
    }

    pub(super) fn finish(mut self) -> Identity {
        let head = self.head();
        self.flush();
        Identity {
            payload: PayloadHash(*self.state.finalize().as_bytes()),
            head,
            packets: self.packets,
            payload_bytes: self.bytes,
        }
    }

    fn head_now(&mut self) -> HeadHash {
        self.flush();
        let mut head = [0; 16];
        self.state.finalize_xof().fill(&mut head);
        HeadHash(head)
    }

    fn flush(&mut self) {
        self.state.update(&self.gathered);
        self.gathered.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::codec::describe;
    use symphonia::core::codecs::audio::AudioCodecId;
    use symphonia::core::codecs::audio::well_known as id;

    fn hash(codec: AudioCodecId, packets: &[&[u8]]) -> Identity {
        let mut hasher = Hasher::new(describe(codec), &AudioCodecParameters::new());
        for packet in packets {
            hasher.push(packet);
        }
        hasher.finish()
    }

    #[test]
    fn the_cut_into_packets_counts_except_for_pcm() {
        let whole: &[&[u8]] = &[b"abcd"];
        let cut: &[&[u8]] = &[b"ab", b"cd"];
        assert_ne!(hash(id::CODEC_ID_MP3, whole).payload, hash(id::CODEC_ID_MP3, cut).payload);
        let (whole, cut) = (hash(id::CODEC_ID_PCM_S16LE, whole), hash(id::CODEC_ID_PCM_S16LE, cut));
        assert_eq!(whole.payload, cut.payload);
        assert_ne!(whole.payload, hash(id::CODEC_ID_PCM_S16BE, &[b"abcd"]).payload);
    }

    #[test]
    fn large_packets_hash_like_the_plain_definition() {
        let packets: Vec<Vec<u8>> = (0..50).map(|i| vec![i as u8; i * 2011]).collect();
        let slices: Vec<&[u8]> = packets.iter().map(Vec::as_slice).collect();
        let mut plain = blake3::Hasher::new();
        plain.update(b"phonolite payload 1\0flac\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
        let mut head = plain.clone();
        for (index, packet) in packets.iter().enumerate() {
            for plain in [&mut plain].into_iter().chain((index < 32).then_some(&mut head)) {
                plain.update(&(packet.len() as u64).to_le_bytes());
                plain.update(packet);
            }
        }
        let identity = hash(id::CODEC_ID_FLAC, &slices);
        assert_eq!(identity.payload.0, *plain.finalize().as_bytes());
        assert_eq!(identity.head.0, head.finalize().as_bytes()[..16]);
        assert_eq!(identity.packets, 50);
        assert_eq!(identity.head.to_string().len(), 32);
    }
}
