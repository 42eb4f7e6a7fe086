//! From the database back to the journal: where somebody took the journal away, or damage hit it, a sound database
//! tells it what it no longer says.

use std::collections::HashSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use rusqlite::{Row, Transaction};
use satchel_kernel::ids::AssetId;
use satchel_kernel::protocol::post::{Post, Rendition};
use satchel_kernel::state::Proof;

use super::{rows, targets};
use crate::error::Result;
use crate::journal::{Durable, Journal, Record, SourceRecord};
use crate::source::Stamp;

/// Records that share a write.
const BATCH: usize = 512;

/// Tells the journal of every asset that it did not speak of, and with the first of them of all targets and deliveries.
/// Says how many there were.
pub(super) fn missing(
    tx: &Transaction<'_>,
    journal: &Journal,
    spoken_of: &HashSet<AssetId>,
    motions: &HashSet<AssetId>,
) -> Result<u64> {
    let mut query = tx.prepare(
        "SELECT a.id, p.path, p.spool, p.name, a.kind, p.media_type, a.urgent, a.seq, a.added_utc_ms, r.post, a.revision,
                coalesce(p.added, p.stamp), p.hash, p.stamp, p.library, v.hash, v.length, a.said, x.hash, x.length, a.album
         FROM asset a JOIN part p ON p.asset = a.seq AND p.rendition = 'original' AND p.beside = 0
         LEFT JOIN part v ON v.asset = a.seq AND v.rendition = 'preview' AND v.stage = 'read'
         LEFT JOIN part x ON x.asset = a.seq AND x.rendition = 'press' AND x.stage = 'read'
         JOIN post_revision r ON r.asset = a.seq AND r.revision = a.revision
         WHERE a.removed = 0 ORDER BY a.seq",
    )?;
    let mut assets = query.query([])?;
    let mut batch = Vec::new();
    let mut told = 0;
    while let Some(row) = assets.next()? {
        let id: AssetId = rows::id(row, 0)?;
        if spoken_of.contains(&id) {
            continue;
        }
        if told == 0 {
            batch.extend(targets(tx)?);
            batch.extend(super::settings::kept(tx)?);
            deliveries(tx, &mut batch)?;
        }
        told += 1;
        asset(row, id, &mut batch)?;
        motion(tx, row.get(7)?, id, &mut batch)?;
        if batch.len() >= BATCH {
            journal.append(&std::mem::take(&mut batch), Durable::Later)?;
        }
    }
    // Motions that came later than their stills.
    let mut query = tx.prepare(
        "SELECT a.id, a.seq FROM part p JOIN asset a ON a.seq = p.asset AND a.removed = 0 WHERE p.beside = 1 AND p.stage <> 'removed'",
    )?;
    let mut found = query.query([])?;
    while let Some(row) = found.next()? {
        let id: AssetId = rows::id(row, 0)?;
        if spoken_of.contains(&id) && !motions.contains(&id) {
            motion(tx, row.get(1)?, id, &mut batch)?;
            told += 1;
        }
    }
    if told > 0 {
        journal.append(&batch, Durable::Now)?;
    }
    Ok(told)
}

fn targets(tx: &Transaction<'_>) -> Result<Vec<Record>> {
    let record = |t: targets::Target| Record::Target { spec: rows::text(&t.spec), url: t.url };
    Ok(targets::all(tx)?.into_iter().map(record).collect())
}

/// What is there, and what was begun at servers that cannot be asked.
fn deliveries(tx: &Transaction<'_>, batch: &mut Vec<Record>) -> Result<()> {
    let mut query = tx.prepare(
        "SELECT y.hash, t.url, d.proof, c.sealed FROM delivery d JOIN payload y ON y.id = d.payload
         JOIN target t ON t.id = d.target LEFT JOIN receipt c ON c.delivery = d.id WHERE d.stage = 'delivered'
         UNION ALL
         SELECT y.hash, t.url, NULL, NULL FROM upload u JOIN delivery d ON d.id = u.delivery
         JOIN payload y ON y.id = d.payload JOIN target t ON t.id = d.target
         WHERE u.ended_utc_ms IS NULL AND u.locator IS NOT NULL AND d.stage <> 'delivered' AND NOT t.have_check",
    )?;
    let mut found = query.query([])?;
    while let Some(row) = found.next()? {
        let (hash, target): (_, String) = (rows::id(row, 0)?, row.get(1)?);
        batch.push(match rows::maybe_json::<Proof>(row, 2)? {
            Some(proof) => Record::Delivered { hash, target, proof, receipt: row.get(3)? },
            None => Record::Began { hash, target },
        });
    }
    Ok(())
}

/// Where an original is, where it was added from, and its name.
fn origin(row: &Row<'_>, [path, library, spool, name]: [usize; 4]) -> Result<(SourceRecord, PathBuf, bool, OsString)> {
    let origin = rows::source(row, path, library)?;
    let spool = row.get::<_, Option<String>>(spool)?.and_then(|name| name.parse().ok());
    let source = match spool {
        Some(name) => SourceRecord::Spool { name },
        None => SourceRecord::of(&origin),
    };
    let named = origin.path().and_then(Path::file_name);
    let name = named.map_or_else(|| row.get::<_, String>(name).map(OsString::from), |n| Ok(n.to_owned()))?;
    let (path, library) = SourceRecord::added_from(origin);
    Ok((source, path, library, name))
}

/// The motion of a pair.
fn motion(tx: &Transaction<'_>, seq: i64, asset: AssetId, batch: &mut Vec<Record>) -> Result<()> {
    let mut query = tx.prepare_cached(
        "SELECT path, library, spool, name, media_type, coalesce(added, stamp), hash, stamp FROM part
         WHERE asset = ?1 AND beside = 1 AND stage <> 'removed'",
    )?;
    let mut found = query.query([seq])?;
    let Some(row) = found.next()? else { return Ok(()) };
    let (source, path, library, name) = origin(row, [0, 1, 2, 3])?;
    let Some(stamp) = rows::maybe_json::<Stamp>(row, 5)? else { return Ok(()) };
    batch.push(Record::Motion { asset, source, path, library, name, media_type: row.get(4)?, stamp });
    if let (Some(hash), Some(stamp)) = (rows::maybe_id(row, 6)?, rows::maybe_json(row, 7)?) {
        batch.push(Record::Hashed { asset, motion: true, hash, stamp, said: None });
    }
    Ok(())
}

fn asset(row: &Row<'_>, asset: AssetId, batch: &mut Vec<Record>) -> Result<()> {
    let (source, path, library, name) = origin(row, [1, 14, 2, 3])?;
    let (post, revision): (Post, u32) = (rows::json(row, 9)?, row.get(10)?);
    let Some(stamp) = rows::maybe_json::<Stamp>(row, 11)? else { return Ok(()) };
    batch.push(Record::Added {
        asset,
        source,
        path,
        library,
        name,
        kind: rows::json(row, 4)?,
        media_type: row.get(5)?,
        urgent: row.get(6)?,
        album: row.get(20)?,
        order: row.get(7)?,
        added_utc_ms: row.get(8)?,
        post: post.clone(),
        stamp,
    });
    if let (Some(hash), Some(stamp)) = (rows::maybe_id(row, 12)?, rows::maybe_json(row, 13)?) {
        batch.push(Record::Hashed { asset, motion: false, hash, stamp, said: rows::maybe_json(row, 17)? });
    }
    // Last, for it counts more than what the file says.
    if revision > 1 {
        batch.push(Record::Revised { asset, revision, post });
    }
    for (column, rendition) in [(15, Rendition::Preview), (18, Rendition::Press)] {
        if let Some(hash) = rows::maybe_id(row, column)? {
            batch.push(Record::Rendered { asset, hash, length: rows::count(row, column + 1)?, rendition });
        }
    }
    Ok(())
}
