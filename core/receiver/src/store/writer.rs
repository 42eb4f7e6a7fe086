//! The thread that changes the database: in the order in which it is asked, and with one commit for all who wait.
//!
//! A commit with `synchronous=FULL` waits for the disk. What came while it did is done in one transaction after it, each
//! change in a savepoint of its own, so that one that fails takes nothing with it. Nobody is answered before the commit.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::oneshot;

use super::{Open, StoreError};

/// The most changes to one commit.
const TOGETHER: usize = 64;

/// A change that was made, and who is to be told once it is on disk.
struct Made {
    well: bool,
    tell: Box<dyn FnOnce(Result<(), Arc<rusqlite::Error>>) + Send>,
}

type Change = Box<dyn FnOnce(&Transaction<'_>) -> Made + Send>;

/// A handle on the thread, which ends when the last handle is dropped.
#[derive(Clone)]
pub(super) struct Writer(Sender<Change>);

impl Writer {
    pub(super) fn start(open: Arc<Open>) -> std::io::Result<Self> {
        let (changes, queue) = channel();
        std::thread::Builder::new().name("store-writer".into()).spawn(move || serve(&open, &queue))?;
        Ok(Self(changes))
    }

    /// Makes the change even when the caller stops waiting. Changes are made in the order of these calls.
    pub(super) fn submit<T: Send + 'static>(
        &self,
        change: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> oneshot::Receiver<Result<T, StoreError>> {
        let (done, answer) = oneshot::channel();
        let change: Change = Box::new(move |tx| {
            let value = change(tx);
            let well = value.is_ok();
            let tell = move |kept: Result<(), Arc<rusqlite::Error>>| {
                let _ = done.send(value.and_then(|value| kept.map(|()| value).map_err(StoreError::Commit)));
            };
            Made { well, tell: Box::new(tell) }
        });
        // A send fails only when the thread is gone; the answer then never comes, which is an error to who waits.
        let _ = self.0.send(change);
        answer
    }
}

fn serve(open: &Open, queue: &Receiver<Change>) {
    let mut waiting = Vec::new();
    while let Ok(first) = queue.recv() {
        waiting.push(first);
        waiting.extend(queue.try_iter().take(TOGETHER - 1));
        while !waiting.is_empty() {
            let mut connection = open.connection();
            let mut made = Vec::new();
            let kept = commit(&mut connection, &mut waiting, &mut made).map_err(Arc::new);
            drop(connection);
            for made in made {
                (made.tell)(kept.clone());
            }
            if kept.is_err() {
                // Who was not come to yet is told nothing, which is an error to him.
                waiting.clear();
            }
        }
    }
}

/// Makes all that wait, or those up to one whose failure ended the transaction, in one transaction.
fn commit(connection: &mut Connection, waiting: &mut Vec<Change>, made: &mut Vec<Made>) -> rusqlite::Result<()> {
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for change in waiting.drain(..) {
        tx.execute_batch("SAVEPOINT change")?;
        // Who waits for a change that panics sees his answer's end.
        let Ok(this) = catch_unwind(AssertUnwindSafe(|| change(&tx))) else {
            tx.execute_batch("ROLLBACK TO change; RELEASE change")?;
            continue;
        };
        let well = this.well;
        made.push(this);
        // A full disk can end the whole transaction (sqlite.org/lang_transaction.html, section 3.2).
        tx.execute_batch(if well { "RELEASE change" } else { "ROLLBACK TO change; RELEASE change" })?;
    }
    tx.commit()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn writer() -> (Writer, Arc<Open>) {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE t (n INTEGER PRIMARY KEY)").unwrap();
        let open = Open::new(connection, Connection::open_in_memory().unwrap(), None);
        (Writer::start(open.clone()).unwrap(), open)
    }

    fn insert(tx: &Transaction<'_>, n: i64) -> Result<i64, StoreError> {
        tx.execute("INSERT INTO t VALUES (?1)", [n])?;
        Ok(n)
    }

    fn there(open: &Open) -> Vec<i64> {
        let connection = open.connection();
        let mut ask = connection.prepare("SELECT n FROM t ORDER BY n").unwrap();
        ask.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }

    #[test]
    fn one_that_fails_or_panics_takes_nothing_with_it() {
        let (writer, open) = writer();
        // All wait while this is held, and go into one commit.
        let held = open.connection();
        let first = writer.submit(|tx| insert(tx, 1));
        let again = writer.submit(|tx| {
            insert(tx, 2)?;
            insert(tx, 1)
        });
        let panics = writer.submit(|tx| {
            insert(tx, 3)?;
            Ok(i64::try_from([0; 3].len()).ok().filter(|n| *n > 3).expect("a fault for the test"))
        });
        let last = writer.submit(|tx| insert(tx, 4));
        drop(held);
        assert_eq!(first.blocking_recv().unwrap().unwrap(), 1);
        assert!(matches!(again.blocking_recv().unwrap(), Err(StoreError::Sql(_))));
        assert!(panics.blocking_recv().is_err());
        assert_eq!(last.blocking_recv().unwrap().unwrap(), 4);
        assert_eq!(there(&open), [1, 4]);
    }

    #[test]
    fn when_the_transaction_ends_early_nobody_is_told_that_it_is_kept() {
        let (writer, open) = writer();
        let held = open.connection();
        let first = writer.submit(|tx| insert(tx, 1));
        let full = writer.submit(|tx| {
            insert(tx, 2)?;
            // As SQLite does by itself on a full disk.
            tx.execute_batch("ROLLBACK")?;
            Err::<(), _>(StoreError::Worker)
        });
        let after = writer.submit(|tx| insert(tx, 3));
        drop(held);
        assert!(matches!(first.blocking_recv().unwrap(), Err(StoreError::Commit(_))));
        assert!(full.blocking_recv().unwrap().is_err());
        assert!(after.blocking_recv().is_err(), "not come to, and not told a lie");
        assert_eq!(writer.submit(|tx| insert(tx, 5)).blocking_recv().unwrap().unwrap(), 5);
        assert_eq!(there(&open), [5]);
    }
}
