//! The planner's snapshot: bounded, whatever the outbox holds.

use rusqlite::{Connection, Transaction, params};
use satchel_kernel::ids::{DeliveryId, PartId, TargetId};
use satchel_kernel::link::Link;
use satchel_kernel::planner::{CANDIDATES, Candidate, Snapshot, TargetView, World};
use satchel_kernel::policy::{Order, Policy};
use satchel_kernel::protocol::have::MAX_HASHES;
use satchel_kernel::protocol::post::Rendition;
use satchel_kernel::time::{Due, MAX_WAIT_MS, Now};

use super::{previews, rows, targets};
use crate::error::Result;

const CLASSES: [Rendition; 4] = [Rendition::Text, Rendition::Preview, Rendition::Press, Rendition::Original];

/// What the runner knows and the database does not.
#[derive(Debug, Clone, Default)]
pub(crate) struct Around {
    pub link: Link,
    /// Only these targets are served.
    pub targets: Vec<TargetId>,
    pub reading: bool,
    pub sending: usize,
    pub asking: Vec<TargetId>,
}

/// Sets going what rested long enough. A wait that ends further away than any may last was made under another clock.
pub(crate) fn wake(tx: &Transaction<'_>, now: &Now) -> Result<()> {
    let since = rows::int(now.since_boot_ms);
    let last = now.utc_ms.saturating_add_unsigned(MAX_WAIT_MS);
    for (table, to) in [("delivery", "waiting"), ("part", "unread")] {
        tx.prepare_cached(&format!(
            "UPDATE {table} SET stage = '{to}', due_utc_ms = NULL WHERE stage = 'resting' AND
               ((due_boot = ?1 AND (due_since_ms <= ?2 OR due_since_ms > ?2 + {MAX_WAIT_MS})) OR (due_boot <> ?1 AND (due_utc_ms <= ?3 OR due_utc_ms > ?4)))"
        ))?
        .execute(params![now.boot.as_bytes(), since, now.utc_ms, last])?;
    }
    Ok(())
}

/// What concerns every asset, for all targets.
pub(crate) fn world(conn: &Connection, link: Link) -> Result<World> {
    let targets = targets::all(conn)?.iter().map(view).collect();
    Ok(World { link, paused: paused(conn)?, targets })
}

fn view(target: &targets::Target) -> TargetView {
    TargetView { id: target.id, have_check: target.is_receiver(), rest: target.rest }
}

/// Loads the snapshot.
pub(crate) fn load(conn: &Connection, around: &Around, policy: &Policy) -> Result<Snapshot> {
    let served: Vec<_> = targets::all(conn)?.into_iter().filter(|t| around.targets.contains(&t.id)).collect();
    let views: Vec<_> = served.iter().map(view).collect();
    let mut candidates = Vec::new();
    let mut unchecked = Vec::new();
    let mut open = 0;
    for view in &views {
        for urgent in [true, false] {
            for class in CLASSES {
                ready(conn, view.id, class, urgent, policy.order, &mut candidates)?;
            }
        }
        if view.have_check && !around.asking.contains(&view.id) {
            not_asked(conn, view.id, &mut unchecked)?;
        }
        open += open_count(conn, view.id)?;
    }
    let world = World { link: around.link.clone(), paused: paused(conn)?, targets: views };
    let unread = unread(conn, policy.order)?;
    let next_due = next_due(conn, &around.targets)?;
    let dropped = dropped(conn)?;
    let (sending, reading, asking) = (around.sending, around.reading, around.asking.clone());
    Ok(Snapshot { world, unread, candidates, unchecked, sending, reading, dropped, asking, next_due, open })
}

fn ready(
    conn: &Connection,
    target: TargetId,
    class: Rendition,
    urgent: bool,
    order: Order,
    into: &mut Vec<Candidate>,
) -> Result<()> {
    let direction = if order == Order::Newest { "DESC" } else { "ASC" };
    let unrendered = if class == Rendition::Text { previews::UNRENDERED } else { "0" };
    let mut query = conn.prepare_cached(&format!(
        "SELECT id, ord, {unrendered} FROM delivery WHERE target = ?1 AND class = ?2 AND urgent = ?3 AND stage = 'waiting' AND checked = 1
         ORDER BY ord {direction} LIMIT ?4"
    ))?;
    let mut rows = query.query(params![target.0, class.as_str(), urgent, CANDIDATES as i64])?;
    while let Some(row) = rows.next()? {
        let (delivery, order, unrendered) = (DeliveryId(row.get(0)?), row.get(1)?, row.get(2)?);
        into.push(Candidate { delivery, target, class, urgent, order, unrendered });
    }
    Ok(())
}

fn not_asked(
    conn: &Connection,
    target: TargetId,
    into: &mut Vec<(TargetId, DeliveryId, satchel_kernel::ids::BlobHash)>,
) -> Result<()> {
    let mut query = conn.prepare_cached(
        "SELECT d.id, y.hash FROM delivery d JOIN payload y ON y.id = d.payload
         WHERE d.target = ?1 AND d.stage = 'waiting' AND d.checked = 0 ORDER BY d.urgent DESC, d.ord DESC LIMIT ?2",
    )?;
    let mut found = query.query(params![target.0, MAX_HASHES as i64])?;
    while let Some(row) = found.next()? {
        into.push((target, DeliveryId(row.get(0)?), rows::id(row, 1)?));
    }
    Ok(())
}

/// Uploads that nobody wants any more, of which a server may keep something.
fn dropped(conn: &Connection) -> Result<Vec<(TargetId, DeliveryId)>> {
    // CROSS JOIN keeps the order: open uploads are few, deliveries are not.
    let mut query = conn.prepare_cached(
        "SELECT d.target, d.id FROM upload u CROSS JOIN delivery d ON d.id = u.delivery
         WHERE u.ended_utc_ms IS NULL AND d.stage = 'dropped' AND u.lease_owner IS NULL LIMIT ?1",
    )?;
    let found = query.query_map([CANDIDATES as i64], |row| Ok((TargetId(row.get(0)?), DeliveryId(row.get(1)?))))?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// Of these deliveries under way, those that are not wanted any more; all of them while the outbox is paused.
pub(crate) fn unwanted(conn: &Connection, under_way: &[DeliveryId]) -> Result<Vec<DeliveryId>> {
    if paused(conn)? {
        return Ok(under_way.to_vec());
    }
    let mut query = conn.prepare_cached("SELECT count(*) FROM delivery WHERE id = ?1 AND stage = 'dropped'")?;
    let mut unwanted = Vec::new();
    for id in under_way {
        if query.query_row([id.0], |row| row.get::<_, i64>(0))? > 0 {
            unwanted.push(*id);
        }
    }
    Ok(unwanted)
}

fn unread(conn: &Connection, order: Order) -> Result<Vec<PartId>> {
    let direction = if order == Order::Newest { "DESC" } else { "ASC" };
    let mut query = conn.prepare_cached(&format!(
        "SELECT id FROM part WHERE stage = 'unread' ORDER BY urgent DESC, asset {direction} LIMIT ?1"
    ))?;
    let parts =
        query.query_map([CANDIDATES as i64], |row| Ok(PartId(row.get(0)?)))?.collect::<rusqlite::Result<_>>()?;
    Ok(parts)
}

fn open_count(conn: &Connection, target: TargetId) -> Result<u64> {
    let mut query = conn.prepare_cached(
        "SELECT coalesce(sum(n), 0) FROM tally WHERE target = ?1 AND stage IN ('waiting', 'resting', 'sending')",
    )?;
    Ok(query.query_row([target.0], |row| rows::count(row, 0))?)
}

fn next_due(conn: &Connection, targets: &[TargetId]) -> Result<Option<Due>> {
    let first = |sql: &str| -> Result<Option<Due>> {
        let mut query = conn.prepare_cached(sql)?;
        let mut found = query.query([])?;
        Ok(match found.next()? {
            Some(row) => rows::due(row, 0)?,
            None => None,
        })
    };
    let part = first(
        "SELECT due_utc_ms, due_boot, due_since_ms FROM part WHERE stage = 'resting' ORDER BY due_utc_ms LIMIT 1",
    )?;
    let served = targets.iter().map(|t| t.0.to_string()).collect::<Vec<_>>().join(",");
    let delivery = first(&format!(
        "SELECT due_utc_ms, due_boot, due_since_ms FROM delivery WHERE stage = 'resting' AND target IN ({served})
         ORDER BY due_utc_ms LIMIT 1"
    ))?;
    Ok(part.into_iter().chain(delivery).min_by_key(|due| due.utc_ms))
}

/// Whether the person paused the outbox.
pub(crate) fn paused(conn: &Connection) -> Result<bool> {
    let mut query = conn.prepare_cached("SELECT count(*) FROM meta WHERE key = 'paused' AND value = 1")?;
    Ok(query.query_row([], |row| row.get::<_, i64>(0))? > 0)
}

/// Pauses the outbox, or ends the pause.
pub(crate) fn pause(tx: &Transaction<'_>, paused: bool) -> Result<()> {
    tx.execute("INSERT OR REPLACE INTO meta VALUES ('paused', ?1)", [paused])?;
    Ok(())
}
