//! Which target wants what of an original that was read: the whole of it, or the redacted one, and its press rendition.

use rusqlite::{OptionalExtension, Transaction, params};
use satchel_kernel::ids::BlobHash;
use satchel_kernel::protocol::post::Rendition;
use satchel_kernel::state::AssetKind;

use super::deliveries::{self, Wanted};
use super::making::{self, Made};
use super::rows;
use crate::error::Result;
use crate::previews::{FILM, Form};
use crate::redact::Redaction;

/// A target, as it takes what there is of one asset.
#[derive(Debug, Clone, Copy)]
pub(super) struct Taker {
    pub id: i64,
    pub have_check: bool,
    pub posts: bool,
    pub press: bool,
    pub redact: Redaction,
}

/// The targets, as they take an original. What one has of it whole, or redacted, by earlier rules, it keeps so. (Of a pair, the
/// two halves may have gone by different rules.)
pub(super) fn takers(tx: &Transaction<'_>, seq: i64, beside: bool) -> Result<Vec<Taker>> {
    let mut query = tx.prepare_cached(
        "SELECT t.id, t.have_check, t.posts, t.press, CASE
           WHEN t.redact = 'none' THEN CASE WHEN EXISTS (
             SELECT 1 FROM part p JOIN payload y ON y.source = p.hash AND y.form = 'redacted'
             JOIN delivery d ON d.payload = y.id AND d.target = t.id AND d.stage = 'delivered'
             WHERE p.asset = ?1 AND p.rendition = 'original' AND p.beside = ?2) THEN 'location' ELSE 'none' END
           WHEN EXISTS (
             SELECT 1 FROM part p JOIN payload y ON y.hash = p.hash AND y.form = 'as_is'
             JOIN delivery d ON d.payload = y.id AND d.target = t.id AND d.stage = 'delivered'
             WHERE p.asset = ?1 AND p.rendition = 'original' AND p.beside = ?2)
             OR EXISTS (SELECT 1 FROM part p JOIN fate f ON f.hash = p.hash AND f.target = t.id AND f.proof IS NOT NULL
             WHERE p.asset = ?1 AND p.rendition = 'original' AND p.beside = ?2) THEN 'none'
           ELSE t.redact END
         FROM target t ORDER BY t.id",
    )?;
    let found = query.query_map(params![seq, beside], |row| {
        Ok(Taker {
            id: row.get(0)?,
            have_check: row.get(1)?,
            posts: row.get(2)?,
            press: row.get(3)?,
            redact: rows::name(row, 4, Redaction::from_name)?,
        })
    })?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// An original that was read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Original {
    pub part: i64,
    pub seq: i64,
    pub hash: BlobHash,
    pub length: u64,
    pub urgent: bool,
    /// The motion of a pair: press and preview are its still's.
    pub beside: bool,
}

/// The originals of an asset that were read.
pub(super) fn originals(tx: &Transaction<'_>, seq: i64) -> Result<Vec<Original>> {
    let mut query = tx.prepare_cached(
        "SELECT id, hash, length, urgent, beside FROM part
         WHERE asset = ?1 AND rendition = 'original' AND stage = 'read' ORDER BY beside",
    )?;
    let found = query.query_map([seq], |row| {
        let (part, hash, length) = (row.get(0)?, rows::id(row, 1)?, rows::count(row, 2)?);
        Ok(Original { part, seq, hash, length, urgent: row.get(3)?, beside: row.get(4)? })
    })?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// Wants an original at every target, as each takes it, and its press where that is worth it.
pub(super) fn want(tx: &Transaction<'_>, original: &Original) -> Result<()> {
    let Original { part, seq, hash, length, urgent, beside } = *original;
    let all = takers(tx, seq, beside)?;
    let as_is = deliveries::payload(tx, &hash, length)?;
    let wanted =
        Wanted { part, payload: as_is, hash: Some(&hash), class: Rendition::Original, bytes: length, urgent, seq };
    let (whole, redacting): (Vec<_>, Vec<_>) = all.iter().partition(|taker| taker.redact == Redaction::None);
    deliveries::want(tx, &wanted, &whole)?;
    if !redacting.is_empty() {
        let payload = payload(tx, &hash, Made::Redacted, length)?;
        let Payload { id, hash, length, made } = payload;
        let wanted = Wanted { payload: id, hash: hash.as_ref(), bytes: length, ..wanted };
        deliveries::want(tx, &wanted, &redacting)?;
        if made == "cannot" {
            making::park(tx, id)?;
        }
    }
    if beside { Ok(()) } else { press(tx, original, &all) }
}

/// Wants the press of an original, where a target takes it and it is smaller by enough to be worth its making.
fn press(tx: &Transaction<'_>, original: &Original, all: &[Taker]) -> Result<()> {
    let Original { seq, hash, length, urgent, .. } = *original;
    forget_other(tx, seq, &hash)?;
    let to: Vec<_> = all.iter().filter(|taker| taker.press).copied().collect();
    let kind: AssetKind =
        tx.prepare_cached("SELECT kind FROM asset WHERE seq = ?1")?.query_row([seq], |row| rows::json(row, 0))?;
    let Some(most) = most(kind, length).filter(|_| !to.is_empty()) else { return Ok(()) };
    let payload = payload(tx, &hash, Made::Press, most)?;
    let part = press_part(tx, seq, kind, urgent)?;
    // The journal told of it, when the database was made anew.
    let told: Option<(BlobHash, u64)> = tx
        .prepare_cached("SELECT hash, length FROM part WHERE id = ?1 AND stage = 'read' AND hash IS NOT NULL")?
        .query_row([part], |row| Ok((rows::id(row, 0)?, rows::count(row, 1)?)))
        .optional()?;
    if let (None, Some((hash, length))) = (&payload.hash, told) {
        making::name(tx, payload.id, &hash, length)?;
    }
    let payload = self::payload(tx, &hash, Made::Press, most)?;
    if payload.made == "cannot" {
        tx.prepare_cached("UPDATE part SET stage = 'removed' WHERE id = ?1")?.execute([part])?;
        return Ok(());
    }
    let stage = if payload.hash.is_some() { "read" } else { "unmade" };
    tx.prepare_cached("UPDATE part SET stage = ?2, hash = ?3, length = ?4 WHERE id = ?1")?.execute(params![
        part,
        stage,
        payload.hash.as_ref().map(BlobHash::as_bytes),
        rows::int(payload.length)
    ])?;
    let Payload { id, hash, length, .. } = payload;
    let class = Rendition::Press;
    let wanted = Wanted { part, payload: id, hash: hash.as_ref(), class, bytes: length, urgent, seq };
    deliveries::want(tx, &wanted, &to)
}

/// The most bytes of an asset's press; none where its original is no larger.
pub(crate) fn most(kind: AssetKind, length: u64) -> Option<u64> {
    let most = match kind {
        AssetKind::Photo | AssetKind::Pair => Form::Press.bytes() as u64,
        AssetKind::Video => FILM,
        AssetKind::Other => return None,
    };
    Some(most).filter(|most| length > *most)
}

pub(super) struct Payload {
    pub id: i64,
    pub hash: Option<BlobHash>,
    pub length: u64,
    pub made: String,
}

/// The payload that is made, or to be made, from an original; at most of so many bytes.
pub(super) fn payload(tx: &Transaction<'_>, source: &BlobHash, what: Made, most: u64) -> Result<Payload> {
    tx.prepare_cached(
        "INSERT OR IGNORE INTO payload (form, rendition, length, source, made) VALUES (?1, ?2, ?3, ?4, 'unmade')",
    )?
    .execute(params![what.form(), what.rendition().as_str(), rows::int(most), source.as_bytes()])?;
    let mut query = tx.prepare_cached("SELECT id, hash, length, made FROM payload WHERE source = ?1 AND form = ?2")?;
    Ok(query.query_row(params![source.as_bytes(), what.form()], |row| {
        let (id, hash, length, made) = (row.get(0)?, rows::maybe_id(row, 1)?, rows::count(row, 2)?, row.get(3)?);
        Ok(Payload { id, hash, length, made })
    })?)
}

/// The part that stands for an asset's press.
pub(super) fn press_part(tx: &Transaction<'_>, seq: i64, kind: AssetKind, urgent: bool) -> Result<i64> {
    let mut known = tx.prepare_cached("SELECT id FROM part WHERE asset = ?1 AND rendition = 'press'")?;
    if let Some(id) = known.query_row([seq], |row| row.get(0)).optional()? {
        return Ok(id);
    }
    let (role, media_type) = look(kind);
    let name: String = tx
        .prepare_cached("SELECT name FROM part WHERE asset = ?1 AND rendition = 'original' AND beside = 0")?
        .query_row([seq], |row| row.get(0))?;
    tx.prepare_cached(
        "INSERT INTO part (asset, role, rendition, name, media_type, urgent, stage) VALUES (?1, ?2, 'press', ?3, ?4, ?5, 'unmade')",
    )?
    .execute(params![seq, role, press_name(&name, kind), media_type, urgent])?;
    Ok(tx.last_insert_rowid())
}

/// Role and media type of a press.
const fn look(kind: AssetKind) -> (&'static str, &'static str) {
    if matches!(kind, AssetKind::Video) { ("motion", "video/mp4") } else { ("still", "image/jpeg") }
}

/// `IMG_1.HEIC` becomes `IMG_1-press.jpg`.
fn press_name(original: &str, kind: AssetKind) -> String {
    let stem = original.rfind('.').filter(|at| *at > 0).map_or(original, |at| &original[..at]);
    let extension = if kind == AssetKind::Video { "mp4" } else { "jpg" };
    format!("{stem}-press.{extension}")
}

/// A press of other content than this is not this original's.
fn forget_other(tx: &Transaction<'_>, seq: i64, original: &BlobHash) -> Result<()> {
    let other: Option<i64> = tx
        .prepare_cached(
            "SELECT v.id FROM part v WHERE v.asset = ?1 AND v.rendition = 'press' AND EXISTS (
               SELECT 1 FROM wanted w JOIN delivery d ON d.id = w.delivery JOIN payload y ON y.id = d.payload
               WHERE w.part = v.id AND y.source IS NOT ?2)",
        )?
        .query_row(params![seq, original.as_bytes()], |row| row.get(0))
        .optional()?;
    if let Some(part) = other { unwant(tx, part) } else { Ok(()) }
}

/// The journal told of a press of another content.
pub(super) fn forget(tx: &Transaction<'_>, seq: i64) -> Result<()> {
    let mut query = tx.prepare_cached("SELECT id FROM part WHERE asset = ?1 AND rendition = 'press'")?;
    match query.query_row([seq], |row| row.get(0)).optional()? {
        Some(part) => unwant(tx, part),
        None => Ok(()),
    }
}

/// Takes a press part away, and what only it wanted.
fn unwant(tx: &Transaction<'_>, part: i64) -> Result<()> {
    tx.prepare_cached(
        "UPDATE delivery SET stage = 'dropped' WHERE stage <> 'delivered'
         AND id IN (SELECT delivery FROM wanted WHERE part = ?1)
         AND NOT EXISTS (SELECT 1 FROM wanted w WHERE w.delivery = delivery.id AND w.part <> ?1)",
    )?
    .execute([part])?;
    tx.prepare_cached("DELETE FROM wanted WHERE part = ?1")?.execute([part])?;
    tx.prepare_cached("DELETE FROM part WHERE id = ?1")?.execute([part])?;
    Ok(())
}
