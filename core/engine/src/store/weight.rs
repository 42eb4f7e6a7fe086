//! How much there is to send: what a price is made from.

use rusqlite::{Connection, params};
use satchel_kernel::ids::AssetId;
use satchel_kernel::planner::PREVIEW;

use super::deliveries::UNIT_LEFT;
use super::rows;
use crate::error::{Error, Result};

/// Uploads that have not ended, and payload bytes of theirs that no server said it kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Weight {
    pub uploads: u64,
    pub bytes: u64,
    /// The largest single one; of a pair, both files.
    pub largest: u64,
}

const OPEN: &str = "stage IN ('waiting', 'resting', 'sending')";

/// Of the whole outbox. With each post goes a preview, as far as anyone knows. What was not read yet weighs what its file did when it was added, once for each target.
pub(crate) fn weight(conn: &Connection) -> Result<Weight> {
    let (uploads, bytes) = conn
        .prepare_cached(&format!(
            "SELECT coalesce(sum(n), 0), coalesce(sum(todo + CASE class WHEN 'text' THEN n * {PREVIEW} ELSE 0 END), 0)
             FROM tally WHERE {OPEN}"
        ))?
        .query_row([], |row| Ok((rows::count(row, 0)?, rows::count(row, 1)?)))?;
    let unread = conn
        .prepare_cached(
            "SELECT count(*), coalesce(sum(json_extract(stamp, '$.size')), 0), coalesce(max(json_extract(stamp, '$.size')), 0)
             FROM part WHERE stage = 'unread'",
        )?
        .query_row([], |row| Ok(Weight { uploads: rows::count(row, 0)?, bytes: rows::count(row, 1)?, largest: rows::count(row, 2)? }))?;
    let mut largest = unread.largest;
    // The last of each group by size, where its index knows them.
    let mut groups = conn.prepare_cached(
        "SELECT DISTINCT target, class, kind, album, urgent FROM tally WHERE stage = 'waiting' AND n > 0",
    )?;
    let mut found = groups.query([])?;
    let mut of_group = conn.prepare_cached(&format!(
        "SELECT {UNIT_LEFT} FROM delivery WHERE target = ?1 AND class = ?2 AND kind = ?3 AND album = ?4 AND urgent = ?5
           AND stage = 'waiting' AND checked = 1 ORDER BY todo DESC LIMIT 1",
    ))?;
    while let Some(row) = found.next()? {
        let key: (i64, String, String, String, bool) =
            (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?);
        let mut most = of_group.query_map(params![key.0, key.1, key.2, key.3, key.4], |row| rows::count(row, 0))?;
        if let Some(todo) = most.next() {
            largest = largest.max(todo?);
        }
    }
    let (targets, with_posts) = targets(conn)?;
    Ok(Weight {
        uploads: uploads + unread.uploads * targets,
        bytes: bytes + unread.bytes * targets + unread.uploads * PREVIEW * with_posts,
        largest,
    })
}

/// Of these assets; a delivery that several of them share counts once.
///
/// # Errors
/// [`Error::NoSuchAsset`] for one that is not there.
pub(crate) fn weight_of(conn: &Connection, assets: &[AssetId]) -> Result<Weight> {
    let mut weight = Weight::default();
    let mut counted = std::collections::HashSet::new();
    let (targets, with_posts) = targets(conn)?;
    let mut known = conn.prepare_cached("SELECT seq FROM asset WHERE id = ?1 AND removed = 0")?;
    let mut unread = conn.prepare_cached(
        "SELECT coalesce(json_extract(stamp, '$.size'), 0) FROM part WHERE asset = ?1 AND (stage IN ('unread', 'resting')
           OR (stage = 'read' AND rendition = 'original' AND NOT EXISTS (SELECT 1 FROM wanted w WHERE w.part = part.id)))",
    )?;
    let mut open = conn.prepare_cached(&format!(
        "SELECT DISTINCT delivery.id, todo + CASE class WHEN 'text' THEN {PREVIEW} ELSE 0 END, {UNIT_LEFT}
         FROM part p JOIN wanted w ON w.part = p.id JOIN delivery ON delivery.id = w.delivery
         WHERE p.asset = ?1 AND delivery.{OPEN}"
    ))?;
    for asset in assets {
        let mut seq = known.query([asset.as_bytes()])?;
        let Some(row) = seq.next()? else { return Err(Error::NoSuchAsset(*asset)) };
        let seq: i64 = row.get(0)?;
        for size in unread.query_map([seq], |row| rows::count(row, 0))? {
            let size = size?;
            weight.uploads += targets;
            weight.bytes += size * targets + PREVIEW * with_posts;
            weight.largest = weight.largest.max(size);
        }
        let mut found = open.query([seq])?;
        while let Some(row) = found.next()? {
            let (delivery, todo, unit): (i64, _, _) = (row.get(0)?, rows::count(row, 1)?, rows::count(row, 2)?);
            if counted.insert(delivery) {
                weight.uploads += 1;
                weight.bytes += todo;
                weight.largest = weight.largest.max(todo).max(unit);
            }
        }
    }
    Ok(weight)
}

/// How many targets there are, and how many of them take posts.
fn targets(conn: &Connection) -> Result<(u64, u64)> {
    let mut query = conn.prepare_cached("SELECT count(*), coalesce(sum(posts), 0) FROM target")?;
    Ok(query.query_row([], |row| Ok((rows::count(row, 0)?, rows::count(row, 1)?)))?)
}
