//! Facts about the stream that stand in its headers.

use symphonia::core::audio::{ChannelLabel, Channels, Position};

use crate::units::{ChannelLayout, ChannelRole, MAX_CHANNELS};

/// What the headers say of container and codec.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Format {
    /// Container, lower case: `mp3`, `flac`, `ogg`, `mp4`, `wave`, `aiff`, `caf`, `matroska`, `aac`.
    pub container: &'static str,
    /// Codec, lower case, as `FFmpeg` names it: `mp3`, `aac`, `vorbis`, `opus`, `flac`, `alac`,
    /// `pcm_s16le` …
    pub codec: &'static str,
    /// Bits per sample before coding; `None` where the codec has none (all lossy ones).
    pub bits_per_sample: Option<u32>,
    /// The decoded samples are those that were encoded.
    pub lossless: bool,
    /// Frames that are to be expected, delay and padding left out; `None` where nobody says.
    ///
    /// A promise of the header and sometimes an estimate (MP3 without a Xing header): good for
    /// progress and for planning memory, never for allocating it.
    pub expected_frames: Option<u64>,
    /// Rate of the expected frames, in hertz, as the header says.
    pub rate_hz: Option<u32>,
    /// Channels, as the header says.
    pub channels: Option<usize>,
}

impl Format {
    /// Length that is to be expected, in seconds.
    pub fn expected_s(&self) -> Option<f64> {
        let rate = self.rate_hz.filter(|&rate| rate > 0)?;
        Some(self.expected_frames? as f64 / f64::from(rate))
    }
}

/// Short container name for the demuxer's own.
pub(super) fn container_name(short: &str) -> &'static str {
    const NAMES: &[(&str, &str)] = &[
        ("isomp4", "mp4"),
        ("mkv", "matroska"),
        ("matroska", "matroska"),
        ("wave", "wave"),
        ("wav", "wave"),
        ("aiff", "aiff"),
        ("caf", "caf"),
        ("ogg", "ogg"),
        ("flac", "flac"),
        ("mp1", "mp1"),
        ("mp2", "mp2"),
        ("mp3", "mp3"),
        ("aac", "aac"),
        ("adts", "aac"),
    ];
    NAMES.iter().find(|(theirs, _)| *theirs == short).map_or("unknown", |(_, ours)| ours)
}

/// Roles of the channels in the order of the planes; `None` for 0 or more than
/// [`MAX_CHANNELS`] channels.
pub(super) fn layout(channels: &Channels) -> Option<ChannelLayout> {
    match channels {
        Channels::Positioned(positions) => {
            ChannelLayout::new(positions.iter().take(MAX_CHANNELS + 1).map(role).collect())
        }
        Channels::Custom(labels) => {
            ChannelLayout::new(labels.iter().take(MAX_CHANNELS + 1).map(labelled_role).collect())
        }
        other => ChannelLayout::front(other.count()),
    }
}

fn labelled_role(label: &ChannelLabel) -> ChannelRole {
    match label {
        ChannelLabel::Positioned(position) => role(*position),
        _ => ChannelRole::Front,
    }
}

/// ITU-R BS.1770-4, table 3, weights left and right surround only; rear and side speakers are what
/// files call them.
fn role(position: Position) -> ChannelRole {
    const LFE: Position = Position::LFE1.union(Position::LFE2);
    const SURROUND: Position = Position::REAR_LEFT
        .union(Position::REAR_RIGHT)
        .union(Position::REAR_CENTER)
        .union(Position::SIDE_LEFT)
        .union(Position::SIDE_RIGHT);
    if LFE.intersects(position) {
        ChannelRole::LowFrequency
    } else if SURROUND.intersects(position) {
        ChannelRole::Surround
    } else {
        ChannelRole::Front
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ChannelRole::{Front, LowFrequency, Surround};
    use symphonia::core::audio::layouts;

    #[test]
    fn surround_channels_get_their_roles() {
        let roles = |channels: &Channels| layout(channels).unwrap().roles().to_vec();
        assert_eq!(roles(&layouts::CHANNEL_LAYOUT_STEREO), [Front, Front]);
        assert_eq!(
            roles(&layouts::CHANNEL_LAYOUT_5P1),
            [Front, Front, Front, LowFrequency, Surround, Surround]
        );
        assert_eq!(roles(&layouts::CHANNEL_LAYOUT_4P0_QUAD), [Front, Front, Surround, Surround]);
        assert_eq!(roles(&Channels::Discrete(3)), [Front; 3]);
    }

    #[test]
    fn silly_channel_counts_are_refused() {
        assert_eq!(layout(&Channels::None), None);
        assert_eq!(layout(&Channels::Discrete(9)), None);
        assert_eq!(layout(&Channels::Ambisonic(255)), None);
    }

    #[test]
    fn expected_length_needs_a_rate() {
        let format = Format { expected_frames: Some(96), rate_hz: Some(48), ..Format::default() };
        assert_eq!(format.expected_s(), Some(2.0));
        assert_eq!(Format { rate_hz: Some(0), ..format }.expected_s(), None);
    }
}
