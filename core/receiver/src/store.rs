//! The receiver's database: one SQLite file, one writer, one reader, and the only place that knows SQL.
//!
//! Everything that a reply acknowledges is committed with `synchronous=FULL` before the reply leaves.

pub(crate) mod assets;
pub(crate) mod holdings;
pub(crate) mod keys;
pub(crate) mod laid;
pub(crate) mod people;
pub(crate) mod posts;
mod schema;
pub(crate) mod uploads;
mod writer;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio_util::sync::{CancellationToken, DropGuard};

use self::writer::Writer;
use crate::StartError;

/// The store could not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// SQLite.
    #[error("database: {0}")]
    Sql(#[from] rusqlite::Error),
    /// A commit that several changes waited for.
    #[error("database: {0}")]
    Commit(Arc<rusqlite::Error>),
    /// A file of the store.
    #[error("file: {0}")]
    Io(#[from] io::Error),
    /// A worker thread ended early.
    #[error("a worker thread ended early")]
    Worker,
}

impl StoreError {
    /// True when the disk has no room left.
    pub fn is_full(&self) -> bool {
        let full = |e: &rusqlite::Error| e.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull);
        match self {
            Self::Sql(e) => full(e),
            Self::Commit(e) => full(e),
            Self::Io(e) => matches!(e.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded),
            _ => false,
        }
    }
}

/// The database of one receiver.
#[derive(Clone)]
pub(crate) struct Store {
    writer: Writer,
    open: Arc<Open>,
}

/// Its connections, closed one after the other: of two that close at once, SQLite takes neither for the last one.
struct Open {
    connection: Mutex<Connection>,
    reader: Mutex<Connection>,
    /// Released once these are closed.
    _lock: Option<File>,
    closed: DropGuard,
}

impl Open {
    fn new(connection: Connection, reader: Connection, lock: Option<File>) -> Arc<Self> {
        let closed = CancellationToken::new().drop_guard();
        Arc::new(Self { connection: Mutex::new(connection), reader: Mutex::new(reader), _lock: lock, closed })
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store {
    /// Opens or makes the database in `dir`, and holds the lock on that until it is closed.
    pub(crate) fn open(dir: &Path, lock: Option<File>) -> Result<Self, StartError> {
        let path = dir.join("receiver.sqlite");
        let mut writer = connect(&path)?;
        schema::migrate(&mut writer).map_err(|e| match e {
            rusqlite_migration::Error::MigrationDefinition(
                rusqlite_migration::MigrationDefinitionError::DatabaseTooFarAhead,
            ) => StartError::Newer(dir.to_owned()),
            rusqlite_migration::Error::RusqliteError { err, .. } => StartError::Store(err.into()),
            other => StartError::Store(rusqlite::Error::ToSqlConversionFailure(Box::new(other)).into()),
        })?;
        let reader = connect(&path)?;
        reader.pragma_update(None, "query_only", true).map_err(StoreError::from)?;
        let open = Open::new(writer, reader, lock);
        let writer = Writer::start(open.clone()).map_err(StoreError::from)?;
        Ok(Self { writer, open })
    }

    /// Cancelled when nobody holds this store any more, and its files are closed.
    pub(crate) fn closed(&self) -> CancellationToken {
        self.open.closed.token().clone()
    }

    /// Runs a question on a thread that may block.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let open = self.open.clone();
        blocking(move || ask(&open.reader.lock().unwrap_or_else(PoisonError::into_inner))).await
    }

    /// Makes a change in a transaction; when this returns `Ok`, it is on disk. Changes are made in the order in which they
    /// are asked for.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        change: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.writer.submit(change).await.unwrap_or(Err(StoreError::Worker))
    }

    /// Makes a change in a transaction of its own, on this thread.
    pub(crate) fn write_now<T>(
        &self,
        change: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut writer = self.open.connection();
        let tx = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let value = change(&tx)?;
        tx.commit()?;
        Ok(value)
    }
}

/// Runs `work` on a thread that may block.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| StoreError::Worker)?
}

fn connect(path: &PathBuf) -> Result<Connection, StoreError> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(std::time::Duration::from_secs(10))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// A column that holds a hash or nothing.
pub(crate) fn hash_column(
    row: &rusqlite::Row<'_>,
    column: usize,
) -> rusqlite::Result<Option<satchel_kernel::ids::BlobHash>> {
    let bytes: Option<Vec<u8>> = row.get(column)?;
    bytes.map(|b| b.as_slice().try_into()).transpose().map_err(|e: satchel_kernel::ids::BadId| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Blob, Box::new(e))
    })
}
