//! The tags that are written, and what each format calls them.
//!
//! Names: lofty `tag/item.rs`, `MusicBrainz` Picard's tag mapping, ReplayGain 2.0, RFC 7845 (section
//! 5.2.1). The first name of a list is written, the others are read as well and kept where they
//! stand.

/// One tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// Tempo in beats per minute.
    Bpm,
    /// Key.
    Key,
    /// ReplayGain 2.0 of the track, in dB.
    TrackGain,
    /// Peak of the track, linear.
    TrackPeak,
    /// ReplayGain 2.0 of the album, in dB.
    AlbumGain,
    /// Peak of the album, linear.
    AlbumPeak,
    /// Gain of the track in Opus, Q7.8 dB.
    R128Track,
    /// Gain of the album in Opus, Q7.8 dB.
    R128Album,
    /// Energy, 1 to 10.
    Energy,
    /// Danceability, 0 to 1.
    Danceability,
    /// Valence, 0 to 1.
    Valence,
    /// Acousticness, 0 to 1.
    Acousticness,
    /// Instrumentalness, 0 to 1.
    Instrumentalness,
    /// Mood, a word of a model of the user.
    Mood,
    /// Comment: key, tempo and energy in a line.
    Comment,
}

/// Where an `ID3v2` tag has a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Id3Place {
    /// A text frame of this name.
    Text(&'static str),
    /// A text frame of the user with this description.
    User(&'static str),
    /// The comment without description.
    Comment,
}

/// Where an MP4 file has a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mp4Place {
    /// `tmpo`, a whole number, and a text where there is more to say.
    Tempo,
    /// A text of this name in the space of iTunes.
    Text(&'static str),
    /// `©cmt`.
    Comment,
}

const REPLAYGAIN: [Field; 4] =
    [Field::TrackGain, Field::TrackPeak, Field::AlbumGain, Field::AlbumPeak];
const R128: [Field; 2] = [Field::R128Track, Field::R128Album];

impl Field {
    /// Every field, in the order they are shown.
    pub const ALL: [Self; 15] = [
        Self::Bpm,
        Self::Key,
        Self::TrackGain,
        Self::TrackPeak,
        Self::AlbumGain,
        Self::AlbumPeak,
        Self::R128Track,
        Self::R128Album,
        Self::Energy,
        Self::Danceability,
        Self::Valence,
        Self::Acousticness,
        Self::Instrumentalness,
        Self::Mood,
        Self::Comment,
    ];

    /// Names a command line may give: a field, `replaygain`, `all`.
    pub const WORDS: &'static str = "bpm, key, replaygain, energy, danceability, valence, \
        acousticness, instrumentalness, mood, comment, all";

    /// The stable name, as shown and kept in the journal.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bpm => "bpm",
            Self::Key => "key",
            Self::TrackGain => "replaygain_track_gain",
            Self::TrackPeak => "replaygain_track_peak",
            Self::AlbumGain => "replaygain_album_gain",
            Self::AlbumPeak => "replaygain_album_peak",
            Self::R128Track => "r128_track_gain",
            Self::R128Album => "r128_album_gain",
            Self::Energy => "energy",
            Self::Danceability => "danceability",
            Self::Valence => "valence",
            Self::Acousticness => "acousticness",
            Self::Instrumentalness => "instrumentalness",
            Self::Mood => "mood",
            Self::Comment => "comment",
        }
    }

    /// The fields that a word stands for; `None` for a word that means nothing. `replaygain` is
    /// what the container has for it.
    pub fn named(word: &str) -> Option<Vec<Self>> {
        match word {
            "all" => Some(Self::ALL.to_vec()),
            "replaygain" | "rg" => Some([&REPLAYGAIN[..], &R128].concat()),
            "tempo" => Some(vec![Self::Bpm]),
            word => Self::ALL.into_iter().find(|field| field.as_str() == word).map(|f| vec![f]),
        }
    }

    /// True for what is written and left together, since half of it would mislead: all ReplayGain.
    pub fn is_gain(self) -> bool {
        REPLAYGAIN.contains(&self) || self.is_r128()
    }

    /// True for the gains of Opus.
    pub fn is_r128(self) -> bool {
        R128.contains(&self)
    }

    /// Names in Vorbis comments and APE tags, compared without regard to case.
    pub(super) fn names(self) -> &'static [&'static str] {
        match self {
            Self::Bpm => &["BPM"],
            Self::Key => &["INITIALKEY", "KEY"],
            Self::TrackGain => &["REPLAYGAIN_TRACK_GAIN"],
            Self::TrackPeak => &["REPLAYGAIN_TRACK_PEAK"],
            Self::AlbumGain => &["REPLAYGAIN_ALBUM_GAIN"],
            Self::AlbumPeak => &["REPLAYGAIN_ALBUM_PEAK"],
            Self::R128Track => &["R128_TRACK_GAIN"],
            Self::R128Album => &["R128_ALBUM_GAIN"],
            Self::Energy => &["ENERGYLEVEL"],
            Self::Danceability => &["DANCEABILITY"],
            Self::Valence => &["VALENCE"],
            Self::Acousticness => &["ACOUSTICNESS"],
            Self::Instrumentalness => &["INSTRUMENTALNESS"],
            Self::Mood => &["MOOD"],
            Self::Comment => &["COMMENT", "DESCRIPTION"],
        }
    }

    /// Its place in `ID3v2.version`: `TMOO` came with 2.4.
    pub(super) fn id3(self, version: u8) -> Id3Place {
        match self {
            Self::Bpm => Id3Place::Text("TBPM"),
            Self::Key => Id3Place::Text("TKEY"),
            Self::Mood if version == 4 => Id3Place::Text("TMOO"),
            Self::Energy => Id3Place::User("EnergyLevel"), // as Mixed In Key writes it
            Self::Comment => Id3Place::Comment,
            other => Id3Place::User(other.names().first().copied().unwrap_or_default()),
        }
    }

    /// Its place in MP4. Players look for ReplayGain in lower case there.
    pub(super) fn mp4(self) -> Mp4Place {
        match self {
            Self::Bpm => Mp4Place::Tempo,
            Self::Key => Mp4Place::Text("initialkey"),
            Self::Comment => Mp4Place::Comment,
            gain if REPLAYGAIN.contains(&gain) => Mp4Place::Text(gain.as_str()),
            other => Mp4Place::Text(other.names().first().copied().unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_that_is_offered_means_something() {
        for word in Field::WORDS.split(", ") {
            assert!(Field::named(word).is_some_and(|fields| !fields.is_empty()), "{word}");
        }
        for field in Field::ALL {
            assert_eq!(Field::named(field.as_str()), Some(vec![field]));
        }
        assert_eq!(Field::named("bpm "), None);
        assert_eq!(Field::named("titel"), None);
    }
}
