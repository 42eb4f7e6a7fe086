//! HTTP/1.1 from the server's side, byte by byte: a small reader of requests that leaves the reply to
//! whoever wants to tell lies in it.

use std::io;

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::stream::Stream;

/// The longest request head that is read, in bytes.
const LONGEST_HEAD: usize = 64 * 1024;

/// What a request says before its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) method: String,
    pub(crate) path: String,
    /// Names in lower case, in the order of their arrival.
    pub(crate) headers: Vec<(String, String)>,
}

impl Head {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// As it is passed on, on a connection that ends after the answer.
    pub(crate) fn on_the_wire(&self) -> Vec<u8> {
        let mut text = format!("{} {} HTTP/1.1\r\n", self.method, self.path);
        for (name, value) in self.headers.iter().filter(|(name, _)| name != "connection") {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str("connection: close\r\n\r\n");
        text.into_bytes()
    }

    fn parse(text: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(text).ok()?;
        let mut lines = text.split("\r\n");
        let mut request = lines.next()?.split(' ');
        let (method, path) = (request.next()?.to_owned(), request.next()?.to_owned());
        let headers = lines.map(|line| {
            let (name, value) = line.split_once(':')?;
            Some((name.to_ascii_lowercase(), value.trim().to_owned()))
        });
        Some(Self { method, path, headers: headers.collect::<Option<_>>()? })
    }
}

/// How much of the body is still to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rest {
    None,
    Length(u64),
    /// Left of the current chunk (RFC 9112 section 7.1).
    Chunk(u64),
}

/// A connection with a client that sends one request after the other.
#[derive(Debug)]
pub(crate) struct Talk {
    pub(crate) stream: Stream,
    buffer: BytesMut,
    rest: Rest,
    wants_continue: bool,
}

impl Talk {
    pub(crate) fn new(stream: Stream) -> Self {
        Self { stream, buffer: BytesMut::with_capacity(16 * 1024), rest: Rest::None, wants_continue: false }
    }

    /// The next request's head. None where the client closed in between.
    pub(crate) async fn head(&mut self) -> io::Result<Option<Head>> {
        let end = loop {
            if let Some(end) = self.buffer.windows(4).position(|end| end == b"\r\n\r\n") {
                break end;
            }
            if self.buffer.len() > LONGEST_HEAD {
                return Err(invalid("a request head without an end"));
            }
            if self.fill().await? == 0 {
                return if self.buffer.is_empty() { Ok(None) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
            }
        };
        let text = self.buffer.split_to(end);
        self.buffer.advance(4);
        let head = Head::parse(&text).ok_or_else(|| invalid("not a request"))?;
        let chunked = head.header("transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked"));
        self.rest = match head.header("content-length") {
            _ if chunked => Rest::Chunk(0),
            Some(length) => Rest::Length(length.parse().map_err(|_| invalid("not a length"))?),
            None => Rest::None,
        };
        self.wants_continue = head.header("expect").is_some_and(|what| what.eq_ignore_ascii_case("100-continue"));
        Ok(Some(head))
    }

    /// Whether the whole body was read.
    pub(crate) fn body_is_read(&self) -> bool {
        matches!(self.rest, Rest::None | Rest::Length(0))
    }

    /// The next bytes of the body, as they come. None at its end.
    pub(crate) async fn body(&mut self) -> io::Result<Option<Bytes>> {
        if self.body_is_read() {
            return Ok(None);
        }
        if std::mem::take(&mut self.wants_continue) {
            self.stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
        }
        if self.rest == Rest::Chunk(0) {
            match self.chunk_length().await? {
                0 => {
                    // No trailers: the empty line ends the body.
                    self.line().await?;
                    self.rest = Rest::None;
                    return Ok(None);
                }
                length => self.rest = Rest::Chunk(length),
            }
        }
        if self.buffer.is_empty() && self.fill().await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let (Rest::Length(left) | Rest::Chunk(left)) = &mut self.rest else { return Ok(None) };
        let taken = self.buffer.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
        *left -= taken as u64;
        let bytes = self.buffer.split_to(taken).freeze();
        if self.rest == Rest::Chunk(0) {
            self.line().await?;
        }
        Ok(Some(bytes))
    }

    async fn chunk_length(&mut self) -> io::Result<u64> {
        let line = self.line().await?;
        let digits = line.split(|b| *b == b';').next().unwrap_or_default();
        let digits = std::str::from_utf8(digits).map_err(|_| invalid("not a chunk"))?;
        u64::from_str_radix(digits.trim(), 16).map_err(|_| invalid("not a chunk's length"))
    }

    async fn line(&mut self) -> io::Result<Bytes> {
        loop {
            if let Some(end) = self.buffer.windows(2).position(|end| end == b"\r\n") {
                let line = self.buffer.split_to(end).freeze();
                self.buffer.advance(2);
                return Ok(line);
            }
            if self.buffer.len() > LONGEST_HEAD {
                return Err(invalid("a line without an end"));
            }
            if self.fill().await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }

    async fn fill(&mut self) -> io::Result<usize> {
        self.buffer.reserve(16 * 1024);
        self.stream.read_buf(&mut self.buffer).await
    }
}

fn invalid(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// The usual words for a status.
pub(crate) fn reason(status: u16) -> &'static str {
    match status {
        100 => "Continue",
        200 => "OK",
        201 => "Created",
        204 => "No Content",
        301 => "Moved Permanently",
        302 => "Found",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        410 => "Gone",
        412 => "Precondition Failed",
        413 => "Content Too Large",
        415 => "Unsupported Media Type",
        423 => "Locked",
        429 => "Too Many Requests",
        451 => "Unavailable For Legal Reasons",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        511 => "Network Authentication Required",
        _ => "Notice",
    }
}
