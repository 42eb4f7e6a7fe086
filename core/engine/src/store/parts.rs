//! Reading parts: what is to be read, and what came of it.

use rusqlite::{Connection, OptionalExtension, Transaction, params};
use satchel_kernel::ids::{AssetId, BlobHash, PartId};
use satchel_kernel::protocol::post::Post;
use satchel_kernel::state::{ParkReason, WaitReason};
use satchel_kernel::time::{Due, Now};

use super::wants;
use super::{making, posts, previews, rows};
use crate::error::Result;
use crate::metadata::Said;
use crate::source::{Source, SourceFault, Stamp};

/// How often a source may change under our hands before a person is asked.
const REREADS: u32 = 3;

/// A part to be read.
#[derive(Debug, Clone)]
pub(crate) struct ToRead {
    pub source: Source,
    pub spool: Option<String>,
}

/// What is needed to read a part; `None` when it is not to be read any more.
pub(crate) fn to_read(conn: &Connection, part: PartId) -> Result<Option<ToRead>> {
    let mut query = conn.prepare_cached(
        "SELECT path, library, spool FROM part WHERE id = ?1 AND stage = 'unread' AND path IS NOT NULL",
    )?;
    let found = query
        .query_row([part.0], |row| Ok(ToRead { source: rows::source(row, 0, 1)?, spool: row.get(2)? }))
        .optional()?;
    Ok(found)
}

/// The hash of a file that was read before and did not change since (the stamp agrees, and its time of change was
/// settled when it was read).
pub(crate) fn remembered(conn: &Connection, source: &Source, stamp: &Stamp) -> Result<Option<BlobHash>> {
    let mut query = conn.prepare_cached(
        "SELECT hash, stamp, hashed_utc_ms FROM part
         WHERE path = ?1 AND library = ?2 AND hash IS NOT NULL AND spool IS NULL ORDER BY id DESC LIMIT 1",
    )?;
    let found = query
        .query_row(rows::source_columns(source), |row| {
            Ok((rows::id::<BlobHash>(row, 0)?, rows::maybe_json::<Stamp>(row, 1)?, row.get::<_, Option<i64>>(2)?))
        })
        .optional()?;
    Ok(found.and_then(|(hash, then, at)| (then? == *stamp && stamp.settled(at?)).then_some(hash)))
}

/// What the journal said that a part held, when the database was made anew.
pub(crate) fn hashed_before(conn: &Connection, part: PartId) -> Result<Option<(BlobHash, Stamp)>> {
    let mut query =
        conn.prepare_cached("SELECT hash, stamp FROM part WHERE id = ?1 AND hash IS NOT NULL AND stamp IS NOT NULL")?;
    Ok(query.query_row([part.0], |row| Ok((rows::id(row, 0)?, rows::json(row, 1)?))).optional()?)
}

/// Whose part it is, and whether it is the motion of a pair.
pub(crate) fn whose(conn: &Connection, part: PartId) -> Result<(AssetId, bool)> {
    let mut query =
        conn.prepare_cached("SELECT a.id, p.beside FROM part p JOIN asset a ON a.seq = p.asset WHERE p.id = ?1")?;
    Ok(query.query_row([part.0], |row| Ok((rows::id(row, 0)?, row.get(1)?)))?)
}

/// Whether a copy in the spool is somebody's.
pub(crate) fn is_spooled(conn: &Connection, name: &str) -> Result<bool> {
    let mut query =
        conn.prepare_cached("SELECT EXISTS (SELECT 1 FROM part WHERE spool = ?1 AND stage <> 'removed')")?;
    Ok(query.query_row([name], |row| row.get(0))?)
}

/// What follows from a reading, for the journal.
#[derive(Debug, Default)]
pub(crate) struct Following {
    /// The post's new revision, where there had to be one.
    pub revised: Option<(u32, Post)>,
    /// The press that its post names, which was made of a twin.
    pub press: Option<(BlobHash, u64)>,
}

/// An original was read: it has a name now, and its deliveries begin to exist.
pub(crate) fn was_read(
    tx: &Transaction<'_>,
    part: PartId,
    hash: &BlobHash,
    stamp: &Stamp,
    said: Option<&Said>,
    now: &Now,
) -> Result<Following> {
    let row = tx
        .prepare_cached("SELECT asset, beside, hash FROM part WHERE id = ?1 AND stage = 'unread'")?
        .query_row([part.0], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, bool>(1)?, rows::maybe_id::<BlobHash>(row, 2)?))
        })
        .optional()?;
    // Removed meanwhile.
    let Some((seq, beside, before)) = row else { return Ok(Following::default()) };
    tx.prepare_cached(
        "UPDATE part SET stage = 'read', hash = ?2, length = ?3, stamp = ?4, hashed_utc_ms = ?5, park = NULL WHERE id = ?1",
    )?
    .execute(params![part.0, hash.as_bytes(), rows::int(stamp.size), rows::text(stamp), now.utc_ms])?;
    // What is made, and what is said, is the still's.
    if !beside {
        previews::forget_other(tx, seq, hash)?;
        // The journal told of another content: what was made of that is not this one's.
        if before.is_some_and(|before| before != *hash) {
            wants::forget(tx, seq)?;
        }
        if let Some(said) = said {
            posts::hear(tx, seq, said)?;
        }
    }
    follow(tx, seq)
}

/// What follows when nothing of an asset is to be read any more: it goes, a pair as one.
fn follow(tx: &Transaction<'_>, seq: i64) -> Result<Following> {
    if !posts::is_read(tx, seq)? {
        return Ok(Following::default());
    }
    let named = making::named_press(tx, seq)?;
    for original in wants::originals(tx, seq)? {
        wants::want(tx, &original)?;
    }
    let press = making::named_press(tx, seq)?.filter(|press| Some(*press) != named);
    Ok(Following { revised: posts::compose(tx, seq)?, press })
}

/// A part could not be read: what follows for the other half of its pair.
pub(crate) fn was_not_read(tx: &Transaction<'_>, part: PartId) -> Result<Following> {
    let mut query = tx.prepare_cached("SELECT asset FROM part WHERE id = ?1 AND stage = 'parked'")?;
    match query.query_row([part.0], |row| row.get(0)).optional()? {
        Some(seq) => follow(tx, seq),
        None => Ok(Following::default()),
    }
}

/// A part's file was touched and holds what it held.
pub(crate) fn restamp(tx: &Transaction<'_>, part: PartId, stamp: &Stamp, now: &Now) -> Result<()> {
    tx.prepare_cached("UPDATE part SET stamp = ?2, hashed_utc_ms = ?3 WHERE id = ?1 AND stage = 'read'")?
        .execute(params![part.0, rows::text(stamp), now.utc_ms])?;
    Ok(())
}

/// A part could not be read: it needs a person.
pub(crate) fn park(tx: &Transaction<'_>, part: PartId, reason: &ParkReason) -> Result<()> {
    tx.prepare_cached("UPDATE part SET stage = 'parked', park = ?2 WHERE id = ?1 AND stage IN ('unread', 'resting')")?
        .execute(params![part.0, rows::text(reason)])?;
    Ok(())
}

/// A part cannot be opened just now: it is read later, however often.
pub(crate) fn away(tx: &Transaction<'_>, part: PartId, why: &WaitReason, due: &Due) -> Result<()> {
    let (utc, boot, since) = rows::due_columns(due);
    tx.prepare_cached(
        "UPDATE part SET stage = 'resting', wait = ?5, due_utc_ms = ?2, due_boot = ?3, due_since_ms = ?4
         WHERE id = ?1 AND stage IN ('unread', 'resting')",
    )?
    .execute(params![part.0, utc, boot, since, rows::text(why)])?;
    Ok(())
}

/// A part changed while it was read or sent: it is read anew later, but not for ever.
pub(crate) fn read_again(tx: &Transaction<'_>, part: PartId, due: &Due) -> Result<()> {
    let rereads: u32 =
        tx.prepare_cached("SELECT rereads FROM part WHERE id = ?1")?.query_row([part.0], |row| row.get(0))?;
    if rereads >= REREADS {
        tx.prepare_cached("UPDATE part SET stage = 'unread' WHERE id = ?1 AND stage = 'read'")?.execute([part.0])?;
        return park(tx, part, &ParkReason::SourceKeepsChanging);
    }
    let (utc, boot, since) = rows::due_columns(due);
    tx.prepare_cached(
        "UPDATE part SET stage = 'resting', wait = NULL, rereads = rereads + 1, hash = NULL, due_utc_ms = ?2, due_boot = ?3, due_since_ms = ?4
         WHERE id = ?1 AND stage IN ('unread', 'read', 'resting')",
    )?
    .execute(params![part.0, utc, boot, since])?;
    Ok(())
}

/// The source of a part that was read is not what it was: read it anew, or ask a person. Says why when it is parked.
pub(crate) fn source_fault(
    tx: &Transaction<'_>,
    part: PartId,
    fault: SourceFault,
    due: &Due,
) -> Result<Option<ParkReason>> {
    if fault.passes() {
        read_again(tx, part, due)?;
        return Ok(None);
    }
    let reason = fault.park_reason();
    tx.prepare_cached("UPDATE part SET stage = 'unread' WHERE id = ?1 AND stage = 'read'")?.execute([part.0])?;
    park(tx, part, &reason)?;
    Ok(Some(reason))
}
