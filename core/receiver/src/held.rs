//! What the rows promise, held against the disk.
//!
//! A receipt says that a blob is here, whole and on disk. Its file can go behind the receiver's back: a disk
//! that was swapped, a backup without its blobs, a slip of a hand. So nobody is told `have`, and no receipt is
//! repeated, before the file was looked at. What is lost is taken back, so that its client sends it again.

use std::sync::Arc;

use satchel_kernel::ids::BlobHash;

use crate::clock;
use crate::hub::Event;
use crate::server::App;
use crate::store::uploads::{self, State, Upload};
use crate::store::{StoreError, assets, blocking, holdings};
use crate::tus::REMEMBER;

/// A blob that an account's upload brought, as the rows say.
#[derive(Debug, Clone)]
pub(crate) struct Promised {
    pub(crate) hash: BlobHash,
    /// Bytes.
    pub(crate) length: u64,
    pub(crate) upload: String,
}

/// True when this is a complete upload whose blob is lost: its row has changed then, and is to be read again.
pub(crate) async fn is_lost(app: &App, upload: &Upload) -> Result<bool, StoreError> {
    let (State::Complete, Some(hash)) = (upload.state, upload.hash) else { return Ok(false) };
    let promised = Promised { hash, length: upload.offset, upload: upload.id.clone() };
    take_back_lost(app, &upload.account, vec![promised]).await
}

/// Takes back, in one transaction, those of an account's promises whose blobs are not on disk. True when there
/// were any: what the caller read of them before does not hold then. What a viewer deleted is not lost.
pub(crate) async fn take_back_lost(app: &App, account: &str, promised: Vec<Promised>) -> Result<bool, StoreError> {
    if absent(app, promised.clone()).await?.is_empty() {
        return Ok(false);
    }
    // Looked at once more while no blob gets its row or loses its last one.
    let gate = app.blob_gate.write().await;
    let lost = Arc::new(absent(app, promised).await?);
    let (account, rows) = (account.to_owned(), lost.clone());
    let changed = app.store.write(move |tx| {
        let (mut changed, mut taken) = (Vec::new(), Vec::new());
        for Promised { hash, upload, .. } in rows.iter() {
            let mut uploads = vec![upload.clone()];
            match holdings::find(tx, &account, hash)? {
                Some(holding) if holding.deleted => continue,
                Some(holding) => {
                    holdings::take_back(tx, &account, hash)?;
                    uploads.extend(Some(holding.upload).filter(|u| u != upload));
                    changed.extend(assets::showing(tx, &account, hash)?);
                }
                None => {}
            }
            for upload in uploads {
                uploads::expire(tx, &upload, clock::unix_now() + REMEMBER)?;
                taken.push(upload);
            }
        }
        Ok((changed, taken))
    });
    let (changed, taken) = changed.await?;
    drop(gate);
    for upload in taken {
        tracing::warn!(upload, "a stored blob is not on disk any more, or not whole; it is to be sent again");
    }
    for id in changed {
        app.hub.send(Event::Asset(id));
    }
    Ok(true)
}

/// Those whose blobs are not on disk with their length. A disk that cannot be asked is an error, not a loss.
async fn absent(app: &App, promised: Vec<Promised>) -> Result<Vec<Promised>, StoreError> {
    let blobs = app.blobs.clone();
    blocking(move || {
        let mut absent = Vec::new();
        for one in promised {
            if !blobs.holds(&one.hash, one.length)? {
                absent.push(one);
            }
        }
        Ok(absent)
    })
    .await
}
