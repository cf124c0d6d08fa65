-- What a user set against what was measured, and what questions search by.

CREATE TABLE correction (
    track_id INTEGER PRIMARY KEY REFERENCES recording (id) ON DELETE CASCADE,
    bpm REAL,
    key TEXT,
    key_camelot TEXT,
    key_openkey TEXT,
    updated_at INTEGER NOT NULL
) STRICT;

-- Tracks that playlists were made of, and when: what was heard lately can be left out.
CREATE TABLE chosen (
    track_id INTEGER NOT NULL REFERENCES recording (id) ON DELETE CASCADE,
    at INTEGER NOT NULL,
    PRIMARY KEY (track_id, at)
) STRICT, WITHOUT ROWID;

CREATE INDEX chosen_by_time ON chosen (at);

-- Playlists that are made anew: the command line of each, a JSON array of strings.
CREATE TABLE playlist (
    name TEXT PRIMARY KEY,
    arguments TEXT NOT NULL,
    saved_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX rhythm_by_bpm ON rhythm (bpm);
CREATE INDEX tonal_by_key ON tonal (key COLLATE NOCASE);
CREATE INDEX loudness_by_loudness ON loudness (loudness_lufs);
CREATE INDEX file_by_artist ON file (artist COLLATE NOCASE);
CREATE INDEX file_by_album_title ON file (album COLLATE NOCASE);
CREATE INDEX file_by_genre ON file (genre COLLATE NOCASE);
CREATE INDEX file_by_year ON file (year);
CREATE INDEX file_by_added ON file (added_at);
