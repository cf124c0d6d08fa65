//! Opening a database: looked at before it is touched, set up once before the pools open.

use super::error::StoreError;
use super::lock::Lock;
use super::pool::Readers;
use super::schema::{self, Age};
use super::stats::StoreStats;
use super::writer::{Pooled, Writer};
use rusqlite::{Connection, OpenFlags};
use std::fmt::Write as _;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How long an opening program waits for a lock that another holds.
const OPENING: Duration = Duration::from_secs(3);

/// How a store works.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Most read connections.
    pub readers: u32,
    /// How long the writer tries when another program keeps the database locked.
    pub patience: Duration,
    /// Operations after which a batch is committed.
    pub batch_ops: usize,
    /// Time after which a batch is committed.
    pub batch_time: Duration,
    /// Most pages of the database; 0 is SQLite's own limit. Stands for a full disk in tests.
    pub(super) max_pages: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            readers: 4,
            patience: Duration::from_secs(30),
            batch_ops: 64,
            batch_time: Duration::from_millis(500),
            max_pages: 0,
        }
    }
}

/// A database open for analysing. There is one at a time for a file.
pub struct Store {
    // Dropped in this order: the last connection closed is the writer's, which folds the
    // write-ahead log into the database.
    readers: Readers,
    writer: Writer,
    thread: Option<std::thread::JoinHandle<Pooled>>,
    // Never locked: it makes a connection, which one thread at a time may use, fit to be shared.
    last: Mutex<Option<Pooled>>,
    _lock: Lock,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("readers", &self.readers).finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the database at `path`, makes it if there is none, brings it up to date, and starts
    /// the writer.
    ///
    /// # Errors
    /// One for each way a file can be unfit; see [`StoreError`]. A file that is not ours is not
    /// changed.
    pub fn open(path: &Path, options: &Options) -> Result<Self, StoreError> {
        make_home(path)?;
        verify(path)?;
        let lock = Lock::take(path)?;
        prepare(path)?;
        let (writer, thread) = Writer::start(path, options)?;
        let readers = Readers::open(path, options.readers)?;
        Ok(Self { readers, writer, thread: Some(thread), last: Mutex::default(), _lock: lock })
    }

    /// The readers.
    pub fn readers(&self) -> &Readers {
        &self.readers
    }

    /// The writer.
    pub fn writer(&self) -> &Writer {
        &self.writer
    }

    /// What it has done so far.
    pub fn stats(&self) -> StoreStats {
        StoreStats { readers: self.readers.stats(), writer: self.writer.stats() }
    }

    /// Commits what is waiting and closes the database.
    ///
    /// # Errors
    /// The error the writer died of.
    pub fn close(mut self) -> Result<StoreStats, StoreError> {
        self.stop()?;
        Ok(self.stats())
    }

    fn stop(&mut self) -> Result<(), StoreError> {
        let Some(thread) = self.thread.take() else { return Ok(()) };
        let stopped = self.writer.stop();
        // A panic of the writer has been told to everybody who waited for it.
        self.last = Mutex::new(thread.join().ok());
        stopped
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        if let Err(error) = self.stop() {
            tracing::error!("closing the database: {error}");
        }
    }
}

/// Makes the directory of a database.
fn make_home(path: &Path) -> Result<(), StoreError> {
    match path.parent().map(std::fs::create_dir_all) {
        None | Some(Ok(())) => Ok(()),
        Some(Err(error)) => Err(match error.kind() {
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
                StoreError::ReadOnly { path: path.to_path_buf() }
            }
            _ => StoreError::Open { path: path.to_path_buf(), source: Arc::new(error) },
        }),
    }
}

/// Looks at the file, if there is one, through a connection that cannot change it.
fn verify(path: &Path) -> Result<Age, StoreError> {
    match path.metadata() {
        Ok(metadata) if metadata.len() == 0 && metadata.is_file() => Ok(Age::Empty),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Age::Empty),
        Ok(metadata) if metadata.is_file() => {
            let conn = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
            schema::examine(&conn, path).map_err(waited)
        }
        // Opening a FIFO would wait for ever.
        Ok(_) => {
            let source = Arc::new(std::io::Error::other("it is not a regular file"));
            Err(StoreError::Open { path: path.to_path_buf(), source })
        }
        Err(error) => Err(StoreError::Open { path: path.to_path_buf(), source: Arc::new(error) }),
    }
}

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, StoreError> {
    Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)
        .and_then(|conn| conn.busy_timeout(OPENING).map(|()| conn))
        .map_err(|error| StoreError::from_sql(path, "opening it", error))
}

/// Notes how long SQLite itself has waited for a lock.
fn waited(error: StoreError) -> StoreError {
    match error {
        StoreError::Locked { path, .. } => {
            StoreError::Locked { path, waited_s: OPENING.as_secs_f64() }
        }
        other => other,
    }
}

/// Brings the database up to date and into WAL mode, which it keeps.
fn prepare(path: &Path) -> Result<(), StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    let mut conn = connect(path, flags)?;
    if conn.is_readonly("main").unwrap_or(false) {
        return Err(StoreError::ReadOnly { path: path.to_path_buf() });
    }
    let age = schema::examine(&conn, path).map_err(waited)?;
    // The journal first: with the log a new database costs few waits for the disk.
    conn.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))
        .and_then(|()| conn.execute_batch("PRAGMA synchronous = NORMAL"))
        .map_err(|error| waited(StoreError::from_sql(path, "setting its journal", error)))?;
    match age {
        Age::Current => Ok(()),
        Age::Empty | Age::Older => schema::migrate(&mut conn, path).map_err(waited),
    }
}

/// Name and flags with which the database can be read.
///
/// # Errors
/// [`StoreError::NotFound`] without a database; those of [`schema::examine`].
pub(super) fn for_reading(path: &Path) -> Result<(PathBuf, OpenFlags), StoreError> {
    let absent = |error: &std::io::Error| error.kind() == ErrorKind::NotFound;
    if path.metadata().is_err_and(|error| absent(&error)) {
        return Err(StoreError::NotFound { path: path.to_path_buf() });
    }
    let read_only = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    match verify(path) {
        Ok(Age::Current) => Ok((path.to_path_buf(), read_only)),
        Ok(Age::Empty | Age::Older) => {
            let _lock = Lock::take(path)?;
            prepare(path).map(|()| (path.to_path_buf(), read_only))
        }
        Err(StoreError::Open { .. } | StoreError::ReadOnly { .. })
            if path.is_file() && !has_log(path) =>
        {
            let name = immutable(path);
            let flags = read_only | OpenFlags::SQLITE_OPEN_URI;
            schema::examine(&connect_named(&name, path, flags)?, path)?;
            Ok((name, flags))
        }
        Err(error) => Err(error),
    }
}

/// How long a short change waits for its turn.
const MOMENT: Duration = Duration::from_secs(30);

/// A connection for one short change, beside whoever else writes.
///
/// # Errors
/// Those of [`for_reading`]; [`StoreError::ReadOnly`].
pub(super) fn for_a_moment(path: &Path) -> Result<Connection, StoreError> {
    for_reading(path)?;
    let conn = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    if conn.is_readonly("main").unwrap_or(false) {
        return Err(StoreError::ReadOnly { path: path.to_path_buf() });
    }
    conn.busy_timeout(MOMENT)
        .and_then(|()| conn.execute_batch("PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = 1"))
        .map_err(|error| StoreError::from_sql(path, "opening it", error))?;
    Ok(conn)
}

/// An error of a connection [`for_a_moment`], with the time it has waited.
pub(super) fn in_a_moment(path: &Path, doing: &'static str, error: rusqlite::Error) -> StoreError {
    match StoreError::from_sql(path, doing, error) {
        StoreError::Locked { path, .. } => {
            StoreError::Locked { path, waited_s: MOMENT.as_secs_f64() }
        }
        other => other,
    }
}

/// A connection that changes nothing, to a database of this or an earlier version.
///
/// # Errors
/// [`StoreError::NotFound`] without a database; those of [`schema::examine`].
pub(super) fn to_look(path: &Path) -> Result<Connection, StoreError> {
    if path.metadata().is_err_and(|error| error.kind() == ErrorKind::NotFound) {
        return Err(StoreError::NotFound { path: path.to_path_buf() });
    }
    let read_only = OpenFlags::SQLITE_OPEN_READ_ONLY;
    match verify(path) {
        Ok(Age::Empty) => Err(StoreError::NotADatabase { path: path.to_path_buf() }),
        Ok(_) => connect(path, read_only),
        Err(StoreError::Open { .. } | StoreError::ReadOnly { .. })
            if path.is_file() && !has_log(path) =>
        {
            let flags = read_only | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
            let conn = connect_named(&immutable(path), path, flags)?;
            schema::examine(&conn, path).map(|_| conn)
        }
        Err(error) => Err(error),
    }
}

/// Folds the log of a database into it, and succeeds only if no other connection is open.
///
/// # Errors
/// [`StoreError::Locked`] when there is one.
pub(super) fn alone(path: &Path) -> Result<(), StoreError> {
    let conn = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    conn.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(()))
        .map_err(|error| waited(StoreError::from_sql(path, "closing its log", error)))
}

fn connect_named(name: &Path, path: &Path, flags: OpenFlags) -> Result<Connection, StoreError> {
    Connection::open_with_flags(name, flags)
        .map_err(|error| StoreError::from_sql(path, "opening it", error))
}

/// True when a write-ahead log lies beside the database, without which it is not whole.
fn has_log(path: &Path) -> bool {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    Path::new(&name).metadata().is_ok_and(|log| log.len() > 0)
}

/// The URI by which SQLite reads a database in a directory it cannot write to.
fn immutable(path: &Path) -> PathBuf {
    let mut uri = String::from("file:");
    for &byte in super::path::to_bytes(path).as_ref() {
        if byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri.push_str("?immutable=1");
    uri.into()
}
