//! What goes in comes out.

use super::*;
use crate::audio::HeadHash;
use crate::feature::Depth;
use crate::feature::catalogue::Families;

#[test]
fn a_row_comes_back_as_it_was_stored() {
    let (_dir, path) = place();
    let store = open(&path);
    let (id, track_id) = stored(&store, analysed("/m/a.ogg", 7));
    let row = store.readers().row_by_path(Path::new("/m/a.ogg")).unwrap().unwrap();
    assert_eq!(Some(&row), store.readers().row_by_id(id).unwrap().as_ref());
    assert_eq!((row.file, row.track), (id, Some(track_id)));
    assert_eq!(row.get("path"), Some(&Value::Text(Some("/m/a.ogg".into()))));
    assert_eq!(row.get("artist"), Some(&Value::Text(Some("Änne \0 '".into()))));
    assert_eq!(row.get("year"), Some(&Value::Integer(Some(1969))));
    assert_eq!(row.get("compilation"), Some(&Value::Integer(Some(1))));
    assert_eq!(row.get("tag_bpm"), Some(&Value::Real(Some(120.5))));
    assert_eq!(row.get("album"), Some(&Value::Text(None)));
    assert_eq!(row.get("codec"), Some(&Value::Text(Some("vorbis".into()))));
    for family in Family::ALL {
        let record = record(family, 7);
        for (field, value) in family.fields().iter().zip(&record.values) {
            assert_eq!(row.get(field.name), Some(value), "{}", field.name);
        }
    }
    let names: Vec<_> = row.columns.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, column_names());
    let json = serde_json::to_value(&row).unwrap();
    assert_eq!(json["title"], "title 7");
    assert!(json["album"].is_null());
}

#[test]
fn what_is_undefined_or_not_finite_is_null() {
    let (_dir, path) = place();
    let store = open(&path);
    let records = Family::ALL.map(|family| Record {
        family,
        values: family
            .fields()
            .iter()
            .map(|field| match field.kind {
                Kind::Real => Value::Real(Some(f64::NAN)),
                Kind::Vector => Value::Vector(Some(vec![f32::INFINITY])),
                kind => Value::undefined(kind),
            })
            .collect(),
    });
    let op = Op::Analysed { file: file("/a", 1), track: track(1), records: records.into() };
    stored(&store, op);
    let row = store.readers().row_by_path(Path::new("/a")).unwrap().unwrap();
    for field in Family::ALL.iter().flat_map(|family| family.fields()) {
        assert_eq!(row.get(field.name), Some(&Value::undefined(field.kind)), "{}", field.name);
    }
}

#[test]
fn a_record_that_does_not_fit_is_refused_alone() {
    let (_dir, path) = place();
    let store = open(&path);
    let values = vec![Value::Real(None); Family::Rhythm.fields().len() + 1];
    let bad = Record { family: Family::Rhythm, values };
    let good = store.writer().submit(analysed("/good", 1)).unwrap();
    let op = Op::Analysed { file: file("/bad", 2), track: track(2), records: vec![bad] };
    let bad = store.writer().submit(op).unwrap();
    let after = store.writer().submit(analysed("/after", 3)).unwrap();
    assert!(good.wait().is_ok());
    assert!(matches!(bad.wait(), Err(StoreError::Record { .. })));
    assert!(after.wait().is_ok());
    assert_eq!(store.readers().file_state(Path::new("/bad")).unwrap(), FileState::default());
    assert_eq!(store.stats().writer.refused, 1);
}

#[test]
fn an_operation_that_sqlite_refuses_leaves_nothing_half() {
    let (_dir, path) = place();
    let store = open(&path);
    let op = Op::Link { file: file("/a", 1), track: TrackId(4711), replaces: None };
    assert!(matches!(store.writer().call(op), Err(StoreError::Sql { .. })), "no such track");
    assert_eq!(store.readers().file_state(Path::new("/a")).unwrap(), FileState::default());
    stored(&store, analysed("/a", 1));
}

#[test]
fn families_go_stale_one_by_one() {
    let (_dir, path) = place();
    let store = open(&path);
    let some = vec![record(Family::Tonal, 1), record(Family::Signal, 1)];
    let op = Op::Analysed { file: file("/a", 1), track: track(1), records: some };
    let (_, id) = stored(&store, op);
    let here = |family: &Family| matches!(family, Family::Tonal | Family::Signal);
    let stale: Families = Family::ALL.into_iter().filter(|family| !here(family)).collect();
    let depth = Depth::Full;
    let known = KnownTrack { track: id, stale, depth };
    assert_eq!(store.readers().track_by_payload(&payload(1)).unwrap(), Some(known));
    assert_eq!(store.readers().file_state(Path::new("/a")).unwrap().track, Some(known));
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute("UPDATE tonal SET version = 0", []).unwrap();
    let known = KnownTrack { track: id, stale: stale.with(Family::Tonal), depth };
    assert_eq!(store.readers().track(id).unwrap(), Some(known));
    stored(&store, analysed("/a", 1));
    let known = KnownTrack { track: id, stale: Families::NONE, depth };
    assert_eq!(store.readers().track(id).unwrap(), Some(known), "and are filled in");
    other.execute("UPDATE timbre SET version = 0", []).unwrap();
    let stale = [Family::Timbre, Family::Perceptual, Family::Similarity].into_iter().collect();
    let known = KnownTrack { track: id, stale, depth };
    assert_eq!(store.readers().track(id).unwrap(), Some(known), "with what is derived of it");
}

#[test]
fn one_payload_in_two_files_is_one_track() {
    let (_dir, path) = place();
    let store = open(&path);
    let (first, track_id) = stored(&store, analysed("/a", 1));
    let (second, same) = {
        let op = Op::Analysed { file: file("/b", 2), track: track(1), records: vec![] };
        stored(&store, op)
    };
    assert_eq!(track_id, same);
    assert_ne!(first, second);
    let files = store.readers().files_of_track(track_id).unwrap();
    assert_eq!(files.iter().map(|file| file.id).collect::<Vec<_>>(), [first, second]);
    assert!(store.readers().head_is_known(&HeadHash([1; 16])).unwrap());
    assert!(!store.readers().head_is_known(&HeadHash([9; 16])).unwrap());
}

#[test]
fn a_moved_file_keeps_its_row() {
    let (_dir, path) = place();
    let store = open(&path);
    let (id, track) = stored(&store, analysed("/old", 1));
    let op = Op::Moved { file: id, path: "/new".into(), stamp: stamp(2) };
    store.writer().call(op).unwrap();
    let state = store.readers().file_state(Path::new("/new")).unwrap();
    assert_eq!(state.file, Some((id, stamp(2), Status::Ok)));
    assert_eq!(store.readers().file_state(Path::new("/old")).unwrap().file, None);
    let op = Op::Link { file: file("/newer", 3), track, replaces: Some(id) };
    assert_eq!(stored(&store, op), (id, track), "also when its tags were read again");
}

#[test]
fn a_row_is_never_moved_over_another() {
    let (_dir, path) = place();
    let store = open(&path);
    let (a, _) = stored(&store, analysed("/a", 1));
    let (b, track) = stored(&store, analysed("/b", 2));
    store.writer().call(Op::Moved { file: a, path: "/b".into(), stamp: stamp(1) }).unwrap();
    assert_eq!(store.readers().file_state(Path::new("/a")).unwrap().file.unwrap().0, a);
    let op = Op::Link { file: file("/b", 2), track, replaces: Some(a) };
    assert_eq!(stored(&store, op).0, b);
}

#[cfg(unix)]
#[test]
fn names_of_any_bytes_are_kept() {
    use std::os::unix::ffi::OsStrExt;
    let (_dir, path) = place();
    let store = open(&path);
    let long = [b'x'; 255];
    for (seed, name) in
        [&b"\xFF\xFE\x80"[..], b"a\nb'\"%_", &long, "ä日".as_bytes()].iter().enumerate()
    {
        let name = Path::new("/m").join(std::ffi::OsStr::from_bytes(name));
        stored(&store, analysed(&name, seed as u64));
        assert_eq!(store.readers().row_by_path(&name).unwrap().unwrap().path, name);
    }
    let names: Vec<_> = store.readers().rows().map(|row| row.unwrap().path).collect();
    assert_eq!(names.len(), 4);
    assert!(names.is_sorted_by_key(|name| name.as_os_str().as_bytes().to_vec()));
}

#[test]
fn pages_meet_without_gap_or_overlap() {
    let (_dir, path) = place();
    let store = open(&path);
    for seed in 0..1_100 {
        store.writer().send(analysed(format!("/m/{seed:05}"), seed)).unwrap();
    }
    store.writer().call(Op::Flush).unwrap();
    stored(&store, analysed("/m.mp3", 5_000));
    stored(&store, analysed("/m2/x", 5_001));
    let under: Vec<_> =
        store.readers().files_under(Some(Path::new("/m"))).map(|file| file.unwrap().path).collect();
    let wanted: Vec<_> = (0..1_100).map(|seed| PathBuf::from(format!("/m/{seed:05}"))).collect();
    assert_eq!(under, wanted);
    assert_eq!(store.readers().files_under(None).count(), 1_102);
    assert_eq!(store.readers().rows().flatten().count(), 1_102);
}

#[test]
fn a_failure_keeps_what_is_known_of_an_unchanged_file_only() {
    let (_dir, path) = place();
    let store = open(&path);
    let run = run(&store);
    stored(&store, analysed("/a", 1));
    store.writer().call(failure(run, "/a", 1, FailureKind::Internal)).unwrap();
    let state = store.readers().file_state(Path::new("/a")).unwrap();
    assert_eq!(state.file.unwrap().2, Status::Failed);
    assert!(state.track.is_some() && state.failure.is_some());
    store.writer().call(failure(run, "/a", 2, FailureKind::Damaged)).unwrap();
    assert_eq!(store.readers().file_state(Path::new("/a")).unwrap().track, None, "changed");
    let failures: Vec<_> = store.readers().failures().map(Result::unwrap).collect();
    assert_eq!(failures.len(), 1);
    assert_eq!((failures[0].kind.as_str(), failures[0].stage.as_str()), ("damaged", "decode"));
    stored(&store, analysed("/a", 3));
    let state = store.readers().file_state(Path::new("/a")).unwrap();
    assert_eq!((state.file.unwrap().2, state.failure), (Status::Ok, None));
}

#[test]
fn deaths_are_counted_until_the_file_changes_or_ends_well() {
    let (_dir, path) = place();
    let attempt = |store: &Store, run, seed| {
        let op = Op::Attempt { run, path: "/a".into(), stamp: stamp(seed) };
        store.writer().call(op).unwrap();
    };
    let deaths = |store: &Store| {
        let state = store.readers().file_state(Path::new("/a")).unwrap();
        state.deaths.map(|(deaths, _)| deaths)
    };
    for before in 0..3 {
        let store = open(&path);
        let run = run(&store);
        assert_eq!(deaths(&store), (before > 0).then_some(before));
        attempt(&store, run, 1);
        assert_eq!(deaths(&store), Some(before));
    }
    let store = open(&path);
    let run = run(&store);
    assert_eq!(deaths(&store), Some(3));
    assert_eq!(store.readers().runs(9).unwrap()[1].outcome.as_deref(), Some("died"));
    store.writer().call(failure(run, "/a", 1, FailureKind::Quarantined)).unwrap();
    assert_eq!(deaths(&store), Some(3), "a quarantine lasts");
    attempt(&store, run, 1);
    store.writer().call(Op::Release { path: "/a".into() }).unwrap();
    assert_eq!(deaths(&store), Some(3), "cancelling neither adds nor forgives");
    attempt(&store, run, 2);
    assert_eq!(deaths(&store), Some(0), "another content");
    stored(&store, analysed("/a", 2));
    assert_eq!(deaths(&store), None);
}

#[test]
fn a_cancelled_file_is_no_death() {
    let (_dir, path) = place();
    let store = open(&path);
    let op = Op::Attempt { run: run(&store), path: "/a".into(), stamp: stamp(1) };
    store.writer().call(op).unwrap();
    store.writer().call(Op::Release { path: "/a".into() }).unwrap();
    run(&store);
    assert_eq!(store.readers().file_state(Path::new("/a")).unwrap().deaths, None);
}

#[test]
fn prune_removes_what_is_missing_and_what_nobody_points_to() {
    let (_dir, path) = place();
    let store = open(&path);
    let run = run(&store);
    let (a, _) = stored(&store, analysed("/a", 1));
    let (b, shared) = stored(&store, analysed("/b", 2));
    stored(&store, Op::Link { file: file("/c", 3), track: shared, replaces: None });
    store.writer().call(failure(run, "/b", 2, FailureKind::Io)).unwrap();
    let missing = Op::Missing(vec![a, b]);
    assert_eq!(store.writer().call(missing.clone()).unwrap(), Reply::Count(2));
    assert_eq!(store.writer().call(missing).unwrap(), Reply::Count(0), "known to be");
    assert_eq!(store.readers().rows().count(), 1);
    assert_eq!(store.readers().files_under(None).count(), 3, "marked, not removed");
    assert_eq!(store.writer().call(Op::Prune).unwrap(), Reply::Count(2));
    assert_eq!(store.readers().files_under(None).count(), 1);
    assert_eq!(store.readers().failures().count(), 0);
    assert_eq!(store.readers().track_by_payload(&payload(1)).unwrap(), None);
    assert!(store.readers().track_by_payload(&payload(2)).unwrap().is_some(), "still in /c");
    let conn = rusqlite::Connection::open(&path).unwrap();
    for family in Family::ALL {
        let sql = format!("SELECT count(*) FROM {}", family.as_str());
        assert_eq!(conn.query_row(&sql, [], |row| row.get::<_, i64>(0)).unwrap(), 1);
    }
}

#[test]
fn a_missing_file_that_returns_is_as_it_was() {
    let (_dir, path) = place();
    let store = open(&path);
    let run = run(&store);
    let (good, _) = stored(&store, analysed("/good", 1));
    store.writer().call(failure(run, "/bad", 2, FailureKind::Damaged)).unwrap();
    let (bad, ..) = store.readers().file_state(Path::new("/bad")).unwrap().file.unwrap();
    store.writer().call(Op::Missing(vec![good, bad])).unwrap();
    for (file, name, seed, status) in
        [(good, "/good", 1, Status::Ok), (bad, "/bad", 2, Status::Failed)]
    {
        let (path, stamp) = (name.into(), stamp(seed));
        store.writer().call(Op::Moved { file, path, stamp }).unwrap();
        let state = store.readers().file_state(Path::new(name)).unwrap();
        assert_eq!(state.file, Some((file, stamp, status)));
    }
}

#[test]
fn scan_failures_are_forgotten_where_the_next_run_looks_again() {
    let (_dir, path) = place();
    let store = open(&path);
    let first = run(&store);
    for name in ["/m", "/m/a", "/n/b"] {
        let op = Op::Failed(Failure {
            run: first,
            path: name.into(),
            stamp: None,
            stage: Stage::Scan,
            kind: FailureKind::Io,
            message: "permission denied".into(),
        });
        store.writer().call(op).unwrap();
    }
    store.writer().call(failure(first, "/m/broken.mp3", 1, FailureKind::Damaged)).unwrap();
    let start = RunStart { args: String::new(), roots: vec!["/m".into()] };
    store.writer().call(Op::BeginRun(start)).unwrap();
    let left: Vec<_> = store.readers().failures().map(|failure| failure.unwrap().path).collect();
    assert_eq!(left, [Path::new("/m/broken.mp3"), Path::new("/n/b")]);
    assert_eq!(store.readers().files_under(None).count(), 1, "a directory is no file");
}

#[test]
fn the_library_at_a_glance() {
    let (_dir, path) = place();
    let store = open(&path);
    let run = run(&store);
    for seed in 0..20 {
        stored(&store, analysed(format!("/{seed}"), seed));
    }
    store.writer().call(failure(run, "/x", 100, FailureKind::Damaged)).unwrap();
    let (gone, ..) = store.readers().file_state(Path::new("/0")).unwrap().file.unwrap();
    store.writer().call(Op::Missing(vec![gone])).unwrap();
    let glance = store.readers().glance(None).unwrap();
    assert_eq!((glance.files, glance.ok, glance.failed, glance.missing), (21, 19, 1, 1));
    assert_eq!((glance.tracks, glance.artists, glance.albums), (20, 1, 0));
    assert!((glance.audio_s - 19.0 * 180.0).abs() < 1e-6);
    assert_eq!(glance.file_bytes, (1..20).map(|n| 1_000 + n).sum::<u64>() + 1_100);
    assert!(glance.database_bytes > 0);
    assert_eq!(glance.codecs.len(), 1);
    assert_eq!((glance.codecs[0].name.as_str(), glance.codecs[0].files), ("vorbis", 19));
    assert_eq!((glance.failures[0].name.as_str(), glance.failures[0].files), ("damaged", 1));
    for histogram in &glance.histograms {
        assert_eq!(histogram.bars.iter().map(|(_, files)| files).sum::<u64>(), 19);
    }
    for (_, shares) in &glance.named {
        assert_eq!(shares.iter().map(|share| share.files).sum::<u64>(), 19);
    }
    assert_eq!(Readers::empty().unwrap().glance(None).unwrap().files, 0);
}

#[test]
fn a_run_is_kept_with_its_counts() {
    let (_dir, path) = place();
    let store = open(&path);
    let run = run(&store);
    let counts = RunCounts { scanned: 9, analysed: 8, failed: 1, ..RunCounts::default() };
    let end = RunEnd { run, counts, audio_s: 12.5, outcome: "failures" };
    store.writer().call(Op::EndRun(end)).unwrap();
    let row = store.readers().runs(1).unwrap().remove(0);
    assert_eq!((row.scanned, row.analysed, row.failed, row.unchanged), (9, 8, 1, 0));
    assert_eq!(row.outcome.as_deref(), Some("failures"));
    assert!(row.finished_at.unwrap() >= row.started_at);
}

#[test]
fn what_was_heard_in_excerpts_never_replaces_what_was_heard_as_a_whole() {
    let (_dir, path) = place();
    let store = open(&path);
    let heard = |depth, seed| {
        let track = TrackFacts { depth, ..track(1) };
        Op::Analysed { file: file("/a", 1), track, records: records(seed) }
    };
    let stored = || {
        let row = store.readers().row_by_path(Path::new("/a")).unwrap().unwrap();
        (row.get("depth").cloned(), row.get("bpm").cloned())
    };
    let call = |op| store.writer().call(op).unwrap();
    call(heard(Depth::Quick, 1));
    let quick = stored();
    assert_eq!(quick.0, Some(Value::Text(Some("quick".into()))));
    call(heard(Depth::Full, 2));
    let full = stored();
    assert!(full.0 == Some(Value::Text(Some("full".into()))) && full.1 != quick.1, "{full:?}");
    let Reply::Stored { .. } = call(heard(Depth::Quick, 3)) else { panic!("stored as a file") };
    assert_eq!(stored(), full);
}

#[test]
fn what_is_due_depends_on_how_much_was_heard() {
    let stale = Families::NONE.with(Family::Tonal).with(Family::Waveform);
    let of = |depth| KnownTrack { track: TrackId(1), stale, depth };
    let (full, quick) = (of(Depth::Full), of(Depth::Quick));
    assert_eq!(full.due(Depth::Full, false), stale);
    assert_eq!(full.due(Depth::Quick, true), Families::NONE, "not even anew");
    assert_eq!(quick.due(Depth::Full, false), Families::all());
    assert_eq!(quick.due(Depth::Quick, false), Families::NONE.with(Family::Tonal));
    assert_eq!(quick.due(Depth::Quick, true), Depth::Quick.families());
}
