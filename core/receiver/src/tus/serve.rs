//! `HEAD`, `PATCH` and `DELETE` of one upload.

use std::sync::Arc;

use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use hyper::StatusCode;
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};

use super::headers::{self, Checksum};
use super::{describe, finish, receive, unknown, usable};
use crate::held;
use crate::refusal::Refusal;
use crate::server::App;
use crate::slots::Turn;
use crate::store::StoreError;
use crate::store::people::Caller;
use crate::store::uploads::{self, State, Upload};

async fn find(app: &App, caller: &Caller, id: &str) -> Result<Upload, Refusal> {
    let (account, id) = (caller.account.clone(), id.to_owned());
    app.store.read(move |c| uploads::find(c, &account, &id)).await?.ok_or_else(unknown)
}

/// Stops a writer that is stale, and reads what it left. Only an upload that is still open comes with a turn;
/// one that is complete had its blob looked at.
pub(super) async fn take_over(app: &App, caller: &Caller, id: &str) -> Result<(Upload, Option<Turn>), Refusal> {
    let upload = find(app, caller, id).await?;
    if held::is_lost(app, &upload).await? {
        return Ok((find(app, caller, id).await?, None));
    }
    if upload.state != State::Open {
        return Ok((upload, None));
    }
    let turn = app.slots.take(id).await?;
    let upload = find(app, caller, id).await?;
    let turn = (upload.state == State::Open).then_some(turn);
    Ok((upload, turn))
}

pub(super) async fn head(app: &Arc<App>, caller: &Caller, id: &str) -> Result<Response, Refusal> {
    let (mut upload, turn) = take_over(app, caller, id).await?;
    usable(&upload)?;
    if let Some(mut turn) = turn {
        finish::finish(app, &mut turn, &mut upload).await?;
    }
    let mut response = StatusCode::OK.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    match upload.length {
        Some(length) => headers.insert("upload-length", HeaderValue::from(length)),
        None => headers.insert("upload-defer-length", HeaderValue::from_static("1")),
    };
    if let Some(metadata) = upload.metadata.as_deref().and_then(|m| HeaderValue::from_str(m).ok()) {
        headers.insert("upload-metadata", metadata);
    }
    describe(app, &upload, headers);
    Ok(response)
}

pub(super) async fn patch(
    app: &Arc<App>,
    caller: &Caller,
    id: &str,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    headers::offset_type(headers)?;
    let from = headers::number(headers, "upload-offset")?
        .ok_or_else(|| Refusal::bad("offset", "a PATCH needs Upload-Offset").closing())?;
    let checksum = Checksum::read(headers)?;
    let said = headers::number(headers, "upload-length")?;
    headers::within(said, app.config.max_upload)?;

    let (mut upload, turn) = take_over(app, caller, id).await?;
    usable(&upload)?;
    if let Some(length) = said {
        agree_on_length(app, &mut upload, length).await?;
    }
    let Some(mut turn) = turn else { return after_completion(app, &upload, from, headers, &body) };
    if from != upload.offset {
        return Err(wrong_offset(&upload));
    }
    let limit = upload.length.unwrap_or(app.config.max_upload);
    if headers::number(headers, "content-length")?.is_some_and(|l| l > limit - from) {
        return Err(Refusal::new(413, "surplus", "the body is longer than what this upload still lacks").closing());
    }
    receive::receive(app, &mut turn, &mut upload, body, 0, checksum).await?;
    finish::finish(app, &mut turn, &mut upload).await?;
    Ok(advanced(app, &upload))
}

/// A PATCH of nothing at the end of a complete upload is fine, and gets the receipt; anything else is at a wrong offset.
fn after_completion(
    app: &App,
    upload: &Upload,
    from: u64,
    headers: &HeaderMap,
    body: &Body,
) -> Result<Response, Refusal> {
    if from != upload.offset {
        return Err(wrong_offset(upload));
    }
    if headers::has_body(headers, body) {
        return Err(Refusal::new(413, "surplus", "this upload is complete already").closing());
    }
    Ok(advanced(app, upload))
}

fn advanced(app: &App, upload: &Upload) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    describe(app, upload, response.headers_mut());
    response
}

fn wrong_offset(upload: &Upload) -> Refusal {
    let offset = upload.offset.to_string();
    let says = format!("this upload goes on at byte {offset}");
    Refusal::new(409, "offset", says).with(HeaderName::from_static("upload-offset"), &offset).closing()
}

async fn agree_on_length(app: &App, upload: &mut Upload, length: u64) -> Result<(), Refusal> {
    match upload.length {
        Some(known) if known == length => Ok(()),
        Some(known) => {
            Err(Refusal::bad("length", format!("this upload has {known} bytes; its length cannot change")).closing())
        }
        None if length < upload.offset => {
            Err(Refusal::bad("length", "more bytes are here already than Upload-Length says").closing())
        }
        None => {
            let id = upload.id.clone();
            app.store.write(move |tx| uploads::set_length(tx, &id, length)).await?;
            upload.length = Some(length);
            Ok(())
        }
    }
}

pub(super) async fn delete(app: &Arc<App>, caller: &Caller, id: &str) -> Result<Response, Refusal> {
    let (upload, _turn) = take_over(app, caller, id).await?;
    match upload.state {
        State::Complete => {
            return Err(Refusal::new(
                403,
                "complete",
                "a complete upload is the receiver's: someone who is logged in to its page can delete it",
            ));
        }
        State::Expired => usable(&upload)?,
        State::Open | State::Mismatch => {}
    }
    let id = upload.id.clone();
    app.store.write(move |tx| uploads::remove(tx, &id)).await?;
    app.blobs.remove_incoming(&upload.id).map_err(StoreError::from)?;
    app.slots.forget(&upload.id);
    Ok(StatusCode::NO_CONTENT.into_response())
}
