//! From the journal back to the database.
//!
//! The database remembers how long the journal was when it last agreed with it. Where that is not how long it is
//! now (the database is new, lost its last commits with a torn WAL, or a process was killed between the two), the
//! whole journal is told again: what is there already stays, what is missing comes back.

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;

use rusqlite::{OptionalExtension, Transaction, params};
use satchel_kernel::ids::{AssetId, BlobHash, DeliveryId, PartId};
use satchel_kernel::protocol::post::{Post, Rendition, Role};
use satchel_kernel::state::{AssetKind, ParkReason, Proof};
use satchel_kernel::time::Now;

use super::assets::{self, NewAsset, NewMotion};
use super::{anew, making, posts, previews, retell, rows, settings, targets};
use crate::error::{Error, Result};
use crate::journal::{Durable, Journal, JournalError, Record, SourceRecord};
use crate::source::{Source, Stamp};

/// What telling the journal again brought back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Recovered {
    /// Assets that the database did not have.
    pub assets: u64,
    /// Places in the journal that could not be read.
    pub damaged: u64,
    /// Assets that the journal did not speak of any more, and does again.
    pub retold: u64,
    /// The database is a new one.
    pub fresh: bool,
    /// Copies in the spool that neither knows, and that are kept.
    pub saved: u64,
}

impl From<JournalError> for Error {
    fn from(error: JournalError) -> Self {
        match error {
            JournalError::Full => Self::StorageFull,
            other => Self::Storage(other.to_string()),
        }
    }
}

/// Brings the database up to what the journal says; does nothing where they agree.
pub(crate) fn catch_up(tx: &Transaction<'_>, journal: &Journal, now: &Now) -> Result<Recovered> {
    let mark: Option<i64> =
        tx.query_row("SELECT value FROM meta WHERE key = 'journal'", [], |row| row.get(0)).optional()?;
    if mark.map(i64::unsigned_abs) == Some(journal.len()?) {
        return Ok(Recovered::default());
    }
    let mut recovered = Recovered { fresh: mark.is_none(), ..Recovered::default() };
    let mut reading = journal.read()?;
    let (mut spoken_of, mut motions) = (HashSet::new(), HashSet::new());
    let mut latest = BTreeMap::new();
    // Of what a person set again and again only the last word is told: each one before it would look like a change.
    let mut kept = BTreeMap::new();
    for record in reading.by_ref() {
        let record = match record? {
            // What a target was before must not undo, for as long as it is told, what it is: all would go there anew.
            Record::Target { url, spec } if !recovered.fresh && targets::by_url(tx, &url)?.is_some() => {
                latest.insert(url, spec);
                continue;
            }
            Record::Kept { what, value } => {
                kept.insert(what, value);
                continue;
            }
            record => record,
        };
        match &record {
            Record::Added { asset, .. } => spoken_of.insert(*asset),
            Record::Motion { asset, .. } => motions.insert(*asset),
            _ => false,
        };
        recovered.assets += u64::from(tell(tx, record, now)?);
    }
    kept.iter().try_for_each(|(what, value)| settings::told(tx, what, value.as_deref(), now))?;
    recovered.damaged = reading.damaged();
    for (url, spec) in latest {
        if let Ok(spec) = serde_json::from_str(&spec) {
            let records = targets::set(tx, &url, &spec)?.records;
            if !records.is_empty() {
                journal.append(&records, Durable::Later)?;
            }
        }
    }
    recovered.retold = retell::missing(tx, journal, &spoken_of, &motions)?;
    agree(tx, journal)?;
    Ok(recovered)
}

/// Notes that the database knows all that the journal says. Within the transaction that wrote to both.
pub(crate) fn agree(tx: &Transaction<'_>, journal: &Journal) -> Result<()> {
    tx.prepare_cached("INSERT OR REPLACE INTO meta VALUES ('journal', ?1)")?.execute([rows::int(journal.len()?)])?;
    Ok(())
}

/// Tells one record; true when it brought an asset back.
fn tell(tx: &Transaction<'_>, record: Record, now: &Now) -> Result<bool> {
    match record {
        Record::Target { url, spec, .. } => {
            // A later record is a later pairing.
            if let Ok(spec) = serde_json::from_str(&spec) {
                targets::set(tx, &url, &spec)?;
            }
        }
        Record::Added {
            asset,
            source,
            path,
            library,
            name,
            kind,
            media_type,
            urgent,
            album,
            added_utc_ms,
            post,
            stamp,
            ..
        } => {
            let (source, spool) = told_source(source, path, library);
            let name = name.to_string_lossy().into_owned();
            let new = NewAsset {
                id: asset,
                kind,
                role: role(kind),
                source,
                spool,
                name,
                media_type,
                urgent,
                album,
                post,
                stamp,
            };
            return added(tx, &new, added_utc_ms, now);
        }
        Record::Motion { asset, source, path, library, name, media_type, stamp } => {
            let (source, spool) = told_source(source, path, library);
            let name = name.to_string_lossy().into_owned();
            if let Some(seq) = seq(tx, asset)? {
                assets::insert_motion(tx, seq, &NewMotion { source, spool, name, media_type, stamp })?;
            }
        }
        Record::Copied { asset, motion, name, stamp } => {
            if let Some(part) = original(tx, asset, motion)? {
                assets::attach(tx, part, &name.to_string(), &stamp)?;
            }
        }
        Record::Hashed { asset, motion, hash, stamp, said } => {
            if let (Some(seq), Some(said)) = (seq(tx, asset)?, said) {
                posts::hear(tx, seq, &said)?;
            }
            if let Some(part) = original(tx, asset, motion)? {
                hashed(tx, part, &hash, &stamp)?;
            }
        }
        Record::Rendered { asset, hash, length, rendition } => {
            if let Some(seq) = seq(tx, asset)? {
                match rendition {
                    Rendition::Press => making::told(tx, seq, &hash, length)?,
                    _ => previews::told(tx, seq, &hash, length)?,
                }
            }
        }
        Record::Revised { asset, revision, post } => revised(tx, asset, revision, &post, now)?,
        Record::Urgent { asset } => {
            if let Some(seq) = seq(tx, asset)? {
                assets::lift(tx, seq)?;
            }
        }
        Record::Calm { asset } => {
            if let Some(seq) = seq(tx, asset)? {
                assets::calm(tx, seq)?;
            }
        }
        Record::Began { hash, target } | Record::ParkedUnknown { hash, target } => fate(tx, &hash, &target, None, now)?,
        Record::Delivered { hash, target, proof, receipt } => {
            fate(tx, &hash, &target, Some((proof, receipt.as_deref())), now)?;
        }
        Record::Missing { hash, target } => not_there(tx, &hash, &target)?,
        Record::Removed { asset } => match assets::remove(tx, asset) {
            Ok(_) | Err(Error::NoSuchAsset(_)) => {}
            Err(other) => return Err(other),
        },
        Record::Kept { .. } | Record::Other => {}
    }
    Ok(false)
}

/// The role of a single file.
pub(crate) fn role(kind: AssetKind) -> Role {
    if kind == AssetKind::Video { Role::Motion } else { Role::Still }
}

fn seq(tx: &Transaction<'_>, asset: AssetId) -> Result<Option<i64>> {
    Ok(tx
        .prepare_cached("SELECT seq FROM asset WHERE id = ?1")?
        .query_row([asset.as_bytes()], |row| row.get(0))
        .optional()?)
}

fn original(tx: &Transaction<'_>, asset: AssetId, motion: bool) -> Result<Option<PartId>> {
    match seq(tx, asset)? {
        Some(seq) => assets::original(tx, seq, motion),
        None => Ok(None),
    }
}

/// Where a file was added from, and its copy in the spool.
fn told_source(source: SourceRecord, path: PathBuf, library: bool) -> (Source, Option<String>) {
    let spool = match source {
        SourceRecord::File { .. } | SourceRecord::Library { .. } => None,
        SourceRecord::Spool { name } => Some(name.to_string()),
    };
    let source = match library {
        true => Source::Library(path.to_string_lossy().into_owned()),
        false => Source::File(path),
    };
    (source, spool)
}

fn target(tx: &Transaction<'_>, url: &str) -> Result<Option<i64>> {
    Ok(tx.prepare_cached("SELECT id FROM target WHERE url = ?1")?.query_row([url], |row| row.get(0)).optional()?)
}

fn added(tx: &Transaction<'_>, new: &NewAsset, added_utc_ms: i64, now: &Now) -> Result<bool> {
    if seq(tx, new.id)?.is_some() {
        return Ok(false);
    }
    assets::insert(tx, new, &Now { utc_ms: added_utc_ms, ..*now })?;
    Ok(true)
}

/// What the file held when it was read: spares the reading where it is unchanged, and stands in for it where it is gone.
fn hashed(tx: &Transaction<'_>, part: PartId, hash: &BlobHash, stamp: &Stamp) -> Result<()> {
    tx.prepare_cached("UPDATE part SET hash = ?2, length = ?3, stamp = ?4 WHERE id = ?1 AND stage = 'unread'")?
        .execute(params![part.0, hash.as_bytes(), rows::int(stamp.size), rows::text(stamp)])?;
    Ok(())
}

fn revised(tx: &Transaction<'_>, asset: AssetId, revision: u32, post: &Post, now: &Now) -> Result<()> {
    let Some(seq) = seq(tx, asset)? else { return Ok(()) };
    let (latest, _) = posts::latest(tx, seq)?;
    if revision <= latest {
        return Ok(());
    }
    posts::insert(tx, seq, revision, post, now)?;
    tx.execute("UPDATE asset SET revision = ?2 WHERE seq = ?1", params![seq, revision])?;
    posts::compose(tx, seq)?;
    Ok(())
}

/// What was known of a payload at a target is not so any more.
fn not_there(tx: &Transaction<'_>, hash: &BlobHash, url: &str) -> Result<()> {
    let Some(target) = target(tx, url)? else { return Ok(()) };
    tx.prepare_cached("DELETE FROM fate WHERE hash = ?1 AND target = ?2")?.execute(params![hash.as_bytes(), target])?;
    let mut query = tx.prepare_cached(
        "SELECT d.id FROM delivery d JOIN payload y ON y.id = d.payload
         WHERE y.hash = ?1 AND d.target = ?2 AND d.stage = 'delivered'",
    )?;
    let found = query.query_map(params![hash.as_bytes(), target], |row| Ok(DeliveryId(row.get(0)?)))?;
    for delivery in found.collect::<rusqlite::Result<Vec<_>>>()? {
        anew::missing(tx, delivery)?;
    }
    Ok(())
}

/// What is known of a payload at a target, for deliveries that come, and for one that is there but behind.
fn fate(
    tx: &Transaction<'_>,
    hash: &BlobHash,
    url: &str,
    delivered: Option<(Proof, Option<&str>)>,
    now: &Now,
) -> Result<()> {
    let Some(target) = target(tx, url)? else { return Ok(()) };
    let (proof, sealed) = delivered.map_or((None, None), |(proof, sealed)| (Some(rows::text(&proof)), sealed));
    tx.prepare_cached(
        "INSERT INTO fate (hash, target, proof, sealed) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT DO UPDATE SET proof = coalesce(excluded.proof, proof), sealed = coalesce(excluded.sealed, sealed)",
    )?
    .execute(params![hash.as_bytes(), target, proof, sealed])?;
    let mine = "target = ?2 AND payload IN (SELECT id FROM payload WHERE hash = ?1)";
    match proof {
        Some(proof) => {
            tx.prepare_cached(&format!(
                "UPDATE delivery SET stage = 'delivered', proof = ?3 WHERE {mine} AND stage <> 'delivered'"
            ))?
            .execute(params![hash.as_bytes(), target, proof])?;
            if let Some(sealed) = sealed {
                tx.prepare_cached(&format!(
                    "INSERT OR IGNORE INTO receipt (delivery, kind, sealed) SELECT id, 'final', ?3 FROM delivery WHERE {mine}"
                ))?
                .execute(params![hash.as_bytes(), target, sealed])?;
            }
            // Its upload is over, and its name there is what a later check asks for.
            tx.prepare_cached(&format!(
                "UPDATE upload SET ended_utc_ms = ?3, ending = 'done', lease_owner = NULL
                 WHERE ended_utc_ms IS NULL AND delivery IN (SELECT id FROM delivery WHERE {mine})"
            ))?
            .execute(params![hash.as_bytes(), target, now.utc_ms])?;
        }
        // Bytes may have gone out under a name that was lost with the commit: only a person, or a server that can be
        // asked, knows. Where the name is there, the server's word on it is enough.
        None => {
            tx.prepare_cached(&format!(
                "UPDATE delivery SET stage = 'parked', park = ?3 WHERE {mine} AND stage IN ('waiting', 'resting', 'sending')
                 AND (SELECT have_check FROM target WHERE id = ?2) = 0
                 AND NOT EXISTS (SELECT 1 FROM upload u WHERE u.delivery = delivery.id AND u.locator IS NOT NULL)"
            ))?
            .execute(params![hash.as_bytes(), target, rows::text(&ParkReason::FateUnknown)])?;
        }
    }
    Ok(())
}
