//! What the page shows: assets in pages of a list, each with its parts and whether their bytes are here.

use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, params};
use satchel_kernel::ids::BlobHash;
use serde::Serialize;

use super::{StoreError, hash_column, holdings, laid, posts, uploads};

/// An asset as the page shows it.
#[derive(Debug, Clone, Serialize)]
pub struct AssetView {
    /// The row, for the page's addresses.
    pub id: i64,
    /// Whose, by name.
    pub contributor: String,
    /// What its post says; all empty until it comes.
    pub caption: Option<String>,
    /// Without `#`.
    pub tags: Vec<String>,
    /// Who made it, where the post says so.
    pub author: Option<String>,
    /// Name of the place.
    pub place: Option<String>,
    /// Degrees north.
    pub latitude: Option<f64>,
    /// Degrees east.
    pub longitude: Option<f64>,
    /// Local time as the post says it.
    pub time: Option<String>,
    /// Local wall clock as if it were UTC, in Unix seconds: for order and days.
    pub taken: i64,
    /// When the server first heard of it, in Unix seconds.
    pub arrived: i64,
    /// False while only a blob came, without a post.
    pub posted: bool,
    /// Its parts, the original still or video first.
    pub parts: Vec<PartView>,
}

/// A part as the page shows it.
#[derive(Debug, Clone, Serialize)]
pub struct PartView {
    /// Its place in the list, for the page's addresses.
    pub position: u32,
    /// `still` or `motion`.
    pub role: String,
    /// `preview`, `press` or `original`.
    pub rendition: String,
    /// Which blob.
    pub hash: BlobHash,
    /// Bytes.
    pub length: u64,
    /// The file's name on the device.
    pub name: String,
    /// The media type that the device named.
    #[serde(rename = "type")]
    pub media_type: String,
    /// True when its bytes are here, whole.
    pub here: bool,
    /// Bytes of what is here; a post may be wrong about it.
    #[serde(skip)]
    pub stored: Option<u64>,
    /// Bytes here of an upload that is under way.
    pub received: Option<u64>,
}

/// In which order a list goes, newest first either way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Order {
    /// By the local time at which the photo was taken.
    #[default]
    Taken,
    /// By the time at which the server first heard of it.
    Arrived,
}

impl Order {
    fn column(self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::Arrived => "arrived",
        }
    }
}

const COLUMNS: &str = "a.id, n.name, a.caption, a.author, a.place, a.latitude, a.longitude, a.time, a.taken, a.arrived, a.asset IS NOT NULL, a.account";

fn view(r: &Row<'_>) -> rusqlite::Result<(AssetView, String)> {
    let view = AssetView {
        id: r.get(0)?,
        contributor: r.get(1)?,
        caption: r.get(2)?,
        tags: Vec::new(),
        author: r.get(3)?,
        place: r.get(4)?,
        latitude: r.get(5)?,
        longitude: r.get(6)?,
        time: r.get(7)?,
        taken: r.get(8)?,
        arrived: r.get(9)?,
        posted: r.get(10)?,
        parts: Vec::new(),
    };
    Ok((view, r.get(11)?))
}

fn filled(c: &Connection, (mut view, account): (AssetView, String)) -> Result<AssetView, StoreError> {
    let mut tags = c.prepare_cached("SELECT tag FROM tag WHERE asset = ?1 ORDER BY position")?;
    view.tags = tags.query_map([view.id], |r| r.get(0))?.collect::<Result<_, _>>()?;
    let mut parts = c.prepare_cached(
        "SELECT position, role, rendition, hash, length, name, type FROM part WHERE asset = ?1 ORDER BY position",
    )?;
    let row = |r: &Row<'_>| {
        Ok(PartView {
            position: r.get(0)?,
            role: r.get(1)?,
            rendition: r.get(2)?,
            hash: hash_column(r, 3)?.ok_or(rusqlite::Error::QueryReturnedNoRows)?,
            length: r.get(4)?,
            name: r.get(5)?,
            media_type: r.get(6)?,
            here: false,
            stored: None,
            received: None,
        })
    };
    view.parts = parts.query_map([view.id], row)?.collect::<Result<_, _>>()?;
    for part in &mut view.parts {
        part.stored = holdings::find(c, &account, &part.hash)?.filter(|h| !h.deleted).map(|h| h.length);
        part.here = part.stored.is_some();
        if !part.here {
            part.received = uploads::on_its_way(c, &account, &part.hash)?;
        }
    }
    Ok(view)
}

pub(crate) fn one(c: &Connection, id: i64) -> Result<Option<AssetView>, StoreError> {
    let mut find = c.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM asset a JOIN account n ON n.id = a.account WHERE a.id = ?1 AND a.deleted IS NULL"
    ))?;
    find.query_row([id], view).optional()?.map(|found| filled(c, found)).transpose()
}

/// A page of the list: at most `limit` assets after `after` (sort value, row), newest first.
pub(crate) fn page(
    c: &Connection,
    order: Order,
    tag: Option<&str>,
    after: Option<(i64, i64)>,
    limit: u32,
) -> Result<Vec<AssetView>, StoreError> {
    let (value, id) = after.unwrap_or((i64::MAX, i64::MAX));
    let mut list = c.prepare_cached(&page_sql(order, tag.is_some()))?;
    let rows: Vec<_> = list.query_map(params![value, id, limit, tag], view)?.collect::<Result<_, _>>()?;
    rows.into_iter().map(|row| filled(c, row)).collect()
}

fn page_sql(order: Order, tagged: bool) -> String {
    let by = order.column();
    match tagged {
        false => format!(
            "SELECT {COLUMNS} FROM asset a JOIN account n ON n.id = a.account
             WHERE a.deleted IS NULL AND (a.{by}, a.id) < (?1, ?2) AND ?4 IS NULL ORDER BY a.{by} DESC, a.id DESC LIMIT ?3"
        ),
        true => format!(
            "SELECT {COLUMNS} FROM tag t JOIN asset a ON a.id = t.asset JOIN account n ON n.id = a.account
             WHERE t.tag = ?4 AND (t.{by}, t.asset) < (?1, ?2) AND a.deleted IS NULL ORDER BY t.{by} DESC, t.asset DESC LIMIT ?3"
        ),
    }
}

/// The tags in use, the commonest first, with how many assets carry each. Deleted assets have none.
pub(crate) fn tags(c: &Connection) -> Result<Vec<(String, u64)>, StoreError> {
    let mut list =
        c.prepare_cached("SELECT tag, count(*) FROM tag GROUP BY tag ORDER BY count(*) DESC, tag LIMIT 200")?;
    Ok(list.query_map([], |r| Ok((r.get(0)?, r.get(1)?)))?.collect::<Result<_, _>>()?)
}

/// What the metadata of a bare upload says.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Bare {
    pub(crate) name: String,
    pub(crate) media_type: String,
    /// A rendition of something else: nothing to be shown by itself.
    pub(crate) rendition: bool,
    pub(crate) caption: Option<String>,
    pub(crate) tags: Vec<String>,
    pub(crate) author: Option<String>,
    pub(crate) place: Option<String>,
    pub(crate) latitude: Option<f64>,
    pub(crate) longitude: Option<f64>,
    pub(crate) time: Option<String>,
    pub(crate) taken: Option<i64>,
}

/// The posted assets of an account that have this blob. `CROSS JOIN` keeps the order: one blob is few rows, an account is
/// all of them (sqlite.org/lang_select.html, section 2.1).
const NAMED: &str = "SELECT DISTINCT a.id FROM part p CROSS JOIN asset a ON a.id = p.asset
    WHERE p.hash = ?1 AND a.account = ?2 AND a.asset IS NOT NULL AND a.deleted IS NULL";
/// The assets of the account that show this blob still.
const SHOWN: &str = "SELECT DISTINCT a.id FROM part p CROSS JOIN asset a ON a.id = p.asset
    WHERE p.hash = ?1 AND a.account = ?2 AND a.deleted IS NULL";
/// The posted assets of an account that had this blob when a viewer deleted them.
const DROPPED: &str = "SELECT a.id FROM part p CROSS JOIN asset a ON a.id = p.asset
    WHERE p.hash = ?1 AND a.account = ?2 AND a.asset IS NOT NULL AND a.deleted IS NOT NULL";
/// The assets of an account that came with this blob and no post.
pub(super) const BARE: &str = "SELECT a.id FROM part p CROSS JOIN asset a ON a.id = p.asset
    WHERE p.hash = ?1 AND a.account = ?2 AND a.asset IS NULL";
/// Those of them whose upload was taken back, because its blob was lost.
const LOST: &str = "SELECT a.id FROM part p CROSS JOIN asset a ON a.id = p.asset
    WHERE p.hash = ?1 AND a.account = ?2 AND a.asset IS NULL AND a.deleted IS NULL AND a.upload IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM upload u WHERE u.id = a.upload AND u.state = 'complete')";

/// The assets of an account that show this blob.
pub(crate) fn showing(c: &Connection, account: &str, hash: &BlobHash) -> Result<Vec<i64>, StoreError> {
    ids(c, SHOWN, account, hash)
}

/// True when a viewer deleted this blob with its post before it had come. It was to come for that post alone, so nobody
/// wants it by itself; unless the account has another asset by now that shows it.
pub(crate) fn is_unwanted(c: &Connection, account: &str, hash: &BlobHash) -> Result<bool, StoreError> {
    let never_came = holdings::find(c, account, hash)?.is_some_and(|h| h.deleted && h.upload.is_empty());
    Ok(never_came && !ids(c, DROPPED, account, hash)?.is_empty() && showing(c, account, hash)?.is_empty())
}

fn ids(c: &Connection, sql: &str, account: &str, hash: &BlobHash) -> Result<Vec<i64>, StoreError> {
    let mut list = c.prepare_cached(sql)?;
    Ok(list.query_map(params![hash.as_bytes(), account], |r| r.get(0))?.collect::<Result<_, _>>()?)
}

/// Assets of this account whose page changes when a blob came; shows the upload itself when no post names the blob,
/// in the place of one that brought the blob before and lost it.
pub(crate) fn blob_came(
    tx: &Transaction<'_>,
    upload: &uploads::Upload,
    hash: &BlobHash,
    length: u64,
    bare: &Bare,
    now: i64,
) -> Result<Vec<i64>, StoreError> {
    laid::resume(tx, hash)?;
    let named = ids(tx, NAMED, &upload.account, hash)?;
    if !named.is_empty() {
        for id in &named {
            tx.execute("UPDATE asset SET unlaid = 1 WHERE id = ?1", [id])?;
        }
        return Ok(named);
    }
    // It came before the revision that names it, or after one that does not any more.
    if bare.rendition {
        return Ok(vec![]);
    }
    let lost = ids(tx, LOST, &upload.account, hash)?;
    if let Some(first) = lost.first() {
        for id in &lost {
            tx.execute("UPDATE asset SET upload = NULL, unlaid = 1 WHERE id = ?1", [id])?;
        }
        tx.execute("UPDATE asset SET upload = ?2 WHERE id = ?1", params![first, upload.id])?;
        return Ok(lost);
    }
    let taken = bare.taken.unwrap_or(now);
    tx.execute(
        "INSERT INTO asset (account, upload, revision, caption, author, place, latitude, longitude, time, taken, arrived)
         VALUES (?1, ?2, 0, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        params![upload.account, upload.id, bare.caption, bare.author, bare.place, bare.latitude, bare.longitude, bare.time, taken, now],
    )?;
    let id = tx.last_insert_rowid();
    let role = if bare.media_type.starts_with("video/") { "motion" } else { "still" };
    tx.execute(
        "INSERT INTO part (asset, position, role, rendition, hash, length, name, type) VALUES (?1, 0, ?2, 'original', ?3, ?4, ?5, ?6)",
        params![id, role, hash.as_bytes(), length, bare.name, bare.media_type],
    )?;
    posts::set_tags(tx, id, &bare.tags, taken, now)?;
    Ok(vec![id])
}

/// Deletes an asset on a viewer's behalf; the blobs that nobody holds any more are returned, to be unlinked.
pub(crate) fn delete(tx: &Transaction<'_>, id: i64, now: i64) -> Result<Option<Vec<BlobHash>>, StoreError> {
    let account: Option<String> = tx
        .query_row(
            "UPDATE asset SET deleted = ?2 WHERE id = ?1 AND deleted IS NULL RETURNING account",
            [id, now],
            |r| r.get(0),
        )
        .optional()?;
    let Some(account) = account else { return Ok(None) };
    posts::set_tags(tx, id, &[], 0, 0)?;
    Ok(Some(let_go(tx, &account, id, now)?))
}

/// All blobs of a deleted asset that no other one of its account shows are deleted too: what is here, what is on its way,
/// and what had not come yet. Those that nobody holds any more are returned, to be unlinked.
pub(super) fn let_go(tx: &Transaction<'_>, account: &str, id: i64, now: i64) -> Result<Vec<BlobHash>, StoreError> {
    let mut parts = tx.prepare_cached("SELECT hash, max(length) FROM part WHERE asset = ?1 GROUP BY hash")?;
    let blobs: Vec<(Option<BlobHash>, u64)> =
        parts.query_map([id], |r| Ok((hash_column(r, 0)?, r.get(1)?)))?.collect::<Result<_, _>>()?;
    let mut orphans = Vec::new();
    for (hash, length) in blobs {
        let Some(hash) = hash else { continue };
        if !showing(tx, account, &hash)?.is_empty() {
            continue;
        }
        holdings::delete(tx, account, &hash, length, now)?;
        uploads::stop(tx, account, &hash)?;
        if !holdings::is_held(tx, &hash)? {
            orphans.push(hash);
        }
    }
    Ok(orphans)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blobs_assets_are_found_by_the_blob() {
        let dir = tempfile::TempDir::new().unwrap();
        let store = crate::store::Store::open(dir.path(), None).unwrap();
        for sql in [NAMED, SHOWN, DROPPED, BARE, LOST, laid::WAITING] {
            let plan: Vec<String> = store
                .write_now(|tx| {
                    let mut explain = tx.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
                    let given = vec![rusqlite::types::Null; explain.parameter_count()];
                    Ok(explain
                        .query_map(rusqlite::params_from_iter(&given), |r| r.get(3))?
                        .collect::<Result<_, _>>()?)
                })
                .unwrap();
            assert!(plan[0].contains("part_by_hash (hash=?)"), "{sql}: {plan:?}");
            assert!(plan[1].contains("INTEGER PRIMARY KEY"), "{sql}: {plan:?}");
        }
    }

    #[test]
    fn a_page_of_a_long_list_is_read_from_an_index() {
        let dir = tempfile::TempDir::new().unwrap();
        let store = crate::store::Store::open(dir.path(), None).unwrap();
        for order in [Order::Taken, Order::Arrived] {
            for tagged in [false, true] {
                let sql = format!("EXPLAIN QUERY PLAN {}", page_sql(order, tagged));
                let plan: Vec<String> = store
                    .write_now(|tx| {
                        let mut explain = tx.prepare(&sql)?;
                        Ok(explain
                            .query_map(params![0, 0, 1, tagged.then_some("x")], |r| r.get(3))?
                            .collect::<Result<_, _>>()?)
                    })
                    .unwrap();
                let plan = plan.join("; ");
                assert!(!plan.contains("TEMP B-TREE"), "{order:?} {tagged}: sorted in memory: {plan}");
                assert!(!plan.contains("SCAN"), "{order:?} {tagged}: reads all: {plan}");
            }
        }
    }
}
