//! `POST /files/`: a new upload, or the one that this client created under the same key before.
//!
//! A client that did not hear the first answer asks again with its key and gets the same upload: a 201 that
//! is lost on the way does not double a photo. A body, here as there, begins at byte 0; what is here already is skipped.

use std::sync::Arc;

use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use hyper::StatusCode;
use hyper::header::{self, HeaderMap, HeaderValue};
use satchel_kernel::protocol::FILES_PATH;

use super::headers::{self, Creation};
use super::{describe, expires, finish, receive, serve, unwanted, usable};
use crate::refusal::Refusal;
use crate::server::App;
use crate::slots::Turn;
use crate::store::people::Caller;
use crate::store::uploads::{self, State, Upload};
use crate::store::{assets, holdings};
use crate::{chance, clock, held};

enum Made {
    Fresh {
        upload: Upload,
        /// Taken before anyone else could hear of the upload.
        turn: Turn,
        /// One of the same key that was left too long.
        stale: Option<String>,
    },
    Known(Upload),
}

pub(super) async fn create(
    app: &Arc<App>,
    caller: &Caller,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let creation = Creation::read(headers, app.config.max_upload)?;
    let with_bytes = headers::has_body(headers, &body);
    if with_bytes {
        headers::offset_type(headers)?;
        let announced = headers::number(headers, "content-length")?;
        if let (Some(announced), Some(length)) = (announced, creation.length)
            && announced > length
        {
            return Err(Refusal::new(413, "surplus", "the body is longer than Upload-Length says").closing());
        }
    }
    let mut made = make(app, caller, &creation).await?;
    // A key whose blob was lost is free again.
    if let Made::Known(known) = &made
        && held::is_lost(app, known).await?
    {
        made = make(app, caller, &creation).await?;
    }
    let (mut upload, turn) = match made {
        Made::Fresh { upload, turn, stale } => {
            if let Some(stale) = stale {
                app.slots.forget(&stale);
                app.blobs.remove_incoming(&stale).map_err(crate::store::StoreError::from)?;
            }
            (upload, Some(turn))
        }
        Made::Known(upload) if upload.length != creation.length || upload.claimed != creation.hash => {
            return Err(Refusal::new(
                409,
                "other_upload",
                "this Idempotency-Key names an upload of another length or hash: choose a new key",
            )
            .closing());
        }
        // What the first request brought counts: it is stopped, and its last bytes are in the answer.
        Made::Known(upload) => serve::take_over(app, caller, &upload.id).await?,
    };
    usable(&upload)?;
    if let Some(mut turn) = turn {
        if with_bytes {
            let here = upload.offset;
            receive::receive(app, &mut turn, &mut upload, body, here, creation.checksum).await?;
        }
        finish::finish(app, &mut turn, &mut upload).await?;
    }
    let mut response = StatusCode::CREATED.into_response();
    let location = HeaderValue::from_str(&format!("{FILES_PATH}{}", upload.id)).expect("an upload's id is hexadecimal");
    response.headers_mut().insert(header::LOCATION, location);
    describe(app, &upload, response.headers_mut());
    Ok(response)
}

/// Finds the upload of this key or makes one; in one transaction, so that two requests at once make one upload. None is made
/// for what was deleted here with its post: nobody could stop it any more.
async fn make(app: &App, caller: &Caller, creation: &Creation) -> Result<Made, Refusal> {
    let upload = Upload {
        id: chance::id(),
        account: caller.account.clone(),
        device: caller.device.clone(),
        length: creation.length,
        claimed: creation.hash,
        nonce: creation.nonce,
        metadata: creation.metadata.clone(),
        state: State::Open,
        offset: 0,
        unverified: None,
        expires: expires(app),
        completed: None,
        hash: None,
    };
    let (key, again) = (creation.key.clone(), creation.again);
    let turn = app.slots.take(&upload.id).await?;
    let id = upload.id.clone();
    let made = app.store.write(move |tx| {
        let now = clock::unix_now();
        let mut left = None;
        if let Some(known) = key.as_deref().map(|key| uploads::by_key(tx, &upload.account, key)).transpose()?.flatten()
        {
            if known.state != State::Open || known.expires > now || known.is_unwanted() {
                return Ok(Some(Made::Known(known)));
            }
            left = Some(known.id);
        }
        if let Some(hash) = &upload.claimed {
            if again {
                holdings::undelete(tx, &upload.account, hash)?;
            }
            if assets::is_unwanted(tx, &upload.account, hash)? {
                return Ok(None);
            }
        }
        if let Some(stale) = &left {
            uploads::expire(tx, stale, now + finish::REMEMBER)?;
        }
        uploads::insert(tx, &upload, key.as_deref(), now)?;
        Ok(Some(Made::Fresh { upload, turn, stale: left }))
    });
    let made = made.await;
    if !matches!(made, Ok(Some(Made::Fresh { .. }))) {
        app.slots.forget(&id);
    }
    made?.ok_or_else(unwanted)
}
