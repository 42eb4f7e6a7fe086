//! The true server behind the relay, and the keys with which the relay plays everybody else.

use std::io;
use std::net::SocketAddr;
use std::path::Path;

use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::case::Shown;
use crate::certificate::{Authority, LOCAL_NAMES, SelfSigned, Validity};
use crate::talk::{Head, Talk};

/// The true server.
#[derive(Clone)]
pub struct Upstream {
    address: SocketAddr,
    /// Its own key, and how it is reached with it; none where it speaks plain HTTP.
    tls: Option<(TlsAcceptor, TlsConnector)>,
}

impl Upstream {
    /// A server that speaks plain HTTP.
    pub fn plain(address: SocketAddr) -> Self {
        Self { address, tls: None }
    }

    /// A server that shows this certificate.
    ///
    /// # Errors
    /// Where the certificate cannot be a root.
    pub fn tls(address: SocketAddr, certificate: &SelfSigned) -> io::Result<Self> {
        Ok(Self { address, tls: Some((certificate.acceptor().clone(), certificate.connector()?)) })
    }

    /// A Satchel receiver with this store; `authority`: who vouches for it, if somebody does.
    ///
    /// # Errors
    /// Where the store holds no certificate with its key.
    pub fn receiver(address: SocketAddr, store: &Path, authority: Option<&Authority>) -> io::Result<Self> {
        let own = SelfSigned::of_receiver(store)?;
        let connector = authority.map_or_else(|| own.connector(), Authority::connector)?;
        Ok(Self { address, tls: Some((own.acceptor().clone(), connector)) })
    }

    /// Its own key, over TLS.
    pub(super) fn acceptor(&self) -> Option<&TlsAcceptor> {
        self.tls.as_ref().map(|(acceptor, _)| acceptor)
    }

    /// A connection to it, below TLS.
    pub(super) async fn connect(&self) -> io::Result<TcpStream> {
        let socket = TcpStream::connect(self.address).await?;
        socket.set_nodelay(true)?;
        Ok(socket)
    }

    async fn speak(&self) -> io::Result<Box<dyn Socket>> {
        let socket = self.connect().await?;
        let Some((_, connector)) = &self.tls else { return Ok(Box::new(socket)) };
        let name = ServerName::try_from(LOCAL_NAMES[0]).map_err(io::Error::other)?;
        Ok(Box::new(connector.connect(name, socket).await?))
    }

    /// Hands a request on, on a connection of its own, and returns the whole answer. `heard` gets what the body is.
    pub(super) async fn exchange(
        &self,
        talk: &mut Talk,
        head: &Head,
        mut heard: impl FnMut(&[u8]),
    ) -> io::Result<Vec<u8>> {
        let (mut answers, mut server) = tokio::io::split(self.speak().await?);
        server.write_all(&head.on_the_wire()).await?;
        server.flush().await?;
        let mut answer = Vec::new();
        let body = async {
            let mut refused = false;
            while let Some(bytes) = talk.body().await? {
                heard(&bytes);
                // A server that answers early stops listening; its answer counts, and the rest of the body does not.
                refused = refused || server.write_all(&bytes).await.is_err() || server.flush().await.is_err();
            }
            io::Result::Ok(())
        };
        tokio::try_join!(body, read_answer(&mut answers, &head.method, &mut answer))?;
        Ok(answer)
    }

    /// Hands so much of a request's body on, and hangs up. What was handed on has arrived when this returns.
    pub(super) async fn begin(&self, talk: &mut Talk, head: &Head, most: u64) -> io::Result<()> {
        let mut server = self.speak().await?;
        server.write_all(&head.on_the_wire()).await?;
        let mut left = usize::try_from(most).unwrap_or(usize::MAX);
        while left > 0
            && let Some(bytes) = talk.body().await?
        {
            let some = &bytes[..bytes.len().min(left)];
            server.write_all(some).await?;
            left -= some.len();
        }
        server.shutdown().await?;
        // Until the server has done with it, however it says goodbye.
        let _ = server.read_to_end(&mut Vec::new()).await;
        Ok(())
    }
}

/// Reads an answer to its end, or to the end of the connection.
async fn read_answer(from: &mut (impl AsyncRead + Unpin), method: &str, into: &mut Vec<u8>) -> io::Result<()> {
    while !is_whole(into, method) {
        match from.read_buf(into).await {
            Ok(0) => break,
            Ok(_) => {}
            Err(error) if into.is_empty() => return Err(error),
            // What it said, it said.
            Err(_) => break,
        }
    }
    if into.is_empty() { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
}

/// Whether an answer is there to its end (RFC 9112 section 6.3), as far as its own words tell.
fn is_whole(answer: &[u8], method: &str) -> bool {
    let Some(end) = answer.windows(4).position(|end| end == b"\r\n\r\n") else { return false };
    let (head, body) = (String::from_utf8_lossy(&answer[..end]).to_ascii_lowercase(), &answer[end + 4..]);
    let status = head.split(' ').nth(1).unwrap_or_default();
    let value = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim);
    match value("content-length").map(str::parse::<usize>) {
        _ if method == "HEAD" || matches!(status, "204" | "304") => true,
        _ if value("transfer-encoding").is_some() => body.ends_with(b"0\r\n\r\n"),
        Some(Ok(length)) => body.len() >= length,
        _ => false,
    }
}

trait Socket: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Socket for T {}

/// Who vouches for certificates in the lab.
#[derive(Debug)]
pub struct Authorities {
    /// The one that clients trust.
    pub known: Authority,
    /// One that nobody heard of.
    pub unknown: Authority,
}

impl Authorities {
    /// Makes both.
    ///
    /// # Errors
    /// Where the platform gives no randomness for their keys.
    pub fn new() -> io::Result<Self> {
        Ok(Self { known: Authority::new("A known authority")?, unknown: Authority::new("A filter's own authority")? })
    }

    /// What somebody shows who is not the server; none where nothing is shown, or the truth.
    pub(super) fn false_certificate(&self, shown: Shown) -> io::Result<Option<TlsAcceptor>> {
        let known = |names: &[&str], validity| self.known.acceptor(names, validity);
        Ok(Some(match shown {
            Shown::None | Shown::Gateway => return Ok(None),
            Shown::SelfSigned => SelfSigned::new()?.acceptor().clone(),
            Shown::UnknownAuthority => self.unknown.acceptor(&LOCAL_NAMES, Validity::Now)?,
            Shown::WrongName => known(&["portal.example"], Validity::Now)?,
            Shown::Expired => known(&LOCAL_NAMES, Validity::Past)?,
            Shown::NotYetValid => known(&LOCAL_NAMES, Validity::Future)?,
        }))
    }
}
