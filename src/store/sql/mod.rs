//! Every statement the program makes, in one place, so that a test can ask SQLite how it would
//! serve each of them.

mod glance;

pub(super) use glance::*;

use super::{columns, tags};
use crate::feature::catalogue::Family;
use std::fmt::Write as _;
use std::sync::LazyLock;

// Reading. Lists come in pages that begin after the last path of the page before.

/// State of a path for the plan: file, past failure, attempt, versions of the families.
pub(super) static FILE_STATE: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT f.id, f.size, f.mtime_ns, f.device, f.inode, f.status, f.track_id, \
         x.kind, x.size, x.mtime_ns, a.deaths, a.size, a.mtime_ns, r.depth{} \
         FROM (SELECT ?1 AS path) k LEFT JOIN file f ON f.path = k.path \
         LEFT JOIN recording r ON r.id = f.track_id \
         LEFT JOIN failure x ON x.path = k.path LEFT JOIN attempt a ON a.path = k.path{}",
        columns::family_versions(),
        columns::family_joins("f.track_id")
    )
});

/// A track with its depth and the versions of its families.
fn track_where(condition: &str) -> String {
    let (versions, joins) = (columns::family_versions(), columns::family_joins("r.id"));
    format!("SELECT r.id, r.depth{versions} FROM recording r{joins} WHERE {condition}")
}

pub(super) static TRACK_BY_PAYLOAD: LazyLock<String> =
    LazyLock::new(|| track_where("r.payload = ?1"));
pub(super) static TRACK_BY_ID: LazyLock<String> = LazyLock::new(|| track_where("r.id = ?1"));

pub(super) const HEAD_IS_KNOWN: &str =
    "SELECT EXISTS (SELECT 1 FROM recording WHERE head IS NOT NULL AND head = ?1)";

pub(super) const FILES_OF_TRACK: &str = "SELECT id, path, size, mtime_ns, device, inode, status, track_id FROM file \
     WHERE track_id = ?1 ORDER BY id";

pub(super) const FILES_BY_INODE: &str = "SELECT id, path, size, mtime_ns, device, inode, status, track_id FROM file \
     WHERE inode = ?1 AND device = ?2 ORDER BY id LIMIT 16";

pub(super) const FILES_UNDER: &str = "SELECT id, path, size, mtime_ns, device, inode, status, track_id FROM file \
     WHERE path > ?1 AND path < ?2 ORDER BY path LIMIT ?3";

/// Full rows of analysed files that are not missing.
pub(super) static ROWS: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT f.id, f.path, f.track_id{} FROM file f CROSS JOIN recording r ON r.id = f.track_id{} \
         WHERE f.path > ?1 AND f.status <> 'missing' ORDER BY f.path LIMIT ?2",
        columns::selection(", ", false),
        columns::row_joins("f.track_id")
    )
});

fn row_where(condition: &str) -> String {
    format!(
        "SELECT f.id, f.path, f.track_id{} FROM file f LEFT JOIN recording r ON r.id = f.track_id{} \
         WHERE {condition}",
        columns::selection(", ", false),
        columns::row_joins("f.track_id")
    )
}

pub(super) static ROW_BY_PATH: LazyLock<String> = LazyLock::new(|| row_where("f.path = ?1"));
pub(super) static ROW_BY_ID: LazyLock<String> = LazyLock::new(|| row_where("f.id = ?1"));

/// Files that pass a filter, in order: the clauses are made by `question.rs`.
pub(super) fn matching(joins: &str, condition: &str, order: &str, limit: &str) -> String {
    format!(
        "SELECT f.id, f.track_id FROM file f LEFT JOIN recording r ON r.id = f.track_id{joins} \
         WHERE {condition} ORDER BY {order} LIMIT {limit}"
    )
}

/// Some columns of some files, given as a JSON array of their rows.
pub(super) fn cells(joins: &str, columns: &str) -> String {
    format!(
        "SELECT f.id, f.path, f.track_id{columns} FROM json_each(?1) k CROSS JOIN file f ON f.id = k.value \
         LEFT JOIN recording r ON r.id = f.track_id{joins}"
    )
}

/// Tracks of a family that pass a condition on its descriptors.
pub(super) fn of_family(family: &str, condition: &str) -> String {
    format!("SELECT track_id FROM {family} WHERE {condition}")
}

/// The numbers of a JSON array.
pub(super) fn listed(place: &str) -> String {
    format!("SELECT value FROM json_each({place})")
}

/// Tracks whose value of a descriptor in force passes: what the user set, else what was measured.
pub(super) fn in_force(family: &str, column: &str, condition: &str) -> String {
    format!(
        "SELECT track_id FROM {family} WHERE {condition} AND NOT EXISTS (SELECT 1 FROM correction c \
         WHERE c.track_id = {family}.track_id AND c.{column} IS NOT NULL) \
         UNION ALL SELECT track_id FROM correction WHERE {condition}"
    )
}

/// True where a file holds a track of all these lists.
pub(super) fn of_tracks(lists: &[String]) -> String {
    if let [tracks] = lists {
        return format!("f.track_id IN ({tracks})");
    }
    let lists: Vec<String> =
        lists.iter().map(|tracks| format!("SELECT track_id FROM ({tracks})")).collect();
    format!("f.track_id IN ({})", lists.join(" INTERSECT "))
}

/// True where a file holds one of these tracks; the planner asks the innermost for the one of the file.
pub(super) fn held(tracks: &str) -> String {
    format!("EXISTS (SELECT 1 FROM ({tracks}) k WHERE k.track_id = f.track_id)")
}

pub(super) const CORRECTION: &str = "SELECT bpm, key FROM correction WHERE track_id = ?1";

pub(super) const CORRECT: &str = "INSERT INTO correction (track_id, bpm, key, key_camelot, key_openkey, updated_at) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (track_id) DO UPDATE SET bpm = excluded.bpm, \
     key = excluded.key, key_camelot = excluded.key_camelot, key_openkey = excluded.key_openkey, \
     updated_at = excluded.updated_at";

pub(super) const CHOSEN_SINCE: &str = "SELECT DISTINCT track_id FROM chosen WHERE at >= ?1";

pub(super) const CHOOSE: &str = "INSERT OR REPLACE INTO chosen (track_id, at) VALUES (?1, ?2)";

pub(super) const SAVE_PLAYLIST: &str =
    "INSERT OR REPLACE INTO playlist (name, arguments, saved_at) VALUES (?1, ?2, ?3)";

pub(super) const FORGET_PLAYLIST: &str = "DELETE FROM playlist WHERE name = ?1";

pub(super) const PLAYLISTS: &str = "SELECT name, arguments, saved_at FROM playlist ORDER BY name";

pub(super) const UNCORRECT: &str = "DELETE FROM correction WHERE track_id = ?1";

pub(super) const FAILURES: &str = "SELECT path, stage, kind, message, at, size, mtime_ns, run_id FROM failure \
     WHERE path > ?1 ORDER BY path LIMIT ?2";

pub(super) const RUNS: &str = "SELECT id, started_at, finished_at, version, args, scanned, analysed, unchanged, linked, \
     failed, cancelled, missing, audio_s, outcome FROM run ORDER BY id DESC LIMIT ?1";

/// Tracks of files that are there and have what is compared of them.
pub(super) const TRACKS_PRESENT: &str = "SELECT s.track_id FROM similarity s WHERE EXISTS \
     (SELECT 1 FROM file f WHERE f.track_id = s.track_id AND f.status <> 'missing') ORDER BY s.track_id";

/// What is compared of a track, and the artist of its first file.
pub(super) const COMPARABLE: &str = "SELECT t.mfcc_mean, t.mfcc_covariance, s.similarity_rhythm, s.similarity_harmony, \
     s.similarity_mood, s.similarity_loudness, (SELECT f.artist FROM file f WHERE f.track_id = ?1 \
     AND f.status <> 'missing' ORDER BY f.id LIMIT 1), t.mfcc_delta_mean \
     FROM similarity s CROSS JOIN timbre t ON t.track_id = s.track_id WHERE s.track_id = ?1 \
     AND s.version = ?2 AND t.version = ?3";

/// Path, artist and title of the first file of a track that is there.
pub(super) const LABEL: &str = "SELECT path, artist, title FROM file WHERE track_id = ?1 AND status <> 'missing' \
     ORDER BY id LIMIT 1";

/// Numbers that change with every change of the library: the last rows, what all runs did, and how
/// many of them did not come to their end, whose doings are not told.
pub(super) const GENERATION: &str = "SELECT (SELECT max(id) FROM recording), (SELECT max(id) FROM file), \
     total(analysed), total(linked), total(failed), total(missing), \
     count(*) FILTER (WHERE outcome IS NULL OR outcome = 'died') FROM run";
// Albums. Titles and artists are compared by the two expressions of the index `file_by_album`.

/// Title of an album, ready to be compared.
const ALBUM: &str = "lower(trim(album))";

/// Artist of an album, ready to be compared.
const ALBUM_ARTIST: &str = "lower(trim(CASE WHEN trim(album_artist) <> '' THEN album_artist \
     WHEN compilation = 1 THEN '' ELSE coalesce(artist, '') END))";

fn album_file_where(condition: &str) -> String {
    format!(
        "SELECT id, path, track_id, {ALBUM}, {ALBUM_ARTIST}, album, \
         coalesce(nullif(trim(album_artist), ''), CASE WHEN compilation = 1 THEN NULL ELSE artist END) \
         FROM file WHERE {condition}"
    )
}

pub(super) static ALBUM_KEY: LazyLock<String> =
    LazyLock::new(|| format!("SELECT {ALBUM}, {ALBUM_ARTIST} FROM file WHERE id = ?1"));

pub(super) static FILES_OF_ALBUM: LazyLock<String> = LazyLock::new(|| {
    album_file_where(&format!(
        "album IS NOT NULL AND {ALBUM} = ?1 AND {ALBUM_ARTIST} = ?2 \
         AND status <> 'missing' AND track_id IS NOT NULL"
    ))
});

pub(super) static FILES_WITHOUT_ALBUM: LazyLock<String> = LazyLock::new(|| {
    album_file_where(
        "path > ?1 AND path < ?2 AND coalesce(trim(album), '') = '' \
         AND status <> 'missing' AND track_id IS NOT NULL ORDER BY path LIMIT ?3",
    )
});

/// Files may be missing there: an album without any is passed over by who asks.
pub(super) static NEXT_ALBUM: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {ALBUM}, {ALBUM_ARTIST} FROM file WHERE album IS NOT NULL AND {ALBUM} >= ?1 \
         AND {ALBUM} <> '' AND ({ALBUM} > ?1 OR {ALBUM_ARTIST} > ?2) \
         ORDER BY {ALBUM}, {ALBUM_ARTIST} LIMIT 1"
    )
});

/// Of a version; an estimate from excerpts is not what gains are made of.
pub(super) const TRACK_LOUDNESS: &str = "SELECT loudness_lufs, true_peak_dbtp, loudness_histogram FROM loudness \
     WHERE track_id = ?1 AND version = ?2 \
     AND EXISTS (SELECT 1 FROM recording r WHERE r.id = ?1 AND r.depth = 'full')";
/// Tracks with a fingerprint that a sound file between two paths holds.
pub(super) const FINGERPRINTS: &str = "SELECT d.track_id, r.duration_s, d.chromaprint \
     FROM fingerprint d CROSS JOIN recording r ON r.id = d.track_id \
     WHERE d.track_id > ?1 AND d.chromaprint IS NOT NULL AND EXISTS (SELECT 1 FROM file f \
     WHERE f.track_id = d.track_id AND f.status = 'ok' AND f.path > ?2 AND f.path < ?3) \
     ORDER BY d.track_id LIMIT ?4";

pub(super) const FINGERPRINT: &str =
    "SELECT chromaprint FROM fingerprint WHERE track_id = ?1 AND chromaprint IS NOT NULL";

/// Sound files of a track between two paths, with the number of filled tags.
pub(super) static COPIES: LazyLock<String> = LazyLock::new(|| {
    let filled = tags::COLUMNS.map(|(tag, _)| format!("(f.{tag} IS NOT NULL)")).join(" + ");
    format!(
        "SELECT f.id, r.id, f.path, f.size, r.codec, r.lossless, r.bits_per_sample, \
         r.sample_rate_hz, r.channels, r.duration_s, r.bitrate_bps, r.damaged_packets, {filled} \
         FROM file f CROSS JOIN recording r ON r.id = f.track_id WHERE f.track_id = ?1 \
         AND f.status = 'ok' AND f.path > ?2 AND f.path < ?3 ORDER BY f.id"
    )
});

// The search for duplicates looks at every file, by intent.

pub(super) const SHARED_TRACKS: &str = "SELECT track_id FROM file \
     WHERE track_id IS NOT NULL AND status = 'ok' AND path > ?1 AND path < ?2 \
     GROUP BY track_id HAVING count(*) > 1 ORDER BY track_id";

pub(super) const PRESENT_TRACKS: &str = "SELECT count(DISTINCT track_id) FROM file \
     WHERE track_id IS NOT NULL AND status = 'ok' AND path > ?1 AND path < ?2";

pub(super) const DATABASE_BYTES: &str =
    "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size";

// Writing.

pub(super) const INSERT_RUN: &str =
    "INSERT INTO run (started_at, pid, version, args) VALUES (?1, ?2, ?3, ?4)";

pub(super) const BURY_RUNS: &str = "UPDATE run SET outcome = 'died' WHERE outcome IS NULL";

pub(super) const COUNT_DEATHS: &str =
    "UPDATE attempt SET deaths = deaths + 1, run_id = NULL WHERE run_id IS NOT NULL";

pub(super) const FORGET_SCAN_FAILURES: &str =
    "DELETE FROM failure WHERE stage = 'scan' AND path > ?1 AND path < ?2";

pub(super) const FORGET_SCAN_FAILURE: &str =
    "DELETE FROM failure WHERE stage = 'scan' AND path = ?1";

pub(super) const END_RUN: &str = "UPDATE run SET finished_at = ?2, scanned = ?3, analysed = ?4, unchanged = ?5, linked = ?6, \
     failed = ?7, cancelled = ?8, missing = ?9, audio_s = ?10, outcome = ?11 WHERE id = ?1";

pub(super) const ATTEMPT: &str = "INSERT INTO attempt (path, run_id, started_at, size, mtime_ns, deaths) \
     VALUES (?1, ?2, ?3, ?4, ?5, 0) ON CONFLICT (path) DO UPDATE SET \
     deaths = CASE WHEN size = excluded.size AND mtime_ns = excluded.mtime_ns THEN deaths ELSE 0 END, \
     run_id = excluded.run_id, started_at = excluded.started_at, size = excluded.size, \
     mtime_ns = excluded.mtime_ns";

pub(super) const FORGET_ATTEMPT: &str = "DELETE FROM attempt WHERE path = ?1";

/// A cancelled file keeps the deaths of earlier runs.
pub(super) const RELEASE_ATTEMPT: &str = "UPDATE attempt SET run_id = NULL WHERE path = ?1";

pub(super) const FORGET_LIVELY: &str = "DELETE FROM attempt WHERE path = ?1 AND deaths = 0";

pub(super) const FORGET_FAILURE: &str = "DELETE FROM failure WHERE path = ?1";

pub(super) const UPSERT_RECORDING: &str = "INSERT INTO recording (payload, head, codec, lossless, bits_per_sample, \
     sample_rate_hz, channels, frames, duration_s, bitrate_bps, damaged_packets, added_at, updated_at, depth) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?12, ?13) \
     ON CONFLICT (payload) DO UPDATE SET head = excluded.head, \
     codec = excluded.codec, lossless = excluded.lossless, bits_per_sample = excluded.bits_per_sample, \
     sample_rate_hz = excluded.sample_rate_hz, channels = excluded.channels, frames = excluded.frames, \
     duration_s = excluded.duration_s, bitrate_bps = excluded.bitrate_bps, \
     damaged_packets = excluded.damaged_packets, updated_at = excluded.updated_at, depth = excluded.depth RETURNING id";

/// The track of a payload that was heard as a whole.
pub(super) const HEARD_WHOLE: &str =
    "SELECT id FROM recording WHERE payload = ?1 AND depth = 'full'";

/// Stores a file and its tags: path, its text, size, time, device, inode, track, now, container (`None`: as known), tags.
pub(super) static UPSERT_FILE: LazyLock<String> = LazyLock::new(|| {
    let (mut names, mut places, mut updates) = (String::new(), String::new(), String::new());
    for (place, (name, _)) in tags::COLUMNS.iter().enumerate() {
        let _ = write!(names, ", {name}");
        let _ = write!(places, ", ?{}", place + 10);
        let _ = write!(updates, ", {name} = excluded.{name}");
    }
    format!(
        "INSERT INTO file (path, path_text, size, mtime_ns, device, inode, status, track_id, \
         added_at, updated_at, container{names}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'ok', ?7, ?8, ?8, ?9{places}) \
         ON CONFLICT (path) DO UPDATE SET size = excluded.size, mtime_ns = excluded.mtime_ns, \
         device = excluded.device, inode = excluded.inode, status = 'ok', track_id = excluded.track_id, \
         updated_at = excluded.updated_at, container = coalesce(excluded.container, container){updates} RETURNING id"
    )
});

pub(super) const RELOCATE_FILE: &str =
    "UPDATE OR IGNORE file SET path = ?2, path_text = ?3 WHERE id = ?1";

pub(super) const FORGET_OLD_FAILURE: &str =
    "DELETE FROM failure WHERE path = (SELECT path FROM file WHERE id = ?1) AND path <> ?2";

/// A file that comes back with a failure noted is as failed as it was.
pub(super) const RESTAMP_FILE: &str = "UPDATE file SET size = ?3, mtime_ns = ?4, device = ?5, inode = ?6, updated_at = ?7, \
     status = CASE WHEN EXISTS (SELECT 1 FROM failure WHERE failure.path = ?2) THEN 'failed' ELSE 'ok' END \
     WHERE id = ?1 AND path = ?2";

/// What was stored of an unchanged file is kept; of a changed one, only its tags, unseen.
pub(super) const FAIL_FILE: &str = "INSERT INTO file (path, path_text, size, mtime_ns, device, inode, status, added_at, updated_at) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'failed', ?7, ?7) ON CONFLICT (path) DO UPDATE SET \
     track_id = CASE WHEN size = excluded.size AND mtime_ns = excluded.mtime_ns THEN track_id END, \
     container = CASE WHEN size = excluded.size AND mtime_ns = excluded.mtime_ns THEN container END, \
     size = excluded.size, mtime_ns = excluded.mtime_ns, device = excluded.device, \
     inode = excluded.inode, status = 'failed', updated_at = excluded.updated_at";

pub(super) const UPSERT_FAILURE: &str = "INSERT OR REPLACE INTO failure (path, path_text, stage, kind, message, at, size, mtime_ns, \
     run_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";

pub(super) const MARK_MISSING: &str =
    "UPDATE file SET status = 'missing', updated_at = ?2 WHERE id = ?1 AND status <> 'missing'";

pub(super) const PRUNE_FAILURES: &str =
    "DELETE FROM failure WHERE path IN (SELECT path FROM file WHERE status = 'missing')";

pub(super) const PRUNE_ATTEMPTS: &str =
    "DELETE FROM attempt WHERE path IN (SELECT path FROM file WHERE status = 'missing')";

/// Files below a directory that were found to be gone before a moment.
pub(super) const LONG_GONE: &str = "SELECT id, path, device FROM file \
     WHERE path > ?1 AND path < ?2 AND status = 'missing' AND updated_at < ?3";

/// Disks on which files below a directory are there.
pub(super) const DEVICES: &str =
    "SELECT device FROM file WHERE path > ?1 AND path < ?2 AND status <> 'missing'";

pub(super) const FORGET_FILE: &str = "DELETE FROM file WHERE id = ?1";

pub(super) const PRUNE_FILES: &str = "DELETE FROM file WHERE status = 'missing'";

/// Reads all tracks, by intent. What a user has corrected is kept: the file may come back.
pub(super) const PRUNE_TRACKS: &str = "DELETE FROM recording WHERE NOT EXISTS \
     (SELECT 1 FROM file WHERE file.track_id = recording.id) AND NOT EXISTS \
     (SELECT 1 FROM correction WHERE correction.track_id = recording.id)";

/// The statement that stores a record of each family, in storage order.
static UPSERTS: LazyLock<[String; Family::ALL.len()]> =
    LazyLock::new(|| Family::ALL.map(columns::upsert));

/// The statement that stores a record of a family.
pub(super) fn upsert(family: Family) -> &'static str {
    UPSERTS.get(family as usize).map_or("", String::as_str)
}

pub(super) const COUNT_OBJECTS: &str = "SELECT count(*) FROM sqlite_schema";

pub(super) const TRACK_OF_PAYLOAD: &str = "SELECT id FROM recording WHERE payload = ?1";

pub(super) const INSERT_MODEL: &str =
    "INSERT OR IGNORE INTO model (name, file, front_end, added_at) VALUES (?1, ?2, ?3, ?4)";

pub(super) const MODEL_ID: &str =
    "SELECT id FROM model WHERE name = ?1 AND file = ?2 AND front_end = ?3";

/// Answers of every version of a model of that name.
pub(super) const FORGET_ANSWERS: &str = "DELETE FROM model_output WHERE track_id = ?1 AND \
     model_id IN (SELECT id FROM model WHERE name = ?2)";

pub(super) const INSERT_ANSWER: &str = "INSERT INTO model_output (track_id, model_id, place, \
     output, aggregate, patches, dims, labels, vector) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";

pub(super) const HAS_ANSWERS: &str = "SELECT EXISTS (SELECT 1 FROM model JOIN model_output \
     ON model_output.model_id = model.id WHERE model_output.track_id = ?1 AND model.name = ?2 \
     AND model.file = ?3 AND model.front_end = ?4)";

pub(super) const ANSWERS: &str = "SELECT model.name, output, aggregate, patches, dims, labels, \
     vector FROM model_output JOIN model ON model.id = model_output.model_id \
     WHERE track_id = ?1 ORDER BY model_id, place";

pub(super) const HAS_MODELS: &str = "SELECT EXISTS (SELECT 1 FROM model)";

// Tags that were written into files.

pub(super) const BEGIN_TAG_RUN: &str =
    "INSERT INTO tag_run (started_at, version, args, undoes) VALUES (?1, ?2, ?3, ?4)";

pub(super) const RECORD_TAG_EDIT: &str = "INSERT INTO tag_edit (run_id, path, payload, before, after, mtime_ns, back, changes) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";

pub(super) const WITHDRAW_TAG_EDIT: &str = "DELETE FROM tag_edit WHERE id = ?1";

pub(super) const TAG_EDIT_WRITTEN: &str = "UPDATE tag_edit SET written_at = ?2 WHERE id = ?1";

pub(super) const TAG_EDIT_UNDONE: &str = "UPDATE tag_edit SET undone_at = ?2 WHERE id = ?1";

pub(super) const TAG_RUNS: &str = "SELECT id, started_at, version, args, undoes, (SELECT count(*) FROM tag_edit e \
     WHERE e.run_id = r.id AND e.written_at IS NOT NULL), (SELECT count(*) FROM tag_edit e \
     WHERE e.run_id = r.id AND e.undone_at IS NOT NULL), EXISTS (SELECT 1 FROM tag_edit e \
     WHERE e.run_id = r.id AND e.undone_at IS NULL) FROM tag_run r ORDER BY id DESC";

/// The newest first: that is the order in which they are undone.
pub(super) const TAG_EDITS: &str =
    "SELECT id FROM tag_edit WHERE run_id = ?1 AND undone_at IS NULL ORDER BY id DESC";

pub(super) const TAG_EDIT: &str =
    "SELECT path, payload, before, after, mtime_ns, back, changes FROM tag_edit WHERE id = ?1";

/// What was written of a payload, not counting what was put back.
pub(super) const TAG_CHANGES: &str = "SELECT e.changes FROM tag_edit e CROSS JOIN tag_run r ON r.id = e.run_id \
     WHERE e.payload = ?1 AND r.undoes IS NULL ORDER BY e.id";
