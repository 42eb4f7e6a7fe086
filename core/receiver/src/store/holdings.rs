//! Which account holds which blob here: what a have-check answers from.

use rusqlite::{Connection, OptionalExtension as _, Transaction, params};
use satchel_kernel::ids::BlobHash;

use super::StoreError;

/// One account's hold on one blob.
#[derive(Debug, Clone)]
pub(crate) struct Holding {
    pub(crate) length: u64,
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
         ON CONFLICT (account, hash) DO UPDATE SET upload = excluded.upload, completed = excluded.completed, deleted = NULL
         WHERE deleted IS NOT NULL",
        params![account, hash.as_bytes(), length, upload, now],
    )?;
    Ok(())
}

pub(crate) fn delete(tx: &Transaction<'_>, account: &str, hash: &BlobHash, now: i64) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE holding SET deleted = ?3 WHERE account = ?1 AND hash = ?2",
        params![account, hash.as_bytes(), now],
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

/// True when any account holds this blob still.
pub(crate) fn is_held(c: &Connection, hash: &BlobHash) -> Result<bool, StoreError> {
    let mut find = c.prepare_cached("SELECT 1 FROM holding WHERE hash = ?1 AND deleted IS NULL")?;
    Ok(find.exists([hash.as_bytes()])?)
}
