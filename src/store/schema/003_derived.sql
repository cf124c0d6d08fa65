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
    version INTEGER NOT NULL
) STRICT;

CREATE TABLE waveform (
    track_id INTEGER PRIMARY KEY REFERENCES recording (id) ON DELETE CASCADE,
    version INTEGER NOT NULL,
    waveform BLOB
) STRICT;

CREATE TABLE similarity (
    track_id INTEGER PRIMARY KEY REFERENCES recording (id) ON DELETE CASCADE,
    version INTEGER NOT NULL
) STRICT;

CREATE TABLE fingerprint (
    track_id INTEGER PRIMARY KEY REFERENCES recording (id) ON DELETE CASCADE,
    version INTEGER NOT NULL
) STRICT;
