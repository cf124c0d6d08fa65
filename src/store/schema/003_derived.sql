-- Families beside those of the first hour. The view `track` is made anew after every migration.

CREATE TABLE structure (
    track_id INTEGER PRIMARY KEY REFERENCES recording (id) ON DELETE CASCADE,
    version INTEGER NOT NULL,
    sections TEXT,
    intro_end_s REAL,
    outro_start_s REAL,
    fade_in_s REAL,
    fade_out_s REAL,
    mix_in_s REAL,
    mix_in_reason TEXT,
    mix_out_s REAL,
    mix_out_reason TEXT,
    excerpt_start_s REAL,
    energy_curve BLOB,
    energy_curve_step_s REAL
) STRICT;

CREATE TABLE perceptual (
    track_id INTEGER PRIMARY KEY REFERENCES recording (id) ON DELETE CASCADE,
    version INTEGER NOT NULL,
    energy REAL,
    danceability REAL,
    danceability_dfa REAL,
    valence REAL,
    acousticness REAL,
    instrumentalness REAL,
    speechiness REAL,
    liveness REAL,
    percussiveness REAL,
    brightness REAL,
    perceptual_cues TEXT
) STRICT;

CREATE TABLE waveform (
    track_id INTEGER PRIMARY KEY REFERENCES recording (id) ON DELETE CASCADE,
    version INTEGER NOT NULL,
    waveform BLOB
) STRICT;

CREATE TABLE similarity (
    track_id INTEGER PRIMARY KEY REFERENCES recording (id) ON DELETE CASCADE,
    version INTEGER NOT NULL,
    similarity_rhythm BLOB,
    similarity_harmony BLOB,
    similarity_mood BLOB,
    similarity_loudness BLOB
) STRICT;

CREATE TABLE fingerprint (
    track_id INTEGER PRIMARY KEY REFERENCES recording (id) ON DELETE CASCADE,
    version INTEGER NOT NULL,
    chromaprint BLOB,
    chromaprint_s REAL
) STRICT;

ALTER TABLE loudness ADD COLUMN true_peak_overs INTEGER;
ALTER TABLE loudness ADD COLUMN loudness_curve_lufs BLOB;
ALTER TABLE loudness ADD COLUMN loudness_curve_step_s REAL;

ALTER TABLE signal ADD COLUMN silence_longest_s REAL;
ALTER TABLE signal ADD COLUMN dynamic_range_db REAL;
ALTER TABLE signal ADD COLUMN out_of_phase_share REAL;
ALTER TABLE signal ADD COLUMN mono_loss_db REAL;
ALTER TABLE signal ADD COLUMN mono_loss_max_db REAL;

ALTER TABLE tonal ADD COLUMN tonnetz BLOB;

-- Albums: title and artist, ready to be compared.
CREATE INDEX file_by_album ON file (
    lower(trim(album)),
    lower(trim(CASE WHEN trim(album_artist) <> '' THEN album_artist WHEN compilation = 1 THEN '' ELSE coalesce(artist, '') END))
) WHERE album IS NOT NULL;
