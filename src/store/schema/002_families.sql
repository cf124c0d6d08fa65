-- A table a family of the catalogue, and the view that joins everything.

CREATE TABLE loudness (
    track_id INTEGER PRIMARY KEY REFERENCES recording (id) ON DELETE CASCADE,
    version INTEGER NOT NULL
) STRICT;

CREATE TABLE signal (
    track_id INTEGER PRIMARY KEY REFERENCES recording (id) ON DELETE CASCADE,
    version INTEGER NOT NULL
) STRICT;

CREATE TABLE rhythm (
    track_id INTEGER PRIMARY KEY REFERENCES recording (id) ON DELETE CASCADE,
    version INTEGER NOT NULL
) STRICT;

CREATE TABLE tonal (
    track_id INTEGER PRIMARY KEY REFERENCES recording (id) ON DELETE CASCADE,
    version INTEGER NOT NULL
) STRICT;

CREATE TABLE timbre (
    track_id INTEGER PRIMARY KEY REFERENCES recording (id) ON DELETE CASCADE,
    version INTEGER NOT NULL
) STRICT;

CREATE VIEW track AS
SELECT
    f.id AS file_id,
    f.track_id AS track_id,
    f.path_text AS path,
    f.title AS title,
    f.artist AS artist,
    f.album AS album,
    f.album_artist AS album_artist,
    f.composer AS composer,
    f.genre AS genre,
    f.year AS year,
    f.track_number AS track_number,
    f.track_total AS track_total,
    f.disc_number AS disc_number,
    f.disc_total AS disc_total,
    f.compilation AS compilation,
    f.grouping AS grouping,
    f.label AS label,
    f.mood AS mood,
    f.comment AS comment,
    f.tag_bpm AS tag_bpm,
    f.tag_key AS tag_key,
    f.tag_replaygain_track_db AS tag_replaygain_track_db,
    f.tag_replaygain_track_peak AS tag_replaygain_track_peak,
    f.tag_replaygain_album_db AS tag_replaygain_album_db,
    f.tag_replaygain_album_peak AS tag_replaygain_album_peak,
    f.isrc AS isrc,
    f.acoustid_id AS acoustid_id,
    f.musicbrainz_recording_id AS musicbrainz_recording_id,
    f.musicbrainz_track_id AS musicbrainz_track_id,
    f.musicbrainz_release_id AS musicbrainz_release_id,
    f.musicbrainz_release_group_id AS musicbrainz_release_group_id,
    f.musicbrainz_artist_id AS musicbrainz_artist_id,
    f.musicbrainz_album_artist_id AS musicbrainz_album_artist_id,
    f.size AS size_bytes,
    f.status AS status,
    lower(hex(r.payload)) AS audio_hash,
    r.container AS container,
    r.codec AS codec,
    r.lossless AS lossless,
    r.bits_per_sample AS bits_per_sample,
    r.sample_rate_hz AS sample_rate_hz,
    r.channels AS channels,
    r.frames AS frames,
    r.duration_s AS duration_s,
    r.bitrate_bps AS bitrate_bps,
    r.damaged_packets AS damaged_packets
FROM file f
LEFT JOIN recording r ON r.id = f.track_id
LEFT JOIN loudness ON loudness.track_id = f.track_id
LEFT JOIN signal ON signal.track_id = f.track_id
LEFT JOIN rhythm ON rhythm.track_id = f.track_id
LEFT JOIN tonal ON tonal.track_id = f.track_id
LEFT JOIN timbre ON timbre.track_id = f.track_id;
