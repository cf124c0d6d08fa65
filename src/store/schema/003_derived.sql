-- Families beside those of the first hour. The view `track` is made anew after every migration.

CREATE TABLE structure (
    track_id INTEGER PRIMARY KEY REFERENCES recording (id) ON DELETE CASCADE,
    version INTEGER NOT NULL
) STRICT;

CREATE TABLE perceptual (
    track_id INTEGER PRIMARY KEY REFERENCES recording (id) ON DELETE CASCADE,
    version INTEGER NOT NULL
) STRICT;

CREATE TABLE waveform (
    track_id INTEGER PRIMARY KEY REFERENCES recording (id) ON DELETE CASCADE,
    version INTEGER NOT NULL
) STRICT;

CREATE TABLE similarity (
    track_id INTEGER PRIMARY KEY REFERENCES recording (id) ON DELETE CASCADE,
    version INTEGER NOT NULL
) STRICT;

CREATE TABLE fingerprint (
    track_id INTEGER PRIMARY KEY REFERENCES recording (id) ON DELETE CASCADE,
    version INTEGER NOT NULL,
    chromaprint BLOB,
    chromaprint_s REAL
) STRICT;
