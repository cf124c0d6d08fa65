-- Files, tracks and the course of runs. Times of day are milliseconds since 1970 (UTC):
-- datetime(started_at / 1000, 'unixepoch').

PRAGMA application_id = 0x50484F4E; -- "PHON"

-- One audio payload, whatever the files it lies in. Its measurements are in one table a family.
CREATE TABLE recording (
    id              INTEGER PRIMARY KEY,
    payload         BLOB    NOT NULL UNIQUE CHECK (length(payload) = 32), -- BLAKE3 of the audio payload
    head            BLOB    CHECK (length(head) = 16),                    -- BLAKE3 of its beginning, cut
    container       TEXT    NOT NULL,
    codec           TEXT    NOT NULL,
    lossless        INTEGER NOT NULL CHECK (lossless IN (0, 1)),
    bits_per_sample INTEGER,
    sample_rate_hz  INTEGER NOT NULL,
    channels        INTEGER NOT NULL,
    frames          INTEGER NOT NULL,
    duration_s      REAL    NOT NULL,
    bitrate_bps     INTEGER,
    damaged_packets INTEGER NOT NULL,
    added_at        INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL
) STRICT;

CREATE INDEX recording_by_head ON recording (head) WHERE head IS NOT NULL;

-- One path. Its tags are its own: two files of one track may be tagged differently.
CREATE TABLE file (
    id INTEGER PRIMARY KEY,
    path BLOB NOT NULL UNIQUE, -- the bytes the file system knows it by
    path_text TEXT NOT NULL, -- the same for the eye
    size INTEGER NOT NULL, -- bytes
    mtime_ns INTEGER NOT NULL, -- nanoseconds since 1970
    device INTEGER NOT NULL, -- unsigned, kept as signed
    inode INTEGER NOT NULL, -- unsigned, kept as signed
    status TEXT NOT NULL CHECK (status IN ('ok', 'failed', 'missing')),
    track_id INTEGER REFERENCES recording (id),
    title TEXT,
    artist TEXT,
    album TEXT,
    album_artist TEXT,
    composer TEXT,
    genre TEXT,
    year INTEGER,
    track_number INTEGER,
    track_total INTEGER,
    disc_number INTEGER,
    disc_total INTEGER,
    compilation INTEGER CHECK (compilation IN (0, 1)),
    grouping TEXT,
    label TEXT,
    mood TEXT,
    comment TEXT,
    tag_bpm REAL,
    tag_key TEXT,
    tag_replaygain_track_db REAL,
    tag_replaygain_track_peak REAL,
    tag_replaygain_album_db REAL,
    tag_replaygain_album_peak REAL,
    isrc TEXT,
    acoustid_id TEXT,
    musicbrainz_recording_id TEXT,
    musicbrainz_track_id TEXT,
    musicbrainz_release_id TEXT,
    musicbrainz_release_group_id TEXT,
    musicbrainz_artist_id TEXT,
    musicbrainz_album_artist_id TEXT,
    added_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

CREATE INDEX file_by_track ON file (track_id) WHERE track_id IS NOT NULL;
CREATE INDEX file_by_inode ON file (inode, device);
CREATE INDEX file_missing ON file (id) WHERE status = 'missing';

CREATE TABLE run (
    id          INTEGER PRIMARY KEY,
    started_at  INTEGER NOT NULL,
    finished_at INTEGER,
    pid         INTEGER NOT NULL,
    version     TEXT    NOT NULL,
    args        TEXT    NOT NULL,
    scanned     INTEGER NOT NULL DEFAULT 0,
    analysed    INTEGER NOT NULL DEFAULT 0,
    unchanged   INTEGER NOT NULL DEFAULT 0,
    linked      INTEGER NOT NULL DEFAULT 0,
    failed      INTEGER NOT NULL DEFAULT 0,
    cancelled   INTEGER NOT NULL DEFAULT 0,
    missing     INTEGER NOT NULL DEFAULT 0,
    audio_s     REAL    NOT NULL DEFAULT 0,
    outcome     TEXT -- NULL while it runs; 'died' if it never came to its end
) STRICT;

-- Files being read now, or when a run died (run_id is NULL then, and deaths counts).
CREATE TABLE attempt (
    path       BLOB    NOT NULL PRIMARY KEY,
    run_id     INTEGER,
    started_at INTEGER NOT NULL,
    size       INTEGER NOT NULL,
    mtime_ns   INTEGER NOT NULL,
    deaths     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The last failure of a path: a file, or a directory that could not be read (size is NULL then).
CREATE TABLE failure (
    path      BLOB    NOT NULL PRIMARY KEY,
    path_text TEXT    NOT NULL,
    stage     TEXT    NOT NULL,
    kind      TEXT    NOT NULL,
    message   TEXT    NOT NULL,
    at        INTEGER NOT NULL,
    size      INTEGER,
    mtime_ns  INTEGER,
    run_id    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
