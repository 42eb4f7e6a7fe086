//! Taking assets in, and out.

use std::collections::BTreeSet;

use rusqlite::{OptionalExtension, Transaction, params};
use satchel_kernel::ids::{AssetId, DeliveryId, PartId};
use satchel_kernel::protocol::post::{Post, Rendition, Role};
use satchel_kernel::state::{AssetKind, ParkReason};
use satchel_kernel::time::Now;

use super::{anew, posts, rows, uploads};
use crate::error::{Error, Result};
use crate::source::{Source, Stamp};

/// An asset to be taken in.
#[derive(Debug, Clone)]
pub(crate) struct NewAsset {
    pub id: AssetId,
    pub kind: AssetKind,
    pub role: Role,
    /// Where it was added from.
    pub source: Source,
    /// The copy in the spool, where one was made.
    pub spool: Option<String>,
    pub name: String,
    pub media_type: String,
    pub urgent: bool,
    /// Empty where it comes from none.
    pub album: String,
    pub post: Post,
    /// What the file was when it was added.
    pub stamp: Stamp,
}

/// The motion of a pair, to be taken in beside its still.
#[derive(Debug, Clone)]
pub(crate) struct NewMotion {
    pub source: Source,
    pub spool: Option<String>,
    pub name: String,
    pub media_type: String,
    pub stamp: Stamp,
}

/// What stands in the outbox under a path.
pub(crate) struct Known {
    pub seq: i64,
    pub id: AssetId,
    /// The file that it was found by.
    pub part: PartId,
    /// That file is the motion of a pair.
    pub motion: bool,
    pub urgent: bool,
    pub post: Post,
    /// Its bytes are in the spool.
    pub copied: bool,
}

/// The asset that was added from this path, if it is still the same file: one that was not read yet is, whatever it
/// holds. Of one that was copied, only the copy counts: another file at its path is another asset, on the next card.
pub(crate) fn known(conn: &rusqlite::Connection, source: &Source, stamp: &Stamp) -> Result<Option<Known>> {
    let mut query = conn.prepare_cached(
        "SELECT a.seq, a.id, a.urgent, r.post, p.stage, p.stamp, p.spool IS NOT NULL, p.added, p.id, p.beside FROM part p
         JOIN asset a ON a.seq = p.asset AND a.removed = 0
         JOIN post_revision r ON r.asset = a.seq AND r.revision = a.revision
         WHERE p.path = ?1 AND p.library = ?2 AND p.rendition = 'original' ORDER BY a.seq DESC LIMIT 1",
    )?;
    let found = query
        .query_row(rows::source_columns(source), |row| {
            let (read, copied) = (row.get_ref(4)?.as_str()? == "read", row.get(6)?);
            let (seq, id, urgent, post) = (row.get(0)?, rows::id(row, 1)?, row.get(2)?, rows::json(row, 3)?);
            let known = Known { seq, id, part: PartId(row.get(8)?), motion: row.get(9)?, urgent, post, copied };
            let same = if copied {
                rows::maybe_json(row, 7)?.as_ref() == Some(stamp)
            } else {
                !read || rows::maybe_json(row, 5)?.as_ref() == Some(stamp)
            };
            Ok(same.then_some(known))
        })
        .optional()?;
    Ok(found.flatten())
}

/// The asset whose copy in the spool has this name.
pub(crate) fn known_copy(conn: &rusqlite::Connection, spool: &str) -> Result<Option<Known>> {
    let mut query = conn.prepare_cached(
        "SELECT a.seq, a.id, a.urgent, r.post, p.id, p.beside FROM part p JOIN asset a ON a.seq = p.asset AND a.removed = 0
         JOIN post_revision r ON r.asset = a.seq AND r.revision = a.revision WHERE p.spool = ?1",
    )?;
    let found = query.query_row([spool], |row| {
        let (seq, id, urgent, post) = (row.get(0)?, rows::id(row, 1)?, row.get(2)?, rows::json(row, 3)?);
        Ok(Known { seq, id, part: PartId(row.get(4)?), motion: row.get(5)?, urgent, post, copied: true })
    });
    Ok(found.optional()?)
}

/// Takes an asset in, and says its place in the order; one that is there already stays as it is.
pub(crate) fn insert(tx: &Transaction<'_>, new: &NewAsset, now: &Now) -> Result<i64> {
    let NewAsset { id, kind, role, source, spool, name, media_type, urgent, album, post, stamp } = new;
    let inserted = tx
        .prepare_cached(
            "INSERT OR IGNORE INTO asset (id, kind, urgent, added_utc_ms, revision, album) VALUES (?1, ?2, ?3, ?4, 1, ?5)",
        )?
        .execute(params![id.as_bytes(), rows::text(kind), urgent, now.utc_ms, album])?;
    if inserted == 0 {
        return seq(tx, *id);
    }
    let seq = tx.last_insert_rowid();
    posts::insert(tx, seq, 1, post, now)?;
    let (path, library) = rows::source_columns(source);
    tx.prepare_cached(
        "INSERT INTO part (asset, role, rendition, path, library, spool, name, media_type, urgent, stage, stamp, added)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 'unread', ?10, ?10)",
    )?
    .execute(params![
        seq,
        role.as_str(),
        Rendition::Original.as_str(),
        path,
        library,
        spool,
        name,
        media_type,
        urgent,
        rows::text(stamp)
    ])?;
    Ok(seq)
}

/// Takes the motion of a pair in beside its still; false where the asset has one.
pub(crate) fn insert_motion(tx: &Transaction<'_>, seq: i64, motion: &NewMotion) -> Result<bool> {
    let NewMotion { source, spool, name, media_type, stamp } = motion;
    let (path, library) = rows::source_columns(source);
    let inserted = tx
        .prepare_cached(
            "INSERT OR IGNORE INTO part (asset, role, rendition, path, library, spool, name, media_type, urgent, stage, stamp, added, beside)
             SELECT ?1, 'motion', 'original', ?2, ?3, ?4, ?5, ?6, a.urgent, 'unread', ?7, ?7, 1 FROM asset a WHERE a.seq = ?1",
        )?
        .execute(params![seq, path, library, spool, name, media_type, rows::text(stamp)])?;
    if inserted > 0 {
        // What was a photo by itself is a pair from now on.
        let kind = rows::text(&AssetKind::Pair);
        tx.prepare_cached("UPDATE asset SET kind = ?2 WHERE seq = ?1")?.execute(params![seq, kind])?;
        tx.prepare_cached(
            "UPDATE delivery SET kind = ?2 WHERE id IN
               (SELECT w.delivery FROM wanted w JOIN part p ON p.id = w.part WHERE p.asset = ?1)",
        )?
        .execute(params![seq, kind])?;
    }
    Ok(inserted > 0)
}

/// The original of an asset: of a pair its still, or its motion.
pub(crate) fn original(conn: &rusqlite::Connection, seq: i64, motion: bool) -> Result<Option<PartId>> {
    let mut query =
        conn.prepare_cached("SELECT id FROM part WHERE asset = ?1 AND rendition = 'original' AND beside = ?2")?;
    Ok(query.query_row(params![seq, motion], |row| row.get(0)).optional()?.map(PartId))
}

/// Gives an original that was added without a copy one; false when it has one. It is read anew, from the copy.
pub(crate) fn attach(tx: &Transaction<'_>, part: PartId, spool: &str, added: &Stamp) -> Result<bool> {
    let attached = tx
        .prepare_cached(
            "UPDATE part SET spool = ?2, added = ?3, stage = 'unread', park = NULL, rereads = 0, due_utc_ms = NULL
             WHERE id = ?1 AND spool IS NULL AND stage <> 'removed'",
        )?
        .execute(params![part.0, spool, rows::text(added)])?;
    Ok(attached > 0)
}

/// Makes an asset urgent, and what it shares with its twins.
pub(crate) fn lift(tx: &Transaction<'_>, seq: i64) -> Result<()> {
    tx.prepare_cached("UPDATE asset SET urgent = 1 WHERE seq = ?1")?.execute([seq])?;
    tx.prepare_cached("UPDATE part SET urgent = 1 WHERE asset = ?1")?.execute([seq])?;
    tx.prepare_cached(
        "UPDATE delivery SET urgent = 1 WHERE id IN
           (SELECT w.delivery FROM wanted w JOIN part p ON p.id = w.part WHERE p.asset = ?1)",
    )?
    .execute([seq])?;
    Ok(())
}

/// Makes an asset wait its turn again; what a twin is urgent for stays so.
pub(crate) fn calm(tx: &Transaction<'_>, seq: i64) -> Result<()> {
    tx.prepare_cached("UPDATE asset SET urgent = 0 WHERE seq = ?1")?.execute([seq])?;
    tx.prepare_cached("UPDATE part SET urgent = 0 WHERE asset = ?1")?.execute([seq])?;
    tx.prepare_cached(
        "UPDATE delivery SET urgent = 0 WHERE id IN
           (SELECT w.delivery FROM wanted w JOIN part p ON p.id = w.part WHERE p.asset = ?1)
         AND NOT EXISTS
           (SELECT 1 FROM wanted w JOIN part p ON p.id = w.part WHERE w.delivery = delivery.id AND p.urgent = 1)",
    )?
    .execute([seq])?;
    Ok(())
}

/// An asset's place in the order, if it is in the outbox.
pub(crate) fn seq(conn: &rusqlite::Connection, id: AssetId) -> Result<i64> {
    conn.prepare_cached("SELECT seq FROM asset WHERE id = ?1 AND removed = 0")?
        .query_row([id.as_bytes()], |row| row.get(0))
        .optional()?
        .ok_or(Error::NoSuchAsset(id))
}

/// Takes an asset out. What only it wanted is dropped; the names of its copies in the spool are returned.
pub(crate) fn remove(tx: &Transaction<'_>, id: AssetId) -> Result<Vec<String>> {
    let seq = seq(tx, id)?;
    tx.execute("UPDATE asset SET removed = 1 WHERE seq = ?1", [seq])?;
    tx.execute("UPDATE part SET stage = 'removed' WHERE asset = ?1", [seq])?;
    let mine = "SELECT w.delivery FROM wanted w JOIN part p ON p.id = w.part WHERE p.asset = ?1";
    tx.execute(
        &format!(
            "UPDATE delivery SET stage = 'dropped' WHERE id IN ({mine}) AND stage <> 'delivered'
             AND NOT EXISTS (SELECT 1 FROM wanted w JOIN part p ON p.id = w.part
                             WHERE w.delivery = delivery.id AND p.stage <> 'removed')"
        ),
        [seq],
    )?;
    let mut spooled = tx.prepare("SELECT spool FROM part WHERE asset = ?1 AND spool IS NOT NULL")?;
    let names = spooled.query_map([seq], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    Ok(names)
}

/// Sets going again what somebody deleted at a target, all of its asset with it: a person wants it there. False when
/// there is no such thing.
pub(crate) fn want_again(tx: &Transaction<'_>, seq: i64) -> Result<bool> {
    let mine = "SELECT w.delivery FROM wanted w JOIN part p ON p.id = w.part WHERE p.asset = ?1";
    let mut deleted = tx.prepare_cached(&format!(
        "SELECT id, target FROM delivery WHERE stage = 'parked' AND park = ?2 AND id IN ({mine})"
    ))?;
    let reason = rows::text(&ParkReason::DeletedThere);
    let deleted: Vec<(i64, i64)> = deleted
        .query_map(params![seq, reason], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    for (delivery, _) in &deleted {
        uploads::retry(tx, DeliveryId(*delivery))?;
        // Asked, the server would say again that it was deleted there.
        tx.prepare_cached(
            "UPDATE delivery SET stage = 'waiting', checked = 1, park = NULL, trouble = NULL, failures = 0 WHERE id = ?1",
        )?
        .execute([delivery])?;
    }
    // All of an asset is deleted together: also what was there before, but for what another asset shows there still.
    let mine = format!(
        "target = ?2 AND id IN ({mine}) AND NOT EXISTS (SELECT 1 FROM wanted w JOIN part p ON p.id = w.part AND p.asset <> ?1
           JOIN asset a ON a.seq = p.asset AND a.removed = 0 WHERE w.delivery = delivery.id)"
    );
    for target in deleted.iter().map(|(_, target)| *target).collect::<BTreeSet<_>>() {
        tx.prepare_cached("INSERT OR IGNORE INTO again (asset, target) VALUES (?1, ?2)")?.execute([seq, target])?;
        anew::send(tx, &mine, [seq, target])?;
        tx.prepare_cached(&format!(
            "UPDATE delivery SET checked = 1 WHERE stage IN ('waiting', 'resting') AND {mine}"
        ))?
        .execute([seq, target])?;
        tx.prepare_cached(
            "DELETE FROM previewed WHERE target = ?2 AND part IN (SELECT id FROM part WHERE asset = ?1 AND rendition = 'preview')",
        )?
        .execute([seq, target])?;
    }
    Ok(!deleted.is_empty())
}

/// Sets what is parked going again.
pub(crate) fn retry(tx: &Transaction<'_>, id: AssetId) -> Result<()> {
    let seq = seq(tx, id)?;
    want_again(tx, seq)?;
    tx.execute(
        "UPDATE part SET stage = 'unread', park = NULL, rereads = 0, due_utc_ms = NULL
         WHERE asset = ?1 AND stage IN ('parked', 'resting')",
        [seq],
    )?;
    let mine = "SELECT w.delivery FROM wanted w JOIN part p ON p.id = w.part WHERE p.asset = ?1";
    // What is known of a parked upload is kept, so that what the server has is found and not sent again.
    let mut parked = tx.prepare(&format!("SELECT id FROM delivery WHERE stage = 'parked' AND id IN ({mine})"))?;
    let parked = parked.query_map([seq], |row| Ok(DeliveryId(row.get(0)?)))?.collect::<rusqlite::Result<Vec<_>>>()?;
    for delivery in parked {
        uploads::retry(tx, delivery)?;
    }
    // What could not be made is tried once more.
    tx.execute(
        &format!(
            "UPDATE payload SET made = 'unmade' WHERE made = 'cannot' AND id IN
               (SELECT payload FROM delivery WHERE stage = 'parked' AND id IN ({mine}))"
        ),
        [seq],
    )?;
    tx.execute(
        &format!(
            "UPDATE delivery SET stage = 'waiting', park = NULL, due_utc_ms = NULL, trouble = NULL, failures = 0,
               checked = CASE WHEN class = 'text' OR (SELECT hash IS NULL FROM payload WHERE id = delivery.payload) THEN 1
                              ELSE (SELECT 1 - have_check FROM target WHERE target.id = delivery.target) END
             WHERE stage IN ('parked', 'resting') AND id IN ({mine})"
        ),
        [seq],
    )?;
    Ok(())
}

/// Reads a part anew that was parked for its source: its file was handed in again. True when there was one.
pub(crate) fn reread(tx: &Transaction<'_>, part: PartId, stamp: &Stamp) -> Result<bool> {
    let parked = tx
        .prepare_cached(
            "UPDATE part SET stage = 'unread', park = NULL, rereads = 0, due_utc_ms = NULL, hash = NULL, stamp = ?2
             WHERE id = ?1 AND stage = 'parked' AND spool IS NULL",
        )?
        .execute(params![part.0, rows::text(stamp)])?;
    Ok(parked > 0)
}

/// How many assets there are, counted no further than is needed to know whether they are more than the others; and how
/// many were removed since the journal was last written anew.
pub(crate) fn live_and_removed(conn: &rusqlite::Connection) -> Result<(u64, u64)> {
    // A number that is bound would not let the index be used.
    let mut query = conn.prepare_cached("SELECT count(*) FROM asset WHERE removed = 1")?;
    let removed = query.query_row([], |row| rows::count(row, 0))?;
    let mut query = conn.prepare_cached("SELECT count(*) FROM (SELECT 1 FROM asset WHERE removed = 0 LIMIT ?1)")?;
    Ok((query.query_row([rows::int(removed + 1)], |row| rows::count(row, 0))?, removed))
}

/// Which were removed since the journal was last written anew.
pub(crate) fn removed_since_compaction(conn: &rusqlite::Connection) -> Result<std::collections::HashSet<AssetId>> {
    let mut query = conn.prepare_cached("SELECT id FROM asset WHERE removed = 1")?;
    Ok(query.query_map([], |row| rows::id(row, 0))?.collect::<rusqlite::Result<_>>()?)
}

/// The journal says nothing of removed assets any more; their rows stay, for what was sent of them.
pub(crate) fn compacted(tx: &Transaction<'_>) -> Result<()> {
    tx.execute("UPDATE asset SET removed = 2 WHERE removed = 1", [])?;
    Ok(())
}
