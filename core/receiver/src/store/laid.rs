//! What lies in the newsroom's folder, and what is to be laid there yet.
//!
//! An asset's `unlaid` is 0 when the folder shows it, 1 when it is to be laid, 2 while it is being laid, and 3
//! when it was set aside because a blob of it is not on disk.

use rusqlite::{Connection, OptionalExtension as _, Transaction, params};
use satchel_kernel::ids::BlobHash;

use super::{StoreError, hash_column};

/// Assets whose folder does not show their newest state.
pub(crate) fn unlaid(c: &Connection, limit: u32) -> Result<Vec<i64>, StoreError> {
    let mut list =
        c.prepare_cached("SELECT id FROM asset WHERE unlaid = 1 AND deleted IS NULL ORDER BY id LIMIT ?1")?;
    Ok(list.query_map([limit], |r| r.get(0))?.collect::<Result<_, _>>()?)
}

/// Before the work, so that a change during it is seen: the asset's state is taken as laid.
pub(crate) fn begin(tx: &Transaction<'_>, asset: i64) -> Result<(), StoreError> {
    tx.execute("UPDATE asset SET unlaid = 2 WHERE id = ?1", [asset])?;
    Ok(())
}

/// After the work, unless a newer state came meanwhile. One that is not whole is set aside until its blob comes. When a post replaced a bare upload during the work,
/// what was laid belongs to the post's asset, which comes next.
pub(crate) fn done(tx: &Transaction<'_>, asset: i64, contributor: &str, whole: bool) -> Result<(), StoreError> {
    let state = if whole { 0 } else { 3 };
    tx.execute("UPDATE asset SET unlaid = ?2 WHERE id = ?1 AND unlaid = 2", [asset, state])?;
    tx.execute(
        "UPDATE laid SET asset = coalesce(
           (SELECT a.id FROM part p CROSS JOIN asset a ON a.id = p.asset JOIN account n ON n.id = a.account
            WHERE p.hash = laid.hash AND n.name = ?2 AND a.asset IS NOT NULL LIMIT 1), asset)
         WHERE asset = ?1 AND NOT EXISTS (SELECT 1 FROM asset WHERE id = ?1)",
        params![asset, contributor],
    )?;
    Ok(())
}

/// At start: what was set aside is tried again, should its blob have been put back by hand.
pub(crate) fn resume_all(tx: &Transaction<'_>) -> Result<(), StoreError> {
    tx.execute("UPDATE asset SET unlaid = 1 WHERE unlaid = 3", [])?;
    Ok(())
}

/// The assets, whoever's, that were set aside and have this blob.
pub(super) const WAITING: &str = "SELECT a.id FROM part p CROSS JOIN asset a ON a.id = p.asset
    WHERE p.hash = ?1 AND a.unlaid = 3";

/// What waited for a blob that came is tried again.
pub(super) fn resume(tx: &Transaction<'_>, hash: &BlobHash) -> Result<(), StoreError> {
    tx.prepare_cached(&format!("UPDATE asset SET unlaid = 1 WHERE id IN ({WAITING})"))?.execute([hash.as_bytes()])?;
    Ok(())
}

/// Work that a kill interrupted is done again.
pub(crate) fn redo(tx: &Transaction<'_>) -> Result<(), StoreError> {
    tx.execute("UPDATE asset SET unlaid = 1 WHERE unlaid = 2", [])?;
    Ok(())
}

/// What became of a path below the folder; `placed` in its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// 0: a file is being made there.
    Begun,
    /// 1: the file was there once; if it is missing now, someone took it.
    Placed,
    /// 2: kept free for a blob that has not come, beside what has.
    Kept,
}

impl Place {
    const fn code(self) -> i64 {
        match self {
            Self::Begun => 0,
            Self::Placed => 1,
            Self::Kept => 2,
        }
    }
}

/// A path below the folder that an asset's blob has.
#[derive(Debug)]
pub(crate) struct Laid {
    pub(crate) path: String,
    pub(crate) hash: Option<BlobHash>,
    pub(crate) place: Place,
}

fn laid(r: &rusqlite::Row<'_>) -> rusqlite::Result<Laid> {
    let place = match r.get(2)? {
        0 => Place::Begun,
        1 => Place::Placed,
        _ => Place::Kept,
    };
    Ok(Laid { path: r.get(0)?, hash: hash_column(r, 1)?, place })
}

pub(crate) fn of_asset(c: &Connection, asset: i64) -> Result<Vec<Laid>, StoreError> {
    let mut list = c.prepare_cached("SELECT path, hash, placed FROM laid WHERE asset = ?1 ORDER BY path")?;
    Ok(list.query_map([asset], laid)?.collect::<Result<_, _>>()?)
}

/// Takes paths for an asset's blobs: all, or none and false when one is taken.
pub(crate) fn claim(tx: &Transaction<'_>, asset: i64, paths: &[(String, BlobHash, Place)]) -> Result<bool, StoreError> {
    for (path, _, _) in paths {
        let taken: Option<i64> =
            tx.query_row("SELECT asset FROM laid WHERE path = ?1", [path], |r| r.get(0)).optional()?;
        if taken.is_some() {
            return Ok(false);
        }
    }
    for (path, hash, place) in paths {
        tx.execute(
            "INSERT INTO laid (path, asset, hash, placed) VALUES (?1, ?2, ?3, ?4)",
            params![path, asset, hash.as_bytes(), place.code()],
        )?;
    }
    Ok(true)
}

pub(crate) fn set_place(tx: &Transaction<'_>, path: &str, place: Place) -> Result<(), StoreError> {
    tx.execute("UPDATE laid SET placed = ?2 WHERE path = ?1", params![path, place.code()])?;
    Ok(())
}

pub(crate) fn release(tx: &Transaction<'_>, path: &str) -> Result<(), StoreError> {
    tx.execute("DELETE FROM laid WHERE path = ?1", [path])?;
    Ok(())
}
