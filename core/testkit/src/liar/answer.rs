//! What a lying server may say, or not say.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::watch;

use super::host::{self, Next};
use super::log::Entry;
use crate::chance::Chance;
use crate::talk::{Head, Talk, reason};

/// An answer to a request. Unless it says otherwise, the request's body is read to its end first.
#[derive(Debug, Clone)]
pub enum Answer {
    /// A reply as HTTP has it; the connection stays.
    Reply(Reply),
    /// These bytes, whatever they are, and the connection's orderly end.
    Raw(Vec<u8>),
    /// A 200 whose body goes on until the client leaves.
    EndlessBody,
    /// A 200 whose headers go on until the client leaves.
    EndlessHead,
    /// Noise from a seed, and the connection's orderly end.
    Garbage(u64),
    /// A TCP reset.
    Reset,
    /// An orderly end without a reply.
    Close,
    /// Nothing, until the client leaves.
    Silence,
    /// Another answer, without reading the request's body.
    Early(Box<Answer>),
    /// Another answer, once it is released.
    Held(Release, Box<Answer>),
}

/// A reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Its status.
    pub status: u16,
    /// Its headers, without `Content-Length`.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: Vec<u8>,
}

impl Reply {
    /// Without headers and body.
    pub fn status(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    /// A page.
    pub fn html(status: u16, page: &str) -> Self {
        Self::status(status).header("Content-Type", "text/html; charset=utf-8").body(page)
    }

    /// With this header too.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// With this body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// What it is on the wire, as a reply to that method.
    pub(super) fn bytes(&self, method: &str) -> Vec<u8> {
        let mut text = format!("HTTP/1.1 {} {}\r\n", self.status, reason(self.status));
        for (name, value) in &self.headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        // A 204 must have none (RFC 9110 section 8.6). One with a body is a lie, and ends the connection.
        let bodiless = self.status == 204;
        if !bodiless {
            text.push_str(&format!("Content-Length: {}\r\n", self.body.len()));
        }
        if self.ends_connection() {
            text.push_str("Connection: close\r\n");
        }
        text.push_str("\r\n");
        let body = if method == "HEAD" { &[][..] } else { &self.body };
        [text.as_bytes(), body].concat()
    }

    fn ends_connection(&self) -> bool {
        self.status == 204 && !self.body.is_empty()
    }
}

/// Lets held answers go, all at once.
#[derive(Debug, Clone)]
pub struct Release(watch::Sender<bool>);

impl Release {
    /// Nothing is let go yet.
    pub fn new() -> Self {
        Self(watch::Sender::new(false))
    }

    /// Lets go what waits, and what comes.
    pub fn release(&self) {
        self.0.send_replace(true);
    }

    async fn released(&self) {
        // The sender is borrowed for as long as this waits, so this cannot fail.
        let _ = self.0.subscribe().wait_for(|released| *released).await;
    }
}

impl Default for Release {
    fn default() -> Self {
        Self::new()
    }
}

impl Answer {
    pub(super) async fn perform(self, talk: &mut Talk, head: &Head, log: &Entry) -> io::Result<Next> {
        let mut answer = self;
        let mut early = false;
        loop {
            answer = match answer {
                Self::Early(later) => {
                    early = true;
                    *later
                }
                Self::Held(until, later) => {
                    if !early {
                        host::read_whole(talk, log).await?;
                    }
                    until.released().await;
                    *later
                }
                answer => break answer.say(talk, head, log, early).await,
            }
        }
    }

    async fn say(self, talk: &mut Talk, head: &Head, log: &Entry, early: bool) -> io::Result<Next> {
        if !early {
            host::read_whole(talk, log).await?;
        }
        match self {
            Self::Reply(reply) => {
                talk.stream.write_all(&reply.bytes(&head.method)).await?;
                talk.stream.flush().await?;
                Ok(if reply.ends_connection() { Next::Close } else { Next::Listen })
            }
            Self::Raw(bytes) => {
                talk.stream.write_all(&bytes).await?;
                Ok(Next::Close)
            }
            Self::Garbage(seed) => {
                let mut noise = [0; 4096];
                Chance::new(seed).fill(&mut noise);
                talk.stream.write_all(&noise).await?;
                Ok(Next::Close)
            }
            Self::EndlessBody => {
                let start = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n";
                endless(talk, start, b"<p>Please wait.</p>\n").await
            }
            Self::EndlessHead => endless(talk, b"HTTP/1.1 200 OK\r\n", b"X-Please: wait\r\n").await,
            Self::Silence => {
                let mut sink = [0; 4096];
                while talk.stream.read(&mut sink).await? > 0 {}
                Ok(Next::Close)
            }
            Self::Close => Ok(Next::Close),
            // The other two were taken apart before.
            Self::Reset | Self::Early(_) | Self::Held(..) => Ok(Next::Reset),
        }
    }
}

async fn endless(talk: &mut Talk, start: &[u8], line: &[u8]) -> io::Result<Next> {
    talk.stream.write_all(start).await?;
    let lines = line.repeat(512);
    loop {
        talk.stream.write_all(&lines).await?;
    }
}
