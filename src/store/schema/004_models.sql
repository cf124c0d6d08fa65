-- Models of the user and what they say of tracks.

-- One version of a model: another file or another front end is another row.
CREATE TABLE model (
    id        INTEGER PRIMARY KEY,
    name      TEXT NOT NULL,
    file      BLOB NOT NULL CHECK (length(file) = 32),      -- BLAKE3 of the ONNX file
    front_end BLOB NOT NULL CHECK (length(front_end) = 32), -- BLAKE3 of its specification
    added_at  INTEGER NOT NULL,
    UNIQUE (name, file, front_end)
) STRICT;

-- One output of one model for one track. Outputs of other versions of the model are replaced.
CREATE TABLE model_output (
    track_id  INTEGER NOT NULL REFERENCES recording (id) ON DELETE CASCADE,
    model_id  INTEGER NOT NULL REFERENCES model (id) ON DELETE CASCADE,
    place     INTEGER NOT NULL, -- among the outputs of the model
    output    TEXT NOT NULL,
    aggregate TEXT NOT NULL,    -- mean, max, median, mean_std, sequence
    patches   INTEGER NOT NULL, -- heard
    dims      INTEGER NOT NULL, -- classes, or dimensions of an embedding
    labels    TEXT,             -- their names, a JSON list; NULL for an embedding
    vector    BLOB,             -- f32 little-endian; NULL when nothing could be said
    PRIMARY KEY (track_id, model_id, place)
) STRICT, WITHOUT ROWID;

CREATE INDEX model_output_by_model ON model_output (model_id);
