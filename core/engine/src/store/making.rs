//! What is made from originals: the press rendition, and originals without what they say of themselves.
//!
//! Each is a payload of its own, one for an original's content and form, which twins share. It has no hash until it is made,
//! and no file until its turn comes; its deliveries exist from the reading of the original on. The file is kept until every
//! target that wants it has it, and made again where one comes later.

use rusqlite::{Connection, OptionalExtension, Transaction, params};
use satchel_kernel::ids::{AssetId, BlobHash, DeliveryId};
use satchel_kernel::protocol::post::Rendition;
use satchel_kernel::state::{AssetKind, ParkReason, Trouble};
use satchel_kernel::time::Due;

use super::deliveries;
use super::previews::{ORIGIN, ToRender, origin};
use super::wants::{Payload, payload, press_part};
use super::{posts, rows};
use crate::error::Result;
use crate::journal::Record;
use crate::source::Stamp;

/// What a delivery is of that is made from an original.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Made {
    /// The rendition `press`.
    Press,
    /// The original without its metadata.
    Redacted,
}

impl Made {
    pub(super) const fn form(self) -> &'static str {
        match self {
            Self::Press => "press",
            Self::Redacted => "redacted",
        }
    }

    pub(super) const fn rendition(self) -> Rendition {
        match self {
            Self::Press => Rendition::Press,
            Self::Redacted => Rendition::Original,
        }
    }
}

/// Whether what a delivery is of is to be made before it goes.
pub(super) const UNMADE: &str =
    "EXISTS (SELECT 1 FROM payload y WHERE y.id = delivery.payload AND y.source IS NOT NULL AND y.spool IS NULL)";

/// Something to be made.
#[derive(Debug, Clone)]
pub(crate) struct ToMake {
    pub what: Made,
    /// The original's content.
    pub source: BlobHash,
    /// Originals of that content that were read; twins, any of which will do.
    pub origins: Vec<ToRender>,
}

/// Twins that are tried, where one cannot be read.
const TRIES: usize = 4;

/// What is to be made for a delivery whose turn has come; none for a post.
pub(crate) fn to_make(conn: &Connection, delivery: DeliveryId) -> Result<Option<ToMake>> {
    let mut query = conn.prepare_cached(
        "SELECT y.source, y.form FROM delivery d JOIN payload y ON y.id = d.payload
         WHERE d.id = ?1 AND y.source IS NOT NULL AND y.spool IS NULL",
    )?;
    let found: Option<(BlobHash, String)> =
        query.query_row([delivery.0], |row| Ok((rows::id(row, 0)?, row.get(1)?))).optional()?;
    let Some((source, form)) = found else { return Ok(None) };
    let mut query = conn.prepare_cached(&format!(
        "SELECT DISTINCT {ORIGIN}, p.spool IS NULL AS away FROM wanted w JOIN part v ON v.id = w.part
         JOIN asset a ON a.seq = v.asset AND a.removed = 0
         JOIN part p ON p.asset = a.seq AND p.rendition = 'original' AND p.hash = ?2 AND p.stage = 'read'
         WHERE w.delivery = ?1 ORDER BY away, p.id LIMIT ?3"
    ))?;
    let origins = query
        .query_map(params![delivery.0, source.as_bytes(), TRIES as i64], origin)?
        .collect::<rusqlite::Result<_>>()?;
    let what = if form == Made::Press.form() { Made::Press } else { Made::Redacted };
    Ok(Some(ToMake { what, source, origins }))
}

/// What a post names, and what has no name yet: originals without their metadata.
pub(crate) fn to_name(conn: &Connection, post: DeliveryId) -> Result<Vec<ToMake>> {
    let mut query = conn.prepare_cached(&format!(
        "SELECT {ORIGIN}, p.hash FROM wanted w JOIN part t ON t.id = w.part AND t.redact <> 'none'
         JOIN asset a ON a.seq = t.asset AND a.removed = 0
         JOIN part p ON p.asset = a.seq AND p.rendition = 'original' AND p.stage = 'read'
         JOIN payload y ON y.source = p.hash AND y.form = 'redacted' AND y.made = 'unmade' WHERE w.delivery = ?1"
    ))?;
    let found = query.query_map([post.0], |row| {
        Ok(ToMake { what: Made::Redacted, source: rows::id(row, 10)?, origins: vec![origin(row)?] })
    })?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// A file in the spool.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    pub name: String,
    pub stamp: Stamp,
}

/// What was made of an original: its name, and its file where that is kept. Posts that name it get new documents. Returns
/// what the journal is to know.
pub(crate) fn made(
    tx: &Transaction<'_>,
    source: &BlobHash,
    what: Made,
    hash: &BlobHash,
    length: u64,
    kept: Option<&Kept>,
) -> Result<Vec<Record>> {
    let found = payload(tx, source, what, length)?;
    let id = match found.hash {
        Some(before) if before == *hash => found.id,
        None => found.id,
        // Another version of the program made another one of it: who has the one of before keeps it.
        Some(_) => {
            split(tx, found.id)?;
            let fresh = payload(tx, source, what, length)?.id;
            move_open(tx, found.id, fresh)?;
            fresh
        }
    };
    let fresh = found.id != id || found.hash.is_none();
    if fresh {
        name(tx, id, hash, length)?;
    }
    if let Some(Kept { name, stamp }) = kept {
        tx.prepare_cached("UPDATE payload SET spool = ?2, stamp = ?3 WHERE id = ?1")?.execute(params![
            id,
            name,
            rows::text(stamp)
        ])?;
    }
    if fresh { tell_posts(tx, id, source, what, hash, length) } else { Ok(vec![]) }
}

pub(super) fn name(tx: &Transaction<'_>, payload: i64, hash: &BlobHash, length: u64) -> Result<()> {
    tx.prepare_cached("UPDATE payload SET hash = ?2, length = ?3, made = 'made' WHERE id = ?1")?.execute(params![
        payload,
        hash.as_bytes(),
        rows::int(length)
    ])?;
    deliveries::named(tx, payload, hash, length)
}

/// A payload that stays what it is: another one is made of its original from now on.
fn split(tx: &Transaction<'_>, payload: i64) -> Result<()> {
    tx.prepare_cached("UPDATE payload SET source = NULL WHERE id = ?1")?.execute([payload])?;
    Ok(())
}

/// Whatever has not got the one payload gets the other; and so does whoever takes posts, since these name the other now.
fn move_open(tx: &Transaction<'_>, from: i64, to: i64) -> Result<()> {
    let moved = "payload = ?1 AND (stage IN ('waiting', 'resting', 'sending', 'parked')
                 OR (stage = 'delivered' AND (SELECT posts FROM target t WHERE t.id = delivery.target)))";
    tx.execute(
        &format!(
            "INSERT INTO delivery (payload, target, class, stage, checked, urgent, ord, bytes)
             SELECT ?2, target, class, 'waiting', 1, urgent, ord, bytes FROM delivery WHERE {moved}"
        ),
        [from, to],
    )?;
    tx.execute(
        "INSERT INTO wanted (part, delivery) SELECT w.part, n.id FROM delivery d JOIN wanted w ON w.delivery = d.id
         JOIN delivery n ON n.payload = ?2 AND n.target = d.target WHERE d.payload = ?1",
        [from, to],
    )?;
    tx.execute(&format!("DELETE FROM wanted WHERE delivery IN (SELECT id FROM delivery WHERE {moved})"), [from])?;
    tx.execute(
        "UPDATE delivery SET stage = 'dropped' WHERE payload = ?1 AND stage IN ('waiting', 'resting', 'sending', 'parked')",
        [from],
    )?;
    Ok(())
}

fn tell_posts(
    tx: &Transaction<'_>,
    payload: i64,
    source: &BlobHash,
    what: Made,
    hash: &BlobHash,
    length: u64,
) -> Result<Vec<Record>> {
    let mut records = Vec::new();
    if what == Made::Press {
        tx.prepare_cached(
            "UPDATE part SET stage = 'read', hash = ?2, length = ?3 WHERE stage IN ('unmade', 'read') AND rendition = 'press'
             AND id IN (SELECT w.part FROM wanted w JOIN delivery d ON d.id = w.delivery WHERE d.payload = ?1)",
        )?
        .execute(params![payload, hash.as_bytes(), rows::int(length)])?;
    }
    let mut assets = tx.prepare_cached(
        "SELECT DISTINCT a.seq, a.id FROM part p JOIN asset a ON a.seq = p.asset AND a.removed = 0
         WHERE p.hash = ?1 AND p.rendition = 'original' AND p.stage = 'read' AND p.beside <= ?2 ORDER BY a.seq",
    )?;
    let assets: Vec<(i64, AssetId)> = assets
        // A press is of stills, and of films by themselves.
        .query_map(params![source.as_bytes(), what != Made::Press], |row| Ok((row.get(0)?, rows::id(row, 1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    for (seq, asset) in assets {
        if what == Made::Press {
            records.push(Record::Rendered { asset, hash: *hash, length, rendition: Rendition::Press });
        }
        let revised = posts::compose(tx, seq)?;
        records.extend(revised.map(|(revision, post)| Record::Revised { asset, revision, post }));
    }
    Ok(records)
}

/// The press that an asset's post names, for the journal: twins join what was made before.
pub(super) fn named_press(tx: &Transaction<'_>, seq: i64) -> Result<Option<(BlobHash, u64)>> {
    let mut query = tx.prepare_cached(
        "SELECT hash, length FROM part WHERE asset = ?1 AND rendition = 'press' AND stage = 'read' AND hash IS NOT NULL",
    )?;
    Ok(query.query_row([seq], |row| Ok((rows::id(row, 0)?, rows::count(row, 1)?))).optional()?)
}

/// What the journal said of a press: a post that is composed anew names it as it did.
pub(super) fn told(tx: &Transaction<'_>, seq: i64, hash: &BlobHash, length: u64) -> Result<()> {
    let found = tx
        .prepare_cached("SELECT kind, urgent FROM asset WHERE seq = ?1")?
        .query_row([seq], |row| Ok((rows::json::<AssetKind>(row, 0)?, row.get::<_, bool>(1)?)))?;
    let part = press_part(tx, seq, found.0, found.1)?;
    tx.prepare_cached(
        "UPDATE part SET stage = 'read', hash = ?2, length = ?3 WHERE id = ?1 AND stage IN ('unmade', 'read')
         AND NOT EXISTS (SELECT 1 FROM wanted w WHERE w.part = ?1)",
    )?
    .execute(params![part, hash.as_bytes(), rows::int(length)])?;
    Ok(())
}

/// It cannot be made, and trying again would change nothing: a press is left out, a redacted original needs a person.
pub(crate) fn cannot(tx: &Transaction<'_>, source: &BlobHash, what: Made) -> Result<Vec<Record>> {
    let Payload { id, hash, .. } = payload(tx, source, what, 0)?;
    tx.prepare_cached("UPDATE payload SET made = 'cannot' WHERE id = ?1 AND hash IS NULL")?.execute([id])?;
    match what {
        // Some target may have it: posts name it still.
        Made::Press if hash.is_some() => drop_open(tx, id).map(|()| vec![]),
        Made::Redacted => {
            park(tx, id)?;
            tell_posts(tx, id, source, what, source, 0)
        }
        Made::Press => {
            tx.prepare_cached(
                "UPDATE part SET stage = 'removed' WHERE rendition = 'press' AND id IN
                   (SELECT w.part FROM wanted w JOIN delivery d ON d.id = w.delivery WHERE d.payload = ?1)",
            )?
            .execute([id])?;
            drop_open(tx, id)?;
            Ok(vec![])
        }
    }
}

pub(super) fn park(tx: &Transaction<'_>, payload: i64) -> Result<()> {
    tx.prepare_cached(
        "UPDATE delivery SET stage = 'parked', park = ?2, checked = 1 WHERE payload = ?1 AND stage IN ('waiting', 'resting')",
    )?
    .execute(params![payload, rows::text(&ParkReason::CannotRedact)])?;
    Ok(())
}

/// Nobody has the original any more that it would be made from.
pub(crate) fn without_source(tx: &Transaction<'_>, source: &BlobHash, what: Made) -> Result<()> {
    let Payload { id, .. } = payload(tx, source, what, 0)?;
    drop_open(tx, id)
}

fn drop_open(tx: &Transaction<'_>, payload: i64) -> Result<()> {
    let open = "payload = ?1 AND stage IN ('waiting', 'resting')";
    tx.execute(&format!("DELETE FROM wanted WHERE delivery IN (SELECT id FROM delivery WHERE {open})"), [payload])?;
    tx.execute(&format!("UPDATE delivery SET stage = 'dropped' WHERE {open}"), [payload])?;
    Ok(())
}

/// The post goes without naming it: its original could not be read just now.
pub(crate) fn put_off(tx: &Transaction<'_>, source: &BlobHash) -> Result<()> {
    tx.prepare_cached(
        "UPDATE payload SET made = 'put_off' WHERE source = ?1 AND form = 'redacted' AND made = 'unmade'",
    )?
    .execute([source.as_bytes()])?;
    Ok(())
}

/// It is made when there is room, or its original can be opened: the delivery rests.
pub(crate) fn rest(
    tx: &Transaction<'_>,
    delivery: DeliveryId,
    due: &Due,
    trouble: Trouble,
    failures: u32,
) -> Result<()> {
    let (utc, boot, since) = rows::due_columns(due);
    tx.prepare_cached(
        "UPDATE delivery SET stage = 'resting', due_utc_ms = ?2, due_boot = ?3, due_since_ms = ?4, trouble = ?5, failures = ?6
         WHERE id = ?1 AND stage = 'waiting'",
    )?
    .execute(params![delivery.0, utc, boot, since, rows::text(&trouble), failures])?;
    Ok(())
}

/// Lets go of the file of a delivery's payload, if no other delivery waits for it. Returns its name in the spool.
pub(crate) fn let_go(tx: &Transaction<'_>, delivery: DeliveryId) -> Result<Option<String>> {
    let spool: Option<String> = tx
        .prepare_cached(
            "SELECT y.spool FROM delivery d JOIN payload y ON y.id = d.payload AND y.spool IS NOT NULL
             WHERE d.id = ?1 AND NOT EXISTS (SELECT 1 FROM delivery o
               WHERE o.payload = y.id AND o.stage NOT IN ('delivered', 'dropped'))",
        )?
        .query_row([delivery.0], |row| row.get(0))
        .optional()?;
    if spool.is_some() {
        lost(tx, delivery)?;
    }
    Ok(spool)
}

/// The file of a delivery's payload is gone, or is not what it was: it is made anew.
pub(crate) fn lost(tx: &Transaction<'_>, delivery: DeliveryId) -> Result<()> {
    tx.prepare_cached(
        "UPDATE payload SET spool = NULL, stamp = NULL WHERE id = (SELECT payload FROM delivery WHERE id = ?1)",
    )?
    .execute([delivery.0])?;
    Ok(())
}

/// The file of a delivery's payload was touched and holds what it held.
pub(crate) fn restamp(tx: &Transaction<'_>, delivery: DeliveryId, stamp: &Stamp) -> Result<()> {
    tx.prepare_cached(
        "UPDATE payload SET stamp = ?2 WHERE spool IS NOT NULL AND id = (SELECT payload FROM delivery WHERE id = ?1)",
    )?
    .execute(params![delivery.0, rows::text(stamp)])?;
    Ok(())
}

/// Whether a made file in the spool is somebody's.
pub(crate) fn is_kept(conn: &Connection, name: &str) -> Result<bool> {
    let mut query = conn.prepare_cached("SELECT EXISTS (SELECT 1 FROM payload WHERE spool = ?1)")?;
    Ok(query.query_row([name], |row| row.get(0))?)
}
