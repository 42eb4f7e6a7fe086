//! What stood in a service's place: kept as evidence, and thinned out when old.

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use satchel_kernel::health::Block;
use satchel_kernel::ids::TargetId;
use satchel_kernel::time::Now;

use super::targets::Target;
use crate::blocks::BlockRecord;
use crate::error::Result;
use crate::sight::Sight;

/// Records that are kept at most; the ones last seen longest ago go first.
const MOST: i64 = 500;
/// Of these, the newest that keep their page.
const PAGES: i64 = 50;

/// Notes a block, or that one that is known was seen again.
pub(super) fn note(tx: &Transaction<'_>, target: &Target, kind: &str, sight: &Sight, now: &Now) -> Result<()> {
    let page = sight.page.as_ref();
    let (title, location) = (page.and_then(|p| p.title.clone()), page.and_then(|p| p.location.clone()));
    let status = page.map(|page| page.status);
    let certificate = sight.certificate.as_ref().map(|c| c.sha256.clone());
    let issuer = sight.certificate.as_ref().map(|c| c.issuer.clone());
    let (endpoint, network) = (&target.via.url, &sight.network);
    let known: Option<i64> = tx
        .prepare_cached(
            "SELECT id FROM block WHERE target = ?1 AND endpoint = ?2 AND network IS ?3 AND kind = ?4 AND status IS ?5
               AND title IS ?6 AND certificate IS ?7 ORDER BY id DESC LIMIT 1",
        )?
        .query_row(params![target.id.0, endpoint, network, kind, status, title, certificate], |row| row.get(0))
        .optional()?;
    if let Some(id) = known {
        tx.prepare_cached("UPDATE block SET last_utc_ms = max(last_utc_ms, ?2), times = times + 1 WHERE id = ?1")?
            .execute(params![id, now.utc_ms])?;
        return Ok(());
    }
    tx.prepare_cached(
        "INSERT INTO block (target, endpoint, network, kind, status, title, location, page, page_type, certificate, issuer, address,
           first_utc_ms, last_utc_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?13)",
    )?
    .execute(params![
        target.id.0,
        endpoint,
        network,
        kind,
        status,
        title,
        location,
        page.map(|page| page.body.as_slice()).filter(|body| !body.is_empty()),
        page.and_then(|page| page.media_type.clone()),
        certificate,
        issuer,
        sight.address.map(|address| address.to_string()),
        now.utc_ms,
    ])?;
    thin_out(tx)
}

/// What was noted of an endpoint's name on this network since then is of this kind: the server answers at its own address.
pub(super) fn rename(
    tx: &Transaction<'_>,
    target: &Target,
    to: Block,
    network: Option<&str>,
    since_utc_ms: i64,
    now: &Now,
) -> Result<()> {
    let renamed = tx.execute(
        "UPDATE block SET kind = ?4 WHERE kind <> 'captive' AND last_utc_ms >= ?5 AND id = (SELECT id FROM block
           WHERE target = ?1 AND endpoint = ?2 AND network IS ?3 ORDER BY last_utc_ms DESC, id DESC LIMIT 1)",
        params![target.id.0, target.via.url, network, to.as_str(), since_utc_ms],
    )?;
    if renamed == 0 {
        let known = tx.execute(
            "UPDATE block SET last_utc_ms = ?5, times = times + 1 WHERE id = (SELECT id FROM block
               WHERE target = ?1 AND endpoint = ?2 AND network IS ?3 AND kind = ?4 ORDER BY last_utc_ms DESC, id DESC LIMIT 1)",
            params![target.id.0, target.via.url, network, to.as_str(), now.utc_ms],
        )?;
        if known > 0 {
            return Ok(());
        }
        tx.execute(
            "INSERT INTO block (target, endpoint, network, kind, first_utc_ms, last_utc_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?5)",
            params![target.id.0, target.via.url, network, to.as_str(), now.utc_ms],
        )?;
        thin_out(tx)?;
    }
    Ok(())
}

fn thin_out(tx: &Transaction<'_>) -> Result<()> {
    tx.prepare_cached(
        "DELETE FROM block WHERE id NOT IN (SELECT id FROM block ORDER BY last_utc_ms DESC, id DESC LIMIT ?1)",
    )?
    .execute([MOST])?;
    tx.prepare_cached(
        "UPDATE block SET page = NULL WHERE page IS NOT NULL AND id NOT IN
           (SELECT id FROM block WHERE page IS NOT NULL ORDER BY last_utc_ms DESC, id DESC LIMIT ?1)",
    )?
    .execute([PAGES])?;
    Ok(())
}

const COLUMNS: &str = "id, target, endpoint, network, kind, status, title, location, length(page), page_type, certificate, issuer, address,
    first_utc_ms, last_utc_ms, times";

fn record(row: &Row<'_>) -> rusqlite::Result<BlockRecord> {
    Ok(BlockRecord {
        id: row.get(0)?,
        target: TargetId(row.get(1)?),
        endpoint: row.get(2)?,
        network: row.get(3)?,
        kind: row.get(4)?,
        status: row.get(5)?,
        title: row.get(6)?,
        location: row.get(7)?,
        page_bytes: row.get::<_, Option<u32>>(8)?.unwrap_or(0),
        page_type: row.get(9)?,
        certificate: row.get(10)?,
        issuer: row.get(11)?,
        address: row.get(12)?,
        first_utc_ms: row.get(13)?,
        last_utc_ms: row.get(14)?,
        times: row.get(15)?,
    })
}

/// All of them, the last seen first.
pub(crate) fn all(conn: &Connection) -> Result<Vec<BlockRecord>> {
    let mut query = conn.prepare_cached(&format!("SELECT {COLUMNS} FROM block ORDER BY last_utc_ms DESC, id DESC"))?;
    let found = query.query_map([], record)?.collect::<rusqlite::Result<_>>()?;
    Ok(found)
}

/// The page of one, as it came.
pub(crate) fn page(conn: &Connection, id: i64) -> Result<Option<Vec<u8>>> {
    let mut query = conn.prepare_cached("SELECT page FROM block WHERE id = ?1")?;
    Ok(query.query_row([id], |row| row.get(0)).optional()?.flatten())
}
