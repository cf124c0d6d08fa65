-- The same sound may lie in files of several containers: what kind a file is, is the file's.

DROP VIEW IF EXISTS track;

ALTER TABLE file ADD COLUMN container TEXT;

UPDATE file SET container = (SELECT container FROM recording WHERE recording.id = file.track_id);

ALTER TABLE recording DROP COLUMN container;
