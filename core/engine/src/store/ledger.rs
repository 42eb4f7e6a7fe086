//! Bytes, for ever: by local day, link class and target.

use rusqlite::{Connection, Transaction, params};
use satchel_kernel::ids::TargetId;
use satchel_kernel::link::LinkClass;
use satchel_kernel::time::Now;

use super::rows;
use crate::error::Result;

/// What is added to the ledger.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Bytes {
    /// At the sockets.
    pub sent: u64,
    /// At the sockets.
    pub received: u64,
    /// Of payloads.
    pub acknowledged: u64,
    /// Of payloads; below zero when bytes of before were acknowledged now.
    pub wasted: i64,
}

/// One row of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerRow {
    /// Local days since 1970.
    pub day: i64,
    /// The link's class: `unmetered`, `metered`, `roaming`, `unknown`.
    pub link: String,
    /// Which target.
    pub target: TargetId,
    /// Bytes handed to the network: TLS, headers and bodies. What lies below sockets is not in it; budgets reckon with that
    /// ([`satchel_kernel::money::billed`]).
    pub sent: u64,
    /// Payload bytes that the server said it kept.
    pub acknowledged: u64,
    /// Payload bytes that were sent and not kept; at most what passed the sockets beside what was kept, since of a request that
    /// broke nobody knows how much of it was payload. Below zero where bytes that went out over one link were acknowledged over
    /// another: over all rows the sum is what was wasted.
    pub wasted: i64,
    /// Bytes taken from the network, likewise with TLS and headers.
    pub received: u64,
}

pub(super) fn add(tx: &Transaction<'_>, target: TargetId, link: LinkClass, now: &Now, bytes: &Bytes) -> Result<()> {
    let Bytes { sent, received, acknowledged, wasted } = *bytes;
    if sent == 0 && acknowledged == 0 && received == 0 && wasted == 0 {
        return Ok(());
    }
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
                wasted: row.get::<_, i64>(5)?.min(row.get::<_, i64>(3)? - row.get::<_, i64>(4)?),
                received: rows::count(row, 6)?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(ledger)
}
