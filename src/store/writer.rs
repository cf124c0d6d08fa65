//! The thread that writes.
//!
//! Operations come through a bounded queue and are committed in batches: when a batch is full,
//! when it is old enough, or when somebody waits for its end. An operation that does not fit is
//! refused alone; when the disk or the database fails, the batch is taken back, everybody who
//! waits is told, and the writer stops.

use super::apply;
use super::commit::Patience;
use super::error::StoreError;
use super::open::Options;
use super::ops::{Op, Reply};
use super::stats::{Latencies, WriterStats};
use crate::system::thread_cpu_time;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use r2d2::{Pool, PooledConnection};
use r2d2_sqlite::SqliteConnectionManager;
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Operations that may wait. An analysed file is some tens of kilobytes.
const QUEUE: usize = 32;

/// How long the write connection may take to open.
const OPENING: Duration = Duration::from_secs(5);

/// How often who waits looks whether the thread still lives.
const LOOK_UP: Duration = Duration::from_millis(100);

/// One page cache of 1 `MiB`; what a savepoint would put back, a file's pages, is kept in memory and not in a
/// temporary file; the log is cut back to 8 `MiB` when it is folded in; `NORMAL` loses no
/// consistency on power failure in WAL mode, at most the last commits.
const SET_UP: &str = "PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = 1; \
                      PRAGMA cache_size = -1024; PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY; \
                      PRAGMA journal_size_limit = 8388608;";

/// The write connection.
pub(super) type Pooled = PooledConnection<SqliteConnectionManager>;

type Answer = Sender<Result<Reply, StoreError>>;

/// When an operation is to be committed, and who is told.
#[derive(Debug)]
enum Delivery {
    /// With its batch; nobody waits.
    Quiet,
    /// With its batch.
    Batched(Answer),
    /// As soon as the queue is empty.
    Now(Answer),
}

#[derive(Debug)]
enum Message {
    Do(Box<Op>, Delivery),
    Stop,
}

/// What the thread shares with the handles.
#[derive(Debug)]
struct Shared {
    path: PathBuf,
    death: OnceLock<StoreError>,
    ended: AtomicBool,
    tally: Mutex<(WriterStats, Latencies)>,
}

impl Shared {
    fn tally(&self) -> MutexGuard<'_, (WriterStats, Latencies)> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why the writer does not answer.
    fn cause(&self) -> StoreError {
        let closed = || StoreError::Closed { path: self.path.clone() };
        self.death.get().cloned().unwrap_or_else(closed)
    }
}

/// The handle of the writer; clones share its queue.
#[derive(Clone, Debug)]
pub struct Writer {
    queue: Sender<Message>,
    shared: Arc<Shared>,
}

/// An answer that is still to come.
#[derive(Debug)]
pub struct Pending {
    answer: Receiver<Result<Reply, StoreError>>,
    shared: Arc<Shared>,
}

impl Pending {
    /// Waits for the commit.
    ///
    /// # Errors
    /// Why the operation was refused, or what the writer died of.
    pub fn wait(self) -> Result<Reply, StoreError> {
        loop {
            // An operation queued while the thread was ending is never looked at, so nobody tells
            // that there will be no answer.
            let ended = self.shared.ended.load(Ordering::Acquire);
            match self.answer.recv_timeout(if ended { Duration::ZERO } else { LOOK_UP }) {
                Ok(answer) => return answer,
                Err(RecvTimeoutError::Timeout) if !ended => {}
                Err(_) => return Err(self.shared.cause()),
            }
        }
    }
}

impl Writer {
    /// Opens the write connection and starts the thread.
    pub(super) fn start(
        path: &Path,
        options: &Options,
    ) -> Result<(Self, JoinHandle<Pooled>), StoreError> {
        let conn = connect(path, options)?;
        let (queue, messages) = bounded(QUEUE);
        let tally = Mutex::default();
        let shared = Arc::new(Shared {
            path: path.into(),
            death: OnceLock::new(),
            ended: AtomicBool::new(false),
            tally,
        });
        let patience = Patience::new(path.into(), options.patience);
        let thread =
            Thread { conn, messages, shared: Arc::clone(&shared), patience, options: *options };
        let handle = std::thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || thread.run())
            .map_err(|error| StoreError::Open { path: path.into(), source: Arc::new(error) })?;
        Ok((Self { queue, shared }, handle))
    }

    /// Queues an operation; waits while the queue is full.
    ///
    /// # Errors
    /// What the writer died of.
    pub fn send(&self, op: Op) -> Result<(), StoreError> {
        self.post(op, Delivery::Quiet)
    }

    /// Queues an operation whose answer comes after the commit of its batch.
    ///
    /// # Errors
    /// What the writer died of.
    pub fn submit(&self, op: Op) -> Result<Pending, StoreError> {
        self.expect(op, Delivery::Batched)
    }

    /// Has an operation, and all before it, committed at once, and waits for the answer.
    ///
    /// # Errors
    /// Why the operation was refused, or what the writer died of.
    pub fn call(&self, op: Op) -> Result<Reply, StoreError> {
        self.expect(op, Delivery::Now)?.wait()
    }

    fn expect(&self, op: Op, delivery: fn(Answer) -> Delivery) -> Result<Pending, StoreError> {
        let (sender, answer) = bounded(1);
        self.post(op, delivery(sender))?;
        Ok(Pending { answer, shared: Arc::clone(&self.shared) })
    }

    fn post(&self, op: Op, delivery: Delivery) -> Result<(), StoreError> {
        if let Some(error) = self.shared.death.get() {
            return Err(error.clone());
        }
        self.queue.send(Message::Do(Box::new(op), delivery)).map_err(|_| self.shared.cause())?;
        let waiting = self.queue.len() as u64;
        let mut tally = self.shared.tally();
        tally.0.queue_max = tally.0.queue_max.max(waiting);
        Ok(())
    }

    /// What it has done so far.
    pub fn stats(&self) -> WriterStats {
        let tally = self.shared.tally();
        let (stats, latencies) = &*tally;
        WriterStats {
            commit_p50_ms: latencies.percentile(0.5),
            commit_p95_ms: latencies.percentile(0.95),
            ..*stats
        }
    }

    /// Has everything committed and the thread end.
    pub(super) fn stop(&self) -> Result<(), StoreError> {
        let flushed = self.call(Op::Flush).map(|_| ());
        let _ = self.queue.send(Message::Stop);
        flushed
    }
}

/// A pool of one: the connection is made the same way as those of the readers.
fn connect(path: &Path, options: &Options) -> Result<Pooled, StoreError> {
    let max_pages = options.max_pages;
    let manager = SqliteConnectionManager::file(path).with_init(move |conn| {
        // Waiting is counted, and done by `Patience`.
        conn.busy_timeout(Duration::ZERO)?;
        conn.set_prepared_statement_cache_capacity(64);
        conn.execute_batch(SET_UP)?;
        match max_pages {
            0 => Ok(()),
            pages => conn.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(())),
        }
    });
    let pool = Pool::builder()
        .max_size(1)
        .max_lifetime(None)
        .idle_timeout(None)
        .test_on_check_out(false)
        .connection_timeout(OPENING)
        .error_handler(Box::new(r2d2::NopErrorHandler));
    let opened = pool.build(manager).and_then(|pool| pool.get());
    opened.map_err(|error| StoreError::Open { path: path.into(), source: Arc::new(error) })
}

/// The thread's own state.
struct Thread {
    conn: Pooled,
    messages: Receiver<Message>,
    shared: Arc<Shared>,
    patience: Patience,
    options: Options,
}

/// What a batch has done and whom it owes an answer.
#[derive(Default)]
struct Batch {
    operations: u64,
    refused: u64,
    owed: Vec<(Answer, Result<Reply, StoreError>)>,
    urgent: bool,
    stop: bool,
}

impl Thread {
    /// Works until it is stopped or dies; then gives the connection back.
    fn run(mut self) -> Pooled {
        let _end = End(Arc::clone(&self.shared));
        while let Ok(message) = self.messages.recv() {
            let Message::Do(op, delivery) = message else { break };
            match self.batch(*op, delivery) {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    self.die(&error);
                    break;
                }
            }
        }
        self.conn
    }

    /// Writes one batch; true when there may be another.
    fn batch(&mut self, first: Op, delivery: Delivery) -> Result<bool, StoreError> {
        let mut batch = Batch::default();
        let written = self.write(&mut batch, first, delivery);
        if let Err(error) = &written {
            // Before anybody is told: who then asks for more must be refused.
            let _ = self.shared.death.set(error.clone());
            // SQLite may have rolled back already; then this one fails, as it should.
            let _ = self.conn.execute_batch("ROLLBACK");
            batch.owed.iter_mut().for_each(|(_, answer)| *answer = Err(error.clone()));
        }
        for (who, answer) in batch.owed {
            // Who no longer waits need not be told.
            let _ = who.send(answer);
        }
        written.map(|()| !batch.stop)
    }

    fn write(&mut self, batch: &mut Batch, op: Op, how: Delivery) -> Result<(), StoreError> {
        if let Err(error) = self.patience.begin(&self.conn) {
            batch.owe(how, Err(error.clone()));
            return Err(error);
        }
        let changes = self.conn.total_changes();
        let due = Instant::now() + self.options.batch_time;
        let mut next = Some((op, how));
        while let Some((op, how)) = next.take() {
            let answer = self.apply(&op, batch);
            let fatal = answer.as_ref().err().filter(|error| is_fatal(error)).cloned();
            batch.owe(how, answer);
            if let Some(error) = fatal {
                return Err(error);
            }
            next = self.next(batch, due);
        }
        let started = Instant::now();
        self.patience.commit(&self.conn)?;
        self.count(batch, self.conn.total_changes() - changes, started.elapsed());
        Ok(())
    }

    /// The next operation of a batch, if it is to have one.
    fn next(&self, batch: &mut Batch, due: Instant) -> Option<(Op, Delivery)> {
        if batch.operations >= self.options.batch_ops as u64 {
            return None;
        }
        let message = if batch.urgent {
            self.messages.try_recv().ok()
        } else {
            self.messages.recv_deadline(due).ok()
        };
        match message? {
            Message::Do(op, delivery) => Some((*op, delivery)),
            Message::Stop => {
                batch.stop = true;
                None
            }
        }
    }

    /// Does one operation, wholly or not at all.
    fn apply(&self, op: &Op, batch: &mut Batch) -> Result<Reply, StoreError> {
        let conn: &Connection = &self.conn;
        let path = &self.shared.path;
        let sql = |error| StoreError::from_sql(path, "storing", error);
        batch.operations += 1;
        if let Err(error) = apply::check(op) {
            batch.refused += 1;
            return Err(error);
        }
        execute(conn, "SAVEPOINT op").map_err(sql)?;
        let done = apply::apply(conn, op);
        if done.is_err() {
            batch.refused += 1;
            // Where SQLite has rolled everything back there is no such point; the error is fatal.
            let _ = execute(conn, "ROLLBACK TO op");
        }
        let released = execute(conn, "RELEASE op");
        done.and_then(|reply| released.map(|()| reply)).map_err(sql)
    }

    fn count(&self, batch: &Batch, rows: u64, duration: Duration) {
        let mut tally = self.shared.tally();
        let (stats, latencies) = &mut *tally;
        stats.operations += batch.operations;
        stats.refused += batch.refused;
        stats.rows += rows;
        stats.commits += 1;
        stats.retries = self.patience.retries();
        // One call of the system a commit.
        stats.cpu_s = thread_cpu_time().unwrap_or_default().as_secs_f64();
        latencies.push(duration);
    }

    /// Tells everybody, now and later, why nothing is written any more.
    fn die(&self, error: &StoreError) {
        // Everybody who waits or asks from here on is given this error, and tells it.
        tracing::debug!("the writer stops: {error}");
        for message in self.messages.try_iter() {
            if let Message::Do(_, Delivery::Batched(who) | Delivery::Now(who)) = message {
                let _ = who.send(Err(error.clone()));
            }
        }
    }
}

impl Batch {
    fn owe(&mut self, how: Delivery, answer: Result<Reply, StoreError>) {
        match how {
            Delivery::Quiet => {
                if let Err(error) = answer {
                    tracing::error!("an operation was refused: {error}");
                }
            }
            Delivery::Batched(who) => self.owed.push((who, answer)),
            Delivery::Now(who) => {
                self.urgent = true;
                self.owed.push((who, answer));
            }
        }
    }
}

/// Tells that the thread has ended, by a panic too.
struct End(Arc<Shared>);

impl Drop for End {
    fn drop(&mut self) {
        self.0.ended.store(true, Ordering::Release);
    }
}

/// True when the writer cannot go on: everything but an operation that does not fit.
fn is_fatal(error: &StoreError) -> bool {
    !matches!(error, StoreError::Record { .. } | StoreError::Sql { .. })
}

fn execute(conn: &Connection, sql: &str) -> rusqlite::Result<()> {
    conn.prepare_cached(sql)?.execute([]).map(|_| ())
}
