//! What targets were said to hold, and may not any more: it is asked for, or goes, anew.

use rusqlite::{Params, Transaction, params};
use satchel_kernel::ids::DeliveryId;

use super::backfill;
use crate::error::Result;
use crate::journal::Record;

/// What a target got for assets that were removed since may have been deleted there with them: it is asked anew.
pub(super) fn doubt(tx: &Transaction<'_>, part: i64, payload: i64, target: i64) -> Result<()> {
    tx.prepare_cached(
        "UPDATE delivery SET stage = 'waiting', checked = 0 WHERE payload = ?2 AND target = ?3 AND stage = 'delivered'
           AND NOT EXISTS (SELECT 1 FROM wanted w JOIN part p ON p.id = w.part
             WHERE w.delivery = delivery.id AND (p.id = ?1 OR p.stage <> 'removed'))",
    )?
    .execute(params![part, payload, target])?;
    Ok(())
}

/// Its target has not got it any more, it says: it goes again, and the words of whatever wants it.
pub(crate) fn missing(tx: &Transaction<'_>, delivery: DeliveryId) -> Result<()> {
    tx.prepare_cached(
        "DELETE FROM previewed WHERE target = (SELECT target FROM delivery WHERE id = ?1)
           AND part IN (SELECT id FROM part WHERE rendition = 'preview' AND asset IN
             (SELECT p.asset FROM wanted w JOIN part p ON p.id = w.part WHERE w.delivery = ?1))",
    )?
    .execute([delivery.0])?;
    let gone = "id = ?1 OR (class = 'text' AND target = (SELECT target FROM delivery WHERE id = ?1)
       AND id IN (SELECT w.delivery FROM wanted w JOIN part p ON p.id = w.part WHERE p.asset IN
         (SELECT q.asset FROM wanted v JOIN part q ON q.id = v.part WHERE v.delivery = ?1)))";
    send(tx, gone, [delivery.0])
}

/// What was delivered goes again without a question, of those deliveries of which this holds.
pub(super) fn send(tx: &Transaction<'_>, which: &str, given: impl Params + Copy) -> Result<()> {
    let there = format!("stage = 'delivered' AND ({which})");
    tx.prepare_cached(&format!("DELETE FROM receipt WHERE delivery IN (SELECT id FROM delivery WHERE {there})"))?
        .execute(given)?;
    tx.prepare_cached(&format!("UPDATE delivery SET stage = 'waiting', proof = NULL, checked = 1 WHERE {there}"))?
        .execute(given)?;
    Ok(())
}

/// Forgets what a target was said to hold, and what was under way to it.
pub(super) fn offer_anew(tx: &Transaction<'_>, target: i64) -> Result<Vec<Record>> {
    let mine = "delivery IN (SELECT id FROM delivery WHERE target = ?1)";
    tx.execute(&format!("DELETE FROM receipt WHERE {mine}"), [target])?;
    tx.execute("DELETE FROM fate WHERE target = ?1", [target])?;
    tx.execute("DELETE FROM previewed WHERE target = ?1", [target])?;
    // Whoever still holds a lease of one learns by its epoch that it is void.
    tx.execute(
        &format!(
            "UPDATE upload SET ended_utc_ms = created_utc_ms, ending = 'other_server', lease_owner = NULL, epoch = epoch + 1
             WHERE ended_utc_ms IS NULL AND {mine}"
        ),
        [target],
    )?;
    tx.execute(
        "UPDATE delivery SET stage = 'waiting', proof = NULL, park = NULL, trouble = NULL, failures = 0,
                due_utc_ms = NULL, due_boot = NULL, due_since_ms = NULL,
                checked = class = 'text' OR NOT (SELECT have_check FROM target WHERE id = ?1)
                          OR (SELECT hash IS NULL FROM payload WHERE id = delivery.payload)
         WHERE target = ?1 AND stage <> 'dropped'",
        [target],
    )?;
    tx.execute("UPDATE target SET due_utc_ms = NULL, trouble = NULL, failures = 0 WHERE id = ?1", [target])?;
    // What went to the one before by other rules goes to this one by its own.
    backfill::want_anew(tx, target)
}
