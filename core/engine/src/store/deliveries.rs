//! Deliveries: which payload goes to which target, and what is known of it there.

use rusqlite::{Connection, OptionalExtension, Transaction, params};
use satchel_kernel::ids::{AssetId, BlobHash, DeliveryId, PartId, TargetId};
use satchel_kernel::protocol::post::{Post, Rendition};
use satchel_kernel::state::{ParkReason, Proof, Trouble};
use satchel_kernel::time::Due;

use super::rows;
use crate::error::Result;
use crate::source::{Source, Stamp};

/// The payload of these bytes as they are, made known if it is not.
pub(super) fn payload(
    tx: &Transaction<'_>,
    hash: &BlobHash,
    rendition: Rendition,
    length: u64,
    inline: Option<&[u8]>,
) -> Result<i64> {
    tx.prepare_cached(
        "INSERT OR IGNORE INTO payload (hash, form, rendition, length, inline) VALUES (?1, 'as_is', ?2, ?3, ?4)",
    )?
    .execute(params![hash.as_bytes(), rendition.as_str(), rows::int(length), inline])?;
    Ok(tx
        .prepare_cached("SELECT id FROM payload WHERE hash = ?1 AND form = 'as_is'")?
        .query_row([hash.as_bytes()], |row| row.get(0))?)
}

/// Makes or joins the deliveries of a part's payload to every target that takes it. A twin joins, and its urgency lifts.
#[expect(clippy::too_many_arguments, reason = "one row's columns")]
pub(super) fn want_everywhere(
    tx: &Transaction<'_>,
    part: i64,
    payload: i64,
    hash: &BlobHash,
    class: Rendition,
    bytes: u64,
    urgent: bool,
    seq: i64,
) -> Result<()> {
    let mut targets = tx.prepare_cached("SELECT id, have_check FROM target WHERE ?1 <> 'text' OR posts = 1")?;
    let targets: Vec<(i64, bool)> =
        targets.query_map([class.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<rusqlite::Result<_>>()?;
    for (target, have_check) in targets {
        let checked = !have_check || class == Rendition::Text;
        let Fate { stage, proof, sealed, park } = fate(tx, hash, target, have_check)?;
        // A delivery that nobody wanted any more goes on where it was left.
        tx.prepare_cached(
            "INSERT INTO delivery (payload, target, class, stage, checked, urgent, ord, bytes, proof, park)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
             ON CONFLICT (payload, target, account) DO UPDATE SET
               urgent = max(urgent, excluded.urgent), ord = max(ord, excluded.ord),
               stage = CASE WHEN stage <> 'dropped' THEN stage
                 WHEN excluded.stage = 'waiting' AND EXISTS (SELECT 1 FROM upload u WHERE u.delivery = delivery.id
                   AND u.ended_utc_ms IS NULL AND u.lease_owner IS NOT NULL) THEN 'sending'
                 ELSE excluded.stage END",
        )?
        .execute(params![
            payload,
            target,
            class.as_str(),
            stage,
            checked,
            urgent,
            seq,
            rows::int(bytes),
            proof.map(|p| rows::text(&p)),
            park.map(|p| rows::text(&p))
        ])?;
        tx.prepare_cached(
            "INSERT OR IGNORE INTO wanted (part, delivery)
             SELECT ?1, id FROM delivery WHERE payload = ?2 AND target = ?3",
        )?
        .execute(params![part, payload, target])?;
        if let Some(sealed) = sealed {
            tx.prepare_cached(
                "INSERT OR IGNORE INTO receipt (delivery, kind, sealed)
                 SELECT id, 'final', ?3 FROM delivery WHERE payload = ?1 AND target = ?2 AND stage = 'delivered'",
            )?
            .execute(params![payload, target, sealed])?;
        }
    }
    Ok(())
}

/// Where a new delivery begins.
struct Fate {
    stage: &'static str,
    proof: Option<Proof>,
    sealed: Option<String>,
    park: Option<ParkReason>,
}

/// What the journal told of this payload at this target, when the database was made anew.
fn fate(tx: &Transaction<'_>, hash: &BlobHash, target: i64, have_check: bool) -> Result<Fate> {
    let told: Option<(Option<Proof>, Option<String>)> = tx
        .prepare_cached("SELECT proof, sealed FROM fate WHERE hash = ?1 AND target = ?2")?
        .query_row(params![hash.as_bytes(), target], |row| Ok((rows::maybe_json(row, 0)?, row.get(1)?)))
        .optional()?;
    Ok(match told {
        Some((Some(proof), sealed)) => Fate { stage: "delivered", proof: Some(proof), sealed, park: None },
        // Begun, and the end is not known: a server that can be asked will tell.
        Some((None, _)) if !have_check => {
            Fate { stage: "parked", proof: None, sealed: None, park: Some(ParkReason::FateUnknown) }
        }
        _ => Fate { stage: "waiting", proof: None, sealed: None, park: None },
    })
}

/// Whether nothing was tried yet of a document's deliveries.
pub(super) fn is_unheard(tx: &Transaction<'_>, text_part: i64) -> Result<bool> {
    let mut query = tx.prepare_cached(
        "SELECT count(*) > 0 AND sum(d.stage <> 'waiting' OR EXISTS (SELECT 1 FROM upload u WHERE u.delivery = d.id)) = 0
         FROM wanted w JOIN delivery d ON d.id = w.delivery WHERE w.part = ?1",
    )?;
    Ok(query.query_row([text_part], |row| row.get::<_, Option<bool>>(0))?.unwrap_or(false))
}

/// Puts another document in the place of one of which nothing was tried. Its deliveries stay what they are.
pub(super) fn rewrite(tx: &Transaction<'_>, text_part: i64, hash: &BlobHash, document: &[u8]) -> Result<()> {
    let length = rows::int(document.len() as u64);
    tx.prepare_cached(
        "UPDATE tally SET bytes = bytes + (SELECT coalesce(sum(?2 - d.bytes), 0) FROM wanted w JOIN delivery d ON d.id = w.delivery
           WHERE w.part = ?1 AND d.target = tally.target)
         WHERE class = 'text' AND stage = 'waiting'",
    )?
    .execute(params![text_part, length])?;
    tx.prepare_cached("UPDATE delivery SET bytes = ?2 WHERE id IN (SELECT delivery FROM wanted WHERE part = ?1)")?
        .execute(params![text_part, length])?;
    tx.prepare_cached(
        "UPDATE payload SET hash = ?2, length = ?3, inline = ?4
         WHERE form = 'as_is' AND hash = (SELECT hash FROM part WHERE id = ?1)",
    )?
    .execute(params![text_part, hash.as_bytes(), length, document])?;
    Ok(())
}

/// Gives a new target deliveries of all that was read before, a page at a time.
pub(super) fn backfill(tx: &Transaction<'_>, target: i64) -> Result<()> {
    tx.execute(
        "INSERT OR IGNORE INTO delivery (payload, target, class, stage, checked, urgent, ord, bytes)
         SELECT y.id, t.id, y.rendition, 'waiting', y.rendition = 'text' OR NOT t.have_check,
                max(p.urgent), max(p.asset), y.length
         FROM target t JOIN part p ON p.stage = 'read' AND p.hash IS NOT NULL AND p.rendition <> 'preview'
         JOIN payload y ON y.hash = p.hash AND y.form = 'as_is'
         WHERE t.id = ?1 AND (y.rendition <> 'text' OR t.posts) GROUP BY y.id",
        [target],
    )?;
    tx.execute(
        "INSERT OR IGNORE INTO wanted (part, delivery)
         SELECT p.id, d.id FROM part p JOIN payload y ON y.hash = p.hash AND y.form = 'as_is'
         JOIN delivery d ON d.payload = y.id AND d.target = ?1 WHERE p.stage = 'read' AND p.rendition <> 'preview'",
        [target],
    )?;
    Ok(())
}

/// Forgets what a target was said to hold, and what was under way to it.
pub(super) fn offer_anew(tx: &Transaction<'_>, target: i64) -> Result<()> {
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
         WHERE target = ?1 AND stage <> 'dropped'",
        [target],
    )?;
    tx.execute("UPDATE target SET due_utc_ms = NULL, trouble = NULL, failures = 0 WHERE id = ?1", [target])?;
    Ok(())
}

/// A part that wants a delivery, as a source of its bytes and its names.
#[derive(Debug, Clone)]
pub(crate) struct SendPart {
    pub part: PartId,
    pub asset: AssetId,
    pub source: Option<Source>,
    pub spool: Option<String>,
    pub name: String,
    pub media_type: String,
    pub stamp: Option<Stamp>,
    pub revision: u32,
    pub post: Post,
}

/// Everything about a delivery that an upload of it needs.
#[derive(Debug, Clone)]
pub(crate) struct Outgoing {
    pub delivery: DeliveryId,
    pub class: Rendition,
    pub hash: BlobHash,
    pub length: u64,
    pub inline: Option<Vec<u8>>,
    /// The preview that goes along with it.
    pub along: Option<Vec<u8>>,
    /// The first of those that want it; copies in the spool first, since nobody changes them.
    pub part: SendPart,
}

impl Outgoing {
    /// Whether it has no source: nobody wants it any more (see [`stub`]).
    pub(crate) fn is_stub(&self) -> bool {
        self.part.part == PartId(0)
    }
}

/// Loads a delivery for sending; `None` when nobody wants it any more.
pub(crate) fn outgoing(conn: &Connection, delivery: DeliveryId) -> Result<Option<Outgoing>> {
    let mut query = conn.prepare_cached(
        "SELECT d.target, d.class, y.hash, y.length, y.inline,
                p.id, a.id, p.path, p.spool, p.name, p.media_type, p.stamp, a.revision, r.post, p.library,
                CASE d.class WHEN 'text' THEN (SELECT v.inline FROM part v WHERE v.asset = a.seq AND v.rendition = 'preview'
                  AND NOT EXISTS (SELECT 1 FROM previewed x WHERE x.part = v.id AND x.target = d.target)) END
         FROM delivery d JOIN payload y ON y.id = d.payload
         JOIN wanted w ON w.delivery = d.id JOIN part p ON p.id = w.part AND p.stage = 'read' AND p.rendition <> 'preview'
         JOIN asset a ON a.seq = p.asset AND a.removed = 0
         JOIN post_revision r ON r.asset = a.seq AND r.revision = a.revision
         WHERE d.id = ?1 ORDER BY p.spool IS NULL, p.id LIMIT 1",
    )?;
    let found = query
        .query_row([delivery.0], |row| {
            let part = SendPart {
                part: PartId(row.get(5)?),
                asset: rows::id(row, 6)?,
                source: Some(rows::source(row, 7, 14)?),
                spool: row.get(8)?,
                name: row.get(9)?,
                media_type: row.get(10)?,
                stamp: rows::maybe_json(row, 11)?,
                revision: row.get(12)?,
                post: rows::json(row, 13)?,
            };
            Ok(Outgoing {
                delivery,
                class: rows::name(row, 1, Rendition::from_name)?,
                hash: rows::id(row, 2)?,
                length: rows::count(row, 3)?,
                inline: row.get(4)?,
                along: row.get(15)?,
                part,
            })
        })
        .optional()?;
    Ok(found)
}

/// A delivery without a source: enough to hear of it what a server says, and to free what it keeps.
pub(crate) fn stub(conn: &Connection, delivery: DeliveryId) -> Result<Option<Outgoing>> {
    let mut query = conn.prepare_cached(
        "SELECT d.target, d.class, y.hash, y.length FROM delivery d JOIN payload y ON y.id = d.payload
         WHERE d.id = ?1",
    )?;
    let found = query
        .query_row([delivery.0], |row| {
            let part = SendPart {
                part: PartId(0),
                asset: AssetId::from_bytes([0; 16]),
                source: None,
                spool: None,
                name: String::new(),
                media_type: String::new(),
                stamp: None,
                revision: 0,
                post: Post::default(),
            };
            Ok(Outgoing {
                delivery,
                class: rows::name(row, 1, Rendition::from_name)?,
                hash: rows::id(row, 2)?,
                length: rows::count(row, 3)?,
                inline: None,
                along: None,
                part,
            })
        })
        .optional()?;
    Ok(found)
}

/// It is there.
pub(crate) fn delivered(tx: &Transaction<'_>, delivery: DeliveryId, proof: Proof, sealed: Option<&str>) -> Result<()> {
    tx.prepare_cached(
        "UPDATE delivery SET stage = 'delivered', proof = ?2, checked = 1, failures = 0, trouble = NULL, park = NULL, due_utc_ms = NULL
         WHERE id = ?1",
    )?
    .execute(params![delivery.0, rows::text(&proof)])?;
    if let Some(sealed) = sealed {
        tx.prepare_cached("INSERT OR REPLACE INTO receipt (delivery, kind, sealed) VALUES (?1, 'final', ?2)")?
            .execute(params![delivery.0, sealed])?;
    }
    Ok(())
}

/// The target was asked and does not have it.
pub(crate) fn checked(tx: &Transaction<'_>, delivery: DeliveryId) -> Result<()> {
    tx.prepare_cached("UPDATE delivery SET checked = 1 WHERE id = ?1")?.execute([delivery.0])?;
    Ok(())
}

/// The target must be asked again whether it has it.
pub(crate) fn unchecked(tx: &Transaction<'_>, delivery: DeliveryId) -> Result<()> {
    tx.prepare_cached("UPDATE delivery SET checked = 0, stage = 'waiting' WHERE id = ?1 AND stage = 'sending'")?
        .execute([delivery.0])?;
    Ok(())
}

/// Where it stands, as it is stored.
pub(crate) fn is_in(conn: &Connection, delivery: DeliveryId, stage: &str) -> Result<bool> {
    let mut query = conn.prepare_cached("SELECT EXISTS (SELECT 1 FROM delivery WHERE id = ?1 AND stage = ?2)")?;
    Ok(query.query_row(params![delivery.0, stage], |row| row.get(0))?)
}

/// It needs a person.
pub(crate) fn park(tx: &Transaction<'_>, delivery: DeliveryId, reason: &ParkReason) -> Result<()> {
    tx.prepare_cached(
        "UPDATE delivery SET stage = 'parked', park = ?2, checked = 1 WHERE id = ?1 AND stage <> 'dropped'",
    )?
    .execute(params![delivery.0, rows::text(reason)])?;
    Ok(())
}

/// It may go again at once, or after a wait of its own.
pub(crate) fn rest(
    tx: &Transaction<'_>,
    delivery: DeliveryId,
    wait: Option<(Due, Trouble)>,
    failures: u32,
) -> Result<()> {
    let stage = if wait.is_some() { "resting" } else { "waiting" };
    let columns = wait.map(|(due, _)| rows::due_columns(&due));
    tx.prepare_cached(
        "UPDATE delivery SET stage = ?2, due_utc_ms = ?3, due_boot = ?4, due_since_ms = ?5, trouble = ?6, failures = ?7
         WHERE id = ?1 AND stage = 'sending'",
    )?
    .execute(params![
        delivery.0,
        stage,
        columns.map(|c| c.0),
        columns.map(|c| c.1),
        columns.map(|c| c.2),
        wait.map(|(_, trouble)| rows::text(&trouble)),
        failures
    ])?;
    Ok(())
}

/// How often in a row a delivery failed for reasons of its own.
pub(crate) fn failures(conn: &Connection, delivery: DeliveryId) -> Result<u32> {
    Ok(conn.prepare_cached("SELECT failures FROM delivery WHERE id = ?1")?.query_row([delivery.0], |row| row.get(0))?)
}

/// The source of a part is not what it was: whatever wanted it goes on without it.
pub(crate) fn lost_source(tx: &Transaction<'_>, part: PartId) -> Result<()> {
    tx.prepare_cached(
        "UPDATE delivery SET stage = 'dropped' WHERE stage <> 'delivered'
         AND id IN (SELECT delivery FROM wanted WHERE part = ?1)
         AND NOT EXISTS (SELECT 1 FROM wanted w JOIN part p ON p.id = w.part
                         WHERE w.delivery = delivery.id AND w.part <> ?1 AND p.stage = 'read')",
    )?
    .execute([part.0])?;
    tx.prepare_cached(
        "DELETE FROM wanted WHERE part = ?1 AND delivery IN (SELECT id FROM delivery WHERE stage <> 'delivered')",
    )?
    .execute([part.0])?;
    Ok(())
}

/// Nobody wants it any more.
pub(crate) fn forget(tx: &Transaction<'_>, delivery: DeliveryId) -> Result<()> {
    tx.prepare_cached(
        "UPDATE delivery SET stage = 'dropped' WHERE id = ?1 AND stage IN ('waiting', 'resting', 'sending')",
    )?
    .execute([delivery.0])?;
    Ok(())
}

/// Length of its payload in bytes.
pub(crate) fn length(conn: &Connection, delivery: DeliveryId) -> Result<u64> {
    Ok(conn
        .prepare_cached("SELECT bytes FROM delivery WHERE id = ?1")?
        .query_row([delivery.0], |row| rows::count(row, 0))?)
}

/// A delivery that is done, as a check asks for it.
#[derive(Debug, Clone)]
pub(crate) struct Delivered {
    pub delivery: DeliveryId,
    pub hash: BlobHash,
    pub length: u64,
    pub class: Rendition,
    pub locator: Option<String>,
}

/// Deliveries to a target that are done, by id, after this one.
pub(crate) fn delivered_page(
    conn: &Connection,
    target: TargetId,
    after: DeliveryId,
    limit: usize,
) -> Result<Vec<Delivered>> {
    let mut query = conn.prepare_cached(
        "SELECT d.id, y.hash, d.bytes, d.class,
                (SELECT u.locator FROM upload u WHERE u.delivery = d.id AND u.ending = 'done' ORDER BY u.id DESC LIMIT 1)
         FROM delivery d JOIN payload y ON y.id = d.payload
         WHERE d.target = ?1 AND d.id > ?2 AND d.stage = 'delivered' ORDER BY d.id LIMIT ?3",
    )?;
    let page = query.query_map(params![target.0, after.0, limit as i64], |row| {
        Ok(Delivered {
            delivery: DeliveryId(row.get(0)?),
            hash: rows::id(row, 1)?,
            length: rows::count(row, 2)?,
            class: rows::name(row, 3, Rendition::from_name)?,
            locator: row.get(4)?,
        })
    })?;
    Ok(page.collect::<rusqlite::Result<_>>()?)
}

/// The target could not tell whether it has it: it is asked again after a wait.
pub(crate) fn ask_later(tx: &Transaction<'_>, delivery: DeliveryId, due: &Due) -> Result<()> {
    let (utc, boot, since) = rows::due_columns(due);
    tx.prepare_cached(
        "UPDATE delivery SET stage = 'resting', due_utc_ms = ?2, due_boot = ?3, due_since_ms = ?4, trouble = ?5
         WHERE id = ?1 AND stage = 'waiting'",
    )?
    .execute(params![delivery.0, utc, boot, since, rows::text(&Trouble::Contradiction)])?;
    Ok(())
}
