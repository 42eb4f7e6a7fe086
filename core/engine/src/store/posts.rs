//! Posts, their revisions, and the documents that travel.

use rusqlite::{Connection, OptionalExtension, Transaction, params};
use satchel_kernel::ids::{AssetId, BlobHash};
use satchel_kernel::protocol::post::{Post, PostDocument, PostPart, Rendition, Role};
use satchel_kernel::time::Now;

use super::{deliveries, rows};
use crate::error::Result;

pub(super) fn insert(tx: &Transaction<'_>, seq: i64, revision: u32, post: &Post, now: &Now) -> Result<()> {
    tx.prepare_cached(
        "INSERT OR REPLACE INTO post_revision (asset, revision, post, created_utc_ms) VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute(params![seq, revision, rows::text(post), now.utc_ms])?;
    Ok(())
}

/// Gives an asset's post a new revision and says which; `None` when it says just that already.
pub(crate) fn revise(tx: &Transaction<'_>, seq: i64, post: &Post, now: &Now) -> Result<Option<u32>> {
    let (revision, current) = latest(tx, seq)?;
    if current == *post {
        return Ok(None);
    }
    let revision = revision + 1;
    insert(tx, seq, revision, post, now)?;
    set_revision(tx, seq, revision)?;
    compose(tx, seq)?;
    Ok(Some(revision))
}

/// The latest revision.
pub(crate) fn latest(conn: &Connection, seq: i64) -> Result<(u32, Post)> {
    let mut query = conn.prepare_cached(
        "SELECT r.revision, r.post FROM asset a JOIN post_revision r ON r.asset = a.seq AND r.revision = a.revision
         WHERE a.seq = ?1",
    )?;
    Ok(query.query_row([seq], |row| Ok((row.get(0)?, rows::json(row, 1)?)))?)
}

/// Makes the document of an asset's latest post and the deliveries that it needs; those of earlier revisions that did
/// not go yet are dropped. Nothing happens while a part of the asset was not read: its hash is in the document.
///
/// A revision means one document for ever: where the parts became others since, as with a file that changed after its
/// post went out, the post gets a new revision, which is returned.
pub(super) fn compose(tx: &Transaction<'_>, seq: i64) -> Result<Option<(u32, Post)>> {
    let Some(parts) = read_parts(tx, seq)? else { return Ok(None) };
    let (mut revision, post) = latest(tx, seq)?;
    let (id, urgent): (AssetId, bool) = tx
        .prepare_cached("SELECT id, urgent FROM asset WHERE seq = ?1")?
        .query_row([seq], |row| Ok((rows::id(row, 0)?, row.get(1)?)))?;
    let text_part = text_part(tx, seq, urgent)?;
    let mut revised = None;
    let other = composed(tx, text_part)?.is_some_and(|old| old.revision == revision && old.parts != parts);
    // Nobody heard of a document that never went: it may still become another one.
    let unheard = other && deliveries::is_unheard(tx, text_part)?;
    if other && !unheard {
        tx.prepare_cached(
            "INSERT INTO post_revision (asset, revision, post, created_utc_ms)
             SELECT asset, ?3, post, created_utc_ms FROM post_revision WHERE asset = ?1 AND revision = ?2",
        )?
        .execute(params![seq, revision, revision + 1])?;
        revision += 1;
        set_revision(tx, seq, revision)?;
        revised = Some((revision, post.clone()));
    }
    let document = PostDocument { asset: id, revision, post, parts };
    let bytes = serde_json::to_vec(&document).expect("a post's document has string keys and finite numbers");
    let hash = BlobHash::of(&bytes);
    if unheard {
        deliveries::rewrite(tx, text_part, &hash, &bytes)?;
    }
    tx.prepare_cached("UPDATE part SET hash = ?2, length = ?3 WHERE id = ?1")?.execute(params![
        text_part,
        hash.as_bytes(),
        rows::int(bytes.len() as u64)
    ])?;
    if unheard {
        return Ok(None);
    }
    drop_older(tx, text_part)?;
    let payload = deliveries::payload(tx, &hash, Rendition::Text, bytes.len() as u64, Some(&bytes))?;
    deliveries::want_everywhere(tx, text_part, payload, &hash, Rendition::Text, bytes.len() as u64, urgent, seq)?;
    Ok(revised)
}

fn set_revision(tx: &Transaction<'_>, seq: i64, revision: u32) -> Result<()> {
    tx.prepare_cached("UPDATE asset SET revision = ?2 WHERE seq = ?1")?.execute(params![seq, revision])?;
    Ok(())
}

/// The document that was composed last.
pub(super) fn composed(tx: &Transaction<'_>, text_part: i64) -> Result<Option<PostDocument>> {
    let inline: Option<Vec<u8>> = tx
        .prepare_cached(
            "SELECT y.inline FROM part p JOIN payload y ON y.hash = p.hash AND y.form = 'as_is' WHERE p.id = ?1",
        )?
        .query_row([text_part], |row| row.get(0))
        .optional()?
        .flatten();
    Ok(inline.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}

/// The asset's parts as the document names them; `None` while one was not read.
fn read_parts(tx: &Transaction<'_>, seq: i64) -> Result<Option<Vec<PostPart>>> {
    let mut query = tx.prepare_cached(
        "SELECT role, rendition, hash, length, name, media_type, stage FROM part
         WHERE asset = ?1 AND rendition <> 'text' AND NOT (rendition = 'preview' AND stage = 'removed') ORDER BY id",
    )?;
    let mut parts = Vec::new();
    let mut found = query.query([seq])?;
    while let Some(row) = found.next()? {
        if row.get_ref(6)?.as_str().ok() != Some("read") {
            return Ok(None);
        }
        parts.push(PostPart {
            role: rows::name(row, 0, Role::from_name)?,
            rendition: rows::name(row, 1, Rendition::from_name)?,
            hash: rows::id(row, 2)?,
            length: rows::count(row, 3)?,
            name: row.get(4)?,
            media_type: row.get(5)?,
        });
    }
    Ok((!parts.is_empty()).then_some(parts))
}

pub(super) fn text_part(tx: &Transaction<'_>, seq: i64, urgent: bool) -> Result<i64> {
    let found = tx
        .prepare_cached("SELECT id FROM part WHERE asset = ?1 AND rendition = 'text'")?
        .query_row([seq], |row| row.get(0))
        .optional()?;
    if let Some(id) = found {
        return Ok(id);
    }
    tx.prepare_cached(
        "INSERT INTO part (asset, role, rendition, name, media_type, urgent, stage)
         VALUES (?1, 'still', 'text', '', 'application/json', ?2, 'read')",
    )?
    .execute(params![seq, urgent])?;
    Ok(tx.last_insert_rowid())
}

fn drop_older(tx: &Transaction<'_>, text_part: i64) -> Result<()> {
    tx.prepare_cached(
        "UPDATE delivery SET stage = 'dropped' WHERE stage IN ('waiting', 'resting', 'parked')
         AND id IN (SELECT delivery FROM wanted WHERE part = ?1)",
    )?
    .execute([text_part])?;
    tx.prepare_cached("DELETE FROM wanted WHERE part = ?1")?.execute([text_part])?;
    Ok(())
}
