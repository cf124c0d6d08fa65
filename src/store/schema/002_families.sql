-- A table a family of the catalogue, and the view that joins everything.

CREATE TABLE loudness (
    track_id INTEGER PRIMARY KEY REFERENCES recording (id) ON DELETE CASCADE,
    version INTEGER NOT NULL,
    loudness_lufs REAL,
    loudness_range_lu REAL,
    loudness_momentary_max_lufs REAL,
    loudness_short_term_max_lufs REAL,
    true_peak_dbtp REAL,
    sample_peak_dbfs REAL,
    replaygain_track_db REAL,
    r128_track_gain_db REAL,
    plr_db REAL,
    loudness_histogram BLOB
) STRICT;

CREATE TABLE signal (
    track_id INTEGER PRIMARY KEY REFERENCES recording (id) ON DELETE CASCADE,
    version INTEGER NOT NULL,
    duration_s REAL,
    frames INTEGER,
    silence_start_s REAL,
    silence_end_s REAL,
    clipping_runs INTEGER,
    clipped_samples INTEGER,
    dc_offset REAL,
    zero_crossing_rate REAL,
    rms_dbfs REAL,
    crest_db REAL,
    stereo_correlation REAL,
    stereo_width REAL
) STRICT;

CREATE TABLE rhythm (
    track_id INTEGER PRIMARY KEY REFERENCES recording (id) ON DELETE CASCADE,
    version INTEGER NOT NULL
) STRICT;

CREATE TABLE tonal (
    track_id INTEGER PRIMARY KEY REFERENCES recording (id) ON DELETE CASCADE,
    version INTEGER NOT NULL,
    key TEXT,
    key_camelot TEXT,
    key_openkey TEXT,
    key_confidence REAL,
    key_candidates TEXT,
    tuning_hz REAL,
    tuning_cents REAL,
    tuning_confidence REAL,
    chroma BLOB,
    key_strength REAL
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
    r.bitrate_bps AS bitrate_bps,
    r.damaged_packets AS damaged_packets,
    loudness.loudness_lufs AS loudness_lufs,
    loudness.loudness_range_lu AS loudness_range_lu,
    loudness.loudness_momentary_max_lufs AS loudness_momentary_max_lufs,
    loudness.loudness_short_term_max_lufs AS loudness_short_term_max_lufs,
    loudness.true_peak_dbtp AS true_peak_dbtp,
    loudness.sample_peak_dbfs AS sample_peak_dbfs,
    loudness.replaygain_track_db AS replaygain_track_db,
    loudness.r128_track_gain_db AS r128_track_gain_db,
    loudness.plr_db AS plr_db,
    loudness.loudness_histogram AS loudness_histogram,
    signal.duration_s AS duration_s,
    signal.frames AS frames,
    signal.silence_start_s AS silence_start_s,
    signal.silence_end_s AS silence_end_s,
    signal.clipping_runs AS clipping_runs,
    signal.clipped_samples AS clipped_samples,
    signal.dc_offset AS dc_offset,
    signal.zero_crossing_rate AS zero_crossing_rate,
    signal.rms_dbfs AS rms_dbfs,
    signal.crest_db AS crest_db,
    signal.stereo_correlation AS stereo_correlation,
    signal.stereo_width AS stereo_width,
    tonal.key AS key,
    tonal.key_camelot AS key_camelot,
    tonal.key_openkey AS key_openkey,
    tonal.key_confidence AS key_confidence,
    tonal.key_candidates AS key_candidates,
    tonal.tuning_hz AS tuning_hz,
    tonal.tuning_cents AS tuning_cents,
    tonal.tuning_confidence AS tuning_confidence,
    tonal.chroma AS chroma,
    tonal.key_strength AS key_strength
FROM file f
LEFT JOIN recording r ON r.id = f.track_id
LEFT JOIN loudness ON loudness.track_id = f.track_id
LEFT JOIN signal ON signal.track_id = f.track_id
LEFT JOIN rhythm ON rhythm.track_id = f.track_id
LEFT JOIN tonal ON tonal.track_id = f.track_id
LEFT JOIN timbre ON timbre.track_id = f.track_id;
