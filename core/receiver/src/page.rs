//! The page at `/`: photos as they arrive, for viewers who are logged in.
//!
//! The files of the page hold no data and are served to everyone; all data is below `/api/` and `/media/`
//! and needs a viewer. Nothing that a phone sent is ever served as something a browser would run.

mod feed;
mod media;
mod viewer;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Json, Response};
use axum::routing::{delete, get, post};
use hyper::StatusCode;
use hyper::header::{self, HeaderValue};
use serde::Serialize;

use crate::refusal::Refusal;
use crate::server::{self, App};
use crate::store::people;
use crate::{clock, qr};
use viewer::{Deed, Viewer};

pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/", get(|| file("text/html; charset=utf-8", include_str!("page/web/index.html"))))
        .route("/app.js", get(|| file("text/javascript; charset=utf-8", include_str!("page/web/app.js"))))
        .route("/pair.js", get(|| file("text/javascript; charset=utf-8", include_str!("page/web/pair.js"))))
        .route("/app.css", get(|| file("text/css; charset=utf-8", include_str!("page/web/app.css"))))
        .route("/icon.svg", get(|| file("image/svg+xml", include_str!("page/web/icon.svg"))))
        .route("/api/login", post(viewer::login))
        .route("/api/logout", post(viewer::logout))
        .route("/api/desk", get(desk))
        .route("/api/assets", get(feed::list))
        .route("/api/assets/{id}", delete(remove))
        .route("/api/tags", get(feed::tags))
        .route("/api/events", get(feed::events))
        .route("/api/devices", get(devices))
        .route("/api/devices/{id}", delete(revoke))
        .route("/api/pairing", post(pairing))
        .route("/media/{id}/{position}", get(media::serve))
}

async fn file(content_type: &'static str, text: &'static str) -> Response {
    let mut response = text.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

/// What the page's head says.
#[derive(Serialize)]
struct Desk<'a> {
    name: &'a str,
    server: &'a str,
    devices: usize,
}

async fn desk(_: Viewer, State(app): State<Arc<App>>) -> Result<Response, Refusal> {
    let devices = app.store.read(people::devices).await?.iter().filter(|d| !d.revoked).count();
    Ok(Json(Desk { name: &app.config.name, server: &app.server, devices }).into_response())
}

async fn devices(_: Viewer, State(app): State<Arc<App>>) -> Result<Response, Refusal> {
    Ok(Json(app.store.read(people::devices).await?).into_response())
}

async fn revoke(_: Deed, State(app): State<Arc<App>>, Path(id): Path<String>) -> Result<StatusCode, Refusal> {
    let found = app.store.write(move |tx| people::revoke(tx, &id, clock::unix_now())).await?;
    found
        .then_some(StatusCode::NO_CONTENT)
        .ok_or_else(|| Refusal::new(404, "no_such_device", "there is no such device"))
}

async fn remove(_: Deed, State(app): State<Arc<App>>, Path(id): Path<i64>) -> Result<StatusCode, Refusal> {
    let found = server::delete_asset(&app, id).await?;
    found
        .then_some(StatusCode::NO_CONTENT)
        .ok_or_else(|| Refusal::new(404, "no_such_asset", "this photo is gone already"))
}

/// A pairing code, and the squares of its QR code row by row.
#[derive(Serialize)]
struct Shown {
    text: String,
    code: String,
    width: usize,
    squares: String,
}

async fn pairing(_: Deed, State(app): State<Arc<App>>) -> Result<Response, Refusal> {
    let code = app.pairing_code(None);
    let text = code.to_string();
    let (width, squares) =
        qr::squares(&text).ok_or_else(|| Refusal::new(500, "qr", "the pairing code does not fit into a QR code"))?;
    Ok(Json(Shown { text, code: code.code, width, squares }).into_response())
}
