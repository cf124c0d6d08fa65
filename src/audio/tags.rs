//! What people wrote about the music, in whatever tag format.

use symphonia::core::formats::FormatReader;
use symphonia::core::meta::well_known::METADATA_ID_ID3V1;
use symphonia::core::meta::{MetadataRevision, RawValue, StandardTag, Tag};

/// Longest text that is kept of one tag, in bytes: lyrics and cue sheets stuffed into a comment are
/// not what a comment is shown for.
const MAX_TEXT: usize = 4096;

/// The tags of one file; texts are trimmed, empty ones are `None`.
///
/// Where several tag blocks speak, the first that has the field wins, `ID3v1` (cut at 30 letters)
/// last. Several values of one field within a block are joined with `"; "`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tags {
    /// Title of the track.
    pub title: Option<String>,
    /// Performer.
    pub artist: Option<String>,
    /// Album.
    pub album: Option<String>,
    /// Performer of the album as a whole.
    pub album_artist: Option<String>,
    /// Composer.
    pub composer: Option<String>,
    /// Genre, names resolved.
    pub genre: Option<String>,
    /// Comment, cut at 4096 bytes.
    pub comment: Option<String>,
    /// Grouping or content group.
    pub grouping: Option<String>,
    /// Label or publisher.
    pub label: Option<String>,
    /// Year of release, 1..=9999.
    pub year: Option<u16>,
    /// Number of the track.
    pub track: Option<u32>,
    /// Number of tracks.
    pub track_total: Option<u32>,
    /// Number of the disc.
    pub disc: Option<u32>,
    /// Number of discs.
    pub disc_total: Option<u32>,
    /// Part of a compilation of various artists.
    pub compilation: Option<bool>,
    /// Tempo as tagged, in beats per minute, fractions kept; 0 counts as none.
    pub bpm: Option<f64>,
    /// Key as tagged, in whatever notation.
    pub key: Option<String>,
    /// Mood.
    pub mood: Option<String>,
    /// ISRC of the recording.
    pub isrc: Option<String>,
    /// `MusicBrainz` recording.
    pub musicbrainz_recording: Option<String>,
    /// `MusicBrainz` release track.
    pub musicbrainz_track: Option<String>,
    /// `MusicBrainz` release (album).
    pub musicbrainz_release: Option<String>,
    /// `MusicBrainz` release group.
    pub musicbrainz_release_group: Option<String>,
    /// `MusicBrainz` artist.
    pub musicbrainz_artist: Option<String>,
    /// `MusicBrainz` album artist.
    pub musicbrainz_album_artist: Option<String>,
    /// `AcoustID`.
    pub acoustid: Option<String>,
    /// ReplayGain of the track, in dB, as tagged.
    pub replaygain_track_gain_db: Option<f64>,
    /// ReplayGain track peak, linear, as tagged.
    pub replaygain_track_peak: Option<f64>,
    /// ReplayGain of the album, in dB, as tagged.
    pub replaygain_album_gain_db: Option<f64>,
    /// ReplayGain album peak, linear, as tagged.
    pub replaygain_album_peak: Option<f64>,
}

/// Tags, and the one that is no text but tells what to cut: iTunes' gapless record.
#[derive(Debug, Default)]
pub(super) struct Read {
    pub(super) tags: Tags,
    pub(super) itunes_gapless: Option<String>,
}

/// Reads the tags that the demuxer met on its way to the first packet, and lets go of all blocks
/// but the last (pictures are held as long as the demuxer holds its block).
pub(super) fn read(reader: &mut dyn FormatReader) -> Read {
    let mut read = Read::default();
    let mut id3v1 = Tags::default();
    let mut metadata = reader.metadata();
    loop {
        if let Some(block) = metadata.current() {
            let old = block.info.metadata == METADATA_ID_ID3V1;
            let tags = if old { &mut id3v1 } else { &mut read.tags };
            tags.fill_from(Tags::of(block));
            read.itunes_gapless = read.itunes_gapless.or_else(|| gapless_record(block));
        }
        if metadata.pop().is_none() {
            break;
        }
    }
    read.tags.fill_from(id3v1);
    read
}

fn tags_of(block: &MetadataRevision) -> impl Iterator<Item = &Tag> {
    let tracks = block.per_track.iter().flat_map(|track| track.metadata.tags.iter());
    block.media.tags.iter().chain(tracks)
}

fn gapless_record(block: &MetadataRevision) -> Option<String> {
    let mut tags = tags_of(block);
    let tag = tags.find(|tag| tag.raw.key.ends_with("iTunSMPB"))?;
    Some(tag.raw.value.to_string())
}

/// Cuts at a character border.
fn clip(text: &str) -> &str {
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\0');
    let mut end = text.len().min(MAX_TEXT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or("")
}

fn join(into: &mut Option<String>, text: &str) {
    let text = clip(text);
    match into {
        _ if text.is_empty() => {}
        None => *into = Some(text.to_owned()),
        Some(before) if before.len() + text.len() < MAX_TEXT && before != text => {
            before.push_str("; ");
            before.push_str(text);
        }
        Some(_) => {}
    }
}

fn first<T>(into: &mut Option<T>, value: Option<T>) {
    if into.is_none() {
        *into = value;
    }
}

/// The first four digits of a date, if they are a year.
fn year_of(date: &str) -> Option<u16> {
    date.trim().get(..4)?.parse().ok().filter(|&year| year > 0)
}

fn count(number: u64) -> Option<u32> {
    u32::try_from(number).ok().filter(|&number| number > 0)
}

/// A number that may be followed by its unit: `-7.03 dB`.
fn number_of(text: &str) -> Option<f64> {
    let number = text.split_whitespace().next()?;
    let number = number.trim_end_matches(|c: char| c.is_ascii_alphabetic()).replace(',', ".");
    number.parse::<f64>().ok().filter(|number| number.is_finite())
}

impl Tags {
    /// The tags of one block.
    pub(super) fn of(block: &MetadataRevision) -> Self {
        let mut tags = Self::default();
        for tag in tags_of(block) {
            if let Some(standard) = &tag.std {
                tags.take(standard);
            }
            tags.take_raw(tag);
        }
        tags
    }

    /// Takes a text chunk of WAVE (`LIST INFO`) or AIFF.
    pub(super) fn take_text(&mut self, chunk: [u8; 4], text: &str) {
        match &chunk {
            b"INAM" | b"NAME" => join(&mut self.title, text),
            b"IART" | b"AUTH" => join(&mut self.artist, text),
            b"IPRD" => join(&mut self.album, text),
            b"IGNR" => join(&mut self.genre, text),
            b"ICMT" | b"ANNO" => join(&mut self.comment, text),
            b"IMUS" => join(&mut self.composer, text),
            b"ISRC" => join(&mut self.isrc, text),
            b"ICRD" => first(&mut self.year, year_of(text)),
            b"ITRK" | b"IPRT" | b"TRCK" => {
                first(&mut self.track, text.trim().parse().ok().and_then(count));
            }
            _ => {}
        }
    }

    #[rustfmt::skip]
    fn take(&mut self, tag: &StandardTag) {
        use StandardTag as T;
        match tag {
            T::TrackTitle(text) => join(&mut self.title, text),
            T::Artist(text) => join(&mut self.artist, text),
            T::Album(text) => join(&mut self.album, text),
            T::AlbumArtist(text) => join(&mut self.album_artist, text),
            T::Composer(text) => join(&mut self.composer, text),
            T::Genre(text) => join(&mut self.genre, text),
            T::Comment(text) => join(&mut self.comment, text),
            T::Grouping(text) => join(&mut self.grouping, text),
            T::Label(text) => join(&mut self.label, text),
            T::Mood(text) => join(&mut self.mood, text),
            T::InitialKey(text) => join(&mut self.key, text),
            T::IdentIsrc(text) => join(&mut self.isrc, text),
            T::ReleaseYear(year) | T::RecordingYear(year) => first(&mut self.year, Some(*year).filter(|&y| y > 0)),
            T::ReleaseDate(date) | T::RecordingDate(date) => first(&mut self.year, year_of(date)),
            T::TrackNumber(number) => first(&mut self.track, count(*number)),
            T::TrackTotal(number) => first(&mut self.track_total, count(*number)),
            T::DiscNumber(number) => first(&mut self.disc, count(*number)),
            T::DiscTotal(number) => first(&mut self.disc_total, count(*number)),
            T::CompilationFlag(flag) => first(&mut self.compilation, Some(*flag)),
            T::Bpm(bpm) => first(&mut self.bpm, Some(*bpm as f64).filter(|&bpm| bpm > 0.0)),
            T::MusicBrainzRecordingId(id) => join(&mut self.musicbrainz_recording, id),
            T::MusicBrainzReleaseTrackId(id) | T::MusicBrainzTrackId(id) => first(&mut self.musicbrainz_track, Some(clip(id).to_owned())),
            T::MusicBrainzAlbumId(id) => join(&mut self.musicbrainz_release, id),
            T::MusicBrainzReleaseGroupId(id) => join(&mut self.musicbrainz_release_group, id),
            T::MusicBrainzArtistId(id) => join(&mut self.musicbrainz_artist, id),
            T::MusicBrainzAlbumArtistId(id) => join(&mut self.musicbrainz_album_artist, id),
            T::AcoustIdId(id) => join(&mut self.acoustid, id),
            T::ReplayGainTrackGain(text) => first(&mut self.replaygain_track_gain_db, number_of(text)),
            T::ReplayGainTrackPeak(text) => first(&mut self.replaygain_track_peak, number_of(text)),
            T::ReplayGainAlbumGain(text) => first(&mut self.replaygain_album_gain_db, number_of(text)),
            T::ReplayGainAlbumPeak(text) => first(&mut self.replaygain_album_peak, number_of(text)),
            _ => {}
        }
    }

    /// Standard tags hold a whole number of beats per minute; the text may say more.
    fn take_raw(&mut self, tag: &Tag) {
        let is_bpm =
            ["bpm", "tbpm", "tempo"].iter().any(|key| tag.raw.key.eq_ignore_ascii_case(key));
        if let (true, RawValue::String(text)) = (is_bpm, &tag.raw.value) {
            let precise = number_of(text).filter(|&bpm| bpm > 0.0);
            self.bpm = precise.or(self.bpm);
        }
    }

    /// Takes from `other` what is missing here.
    #[rustfmt::skip]
    pub(super) fn fill_from(&mut self, other: Self) {
        first(&mut self.title, other.title);
        first(&mut self.artist, other.artist);
        first(&mut self.album, other.album);
        first(&mut self.album_artist, other.album_artist);
        first(&mut self.composer, other.composer);
        first(&mut self.genre, other.genre);
        first(&mut self.comment, other.comment);
        first(&mut self.grouping, other.grouping);
        first(&mut self.label, other.label);
        first(&mut self.year, other.year);
        first(&mut self.track, other.track);
        first(&mut self.track_total, other.track_total);
        first(&mut self.disc, other.disc);
        first(&mut self.disc_total, other.disc_total);
        first(&mut self.compilation, other.compilation);
        first(&mut self.bpm, other.bpm);
        first(&mut self.key, other.key);
        first(&mut self.mood, other.mood);
        first(&mut self.isrc, other.isrc);
        first(&mut self.musicbrainz_recording, other.musicbrainz_recording);
        first(&mut self.musicbrainz_track, other.musicbrainz_track);
        first(&mut self.musicbrainz_release, other.musicbrainz_release);
        first(&mut self.musicbrainz_release_group, other.musicbrainz_release_group);
        first(&mut self.musicbrainz_artist, other.musicbrainz_artist);
        first(&mut self.musicbrainz_album_artist, other.musicbrainz_album_artist);
        first(&mut self.acoustid, other.acoustid);
        first(&mut self.replaygain_track_gain_db, other.replaygain_track_gain_db);
        first(&mut self.replaygain_track_peak, other.replaygain_track_peak);
        first(&mut self.replaygain_album_gain_db, other.replaygain_album_gain_db);
        first(&mut self.replaygain_album_peak, other.replaygain_album_peak);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn the_first_block_wins_and_values_are_joined() {
        let mut tags = Tags::default();
        tags.take(&StandardTag::Artist(Arc::new(" Ann \0".into())));
        tags.take(&StandardTag::Artist(Arc::new("Bob".into())));
        tags.take(&StandardTag::Artist(Arc::new("  ".into())));
        tags.fill_from(Tags {
            artist: Some("Ann".into()),
            title: Some("T".into()),
            ..Tags::default()
        });
        assert_eq!(tags.artist.as_deref(), Some("Ann; Bob"));
        assert_eq!(tags.title.as_deref(), Some("T"));
    }

    #[test]
    fn numbers_are_read_out_of_texts() {
        assert_eq!(number_of("-7.03 dB"), Some(-7.03));
        assert_eq!(number_of("+1,5dB"), Some(1.5));
        assert_eq!((number_of("NaN"), number_of("loud"), number_of("")), (None, None, None));
        assert_eq!(
            (year_of("1987-03-02"), year_of("0000"), year_of("87")),
            (Some(1987), None, None)
        );
    }

    #[test]
    fn long_texts_are_cut_between_letters() {
        let text = "ä".repeat(4000);
        assert_eq!(clip(&text).len(), MAX_TEXT);
        assert_eq!(clip(&format!("x{text}")).len(), MAX_TEXT - 1);
    }
}
