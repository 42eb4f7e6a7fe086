//! The requests of tus 1.0, as this machine makes them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use url::Url;

use super::super::{Algorithm, Job};
use crate::ids::UploadKey;
use crate::outcome::{Marks, Method, Request, Segment};
use crate::protocol;

fn request(job: &Job, method: Method, url: &Url, body: u64, end: u64) -> Request {
    let mut headers = job.headers.clone();
    headers.push(("tus-resumable".into(), "1.0.0".into()));
    Request {
        method,
        url: url.clone(),
        headers,
        body: vec![],
        marks: Marks::Tus,
        authorize: true,
        fresh_connection: false,
        timers: job.patience.timers(body, end),
    }
}

/// Creation. `body` is how many first bytes go along: 0 unless creating twice is harmless.
pub(super) fn create(job: &Job, key: UploadKey, body: u64) -> Request {
    let mut request = request(job, Method::Post, &job.create, body, body);
    let headers = &mut request.headers;
    headers.push(("upload-length".into(), job.length.to_string()));
    if !job.metadata.is_empty() {
        headers.push(("upload-metadata".into(), metadata(&job.metadata)));
    }
    if job.satchel {
        headers.push((protocol::IDEMPOTENCY_KEY.into(), key.to_string()));
        headers.push((protocol::HASH.into(), job.hash.to_string()));
        headers.push((protocol::NONCE.into(), job.nonce.to_string()));
    }
    if body > 0 {
        headers.push(("content-type".into(), "application/offset+octet-stream".into()));
        request.body = vec![Segment::Blob(0..body)];
    }
    request
}

/// `Upload-Metadata`: key, space, base64 of the value; pairs joined by commas.
fn metadata(pairs: &[(String, String)]) -> String {
    let pair = |(key, value): &(String, String)| match value.as_str() {
        "" => key.clone(),
        value => format!("{key} {}", STANDARD.encode(value)),
    };
    pairs.iter().map(pair).collect::<Vec<_>>().join(",")
}

/// The question how far an upload came.
pub(super) fn head(job: &Job, location: &Url, fresh_connection: bool) -> Request {
    Request { fresh_connection, ..request(job, Method::Head, location, 0, 0) }
}

/// The bytes from `from` to `to`, with their digest where one is asked for.
pub(super) fn patch(job: &Job, location: &Url, from: u64, to: u64, digest: Option<(Algorithm, Vec<u8>)>) -> Request {
    let mut request = request(job, Method::Patch, location, to.saturating_sub(from), to);
    request.headers.push(("upload-offset".into(), from.to_string()));
    request.headers.push(("content-type".into(), "application/offset+octet-stream".into()));
    if let Some((algorithm, digest)) = digest {
        let value = format!("{} {}", algorithm.as_str(), STANDARD.encode(digest));
        request.headers.push(("upload-checksum".into(), value));
    }
    request.body = vec![Segment::Blob(from..to)];
    request
}

/// Termination.
pub(super) fn delete(job: &Job, location: &Url) -> Request {
    request(job, Method::Delete, location, 0, 0)
}
