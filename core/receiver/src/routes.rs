//! Which address leads where, and the headers that its replies carry.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use hyper::Request;
use hyper::header::{self, HeaderName, HeaderValue};

use crate::refusal::Refusal;
use crate::server::App;
use crate::{api, page, tus};

/// What a page may load: itself. Nothing inline, nothing from elsewhere, not in a frame.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; connect-src 'self'; \
                      manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

pub(crate) fn routes(app: Arc<App>) -> Router {
    let files = any(|State(app): State<Arc<App>>, request: Request<axum::body::Body>| async move {
        tus::handle(app, request).await
    });
    Router::new()
        .route("/files", files.clone())
        .route("/files/", files.clone())
        .route("/files/{*id}", files)
        .merge(api::routes())
        .merge(page::routes())
        .fallback(|| async { Refusal::new(404, "no_such_address", "there is nothing at this address") })
        .method_not_allowed_fallback(|| async { Refusal::new(405, "method", "this address takes another method") })
        .layer(middleware::from_fn(every_reply))
        .with_state(app)
}

async fn every_reply(request: Request<axum::body::Body>, next: Next) -> Response {
    let path = request.uri().path();
    let below = |root: &str| path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let (documents, uploads) = (below("/v1"), below("/files"));
    let mut response = next.run(request).await.into_response();
    if documents {
        api::mark(&mut response);
    }
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if documents || uploads {
        // No browser reads these, and on a phone's link each header costs.
        return response;
    }
    let fixed = [
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("x-frame-options"), "DENY"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(POLICY));
    response
}
