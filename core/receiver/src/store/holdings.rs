//! Which account holds which blob here: what a have-check answers from.

use rusqlite::{Connection, OptionalExtension as _, Transaction, params};
use satchel_kernel::ids::BlobHash;

use super::StoreError;

/// One account's hold on one blob.
#[derive(Debug, Clone)]
pub(crate) struct Holding {
    pub(crate) length: u64,
    /// Which one brought it; empty when it was deleted before it had come.
    pub(crate) upload: String,
    pub(crate) completed: i64,
    pub(crate) deleted: bool,
}

pub(crate) fn find(c: &Connection, account: &str, hash: &BlobHash) -> Result<Option<Holding>, StoreError> {
    let mut find = c.prepare_cached(
        "SELECT length, upload, completed, deleted IS NOT NULL FROM holding WHERE account = ?1 AND hash = ?2",
    )?;
    let row = |r: &rusqlite::Row<'_>| {
        Ok(Holding { length: r.get(0)?, upload: r.get(1)?, completed: r.get(2)?, deleted: r.get(3)? })
    };
    Ok(find.query_row(params![account, hash.as_bytes()], row).optional()?)
}

/// The first upload that brought a blob stays its proof; one that comes after a deletion takes its place.
pub(crate) fn add(
    tx: &Transaction<'_>,
    account: &str,
    hash: &BlobHash,
    length: u64,
    upload: &str,
    now: i64,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO holding (account, hash, length, upload, completed) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (account, hash) DO UPDATE SET upload = excluded.upload, length = excluded.length, completed = excluded.completed, deleted = NULL
         WHERE deleted IS NOT NULL",
        params![account, hash.as_bytes(), length, upload, now],
    )?;
    Ok(())
}

/// Notes that a viewer deleted this blob; also one that had not come yet, so that nobody sends it.
pub(crate) fn delete(
    tx: &Transaction<'_>,
    account: &str,
    hash: &BlobHash,
    length: u64,
    now: i64,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO holding (account, hash, length, upload, completed, deleted) VALUES (?1, ?2, ?3, '', ?4, ?4)
         ON CONFLICT (account, hash) DO UPDATE SET deleted = excluded.deleted",
        params![account, hash.as_bytes(), length, now],
    )?;
    Ok(())
}

/// Forgets a holding whose blob is lost, as if it had never come. One that a viewer deleted stays.
pub(crate) fn take_back(tx: &Transaction<'_>, account: &str, hash: &BlobHash) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM holding WHERE account = ?1 AND hash = ?2 AND deleted IS NULL",
        params![account, hash.as_bytes()],
    )?;
    Ok(())
}

/// Forgets that a viewer deleted this blob: a person wants it.
pub(crate) fn undelete(tx: &Transaction<'_>, account: &str, hash: &BlobHash) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM holding WHERE account = ?1 AND hash = ?2 AND deleted IS NOT NULL",
        params![account, hash.as_bytes()],
    )?;
    Ok(())
}

/// Forgets that a viewer deleted what this post is made of, had it come or not: a person wants it.
pub(crate) fn want_again(tx: &Transaction<'_>, account: &str, asset: &str) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM holding WHERE account = ?1 AND deleted IS NOT NULL AND hash IN
           (SELECT p.hash FROM asset a JOIN part p ON p.asset = a.id WHERE a.account = ?1 AND a.asset = ?2)",
        [account, asset],
    )?;
    Ok(())
}

/// True when any account holds this blob still.
pub(crate) fn is_held(c: &Connection, hash: &BlobHash) -> Result<bool, StoreError> {
    let mut find = c.prepare_cached("SELECT 1 FROM holding WHERE hash = ?1 AND deleted IS NULL")?;
    Ok(find.exists([hash.as_bytes()])?)
}
