//! Targets that come later, or that take things otherwise from now on: what is made of all that was read before.

use rusqlite::{Transaction, params};
use satchel_kernel::ids::AssetId;
use satchel_kernel::state::AssetKind;

use super::wants::{self, Original};
use super::{posts, rows};
use crate::error::Result;
use crate::journal::Record;
use crate::previews::{FILM, Form};

/// Gives a new target, or one that takes more from now on, what is made of all that was read before.
pub(super) fn made(tx: &Transaction<'_>, target: i64) -> Result<Vec<Record>> {
    let redacts: bool =
        tx.query_row("SELECT redact <> 'none' FROM target WHERE id = ?1", [target], |row| row.get(0))?;
    if redacts {
        return want_all(tx);
    }
    let press: bool = tx.query_row("SELECT press FROM target WHERE id = ?1", [target], |row| row.get(0))?;
    if press {
        // In bulk: an outbox may hold a million assets by now.
        let photo = Form::Press.bytes() as u64;
        let (photos, pairs, videos) =
            (rows::text(&AssetKind::Photo), rows::text(&AssetKind::Pair), rows::text(&AssetKind::Video));
        let worth =
            "p.rendition = 'original' AND p.beside = 0 AND p.stage = 'read' AND p.hash IS NOT NULL AND a.removed = 0
                     AND ((a.kind IN (?1, ?2) AND p.length > ?4) OR (a.kind = ?3 AND p.length > ?5))";
        let given = params![photos, pairs, videos, rows::int(photo), rows::int(FILM)];
        tx.execute(
            &format!(
                "INSERT OR IGNORE INTO payload (form, rendition, length, source, made)
                 SELECT 'press', 'press', CASE a.kind WHEN ?3 THEN ?5 ELSE ?4 END, p.hash, 'unmade'
                 FROM part p JOIN asset a ON a.seq = p.asset WHERE {worth}"
            ),
            given,
        )?;
        let mut bare = tx.prepare(&format!(
            "SELECT p.asset, a.kind, a.urgent FROM part p JOIN asset a ON a.seq = p.asset
             JOIN payload y ON y.source = p.hash AND y.form = 'press' AND y.made <> 'cannot'
             WHERE {worth} AND NOT EXISTS (SELECT 1 FROM part v WHERE v.asset = p.asset AND v.rendition = 'press')"
        ))?;
        let mut found = bare.query(params![photos, pairs, videos, rows::int(photo), rows::int(FILM)])?;
        while let Some(row) = found.next()? {
            wants::press_part(tx, row.get(0)?, rows::json(row, 1)?, row.get(2)?)?;
        }
        let of =
            "part v JOIN part p ON p.asset = v.asset AND p.rendition = 'original' AND p.beside = 0 AND p.stage = 'read'
                  JOIN payload y ON y.source = p.hash AND y.form = 'press' AND y.made <> 'cannot'";
        tx.execute(
            &format!(
                "INSERT OR IGNORE INTO delivery (payload, target, class, stage, checked, urgent, ord, bytes)
                 SELECT y.id, t.id, 'press', 'waiting', y.hash IS NULL OR NOT t.have_check, max(v.urgent), max(v.asset), y.length
                 FROM target t JOIN {of} WHERE t.id = ?1 AND v.rendition = 'press' AND v.stage IN ('unmade', 'read') GROUP BY y.id"
            ),
            [target],
        )?;
        tx.execute(
            &format!(
                "INSERT OR IGNORE INTO wanted (part, delivery) SELECT v.id, d.id FROM {of}
                 JOIN delivery d ON d.payload = y.id AND d.target = ?1 WHERE v.rendition = 'press' AND v.stage IN ('unmade', 'read')"
            ),
            [target],
        )?;
    }
    Ok(vec![])
}

/// A target takes things otherwise from now on: what has not gone to it goes as it takes it now. Returns what the journal
/// is to know.
pub(super) fn want_anew(tx: &Transaction<'_>, target: i64) -> Result<Vec<Record>> {
    let was: bool = tx.query_row(
        "SELECT EXISTS (SELECT 1 FROM target WHERE id = ?1 AND redact <> 'none') OR EXISTS (SELECT 1 FROM payload y
           JOIN delivery d ON d.payload = y.id AND d.target = ?1 WHERE y.form = 'redacted')",
        [target],
        |row| row.get(0),
    )?;
    if !was {
        return Ok(vec![]);
    }
    let mine = "target = ?1 AND class IN ('text', 'original') AND stage <> 'delivered'";
    tx.execute(&format!("DELETE FROM wanted WHERE delivery IN (SELECT id FROM delivery WHERE {mine})"), [target])?;
    tx.execute(&format!("UPDATE delivery SET stage = 'dropped' WHERE {mine} AND stage <> 'dropped'"), [target])?;
    want_all(tx)
}

/// Wants everything that was read, at every target: what is wanted already stays as it is.
fn want_all(tx: &Transaction<'_>) -> Result<Vec<Record>> {
    let (mut after, mut records) = (0, Vec::new());
    loop {
        let mut page = tx.prepare_cached(
            "SELECT p.id, p.asset, p.hash, p.length, p.urgent, a.id, p.beside FROM part p JOIN asset a ON a.seq = p.asset AND a.removed = 0
             WHERE p.rendition = 'original' AND p.stage = 'read' AND p.hash IS NOT NULL AND p.id > ?1 ORDER BY p.id LIMIT 1000",
        )?;
        let originals: Vec<(Original, AssetId)> = page
            .query_map([after], |row| {
                let (part, seq, urgent) = (row.get(0)?, row.get(1)?, row.get(4)?);
                let (hash, length, beside) = (rows::id(row, 2)?, rows::count(row, 3)?, row.get(6)?);
                let original = Original { part, seq, hash, length, urgent, beside };
                Ok((original, rows::id(row, 5)?))
            })?
            .collect::<rusqlite::Result<_>>()?;
        let Some((last, _)) = originals.last() else { return Ok(records) };
        after = last.part;
        for (original, asset) in originals {
            wants::want(tx, &original)?;
            let revised = posts::compose(tx, original.seq)?;
            records.extend(revised.map(|(revision, post)| Record::Revised { asset, revision, post }));
        }
    }
}
