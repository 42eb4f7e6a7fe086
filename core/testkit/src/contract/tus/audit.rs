//! What a tus server may expect of a Satchel client, checked at each request.

use satchel_kernel::gate::Grade;
use satchel_kernel::outcome::{Method, Reply, Request, Segment};
use satchel_kernel::protocol;

use super::super::header;

/// The largest PATCH that may carry a checksum: a server must throw away the whole of one that is cut.
const LARGEST_CHECKED: u64 = 64 << 20;

/// What the client was told so far.
#[derive(Debug, Clone)]
pub(super) struct Audit {
    satchel: bool,
    /// The upload that the client was told of, and where it may go on: unknown after a restart, until it asks.
    upload: Option<String>,
    offset: Option<u64>,
    /// The client may treat this upload as gone.
    gone: bool,
    /// A word without identity that it is gone; only another connection's makes it two.
    gone_unproven: bool,
    /// A proven word that the whole has another hash.
    mismatch: bool,
    pub(super) abandoning: bool,
    pub(super) told: u64,
}

impl Audit {
    pub(super) fn new(satchel: bool) -> Self {
        Self {
            satchel,
            upload: None,
            offset: None,
            gone: false,
            gone_unproven: false,
            mismatch: false,
            abandoning: false,
            told: 0,
        }
    }

    pub(super) fn request(&mut self, request: &Request) -> Result<(), String> {
        if header(request, "tus-resumable") != Some("1.0.0") {
            return Err("a request without Tus-Resumable".into());
        }
        match request.method {
            Method::Post => self.creation(request),
            Method::Patch => self.patch(request),
            Method::Head | Method::Options => Ok(()),
            Method::Delete if self.abandoning || self.mismatch => Ok(()),
            Method::Delete => Err("DELETE without a proven 460 and without being asked to give up".into()),
            Method::Get | Method::Put => Err(format!("{} is not tus", request.method.as_str())),
        }
    }

    fn creation(&mut self, request: &Request) -> Result<(), String> {
        if self.upload.is_some() && !self.gone && !self.mismatch {
            return Err("a new upload although the last one is not known to be gone".into());
        }
        if !self.satchel && request.body_len() > 0 {
            return Err("first bytes in a creation that is not idempotent".into());
        }
        if self.satchel && header(request, protocol::IDEMPOTENCY_KEY).is_none() {
            return Err("a creation without the client's key".into());
        }
        Ok(())
    }

    fn patch(&mut self, request: &Request) -> Result<(), String> {
        let from: Option<u64> = header(request, "upload-offset").and_then(|o| o.parse().ok());
        if from.is_none() || from != self.offset {
            return Err(format!("PATCH from {from:?}, but the server's last word in this life is {:?}", self.offset));
        }
        match request.body[..] {
            [Segment::Blob(ref range)] if Some(range.start) == from && range.start < range.end => {}
            ref other => return Err(format!("PATCH from {from:?} with the body {other:?}")),
        }
        if header(request, "upload-checksum").is_some() && request.body_len() > LARGEST_CHECKED {
            return Err("Upload-Checksum on an unbounded PATCH".into());
        }
        Ok(())
    }

    pub(super) fn heard(&mut self, request: &Request, reply: &Reply, grade: Grade) {
        let offset = reply.headers.get_u64("upload-offset");
        match (request.method, reply.status) {
            (Method::Post, 201) => {
                let location = reply.headers.get("location").and_then(|l| request.url.join(l).ok());
                // One elsewhere, which the target does not list, is none.
                let location = location.filter(|l| l.origin() == request.url.origin());
                self.upload = location.map(|l| l.to_string());
                // A creation without bytes is at 0 even if the server does not say so.
                self.offset = offset.or((request.body_len() == 0).then_some(0));
                (self.gone, self.gone_unproven, self.mismatch) = (false, false, false);
            }
            (Method::Head, 200 | 204) | (Method::Patch, 204) => {
                (self.offset, self.gone_unproven) = (offset, false);
            }
            (Method::Head | Method::Patch, 404 | 410) => {
                let second = self.gone_unproven && request.fresh_connection;
                self.gone |= grade == Grade::Proven || second;
                self.gone_unproven = !self.gone;
            }
            (Method::Post, 410) => self.gone |= grade == Grade::Proven,
            (_, 460) => self.mismatch |= grade == Grade::Proven,
            _ => {}
        }
        self.told = self.told.max(self.offset.unwrap_or(0));
    }

    pub(super) fn restarted(&mut self) {
        self.offset = None;
    }
}
