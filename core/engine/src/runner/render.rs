//! Making the preview that goes along with a post: of pictures that the core reads by itself, of all else through the host.
//!
//! A post is not held up by its picture: what cannot be made at once is left out.

use std::io::{Read, Seek};
use std::sync::Arc;
use std::time::Duration;

use satchel_kernel::ids::DeliveryId;
use satchel_kernel::state::AssetKind;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::error::Result;
use crate::journal::{Durable, Record};
use crate::outbox::Inner;
use crate::previews::{self, Form, PreviewFault, PreviewRequest, Rendered};
use crate::source::{self, Opened, Source};
use crate::store::{self, previews::ToRender};

/// The longest that the core decodes one picture. A phone is done with the largest in a fraction of it.
const LONGEST: Duration = Duration::from_secs(5);

/// Makes the preview of a post that is about to go, and records it.
pub(crate) async fn render(inner: Arc<Inner>, delivery: DeliveryId, stop: CancellationToken) -> Result<()> {
    let stopped = stop.clone();
    tokio::select! {
        rendered = rendered(inner, delivery, stop) => rendered,
        // The host may take its time: nobody waits for it.
        () = stopped.cancelled() => Ok(()),
    }
}

async fn rendered(inner: Arc<Inner>, delivery: DeliveryId, stop: CancellationToken) -> Result<()> {
    // One at a time: each may take tens of megabytes.
    let alone = inner.rendering.clone().lock_owned().await;
    let Some(original) = inner.store.read(move |conn| store::previews::to_render(conn, delivery)).await? else {
        return Ok(());
    };
    let (seq, asset) = (original.seq, original.asset);
    let (making, stopped) = (inner.clone(), stop.clone());
    let made = tokio::task::spawn_blocking(move || {
        let _alone = alone;
        make(&making, &original, &stopped)
    })
    .await
    .unwrap_or_else(|_| {
        tracing::warn!(%asset, "making a preview panicked");
        None
    });
    if made.is_none() && stop.is_cancelled() {
        return Ok(());
    }
    let (journal, now) = (inner.journal.clone(), inner.config.clock.now());
    let record = move |tx: &store::Tx<'_>| {
        let revised = store::previews::rendered(tx, seq, made.as_deref(), &now)?;
        let named = made.map(|preview| Record::Rendered {
            asset,
            hash: satchel_kernel::ids::BlobHash::of(&preview),
            length: preview.len() as u64,
        });
        let revised = revised.map(|(revision, post)| Record::Revised { asset, revision, post });
        let records: Vec<_> = named.into_iter().chain(revised).collect();
        if !records.is_empty() {
            journal.append(&records, Durable::Later)?;
            store::agree(tx, &journal)?;
        }
        Ok(())
    };
    inner.store.write(record).await
}

fn make(inner: &Inner, original: &ToRender, stop: &CancellationToken) -> Option<Vec<u8>> {
    if !original.sound {
        return None;
    }
    let reach = inner.reach(original.spool.as_deref(), Some(&original.source))?;
    let opened = reach.open().ok().filter(|opened| Some(opened.stamp) == original.stamp)?;
    let by_core = match original.kind {
        AssetKind::Photo | AssetKind::Pair => small(&mut &opened.file, stop),
        AssetKind::Video | AssetKind::Other => Err(PreviewFault::NotAPicture { found: "a video" }),
    };
    let made = match by_core {
        Ok(made) => Some(made.jpeg),
        Err(PreviewFault::NotAPicture { .. } | PreviewFault::TooLarge { .. }) => {
            by_host(inner, original, &opened, stop)
        }
        Err(fault) => {
            tracing::debug!(asset = %original.asset, %fault, "no preview");
            None
        }
    };
    // What it shows must be what the post is about.
    made.filter(|_| opened.untouched().unwrap_or(false))
}

fn small(picture: &mut (impl Read + Seek), stop: &CancellationToken) -> std::result::Result<Rendered, PreviewFault> {
    let begun = Instant::now();
    previews::make(picture, Form::Preview, &|| stop.is_cancelled() || begun.elapsed() > LONGEST)
}

/// Has the host make a picture, and makes the preview of that: so it is small, upright and says nothing but what it shows.
fn by_host(inner: &Inner, original: &ToRender, opened: &Opened, stop: &CancellationToken) -> Option<Vec<u8>> {
    let previewer = inner.config.previewer.clone()?;
    let (name, _) = inner.spool.adding().ok()?.new_body().ok()?;
    let to = inner.spool.body(name);
    let source = match original.spool.as_deref().and_then(|name| name.parse().ok()) {
        Some(name) => Source::File(inner.spool.path(name)),
        None => original.source.clone(),
    };
    let request = PreviewRequest {
        source,
        kind: original.kind,
        media_type: original.media_type.clone(),
        bytes: opened.stamp.size,
        longest: Form::Preview.longest(),
        to: to.clone(),
    };
    let drawn = previewer.picture(&request);
    // Open, it can be read when its name is gone already.
    let picture = source::open(&to).map(|(file, _)| file);
    let _ = inner.spool.remove_body(name);
    let made = small(&mut picture.ok().filter(|_| drawn)?, stop);
    made.inspect_err(|fault| tracing::warn!(asset = %original.asset, %fault, "the host's picture")).ok().map(|m| m.jpeg)
}
