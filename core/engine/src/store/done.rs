//! What is done, for a check against its server.

use rusqlite::{Connection, params};
use satchel_kernel::ids::{BlobHash, DeliveryId, TargetId};
use satchel_kernel::protocol::post::Rendition;

use super::rows;
use crate::error::Result;

/// A delivery that is done, as a check asks for it.
#[derive(Debug, Clone)]
pub(crate) struct Delivered {
    pub delivery: DeliveryId,
    pub hash: BlobHash,
    pub length: u64,
    pub class: Rendition,
    pub locator: Option<String>,
}

/// Deliveries to a target that are done, by id, after this one.
pub(crate) fn delivered_page(
    conn: &Connection,
    target: TargetId,
    after: DeliveryId,
    limit: usize,
) -> Result<Vec<Delivered>> {
    let mut query = conn.prepare_cached(
        "SELECT d.id, y.hash, d.bytes, d.class,
                (SELECT u.locator FROM upload u WHERE u.delivery = d.id AND u.ending = 'done' ORDER BY u.id DESC LIMIT 1)
         FROM delivery d JOIN payload y ON y.id = d.payload
         WHERE d.target = ?1 AND d.id > ?2 AND d.stage = 'delivered' ORDER BY d.id LIMIT ?3",
    )?;
    let page = query.query_map(params![target.0, after.0, limit as i64], |row| {
        Ok(Delivered {
            delivery: DeliveryId(row.get(0)?),
            hash: rows::id(row, 1)?,
            length: rows::count(row, 2)?,
            class: rows::name(row, 3, Rendition::from_name)?,
            locator: row.get(4)?,
        })
    })?;
    Ok(page.collect::<rusqlite::Result<_>>()?)
}
