-- What was written into the tags of files, and how to take it back.

CREATE TABLE tag_run (
    id INTEGER PRIMARY KEY,
    started_at INTEGER NOT NULL,
    version TEXT NOT NULL,
    args TEXT NOT NULL,
    undoes INTEGER REFERENCES tag_run (id) -- the run that this one took back
) STRICT;

CREATE TABLE tag_edit (
    id INTEGER PRIMARY KEY,
    run_id INTEGER NOT NULL REFERENCES tag_run (id) ON DELETE CASCADE,
    path BLOB NOT NULL,
    payload BLOB NOT NULL CHECK (length(payload) = 32),
    before BLOB NOT NULL CHECK (length(before) = 32), -- BLAKE3 of the whole file
    after BLOB NOT NULL CHECK (length(after) = 32),
    mtime_ns INTEGER NOT NULL, -- before
    back BLOB NOT NULL, -- the change that makes the old file of the new one
    changes TEXT NOT NULL, -- JSON: field, old and new text of each tag
    written_at INTEGER, -- NULL until the file is in place
    undone_at INTEGER
) STRICT;

CREATE INDEX tag_edit_by_run ON tag_edit (run_id);
CREATE INDEX tag_edit_by_payload ON tag_edit (payload);
