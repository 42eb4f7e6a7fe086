//! The end of an upload: verified and made a blob, or expired. And what a new start finds half done.

use std::sync::Arc;

use super::{metadata, mismatch, unknown, unwanted, usable};
use crate::blobs::{Blobs, hash_file};
use crate::hub::Event;
use crate::refusal::Refusal;
use crate::server::App;
use crate::slots::Turn;
use crate::store::uploads::{self, State, Upload};
use crate::store::{Store, StoreError, assets, blocking, holdings, people};
use crate::{clock, posts};

/// How long an upload whose bytes are gone is remembered, so that its client is told 410: 30 days.
pub(crate) const REMEMBER: i64 = 30 * 24 * 3600;

/// Makes a whole upload a blob; one that lacks bytes is left as it is. Blob, names and rows are on disk
/// when this returns.
pub(super) async fn finish(app: &Arc<App>, turn: &mut Turn, upload: &mut Upload) -> Result<(), Refusal> {
    if upload.state != State::Open || upload.length != Some(upload.offset) {
        return Ok(());
    }
    let length = upload.offset;
    let hasher = turn.running.hasher.take().filter(|h| h.count() == length);
    let path = app.blobs.incoming(&upload.id);
    let hash = blocking(move || match hasher {
        Some(hasher) => Ok(satchel_kernel::ids::BlobHash::from_bytes(*hasher.finalize().as_bytes())),
        None if length == 0 => Ok(satchel_kernel::ids::BlobHash::of(b"")),
        None => {
            let (hash, read) = hash_file(&path)?;
            if read == length {
                Ok(hash)
            } else {
                Err(std::io::Error::other("an incoming file changed its length").into())
            }
        }
    })
    .await?;
    let id = upload.id.clone();
    if upload.claimed.is_some_and(|claimed| claimed != hash) {
        app.store.write(move |tx| uploads::set_mismatch(tx, &id, length)).await?;
        upload.state = State::Mismatch;
        app.blobs.remove_incoming(&upload.id).map_err(StoreError::from)?;
        app.slots.forget(&upload.id);
        return Err(mismatch());
    }

    // A viewer's deletion must not unlink the blob between its link and its row.
    let gate = app.blob_gate.read().await;
    let (account, id) = (upload.account.clone(), upload.id.clone());
    let known = app.store.read(move |c| uploads::find(c, &account, &id)).await?.ok_or_else(unknown)?;
    if known.is_unwanted() {
        return usable(&known);
    }
    let (blobs, name) = (app.blobs.clone(), upload.id.clone());
    blocking(move || Ok(blobs.adopt(&name, &hash, length)?)).await?;
    let now = clock::unix_now();
    let row = upload.clone();
    let changed = app.store.write(move |tx| {
        // A post may have come meanwhile, of an asset that a viewer deleted: a post without a preview waits for no gate.
        let unwanted = uploads::find(tx, &row.account, &row.id)?.is_none_or(|known| known.is_unwanted());
        if unwanted || row.claimed.is_some() && assets::is_unwanted(tx, &row.account, &hash)? {
            uploads::stop(tx, &row.account, &hash)?;
            return Ok(None);
        }
        uploads::set_complete(tx, &row.id, &hash, length, now)?;
        holdings::add(tx, &row.account, &hash, length, &row.id, now)?;
        assets::blob_came(tx, &row, &hash, length, &metadata::bare(row.metadata.as_deref(), &hash), now).map(Some)
    });
    let changed = changed.await?;
    drop(gate);
    let Some(changed) = changed else {
        posts::remove_unnamed(app, &[hash]).await?;
        return Err(unwanted());
    };
    upload.state = State::Complete;
    upload.completed = Some(now);
    upload.hash = Some(hash);
    app.slots.forget(&upload.id);
    if let Err(error) = app.blobs.remove_incoming(&upload.id) {
        tracing::warn!(%error, upload = %upload.id, "an incoming name stays until the next start");
    }
    for id in changed {
        app.hub.send(Event::Asset(id));
    }
    Ok(())
}

/// At start, before anyone asks: what each unfinished upload can vouch for.
///
/// In the same boot a file holds all that was ever written to it; after a power cut only what was synced
/// and recorded counts. Checksummed bytes that were not verified never count.
pub(crate) fn recover(store: &Store, blobs: &Blobs) -> Result<(), StoreError> {
    let boot = clock::boot_id();
    let open = store.write_now(|tx| uploads::open(tx))?;
    let same_boot = boot.is_some() && store.write_now(|tx| people::fact(tx, "boot"))? == boot;
    for upload in &open {
        let path = blobs.incoming(&upload.id);
        let length = match std::fs::metadata(&path) {
            Ok(meta) => meta.len(),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => 0,
            Err(e) => return Err(e.into()),
        };
        let vouched = match upload.unverified {
            Some(from) => from.min(length),
            None if same_boot => length,
            None => upload.offset.min(length),
        };
        if length != vouched {
            std::fs::OpenOptions::new().write(true).open(&path)?.set_len(vouched)?;
        }
        if vouched != upload.offset || upload.unverified.is_some() {
            if vouched > 0 {
                std::fs::File::open(&path)?.sync_all()?;
                blobs.sync_incoming()?;
            }
            store.write_now(|tx| uploads::keep(tx, &upload.id, vouched, upload.expires))?;
        }
    }
    let known: std::collections::HashSet<&str> = open.iter().map(|u| u.id.as_str()).collect();
    for name in blobs.all_incoming()? {
        if !known.contains(name.as_str()) {
            blobs.remove_incoming(&name)?;
        }
    }
    if let Some(boot) = boot {
        store.write_now(|tx| people::set_fact(tx, "boot", &boot))?;
    }
    Ok(())
}

/// After a start: uploads that were whole when the process was killed.
pub(crate) async fn settle_all(app: &Arc<App>) -> Result<(), StoreError> {
    for upload in app.store.read(uploads::open).await? {
        if upload.length != Some(upload.offset) {
            continue;
        }
        let Ok(mut turn) = app.slots.take(&upload.id).await else { continue };
        let (account, id) = (upload.account.clone(), upload.id.clone());
        if let Some(mut upload) = app.store.read(move |c| uploads::find(c, &account, &id)).await? {
            // Its client is told when it asks.
            let _ = finish(app, &mut turn, &mut upload).await;
        }
    }
    Ok(())
}

/// Throws away the bytes of unfinished uploads that are due to go.
pub(crate) async fn remove_due(app: &Arc<App>) -> Result<(), StoreError> {
    let now = clock::unix_now();
    for (account, id) in app.store.read(move |c| uploads::due(c, now)).await? {
        let Ok(_turn) = app.slots.take(&id).await else { continue };
        let (a, i) = (account, id.clone());
        let Some(upload) = app.store.read(move |c| uploads::find(c, &a, &i)).await? else { continue };
        if upload.expires > now || upload.state == State::Complete {
            continue;
        }
        let i = id.clone();
        app.store.write(move |tx| uploads::expire(tx, &i, now + REMEMBER)).await?;
        app.blobs.remove_incoming(&id)?;
        app.slots.forget(&id);
    }
    app.store.write(move |tx| uploads::forget_expired(tx, now)).await?;
    app.slots.forget_idle();
    Ok(())
}
