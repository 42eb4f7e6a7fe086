//! Everything that may stand in a service's place and is not the service.

use std::fmt;

use super::answer::{Answer, Reply};
use crate::link::WARNING;

/// An answer that is not the service's. None of them may complete or destroy an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FalseAnswer {
    /// A page with that status. A redirect leads to another host.
    Html(u16),
    /// A 200 that says `{"ok":true}`.
    Json,
    /// A 200 whose body never ends.
    EndlessBody,
    /// A 200 whose headers never end.
    EndlessHead,
    /// Bytes that are not HTTP.
    Garbage,
    /// A reset before the request's body is read.
    ResetEarly,
    /// A reset after the request's body was read.
    ResetLate,
    /// An orderly end without a reply.
    Close,
    /// Nothing.
    Silence,
    /// Another certificate than the service's, and a reply that would please. Needs a service over TLS.
    SelfSigned,
}

impl FalseAnswer {
    /// All of them.
    pub const ALL: [Self; 23] = [
        Self::Html(200),
        Self::Html(201),
        Self::Html(204),
        Self::Html(302),
        Self::Html(307),
        Self::Html(308),
        Self::Html(401),
        Self::Html(403),
        Self::Html(404),
        Self::Html(410),
        Self::Html(413),
        Self::Html(451),
        Self::Html(503),
        Self::Html(511),
        Self::Json,
        Self::EndlessBody,
        Self::EndlessHead,
        Self::Garbage,
        Self::ResetEarly,
        Self::ResetLate,
        Self::Close,
        Self::Silence,
        Self::SelfSigned,
    ];

    /// Whether it can only be told by a service over TLS.
    pub fn needs_tls(self) -> bool {
        self == Self::SelfSigned
    }

    /// Whether it leads to another host.
    pub fn redirects(self) -> bool {
        matches!(self, Self::Html(300..400))
    }

    /// The answer, where `elsewhere` is the URL that redirects lead to.
    pub fn answer(self, elsewhere: &str) -> Answer {
        match self {
            Self::Html(status) if self.redirects() => {
                Answer::Reply(Reply::html(status, WARNING).header("Location", elsewhere))
            }
            Self::Html(status) => Answer::Reply(Reply::html(status, WARNING)),
            Self::Json => {
                let reply = Reply::status(200).header("Content-Type", "application/json");
                Answer::Reply(reply.body("{\"ok\":true}"))
            }
            Self::EndlessBody => Answer::EndlessBody,
            Self::EndlessHead => Answer::EndlessHead,
            Self::Garbage => Answer::Garbage(5),
            Self::ResetEarly => Answer::Early(Box::new(Answer::Reset)),
            Self::ResetLate => Answer::Reset,
            Self::Close => Answer::Close,
            Self::Silence => Answer::Silence,
            // Whoever gets this far did not look at the certificate.
            Self::SelfSigned => {
                Answer::Reply(Reply::status(204).header("Tus-Resumable", "1.0.0").header("Upload-Offset", "0"))
            }
        }
    }
}

impl fmt::Display for FalseAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Html(status) => return write!(f, "{status} with HTML"),
            Self::Json => "200 with JSON",
            Self::EndlessBody => "endless body",
            Self::EndlessHead => "endless headers",
            Self::Garbage => "garbage",
            Self::ResetEarly => "reset before the body",
            Self::ResetLate => "reset after the body",
            Self::Close => "end without a reply",
            Self::Silence => "silence",
            Self::SelfSigned => "self-signed certificate",
        })
    }
}
