//! The pool of read-only connections.

use super::error::StoreError;
use super::open;
use super::stats::PoolStats;
use r2d2::{Pool, PooledConnection};
use r2d2_sqlite::SqliteConnectionManager;
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How long a reader waits for a connection, and a connection for a lock.
const PATIENCE: Duration = Duration::from_secs(10);

/// A small page cache (256 `KiB` a connection): the system's own cache holds the file anyway. A
/// reader never writes, whatever statement it is given.
const READER: &str = "PRAGMA query_only = 1; PRAGMA cache_size = -256; PRAGMA mmap_size = 0;";

/// Readers of a database; clones share the pool.
#[derive(Clone)]
pub struct Readers {
    inner: Arc<Inner>,
}

struct Inner {
    path: PathBuf,
    pool: Pool<SqliteConnectionManager>,
    taken: AtomicU64,
    waits: AtomicU64,
}

impl std::fmt::Debug for Readers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Readers").field("path", &self.inner.path).finish_non_exhaustive()
    }
}

impl Readers {
    /// Opens the database at `path` for reading, with up to `readers` connections.
    ///
    /// A database of an earlier version is brought up to date first. One that lies on a read-only
    /// disk is read as it is.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] without a database; the others of [`StoreError`] for a file that
    /// is none of ours.
    pub fn open(path: &Path, readers: u32) -> Result<Self, StoreError> {
        let (name, flags) = open::for_reading(path)?;
        Ok(Self::pooled(path, SqliteConnectionManager::file(name).with_flags(flags), readers))
    }

    /// Readers of a database without rows, held in memory.
    pub fn empty() -> Result<Self, StoreError> {
        let path = Path::new(":memory:");
        super::schema::migrate(&mut in_memory(path)?, path)?;
        let manager = SqliteConnectionManager::file(path).with_init(|conn| {
            super::fold::register(conn)?;
            // It has just succeeded on another connection.
            super::schema::migrate(conn, Path::new(":memory:"))
                .map_err(|_| rusqlite::Error::InvalidQuery)
        });
        Ok(Self::build(path, manager, 1))
    }

    fn pooled(path: &Path, manager: SqliteConnectionManager, readers: u32) -> Self {
        let manager = manager.with_init(|conn| {
            conn.busy_timeout(PATIENCE)?;
            super::fold::register(conn)?;
            conn.execute_batch(READER)
        });
        Self::build(path, manager, readers)
    }

    /// The connections are made when they are first asked for.
    fn build(path: &Path, manager: SqliteConnectionManager, readers: u32) -> Self {
        let pool = Pool::builder()
            .max_size(readers.max(1))
            .min_idle(Some(0))
            .max_lifetime(None)
            .idle_timeout(None)
            .test_on_check_out(false)
            .connection_timeout(PATIENCE)
            .error_handler(Box::new(r2d2::NopErrorHandler))
            .build_unchecked(manager);
        let (taken, waits) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { inner: Arc::new(Inner { path: path.to_path_buf(), pool, taken, waits }) }
    }

    /// Takes a connection, waiting for one if all are in use.
    pub(super) fn get(&self) -> Result<PooledConnection<SqliteConnectionManager>, StoreError> {
        let inner = &self.inner;
        inner.taken.fetch_add(1, Ordering::Relaxed);
        if let Some(conn) = inner.pool.try_get() {
            return Ok(conn);
        }
        if inner.pool.state().connections >= inner.pool.max_size() {
            inner.waits.fetch_add(1, Ordering::Relaxed);
        }
        inner.pool.get().map_err(|_| StoreError::Busy { path: inner.path.clone() })
    }

    /// Takes a connection for `read` and names errors after what is being done.
    pub(super) fn with<T>(
        &self,
        doing: &'static str,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let conn = self.get()?;
        read(&conn).map_err(|error| StoreError::from_sql(&self.inner.path, doing, error))
    }

    /// The state of the pool.
    pub fn stats(&self) -> PoolStats {
        let state = self.inner.pool.state();
        PoolStats {
            size: self.inner.pool.max_size(),
            connections: state.connections,
            in_use: state.connections.saturating_sub(state.idle_connections),
            taken: self.inner.taken.load(Ordering::Relaxed),
            waits: self.inner.waits.load(Ordering::Relaxed),
        }
    }
}

fn in_memory(path: &Path) -> Result<Connection, StoreError> {
    Connection::open_in_memory()
        .map_err(|error| StoreError::from_sql(path, "opening it in memory", error))
}
