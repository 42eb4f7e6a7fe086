//! The list of assets in pages, and the stream of what changes in it.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::sse::{Event as Sent, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Json, Response};
use futures_util::stream;
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast::error::RecvError;

use super::viewer::Viewer;
use crate::hub::Event;
use crate::refusal::Refusal;
use crate::server::App;
use crate::store::assets::{self, AssetView, Order};

const PAGE: u32 = 60;
const MAX_PAGE: u32 = 500;

#[derive(Deserialize)]
pub(super) struct Asked {
    tag: Option<String>,
    #[serde(default)]
    order: Order,
    /// As `next` of the page before.
    after: Option<String>,
    limit: Option<u32>,
}

#[derive(Serialize)]
struct Page {
    assets: Vec<AssetView>,
    /// Where the next page begins; nothing when this was the last.
    next: Option<String>,
}

/// `GET /api/assets?tag=…&order=taken|arrived&after=…&limit=…`
pub(super) async fn list(
    _: Viewer,
    State(app): State<Arc<App>>,
    Query(asked): Query<Asked>,
) -> Result<Response, Refusal> {
    let Asked { tag, order, after, limit } = asked;
    let bad = || Refusal::bad("after", "`after` is what the page before named as `next`");
    let number = |text: &str| text.parse::<i64>().map_err(|_| bad());
    let after = match after.as_deref() {
        None => None,
        Some(text) => {
            let (value, id) = text.split_once('_').ok_or_else(bad)?;
            Some((number(value)?, number(id)?))
        }
    };
    let limit = limit.unwrap_or(PAGE).clamp(1, MAX_PAGE);
    let tag = tag.filter(|t| !t.is_empty());
    let assets = app.store.read(move |c| assets::page(c, order, tag.as_deref(), after, limit)).await?;
    let full = assets.len() == usize::try_from(limit).unwrap_or(usize::MAX);
    let next = assets.last().filter(|_| full).map(|last| {
        let value = if order == Order::Taken { last.taken } else { last.arrived };
        format!("{value}_{}", last.id)
    });
    Ok(Json(Page { assets, next }).into_response())
}

#[derive(Serialize)]
struct TagCount {
    tag: String,
    count: u64,
}

/// `GET /api/tags`.
pub(super) async fn tags(_: Viewer, State(app): State<Arc<App>>) -> Result<Response, Refusal> {
    let tags = app.store.read(assets::tags).await?;
    Ok(Json(tags.into_iter().map(|(tag, count)| TagCount { tag, count }).collect::<Vec<_>>()).into_response())
}

#[derive(Serialize)]
struct Progress {
    hash: satchel_kernel::ids::BlobHash,
    received: u64,
}

#[derive(Serialize)]
struct Gone {
    id: i64,
}

/// `GET /api/events`: `hello`, then `asset`, `gone`, `progress`, `paired` as they happen; `missed` when the
/// reader was too slow and should load the list again.
pub(super) async fn events(_: Viewer, State(app): State<Arc<App>>) -> Response {
    let news = app.hub.listen();
    let stream = stream::unfold((app, news, true), |(app, mut news, first)| async move {
        if first {
            return Some((Ok::<_, Infallible>(Sent::default().event("hello").data("{}")), (app, news, false)));
        }
        loop {
            let event = tokio::select! {
                () = app.stop.cancelled() => return None,
                event = news.recv() => event,
            };
            let sent = match event {
                Err(RecvError::Closed) => return None,
                Err(RecvError::Lagged(_)) => Some(Sent::default().event("missed").data("{}")),
                Ok(event) => told(&app, event).await,
            };
            if let Some(sent) = sent {
                return Some((Ok(sent), (app, news, false)));
            }
        }
    });
    Sse::new(stream).keep_alive(KeepAlive::default()).into_response()
}

/// An event as the page hears it.
async fn told(app: &App, event: Event) -> Option<Sent> {
    let event = match event {
        Event::Asset(id) => match app.store.read(move |c| assets::one(c, id)).await {
            Ok(Some(view)) => Sent::default().event("asset").json_data(view),
            Ok(None) => Sent::default().event("gone").json_data(Gone { id }),
            Err(error) => {
                tracing::error!(%error, "an asset could not be read for the page");
                Ok(Sent::default().event("missed").data("{}"))
            }
        },
        Event::Gone(id) => Sent::default().event("gone").json_data(Gone { id }),
        Event::Progress { hash, received } => Sent::default().event("progress").json_data(Progress { hash, received }),
        Event::Paired => Ok(Sent::default().event("paired").data("{}")),
    };
    event.ok()
}
