//! Posts, their revisions, and the documents that travel.

use rusqlite::{Connection, OptionalExtension, Transaction, params};
use satchel_kernel::ids::{AssetId, BlobHash};
use satchel_kernel::protocol::post::{Place, Post, PostDocument, PostPart, Rendition, Role};
use satchel_kernel::time::Now;

use super::deliveries::{self, Wanted};
use super::documents::{self, DOCUMENT};
use super::rows;
use super::wants::{self, Taker};
use crate::error::Result;
use crate::metadata::Said;
use crate::redact::Redaction;

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

/// Makes the documents of an asset's latest post and the deliveries that they need, one for all targets that may learn the
/// same; those of earlier revisions that did not go yet are dropped. Nothing happens while a part of the asset is to be read:
/// its hash is to be in the document.
///
/// A revision means one document for ever: where what is said became other since, as with a file that changed after its post
/// went out, the post gets a new revision, which is returned.
pub(super) fn compose(tx: &Transaction<'_>, seq: i64) -> Result<Option<(u32, Post)>> {
    if !is_read(tx, seq)? {
        return Ok(None);
    }
    let (before, post) = latest(tx, seq)?;
    let (id, urgent, said): (AssetId, bool, Option<Said>) = tx
        .prepare_cached("SELECT id, urgent, said FROM asset WHERE seq = ?1")?
        .query_row([seq], |row| Ok((rows::id(row, 0)?, row.get(1)?, rows::maybe_json(row, 2)?)))?;
    let takers: Vec<Taker> = wants::takers(tx, seq, false)?.into_iter().filter(|taker| taker.posts).collect();
    let mut revision = before;
    for level in [Redaction::None, Redaction::Location, Redaction::All] {
        let to: Vec<Taker> = takers.iter().filter(|taker| taker.redact == level).copied().collect();
        // A target that comes later may take what is kept from nobody.
        if to.is_empty() && level != Redaction::None {
            continue;
        }
        let text = Text { part: text_part(tx, seq, urgent, level)?, seq, urgent, level };
        let document = PostDocument {
            asset: id,
            revision,
            post: level.of_post(&post, said.as_ref()),
            parts: parts(tx, seq, level)?,
        };
        revision = text.becomes(tx, document, &to)?;
    }
    Ok((revision != before).then_some((revision, post)))
}

/// A document of an asset's post, as it stands.
struct Text {
    part: i64,
    seq: i64,
    urgent: bool,
    level: Redaction,
}

impl Text {
    /// Makes it say this, if it does not, and says the post's revision then.
    fn becomes(&self, tx: &Transaction<'_>, mut document: PostDocument, to: &[Taker]) -> Result<u32> {
        let Self { part, seq, .. } = *self;
        let revision = document.revision;
        let old = composed(tx, part)?;
        // Whoever heard of another document takes only what is newer.
        let least = documents::heard(tx, seq, part, to)?.map_or(1, |heard| heard + 1);
        let same = |old: &&PostDocument| old.parts == document.parts && old.post == document.post;
        if let Some(old) = old.as_ref().filter(same).filter(|old| old.revision >= least) {
            self.goes(tx, old, to)?;
            return Ok(revision);
        }
        let mut next = revision.max(least);
        let other = old.is_some_and(|old| old.revision == next);
        // Nobody heard of a document that never went: it may still become another one.
        let unheard = other && documents::is_unheard(tx, part)?;
        next += u32::from(other && !unheard);
        if next > revision {
            tx.prepare_cached(
                "INSERT INTO post_revision (asset, revision, post, created_utc_ms)
                 SELECT asset, ?3, post, created_utc_ms FROM post_revision WHERE asset = ?1 AND revision = ?2",
            )?
            .execute(params![seq, revision, next])?;
            document.revision = next;
            set_revision(tx, seq, next)?;
        }
        let bytes = encoded(&document);
        let hash = BlobHash::of(&bytes);
        if unheard {
            documents::rewrite(tx, part, &hash, &bytes)?;
        }
        tx.prepare_cached("UPDATE part SET hash = ?2, length = ?3 WHERE id = ?1")?.execute(params![
            part,
            hash.as_bytes(),
            rows::int(bytes.len() as u64)
        ])?;
        if !unheard {
            drop_older(tx, part)?;
        }
        self.goes(tx, &document, to)?;
        Ok(next)
    }

    /// Wants a document at these targets.
    fn goes(&self, tx: &Transaction<'_>, document: &PostDocument, to: &[Taker]) -> Result<()> {
        let Self { part, seq, urgent, level } = *self;
        let bytes = encoded(document);
        let hash = BlobHash::of(&bytes);
        let payload = documents::document(tx, (seq, document.revision), form(level), &hash, &bytes)?;
        let (class, bytes) = (Rendition::Text, bytes.len() as u64);
        deliveries::want(tx, &Wanted { part, payload, hash: Some(&hash), class, bytes, urgent, seq }, to)
    }
}

fn encoded(document: &PostDocument) -> Vec<u8> {
    serde_json::to_vec(document).expect("a post's document has string keys and finite numbers")
}

/// The form of a document's payload.
const fn form(level: Redaction) -> &'static str {
    match level {
        Redaction::None => "as_is",
        other => other.as_str(),
    }
}

fn set_revision(tx: &Transaction<'_>, seq: i64, revision: u32) -> Result<()> {
    tx.prepare_cached("UPDATE asset SET revision = ?2 WHERE seq = ?1")?.execute(params![seq, revision])?;
    Ok(())
}

/// The document that was composed last.
pub(super) fn composed(tx: &Transaction<'_>, text_part: i64) -> Result<Option<PostDocument>> {
    let inline: Option<Vec<u8>> = tx
        .prepare_cached(&format!("SELECT y.inline FROM part p JOIN payload y ON {DOCUMENT} WHERE p.id = ?1"))?
        .query_row([text_part], |row| row.get(0))
        .optional()?
        .flatten();
    Ok(inline.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}

/// Whether an asset can go: what comes from outside was read. Of a pair, a half that needs a person does not hold up the other.
pub(super) fn is_read(tx: &Transaction<'_>, seq: i64) -> Result<bool> {
    let mut query = tx.prepare_cached(
        "SELECT sum(stage = 'read') > 0 AND sum(stage IN ('unread', 'resting')) = 0 FROM part
         WHERE asset = ?1 AND rendition = 'original'",
    )?;
    Ok(query.query_row([seq], |row| row.get::<_, Option<bool>>(0))?.unwrap_or(false))
}

/// The asset's parts as a document names them. To those who get originals redacted, one is what was made of it, as far as
/// that is known.
fn parts(tx: &Transaction<'_>, seq: i64, level: Redaction) -> Result<Vec<PostPart>> {
    let mut query = tx.prepare_cached(
        "SELECT p.role, p.rendition, CASE WHEN o.redacted THEN y.hash ELSE p.hash END, CASE WHEN o.redacted THEN y.length ELSE p.length END,
                p.name, p.media_type
         FROM part p JOIN (SELECT id, rendition = 'original' AND ?2 AS redacted FROM part WHERE asset = ?1) o ON o.id = p.id
         LEFT JOIN payload y ON o.redacted AND y.source = p.hash AND y.form = 'redacted'
         WHERE p.asset = ?1 AND p.rendition <> 'text' AND p.stage = 'read' AND (NOT o.redacted OR y.hash IS NOT NULL)
         ORDER BY p.rendition <> 'original', p.rendition <> 'preview', p.id",
    )?;
    let found = query.query_map(params![seq, level != Redaction::None], |row| {
        Ok(PostPart {
            role: rows::name(row, 0, Role::from_name)?,
            rendition: rows::name(row, 1, Rendition::from_name)?,
            hash: rows::id(row, 2)?,
            length: rows::count(row, 3)?,
            name: row.get(4)?,
            media_type: row.get(5)?,
        })
    })?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

fn text_part(tx: &Transaction<'_>, seq: i64, urgent: bool, level: Redaction) -> Result<i64> {
    let found = tx
        .prepare_cached("SELECT id FROM part WHERE asset = ?1 AND rendition = 'text' AND redact = ?2")?
        .query_row(params![seq, level.as_str()], |row| row.get(0))
        .optional()?;
    if let Some(id) = found {
        return Ok(id);
    }
    tx.prepare_cached(
        "INSERT INTO part (asset, role, rendition, name, media_type, urgent, stage, redact)
         VALUES (?1, 'still', 'text', '', 'application/json', ?2, 'read', ?3)",
    )?
    .execute(params![seq, urgent, level.as_str()])?;
    Ok(tx.last_insert_rowid())
}

/// What an original says of when and where goes into a post that says nothing of it: at its first reading, and again where
/// another file took its place.
pub(super) fn hear(tx: &Transaction<'_>, seq: i64, said: &Said) -> Result<()> {
    let before: Option<Said> =
        tx.prepare_cached("SELECT said FROM asset WHERE seq = ?1")?.query_row([seq], |row| rows::maybe_json(row, 0))?;
    if before.as_ref() == Some(said) {
        return Ok(());
    }
    let (revision, mut post) = latest(tx, seq)?;
    let place = |said: &Said| {
        said.place.map(|(latitude, longitude)| Place {
            latitude: Some(latitude),
            longitude: Some(longitude),
            name: None,
        })
    };
    // What a person took away stays away; what the file before said goes with it.
    let old = before.clone().unwrap_or_default();
    let unsaid = before.is_none();
    if (unsaid && post.time.is_none()) || (old.time.is_some() && post.time == old.time) {
        post.time.clone_from(&said.time);
    }
    if (unsaid && post.place.is_none()) || (old.place.is_some() && post.place == place(&old)) {
        post.place = place(said);
    }
    tx.prepare_cached("UPDATE asset SET said = ?2 WHERE seq = ?1")?.execute(params![seq, rows::text(said)])?;
    tx.prepare_cached("UPDATE post_revision SET post = ?3 WHERE asset = ?1 AND revision = ?2")?.execute(params![
        seq,
        revision,
        rows::text(&post)
    ])?;
    Ok(())
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
