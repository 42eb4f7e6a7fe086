//! The outbox's database: the only place that knows SQL.
//!
//! One thread writes and one reads, so that no async task ever waits in SQLite. WAL, `synchronous=FULL`: what a
//! commit said is on the disk. State and ledger change in one transaction, and what must survive a damaged
//! database goes to the [journal](crate::journal) inside that same transaction, so that the order of both is one.

pub(crate) mod anew;
mod assets;
mod attempts;
mod backfill;
pub(crate) mod blocks;
pub(crate) mod deliveries;
mod documents;
pub(crate) mod done;
pub(crate) mod endpoints;
pub(crate) mod grants;
pub(crate) mod leases;
mod ledger;
mod list;
pub(crate) mod making;
pub(crate) mod money;
pub(crate) mod parts;
mod posts;
pub(crate) mod previews;
mod rebuild;
mod retell;
mod rows;
pub(crate) mod settings;
mod snapshot;
pub(crate) mod targets;
pub(crate) mod uploads;
mod wants;
mod weight;
mod worker;

use std::fs::File;
use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use rusqlite::{ErrorCode, OpenFlags};
use rusqlite_migration::{M, Migrations};

use crate::clock::Clock;
use crate::crash;
use crate::error::{Error, Result};
use crate::journal::Journal;
pub(crate) use assets::{
    Known, NewAsset, NewMotion, attach, calm, compacted, insert as insert_asset, insert_motion, known, known_copy,
    lift, live_and_removed, original, remove, removed_since_compaction, reread, retry, seq, want_again,
};
pub(crate) use attempts::attempts;
pub(crate) use deliveries::Outgoing;
pub use ledger::LedgerRow;
pub(crate) use ledger::all as ledger;
pub use list::{AssetView, Counts, DeliveryView, Filter, MotionView};
pub(crate) use list::{counts, one, page};
pub(crate) use parts::is_spooled;
pub(crate) use posts::{latest as latest_post, revise};
pub(crate) use rebuild::{Recovered, agree, catch_up, role};
pub(crate) use rusqlite::Connection;
/// A transaction, for those who decide what goes into one and know no SQL.
pub(crate) use rusqlite::Transaction as Tx;
pub(crate) use snapshot::{Around, load, pause, paused, unwanted, wake, world};
pub(crate) use targets::{Spec, Target, all as all_targets, set as set_target, try_now};
pub(crate) use weight::{weight, weight_of};
use worker::Worker;

static MIGRATIONS: LazyLock<Migrations<'static>> = LazyLock::new(|| {
    Migrations::new(vec![
        M::up(include_str!("store/migrations/0001_first_light.sql")),
        M::up(include_str!("store/migrations/0002_links_and_money.sql")),
        M::up(include_str!("store/migrations/0003_blocked_on_and_off.sql")),
    ])
});

/// The database's file in the outbox's folder.
pub(crate) const FILE: &str = "outbox.db";
/// Stands beside it when damage was met.
pub(crate) const SUSPECT: &str = "outbox.db.suspect";
/// Databases up to so many bytes are checked to the last index.
const THOROUGH: u64 = 8 << 20;
/// No version of ours will ever be so high: one that is, is damage.
const FARTHEST: i64 = 10_000;

/// A handle on the database; clones share it.
#[derive(Clone)]
pub(crate) struct Store {
    writer: Worker,
    reader: Worker,
    suspect: Arc<Path>,
    /// What each transaction catches up with before its work.
    follows: Option<(Arc<Journal>, Clock)>,
}

impl Store {
    /// Opens the database, making it where it is missing. [`Error::Damaged`] when it must be rebuilt. `while_open` is held
    /// until its last connection is closed.
    pub(crate) fn open(folder: &Path, while_open: &Arc<File>) -> Result<Self> {
        let path = folder.join(FILE);
        let mut writer = connect(&path)?;
        check(&writer)?;
        migrate(&mut writer)?;
        let reader = connect(&path)?;
        reader.pragma_update(None, "query_only", true).map_err(|e| fault(&e))?;
        Ok(Self {
            writer: Worker::start("satchel-writer", writer, while_open.clone()),
            reader: Worker::start("satchel-reader", reader, while_open.clone()),
            suspect: folder.join(SUSPECT).into(),
            follows: None,
        })
    }

    /// From now on each transaction first brings the database up to what the journal says. What another process wrote
    /// there before it was killed, or we before a commit that failed, is in no row; it must be before anything is built
    /// on the rows, and before the mark moves past it.
    pub(crate) fn following(self, journal: Arc<Journal>, clock: Clock) -> Self {
        Self { follows: Some((journal, clock)), ..self }
    }

    /// Ends both connections before it returns: one that ended later would take a new database's WAL with it.
    pub(crate) fn close(self) {
        for worker in [&self.reader, &self.writer] {
            // A thread that is gone has closed its connection.
            let _ = worker.run_blocking(|conn| {
                *conn = Connection::open_in_memory()?;
                Ok(())
            });
        }
    }

    /// Damage that the check at opening does not see is noted down when it is met, so that the next opening rebuilds.
    pub(crate) fn noted<T>(&self, result: Result<T>) -> Result<T> {
        if matches!(result, Err(Error::Damaged)) {
            // On a disk that takes no note, it is met again.
            let _ = File::create(&self.suspect);
        }
        result
    }

    /// Runs a transaction on the writer's thread. It holds the write lock from its start, across processes.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&rusqlite::Transaction<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let follows = self.follows.clone();
        self.noted(self.writer.run(move |conn| transact(conn, follows, work)).await)
    }

    /// The same, for callers outside an async context.
    pub(crate) fn write_blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&rusqlite::Transaction<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let follows = self.follows.clone();
        self.noted(self.writer.run_blocking(move |conn| transact(conn, follows, work)))
    }

    /// Runs a query on the reader's thread, for callers outside an async context.
    pub(crate) fn read_blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.noted(self.reader.run_blocking(move |conn| work(conn)))
    }

    /// Runs a query on the reader's thread.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.noted(self.reader.run(move |conn| work(conn)).await)
    }
}

fn transact<T>(
    conn: &mut Connection,
    follows: Option<(Arc<Journal>, Clock)>,
    work: impl FnOnce(&rusqlite::Transaction<'_>) -> Result<T>,
) -> Result<T> {
    let tx = conn.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).map_err(|e| fault(&e))?;
    if let Some((journal, clock)) = follows {
        catch_up(&tx, &journal, &clock.now())?;
    }
    let value = work(&tx)?;
    crash::point("before a commit");
    tx.commit().map_err(|e| fault(&e))?;
    crash::point("after a commit");
    Ok(value)
}

fn connect(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags).map_err(|e| at_opening(&e))?;
    conn.busy_timeout(Duration::from_secs(60)).map_err(|e| at_opening(&e))?;
    let set = |name: &str, value: &str| conn.pragma_update(None, name, value);
    set("journal_mode", "WAL")
        .and_then(|()| set("synchronous", "FULL"))
        .and_then(|()| set("temp_store", "MEMORY"))
        .and_then(|()| set("foreign_keys", "ON"))
        // 4 MB of pages: enough for every index that a snapshot touches, small enough for a phone.
        .and_then(|()| set("cache_size", "-4096"))
        .and_then(|()| set("journal_size_limit", "4194304"))
        .map_err(|e| at_opening(&e))?;
    conn.set_prepared_statement_cache_capacity(96);
    Ok(conn)
}

/// Looks for damage that a query might walk into later: all of it where that takes no time to speak of, else all but
/// whether the indexes agree with their tables. Its cost is printed by `cargo xtask bench`.
fn check(conn: &Connection) -> Result<()> {
    let page = |name| conn.pragma_query_value(None, name, |row| row.get::<_, u64>(0)).map_err(|e| at_opening(&e));
    let thorough = page("page_count")?.saturating_mul(page("page_size")?) <= THOROUGH;
    let question = if thorough { "PRAGMA integrity_check(1)" } else { "PRAGMA quick_check(1)" };
    let word: String = conn.query_row(question, [], |row| row.get(0)).map_err(|e| at_opening(&e))?;
    if word == "ok" { Ok(()) } else { Err(Error::Damaged) }
}

fn migrate(conn: &mut Connection) -> Result<()> {
    let version: i64 = conn.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(|e| at_opening(&e))?;
    if !(0..FARTHEST).contains(&version) {
        return Err(Error::Damaged);
    }
    MIGRATIONS.to_latest(conn).map_err(|error| match error {
        rusqlite_migration::Error::MigrationDefinition(
            rusqlite_migration::MigrationDefinitionError::DatabaseTooFarAhead,
        ) => Error::NewerVersion,
        rusqlite_migration::Error::RusqliteError { err, .. } => at_opening(&err),
        other => Error::Storage(other.to_string()),
    })
}

/// The same, where the statements are few and known to be right: when they fail, it is for the tables that they find.
fn at_opening(error: &rusqlite::Error) -> Error {
    if error.sqlite_error_code() == Some(ErrorCode::Unknown) { Error::Damaged } else { fault(error) }
}

/// SQLite's error as ours. Only damage of the file itself leads to a rebuild; what may pass, waits.
pub(crate) fn fault(error: &rusqlite::Error) -> Error {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Error::Damaged,
        // Our statements are always the same: one that cannot be understood met a table, or a document, that is not ours any more.
        Some(ErrorCode::Unknown) => Error::Damaged,
        Some(ErrorCode::DiskFull) => Error::StorageFull,
        Some(code) => Error::Storage(format!("SQLite says {code:?}")),
        // A value of a type that cannot be, a table that lacks a column: the file's content is not ours.
        None => match error {
            rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::Utf8Error(..)
            | rusqlite::Error::SqlInputError { .. }
            | rusqlite::Error::IntegralValueOutOfRange(..) => Error::Damaged,
            other => Error::Storage(format!("a query failed: {other}")),
        },
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        fault(&error)
    }
}
