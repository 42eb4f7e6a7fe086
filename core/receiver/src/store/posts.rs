//! Posts as they came, and the asset that the newest revision describes.

use rusqlite::{Connection, OptionalExtension as _, Transaction, params};
use satchel_kernel::ids::BlobHash;
use satchel_kernel::protocol::post::{Place, PostDocument};

use super::{StoreError, hash_column, holdings};

/// What became of a post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stored {
    /// New; the asset's row if the page changes by it, and rows of bare uploads that it replaces.
    New {
        /// When, in Unix seconds.
        received: i64,
        shown: Option<i64>,
        replaced: Vec<i64>,
        /// Blobs that nothing names any more: previews, and what a deleted asset came to name.
        unnamed: Vec<BlobHash>,
    },
    /// The same bytes were here already.
    Again {
        /// When they first came.
        received: i64,
        /// Rows of assets that the page shows with a preview now that had none.
        shown: Vec<i64>,
        /// As above.
        replaced: Vec<i64>,
        /// As above.
        unnamed: Vec<BlobHash>,
    },
    /// The same revision said something else.
    Conflict,
}

impl Stored {
    /// Blobs that nothing names any more.
    pub(crate) fn unnamed(&self) -> &[BlobHash] {
        match self {
            Self::New { unnamed, .. } | Self::Again { unnamed, .. } => unnamed,
            Self::Conflict => &[],
        }
    }
}

/// Whose post, and its bytes.
pub(crate) struct Incoming {
    pub(crate) account: String,
    pub(crate) device: String,
    pub(crate) document: PostDocument,
    /// The document.
    pub(crate) body: Vec<u8>,
    /// The document's.
    pub(crate) hash: BlobHash,
    /// Local wall clock of the photo, as if it were UTC.
    pub(crate) taken: Option<i64>,
    /// The preview that came along, a blob on disk by now, and its length.
    pub(crate) preview: Option<(BlobHash, u64)>,
    /// A person wants it shown though a viewer deleted it.
    pub(crate) again: bool,
}

pub(crate) fn put(tx: &Transaction<'_>, post: &Incoming, now: i64) -> Result<Stored, StoreError> {
    let Incoming { account, device, document, body, hash, taken, preview, again } = post;
    let asset = document.asset.to_string();
    let revision = document.revision;
    let mut before =
        tx.prepare_cached("SELECT hash, received FROM post WHERE account = ?1 AND asset = ?2 AND revision = ?3")?;
    let known: Option<(Vec<u8>, i64)> =
        before.query_row(params![account, asset, revision], |r| Ok((r.get(0)?, r.get(1)?))).optional()?;
    if let Some((known, received)) = known {
        if known != hash.as_bytes() {
            return Ok(Stored::Conflict);
        }
        let back = if *again { restore(tx, account, &asset)? } else { None };
        let mut shown = match preview {
            Some(preview) if held(tx, post, preview, now)? => super::assets::showing(tx, account, &preview.0)?,
            _ => vec![],
        };
        shown.extend(back.filter(|id| !shown.contains(id)));
        // What came before its post was shown by itself.
        let replaced = match back {
            Some(id) => replace_bare(tx, account, id)?,
            None => vec![],
        };
        let unnamed = release(tx, account, preview.map(|(hash, _)| hash))?;
        return Ok(Stored::Again { received, shown, replaced, unnamed });
    }
    if *again {
        restore(tx, account, &asset)?;
    }
    if let Some(preview) = preview {
        held(tx, post, preview, now)?;
    }
    tx.execute(
        "INSERT INTO post (account, asset, revision, device, hash, body, received) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![account, asset, revision, device, hash.as_bytes(), body, now],
    )?;
    let shown: Option<(i64, u32, i64)> = tx
        .query_row(
            "SELECT id, revision, arrived FROM asset WHERE account = ?1 AND asset = ?2",
            [account, &asset],
            |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)),
        )
        .optional()?;
    if shown.is_some_and(|(_, newest, _)| newest > revision) {
        let unnamed = release(tx, account, preview.map(|(hash, _)| hash))?;
        return Ok(Stored::New { received: now, shown: None, replaced: Vec::new(), unnamed });
    }
    let arrived = shown.map_or(now, |(_, _, arrived)| arrived);
    let taken = taken.unwrap_or(arrived);
    let place = document.post.place.clone().unwrap_or_default();
    let Place { latitude, longitude, name } = place;
    let (id, deleted): (i64, bool) = tx.query_row(
        "INSERT INTO asset (account, asset, revision, caption, author, place, latitude, longitude, time, taken, arrived)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
         ON CONFLICT (account, asset) WHERE asset IS NOT NULL DO UPDATE SET
           revision = excluded.revision, caption = excluded.caption, author = excluded.author, place = excluded.place,
           latitude = excluded.latitude, longitude = excluded.longitude, time = excluded.time, taken = excluded.taken, unlaid = 1
         RETURNING id, deleted IS NOT NULL",
        params![account, asset, revision, document.post.caption, document.post.author, name, latitude, longitude, document.post.time, taken, arrived],
        |r| Ok((r.get(0)?, r.get(1)?)),
    )?;
    let before = previews(tx, id)?;
    tx.execute("DELETE FROM part WHERE asset = ?1", [id])?;
    for (position, part) in document.parts.iter().enumerate() {
        tx.prepare_cached("INSERT INTO part (asset, position, role, rendition, hash, length, name, type) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?.execute(
            params![
                id,
                position,
                part.role.as_str(),
                part.rendition.as_str(),
                part.hash.as_bytes(),
                part.length,
                part.name,
                part.media_type
            ],
        )?;
    }
    if *again {
        holdings::want_again(tx, account, &asset)?;
    }
    // What a viewer deleted stays deleted; its words are kept, and shown nowhere.
    let tags: &[String] = if deleted { &[] } else { &document.post.tags };
    set_tags(tx, id, tags, taken, arrived)?;
    let replaced = replace_bare(tx, account, id)?;
    let mut unnamed = release(tx, account, before)?;
    if deleted {
        unnamed.extend(super::assets::let_go(tx, account, id, now)?);
    }
    Ok(Stored::New { received: now, shown: Some(id), replaced, unnamed })
}

/// Puts an asset in the place of those that came with its blobs and no post. Says their rows.
fn replace_bare(tx: &Transaction<'_>, account: &str, id: i64) -> Result<Vec<i64>, StoreError> {
    let mut parts = tx.prepare_cached("SELECT hash FROM part WHERE asset = ?1")?;
    let hashes: Vec<Option<BlobHash>> = parts.query_map([id], |r| hash_column(r, 0))?.collect::<Result<_, _>>()?;
    let mut replaced = Vec::new();
    for hash in hashes.into_iter().flatten() {
        let mut bare = tx.prepare_cached(super::assets::BARE)?;
        let rows: Vec<i64> =
            bare.query_map(params![hash.as_bytes(), account], |r| r.get(0))?.collect::<Result<_, _>>()?;
        for row in rows {
            tx.execute("UPDATE laid SET asset = ?2 WHERE asset = ?1", [row, id])?;
            tx.execute("DELETE FROM asset WHERE id = ?1", [row])?;
            replaced.push(row);
        }
    }
    Ok(replaced)
}

/// Takes a viewer's deletion back: a person wants it shown. Its words are here still; its bytes come anew, so they are noted
/// as deleted no more. Says its row, if it was deleted.
fn restore(tx: &Transaction<'_>, account: &str, asset: &str) -> Result<Option<i64>, StoreError> {
    holdings::want_again(tx, account, asset)?;
    let row: Option<(i64, u32, i64, i64)> = tx
        .query_row(
            "UPDATE asset SET deleted = NULL, unlaid = 1 WHERE account = ?1 AND asset = ?2 AND deleted IS NOT NULL
             RETURNING id, revision, taken, arrived",
            [account, asset],
            |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?)),
        )
        .optional()?;
    let Some((id, revision, taken, arrived)) = row else { return Ok(None) };
    let newest: Vec<u8> = tx.query_row(
        "SELECT body FROM post WHERE account = ?1 AND asset = ?2 AND revision = ?3",
        params![account, asset, revision],
        |r| r.get(0),
    )?;
    if let Ok(newest) = serde_json::from_slice::<PostDocument>(&newest) {
        set_tags(tx, id, &newest.post.tags, taken, arrived)?;
    }
    Ok(Some(id))
}

/// Whether a viewer deleted this asset.
pub(crate) fn is_deleted(c: &Connection, account: &str, asset: &str) -> Result<bool, StoreError> {
    let mut find = c.prepare_cached("SELECT 1 FROM asset WHERE account = ?1 AND asset = ?2 AND deleted IS NOT NULL")?;
    Ok(find.exists([account, asset])?)
}

/// The previews that an asset's newest revision named.
fn previews(tx: &Transaction<'_>, asset: i64) -> Result<Vec<BlobHash>, StoreError> {
    let mut list = tx.prepare_cached("SELECT hash FROM part WHERE asset = ?1 AND rendition = 'preview'")?;
    let hashes: Vec<Option<BlobHash>> = list.query_map([asset], |r| hash_column(r, 0))?.collect::<Result<_, _>>()?;
    Ok(hashes.into_iter().flatten().collect())
}

/// Gives up the account's hold on those of these previews that none of its assets names; those that nobody holds any more are
/// returned.
fn release(
    tx: &Transaction<'_>,
    account: &str,
    previews: impl IntoIterator<Item = BlobHash>,
) -> Result<Vec<BlobHash>, StoreError> {
    let mut unnamed = Vec::new();
    for hash in previews {
        if super::assets::showing(tx, account, &hash)?.is_empty() {
            holdings::take_back(tx, account, &hash)?;
            if !holdings::is_held(tx, &hash)? {
                unnamed.push(hash);
            }
        }
    }
    Ok(unnamed)
}

/// Notes that the account brought its preview; true when that is new.
fn held(tx: &Transaction<'_>, post: &Incoming, preview: &(BlobHash, u64), now: i64) -> Result<bool, StoreError> {
    let (hash, length) = preview;
    let known = holdings::find(tx, &post.account, hash)?.is_some_and(|holding| !holding.deleted);
    let upload = format!("post/{}/{}", post.document.asset, post.document.revision);
    holdings::add(tx, &post.account, hash, *length, &upload, now)?;
    Ok(!known)
}

/// Replaces an asset's tags; one that is given twice, but for the case of its letters, counts once.
pub(super) fn set_tags(
    tx: &Transaction<'_>,
    asset: i64,
    tags: &[String],
    taken: i64,
    arrived: i64,
) -> Result<(), StoreError> {
    tx.execute("DELETE FROM tag WHERE asset = ?1", [asset])?;
    for (position, tag) in tags.iter().enumerate() {
        if tags[..position].iter().any(|earlier| earlier.eq_ignore_ascii_case(tag)) {
            continue;
        }
        tx.prepare_cached("INSERT INTO tag (asset, position, tag, taken, arrived) VALUES (?1, ?2, ?3, ?4, ?5)")?
            .execute(params![asset, position, tag, taken, arrived])?;
    }
    Ok(())
}
