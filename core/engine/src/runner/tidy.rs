//! What a run does before it begins: what killed processes left is cleared away, and the journal is written anew where most
//! of it speaks of what is gone.

use std::sync::Arc;

use crate::error::Result;
use crate::outbox::Inner;
use crate::spool::Kept;
use crate::store;

/// Removes what those left in the spool who were killed: copies and bodies that no row names.
pub(crate) async fn sweep(inner: &Arc<Inner>) -> Result<()> {
    let (inner, now) = (inner.clone(), inner.config.clock.now());
    let work = move || {
        inner.spool.sweep(now.utc_ms, |kept, name| {
            let name = name.to_string();
            let named = match kept {
                Kept::Copy => inner.store.read_blocking(move |conn| store::is_spooled(conn, &name)),
                Kept::Made => inner.store.read_blocking(move |conn| store::making::is_kept(conn, &name)),
                Kept::Body => inner.store.read_blocking(move |conn| store::leases::is_body(conn, &name)),
            };
            // When in doubt it stays.
            named.unwrap_or(true)
        })
    };
    // A spool that cannot be swept now is swept another time.
    let _ = tokio::task::spawn_blocking(work).await;
    Ok(())
}

/// Removed assets that make it worth writing the journal anew.
const WORTH_COMPACTING: u64 = 1_000;

/// Writes the journal anew without what it says of removed assets, once they are many and the most of it. What it says
/// of payloads stays: their fate must outlive the assets.
pub(super) async fn compact(inner: &Arc<Inner>) -> Result<()> {
    let journal = inner.journal.clone();
    let (live, removed) = inner.store.read(store::live_and_removed).await?;
    if removed < WORTH_COMPACTING || removed < live {
        return Ok(());
    }
    let work = move |tx: &store::Tx<'_>| {
        let gone = store::removed_since_compaction(tx)?;
        journal.compact(|record| record.asset().is_none_or(|asset| !gone.contains(&asset)))?;
        store::compacted(tx)?;
        store::agree(tx, &journal)
    };
    inner.store.write(work).await
}
