//! Deliveries: which payload goes to which target, and what is known of it there.

use rusqlite::{Connection, OptionalExtension, Transaction, params};
use satchel_kernel::ids::{AssetId, BlobHash, DeliveryId, PartId};
use satchel_kernel::planner::Group;
use satchel_kernel::protocol::post::{Post, Rendition};
use satchel_kernel::state::{ParkReason, Proof, Trouble};
use satchel_kernel::time::Due;

use super::anew;
use super::rows;
use super::wants::Taker;
use crate::error::Result;
use crate::metadata::Said;
use crate::redact::Redaction;
use crate::source::{Source, Stamp};

/// The payload of an original as it is, made known if it is not.
pub(super) fn payload(tx: &Transaction<'_>, hash: &BlobHash, length: u64) -> Result<i64> {
    tx.prepare_cached(
        "INSERT OR IGNORE INTO payload (hash, form, rendition, length) VALUES (?1, 'as_is', 'original', ?2)",
    )?
    .execute(params![hash.as_bytes(), rows::int(length)])?;
    by_hash(tx, hash, "as_is")
}

/// The payload that is what it is by its hash alone.
pub(super) fn by_hash(tx: &Transaction<'_>, hash: &BlobHash, form: &str) -> Result<i64> {
    let mut query = tx.prepare_cached("SELECT id FROM payload WHERE hash = ?1 AND form = ?2 AND source IS NULL")?;
    Ok(query.query_row(params![hash.as_bytes(), form], |row| row.get(0))?)
}

/// What is wanted: a payload, as a part's.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub part: i64,
    pub payload: i64,
    /// None while it is not made.
    pub hash: Option<&'a BlobHash>,
    pub class: Rendition,
    pub bytes: u64,
    pub urgent: bool,
    pub seq: i64,
}

/// Makes or joins the deliveries of a part's payload to these targets. A twin joins, and its urgency lifts.
pub(super) fn want(tx: &Transaction<'_>, wanted: &Wanted<'_>, to: &[Taker]) -> Result<()> {
    let Wanted { part, payload, hash, class, bytes, urgent, seq } = *wanted;
    for Taker { id: target, have_check, .. } in to {
        // What has no name yet cannot be asked for.
        let checked = !have_check || class == Rendition::Text || hash.is_none();
        if !checked {
            anew::doubt(tx, part, payload, *target)?;
        }
        let Fate { stage, proof, sealed, park } = fate(tx, hash, *target, *have_check)?;
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
            keep_receipt(tx, payload, *target, &sealed)?;
        }
    }
    Ok(())
}

fn keep_receipt(tx: &Transaction<'_>, payload: i64, target: i64, sealed: &str) -> Result<()> {
    tx.prepare_cached(
        "INSERT OR IGNORE INTO receipt (delivery, kind, sealed)
         SELECT id, 'final', ?3 FROM delivery WHERE payload = ?1 AND target = ?2 AND stage = 'delivered'",
    )?
    .execute(params![payload, target, sealed])?;
    Ok(())
}

/// A payload has a name now: its deliveries weigh what it weighs, and are asked for; some may be there, says the journal.
pub(super) fn named(tx: &Transaction<'_>, payload: i64, hash: &BlobHash, length: u64) -> Result<()> {
    tx.prepare_cached("UPDATE delivery SET bytes = ?2 WHERE payload = ?1 AND bytes <> ?2")?
        .execute(params![payload, rows::int(length)])?;
    tx.prepare_cached(
        "UPDATE delivery SET checked = (SELECT 1 - have_check FROM target t WHERE t.id = delivery.target)
         WHERE payload = ?1 AND stage IN ('waiting', 'resting')",
    )?
    .execute([payload])?;
    let mut open = tx.prepare_cached(
        "SELECT d.target, t.have_check FROM delivery d JOIN target t ON t.id = d.target
         WHERE d.payload = ?1 AND d.stage IN ('waiting', 'resting')",
    )?;
    let open: Vec<(i64, bool)> =
        open.query_map([payload], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<rusqlite::Result<_>>()?;
    for (target, have_check) in open {
        let Fate { stage, proof, sealed, park } = fate(tx, Some(hash), target, have_check)?;
        if stage == "waiting" {
            continue;
        }
        tx.prepare_cached(
            "UPDATE delivery SET stage = ?3, proof = ?4, park = ?5, checked = 1 WHERE payload = ?1 AND target = ?2",
        )?
        .execute(params![
            payload,
            target,
            stage,
            proof.map(|p| rows::text(&p)),
            park.map(|p| rows::text(&p))
        ])?;
        if let Some(sealed) = sealed {
            keep_receipt(tx, payload, target, &sealed)?;
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
fn fate(tx: &Transaction<'_>, hash: Option<&BlobHash>, target: i64, have_check: bool) -> Result<Fate> {
    let Some(hash) = hash else { return Ok(Fate { stage: "waiting", proof: None, sealed: None, park: None }) };
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

/// Gives a new target deliveries of all that was read before and that goes as it is. (See [`made`](super::backfill::made).)
pub(super) fn backfill(tx: &Transaction<'_>, target: i64) -> Result<()> {
    let takes = "p.stage = 'read' AND p.redact = 'none' AND t.redact = 'none'
                 AND ((p.rendition = 'text' AND t.posts) OR p.rendition = 'original')";
    tx.execute(
        &format!(
            "INSERT OR IGNORE INTO delivery (payload, target, class, stage, checked, urgent, ord, bytes)
             SELECT y.id, t.id, y.rendition, 'waiting', y.rendition = 'text' OR NOT t.have_check,
                    max(p.urgent), max(p.asset), y.length
             FROM target t JOIN part p ON p.hash IS NOT NULL
             JOIN payload y ON y.hash = p.hash AND y.form = 'as_is'
             WHERE t.id = ?1 AND {takes} GROUP BY y.id"
        ),
        [target],
    )?;
    tx.execute(
        &format!(
            "INSERT OR IGNORE INTO wanted (part, delivery)
             SELECT p.id, d.id FROM target t JOIN part p JOIN payload y ON y.hash = p.hash AND y.form = 'as_is'
             JOIN delivery d ON d.payload = y.id AND d.target = t.id WHERE t.id = ?1 AND {takes}"
        ),
        [target],
    )?;
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
    /// The document's, or the post's latest.
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
    /// Somebody deleted it there, and a person wants it there all the same.
    pub again: bool,
    /// The name of its file in the spool, where it was made from an original.
    pub made: Option<String>,
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
                p.id, a.id, p.path, p.spool, p.name, p.media_type, coalesce(y.stamp, p.stamp), coalesce(y.revision, a.revision), r.post, p.library,
                CASE d.class WHEN 'text' THEN (SELECT v.inline FROM part v WHERE v.asset = a.seq AND v.rendition = 'preview'
                  AND NOT EXISTS (SELECT 1 FROM previewed x WHERE x.part = v.id AND x.target = d.target)) END,
                y.spool, t.redact, a.said, EXISTS (SELECT 1 FROM again g WHERE g.asset = a.seq AND g.target = d.target)
         FROM delivery d JOIN payload y ON y.id = d.payload AND (y.source IS NULL OR y.spool IS NOT NULL)
         JOIN target t ON t.id = d.target AND NOT (t.redact <> 'none' AND d.class = 'original' AND y.form = 'as_is')
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
                post: {
                    let redact = rows::name(row, 17, Redaction::from_name)?;
                    redact.of_post(&rows::json(row, 13)?, rows::maybe_json::<Said>(row, 18)?.as_ref())
                },
            };
            Ok(Outgoing {
                delivery,
                class: rows::name(row, 1, Rendition::from_name)?,
                hash: rows::id(row, 2)?,
                length: rows::count(row, 3)?,
                inline: row.get(4)?,
                along: row.get(15)?,
                again: row.get(19)?,
                made: row.get(16)?,
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
                again: false,
                made: None,
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

/// Nobody wants it any more; what is only to be made first stays.
pub(crate) fn forget(tx: &Transaction<'_>, delivery: DeliveryId) -> Result<()> {
    tx.prepare_cached(
        "UPDATE delivery SET stage = 'dropped' WHERE id = ?1 AND stage IN ('waiting', 'resting', 'sending')
         AND NOT EXISTS (SELECT 1 FROM payload y WHERE y.id = delivery.payload AND y.source IS NOT NULL AND y.spool IS NULL)",
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

/// Payload bytes of a delivery that its server has not said it kept; of half a pair, those of both halves: rules and budgets
/// let a pair through as one, or not.
pub(super) const UNIT_LEFT: &str = "CASE WHEN delivery.kind = '\"pair\"' AND delivery.class = 'original' THEN
    (SELECT coalesce(sum(o.todo), 0) FROM delivery o WHERE o.target = delivery.target AND o.class = 'original'
       AND o.stage NOT IN ('delivered', 'parked', 'dropped') AND o.id IN
         (SELECT v.delivery FROM wanted w JOIN part p ON p.id = w.part JOIN part q ON q.asset = p.asset
          JOIN wanted v ON v.part = q.id WHERE w.delivery = delivery.id)) ELSE delivery.todo END";

/// What rules decide about a delivery, with the bytes of it that are to be sent; of one that nobody ever wanted, as of
/// something else that was named by itself.
pub(crate) fn group(conn: &Connection, delivery: DeliveryId) -> Result<Group> {
    let mut query = conn.prepare_cached(&format!(
        "SELECT target, class, coalesce(kind, '\"other\"'), album, urgent, {UNIT_LEFT} FROM delivery WHERE id = ?1",
    ))?;
    Ok(query.query_row([delivery.0], |row| rows::group(row, 0))?)
}

/// Payload bytes that the server has not said it kept.
pub(crate) fn todo(conn: &Connection, delivery: DeliveryId) -> Result<u64> {
    Ok(conn
        .prepare_cached("SELECT todo FROM delivery WHERE id = ?1")?
        .query_row([delivery.0], |row| rows::count(row, 0))?)
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
