//! What the wire machines ask for, and what came of it: the vocabulary between the kernel and whoever
//! speaks HTTP for it (the engine, or the host's own system).

use std::ops::Range;

use serde::{Deserialize, Serialize};
use url::Url;

/// The methods that Satchel uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[allow(missing_docs)]
pub enum Method {
    Get,
    Head,
    Post,
    Put,
    Patch,
    Delete,
    Options,
}

impl Method {
    /// As it stands in a request line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Options => "OPTIONS",
        }
    }
}

/// A piece of a request's body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Segment {
    /// These bytes.
    Bytes(Vec<u8>),
    /// These bytes of the payload's blob.
    Blob(Range<u64>),
}

impl Segment {
    /// Length in bytes.
    pub fn len(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Blob(range) => range.end.saturating_sub(range.start),
        }
    }
    /// True when it holds no byte.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// By which signs a reply is known to be the protocol's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Marks {
    /// `Tus-Resumable`, with `Location` or `Upload-Offset` on success.
    Tus,
    /// `Satchel-Version`.
    Satchel,
}

/// How long to wait for what, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timers {
    /// Without a byte of progress while the body is sent.
    pub stall_ms: u64,
    /// From the body's last byte to the reply.
    pub reply_ms: u64,
}

/// One HTTP request. The credential is not in it: it is put on when the request is sent, and only when
/// `authorize` is set and the URL's origin is one of the target's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Method.
    pub method: Method,
    /// Absolute; redirects are not followed.
    pub url: Url,
    /// Names in lower case. `Content-Length` follows from the body.
    pub headers: Vec<(String, String)>,
    /// In this order.
    pub body: Vec<Segment>,
    /// The signs of a genuine reply.
    pub marks: Marks,
    /// Whether the target's credential goes along.
    pub authorize: bool,
    /// Must not reuse a connection: its word is to be a second one.
    pub fresh_connection: bool,
    /// How long to wait.
    pub timers: Timers,
}

impl Request {
    /// Length of the body in bytes.
    pub fn body_len(&self) -> u64 {
        self.body.iter().map(Segment::len).sum()
    }
}

/// What is known of who replied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Identity {
    /// TLS, by a trusted root or by the key pinned at pairing.
    Proved,
    /// Plain HTTP: anyone on the way may have written it.
    None,
    /// The host cannot tell. Treated as none.
    Unknown,
}

/// Reply headers; names in lower case.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Headers(pub Vec<(String, String)>);

impl Headers {
    /// The value of a header that must not be repeated; `None` when it is missing or contradicts itself.
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut values = self.0.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.trim());
        let first = values.next()?;
        values.all(|v| v == first).then_some(first)
    }

    /// A count of bytes: decimal digits only, no sign.
    pub fn get_u64(&self, name: &str) -> Option<u64> {
        let text = self.get(name)?;
        (!text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
    }
}

/// The most of a reply's body that is kept.
pub const MAX_BODY: usize = 64 * 1024;

/// A reply as it came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// The URL that answered.
    pub url: Url,
    /// Who answered.
    pub identity: Identity,
    /// Status code.
    pub status: u16,
    /// Headers.
    pub headers: Headers,
    /// At most [`MAX_BODY`] bytes of the body.
    pub body: Vec<u8>,
}

/// Why no reply came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cut {
    /// The name has no address, as far as the network says.
    NoAddress,
    /// No connection was made: refused, unreachable, or not in time.
    NoConnection,
    /// TLS failed over the peer's certificate: it is not who it should be.
    Certificate,
    /// TLS failed otherwise.
    Handshake,
    /// The connection broke.
    Reset,
    /// Nothing moved for [`Timers::stall_ms`].
    Stalled,
    /// The body was sent and no reply came for [`Timers::reply_ms`].
    NoReply,
    /// What came was not HTTP.
    Garbage,
    /// We ended it: the link changed, the run ended, or the person paused.
    Stopped,
    /// We ended it: what it was allowed to cost is used up.
    Spent,
    /// We ended it: the source is no longer the file that was hashed.
    SourceChanged,
    /// We ended it: the source could not be read.
    SourceUnreadable,
}

/// What came of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// A reply came.
    Reply {
        /// Body bytes that were handed to the socket before it came.
        sent: u64,
        /// The reply.
        reply: Reply,
    },
    /// None came.
    Cut {
        /// Body bytes that were handed to the socket: no byte beyond them can have arrived.
        sent: u64,
        /// Why.
        cut: Cut,
    },
}

impl Outcome {
    /// Body bytes that were handed to the socket.
    pub fn sent(&self) -> u64 {
        match self {
            Self::Reply { sent, .. } | Self::Cut { sent, .. } => *sent,
        }
    }
}
