//! The part of a server that never lies: it listens, reads requests, and hands them to its host.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::log::{Entry, Log, Seen};
use crate::certificate::SelfSigned;
use crate::stream::Stream;
use crate::talk::{Head, Talk};

/// What becomes of a connection after a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// The next request may come.
    Listen,
    /// An orderly end.
    Close,
    /// A TCP reset.
    Reset,
}

/// Who answers.
pub(super) trait Host: Send + Sync + 'static {
    /// What a connection that begins now is greeted with. None: no TLS.
    fn certificate(&self) -> Option<SelfSigned>;

    /// Reads as much of the request as it wants, and answers.
    fn meet(&self, talk: &mut Talk, head: Head, log: &Entry) -> impl Future<Output = io::Result<Next>> + Send;
}

/// A listening server with its log. It closes when it is dropped.
#[derive(Debug)]
pub(super) struct House {
    addr: SocketAddr,
    log: Log,
    connections: Arc<AtomicU64>,
    _stop: DropGuard,
}

impl House {
    pub(super) async fn open(host: Arc<impl Host>) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let (addr, log, stop) = (listener.local_addr()?, Log::default(), CancellationToken::new());
        let connections = Arc::new(AtomicU64::new(0));
        tokio::spawn(accept(listener, host, log.clone(), connections.clone(), stop.clone()));
        Ok(Self { addr, log, connections, _stop: stop.drop_guard() })
    }

    pub(super) fn addr(&self) -> SocketAddr {
        self.addr
    }

    pub(super) fn url(&self, tls: bool) -> String {
        if tls { format!("https://localhost:{}", self.addr.port()) } else { format!("http://{}", self.addr) }
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        self.log.seen()
    }

    pub(super) async fn until(&self, condition: impl FnMut(&Vec<Seen>) -> bool) -> Vec<Seen> {
        self.log.until(condition).await
    }

    pub(super) fn connections(&self) -> u64 {
        self.connections.load(Ordering::Relaxed)
    }
}

async fn accept<H: Host>(
    listener: TcpListener,
    host: Arc<H>,
    log: Log,
    connections: Arc<AtomicU64>,
    stop: CancellationToken,
) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => return,
        };
        let Ok((socket, _)) = accepted else { continue };
        let number = connections.fetch_add(1, Ordering::Relaxed) + 1;
        let (host, log, stop) = (host.clone(), log.clone(), stop.clone());
        tokio::spawn(async move {
            tokio::select! {
                // A client that breaks off is what these servers are for.
                ended = converse(&*host, socket, number, &log) => drop(ended),
                () = stop.cancelled() => {}
            }
        });
    }
}

async fn converse<H: Host>(host: &H, socket: TcpStream, number: u64, log: &Log) -> io::Result<()> {
    socket.set_nodelay(true)?;
    let stream = match host.certificate() {
        Some(certificate) => Stream::tls(socket, &certificate).await?,
        None => Stream::Plain(socket),
    };
    let mut talk = Talk::new(stream);
    while let Some(head) = talk.head().await? {
        let entry = log.begin(number, &head);
        if talk.body_is_read() {
            entry.whole();
        }
        match host.meet(&mut talk, head, &entry).await? {
            Next::Listen if talk.body_is_read() => {}
            Next::Listen | Next::Close => {
                use tokio::io::AsyncWriteExt;
                return talk.stream.shutdown().await;
            }
            Next::Reset => {
                talk.stream.reset();
                return Ok(());
            }
        }
    }
    Ok(())
}

/// The next bytes of the body, booked. None at its end.
pub(super) async fn body(talk: &mut Talk, log: &Entry) -> io::Result<Option<Bytes>> {
    let bytes = talk.body().await?;
    match &bytes {
        Some(bytes) => log.arrived(bytes.len()),
        None => log.whole(),
    }
    Ok(bytes)
}

/// Reads the body to its end and forgets it.
pub(super) async fn read_whole(talk: &mut Talk, log: &Entry) -> io::Result<()> {
    while body(talk, log).await?.is_some() {}
    Ok(())
}
