//! Steps that a host carries: each is here before it is handed out, and gone once it counts no more.

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use satchel_kernel::ids::{DeliveryId, HostId, LeaseId, TargetId, UploadId};

use super::rows;
use crate::error::Result;

/// Longer than any system carries a request: after this a lease is void, though its host never said so.
const LONGEST_MS: i64 = 8 * 24 * 3600 * 1000;

/// A step, as it is stored.
#[derive(Debug, Clone)]
pub(crate) struct Lease {
    pub id: LeaseId,
    pub owner: HostId,
    /// The upload under its epoch, and its delivery; none where a target is asked what it has.
    pub upload: Option<(UploadId, DeliveryId)>,
    pub epoch: i64,
    pub target: TargetId,
    /// JSON.
    pub task: String,
    /// The body's name in the spool, once it is handed out.
    pub file: Option<String>,
    /// Not before this.
    pub due_utc_ms: Option<i64>,
    /// When it was handed out.
    pub handed_utc_ms: Option<i64>,
}

/// Stores a new one.
pub(crate) fn insert(tx: &Transaction<'_>, lease: &Lease, now_utc_ms: i64) -> Result<()> {
    let Lease { id, owner, upload, epoch, target, task, file, due_utc_ms, handed_utc_ms } = lease;
    // One of an earlier epoch counts no more; its file is swept.
    tx.prepare_cached("INSERT OR REPLACE INTO lease VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)")?.execute(
        params![
            id.as_bytes(),
            owner.as_bytes(),
            upload.map(|(upload, _)| upload.0),
            epoch,
            target.0,
            task,
            file,
            due_utc_ms,
            now_utc_ms,
            handed_utc_ms
        ],
    )?;
    Ok(())
}

/// One that still counts: its upload is open and nobody else took it over since.
pub(crate) fn get(conn: &Connection, id: LeaseId) -> Result<Option<Lease>> {
    let mut query = conn.prepare_cached(&format!("{LIVE} WHERE l.id = ?1 AND {HOLDS}"))?;
    Ok(query.query_row([id.as_bytes()], lease).optional()?)
}

/// Those of a host that are ready and were not handed out, oldest first.
pub(crate) fn ready(conn: &Connection, owner: HostId) -> Result<Vec<Lease>> {
    let mut query = conn.prepare_cached(&format!(
        "{LIVE} WHERE l.owner = ?1 AND l.handed_utc_ms IS NULL AND {HOLDS} ORDER BY l.made_utc_ms"
    ))?;
    let found = query.query_map([owner.as_bytes()], lease)?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

const LIVE: &str =
    "SELECT l.id, l.owner, l.upload, u.delivery, l.epoch, l.target, l.task, l.file, l.due_utc_ms, l.handed_utc_ms
     FROM lease l LEFT JOIN upload u ON u.id = l.upload";
const HOLDS: &str = "(l.upload IS NULL OR (u.ended_utc_ms IS NULL AND u.lease_owner = l.owner AND u.epoch = l.epoch))";

fn lease(row: &Row<'_>) -> rusqlite::Result<Lease> {
    let upload = row.get::<_, Option<i64>>(2)?.zip(row.get::<_, Option<i64>>(3)?);
    Ok(Lease {
        id: rows::id(row, 0)?,
        owner: rows::id(row, 1)?,
        upload: upload.map(|(upload, delivery)| (UploadId(upload), DeliveryId(delivery))),
        epoch: row.get(4)?,
        target: TargetId(row.get(5)?),
        task: row.get(6)?,
        file: row.get(7)?,
        due_utc_ms: row.get(8)?,
        handed_utc_ms: row.get(9)?,
    })
}

/// Takes one out: its outcome counts no more. None when it was not there; else the body's name, where it has one.
pub(crate) fn take(tx: &Transaction<'_>, id: LeaseId) -> Result<Option<Option<String>>> {
    let mut query = tx.prepare_cached("DELETE FROM lease WHERE id = ?1 RETURNING file")?;
    Ok(query.query_row([id.as_bytes()], |row| row.get(0)).optional()?)
}

/// Takes one out, as [`take`] does, and lets go of the upload that it holds: that may go again.
pub(crate) fn let_go(tx: &Transaction<'_>, id: LeaseId) -> Result<Option<Option<String>>> {
    tx.prepare_cached(
        "UPDATE upload SET lease_owner = NULL
         WHERE EXISTS (SELECT 1 FROM lease l WHERE l.id = ?1 AND l.upload = upload.id AND l.epoch = upload.epoch)",
    )?
    .execute([id.as_bytes()])?;
    let taken = take(tx, id)?;
    tx.execute_batch(IDLE_WAITS)?;
    Ok(taken)
}

/// What nobody carries any more may go again.
const IDLE_WAITS: &str = "UPDATE delivery SET stage = 'waiting' WHERE stage = 'sending' AND NOT EXISTS
       (SELECT 1 FROM upload u WHERE u.delivery = delivery.id AND u.ended_utc_ms IS NULL AND u.lease_owner IS NOT NULL)";

/// Leases an upload that nobody wants any more, so that what the server keeps of it is freed; false when somebody has it.
pub(crate) fn lease_dropped(tx: &Transaction<'_>, upload: UploadId, owner: HostId) -> Result<bool> {
    let leased = tx
        .prepare_cached(
            "UPDATE upload SET lease_owner = ?2, epoch = epoch + 1 WHERE id = ?1 AND lease_owner IS NULL AND ended_utc_ms IS NULL
             AND EXISTS (SELECT 1 FROM delivery d WHERE d.id = upload.delivery AND d.stage = 'dropped')",
        )?
        .execute(params![upload.0, owner.as_bytes()])?;
    Ok(leased > 0)
}

/// Targets that a host is asking what they have, and those of which it probes an endpoint.
pub(crate) fn asking(conn: &Connection) -> Result<(Vec<TargetId>, Vec<TargetId>)> {
    let mut query = conn.prepare_cached(
        "SELECT DISTINCT target, json_extract(task, '$.purpose') = 'probe' FROM lease WHERE upload IS NULL",
    )?;
    let found = query.query_map([], |row| Ok((TargetId(row.get(0)?), row.get(1)?)))?;
    let found: Vec<(_, bool)> = found.collect::<rusqlite::Result<_>>()?;
    let (probing, asking): (Vec<_>, Vec<_>) = found.into_iter().partition(|(_, probes)| *probes);
    let ids = |of: Vec<(TargetId, bool)>| of.into_iter().map(|(id, _)| id).collect();
    Ok((ids(asking), ids(probing)))
}

/// Whether a file in the spool is the body of a step.
pub(crate) fn is_body(conn: &Connection, name: &str) -> Result<bool> {
    let mut query = conn.prepare_cached("SELECT EXISTS (SELECT 1 FROM lease WHERE file = ?1)")?;
    Ok(query.query_row([name], |row| row.get(0))?)
}

/// Makes void what a host's system does not carry any more, and what is older than any system carries anything, whose host
/// it is. Its uploads may go again. Returns how many, and the files that they leave behind.
pub(crate) fn void(
    tx: &Transaction<'_>,
    owner: HostId,
    running: &[LeaseId],
    now_utc_ms: i64,
) -> Result<(u64, Vec<String>)> {
    let mut query = tx.prepare_cached("SELECT id FROM lease WHERE owner = ?1 OR made_utc_ms NOT BETWEEN ?2 AND ?3")?;
    let (from, to) = (now_utc_ms.saturating_sub(LONGEST_MS), now_utc_ms.saturating_add(LONGEST_MS));
    let found = query.query_map(params![owner.as_bytes(), from, to], |row| rows::id::<LeaseId>(row, 0))?;
    let (mut voided, mut files) = (0, vec![]);
    for id in found.collect::<rusqlite::Result<Vec<_>>>()? {
        if !running.contains(&id) {
            files.extend(let_go(tx, id)?.flatten());
            voided += 1;
        }
    }
    tx.execute_batch(IDLE_WAITS)?;
    Ok((voided, files))
}
