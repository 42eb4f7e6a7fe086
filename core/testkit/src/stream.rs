//! One accepted connection, plain or under TLS, whose socket can still be reached: to reset it.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use crate::certificate::SelfSigned;

/// The first byte of a TLS connection: a record of the type `handshake` (RFC 8446 section 5.1).
const TLS_HANDSHAKE: u8 = 0x16;

/// See the module.
#[derive(Debug)]
pub(crate) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Stream {
    /// Waits for the client's first byte and answers a TLS hello with the certificate.
    pub(crate) async fn as_the_client_wants(socket: TcpStream, certificate: &SelfSigned) -> io::Result<Self> {
        let mut first = [0];
        match socket.peek(&mut first).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ if first[0] == TLS_HANDSHAKE => Self::tls(socket, certificate).await,
            _ => Ok(Self::Plain(socket)),
        }
    }

    /// TLS or nothing.
    pub(crate) async fn tls(socket: TcpStream, certificate: &SelfSigned) -> io::Result<Self> {
        Ok(Self::Tls(Box::new(certificate.acceptor().accept(socket).await?)))
    }

    /// Ends the connection with a TCP reset: the peer loses what it has not read yet.
    pub(crate) fn reset(self) {
        match &self {
            Self::Plain(socket) => reset_on_drop(socket),
            Self::Tls(stream) => reset_on_drop(stream.get_ref().0),
        }
    }
}

/// Makes the socket's end a reset in place of an orderly FIN.
pub(crate) fn reset_on_drop(socket: &TcpStream) {
    // Fails only on a socket that is already gone, which is what is wanted.
    let _ = SockRef::from(socket).set_linger(Some(Duration::ZERO));
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(socket).poll_read(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(socket).poll_write(cx, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(socket).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(socket).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
