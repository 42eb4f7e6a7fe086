//! `GET /media/{asset}/{part}`: the bytes of a part, to look at or to keep.
//!
//! Only types that cannot carry a script are named as such; all else is a download of unknown type. Every
//! reply is sandboxed besides, should a browser open it as a page.

use std::io::SeekFrom;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Response};
use hyper::StatusCode;
use hyper::header::{self, HeaderMap, HeaderValue};
use serde::Deserialize;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
use tokio_util::io::ReaderStream;

use super::viewer::Viewer;
use crate::refusal::Refusal;
use crate::server::App;
use crate::store::StoreError;
use crate::store::assets::{self, PartView};

const SAFE: &[&str] = &[
    "image/jpeg",
    "image/png",
    "image/webp",
    "image/gif",
    "image/heic",
    "image/heif",
    "image/avif",
    "video/mp4",
    "video/quicktime",
    "video/webm",
];
const POLICY: &str = "sandbox; default-src 'none'; frame-ancestors 'none'";

#[derive(Deserialize)]
pub(super) struct Wanted {
    /// There when the part is to be kept, under its original name.
    download: Option<String>,
}

pub(super) async fn serve(
    _: Viewer,
    State(app): State<Arc<App>>,
    Path((id, position)): Path<(i64, u32)>,
    Query(wanted): Query<Wanted>,
    asked: HeaderMap,
) -> Result<Response, Refusal> {
    let gone = || Refusal::new(404, "no_such_part", "these bytes are not here");
    let view = app.store.read(move |c| assets::one(c, id)).await?.ok_or_else(gone)?;
    let part = view.parts.into_iter().find(|p| p.position == position && p.here).ok_or_else(gone)?;
    let tag = format!("\"{}\"", part.hash);
    let mut response = if asked.get(header::IF_NONE_MATCH).is_some_and(|t| t.as_bytes() == tag.as_bytes()) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        body(&app, &part, asked.get(header::RANGE)).await?
    };
    let safe = SAFE.iter().find(|t| part.media_type.eq_ignore_ascii_case(t));
    let keep = wanted.download.is_some() || safe.is_none();
    let headers = response.headers_mut();
    let mut set = |name, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    set(header::CONTENT_TYPE, safe.copied().unwrap_or("application/octet-stream"));
    set(header::CONTENT_DISPOSITION, &disposition(keep, &part.name));
    set(header::CONTENT_SECURITY_POLICY, POLICY);
    set(header::CACHE_CONTROL, "private, max-age=86400");
    set(header::ETAG, &tag);
    set(header::ACCEPT_RANGES, "bytes");
    Ok(response)
}

/// The bytes asked for: all, or the one range that a video player wants (RFC 9110 §14.2).
async fn body(app: &App, part: &PartView, range: Option<&HeaderValue>) -> Result<Response, Refusal> {
    let mut file = tokio::fs::File::open(app.blobs.path(&part.hash)).await.map_err(StoreError::from)?;
    let length = file.metadata().await.map_err(StoreError::from)?.len();
    let Some(asked) = range.and_then(|r| r.to_str().ok()).and_then(|r| ranged(r, length)) else {
        let mut response = Body::from_stream(ReaderStream::with_capacity(file, 64 * 1024)).into_response();
        response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
        return Ok(response);
    };
    let Some((first, last)) = asked else {
        return Err(Refusal::new(416, "range", "there are no such bytes")
            .with(header::CONTENT_RANGE, &format!("bytes */{length}")));
    };
    file.seek(SeekFrom::Start(first)).await.map_err(StoreError::from)?;
    let count = last - first + 1;
    let mut response = Body::from_stream(ReaderStream::with_capacity(file.take(count), 64 * 1024)).into_response();
    *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(count));
    if let Ok(value) = HeaderValue::from_str(&format!("bytes {first}-{last}/{length}")) {
        response.headers_mut().insert(header::CONTENT_RANGE, value);
    }
    Ok(response)
}

/// `None`: not a range that is understood, so that all is sent. `Some(None)`: beyond the end.
fn ranged(text: &str, length: u64) -> Option<Option<(u64, u64)>> {
    let (first, last) = text.strip_prefix("bytes=")?.split_once('-')?;
    let (first, last) = match (first.trim(), last.trim()) {
        ("", suffix) => (length.saturating_sub(suffix.parse::<u64>().ok().filter(|s| *s > 0)?), length.checked_sub(1)?),
        (first, "") => (first.parse().ok()?, length.checked_sub(1)?),
        (first, last) => (first.parse().ok()?, last.parse::<u64>().ok()?.min(length.checked_sub(1)?)),
    };
    Some((first <= last).then_some((first, last)))
}

/// The name in both forms of RFC 6266: plain for old clients, UTF-8 for the others.
fn disposition(keep: bool, name: &str) -> String {
    let kind = if keep { "attachment" } else { "inline" };
    let plain: String = name
        .chars()
        .map(|c| if c.is_ascii_graphic() && !"\"\\/%;".contains(c) || c == ' ' { c } else { '_' })
        .collect();
    let mut full = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            full.push(char::from(byte));
        } else {
            full.push_str(&format!("%{byte:02X}"));
        }
    }
    format!("{kind}; filename=\"{plain}\"; filename*=UTF-8''{full}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_the_rfc_says() {
        assert_eq!(ranged("bytes=0-1", 10), Some(Some((0, 1))));
        assert_eq!(ranged("bytes=4-", 10), Some(Some((4, 9))));
        assert_eq!(ranged("bytes=-3", 10), Some(Some((7, 9))));
        assert_eq!(ranged("bytes=2-99", 10), Some(Some((2, 9))));
        assert_eq!(ranged("bytes=10-", 10), Some(None));
        assert_eq!(ranged("lines=1-2", 10), None);
        assert_eq!(ranged("bytes=0-1,4-5", 10), None);
    }

    #[test]
    fn a_name_cannot_break_out_of_its_header() {
        assert_eq!(
            disposition(true, "a\"\r\n;é.jpg"),
            "attachment; filename=\"a_____.jpg\"; filename*=UTF-8''a%22%0D%0A%3B%C3%A9.jpg"
        );
    }
}
