//! A request that is refused: which status, and what to do about it, for people and for programs.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::{StatusCode, http};

use crate::store::StoreError;

/// tus 1.0, extension checksum: the bytes are not what the checksum says.
pub(crate) const CHECKSUM_MISMATCH: u16 = 460;

/// An answer that says no. Its body is `{"error": kind, "message": …}`.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: StatusCode,
    kind: &'static str,
    message: String,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Refusal {
    pub(crate) fn new(status: u16, kind: &'static str, message: impl Into<String>) -> Self {
        let status = StatusCode::from_u16(status).expect("statuses are written as literals of three digits");
        Self { status, kind, message: message.into(), headers: Vec::new() }
    }

    pub(crate) fn bad(kind: &'static str, message: impl Into<String>) -> Self {
        Self::new(400, kind, message)
    }

    /// Adds a header; a value that cannot be one is left out.
    pub(crate) fn with(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.push((name, value));
        }
        self
    }

    /// Asks for the connection to end: the rest of the request's body will not be read.
    pub(crate) fn closing(self) -> Self {
        self.with(header::CONNECTION, "close")
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "a request failed");
        if error.is_full() {
            return Self::new(
                507,
                "full",
                "the receiver's disk is full; what it acknowledged is safe, try again when there is room",
            );
        }
        Self::new(500, "trouble", "the receiver could not store this; its log says why, try again later")
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = serde_json::json!({ "error": self.kind, "message": self.message }).to_string();
        let mut response = http::Response::new(Body::from(body));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        for (name, value) in self.headers {
            headers.insert(name, value);
        }
        response
    }
}
