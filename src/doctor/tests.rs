//! Each illness is put into a healthy installation and must be found, and nothing else.

use super::*;
use crate::store::{Options, Store};
use rusqlite::Connection;
use std::fs;

struct Patient {
    dir: tempfile::TempDir,
}

impl Patient {
    fn healthy() -> Self {
        let patient = Self { dir: tempfile::tempdir().unwrap() };
        fs::create_dir(patient.dir.path().join("music")).unwrap();
        Store::open(&patient.database(), &Options::default()).unwrap().close().unwrap();
        patient
    }

    fn database(&self) -> PathBuf {
        self.dir.path().join("library.db")
    }

    fn sql(&self, text: &str) {
        Connection::open(self.database()).unwrap().execute_batch(text).unwrap();
    }

    /// A file row of a status, analysed if it has a track.
    fn file(&self, name: &str, status: &str, track: Option<i64>) -> PathBuf {
        let path = self.dir.path().join("music").join(name);
        let text = path.to_str().unwrap();
        let track = track.map_or("NULL".to_owned(), |track| track.to_string());
        self.sql(&format!(
            "INSERT INTO file (path, path_text, size, mtime_ns, device, inode, status, track_id, \
             added_at, updated_at) VALUES (CAST('{text}' AS BLOB), '{text}', 1, 2, 3, 4, \
             '{status}', {track}, 5, 6)"
        ));
        path
    }

    fn recording(&self, id: i64) {
        self.sql(&format!(
            "INSERT INTO recording (id, payload, codec, lossless, sample_rate_hz, channels, frames, \
             duration_s, damaged_packets, added_at, updated_at) \
             VALUES ({id}, randomblob(32), 'vorbis', 0, 44100, 2, 1, 1.0, 0, 1, 1)"
        ));
    }

    fn findings(&self) -> Vec<Finding> {
        let models_dir = self.dir.path().join("models");
        examine(&Subject { database: &self.database(), models_dir, root: self.dir.path() })
    }

    fn kinds(&self) -> Vec<&'static str> {
        self.findings().into_iter().map(|finding| finding.kind).collect()
    }
}

#[test]
fn a_healthy_installation_has_no_findings() {
    assert_eq!(Patient::healthy().findings(), []);
}

#[test]
fn a_missing_database_is_told_with_what_makes_it() {
    let patient = Patient::healthy();
    fs::remove_file(patient.database()).unwrap();
    let found = patient.findings();
    assert_eq!((found[0].kind, found[0].severity), ("no_database", Gravity::High));
    assert!(found[0].suggestion.contains("phonolite analyze"));
}

#[test]
fn damage_is_critical_and_comes_first() {
    let patient = Patient::healthy();
    for number in 0..400 {
        patient.recording(number);
    }
    let mut bytes = fs::read(patient.database()).unwrap();
    // Ten pages in the middle: the header is whole, so it still opens.
    let middle = bytes.len() / 2;
    bytes[middle..middle + 10 * 4096].fill(0xA5);
    fs::write(patient.database(), bytes).unwrap();
    let found = patient.findings();
    assert_eq!((found[0].kind, found[0].severity), ("damaged", Gravity::Critical), "{found:?}");
    fs::write(patient.database(), "no database at all, whatever its name says".repeat(99)).unwrap();
    assert_eq!(patient.findings()[0].severity, Gravity::Critical);
}

#[test]
fn what_dead_runs_leave_is_found() {
    let patient = Patient::healthy();
    patient.sql(
        "INSERT INTO attempt VALUES (x'2f61', NULL, 1, 1, 1, 1), (x'2f62', 7, 1, 1, 1, 0);
         INSERT INTO failure VALUES (x'2f63', '/c', 'decode', 'quarantined', 'died', 1, 1, 1, 1),
             (x'2f64', '/d', 'open', 'io', 'no', 1, 1, 1, 1);",
    );
    fs::write(patient.dir.path().join("library.db.lock"), "4242 1700000000 nas\n").unwrap();
    let mut kinds = patient.kinds();
    assert_eq!(kinds.remove(0), "quarantined", "the worst first");
    kinds.sort_unstable();
    assert_eq!(kinds, ["failed_files", "leftover_attempts", "stale_lock"]);
}

#[test]
fn rows_that_lead_nowhere_are_found() {
    let patient = Patient::healthy();
    patient.recording(1);
    assert_eq!(patient.kinds(), ["orphans"]);
    patient.sql("PRAGMA foreign_keys = 0; INSERT INTO waveform VALUES (77, 1, NULL)");
    assert_eq!(patient.kinds(), ["broken_references", "orphans"]);
}

#[test]
fn files_are_looked_for_on_the_disk() {
    let patient = Patient::healthy();
    let there = patient.file("there.flac", "failed", None);
    fs::write(there, "x").unwrap();
    assert_eq!(patient.kinds(), [""; 0], "a failed file is told by its failure");
    patient.file("gone.flac", "failed", None);
    patient.file("known.flac", "missing", None);
    assert_eq!(patient.kinds(), ["missing_files", "missing_files"]);
    patient.file("nas/a/1.flac", "failed", None);
    patient.file("nas/b/2.flac", "failed", None);
    let found = patient.findings();
    assert_eq!((found[0].kind, found.len()), ("missing_folder", 3), "{found:?}");
    assert!(found[0].message.contains("music/nas is not there; 2 files"), "{}", found[0].message);
}

#[test]
fn a_recording_behind_the_present_versions_is_counted_by_family() {
    let patient = Patient::healthy();
    patient.recording(1);
    fs::write(patient.file("a.flac", "ok", Some(1)), "x").unwrap();
    let found = patient.findings();
    assert_eq!(found[0].kind, "version_skew");
    assert!(found[0].message.starts_with("1 of 1 recordings"), "{}", found[0].message);
    assert!(found[0].message.contains("loudness 1"), "{}", found[0].message);
    fs::write(patient.file("b.flac", "ok", None), "x").unwrap();
    assert!(patient.kinds().contains(&"unlinked_files"));
}

#[test]
fn a_network_mount_and_a_read_only_one_are_warned_of() {
    let patient = Patient::healthy();
    fs::create_dir_all(patient.dir.path().join("proc/self")).unwrap();
    let mounts = patient.dir.path().join("proc/self/mounts");
    fs::write(&mounts, "nas:/x / nfs4 rw 0 0\n").unwrap();
    assert_eq!(patient.kinds(), ["network_mount"]);
    fs::write(&mounts, "/dev/sda1 / ext4 ro 0 0\n").unwrap();
    assert_eq!(patient.kinds(), ["read_only_mount"]);
}

#[test]
fn models_are_compared_with_their_list() {
    let patient = Patient::healthy();
    let dir = patient.dir.path().join("models");
    fs::create_dir(&dir).unwrap();
    fs::write(dir.join("stray.onnx"), "x").unwrap();
    assert_eq!(patient.kinds(), ["model_unlisted"]);
    fs::write(dir.join("manifest.toml"), "nonsense").unwrap();
    assert_eq!(patient.kinds(), ["model_manifest"]);
}

#[test]
fn an_earlier_schema_is_told_and_not_touched() {
    let patient = Patient::healthy();
    fs::remove_file(patient.database()).unwrap();
    let fixture = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/stores/v2.sqlite");
    fs::copy(fixture, patient.database()).unwrap();
    let before = fs::read(patient.database()).unwrap();
    assert_eq!(patient.kinds(), ["older_schema"]);
    assert_eq!(fs::read(patient.database()).unwrap(), before);
}
