//! tus 1.0 below `/files/`: the core protocol with creation, creation-with-upload, creation-defer-length,
//! expiration, termination and checksum (<https://tus.io/protocols/resumable-upload>).
//!
//! Each request runs to its end in a task of its own, even when its connection is gone: what came is kept.

mod create;
mod finish;
mod headers;
mod metadata;
mod receive;
mod serve;

use std::sync::Arc;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Method, Request, StatusCode};
use satchel_kernel::protocol;

use crate::refusal::Refusal;
use crate::server::App;
use crate::store::uploads::{State, Upload};
use crate::{auth, clock};

pub(crate) use finish::{REMEMBER, recover, remove_due, settle_all};

pub(crate) const RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
const VERSION: &str = "1.0.0";
const EXTENSIONS: &str = "creation,creation-with-upload,creation-defer-length,expiration,termination,checksum";
const OFFSET_TYPE: &str = "application/offset+octet-stream";

/// Any request below `/files`.
pub(crate) async fn handle(app: Arc<App>, request: Request<Body>) -> Response {
    let work = app.clone();
    let task = app.tasks.spawn(async move { dispatch(&work, request).await });
    let mut response = match task.await {
        Ok(Ok(response)) => response,
        Ok(Err(refusal)) => refusal.into_response(),
        Err(_) => Refusal::new(500, "trouble", "the receiver failed here; its log says why").into_response(),
    };
    mark(response.headers_mut());
    response
}

/// The mark of a tus server, on every reply.
fn mark(headers: &mut HeaderMap) {
    headers.insert(RESUMABLE, HeaderValue::from_static(VERSION));
}

async fn dispatch(app: &Arc<App>, request: Request<Body>) -> Result<Response, Refusal> {
    let (parts, body) = request.into_parts();
    let method = overridden(&parts)?;
    if method == Method::OPTIONS {
        return Ok(options(app));
    }
    if parts.headers.get(&RESUMABLE).is_none_or(|v| v != VERSION) {
        let tus_version = HeaderName::from_static("tus-version");
        return Err(Refusal::new(412, "tus_version", "this receiver speaks tus 1.0.0: send Tus-Resumable: 1.0.0")
            .with(tus_version, VERSION));
    }
    let caller = auth::device(app, &parts).await?;
    let id = parts.uri.path().strip_prefix("/files").unwrap_or_default().trim_matches('/');
    match (method, id) {
        (Method::POST, "") => create::create(app, &caller, &parts.headers, body).await,
        (Method::HEAD, id) if !id.is_empty() => serve::head(app, &caller, id).await,
        (Method::PATCH, id) if !id.is_empty() => serve::patch(app, &caller, id, &parts.headers, body).await,
        (Method::DELETE, id) if !id.is_empty() => serve::delete(app, &caller, id).await,
        (_, "") => {
            Err(Refusal::new(405, "method", "create an upload here with POST").with(header::ALLOW, "POST, OPTIONS"))
        }
        _ => Err(Refusal::new(405, "method", "an upload takes HEAD, PATCH and DELETE")
            .with(header::ALLOW, "HEAD, PATCH, DELETE, OPTIONS")),
    }
}

/// The method that is meant: clients that cannot send PATCH say so in a header.
fn overridden(parts: &Parts) -> Result<Method, Refusal> {
    let Some(meant) = parts.headers.get("x-http-method-override") else { return Ok(parts.method.clone()) };
    Method::from_bytes(meant.as_bytes()).map_err(|_| Refusal::bad("method", "X-HTTP-Method-Override names no method"))
}

fn options(app: &App) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    headers.insert("tus-version", HeaderValue::from_static(VERSION));
    headers.insert("tus-extension", HeaderValue::from_static(EXTENSIONS));
    headers.insert("tus-max-size", HeaderValue::from(app.config.max_upload));
    headers.insert("tus-checksum-algorithm", HeaderValue::from_static("sha1,sha256,blake3"));
    response
}

/// When an upload that got a byte now will be due to go.
fn expires(app: &App) -> i64 {
    clock::unix_now().saturating_add(i64::try_from(app.config.expiry.as_secs()).unwrap_or(i64::MAX / 2))
}

/// What every successful reply says of an upload.
fn describe(app: &App, upload: &Upload, headers: &mut HeaderMap) {
    headers.insert("upload-offset", HeaderValue::from(upload.offset));
    if upload.state == State::Open {
        let at = std::time::UNIX_EPOCH
            + std::time::Duration::from_secs(u64::try_from(upload.expires).unwrap_or(0).min(1 << 37));
        if let Ok(value) = HeaderValue::from_str(&httpdate::fmt_http_date(at)) {
            headers.insert("upload-expires", value);
        }
    }
    if let Some(receipt) = receipt(app, upload)
        && let Ok(value) = HeaderValue::from_str(&receipt)
    {
        headers.insert(HeaderName::from_static(protocol::RECEIPT), value);
    }
}

/// The receipt of a complete upload whose client gave a nonce.
fn receipt(app: &App, upload: &Upload) -> Option<String> {
    let (Some(nonce), Some(hash), Some(time), State::Complete) =
        (upload.nonce, upload.hash, upload.completed, upload.state)
    else {
        return None;
    };
    let (account, id, length) = (&upload.account, &upload.id, upload.offset);
    Some(app.signer.receipt(crate::signing::Promise { account, upload: id, nonce, hash, length, time }))
}

/// What is wrong with an upload that can take no more bytes; `Ok` for one that is open or complete.
fn usable(upload: &Upload) -> Result<(), Refusal> {
    match upload.state {
        State::Expired => {
            Err(Refusal::new(410, "expired", "this upload's bytes are gone, or it was left too long: create it anew")
                .closing())
        }
        State::Mismatch => Err(mismatch()),
        State::Open if upload.is_unwanted() => Err(unwanted()),
        State::Open if upload.expires <= clock::unix_now() => {
            Err(Refusal::new(410, "expired", "this upload was left too long: create it anew").closing())
        }
        State::Open | State::Complete => Ok(()),
    }
}

fn mismatch() -> Refusal {
    let says = "the bytes that came are not those that Satchel-Hash announced: delete this upload, and create it anew";
    Refusal::new(crate::refusal::CHECKSUM_MISMATCH, "hash_mismatch", says).closing()
}

fn unwanted() -> Refusal {
    Refusal::new(410, "expired", "what this upload brings was deleted here").closing()
}

fn unknown() -> Refusal {
    Refusal::new(404, "no_such_upload", "there is no such upload for this account").closing()
}
