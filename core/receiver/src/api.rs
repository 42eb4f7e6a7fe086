//! The endpoints below `/v1`: bodies read within limits, replies with their mark, errors as JSON too.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Json, Response};
use axum::routing::{get, post, put};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::{Request, StatusCode};
use satchel_kernel::ids::{AssetId, Nonce};
use satchel_kernel::protocol;
use serde::de::DeserializeOwned;

use crate::refusal::Refusal;
use crate::server::App;
use crate::{auth, have, pairing, posts, signing};

const MAX_BODY: usize = 256 * 1024;

pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route(protocol::PAIR_PATH, post(pair))
        .route(protocol::HAVE_PATH, post(have))
        .route(protocol::KEYS_PATH, get(keys))
        .route("/v1/posts/{asset}/{revision}", put(put_post))
}

/// Puts the mark on a reply.
pub(crate) fn mark(response: &mut Response) {
    response.headers_mut().insert(HeaderName::from_static(protocol::MARK), HeaderValue::from_static(protocol::VERSION));
}

/// Reads a body of at most `max` bytes.
pub(crate) async fn bytes(body: Body, max: usize) -> Result<Vec<u8>, Refusal> {
    match Limited::new(body, max).collect().await {
        Ok(whole) => Ok(whole.to_bytes().to_vec()),
        Err(e) if e.is::<LengthLimitError>() => {
            Err(Refusal::new(413, "too_long", format!("the body may have {max} bytes at most")).closing())
        }
        Err(_) => Err(Refusal::bad("cut", "the connection broke before the last byte").closing()),
    }
}

async fn json<T: DeserializeOwned>(body: Body) -> Result<T, Refusal> {
    serde_json::from_slice(&bytes(body, MAX_BODY).await?)
        .map_err(|e| Refusal::bad("bad_json", format!("the body is not what this address takes: {e}")))
}

async fn pair(State(app): State<Arc<App>>, request: Request<Body>) -> Result<Response, Refusal> {
    Ok(Json(pairing::pair(&app, json(request.into_body()).await?).await?).into_response())
}

async fn have(State(app): State<Arc<App>>, request: Request<Body>) -> Result<Response, Refusal> {
    let (parts, body) = request.into_parts();
    let caller = auth::device(&app, &parts).await?;
    Ok(Json(have::have(&app, caller, json(body).await?).await?).into_response())
}

async fn keys(State(app): State<Arc<App>>) -> Result<Response, Refusal> {
    Ok(Json(signing::chain(&app.store).await?).into_response())
}

async fn put_post(
    State(app): State<Arc<App>>,
    Path((asset, revision)): Path<(String, String)>,
    request: Request<Body>,
) -> Result<Response, Refusal> {
    let (parts, body) = request.into_parts();
    let caller = auth::device(&app, &parts).await?;
    let asset: AssetId =
        asset.parse().map_err(|e| Refusal::bad("asset", format!("the address names no asset: {e}")))?;
    let revision: u32 = revision
        .parse()
        .map_err(|_| Refusal::bad("revision", "the address names no revision: it is a number from 1"))?;
    let nonce: Option<Nonce> = match parts.headers.get(protocol::NONCE) {
        None => None,
        Some(text) => Some(
            text.to_str()
                .ok()
                .and_then(|t| t.parse().ok())
                .ok_or_else(|| Refusal::bad("header", "Satchel-Nonce must be 32 hexadecimal digits"))?,
        ),
    };
    let again = parts.headers.get(protocol::OVERRIDE_DELETED).is_some_and(|word| word == "1");
    let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let sent = posts::Sent::new(bytes(body, posts::MAX_POST).await?, kind, again);
    let reply = posts::put(&app, caller, asset, revision, nonce, sent).await?;
    let status = if reply.new { StatusCode::CREATED } else { StatusCode::OK };
    let mut response = (status, Json(&reply)).into_response();
    if let Some(receipt) = reply.receipt.as_deref().and_then(|r| HeaderValue::from_str(r).ok()) {
        response.headers_mut().insert(HeaderName::from_static(protocol::RECEIPT), receipt);
    }
    Ok(response)
}
