//! The documents of posts, as payloads: one for all targets that may learn the same.

use rusqlite::{Transaction, params};
use satchel_kernel::ids::BlobHash;

use super::deliveries::by_hash;
use super::rows;
use super::wants::Taker;
use crate::error::Result;

/// Which payload `y` is the document of a text part `p`.
pub(super) const DOCUMENT: &str =
    "y.hash = p.hash AND y.form = CASE p.redact WHEN 'none' THEN 'as_is' ELSE p.redact END";

/// The payload of a post's document, in a form.
pub(super) fn document(
    tx: &Transaction<'_>,
    (seq, revision): (i64, u32),
    form: &str,
    hash: &BlobHash,
    bytes: &[u8],
) -> Result<i64> {
    tx.prepare_cached(
        "INSERT OR IGNORE INTO payload (hash, form, rendition, length, inline, asset, revision) VALUES (?1, ?2, 'text', ?3, ?4, ?5, ?6)",
    )?
    .execute(params![hash.as_bytes(), form, rows::int(bytes.len() as u64), bytes, seq, revision])?;
    by_hash(tx, hash, form)
}

/// The highest revision of an asset's post that one of these targets may have heard of, but for this document's own.
pub(super) fn heard(tx: &Transaction<'_>, seq: i64, text_part: i64, to: &[Taker]) -> Result<Option<u32>> {
    let mut query = tx.prepare_cached(&format!(
        "SELECT max(o.revision) FROM payload o JOIN delivery d ON d.payload = o.id AND d.target = ?3
         WHERE o.asset = ?1 AND o.id IS NOT (SELECT y.id FROM part p JOIN payload y ON {DOCUMENT} WHERE p.id = ?2)
         AND (d.stage NOT IN ('waiting', 'dropped') OR EXISTS (SELECT 1 FROM upload u WHERE u.delivery = d.id))"
    ))?;
    let mut highest = None;
    for taker in to {
        highest = highest.max(query.query_row(params![seq, text_part, taker.id], |row| row.get(0))?);
    }
    Ok(highest)
}

/// Whether nobody heard of a document: nothing was tried yet of its deliveries, or it has none.
pub(super) fn is_unheard(tx: &Transaction<'_>, text_part: i64) -> Result<bool> {
    let mut query = tx.prepare_cached(&format!(
        "SELECT NOT EXISTS (SELECT 1 FROM part p JOIN payload y ON {DOCUMENT} JOIN delivery d ON d.payload = y.id
           WHERE p.id = ?1 AND d.stage <> 'dropped'
           AND (d.stage <> 'waiting' OR EXISTS (SELECT 1 FROM upload u WHERE u.delivery = d.id)))"
    ))?;
    Ok(query.query_row([text_part], |row| row.get(0))?)
}

/// Puts another document in the place of one of which nothing was tried. Its deliveries stay what they are.
pub(super) fn rewrite(tx: &Transaction<'_>, text_part: i64, hash: &BlobHash, document: &[u8]) -> Result<()> {
    let length = rows::int(document.len() as u64);
    tx.prepare_cached("UPDATE delivery SET bytes = ?2 WHERE id IN (SELECT delivery FROM wanted WHERE part = ?1)")?
        .execute(params![text_part, length])?;
    tx.prepare_cached(&format!(
        "UPDATE payload SET hash = ?2, length = ?3, inline = ?4
         WHERE id = (SELECT y.id FROM part p JOIN payload y ON {DOCUMENT} WHERE p.id = ?1)"
    ))?
    .execute(params![text_part, hash.as_bytes(), length, document])?;
    Ok(())
}
