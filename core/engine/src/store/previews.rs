//! Previews, which go along with posts: made when a post is about to go, kept until every target that takes posts has them.
//!
//! A preview is a part of its asset, named in the post's document. One that cannot be made is a part that is `removed`: it is
//! not tried again, and the post goes without it.

use rusqlite::{OptionalExtension, Row, Transaction, params};
use satchel_kernel::ids::{AssetId, BlobHash, DeliveryId, PartId};
use satchel_kernel::state::AssetKind;
use satchel_kernel::time::Now;

use super::{posts, rows};
use crate::error::Result;
use crate::source::{Source, Stamp};

/// Whether the preview of a waiting post is to be made first: there is none yet, or its bytes are gone and this target has
/// not got them; or what it names has no name yet: the original without its metadata.
pub(super) const UNRENDERED: &str = "EXISTS (SELECT 1 FROM wanted w JOIN part t ON t.id = w.part
    LEFT JOIN part v ON v.asset = t.asset AND v.rendition = 'preview'
    WHERE w.delivery = delivery.id AND (v.id IS NULL OR (v.stage = 'read' AND v.inline IS NULL
      AND NOT EXISTS (SELECT 1 FROM previewed x WHERE x.part = v.id AND x.target = delivery.target))))
    OR EXISTS (SELECT 1 FROM wanted w JOIN part t ON t.id = w.part AND t.redact <> 'none'
      JOIN part p ON p.asset = t.asset AND p.rendition = 'original' AND p.stage = 'read'
      JOIN payload y ON y.source = p.hash AND y.form = 'redacted' AND y.made = 'unmade' WHERE w.delivery = delivery.id)";

/// The original that something is made from.
#[derive(Debug, Clone)]
pub(crate) struct ToRender {
    pub seq: i64,
    pub asset: AssetId,
    pub part: PartId,
    pub kind: AssetKind,
    pub source: Source,
    pub spool: Option<String>,
    pub stamp: Option<Stamp>,
    pub media_type: String,
    /// It was read, and nothing is known against it since.
    pub sound: bool,
}

/// The original behind a post's delivery; none when nobody wants it any more.
pub(crate) fn to_render(conn: &rusqlite::Connection, delivery: DeliveryId) -> Result<Option<ToRender>> {
    let mut query = conn.prepare_cached(&format!(
        "SELECT {ORIGIN} FROM wanted w JOIN part t ON t.id = w.part JOIN asset a ON a.seq = t.asset AND a.removed = 0
         JOIN part p ON p.asset = a.seq AND p.rendition = 'original' AND p.beside = 0
         WHERE w.delivery = ?1 ORDER BY p.id LIMIT 1"
    ))?;
    Ok(query.query_row([delivery.0], origin).optional()?)
}

/// The columns of [`origin`], of an asset `a` and its original `p`.
pub(super) const ORIGIN: &str =
    "a.seq, a.id, a.kind, p.path, p.library, p.spool, p.stamp, p.media_type, p.stage = 'read', p.id";

/// An original, by [`ORIGIN`].
pub(super) fn origin(row: &Row<'_>) -> rusqlite::Result<ToRender> {
    Ok(ToRender {
        seq: row.get(0)?,
        asset: rows::id(row, 1)?,
        part: PartId(row.get(9)?),
        kind: rows::json(row, 2)?,
        source: rows::source(row, 3, 4)?,
        spool: row.get(5)?,
        stamp: rows::maybe_json(row, 6)?,
        media_type: row.get(7)?,
        sound: row.get(8)?,
    })
}

/// Keeps a preview that was made, or that none could be. The post names it from now on; where an earlier document of the same
/// revision went out already, the post gets a new one, which is returned.
pub(crate) fn rendered(
    tx: &Transaction<'_>,
    seq: i64,
    preview: Option<&[u8]>,
    now: &Now,
) -> Result<Option<(u32, satchel_kernel::protocol::post::Post)>> {
    if preview.is_none() && is_named(tx, seq)? {
        // What was made before cannot be made again: those who have not got it go without.
        tx.prepare_cached(
            "INSERT OR IGNORE INTO previewed (part, target)
             SELECT v.id, t.id FROM part v CROSS JOIN target t WHERE v.asset = ?1 AND v.rendition = 'preview'",
        )?
        .execute([seq])?;
        return Ok(None);
    }
    let hash = preview.map(BlobHash::of);
    // Whoever has another one of before has not got this one.
    tx.prepare_cached(
        "DELETE FROM previewed WHERE part IN (SELECT id FROM part WHERE asset = ?1 AND rendition = 'preview' AND hash IS NOT ?2)",
    )?
    .execute(params![seq, hash.as_ref().map(BlobHash::as_bytes)])?;
    let stage = if preview.is_some() { "read" } else { "removed" };
    tx.prepare_cached(
        "INSERT INTO part (asset, role, rendition, name, media_type, urgent, stage, hash, length, hashed_utc_ms, inline)
         SELECT asset, 'still', 'preview', name, 'image/jpeg', 0, ?2, ?3, ?4, ?5, ?6 FROM part
         WHERE asset = ?1 AND rendition = 'original' AND beside = 0 AND stage <> 'removed'
         ON CONFLICT (asset) WHERE rendition = 'preview' DO UPDATE SET
           stage = excluded.stage, hash = excluded.hash, length = excluded.length, inline = excluded.inline
         WHERE part.inline IS NULL",
    )?
    .execute(params![
        seq,
        stage,
        hash.as_ref().map(BlobHash::as_bytes),
        preview.map(|p| rows::int(p.len() as u64)),
        now.utc_ms,
        preview
    ])?;
    posts::compose(tx, seq)
}

/// Whether the asset's post names a preview.
fn is_named(tx: &Transaction<'_>, seq: i64) -> Result<bool> {
    let mut query = tx.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM part WHERE asset = ?1 AND rendition = 'preview' AND stage = 'read')",
    )?;
    Ok(query.query_row([seq], |row| row.get(0))?)
}

/// What the journal said of a preview: a post that is composed anew names it as it did.
pub(super) fn told(tx: &Transaction<'_>, seq: i64, hash: &BlobHash, length: u64) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO part (asset, role, rendition, name, media_type, urgent, stage, hash, length)
         SELECT asset, 'still', 'preview', name, 'image/jpeg', 0, 'read', ?2, ?3 FROM part
         WHERE asset = ?1 AND rendition = 'original' AND beside = 0
         ON CONFLICT (asset) WHERE rendition = 'preview' DO UPDATE SET
           stage = 'read', hash = excluded.hash, length = excluded.length WHERE part.inline IS NULL",
    )?
    .execute(params![seq, hash.as_bytes(), rows::int(length)])?;
    Ok(())
}

/// An original was read: a preview of other content than this is not its preview.
pub(super) fn forget_other(tx: &Transaction<'_>, seq: i64, original: &BlobHash) -> Result<()> {
    let text = tx
        .prepare_cached("SELECT id FROM part WHERE asset = ?1 AND rendition = 'text' AND redact = 'none'")?
        .query_row([seq], |row| row.get(0))
        .optional()?;
    let Some(text) = text else { return Ok(()) };
    let named = posts::composed(tx, text)?.is_none_or(|document| document.parts.iter().any(|p| p.hash == *original));
    if !named {
        let preview = "(SELECT id FROM part WHERE asset = ?1 AND rendition = 'preview')";
        tx.execute(&format!("DELETE FROM previewed WHERE part = {preview}"), [seq])?;
        tx.execute("DELETE FROM part WHERE asset = ?1 AND rendition = 'preview'", [seq])?;
    }
    Ok(())
}

/// A post is there, and its preview if that `went` along. What nobody waits for any more goes.
pub(crate) fn delivered(tx: &Transaction<'_>, delivery: DeliveryId, went: bool) -> Result<()> {
    tx.prepare_cached(
        "DELETE FROM again WHERE (asset, target) IN (SELECT t.asset, d.target FROM delivery d
           JOIN wanted w ON w.delivery = d.id JOIN part t ON t.id = w.part WHERE d.id = ?1)",
    )?
    .execute([delivery.0])?;
    let note = tx.prepare_cached(
        "INSERT OR IGNORE INTO previewed (part, target)
         SELECT v.id, d.target FROM delivery d JOIN wanted w ON w.delivery = d.id JOIN part t ON t.id = w.part
         JOIN part v ON v.asset = t.asset AND v.rendition = 'preview' AND v.inline IS NOT NULL WHERE d.id = ?1",
    );
    if went {
        note?.execute([delivery.0])?;
    }
    tx.prepare_cached(
        "UPDATE part SET inline = NULL WHERE rendition = 'preview' AND inline IS NOT NULL
         AND asset IN (SELECT t.asset FROM wanted w JOIN part t ON t.id = w.part WHERE w.delivery = ?1)
         AND NOT EXISTS (SELECT 1 FROM part t JOIN wanted w ON w.part = t.id JOIN delivery d ON d.id = w.delivery
                         WHERE t.asset = part.asset AND t.rendition = 'text' AND d.stage NOT IN ('delivered', 'dropped'))",
    )?
    .execute([delivery.0])?;
    Ok(())
}

/// Notes whether a post that is about to go leaves its preview for later.
pub(crate) fn leave_for_later(tx: &Transaction<'_>, delivery: DeliveryId, later: bool) -> Result<()> {
    tx.prepare_cached("UPDATE delivery SET bare = ?2 WHERE id = ?1 AND class = 'text' AND bare <> ?2")?
        .execute(params![delivery.0, later])?;
    Ok(())
}

/// The preview of a post that went without it was looked for, and its turn has come: the same document goes again with it. Where
/// the post has a later document, or there is no preview, nothing is left to be done.
pub(crate) fn follow(tx: &Transaction<'_>, delivery: DeliveryId) -> Result<()> {
    tx.prepare_cached(
        "UPDATE delivery SET bare = 0, stage = CASE WHEN EXISTS (
           SELECT 1 FROM wanted w JOIN part t ON t.id = w.part JOIN payload y ON y.id = delivery.payload AND y.hash = t.hash
           JOIN part v ON v.asset = t.asset AND v.rendition = 'preview' AND v.stage = 'read' AND v.inline IS NOT NULL
             AND NOT EXISTS (SELECT 1 FROM previewed x WHERE x.part = v.id AND x.target = delivery.target)
           WHERE w.delivery = delivery.id) THEN 'waiting' ELSE stage END
         WHERE id = ?1 AND bare = 1 AND stage = 'delivered'",
    )?
    .execute([delivery.0])?;
    Ok(())
}
