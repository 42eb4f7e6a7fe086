//! Rows of uploads: what was announced, how much is certainly on disk, and what became of it.

use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, params};
use satchel_kernel::ids::{BlobHash, Nonce};

use super::{StoreError, hash_column};

/// `expires` of an open upload whose bytes nobody wants any more: it is due at once, and no byte puts that off.
const UNWANTED: i64 = 0;

/// What an upload is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// Takes bytes.
    Open,
    /// Stored whole.
    Complete,
    /// Whole, but not what its hash announced; it waits for its client to delete it.
    Mismatch,
    /// Its bytes are gone: it was left too long, or its blob was lost.
    Expired,
}

/// One upload.
#[derive(Debug, Clone)]
pub(crate) struct Upload {
    pub(crate) id: String,
    pub(crate) account: String,
    pub(crate) device: String,
    pub(crate) length: Option<u64>,
    pub(crate) claimed: Option<BlobHash>,
    pub(crate) nonce: Option<Nonce>,
    pub(crate) metadata: Option<String>,
    pub(crate) state: State,
    pub(crate) offset: u64,
    pub(crate) unverified: Option<u64>,
    pub(crate) expires: i64,
    pub(crate) completed: Option<i64>,
    pub(crate) hash: Option<BlobHash>,
}

impl Upload {
    /// True when a viewer deleted what it brings while it came.
    pub(crate) fn is_unwanted(&self) -> bool {
        self.state == State::Open && self.expires == UNWANTED
    }
}

/// A row for each upload that was completed: two for a blob that was sent twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompletedUpload {
    /// The upload's id at this server.
    pub upload: String,
    /// Whose.
    pub account: String,
    /// From which device.
    pub device: String,
    /// The client's own name for it, where it gave one.
    pub key: Option<String>,
    /// BLAKE3 of what was stored.
    pub hash: BlobHash,
    /// Bytes.
    pub length: u64,
    /// When, in Unix seconds.
    pub completed: i64,
}

const COLUMNS: &str =
    "id, account, device, length, claimed, nonce, metadata, state, offset, unverified, expires, completed, hash";

fn upload(r: &Row<'_>) -> rusqlite::Result<Upload> {
    let nonce: Option<Vec<u8>> = r.get(5)?;
    let state: String = r.get(7)?;
    Ok(Upload {
        id: r.get(0)?,
        account: r.get(1)?,
        device: r.get(2)?,
        length: r.get(3)?,
        claimed: hash_column(r, 4)?,
        nonce: nonce.and_then(|n| n.as_slice().try_into().ok()),
        metadata: r.get(6)?,
        state: match state.as_str() {
            "open" => State::Open,
            "complete" => State::Complete,
            "mismatch" => State::Mismatch,
            _ => State::Expired,
        },
        offset: r.get(8)?,
        unverified: r.get(9)?,
        expires: r.get(10)?,
        completed: r.get(11)?,
        hash: hash_column(r, 12)?,
    })
}

/// An account's upload; another account's is not to be told from one that never was.
pub(crate) fn find(c: &Connection, account: &str, id: &str) -> Result<Option<Upload>, StoreError> {
    let mut find = c.prepare_cached(&format!("SELECT {COLUMNS} FROM upload WHERE id = ?1 AND account = ?2"))?;
    Ok(find.query_row([id, account], upload).optional()?)
}

/// The upload that a client created under this key.
pub(crate) fn by_key(c: &Connection, account: &str, key: &str) -> Result<Option<Upload>, StoreError> {
    let mut find = c.prepare_cached(&format!("SELECT {COLUMNS} FROM upload WHERE account = ?1 AND key = ?2"))?;
    Ok(find.query_row([account, key], upload).optional()?)
}

/// All that take bytes still.
pub(crate) fn open(c: &Connection) -> Result<Vec<Upload>, StoreError> {
    let mut list = c.prepare(&format!("SELECT {COLUMNS} FROM upload WHERE state = 'open'"))?;
    Ok(list.query_map([], upload)?.collect::<Result<_, _>>()?)
}

/// Adds a new upload.
pub(crate) fn insert(tx: &Transaction<'_>, u: &Upload, key: Option<&str>, now: i64) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO upload (id, account, device, key, length, claimed, nonce, metadata, state, created, expires)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'open', ?9, ?10)",
        params![
            u.id,
            u.account,
            u.device,
            key,
            u.length,
            u.claimed.as_ref().map(BlobHash::as_bytes),
            u.nonce.as_ref().map(|n| n.as_bytes().as_slice()),
            u.metadata,
            now,
            u.expires
        ],
    )?;
    Ok(())
}

/// Records that this many bytes are on disk and vouched for.
pub(crate) fn keep(tx: &Transaction<'_>, id: &str, offset: u64, expires: i64) -> Result<(), StoreError> {
    tx.prepare_cached(
        "UPDATE upload SET offset = ?2, expires = iif(expires = ?4, ?4, ?3), unverified = NULL WHERE id = ?1",
    )?
    .execute(params![id, offset, expires, UNWANTED])?;
    Ok(())
}

/// What this account is sending of a blob goes with the next sweep: a viewer deleted what it belongs to.
pub(crate) fn stop(tx: &Transaction<'_>, account: &str, hash: &BlobHash) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE upload SET expires = ?3 WHERE account = ?1 AND claimed = ?2 AND state = 'open'")?
        .execute(params![account, hash.as_bytes(), UNWANTED])?;
    Ok(())
}

/// From here on the file holds bytes that count only once their checksum was right.
pub(crate) fn mark_unverified(tx: &Transaction<'_>, id: &str, from: u64) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE upload SET unverified = ?2 WHERE id = ?1")?.execute(params![id, from])?;
    Ok(())
}

pub(crate) fn set_length(tx: &Transaction<'_>, id: &str, length: u64) -> Result<(), StoreError> {
    tx.execute("UPDATE upload SET length = ?2 WHERE id = ?1 AND length IS NULL", params![id, length])?;
    Ok(())
}

pub(crate) fn set_complete(
    tx: &Transaction<'_>,
    id: &str,
    hash: &BlobHash,
    length: u64,
    now: i64,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE upload SET state = 'complete', hash = ?2, offset = ?3, length = ?3, unverified = NULL, completed = ?4 WHERE id = ?1",
        params![id, hash.as_bytes(), length, now],
    )?;
    Ok(())
}

pub(crate) fn set_mismatch(tx: &Transaction<'_>, id: &str, offset: u64) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE upload SET state = 'mismatch', offset = ?2, unverified = NULL WHERE id = ?1",
        params![id, offset],
    )?;
    Ok(())
}

pub(crate) fn remove(tx: &Transaction<'_>, id: &str) -> Result<(), StoreError> {
    tx.execute("DELETE FROM upload WHERE id = ?1", [id])?;
    Ok(())
}

/// Unfinished uploads that are due to go.
pub(crate) fn due(c: &Connection, now: i64) -> Result<Vec<(String, String)>, StoreError> {
    let mut list =
        c.prepare_cached("SELECT account, id FROM upload WHERE state IN ('open', 'mismatch') AND expires <= ?1")?;
    Ok(list.query_map([now], |r| Ok((r.get(0)?, r.get(1)?)))?.collect::<Result<_, _>>()?)
}

/// Keeps the row of an upload whose bytes are gone for a while, so that its client is told 410 rather than 404.
pub(crate) fn expire(tx: &Transaction<'_>, id: &str, forget_at: i64) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE upload SET state = 'expired', key = NULL, offset = 0, expires = ?2 WHERE id = ?1",
        params![id, forget_at],
    )?;
    Ok(())
}

pub(crate) fn forget_expired(tx: &Transaction<'_>, now: i64) -> Result<(), StoreError> {
    tx.execute("DELETE FROM upload WHERE state = 'expired' AND expires <= ?1", [now])?;
    Ok(())
}

/// What this device began of a blob and did not finish: upload and offset.
pub(crate) fn partial(
    c: &Connection,
    device: &str,
    hash: &BlobHash,
    now: i64,
) -> Result<Option<(String, u64)>, StoreError> {
    let mut find = c.prepare_cached(
        "SELECT id, offset FROM upload WHERE device = ?1 AND claimed = ?2 AND state = 'open' AND expires > ?3 ORDER BY offset DESC LIMIT 1",
    )?;
    Ok(find.query_row(params![device, hash.as_bytes(), now], |r| Ok((r.get(0)?, r.get(1)?))).optional()?)
}

/// Bytes here of a blob that an account is sending.
pub(crate) fn on_its_way(c: &Connection, account: &str, hash: &BlobHash) -> Result<Option<u64>, StoreError> {
    let mut find =
        c.prepare_cached("SELECT max(offset) FROM upload WHERE account = ?1 AND claimed = ?2 AND state = 'open'")?;
    Ok(find.query_row(params![account, hash.as_bytes()], |r| r.get(0))?)
}

pub(crate) fn completed(c: &Connection) -> Result<Vec<CompletedUpload>, StoreError> {
    let mut list = c.prepare("SELECT id, account, device, key, hash, length, completed FROM upload WHERE state = 'complete' ORDER BY completed, rowid")?;
    let row = |r: &Row<'_>| {
        let hash = hash_column(r, 4)?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
        Ok(CompletedUpload {
            upload: r.get(0)?,
            account: r.get(1)?,
            device: r.get(2)?,
            key: r.get(3)?,
            hash,
            length: r.get(5)?,
            completed: r.get(6)?,
        })
    };
    Ok(list.query_map([], row)?.collect::<Result<_, _>>()?)
}
