//! Requests that ended, as they were noted down.

use rusqlite::Connection;
use satchel_kernel::ids::{AssetId, TargetId};
use satchel_kernel::protocol::post::Rendition;

use super::{assets, rows};
use crate::attempts::Attempt;
use crate::error::Result;

/// The latest of an asset, the newest first.
pub(crate) fn attempts(conn: &Connection, id: AssetId, most: u32) -> Result<Vec<Attempt>> {
    let seq = assets::seq(conn, id)?;
    let mut query = conn.prepare_cached(
        "SELECT DISTINCT t.id, d.target, d.class, t.started_utc_ms, t.ended_utc_ms, t.request, t.status, t.sent, t.verdict
         FROM part p JOIN wanted w ON w.part = p.id JOIN attempt t ON t.delivery = w.delivery JOIN delivery d ON d.id = w.delivery
         WHERE p.asset = ?1 ORDER BY t.id DESC LIMIT ?2",
    )?;
    let found = query.query_map((seq, most), |row| {
        let verdict: String = row.get(8)?;
        Ok(Attempt {
            target: TargetId(row.get(1)?),
            rendition: rows::name(row, 2, Rendition::from_name)?,
            started_utc_ms: row.get(3)?,
            ended_utc_ms: row.get(4)?,
            method: row.get(5)?,
            status: row.get(6)?,
            sent: rows::count(row, 7)?,
            verdict: serde_json::from_str(&verdict).ok(),
        })
    })?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}
