//! Making what is about to go and is not made yet, when its turn has come: the preview that goes along with a post, the press
//! rendition, an original without its metadata.
//!
//! A post is not held up by its picture: what cannot be made at once is left out of it.

mod made;
mod picture;

use std::sync::Arc;

use satchel_kernel::ids::DeliveryId;
use satchel_kernel::planner::{Bench, Making};
use tokio_util::sync::CancellationToken;

use crate::error::Result;
use crate::journal::{Durable, Record};
use crate::outbox::Inner;
use crate::previews::Form;
use crate::store;

/// Makes what a delivery is of, or what its post takes along, and records it.
pub(crate) async fn render(inner: Arc<Inner>, what: Making, stop: CancellationToken) -> Result<()> {
    let stopped = stop.clone();
    tokio::select! {
        rendered = rendered(inner, what, stop) => rendered,
        // The host may take its time: nobody waits for it.
        () = stopped.cancelled() => Ok(()),
    }
}

async fn rendered(inner: Arc<Inner>, what: Making, stop: CancellationToken) -> Result<()> {
    let Making { delivery, bench, .. } = what;
    if let Some(todo) = inner.store.read(move |conn| store::making::to_make(conn, delivery)).await? {
        return made::make(inner, delivery, bench, todo, stop).await;
    }
    for todo in inner.store.read(move |conn| store::making::to_name(conn, delivery)).await? {
        made::name(&inner, todo, &stop).await?;
    }
    preview(inner, delivery, bench, stop).await
}

/// Makes the preview of a post that is about to go, and records it.
async fn preview(inner: Arc<Inner>, delivery: DeliveryId, bench: Bench, stop: CancellationToken) -> Result<()> {
    let alone = inner.at_bench(bench).await;
    let Some(original) = inner.store.read(move |conn| store::previews::to_render(conn, delivery)).await? else {
        return inner.store.write(move |tx| store::previews::follow(tx, delivery)).await;
    };
    let (seq, asset) = (original.seq, original.asset);
    let (making, stopped) = (inner.clone(), stop.clone());
    let made = tokio::task::spawn_blocking(move || {
        let _alone = alone;
        picture::of(&making, &original, Form::Preview, &stopped)
    })
    .await
    .unwrap_or_else(|_| {
        tracing::warn!(%asset, "making a preview panicked");
        picture::Came::Nothing
    });
    let made = match made {
        picture::Came::Made(jpeg) => Some(jpeg),
        _ if stop.is_cancelled() => return Ok(()),
        _ => None,
    };
    let (journal, now) = (inner.journal.clone(), inner.config.clock.now());
    let record = move |tx: &store::Tx<'_>| {
        let revised = store::previews::rendered(tx, seq, made.as_deref(), &now)?;
        let named = made.map(|preview| Record::Rendered {
            asset,
            hash: satchel_kernel::ids::BlobHash::of(&preview),
            length: preview.len() as u64,
            rendition: satchel_kernel::protocol::post::Rendition::Preview,
        });
        let revised = revised.map(|(revision, post)| Record::Revised { asset, revision, post });
        store::previews::follow(tx, delivery)?;
        told(tx, &journal, named.into_iter().chain(revised).collect())
    };
    inner.store.write(record).await
}

/// Tells the journal, within the transaction.
fn told(tx: &store::Tx<'_>, journal: &crate::journal::Journal, records: Vec<Record>) -> Result<()> {
    if !records.is_empty() {
        journal.append(&records, Durable::Later)?;
        store::agree(tx, journal)?;
    }
    Ok(())
}
