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
            let sides = positions.intersects(SIDES);
            let roles = positions.iter().take(MAX_CHANNELS + 1).map(|at| role(at, sides));
            ChannelLayout::new(roles.collect())
        }
        Channels::Custom(labels) => {
            let at_side = |label: &ChannelLabel| match label {
                ChannelLabel::Positioned(position) => SIDES.intersects(*position),
                _ => false,
            };
            let sides = labels.iter().any(at_side);
            let roles = labels.iter().take(MAX_CHANNELS + 1).map(|at| labelled_role(at, sides));
            ChannelLayout::new(roles.collect())
        }
        other => ChannelLayout::front(other.count()),
    }
}

/// Speakers at the side.
const SIDES: Position = Position::SIDE_LEFT.union(Position::SIDE_RIGHT);

fn labelled_role(label: &ChannelLabel, sides: bool) -> ChannelRole {
    match label {
        ChannelLabel::Positioned(position) => role(*position, sides),
        _ => ChannelRole::Front,
    }
}

/// The role of a speaker; `sides` tells whether the layout has side speakers.
///
/// ITU-R BS.1770-5, Annex 3, gives 1.41 to what stands 60 to 120 degrees off the centre and not
/// high up. The surround pair of 5.1 stands at 110 degrees, whether a file calls it side or rear;
/// where there are side speakers as well (7.1), the rear pair stands at 135 degrees and weighs 1, as
/// does a rear centre.
fn role(position: Position, sides: bool) -> ChannelRole {
    const LFE: Position = Position::LFE1.union(Position::LFE2);
    const WIDE: Position = Position::FRONT_LEFT_WIDE.union(Position::FRONT_RIGHT_WIDE);
    const REAR: Position = Position::REAR_LEFT.union(Position::REAR_RIGHT);
    if LFE.intersects(position) {
        ChannelRole::LowFrequency
    } else if SIDES.union(WIDE).intersects(position) || (!sides && REAR.intersects(position)) {
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

    /// ITU-R BS.1770-5, Annex 3: in order of position front, centre, LFE, rear, side.
    #[test]
    fn behind_the_sides_the_rear_counts_as_front() {
        let rear = Position::REAR_LEFT | Position::REAR_RIGHT;
        let five =
            Position::FRONT_LEFT | Position::FRONT_RIGHT | Position::FRONT_CENTER | Position::LFE1;
        let roles = |at: Position| layout(&Channels::Positioned(at)).unwrap().roles().to_vec();
        let front = [Front, Front, Front, LowFrequency];
        assert_eq!(roles(five | SIDES), [&front[..], &[Surround; 2]].concat());
        assert_eq!(roles(five | rear), [&front[..], &[Surround; 2]].concat());
        assert_eq!(roles(five | rear | SIDES), [&front[..], &[Front; 2], &[Surround; 2]].concat());
        let centre = Position::REAR_CENTER | SIDES;
        assert_eq!(roles(five | centre), [&front[..], &[Front], &[Surround; 2]].concat());
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
