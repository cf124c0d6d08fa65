//! The tags of a file as columns of its row.

use crate::audio::Tags;
use crate::feature::catalogue::Kind;
use rusqlite::types::Value as Sql;

/// Columns of the tags, in the order of [`values`].
pub(super) const COLUMNS: [(&str, Kind); 30] = [
    ("title", Kind::Text),
    ("artist", Kind::Text),
    ("album", Kind::Text),
    ("album_artist", Kind::Text),
    ("composer", Kind::Text),
    ("genre", Kind::Text),
    ("year", Kind::Integer),
    ("track_number", Kind::Integer),
    ("track_total", Kind::Integer),
    ("disc_number", Kind::Integer),
    ("disc_total", Kind::Integer),
    ("compilation", Kind::Integer),
    ("grouping", Kind::Text),
    ("label", Kind::Text),
    ("mood", Kind::Text),
    ("comment", Kind::Text),
    ("tag_bpm", Kind::Real),
    ("tag_key", Kind::Text),
    ("tag_replaygain_track_db", Kind::Real),
    ("tag_replaygain_track_peak", Kind::Real),
    ("tag_replaygain_album_db", Kind::Real),
    ("tag_replaygain_album_peak", Kind::Real),
    ("isrc", Kind::Text),
    ("acoustid_id", Kind::Text),
    ("musicbrainz_recording_id", Kind::Text),
    ("musicbrainz_track_id", Kind::Text),
    ("musicbrainz_release_id", Kind::Text),
    ("musicbrainz_release_group_id", Kind::Text),
    ("musicbrainz_artist_id", Kind::Text),
    ("musicbrainz_album_artist_id", Kind::Text),
];

/// The tags in the order of [`COLUMNS`].
pub(super) fn values(tags: &Tags) -> [Sql; COLUMNS.len()] {
    let text = |value: &Option<String>| value.clone().map_or(Sql::Null, Sql::Text);
    let whole = |value: Option<u32>| value.map_or(Sql::Null, |n| Sql::Integer(n.into()));
    let real = |x: Option<f64>| x.filter(|x| x.is_finite()).map_or(Sql::Null, Sql::Real);
    [
        text(&tags.title),
        text(&tags.artist),
        text(&tags.album),
        text(&tags.album_artist),
        text(&tags.composer),
        text(&tags.genre),
        whole(tags.year.map(u32::from)),
        whole(tags.track),
        whole(tags.track_total),
        whole(tags.disc),
        whole(tags.disc_total),
        whole(tags.compilation.map(u32::from)),
        text(&tags.grouping),
        text(&tags.label),
        text(&tags.mood),
        text(&tags.comment),
        real(tags.bpm),
        text(&tags.key),
        real(tags.replaygain_track_gain_db),
        real(tags.replaygain_track_peak),
        real(tags.replaygain_album_gain_db),
        real(tags.replaygain_album_peak),
        text(&tags.isrc),
        text(&tags.acoustid),
        text(&tags.musicbrainz_recording),
        text(&tags.musicbrainz_track),
        text(&tags.musicbrainz_release),
        text(&tags.musicbrainz_release_group),
        text(&tags.musicbrainz_artist),
        text(&tags.musicbrainz_album_artist),
    ]
}
