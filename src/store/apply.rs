//! Operations of the writer as statements.

use super::answers;
use super::codec;
use super::facts::{FileFacts, FileId, RunId, Stamp, TrackFacts, TrackId, unix_ms};
use super::ops::{Failure, Op, Reply, RunEnd, RunStart};
use super::path::{bounds, to_bytes, to_text};
use super::{StoreError, sql, tags};
use crate::error::FailureKind;
use crate::feature::Depth;
use crate::feature::catalogue::Record;
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, OptionalExtension as _, Params, Result, params, params_from_iter};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Checks what SQL would not: that records fit the catalogue.
pub(super) fn check(op: &Op) -> std::result::Result<(), StoreError> {
    let Op::Analysed { records, .. } = op else { return Ok(()) };
    records.iter().try_for_each(|record| {
        let (family, fields) = (record.family.as_str(), record.family.fields());
        let refuse = |reason| Err(StoreError::Record { family, reason });
        if record.values.len() != fields.len() {
            return refuse("it has another number of values");
        }
        let fits =
            record.values.iter().zip(fields).all(|(value, field)| value.kind() == field.kind);
        if fits { Ok(()) } else { refuse("a value is of another kind") }
    })
}

/// Does one operation within the open transaction.
pub(super) fn apply(conn: &Connection, op: &Op) -> Result<Reply> {
    match op {
        Op::BeginRun(start) => begin_run(conn, start).map(Reply::Run),
        Op::Attempt { run, path, stamp } => attempt(conn, *run, path, *stamp),
        Op::Release { path } => release(conn, path),
        Op::Analysed { file, track, records } => analysed(conn, file, track, records),
        Op::Answered { payload, model, answers: said } => {
            answers::store(conn, payload, model, said).map(|()| Reply::Done)
        }
        Op::Link { file, track, replaces } => link(conn, file, *track, *replaces),
        Op::Moved { file, path, stamp } => moved(conn, *file, path, *stamp),
        Op::Failed(failure) => failed(conn, failure),
        Op::Missing(files) => missing(conn, files),
        Op::Prune => prune(conn),
        Op::PruneOld { before_ms, roots } => prune_old(conn, *before_ms, roots),
        Op::EndRun(end) => end_run(conn, end),
        Op::Flush => Ok(Reply::Done),
    }
}

fn execute(conn: &Connection, sql: &str, params: impl Params) -> Result<u64> {
    conn.prepare_cached(sql)?.execute(params).map(|rows| rows as u64)
}

/// Executes a statement that returns the id of its row.
fn upsert(conn: &Connection, sql: &str, params: impl Params) -> Result<i64> {
    conn.prepare_cached(sql)?.query_row(params, |row| row.get(0))
}

fn begin_run(conn: &Connection, start: &RunStart) -> Result<RunId> {
    execute(conn, sql::BURY_RUNS, [])?;
    execute(conn, sql::COUNT_DEATHS, [])?;
    for root in &start.roots {
        let (low, high) = bounds(Some(root));
        execute(conn, sql::FORGET_SCAN_FAILURES, params![low, high])?;
        execute(conn, sql::FORGET_SCAN_FAILURE, [to_bytes(root)])?;
    }
    let version = env!("CARGO_PKG_VERSION");
    let run = params![unix_ms(), std::process::id(), version, start.args];
    execute(conn, sql::INSERT_RUN, run)?;
    Ok(RunId(conn.last_insert_rowid()))
}

fn end_run(conn: &Connection, end: &RunEnd) -> Result<Reply> {
    let counts = end.counts;
    let row = params![
        end.run.0,
        unix_ms(),
        signed(counts.scanned),
        signed(counts.analysed),
        signed(counts.unchanged),
        signed(counts.linked),
        signed(counts.failed),
        signed(counts.cancelled),
        signed(counts.missing),
        finite(end.audio_s),
        end.outcome
    ];
    execute(conn, sql::END_RUN, row).map(|_| Reply::Done)
}

fn attempt(conn: &Connection, run: RunId, path: &Path, stamp: Stamp) -> Result<Reply> {
    let row = params![to_bytes(path), run.0, unix_ms(), signed(stamp.size), stamp.mtime_ns];
    execute(conn, sql::ATTEMPT, row).map(|_| Reply::Done)
}

fn release(conn: &Connection, path: &Path) -> Result<Reply> {
    let bytes = to_bytes(path);
    execute(conn, sql::FORGET_LIVELY, [&bytes])?;
    execute(conn, sql::RELEASE_ATTEMPT, [&bytes]).map(|_| Reply::Done)
}

/// A file that came to its end has neither attempt nor failure.
fn absolve(conn: &Connection, path: &Path) -> Result<()> {
    let bytes = to_bytes(path);
    execute(conn, sql::FORGET_ATTEMPT, [&bytes])?;
    execute(conn, sql::FORGET_FAILURE, [&bytes]).map(|_| ())
}

fn analysed(
    conn: &Connection,
    file: &FileFacts,
    track: &TrackFacts,
    records: &[Record],
) -> Result<Reply> {
    let track = match heard_whole(conn, track)? {
        Some(track) => track,
        None => store_track(conn, track, records)?,
    };
    let file = upsert_file(conn, file, track)?;
    Ok(Reply::Stored { file, track })
}

/// The track, when it is known as a whole and this is less: what is stored of it stays.
fn heard_whole(conn: &Connection, track: &TrackFacts) -> Result<Option<TrackId>> {
    if track.depth == Depth::Full {
        return Ok(None);
    }
    let mut known = conn.prepare_cached(sql::HEARD_WHOLE)?;
    known.query_row([track.payload.0], |row| row.get(0).map(TrackId)).optional()
}

fn store_track(conn: &Connection, track: &TrackFacts, records: &[Record]) -> Result<TrackId> {
    let track = TrackId(upsert_recording(conn, track)?);
    records.iter().try_for_each(|record| store_record(conn, track, record))?;
    Ok(track)
}

fn link(
    conn: &Connection,
    file: &FileFacts,
    track: TrackId,
    replaces: Option<FileId>,
) -> Result<Reply> {
    if let Some(old) = replaces {
        relocate(conn, old, &file.path)?;
    }
    let file = upsert_file(conn, file, track)?;
    Ok(Reply::Stored { file, track })
}

/// Gives a file another path, unless a row has that path already.
fn relocate(conn: &Connection, file: FileId, path: &Path) -> Result<u64> {
    let bytes = to_bytes(path);
    execute(conn, sql::FORGET_OLD_FAILURE, params![file.0, bytes])?;
    execute(conn, sql::RELOCATE_FILE, params![file.0, bytes, to_text(path)])
}

fn moved(conn: &Connection, file: FileId, path: &Path, stamp: Stamp) -> Result<Reply> {
    relocate(conn, file, path)?;
    let [size, device, inode] = [stamp.size, stamp.device, stamp.inode].map(signed);
    let row = params![file.0, to_bytes(path), size, stamp.mtime_ns, device, inode, unix_ms()];
    execute(conn, sql::RESTAMP_FILE, row).map(|_| Reply::Done)
}

fn store_record(conn: &Connection, track: TrackId, record: &Record) -> Result<()> {
    let key = [Sql::Integer(track.0), Sql::Integer(record.family.version().into())];
    let row = key.into_iter().chain(record.values.iter().map(codec::encode));
    execute(conn, sql::upsert(record.family), params_from_iter(row)).map(|_| ())
}

fn upsert_recording(conn: &Connection, track: &TrackFacts) -> Result<i64> {
    let row = params![
        track.payload.0,
        track.head.map(|head| head.0),
        track.codec,
        track.lossless,
        track.bits_per_sample,
        track.sample_rate_hz,
        track.channels,
        signed(track.frames),
        finite(track.duration_s),
        track.bitrate_bps.map(signed),
        signed(track.damaged_packets),
        unix_ms(),
        track.depth.as_str()
    ];
    upsert(conn, sql::UPSERT_RECORDING, row)
}

pub(super) fn upsert_file(conn: &Connection, file: &FileFacts, track: TrackId) -> Result<FileId> {
    let FileFacts { path, stamp, container, tags } = file;
    let [size, device, inode] = [stamp.size, stamp.device, stamp.inode].map(signed);
    let row = [
        Sql::Blob(to_bytes(path).into_owned()),
        Sql::Text(to_text(path)),
        Sql::Integer(size),
        Sql::Integer(stamp.mtime_ns),
        Sql::Integer(device),
        Sql::Integer(inode),
        Sql::Integer(track.0),
        Sql::Integer(unix_ms()),
        container.clone().map_or(Sql::Null, Sql::Text),
    ];
    let row = row.into_iter().chain(tags::values(tags));
    let id = upsert(conn, &sql::UPSERT_FILE, params_from_iter(row))?;
    absolve(conn, path)?;
    Ok(FileId(id))
}

fn failed(conn: &Connection, failure: &Failure) -> Result<Reply> {
    let (bytes, text, now) = (to_bytes(&failure.path), to_text(&failure.path), unix_ms());
    if let Some(stamp) = failure.stamp {
        let [size, device, inode] = [stamp.size, stamp.device, stamp.inode].map(signed);
        let row = params![bytes, text, size, stamp.mtime_ns, device, inode, now];
        execute(conn, sql::FAIL_FILE, row)?;
    }
    if failure.kind != FailureKind::Quarantined {
        execute(conn, sql::FORGET_ATTEMPT, [&bytes])?;
    }
    let row = params![
        bytes,
        text,
        failure.stage.as_str(),
        failure.kind.as_str(),
        failure.message,
        now,
        failure.stamp.map(|stamp| signed(stamp.size)),
        failure.stamp.map(|stamp| stamp.mtime_ns),
        failure.run.0
    ];
    execute(conn, sql::UPSERT_FAILURE, row).map(|_| Reply::Done)
}

fn missing(conn: &Connection, files: &[FileId]) -> Result<Reply> {
    let now = unix_ms();
    let mark = |file: &FileId| execute(conn, sql::MARK_MISSING, params![file.0, now]);
    files.iter().map(mark).sum::<Result<u64>>().map(Reply::Count)
}

fn prune(conn: &Connection) -> Result<Reply> {
    execute(conn, sql::PRUNE_FAILURES, [])?;
    execute(conn, sql::PRUNE_ATTEMPTS, [])?;
    let files = execute(conn, sql::PRUNE_FILES, [])?;
    execute(conn, sql::PRUNE_TRACKS, [])?;
    Ok(Reply::Count(files))
}

fn prune_old(conn: &Connection, before_ms: i64, roots: &[PathBuf]) -> Result<Reply> {
    let mut files = 0;
    for root in roots {
        let (low, high) = bounds(Some(root));
        let present: BTreeSet<i64> = conn
            .prepare_cached(sql::DEVICES)?
            .query_map(params![low, high], |row| row.get(0))?
            .collect::<Result<_>>()?;
        let gone: Vec<(i64, Vec<u8>, i64)> = conn
            .prepare_cached(sql::LONG_GONE)?
            .query_map(params![low, high, before_ms], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })?
            .collect::<Result<_>>()?;
        for (file, path, _) in gone.iter().filter(|(.., device)| present.contains(device)) {
            execute(conn, sql::FORGET_FAILURE, [path])?;
            execute(conn, sql::FORGET_ATTEMPT, [path])?;
            files += execute(conn, sql::FORGET_FILE, [file])?;
        }
    }
    if files > 0 {
        execute(conn, sql::PRUNE_TRACKS, [])?;
    }
    Ok(Reply::Count(files))
}

/// Unsigned numbers are kept by their bits: only device and inode ever pass the middle.
fn signed(n: u64) -> i64 {
    n as i64
}

/// Lengths are measured, never undefined; a caller's slip must not cost the row.
fn finite(x: f64) -> f64 {
    if x.is_finite() { x } else { 0.0 }
}
