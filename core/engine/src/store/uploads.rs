//! Uploads under way: a wire machine's state, stored before each need of it is acted on, and its lease.

use rusqlite::{Connection, OptionalExtension, Transaction, params};
use satchel_kernel::ids::{DeliveryId, Nonce, TargetId, UploadId, UploadKey};
use satchel_kernel::link::LinkClass;
use satchel_kernel::protocol::post::Rendition;
use satchel_kernel::state::ParkReason;
use satchel_kernel::time::Now;
use satchel_kernel::wire::{Protocol, Status, Stored, Wire};

use super::{Outgoing, deliveries, ledger, money, rows};
use crate::error::Result;

/// An upload that was begun.
#[derive(Debug, Clone)]
pub(crate) struct OpenUpload {
    pub id: UploadId,
    pub wire: Wire,
    pub key: UploadKey,
    pub nonce: Nonce,
    /// Grows with each lease.
    pub epoch: i64,
    /// The store that keeps it.
    pub store: String,
}

/// Who leases: a run, or a host.
pub(crate) type Owner = [u8; 16];

/// How an upload ended, as it stands in its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    Done,
    Abandoned,
}

/// The upload of a delivery that is open, leased by `owner` from now on; a new one where there is none. `None` when the
/// delivery may not go (any more).
#[expect(clippy::too_many_arguments, reason = "what an upload is made of")]
pub(crate) fn lease(
    tx: &Transaction<'_>,
    delivery: DeliveryId,
    protocol: Protocol,
    length: u64,
    owner: Owner,
    fresh: (UploadKey, Nonce),
    store: &str,
    now: &Now,
) -> Result<Option<OpenUpload>> {
    let leased = tx
        .prepare_cached("UPDATE delivery SET stage = 'sending' WHERE id = ?1 AND stage = 'waiting'")?
        .execute([delivery.0])?;
    if leased == 0 {
        return Ok(None);
    }
    if is_whole_elsewhere(tx, delivery, store)? {
        // Its endpoint is none any more: nobody can be asked whether it arrived there. Whoever retries it has looked.
        leave_other(tx, delivery, store, now)?;
        deliveries::park(tx, delivery, &ParkReason::FateUnknown)?;
        return Ok(None);
    }
    leave_other(tx, delivery, store, now)?;
    if let Some(open) = open(tx, delivery, protocol, length)? {
        tx.prepare_cached("UPDATE upload SET lease_owner = ?2, epoch = epoch + 1 WHERE id = ?1")?
            .execute(params![open.id.0, owner])?;
        return Ok(Some(OpenUpload { epoch: open.epoch + 1, ..open }));
    }
    let wire = Wire::new(protocol);
    let Stored { protocol, version, bytes } = wire.store();
    let (key, nonce) = fresh;
    tx.prepare_cached(
        "INSERT INTO upload (delivery, endpoint, protocol, version, state, key, nonce, lease_owner, created_utc_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute(params![
        delivery.0,
        store,
        protocol,
        version,
        bytes,
        key.as_bytes(),
        nonce.as_bytes(),
        owner,
        now.utc_ms
    ])?;
    let id = UploadId(tx.last_insert_rowid());
    Ok(Some(OpenUpload { id, wire, key, nonce, epoch: 0, store: store.to_owned() }))
}

/// The open upload of a delivery.
pub(crate) fn open(
    conn: &Connection,
    delivery: DeliveryId,
    protocol: Protocol,
    length: u64,
) -> Result<Option<OpenUpload>> {
    let mut query = conn.prepare_cached(
        "SELECT id, protocol, version, state, locator, key, nonce, epoch, endpoint FROM upload WHERE delivery = ?1 AND ended_utc_ms IS NULL",
    )?;
    let found = query
        .query_row([delivery.0], |row| {
            let stored = Stored { protocol: row.get(1)?, version: row.get(2)?, bytes: row.get(3)? };
            let locator: Option<String> = row.get(4)?;
            let wire = Wire::restore(protocol, &stored, locator.as_deref(), length);
            // Nothing readable and no name at the server: what it was cannot be told, so it begins anew under the same key.
            let wire = wire.unwrap_or_else(|| Wire::new(protocol));
            let (key, nonce) = (rows::id(row, 5)?, rows::id(row, 6)?);
            Ok(OpenUpload { id: UploadId(row.get(0)?), wire, key, nonce, epoch: row.get(7)?, store: row.get(8)? })
        })
        .optional()?;
    Ok(found)
}

/// The open upload of a delivery that nobody wants any more.
pub(crate) fn dropped(conn: &Connection, delivery: DeliveryId) -> Result<Option<(Outgoing, OpenUpload)>> {
    if !deliveries::is_in(conn, delivery, "dropped")? {
        return Ok(None);
    }
    let Some(out) = deliveries::stub(conn, delivery)? else { return Ok(None) };
    let open = open(conn, delivery, protocol(out.class), out.length)?;
    Ok(open.map(|open| (out, open)))
}

/// Lets an upload that was parked or lost go on; what is known of it is kept (see [`Wire::retry`]).
pub(crate) fn retry(tx: &Transaction<'_>, delivery: DeliveryId) -> Result<()> {
    let (class, length) = tx
        .prepare_cached("SELECT class, bytes FROM delivery WHERE id = ?1")?
        .query_row([delivery.0], |row| Ok((rows::name(row, 0, Rendition::from_name)?, rows::count(row, 1)?)))?;
    if let Some(found) = open(tx, delivery, protocol(class), length)? {
        let Stored { version, bytes, .. } = found.wire.retry().store();
        tx.prepare_cached("UPDATE upload SET version = ?2, state = ?3 WHERE id = ?1")?
            .execute(params![found.id.0, version, bytes])?;
    }
    Ok(())
}

/// Whether the open upload of a delivery was found gone after it may have completed.
pub(crate) fn is_lost(conn: &Connection, delivery: DeliveryId) -> Result<bool> {
    let length = deliveries::length(conn, delivery)?;
    let open = open(conn, delivery, Protocol::Tus, length)?;
    Ok(open.is_some_and(|open| *open.wire.status() == Status::Lost))
}

/// How a rendition travels.
pub(crate) fn protocol(class: Rendition) -> Protocol {
    if class == Rendition::Text { Protocol::Post } else { Protocol::Tus }
}

/// The nonce of an upload that was adopted: the server signs with the one that it was created with, which nobody knows.
pub(crate) const ADOPTED: Nonce = Nonce::from_bytes([0; 16]);

/// An upload that the same device began and the server told of: adopted, so that its bytes are not sent again.
pub(crate) fn adopt(
    tx: &Transaction<'_>,
    delivery: DeliveryId,
    wire: &Wire,
    key: UploadKey,
    store: &str,
    now: &Now,
) -> Result<()> {
    let Stored { protocol, version, bytes } = wire.store();
    leave_other(tx, delivery, store, now)?;
    if is_lost(tx, delivery)? {
        tx.prepare_cached(
            "UPDATE upload SET ended_utc_ms = ?2, ending = 'lost' WHERE delivery = ?1 AND ended_utc_ms IS NULL",
        )?
        .execute(params![delivery.0, now.utc_ms])?;
    }
    tx.prepare_cached(
        "INSERT OR IGNORE INTO upload (delivery, endpoint, protocol, version, state, locator, key, nonce, created_utc_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute(params![
        delivery.0,
        store,
        protocol,
        version,
        bytes,
        wire.locator(),
        key.as_bytes(),
        ADOPTED.as_bytes(),
        now.utc_ms
    ])?;
    Ok(())
}

/// Of an upload `u`: the last byte of the payload may have arrived. What the state does not tell may be so.
pub(super) const MAY_BE_WHOLE: &str = "(u.protocol = 'tus' AND CASE WHEN json_valid(CAST(u.state AS TEXT))
       THEN coalesce(json_extract(CAST(u.state AS TEXT), '$.ceiling') >= (SELECT d.bytes FROM delivery d WHERE d.id = u.delivery), 1)
       ELSE 1 END)";

/// Whether all of it may have arrived at another store.
fn is_whole_elsewhere(conn: &Connection, delivery: DeliveryId, store: &str) -> Result<bool> {
    let mut query = conn.prepare_cached(&format!(
        "SELECT {MAY_BE_WHOLE} FROM upload u WHERE u.delivery = ?1 AND u.ended_utc_ms IS NULL AND u.endpoint <> ?2",
    ))?;
    Ok(query.query_row(params![delivery.0, store], |row| row.get(0)).optional()?.unwrap_or(false))
}

/// Ends an open upload that is kept in another store than this one. What is left of it there expires; only where nothing of it
/// can have arrived whole, or the server here was asked, is it left.
fn leave_other(tx: &Transaction<'_>, delivery: DeliveryId, store: &str, now: &Now) -> Result<()> {
    tx.prepare_cached(
        "UPDATE upload SET ended_utc_ms = ?3, ending = 'moved', lease_owner = NULL, epoch = epoch + 1
         WHERE delivery = ?1 AND ended_utc_ms IS NULL AND endpoint <> ?2",
    )?
    .execute(params![delivery.0, store, now.utc_ms])?;
    Ok(())
}

/// What one step leaves behind.
#[derive(Debug, Clone)]
pub(crate) struct StepRecord {
    pub upload: UploadId,
    pub delivery: DeliveryId,
    pub target: TargetId,
    pub link: LinkClass,
    pub wire: Wire,
    /// The request whose outcome led to this step.
    pub request: Option<RequestRecord>,
}

/// A request that ended.
#[derive(Debug, Clone)]
pub(crate) struct RequestRecord {
    pub method: &'static str,
    pub verdict: String,
    pub status: Option<u16>,
    pub sent: u64,
    /// How much further the server's word went because of it.
    pub gained: u64,
    pub started_utc_ms: i64,
    /// What time the server said it was, where it proved to be itself.
    pub vouched_utc_ms: Option<i64>,
}

/// Stores a step: state, attempt and ledger in this one transaction.
pub(crate) fn step(tx: &Transaction<'_>, record: &StepRecord, now: &Now) -> Result<()> {
    let StepRecord { upload, delivery, target, link, wire, request } = record;
    let Stored { version, bytes, .. } = wire.store();
    let unrecorded = unrecorded(tx, record)?;
    let sent = request.as_ref().map_or(0, |r| r.sent) + unrecorded;
    tx.prepare_cached(
        "UPDATE upload SET version = ?2, state = ?3, locator = coalesce(?4, locator), acknowledged = ?5, sent = sent + ?6 WHERE id = ?1",
    )?
    .execute(params![upload.0, version, bytes, wire.locator(), rows::int(wire.acknowledged()), rows::int(sent)])?;
    let Some(r) = request else { return Ok(()) };
    tx.prepare_cached(
        "INSERT INTO attempt (delivery, upload, started_utc_ms, ended_utc_ms, request, verdict, status, sent)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute(params![
        delivery.0,
        upload.0,
        r.started_utc_ms,
        now.utc_ms,
        r.method,
        r.verdict,
        r.status,
        rows::int(r.sent)
    ])?;
    // The last fifty tell the story; the ledger keeps the sums.
    tx.prepare_cached(
        "DELETE FROM attempt WHERE delivery = ?1 AND id <= (SELECT id FROM attempt WHERE delivery = ?1 ORDER BY id DESC LIMIT 1 OFFSET 50)",
    )?
    .execute([delivery.0])?;
    if let Some(server_utc_ms) = r.vouched_utc_ms {
        money::vouched(tx, now, server_utc_ms)?;
    }
    // What the sockets carried is settled by account, apart from what it was worth.
    let wasted = rows::int(sent) - rows::int(r.gained);
    let worth = ledger::Bytes { acknowledged: r.gained, wasted, ..ledger::Bytes::default() };
    ledger::add(tx, *target, *link, now, &worth)
}

/// A process that was killed recorded nothing of its last request. What the server has of it was sent all the same.
fn unrecorded(tx: &Transaction<'_>, record: &StepRecord) -> Result<u64> {
    let Some(request) = &record.request else { return Ok(0) };
    let recorded: i64 = tx
        .prepare_cached("SELECT coalesce(sum(sent), 0) FROM upload WHERE delivery = ?1")?
        .query_row([record.delivery.0], |row| row.get(0))?;
    Ok(record.wire.acknowledged().saturating_sub(recorded.unsigned_abs() + request.sent))
}

/// An upload is over.
pub(crate) fn end(tx: &Transaction<'_>, upload: UploadId, how: Ended, now: &Now) -> Result<()> {
    let ending = match how {
        Ended::Done => "done",
        Ended::Abandoned => "abandoned",
    };
    tx.prepare_cached(
        "UPDATE upload SET ended_utc_ms = ?2, ending = ?3, lease_owner = NULL WHERE id = ?1 AND ended_utc_ms IS NULL",
    )?
    .execute(params![upload.0, now.utc_ms, ending])?;
    Ok(())
}

/// A delivery is there by other ways than its open upload.
pub(crate) fn end_of(tx: &Transaction<'_>, delivery: DeliveryId, now: &Now) -> Result<()> {
    tx.prepare_cached(
        "UPDATE upload SET ended_utc_ms = ?2, ending = 'done' WHERE delivery = ?1 AND ended_utc_ms IS NULL",
    )?
    .execute(params![delivery.0, now.utc_ms])?;
    Ok(())
}

/// Gives a lease back; the upload goes on later.
pub(crate) fn release(tx: &Transaction<'_>, upload: UploadId) -> Result<()> {
    tx.prepare_cached("UPDATE upload SET lease_owner = NULL WHERE id = ?1")?.execute([upload.0])?;
    Ok(())
}

/// At a runner's start: leases of runners that are no more are void, and steps that no host was given. What a host's
/// system may be carrying stays as it is.
pub(crate) fn void_leases(tx: &Transaction<'_>) -> Result<()> {
    tx.execute_batch(
        "DELETE FROM lease WHERE handed_utc_ms IS NULL;
         UPDATE upload SET lease_owner = NULL WHERE lease_owner IS NOT NULL
           AND NOT EXISTS (SELECT 1 FROM lease l WHERE l.upload = upload.id AND l.epoch = upload.epoch);
         UPDATE delivery SET stage = 'waiting' WHERE stage = 'sending' AND NOT EXISTS
           (SELECT 1 FROM upload u WHERE u.delivery = delivery.id AND u.ended_utc_ms IS NULL AND u.lease_owner IS NOT NULL);",
    )?;
    Ok(())
}
