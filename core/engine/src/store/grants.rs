//! Grants, and what they are for.

use rusqlite::{Connection, OptionalExtension, Transaction, params};
use satchel_kernel::ids::{AssetId, DeliveryId, GrantId};
use satchel_kernel::link::Link;
use satchel_kernel::money::grant::GrantView;
use satchel_kernel::time::Now;

use super::{assets, money, rows, settings};
use crate::error::{Error, Result};

/// What stands reserved by open accounts of a grant.
const RESERVED: &str = "(SELECT coalesce(sum(c.reserved), 0) FROM account c WHERE c.given = g.id)";

/// Gives leave: for these assets, on this link, up to so many billed bytes, for so long.
pub(crate) fn give(
    tx: &Transaction<'_>,
    assets: &[AssetId],
    link: &Link,
    bytes: u64,
    for_ms: u64,
    now: &Now,
) -> Result<GrantId> {
    money::note_time(tx, now)?;
    let until = money::reckoned(tx, now)?.at(now).saturating_add_unsigned(for_ms);
    tx.prepare_cached(
        "INSERT INTO given (kind, network, roaming, bytes, until_ms, given_utc_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![rows::text(&link.kind), link.network, link.roaming, rows::int(bytes), until, now.utc_ms])?;
    let id = GrantId(tx.last_insert_rowid());
    let mut insert = tx.prepare_cached("INSERT OR IGNORE INTO given_for (asset, given) VALUES (?1, ?2)")?;
    for asset in assets {
        insert.execute(params![assets::seq(tx, *asset)?, id.0])?;
    }
    drop(insert);
    settings::changed(tx)?;
    Ok(id)
}

/// Ends a grant.
///
/// # Errors
/// [`Error::Invalid`] when there is none of this number.
pub(crate) fn end(tx: &Transaction<'_>, grant: GrantId) -> Result<()> {
    if tx.execute("UPDATE given SET until_ms = 0 WHERE id = ?1", [grant.0])? == 0 {
        return Err(Error::Invalid(format!("there is no grant {grant}")));
    }
    settings::changed(tx)
}

/// The grants that hold still, whatever the link.
pub(crate) fn holding(conn: &Connection, now: &Now) -> Result<Vec<GrantView>> {
    let at = money::reckoned(conn, now)?.at(now);
    let mut query = conn.prepare_cached(&format!(
        "SELECT id, kind, network, bytes - used - {RESERVED}, until_ms, roaming FROM given g WHERE until_ms > ?1 ORDER BY id"
    ))?;
    let found = query.query_map([at], |row| {
        let ends: i64 = row.get(4)?;
        Ok(GrantView {
            id: GrantId(row.get(0)?),
            kind: rows::json(row, 1)?,
            network: row.get(2)?,
            roaming: row.get(5)?,
            left: u64::try_from(row.get::<_, i64>(3)?).unwrap_or(0),
            ends_in_ms: ends.saturating_sub(at).unsigned_abs(),
        })
    })?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// Billed bytes that a grant has left; 0 when it holds no more.
pub(super) fn left(conn: &Connection, grant: GrantId, now: &Now) -> Result<u64> {
    Ok(holding(conn, now)?.iter().find(|view| view.id == grant).map_or(0, |view| view.left))
}

pub(super) fn charge(tx: &Transaction<'_>, grant: GrantId, cost: u64) -> Result<()> {
    tx.prepare_cached("UPDATE given SET used = used + ?2 WHERE id = ?1")?.execute(params![grant.0, rows::int(cost)])?;
    Ok(())
}

/// Reckoned time was set: what runs moves with it.
pub(super) fn moved(tx: &Transaction<'_>, by_ms: i64) -> Result<()> {
    tx.execute("UPDATE given SET until_ms = until_ms + ?1 WHERE until_ms > 0", [by_ms])?;
    Ok(())
}

/// The latest of these grants that was given for an asset which wants this delivery.
pub(crate) fn of_delivery(conn: &Connection, delivery: DeliveryId, holding: &[GrantView]) -> Result<Option<GrantId>> {
    if holding.is_empty() {
        return Ok(None);
    }
    let ids = holding.iter().map(|view| view.id.to_string()).collect::<Vec<_>>().join(",");
    let mut query = conn.prepare_cached(&format!(
        "SELECT f.given FROM wanted w JOIN part p ON p.id = w.part JOIN given_for f ON f.asset = p.asset
         WHERE w.delivery = ?1 AND f.given IN ({ids}) ORDER BY f.given DESC LIMIT 1"
    ))?;
    Ok(query.query_row([delivery.0], |row| row.get(0)).optional()?.map(GrantId))
}
