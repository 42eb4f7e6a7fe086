//! Bytes, for ever: by local day, link class and target.

use rusqlite::{Connection, Transaction, params};
use satchel_kernel::ids::TargetId;
use satchel_kernel::link::LinkClass;
use satchel_kernel::time::Now;

use super::rows;
use crate::error::Result;

/// What one request cost. What was sent and not acknowledged is wasted.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Bytes {
    pub sent: u64,
    pub acknowledged: u64,
    pub received: u64,
}

/// One row of the ledger. Bytes are those of request and reply bodies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerRow {
    /// Local days since 1970.
    pub day: i64,
    /// The link's class: `unmetered`, `metered`, `roaming`, `unknown`.
    pub link: String,
    /// Which target.
    pub target: TargetId,
    /// Handed to the network.
    pub sent: u64,
    /// Of these, what the server said that it kept.
    pub acknowledged: u64,
    /// Sent less acknowledged. Below zero where bytes that went out over one link were acknowledged over another: over all
    /// rows the sum is what was wasted.
    pub wasted: i64,
    /// Taken from the network.
    pub received: u64,
}

pub(super) fn add(tx: &Transaction<'_>, target: TargetId, link: LinkClass, now: &Now, bytes: &Bytes) -> Result<()> {
    let Bytes { sent, acknowledged, received } = *bytes;
    if sent == 0 && acknowledged == 0 && received == 0 {
        return Ok(());
    }
    // Bytes of an earlier request may be acknowledged later: then less was wasted than it seemed.
    let wasted = rows::int(sent) - rows::int(acknowledged);
    tx.prepare_cached(
        "INSERT INTO ledger VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO UPDATE SET
           sent = sent + excluded.sent, acknowledged = acknowledged + excluded.acknowledged,
           wasted = wasted + excluded.wasted, received = received + excluded.received",
    )?
    .execute(params![
        now.local_day(),
        link.as_str(),
        target.0,
        rows::int(sent),
        rows::int(acknowledged),
        wasted,
        rows::int(received)
    ])?;
    Ok(())
}

/// The whole ledger, oldest first.
pub(crate) fn all(conn: &Connection) -> Result<Vec<LedgerRow>> {
    let mut query = conn.prepare_cached("SELECT * FROM ledger ORDER BY day, link, target")?;
    let ledger = query
        .query_map([], |row| {
            Ok(LedgerRow {
                day: row.get(0)?,
                link: row.get(1)?,
                target: TargetId(row.get(2)?),
                sent: rows::count(row, 3)?,
                acknowledged: rows::count(row, 4)?,
                wasted: row.get(5)?,
                received: rows::count(row, 6)?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(ledger)
}
