-- How much of a recording was heard: all of it, or excerpts (`analyze --depth quick`), which a later run deepens.
ALTER TABLE recording ADD COLUMN depth TEXT NOT NULL DEFAULT 'full' CHECK (depth IN ('full', 'quick'));
