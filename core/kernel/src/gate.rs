//! What a reply really was: the service, or something in its place (law 3).
//!
//! Two things tell. **Marks** are headers that only the protocol's server sends. **Identity** is TLS by a
//! trusted root or by the key pinned at pairing. A warning page has neither, a gateway before the service
//! has identity without marks, a bare server over plain HTTP has marks without identity. Only marks with
//! identity prove anything; marks alone advance, at the grade `Unproven`.

use serde::{Deserialize, Serialize};

use crate::outcome::{Cut, Headers, Identity, Marks, Method, Outcome, Reply, Request};
use crate::protocol;

/// How much a genuine-looking reply proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// Marks without identity: may advance, may not destroy on its own.
    Unproven,
    /// Marks and identity.
    Proven,
}

/// What stood in the service's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Imposter {
    /// A page for people: HTML, whatever its status says.
    Page,
    /// A redirect to somewhere else.
    Redirect,
    /// A certificate that is not the service's.
    Certificate,
    /// Something that is not HTTP.
    Garbage,
    /// A reply without the protocol's marks, of no known form.
    Unmarked,
}

/// The gate's word on an outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The protocol's own server spoke.
    Service(Grade),
    /// The right host spoke, but not the protocol's server behind it: it may only change when to try again.
    Gateway,
    /// Somebody else spoke.
    Imposter(Imposter),
    /// Nobody spoke.
    Silence(Cut),
}

impl Verdict {
    /// Whether the service, or its own front door, spoke.
    pub const fn is_authentic(self) -> bool {
        matches!(self, Self::Service(_) | Self::Gateway)
    }
}

/// Judges what came of a request.
pub fn judge(request: &Request, outcome: &Outcome) -> Verdict {
    let reply = match outcome {
        Outcome::Cut { cut: Cut::Certificate, .. } => return Verdict::Imposter(Imposter::Certificate),
        Outcome::Cut { cut: Cut::Garbage, .. } => return Verdict::Imposter(Imposter::Garbage),
        Outcome::Cut { cut, .. } => return Verdict::Silence(*cut),
        Outcome::Reply { reply, .. } => reply,
    };
    if reply.url.origin() != request.url.origin() {
        return Verdict::Imposter(Imposter::Redirect);
    }
    let proved = reply.identity == Identity::Proved;
    match (has_marks(request, reply), proved) {
        (true, true) => Verdict::Service(Grade::Proven),
        (true, false) => Verdict::Service(Grade::Unproven),
        (false, true) => Verdict::Gateway,
        (false, false) => Verdict::Imposter(form(reply)),
    }
}

/// Whether the reply carries every mark that this request's answer must have. A success must be the very
/// status that the protocol names, with its headers; an error needs the protocol's mark alone. A redirect
/// is never the protocol's.
fn has_marks(request: &Request, reply: &Reply) -> bool {
    let headers = &reply.headers;
    match request.marks {
        // tus 1.0: of this answer alone, `Tus-Resumable` is no part.
        Marks::Tus if request.method == Method::Options && reply.status < 400 => {
            let versions = headers.get("tus-version").unwrap_or_default();
            matches!(reply.status, 200 | 204) && versions.split(',').any(|version| version.trim() == "1.0.0")
        }
        Marks::Tus => {
            headers.get("tus-resumable") == Some("1.0.0")
                && match (reply.status, request.method) {
                    (201, Method::Post) => headers.get("location").is_some_and(|l| !l.is_empty()),
                    (200 | 204, Method::Head) | (204, Method::Patch) => has_offset(headers),
                    (204, Method::Delete) => true,
                    (status, _) => status >= 400,
                }
        }
        Marks::Satchel => {
            headers.get(protocol::MARK) == Some(protocol::VERSION) && matches!(reply.status, 200 | 201 | 400..)
        }
    }
}

fn has_offset(headers: &Headers) -> bool {
    headers.get_u64("upload-offset").is_some()
}

/// The form of a reply without marks, for the person and for the evidence.
fn form(reply: &Reply) -> Imposter {
    let html = |h: &Headers| h.get("content-type").is_some_and(|t| t.to_ascii_lowercase().contains("html"));
    let markup = |body: &[u8]| {
        let start = body.iter().position(|b| !b.is_ascii_whitespace()).unwrap_or(body.len());
        let head = &body[start..body.len().min(start + 15)];
        head.to_ascii_lowercase().starts_with(b"<!doctype html") || head.to_ascii_lowercase().starts_with(b"<html")
    };
    match reply.status {
        301 | 302 | 303 | 307 | 308 => Imposter::Redirect,
        _ if html(&reply.headers) || markup(&reply.body) => Imposter::Page,
        _ => Imposter::Unmarked,
    }
}
